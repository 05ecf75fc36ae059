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
    /// The file is not a PKCS#12 file (PFX).
    NotPfx,
    /// A part of the file cannot be decrypted or decoded.
    Unreadable,
    /// The password does not open the file, or the file is damaged.
    WrongPasswordOrCorrupt,
    /// The file has no integrity code (MAC).
    NoMac,
    /// The file opens without a password, or with an empty one.
    NoPassword,
    /// The password is encoded in another way than the standards say, so other programs do not open the file.
    PasswordSpelling,
    /// A private key is in the file without encryption.
    KeyNotEncrypted,
    /// The private key is not encrypted with triple DES.
    #[serde(rename = "KEY_NOT_3DES")]
    KeyNotTripleDes,
    /// The certificates are not encrypted with triple DES.
    #[serde(rename = "CERTS_NOT_3DES")]
    CertsNotTripleDes,
    /// The file has no private key.
    NoKey,
    /// The file has more than one private key.
    MultipleKeys,
    /// The file has no certificate that can be read.
    NoCert,
    /// The private key belongs to no certificate in the file.
    KeyMismatch,
    /// The RSA key has fewer bits than required.
    KeyTooSmall,
    /// The RSA key has more bits than Key Vault accepts.
    KeyTooLarge,
    /// The key is neither RSA nor an elliptic curve key.
    KeyType,
    /// The public key names RSASSA-PSS instead of RSA as its algorithm, which browsers do not accept.
    #[serde(rename = "KEY_RSASSA_PSS")]
    KeyRsassaPss,
    /// The key is an elliptic curve key, which cannot be imported from a vault.
    Ecc,
    /// The key spells out the parameters of its curve instead of naming it.
    EcExplicit,
    /// The key is on a curve that public authorities do not issue for.
    EcCurve,
    /// The file has only the leaf of its chain; the certificate of its issuer is missing.
    ChainMissingIntermediate,
    /// The chain ends at a CA below the root; the root is missing.
    ChainMissingRoot,
    /// The chain breaks off at a certificate that is no CA.
    ChainIncomplete,
    /// The certificate signed itself.
    SelfSignedLeaf,
    /// The certificates are not in the order from the leaf to the root.
    ChainOrder,
    /// A certificate is in the file more than once.
    DuplicateCert,
    /// A certificate in the file does not belong to the chain.
    ExtraCert,
    /// The certificate has no extended key usage.
    EkuAbsent,
    /// The extended key usage does not name server authentication.
    EkuNoServerAuth,
    /// The chain does not end at a trusted root.
    UntrustedCa,
    /// The certificate does not name the hostname that it is to secure.
    HostnameMismatch,
    /// The serial number has more bytes than an older version of the article allows.
    #[serde(rename = "SERIAL_OVER_10_OCTETS")]
    SerialTooLong,
    /// The certificate is not valid yet.
    NotYetValid,
    /// The certificate has expired.
    Expired,
    /// The certificate expires within the number of days that the rule names.
    ExpiresSoon,
    /// An issuer's certificate in the chain has expired.
    ChainExpired,
    /// A certificate in the chain issued another one although it is no CA.
    IssuerNotCa,
    /// The certificate of the host calls itself a CA.
    LeafIsCa,
    /// The signature uses a hash function that is broken, such as SHA-1.
    WeakSignature,
    /// The certificate has no subject alternative name, so browsers accept it for no host.
    NoSan,
    /// Bytes follow the end of the PKCS#12 structure.
    TrailingData,
    /// The file states another version of PKCS#12 than the one in use.
    BadVersion,
    /// The dates of the certificate are not written as RFC 5280 requires.
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
    /// Uploading the PFX to App Service.
    Upload,
    /// Importing it from a key vault.
    Import,
    /// Securing a hostname with it.
    Bind,
}

/// One requirement while it is in force.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demand {
    /// The requirement that this entry is about.
    pub id: Requirement,
    /// How serious it is if the requirement is not met.
    pub severity: Severity,
    /// The uses that a certificate without it does not allow.
    pub blocks: Vec<Use>,
    /// What the platform requires, in half a sentence.
    pub required: String,
    /// What to do if the requirement is not met.
    pub remedy: String,
    /// The limit, such as a number of bits or days; `None` if the requirement has none.
    pub number: Option<i64>,
    /// The accepted or the rejected values, as the requirement needs them; may be empty.
    #[serde(default)]
    pub names: Vec<String>,
    /// Values that differ from the requirement but are known to work: worth only a note.
    #[serde(default)]
    pub tolerated: Vec<String>,
    /// The first day on which the entry holds.
    pub since: Date,
    /// The first day on which the entry no longer holds; `None` if no end is known.
    pub until: Option<Date>,
    /// The article or the change of it that states the requirement.
    pub source: String,
    /// Ids that `docs/platform.toml` explains.
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
