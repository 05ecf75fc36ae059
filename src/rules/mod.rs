//! Every limit that the platform or a CA sets, as dated data from `assets/rules.toml` (DESIGN.md, idea 3).
//! No such number stands in code: code names a [`Limit`] and asks what held on a day.

mod requirement;
mod turn;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use requirement::{Demand, Requirement, Use};
pub use turn::{Turn, What};

const EMBEDDED: &str = include_str!("../../assets/rules.toml");

/// The day of the specification, whose rules the profile `seed` applies.
const SEED_DAY: Date = jiff::civil::date(2022, 7, 28);

#[derive(Debug, Error)]
pub enum RulesError {
    #[error("assets/rules.toml cannot be read: {0}")]
    Malformed(#[from] toml::de::Error),
    #[error("assets/rules.toml has no rule '{0}' for the profile's day")]
    Missing(&'static str),
    #[error("assets/rules.toml asks for {0} twice on one day")]
    Overlap(Requirement),
}

/// What the code may ask for. Each has at least one entry in `assets/rules.toml`, checked when the rules are loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    OrderCertificateLifetime,
    OrderVerificationDeadline,
    OrderPurchaseLimit,
    OrderCaaIssuer,
    OrderTerm,
    OrderManualRenewal,
    OrderAutoRenewal,
    OrderEarlyRenewal,
    OrderVerificationReuse,
    OrderIssuance,
    OrderRekeyGrace,
    SyncInterval,
    OrderMethodsWithoutWww,
    OrderVaultModels,
    VaultRetentionShortest,
    VaultRetentionLongest,
    RegistrarSecretPermissions,
    RegistrarCertificatePermissions,
    WebsitesSecretPermissions,
    WebsitesCertificatePermissions,
    TiersWithoutBindings,
    TiersWithoutIpBindings,
    ManagedCaaIssuer,
    ManagedHostnameLength,
    ManagedRenewal,
    ManagedDetours,
    ManagedOpenToAll,
    TlsVersions,
    TlsVersionsBroken,
    ImportVaultModels,
    ImportVaultScope,
}

impl Limit {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::OrderCertificateLifetime, "order-certificate-lifetime"),
        (Self::OrderVerificationDeadline, "order-verification-deadline"),
        (Self::OrderPurchaseLimit, "order-purchase-limit"),
        (Self::OrderCaaIssuer, "order-caa-issuer"),
        (Self::OrderTerm, "order-term"),
        (Self::OrderManualRenewal, "order-manual-renewal"),
        (Self::OrderAutoRenewal, "order-auto-renewal"),
        (Self::OrderEarlyRenewal, "order-early-renewal"),
        (Self::OrderVerificationReuse, "order-verification-reuse"),
        (Self::OrderIssuance, "order-issuance"),
        (Self::OrderRekeyGrace, "order-rekey-grace"),
        (Self::SyncInterval, "sync-interval"),
        (Self::OrderMethodsWithoutWww, "order-methods-without-www"),
        (Self::OrderVaultModels, "order-vault-models"),
        (Self::VaultRetentionShortest, "vault-retention-shortest"),
        (Self::VaultRetentionLongest, "vault-retention-longest"),
        (Self::RegistrarSecretPermissions, "registrar-secret-permissions"),
        (Self::RegistrarCertificatePermissions, "registrar-certificate-permissions"),
        (Self::WebsitesSecretPermissions, "websites-secret-permissions"),
        (Self::WebsitesCertificatePermissions, "websites-certificate-permissions"),
        (Self::TiersWithoutBindings, "tiers-without-bindings"),
        (Self::TiersWithoutIpBindings, "tiers-without-ip-bindings"),
        (Self::ManagedCaaIssuer, "managed-caa-issuer"),
        (Self::ManagedHostnameLength, "managed-hostname-length"),
        (Self::ManagedRenewal, "managed-renewal"),
        (Self::ManagedDetours, "managed-detours"),
        (Self::ManagedOpenToAll, "managed-open-to-all"),
        (Self::TlsVersions, "tls-versions"),
        (Self::TlsVersionsBroken, "tls-versions-broken"),
        (Self::ImportVaultModels, "import-vault-models"),
        (Self::ImportVaultScope, "import-vault-scope"),
    ];

    pub fn id(self) -> &'static str {
        Self::ALL.iter().find(|(limit, _)| *limit == self).map_or("", |(_, id)| id)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    Warning,
    Note,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Value {
    Number(i64),
    Text(String),
    List(Vec<String>),
}

/// One value of one rule, with the time it held and who says so.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub id: String,
    value: Value,
    pub unit: String,
    pub severity: Severity,
    since: Date,
    until: Option<Date>,
    pub source: String,
    #[serde(default)]
    pub checklist: Vec<String>,
}

impl Rule {
    /// Value and unit: `10 orders in …`.
    pub fn words(&self) -> String {
        let value = match &self.value {
            Value::Number(number) => number.to_string(),
            Value::Text(text) => text.clone(),
            Value::List(names) => names.join(", "),
        };
        format!("{value} {}", self.unit)
    }

    fn holds_on(&self, day: Date) -> bool {
        self.since <= day && self.until.is_none_or(|until| day < until)
    }
}

/// Which day's rules apply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Profile {
    /// The day that is asked about.
    #[default]
    Current,
    /// 2022-07-28, the day of the specification, whatever the calendar says.
    Seed,
}

#[derive(Debug, Clone)]
pub struct Rules {
    profile: Profile,
    limits: Vec<Rule>,
    demands: Vec<Demand>,
}

impl Rules {
    pub fn load(profile: Profile) -> Result<Self, RulesError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            rule: Vec<Rule>,
            requirement: Vec<Demand>,
        }
        let file: File = toml::from_str(EMBEDDED)?;
        for (_, id) in Limit::ALL {
            if !file.rule.iter().any(|rule| rule.id == *id) {
                return Err(RulesError::Missing(id));
            }
        }
        requirement::without_overlap(&file.requirement)?;
        Ok(Self { profile, limits: file.rule, demands: file.requirement })
    }

    /// The day whose rules apply at `now`.
    fn day(&self, now: Timestamp) -> Date {
        match self.profile {
            Profile::Current => now.to_zoned(TimeZone::UTC).date(),
            Profile::Seed => SEED_DAY,
        }
    }

    /// The rule that held for `limit` at `now`; none where the platform had no such limit yet.
    pub fn rule(&self, limit: Limit, now: Timestamp) -> Option<&Rule> {
        // Asked for every row of a list: the name is looked up once.
        let (id, day) = (limit.id(), self.day(now));
        self.limits.iter().find(|rule| rule.id == id && rule.holds_on(day))
    }

    /// `rule order-certificate-lifetime, since 2026-03-15`: what a message prints beside what a rule forbids.
    pub fn reference(&self, limit: Limit, now: Timestamp) -> String {
        self.rule(limit, now)
            .map_or_else(|| format!("rule {}", limit.id()), |rule| format!("rule {}, since {}", rule.id, rule.since))
    }

    /// The number of a limit, such as days.
    pub fn number(&self, limit: Limit, now: Timestamp) -> Option<i64> {
        match self.rule(limit, now)?.value {
            Value::Number(number) => Some(number),
            Value::Text(_) | Value::List(_) => None,
        }
    }

    pub fn text(&self, limit: Limit, now: Timestamp) -> Option<&str> {
        match &self.rule(limit, now)?.value {
            Value::Text(text) => Some(text),
            Value::Number(_) | Value::List(_) => None,
        }
    }

    /// The names of a limit; empty where it did not hold.
    pub fn names(&self, limit: Limit, now: Timestamp) -> &[String] {
        match self.rule(limit, now).map(|rule| &rule.value) {
            Some(Value::List(names)) => names,
            _ => &[],
        }
    }

    /// Whether `name` is among the names of a limit, in any case.
    pub fn lists(&self, limit: Limit, now: Timestamp, name: &str) -> bool {
        self.names(limit, now).iter().any(|listed| listed.eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_limit_is_what_held_on_the_day_c10() {
        let rules = Rules::load(Profile::Current).unwrap();
        let days = |day| rules.number(Limit::OrderCertificateLifetime, at(day));
        assert_eq!(days("2026-03-14T23:59:59Z"), Some(365));
        assert_eq!(days("2026-03-15T00:00:00Z"), Some(198));
    }

    #[test]
    fn the_seed_profile_stays_on_the_day_of_the_specification() {
        let rules = Rules::load(Profile::Seed).unwrap();
        assert_eq!(rules.number(Limit::OrderCertificateLifetime, at("2026-11-23T00:00:00Z")), Some(365));
        assert_eq!(rules.names(Limit::OrderVaultModels, at("2026-11-23T00:00:00Z")), ["access-policy"]);
    }

    #[test]
    fn entries_of_one_rule_never_overlap_and_cite_a_source() {
        let rules = Rules::load(Profile::Current).unwrap();
        for (place, rule) in rules.limits.iter().enumerate() {
            assert!(!rule.source.is_empty() && !rule.unit.is_empty(), "{}", rule.id);
            assert!(Limit::ALL.iter().any(|(_, id)| *id == rule.id), "nothing asks for {}", rule.id);
            for other in rules.limits[place + 1..].iter().filter(|other| other.id == rule.id) {
                assert!(!rule.holds_on(other.since) && !other.holds_on(rule.since), "{} overlaps", rule.id);
            }
        }
    }
}
