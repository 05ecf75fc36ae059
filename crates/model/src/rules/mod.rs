//! Every limit that the platform or a CA sets, as dated data from `assets/rules.toml`. Code contains no such
//! number: it names a [`Limit`] and asks for its value on a day.

mod dated;
mod limit;
mod requirement;
mod span;
mod turn;
mod vault_turn;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use dated::Rule;
use dated::{DatedEntry, Tables};
pub use limit::{Count, Limit, Name, Names, Period};
pub use requirement::{Demand, Requirement, Use};
pub use span::Span;
pub use turn::{Turn, What};
pub use vault_turn::{InVault, NotRenewed};

const EMBEDDED: &str = include_str!("../../../../assets/rules.toml");

/// The day of the specification, whose rules the profile `seed` applies.
const SEED_DAY: Date = jiff::civil::date(2022, 7, 28);

/// What is wrong with `assets/rules.toml`. The file is part of the program, so a released program never shows
/// this.
#[derive(Debug, Error)]
pub enum RulesError {
    /// No valid TOML, or an entry with missing or unknown members.
    #[error("assets/rules.toml cannot be read: {0}")]
    Malformed(#[from] toml::de::Error),
    #[error("assets/rules.toml has no value of '{id}' for {day}")]
    /// A limit has no value for a day.
    Gap {
        /// The id of the limit.
        id: &'static str,
        /// The first day without a value.
        day: Date,
    },
    #[error("assets/rules.toml has two values of '{id}' for {day}")]
    /// Two entries of a limit hold on the same day.
    Twice {
        /// The id of the limit.
        id: &'static str,
        /// The first day of the later entry.
        day: Date,
    },
    #[error("assets/rules.toml has a value of another kind for '{id}' since {day}")]
    /// The value of an entry does not have the type that its limit needs.
    Kind {
        /// The id of the limit.
        id: &'static str,
        /// The first day of the entry.
        day: Date,
    },
    /// An entry with an id that no limit has; contains the id.
    #[error("assets/rules.toml has '{0}', which nothing asks for")]
    Unused(String),
    /// Two entries of a requirement hold on the same day.
    #[error("assets/rules.toml asks for {0} twice on one day")]
    Overlap(Requirement),
}

/// How serious it is if a rule is not met; the order is from the most to the least serious.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It cannot work.
    Error,
    /// It may fail later.
    Warning,
    /// It is worth knowing, and nothing fails.
    Note,
}

/// The day whose rules apply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Profile {
    /// The day in question.
    #[default]
    Current,
    /// 2022-07-28, the day of the specification, regardless of the calendar.
    Seed,
}

/// The limits and requirements of `assets/rules.toml`, for one [`Profile`].
#[derive(Debug, Clone)]
pub struct Rules {
    profile: Profile,
    limits: Tables,
    demands: Vec<Demand>,
}

impl Rules {
    /// Reads the rules that are built into the program. It returns an error if a limit has no value or two
    /// values for a day.
    pub fn load(profile: Profile) -> Result<Self, RulesError> {
        Self::parse(EMBEDDED, profile)
    }

    fn parse(text: &str, profile: Profile) -> Result<Self, RulesError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            rule: Vec<DatedEntry>,
            requirement: Vec<Demand>,
        }
        let file: File = toml::from_str(text)?;
        requirement::without_overlap(&file.requirement)?;
        Ok(Self { profile, limits: Tables::of(&file.rule)?, demands: file.requirement })
    }

    /// The day whose rules apply at `now`.
    fn day(&self, now: Timestamp) -> Date {
        match self.profile {
            Profile::Current => now.to_zoned(TimeZone::UTC).date(),
            Profile::Seed => SEED_DAY,
        }
    }

    /// The rule that holds for `limit` at `now`.
    pub fn rule<L: Limit>(&self, limit: L, now: Timestamp) -> &Rule<L::Value> {
        limit.entries(&self.limits).on(self.day(now))
    }

    /// The rule that follows the current one, if one is known.
    pub fn next<L: Limit>(&self, limit: L, now: Timestamp) -> Option<&Rule<L::Value>> {
        let day = self.day(now);
        limit.entries(&self.limits).all().find(|rule| rule.since > day)
    }

    /// `rule order-certificate-lifetime, since 2026-03-15`: what a message prints with a refusal by a rule.
    pub fn reference<L: Limit>(&self, limit: L, now: Timestamp) -> String {
        format!("rule {}, since {}", limit.id(), self.rule(limit, now).since)
    }

    /// The length of time that holds at `now`.
    pub fn span(&self, period: Period, now: Timestamp) -> Span {
        self.rule(period, now).value
    }

    /// `None` if there is no limit.
    pub fn count(&self, count: Count, now: Timestamp) -> Option<i64> {
        self.rule(count, now).value
    }

    /// The word that holds at `now`.
    pub fn name(&self, name: Name, now: Timestamp) -> &str {
        &self.rule(name, now).value
    }

    /// The list that holds at `now`; empty if there is no restriction.
    pub fn names(&self, names: Names, now: Timestamp) -> &[String] {
        &self.rule(names, now).value
    }

    /// Whether `name` is among the names of a limit, regardless of casing.
    pub fn lists(&self, names: Names, now: Timestamp, name: &str) -> bool {
        has(self.names(names, now), name)
    }

    /// The first day on which `names` lists `name`, in the past or the future; under the profile `seed` there
    /// is no future.
    pub fn listed_from(&self, names: Names, name: &str) -> Option<Date> {
        let first = names.entries(&self.limits).all().find(|rule| has(&rule.value, name))?.since;
        (self.profile == Profile::Current || first <= SEED_DAY).then_some(first)
    }
}

fn has(names: &[String], name: &str) -> bool {
    names.iter().any(|listed| listed.eq_ignore_ascii_case(name))
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
        let days = |day| rules.span(Period::OrderCertificateLifetime, at(day)).days();
        assert_eq!(days("2026-03-14T23:59:59Z"), 365);
        assert_eq!(days("2026-03-15T00:00:00Z"), 198);
        assert_eq!(days("2999-12-31T00:00:00Z"), 46);
    }

    #[test]
    fn the_seed_profile_stays_on_the_day_of_the_specification() {
        let rules = Rules::load(Profile::Seed).unwrap();
        assert_eq!(rules.span(Period::OrderCertificateLifetime, at("2026-11-23T00:00:00Z")).days(), 365);
        assert_eq!(rules.names(Names::OrderVaultModels, at("2026-11-23T00:00:00Z")), ["access-policy"]);
    }

    /// Key Vault refuses a policy with any other name (azure-rest-api-specs, `SecretPermissions` and
    /// `CertificatePermissions`).
    #[test]
    fn every_permission_that_is_asked_for_is_one_of_key_vaults_own() {
        let secrets = "all get list set delete backup restore recover purge";
        let certificates = "all get list delete create import update managecontacts getissuers listissuers setissuers deleteissuers \
                            manageissuers recover purge backup restore";
        let rules = Rules::load(Profile::Current).unwrap();
        for (limit, known) in [
            (Names::RegistrarSecretPermissions, secrets),
            (Names::WebsitesSecretPermissions, secrets),
            (Names::RegistrarCertificatePermissions, certificates),
            (Names::WebsitesCertificatePermissions, certificates),
        ] {
            for rule in limit.entries(&rules.limits).all() {
                assert!(!rule.value.is_empty(), "{} since {}", rule.id, rule.since);
                for name in &rule.value {
                    assert!(
                        known.split_whitespace().any(|one| one == name),
                        "{} since {}: {name}",
                        rule.id,
                        rule.since
                    );
                }
            }
        }
    }

    #[test]
    fn the_oldest_version_for_vaults_changes_on_its_day_c41() {
        let rules = Rules::load(Profile::Current).unwrap();
        let oldest = |day| rules.name(Name::VaultOldestVersion, at(day));
        assert_eq!(
            (oldest("2027-02-26T23:59:59Z"), oldest("2027-02-27T00:00:00Z")),
            ("2015-06-01", "2026-02-01")
        );
        let coming = |day| rules.next(Name::VaultOldestVersion, at(day)).map(|rule| rule.since.to_string());
        assert_eq!(coming("2026-11-29T00:00:00Z").as_deref(), Some("2027-02-27"));
        assert_eq!(coming("2027-02-27T00:00:00Z"), None);
    }

    #[test]
    fn a_tier_that_came_later_takes_bindings_like_the_others_c55() {
        let rules = Rules::load(Profile::Current).unwrap();
        for tier in ["IsolatedV2", "IsolatedV4", "PremiumV4"] {
            let at = at("2026-11-30T00:00:00Z");
            assert!(
                ![Names::TiersWithoutBindings, Names::TiersWithoutIpBindings]
                    .iter()
                    .any(|names| rules.lists(*names, at, tier))
            );
        }
    }

    #[test]
    fn every_entry_cites_a_source() {
        let file: toml::Table = toml::from_str(EMBEDDED).unwrap();
        for rule in file["rule"].as_array().unwrap() {
            assert!(["source", "unit"].iter().all(|part| !rule[part].as_str().unwrap().is_empty()), "{rule}");
            // Rules without a row in the checklist, such as those for tags, name none.
            assert!(rule.get("checklist").is_none_or(|ids| !ids.as_array().unwrap().is_empty()), "{rule}");
        }
    }

    /// The embedded rules with one passage of the text changed.
    fn with(from: &str, to: &str) -> Result<Rules, RulesError> {
        assert!(EMBEDDED.contains(from), "{from}");
        Rules::parse(&EMBEDDED.replacen(from, to, 1), Profile::Current)
    }

    #[test]
    fn a_day_without_a_value_is_an_error_when_the_rules_are_loaded() {
        let message = |from: &str, to: &str| with(from, to).unwrap_err().to_string();
        let gap = "has no value of 'order-certificate-lifetime' for";
        let late = message("until = \"2026-03-15\"", "until = \"2026-03-14\"");
        assert!(late.contains(&format!("{gap} 2026-03-14")), "{late}");
        let ends = message("since = \"2029-03-15\"", "since = \"2029-03-15\"\nuntil = \"2040-01-01\"");
        assert!(ends.contains(&format!("{gap} 2040-01-01")), "{ends}");
        let begins = message("since = \"2015-08-01\"", "since = \"2022-07-29\"");
        assert!(begins.contains(&format!("{gap} 2022-07-28")), "{begins}");
        let missing = message("id = \"order-term\"", "id = \"sync-interval\"");
        assert!(missing.contains("'order-term'"), "{missing}");
    }

    #[test]
    fn two_values_for_a_day_a_value_of_another_kind_and_an_unused_entry_are_errors() {
        let twice = with("until = \"2026-03-15\"", "until = \"2026-03-16\"");
        assert!(
            matches!(twice, Err(RulesError::Twice { id: "order-certificate-lifetime", .. })),
            "{twice:?}"
        );
        let kind = with("value = \"365 days\"", "value = 365");
        assert!(matches!(kind, Err(RulesError::Kind { id: "order-certificate-lifetime", .. })), "{kind:?}");
        let unused = with("id = \"order-certificate-lifetime\"", "id = \"order-lifetime\"");
        assert!(matches!(unused, Err(RulesError::Unused(id)) if id == "order-lifetime"));
    }
}
