//! The requirements on private certificates, as dated data from `assets/rules.toml`: the catalogue of
//! findings. `pki::check` decides whether a file meets them.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Rules, RulesError, Severity};

/// The subjects of findings. The names are those of the test corpus, and stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Requirement {
    NotPfx,
    Unreadable,
    WrongPasswordOrCorrupt,
    NoMac,
    NoPassword,
    PasswordSpelling,
    KeyNotEncrypted,
    #[serde(rename = "KEY_NOT_3DES")]
    KeyNotTripleDes,
    #[serde(rename = "CERTS_NOT_3DES")]
    CertsNotTripleDes,
    NoKey,
    MultipleKeys,
    NoCert,
    KeyMismatch,
    KeyTooSmall,
    KeyTooLarge,
    KeyType,
    #[serde(rename = "KEY_RSASSA_PSS")]
    KeyRsassaPss,
    Ecc,
    EcExplicit,
    EcCurve,
    ChainMissingIntermediate,
    ChainMissingRoot,
    ChainIncomplete,
    SelfSignedLeaf,
    ChainOrder,
    DuplicateCert,
    ExtraCert,
    EkuAbsent,
    EkuNoServerAuth,
    UntrustedCa,
    HostnameMismatch,
    #[serde(rename = "SERIAL_OVER_10_OCTETS")]
    SerialTooLong,
    NotYetValid,
    Expired,
    ExpiresSoon,
    ChainExpired,
    IssuerNotCa,
    LeafIsCa,
    WeakSignature,
    NoSan,
    TrailingData,
    BadVersion,
    LeafUnparsable,
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// The uses of a private certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Use {
    Upload,
    Import,
    Bind,
}

/// One requirement while it is in force.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demand {
    pub id: Requirement,
    pub severity: Severity,
    /// The uses that a certificate without it does not allow.
    pub blocks: Vec<Use>,
    pub required: String,
    pub remedy: String,
    pub number: Option<i64>,
    #[serde(default)]
    pub names: Vec<String>,
    /// Values that differ from the requirement but are known to work: worth only a note.
    #[serde(default)]
    pub tolerated: Vec<String>,
    pub since: Date,
    pub until: Option<Date>,
    pub source: String,
    #[serde(default)]
    pub checklist: Vec<String>,
}

impl Demand {
    fn holds_on(&self, day: Date) -> bool {
        self.since <= day && self.until.is_none_or(|until| day < until)
    }
}

impl Rules {
    /// The demand for `requirement` on the profile's day; `None` if there was none yet.
    pub fn demand(&self, requirement: Requirement, now: Timestamp) -> Option<&Demand> {
        let day = self.day(now);
        self.demands.iter().find(|demand| demand.id == requirement && demand.holds_on(day))
    }
}

/// Refuses a catalogue in which two entries of one requirement hold on the same day.
pub(super) fn without_overlap(demands: &[Demand]) -> Result<(), RulesError> {
    for (place, demand) in demands.iter().enumerate() {
        let mut others = demands[place + 1..].iter().filter(|other| other.id == demand.id);
        if others.any(|other| demand.holds_on(other.since) || other.holds_on(demand.since)) {
            return Err(RulesError::Overlap(demand.id));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rules::Profile;

    const NOW: &str = "2026-11-22T00:00:00Z";

    #[test]
    fn triple_des_is_demanded_by_the_seed_and_noted_today_c1() {
        let severity = |profile, requirement| {
            Rules::load(profile).unwrap().demand(requirement, NOW.parse().unwrap()).unwrap().severity
        };
        for requirement in [Requirement::KeyNotTripleDes, Requirement::CertsNotTripleDes] {
            assert_eq!(severity(Profile::Seed, requirement), Severity::Error);
            assert_eq!(severity(Profile::Current, requirement), Severity::Note);
        }
        assert_eq!(severity(Profile::Seed, Requirement::SerialTooLong), Severity::Warning);
        assert_eq!(severity(Profile::Current, Requirement::SerialTooLong), Severity::Note);
    }

    #[test]
    fn every_demand_says_what_is_required_what_to_do_and_who_says_so() {
        for demand in &Rules::load(Profile::Current).unwrap().demands {
            for words in [&demand.required, &demand.remedy, &demand.source] {
                assert!(!words.is_empty(), "{}", demand.id);
            }
            assert!(!demand.checklist.is_empty(), "{}", demand.id);
        }
    }

    #[test]
    fn a_requirement_is_called_as_the_corpus_calls_it() {
        assert_eq!(Requirement::KeyNotTripleDes.to_string(), "KEY_NOT_3DES");
        assert_eq!(Requirement::SerialTooLong.to_string(), "SERIAL_OVER_10_OCTETS");
        assert_eq!(Requirement::ChainMissingIntermediate.to_string(), "CHAIN_MISSING_INTERMEDIATE");
    }
}
