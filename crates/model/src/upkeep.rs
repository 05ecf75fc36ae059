//! How a vault renews one of its certificates: who signs its versions, what its policy does and when, and the
//! result of the last attempt. `rules` decides what follows for people.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{ResourceId, Text, Thumbprint, VaultSecret};

/// One certificate that apps use, and the answer of its vault about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upkeep {
    /// The key vault that has the certificate.
    pub vault: ResourceId,
    /// The name of the certificate and of its secret.
    pub name: Text,
    /// The time at which the vault was asked.
    pub read_at: Timestamp,
    /// The answer.
    pub told: Told,
}

impl Upkeep {
    /// Whether the answer is about the certificate that this secret belongs to.
    pub fn is_of(&self, secret: &VaultSecret) -> bool {
        self.vault == secret.vault && self.name.eq_ignore_ascii_case(&secret.secret)
    }
}

/// What the vault answered about a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// The vault has a certificate of this name.
    Certificate(Box<Kept>),
    /// The vault has no certificate of this name, so no policy renews it; a secret of this name may exist.
    PlainSecret,
    /// Why it could not be read, in half a sentence.
    Unreadable(String),
}

/// The newest version of a certificate, and the policy for the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The id of the version, 32 hex digits.
    pub version: Text,
    /// Absent while the first version is being issued.
    pub thumbprint: Option<Thumbprint>,
    /// Whether the newest version is enabled; a disabled one cannot be read by App Service.
    pub is_enabled: bool,
    /// The time at which the version was created.
    pub made: Option<Timestamp>,
    /// The time from which the version is valid.
    pub starts: Option<Timestamp>,
    /// The time at which the version ends.
    pub expires: Option<Timestamp>,
    /// Whether it names itself as its issuer; absent if the certificate could not be decoded.
    pub is_self_signed: Option<bool>,
    /// Who signs the next version, according to the policy.
    pub issuer: Issuer,
    /// What the policy does before the version ends; empty if it does nothing.
    pub actions: Vec<LifetimeAction>,
    /// `validity_months`: the requested validity of the next version.
    pub months: Option<i64>,
    /// The last request for a version; `None` if there was none, as for an imported certificate.
    pub operation: Option<Operation>,
}

/// Who signs the next version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Issuer {
    /// `Unknown`: a CA with which the vault does not work.
    Unknown,
    /// `Self`: the certificate's own key.
    Own,
    /// An issuer that is configured in the vault.
    /// An issuer that is configured in the vault.
    Named {
        /// The name of the issuer in the vault.
        name: String,
        /// The account that the issuer stands for.
        account: Account,
    },
}

/// An issuer of a vault, by the CA at which it has its account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Account {
    /// The issuer exists.
    At {
        /// The CA, such as `DigiCert` or `GlobalSign`.
        provider: String,
        /// Whether the vault may use the issuer.
        is_enabled: bool,
    },
    /// The vault has no issuer of this name.
    Missing,
    /// The issuer could not be read; half a sentence says why.
    Unreadable(String),
}

/// One entry of the policy's `lifetime_actions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifetimeAction {
    /// What the vault does.
    pub kind: ActionKind,
    /// When it does that; `None` if the policy does not say.
    pub trigger: Option<Trigger>,
}

/// What a vault does before a certificate ends (`action_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActionKind {
    /// The vault makes the next version by itself.
    AutoRenew,
    /// The vault only sends mail to its contacts; a person has to make the next version.
    EmailContacts,
    /// A kind that this version does not know.
    Other,
}

/// The moment of an action, relative to the life of the version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trigger {
    /// A percentage of the version's life.
    Percentage(i64),
    /// A number of days before the end of the version.
    DaysBeforeExpiry(i64),
}

impl Trigger {
    /// The moment in a few words, as it follows the name of an action.
    pub fn words(self) -> String {
        match self {
            Self::Percentage(part) => format!("at {part} % of its life"),
            Self::DaysBeforeExpiry(days) => format!("{days} d before it ends"),
        }
    }
}

/// The last request for a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// `inProgress`, `completed`, `cancelled` or `failed`.
    pub status: String,
    /// The message of the CA or the vault.
    pub error: Option<String>,
}

impl Kept {
    /// The action that makes a new version, if the policy has one.
    pub fn auto_renew(&self) -> Option<&LifetimeAction> {
        self.actions.iter().find(|action| action.kind == ActionKind::AutoRenew)
    }

    /// When that action is due for the newest version.
    pub fn renews_on(&self) -> Option<Timestamp> {
        let expires = self.expires?;
        match self.auto_renew()?.trigger? {
            Trigger::Percentage(part) => {
                let starts = self.starts?;
                let life = expires.as_second() - starts.as_second();
                starts.checked_add(SignedDuration::from_secs(life / 100 * part)).ok()
            }
            Trigger::DaysBeforeExpiry(days) => {
                let lead = SignedDuration::try_from_hours(days.checked_mul(24)?)?;
                expires.checked_sub(lead).ok().map(|at| self.starts.map_or(at, |starts| at.max(starts)))
            }
        }
    }

    /// The error of the last request for a version.
    pub fn failure(&self) -> Option<&str> {
        let operation = self.operation.as_ref()?;
        let is_failed = operation.status.eq_ignore_ascii_case("failed");
        operation.error.as_deref().or(is_failed.then_some("the vault does not say why"))
    }

    /// Whether a request in the vault waits for the certificate of a CA.
    pub fn waits(&self) -> bool {
        self.operation.as_ref().is_some_and(|operation| operation.status.eq_ignore_ascii_case("inProgress"))
    }

    /// `issuer DigiCert (account ours), AutoRenew at 80 % of its life`.
    pub fn policy_words(&self) -> String {
        let issuer = match &self.issuer {
            Issuer::Unknown => "Unknown".to_owned(),
            Issuer::Own => "Self".to_owned(),
            Issuer::Named { name, account: Account::At { provider, .. } }
                if !provider.eq_ignore_ascii_case(name) =>
            {
                format!("{name} at {provider}")
            }
            Issuer::Named { name, .. } => name.clone(),
        };
        let action = |action: &LifetimeAction| {
            let kind = match action.kind {
                ActionKind::AutoRenew => "AutoRenew",
                ActionKind::EmailContacts => "EmailContacts",
                ActionKind::Other => "an action unknown to this version",
            };
            action.trigger.map_or_else(|| kind.to_owned(), |trigger| format!("{kind} {}", trigger.words()))
        };
        let actions: Vec<String> = self.actions.iter().map(action).collect();
        let actions = if actions.is_empty() { "no action".to_owned() } else { actions.join(" and ") };
        format!("issuer {issuer}, {actions}")
    }

    /// `asked for 12 months, got 100 days`: a CA may shorten the requested validity silently (C56). Only for
    /// certificates that the vault had issued: for an imported one it makes the policy afterwards.
    pub fn shortened(&self) -> Option<String> {
        let (months, starts, expires) = (self.months?, self.starts?, self.expires?);
        if self.issuer == Issuer::Unknown
            || !self.operation.as_ref().is_some_and(|last| last.status.eq_ignore_ascii_case("completed"))
        {
            return None;
        }
        let days = expires.duration_since(starts).as_hours() / 24;
        // A month has at least 28 days.
        (days < months.checked_mul(28)?).then(|| format!("asked for {months} months, got {days} days"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn kept() -> Kept {
        Kept {
            version: Text::default(),
            thumbprint: None,
            is_enabled: true,
            made: None,
            starts: Some("2026-06-01T00:00:00Z".parse().unwrap()),
            expires: Some("2026-09-09T00:00:00Z".parse().unwrap()),
            is_self_signed: Some(false),
            issuer: Issuer::Named {
                name: "ours".to_owned(),
                account: Account::At { provider: "DigiCert".to_owned(), is_enabled: true },
            },
            actions: vec![LifetimeAction {
                kind: ActionKind::AutoRenew,
                trigger: Some(Trigger::Percentage(80)),
            }],
            months: Some(12),
            operation: Some(Operation { status: "completed".to_owned(), error: None }),
        }
    }

    #[test]
    fn the_day_of_the_action_follows_from_its_trigger() {
        let mut kept = kept();
        assert_eq!(kept.renews_on().unwrap().to_string(), "2026-08-20T00:00:00Z");
        kept.actions[0].trigger = Some(Trigger::DaysBeforeExpiry(10));
        assert_eq!(kept.renews_on().unwrap().to_string(), "2026-08-30T00:00:00Z");
        kept.actions[0].trigger = Some(Trigger::DaysBeforeExpiry(400));
        assert_eq!(kept.renews_on(), kept.starts, "a life shorter than the lead: at once");
        kept.actions[0].kind = ActionKind::EmailContacts;
        assert_eq!(kept.renews_on(), None);
    }

    #[test]
    fn a_validity_that_was_cut_short_is_noted_only_where_the_vault_asked_for_it_c56() {
        let mut kept = kept();
        assert_eq!(kept.shortened().as_deref(), Some("asked for 12 months, got 100 days"));
        kept.months = Some(3);
        assert_eq!(kept.shortened(), None);
        kept.months = Some(12);
        kept.issuer = Issuer::Unknown;
        assert_eq!(kept.shortened(), None, "the vault made the policy of an imported file");
    }

    #[test]
    fn a_policy_is_told_in_one_line() {
        assert_eq!(kept().policy_words(), "issuer ours at DigiCert, AutoRenew at 80 % of its life");
    }
}
