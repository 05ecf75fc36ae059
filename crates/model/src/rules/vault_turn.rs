//! Who has to act for a certificate that was imported from a key vault (A183, C57): the vault makes a new
//! version only if its policy says AutoRenew and names a CA that the vault works with, or `Self`. Everything
//! else is for people.

use jiff::Timestamp;

use super::turn::GRACE;
use super::{Names, Period, Rules, Turn, What};
use crate::upkeep::{Account, ActionKind, Issuer, Kept, Told, Trigger};
use crate::{Estate, PrivateCertificate, WhoActs};

/// The next step for a certificate in a vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InVault {
    /// The vault makes the next version; `by` is who signs it.
    Renews {
        /// The CA at which the vault has its account, or `self-signed`.
        by: String,
        /// When the policy renews; `None` if it does not say.
        trigger: Option<Trigger>,
    },
    /// The vault should have made a version.
    Overdue,
    /// App Service has to take over what the vault already has.
    Follows,
    /// App Service should have taken over what the vault already has, but did not.
    FollowsLate,
    /// Nothing in the vault makes a new version.
    Bring(NotRenewed),
    /// A request waits for the certificate of a CA.
    Merge,
    /// The last request failed, in the words of the CA.
    Refused(String),
    /// The vault will replace a version that a CA issued with a self-signed one.
    SelfSigns,
    /// The vault has replaced it, and App Service has not taken the version over yet.
    SelfSigned,
    /// The facts that decide it could not be read; half a sentence.
    Unclear(String),
}

/// Why a vault makes no new version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotRenewed {
    /// The policy names no issuer, or `Unknown`.
    UnknownIssuer,
    /// The policy only sends mail to the contacts of the vault.
    OnlyMail,
    /// The policy has no action at all.
    NoAction,
    /// The policy names an issuer that the vault does not have; contains its name.
    IssuerMissing(String),
    /// The policy names an issuer that is disabled in the vault; contains its name.
    IssuerDisabled(String),
    /// The newest version is disabled.
    VersionDisabled,
    /// The vault has only a secret of this name, which has no policy.
    PlainSecret,
}

impl Rules {
    /// Who has to act for a certificate that no order fills. Without an answer of the vault this is unknown.
    pub(super) fn turn_in_vault(
        &self,
        estate: &Estate,
        certificate: &PrivateCertificate,
        now: Timestamp,
    ) -> Turn {
        let told =
            certificate.vault.as_ref().and_then(|secret| estate.upkeep_of(secret)).map(|upkeep| &upkeep.told);
        let has_ended = certificate.expires.is_some_and(|end| end <= now);
        let end = certificate.expires.filter(|_| !has_ended);
        let you = |what| turn(WhoActs::You, end, what);
        match told {
            Some(Told::Certificate(kept)) => self.turn_of_kept(kept, certificate, end, now),
            Some(Told::PlainSecret) => you(InVault::Bring(NotRenewed::PlainSecret)),
            // After the end of the certificate only you can act, regardless of what the vault would have
            // done.
            _ if has_ended => you(InVault::Overdue),
            Some(Told::Unreadable(why)) => turn(
                WhoActs::Unknown,
                end,
                InVault::Unclear(format!("the vault's policy could not be read: {why}")),
            ),
            None => turn(
                WhoActs::Unknown,
                end,
                InVault::Unclear("the vault's policy was not read yet".to_owned()),
            ),
        }
    }

    fn turn_of_kept(
        &self,
        kept: &Kept,
        import: &PrivateCertificate,
        end: Option<Timestamp>,
        now: Timestamp,
    ) -> Turn {
        let you = |what| turn(WhoActs::You, end, what);
        let bring = |why| you(InVault::Bring(why));
        let is_behind = kept.thumbprint.is_some() && kept.thumbprint != import.thumbprint;
        if is_behind && kept.is_enabled && kept.expires.is_none_or(|end| end > now) {
            return self.turn_of_behind(kept, import, end, now);
        }
        if let Some(why) = kept.failure() {
            return you(InVault::Refused(why.to_owned()));
        }
        if kept.waits() && kept.issuer == Issuer::Unknown {
            return you(InVault::Merge);
        }
        if !kept.is_enabled {
            return bring(NotRenewed::VersionDisabled);
        }
        let renews = |by: &str| {
            let (due, trigger) = (kept.renews_on(), kept.auto_renew().and_then(|action| action.trigger));
            let has_ended = import.expires.is_some_and(|end| end <= now);
            if has_ended || due.is_some_and(|due| now >= due + GRACE) {
                return you(InVault::Overdue);
            }
            turn(WhoActs::Azure, due, InVault::Renews { by: by.to_owned(), trigger })
        };
        let is_renewed = kept.auto_renew().is_some();
        match &kept.issuer {
            Issuer::Unknown => bring(NotRenewed::UnknownIssuer),
            _ if !is_renewed
                && kept.actions.iter().any(|action| action.kind == ActionKind::EmailContacts) =>
            {
                bring(NotRenewed::OnlyMail)
            }
            _ if !is_renewed => bring(NotRenewed::NoAction),
            Issuer::Own if is_of_ca(kept.is_self_signed, import) => {
                turn(WhoActs::You, kept.renews_on().or(end), InVault::SelfSigns)
            }
            Issuer::Own => renews("self-signed"),
            Issuer::Named { name, account } => match account {
                Account::Missing => bring(NotRenewed::IssuerMissing(name.clone())),
                Account::At { is_enabled: false, .. } => bring(NotRenewed::IssuerDisabled(name.clone())),
                Account::At { provider, .. } if self.lists(Names::VaultRenewingProviders, now, provider) => {
                    renews(provider)
                }
                Account::At { provider, .. } => {
                    let why = format!("whether the vault renews certificates of {provider} is not known");
                    turn(WhoActs::Unknown, end, InVault::Unclear(why))
                }
                Account::Unreadable(why) => {
                    let why = format!("the vault's issuer {name} could not be read: {why}");
                    turn(WhoActs::Unknown, end, InVault::Unclear(why))
                }
            },
        }
    }

    /// For a vault with another version than App Service's.
    fn turn_of_behind(
        &self,
        kept: &Kept,
        import: &PrivateCertificate,
        end: Option<Timestamp>,
        now: Timestamp,
    ) -> Turn {
        let within = self.span(Period::SyncInterval, now);
        let taken = kept.made.map(|made| made + within.duration());
        if kept.is_self_signed == Some(true) && is_of_ca(None, import) {
            return turn(WhoActs::You, taken.or(end), InVault::SelfSigned);
        }
        if taken.is_some_and(|taken| now >= taken + GRACE) {
            return turn(WhoActs::You, end, InVault::FollowsLate);
        }
        turn(WhoActs::Azure, taken, InVault::Follows)
    }
}

fn turn(who: WhoActs, when: Option<Timestamp>, what: InVault) -> Turn {
    Turn { who, when, what: What::InVault(what) }
}

/// Whether a CA issued it; if the vault's version could not be decoded, App Service's information about the
/// import is used.
fn is_of_ca(is_self_signed: Option<bool>, import: &PrivateCertificate) -> bool {
    !is_self_signed.unwrap_or_else(|| import.issuer == import.subject)
}

impl InVault {
    /// Whether a person has to know about it regardless of how far away the end is.
    pub fn is_alarm(&self) -> bool {
        match self {
            Self::Overdue | Self::FollowsLate | Self::Refused(_) | Self::SelfSigns | Self::SelfSigned => true,
            Self::Bring(why) => why.is_broken(),
            Self::Renews { .. } | Self::Follows | Self::Merge | Self::Unclear(_) => false,
        }
    }

    /// A sentence without a full stop; `by` and `on` contain the day, if there is one.
    pub(super) fn words(&self, by: &str, on: &str) -> String {
        match self {
            Self::Renews { by: signer, trigger } => {
                let trigger = trigger.map(|trigger| format!(", {}", trigger.words())).unwrap_or_default();
                format!(
                    "Azure: the vault renews it{on} ({signer}{trigger}), and App Service takes over the new version by itself"
                )
            }
            Self::Overdue => {
                format!(
                    "you: the vault has no new version, and App Service needs one{by}; look at its issuer, or bring a new version into the vault (r)"
                )
            }
            Self::Follows => format!("Azure takes over the vault's new version{by}; y does it now"),
            Self::FollowsLate => {
                "you: App Service has not taken over the vault's new version; y does it now".to_owned()
            }
            Self::Bring(why) => format!("you: bring a new version into the vault{by} (r); {}", why.words()),
            Self::Merge => format!(
                "you: a request in the vault waits for the certificate of your CA; merge it{by}, or bring a new version (r)"
            ),
            Self::Refused(why) => format!(
                "you: the vault got no new version, bring one{by} (r); its last request failed: {why}"
            ),
            Self::SelfSigns => format!(
                "you: the vault writes a self-signed version{on}, which App Service then serves; set the policy to EmailContacts before (r)"
            ),
            Self::SelfSigned => format!(
                "you: the vault has written a self-signed version, and App Service takes it over{by}; bring one of your CA into the vault (r)"
            ),
            Self::Unclear(why) => format!("unknown: {why}"),
        }
    }
}

impl InVault {
    /// What to do about it in the vault, in whole sentences.
    pub fn remedy(&self, vault: &str, name: &str) -> String {
        let target = format!("--vault-name {vault} --name {name}");
        let then = "App Service takes it over by itself some hours later; Sync (y) does it at once.";
        match self {
            Self::Renews { .. } => {
                "There is nothing to do while the account at the CA is valid; the last request's error would show here.".to_owned()
            }
            Self::Follows | Self::FollowsLate => "Sync (y) takes over what the vault has.".to_owned(),
            Self::Merge => format!(
                "Give the request to your CA and merge its answer: az keyvault certificate pending merge {target} --file FILE. {then}"
            ),
            Self::SelfSigns => format!(
                "Change the policy before that day: az keyvault certificate show {target} --query policy > policy.json, set the \
                 actionType in it to EmailContacts, and az keyvault certificate set-attributes {target} --policy @policy.json. \
                 From then on new versions are yours to bring."
            ),
            Self::Unclear(_) => format!(
                "With certificates/get on the vault {vault} it can be read who renews {name}: az keyvault \
                 certificate show {target} --query policy."
            ),
            Self::Overdue | Self::Bring(_) | Self::Refused(_) | Self::SelfSigned => format!(
                "Bring the renewed PFX into the vault as a new version: az keyvault certificate import {target} --file FILE. {then}"
            ),
        }
    }
}

impl NotRenewed {
    /// Whether the policy says AutoRenew and the vault cannot do it, so that people rely on what will fail.
    fn is_broken(&self) -> bool {
        matches!(self, Self::IssuerMissing(_) | Self::IssuerDisabled(_))
    }

    /// Half a sentence.
    pub fn words(&self) -> String {
        match self {
            Self::UnknownIssuer => {
                "its policy names no CA that the vault works with (issuer Unknown), so the vault does not renew it".to_owned()
            }
            Self::OnlyMail => "its policy only sends mail (EmailContacts), so the vault does not renew it".to_owned(),
            Self::NoAction => "its policy has no action, so the vault does not renew it".to_owned(),
            Self::IssuerMissing(name) => format!("the vault has no issuer {name}, which its policy names"),
            Self::IssuerDisabled(name) => format!("the vault's issuer {name} is disabled"),
            Self::VersionDisabled => "the newest version is disabled".to_owned(),
            Self::PlainSecret => "it is a plain secret, which no vault renews".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
