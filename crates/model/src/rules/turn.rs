//! Who has to act before a certificate ends, and by which day (A154–A157, A172, C10): derived from its
//! source, from the service's answers, and from the dated rules.

use jiff::{SignedDuration, Timestamp};

use super::vault_turn::InVault;
use super::{Period, Rules, Span};
use crate::{Estate, Order, OrderStatus, PrivateCertificate, SecretStatus, Source, WhoActs};

/// The next step for a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who has to act.
    pub who: WhoActs,
    /// For Azure: when it will act. For you: the latest day to act.
    pub when: Option<Timestamp>,
    /// What has to be done, or what will happen.
    pub what: What,
}

/// The step itself, by the source of the certificate and the state of its order or vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It was uploaded: a person has to bring its successor.
    Bring,
    /// The same, and it has ended.
    BringLate,
    /// Azure renews this managed certificate, or should have done so.
    Managed,
    /// Azure should have renewed this managed certificate, but did not.
    ManagedOverdue,
    /// App Service cannot read the vault.
    Vault(SecretStatus),
    /// The vault decides.
    InVault(InVault),
    /// App Service has to take over within this time what the order already has.
    Sync {
        /// The time that App Service takes at most, according to the rules.
        within: Span,
    },
    /// Within the paid term the next certificate is free (C10).
    Reissue,
    /// Azure renews the order, because its automatic renewal is on; the subscription pays another term.
    RenewByItself,
    /// A person has to renew the order, because its automatic renewal is off.
    RenewByHand,
    /// The order waits for a proof of the domain.
    Verify,
    /// The order should have been renewed, but was not.
    OrderOverdue,
    /// It was revoked, and no automatic step follows.
    Revoked,
    /// It was revoked, and its order has another one.
    RevokedBehind,
    /// App Service should have taken over what the order has.
    SyncLate,
    /// No successor is possible: the order is over, or the certificate has ended.
    Replace,
}

/// Azure's own background jobs run every few hours, so a delay of a day is a fault.
pub(super) const GRACE: SignedDuration = SignedDuration::from_hours(24);

impl Rules {
    /// Who has to act for a certificate.
    pub fn turn(&self, estate: &Estate, certificate: &PrivateCertificate, now: Timestamp) -> Turn {
        let end = certificate.expires;
        let you = |what| Turn { who: WhoActs::You, when: end, what };
        let azure = |when, what| Turn { who: WhoActs::Azure, when, what };
        let secret =
            certificate.vault.as_ref().map(|secret| &secret.status).filter(|status| status.is_yours());
        if estate.is_revoked(certificate, now) {
            let has_another = |order: &Order| !order.status.is_over() && order.thumbprint.is_some();
            let what = match estate.source(certificate) {
                Source::Order(id) if estate.order(&id).is_some_and(has_another) => What::RevokedBehind,
                _ => What::Revoked,
            };
            return Turn { who: WhoActs::You, when: None, what };
        }
        match (estate.source(certificate), secret) {
            (Source::Uploaded, _) if end.is_some_and(|end| end <= now) => you(What::BringLate),
            (Source::Uploaded, _) => you(What::Bring),
            (Source::Managed, _) => {
                let due = self.managed_renewal(certificate, now).1;
                if due.is_some_and(|due| now >= due + GRACE) {
                    you(What::ManagedOverdue)
                } else {
                    azure(due, What::Managed)
                }
            }
            (Source::KeyVault | Source::Order(_), Some(status)) => you(What::Vault(status.clone())),
            (Source::KeyVault, None) => self.turn_in_vault(estate, certificate, now),
            (Source::Order(id), None) => match estate.order(&id) {
                Some(order) => self.turn_within(order, Some(certificate), now),
                None => self.turn_in_vault(estate, certificate, now),
            },
        }
    }

    /// Who has to act for an order, regardless of where its certificate was imported.
    pub fn turn_of_order(&self, order: &Order, now: Timestamp) -> Turn {
        self.turn_within(order, None, now)
    }

    /// The same for a certificate that was imported from the order, which may be newer.
    fn turn_within(&self, order: &Order, import: Option<&PrivateCertificate>, now: Timestamp) -> Turn {
        let end = order.expires.or(import.and_then(|import| import.expires));
        let you = |when, what| Turn { who: WhoActs::You, when, what };
        let azure = |when, what| Turn { who: WhoActs::Azure, when, what };
        if order.status.is_over() || end.is_some_and(|end| end <= now) {
            return you(end, What::Replace);
        }
        if order.status != OrderStatus::Issued {
            return you(end, What::Verify);
        }
        if import.is_some_and(|import| import.thumbprint != order.thumbprint) {
            let within = self.span(Period::SyncInterval, now);
            let is_late = order.last_issued.is_some_and(|issued| now >= issued + within.duration() + GRACE);
            let own_end = import.and_then(|import| import.expires);
            let next = Some(now + within.duration());
            return if is_late { you(own_end, What::SyncLate) } else { azure(next, What::Sync { within }) };
        }
        let lead = self.span(Period::OrderAutoRenewal, now).duration();
        // The date from the service takes precedence over the computed one; it applies to the term, and a
        // certificate may end earlier (C10, C12).
        let told = order.next_auto_renewal.filter(|told| end.is_some_and(|end| *told < end));
        let due = told.or(end.map(|end| end - lead));
        let ends_with_term = end.zip(order.term_ends).is_none_or(|(end, term)| end + lead > term);
        match (ends_with_term, order.auto_renew) {
            (true, false) => you(order.term_ends, What::RenewByHand),
            _ if due.is_some_and(|due| now >= due + GRACE) => you(end, What::OrderOverdue),
            (true, true) => azure(due, What::RenewByItself),
            (false, _) => azure(due, What::Reissue),
        }
    }

    /// How long before its end Azure renews a managed certificate, and the resulting time: by the rules of
    /// the day of its issue.
    pub fn managed_renewal(
        &self,
        certificate: &PrivateCertificate,
        now: Timestamp,
    ) -> (Span, Option<Timestamp>) {
        let lead = self.span(Period::ManagedRenewal, certificate.issued.unwrap_or(now));
        (lead, certificate.expires.map(|end| end - lead.duration()))
    }
}

impl Turn {
    /// A few words for a list: who acts.
    pub fn short(&self) -> &'static str {
        match (self.who, &self.what) {
            (WhoActs::You, _) => "you must act",
            (WhoActs::Azure, What::InVault(InVault::Renews { .. })) => "the vault renews it",
            (WhoActs::Azure, What::InVault(_)) => "Azure takes over the vault's new version",
            (WhoActs::Azure, _) => "Azure renews it",
            (WhoActs::Unknown, _) => "who acts is unknown",
        }
    }

    /// Whether a person has to know about it regardless of how far away the certificate's end is.
    pub fn is_alarm(&self) -> bool {
        match &self.what {
            What::InVault(what) => what.is_alarm(),
            What::Vault(status) => status.is_trouble(),
            What::ManagedOverdue
            | What::Verify
            | What::OrderOverdue
            | What::Revoked
            | What::RevokedBehind
            | What::SyncLate
            | What::Replace => true,
            What::Bring
            | What::BringLate
            | What::Managed
            | What::Sync { .. }
            | What::Reissue
            | What::RenewByItself
            | What::RenewByHand => false,
        }
    }

    /// When the certificate stops working although it has not ended: the vault replaces it with a self-signed
    /// one.
    pub fn breaks_on(&self) -> Option<Timestamp> {
        self.when.filter(|_| matches!(self.what, What::InVault(InVault::SelfSigns | InVault::SelfSigned)))
    }

    /// A sentence without a full stop, after `Who acts`; `date` formats a day.
    pub fn words(&self, date: impl Fn(Timestamp) -> String) -> String {
        let by = self.when.map(|at| format!(" by {}", date(at))).unwrap_or_default();
        let on = self.when.map(|at| format!(" on {}", date(at))).unwrap_or_default();
        match &self.what {
            What::Bring => format!("you: renew it{by} (r)"),
            What::BringLate => {
                format!("you: it expired{on}; renew it now (r), or delete it if it is unused (d)")
            }
            What::Managed => format!("Azure renews and re-binds it{on}"),
            What::ManagedOverdue => {
                format!("you: Azure's renewal is overdue; r shows why; act{by}")
            }
            What::InVault(what) => what.words(&by, &on),
            What::Vault(status) => format!("you: {}; {}", status.words(), status.remedy()),
            What::Sync { within } => {
                format!("Azure brings the order's new certificate within {within}; y does it now")
            }
            What::SyncLate => {
                format!("you: App Service has not taken over the order's new certificate; y does it now{by}")
            }
            What::Revoked => "you: it was revoked; bind another certificate to its hostnames".to_owned(),
            What::RevokedBehind => "you: it was revoked; y brings the order's new certificate".to_owned(),
            What::Reissue => format!("Azure replaces it{on}, at no cost within the paid year"),
            What::RenewByItself => format!("Azure renews the order{on}, and charges another term"),
            What::RenewByHand => format!("you: the order does not renew by itself; renew it{by} (r)"),
            What::Verify => format!("you: the order is pending; verify the domain{by} (r)"),
            What::OrderOverdue => {
                format!(
                    "you: Azure's renewal of the order is overdue; verify the domain and renew it{by} (r)"
                )
            }
            What::Replace => "you: it is not renewed; get another certificate and bind it".to_owned(),
        }
    }
}
