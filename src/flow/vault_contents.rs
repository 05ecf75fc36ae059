//! The certificates of a key vault, as far as App Service can import them: each is offered, or marked with
//! the reason why it cannot be (A112, A124, C4).

use jiff::Timestamp;

use super::Offer;
use crate::model::{VaultCertificate, day};
use crate::rules::{Requirement, Rules, Use};

const PKCS12: &str = "application/x-pkcs12";

/// Why App Service would not import it, with the rule that says so.
pub(super) fn unsupported(one: &VaultCertificate, rules: &Rules, now: Timestamp) -> Option<String> {
    // What a file may have and a vault may not is no error, and stops an import all the same.
    let stops = |requirement: Requirement| {
        rules.demand(requirement, now).filter(|demand| demand.blocks.contains(&Use::Import))
    };
    let because = |requirement: Requirement, why: String| {
        stops(requirement).map(|demand| format!("{why} ({})", demand.id))
    };
    if !one.is_enabled {
        return Some("it is disabled in the vault".to_owned());
    }
    if one.thumbprint.is_none() {
        return Some("it is not issued yet".to_owned());
    }
    if one.expires.is_some_and(|expires| expires < now) {
        return because(Requirement::Expired, format!("it expired on {}", day(one.expires?)));
    }
    if one.starts.is_some_and(|starts| starts > now) {
        return because(Requirement::NotYetValid, format!("it is valid from {} on", day(one.starts?)));
    }
    let policy = one.policy.as_ref()?;
    if !policy.content_type.eq_ignore_ascii_case(PKCS12) {
        return Some(format!(
            "it is kept as {}, and App Service imports PKCS#12 ({PKCS12})",
            policy.content_type
        ));
    }
    if !policy.is_exportable {
        return Some("its private key may not leave the vault (exportable is off)".to_owned());
    }
    let key_type = policy.key_type.to_ascii_uppercase();
    match key_type.trim_end_matches("-HSM") {
        "RSA" => {
            let shortest = stops(Requirement::KeyTooSmall)?.number?;
            let bits = policy.key_bits.filter(|bits| *bits < shortest)?;
            because(Requirement::KeyTooSmall, format!("its RSA key has {bits} bits"))
        }
        "EC" => because(
            Requirement::Ecc,
            "its key is an elliptic curve key, which only an upload takes".to_owned(),
        ),
        other => because(Requirement::KeyType, format!("its key is {other}")),
    }
}

/// What could be bound with it, if anything.
pub(super) fn purpose_warning(one: &VaultCertificate, rules: &Rules, now: Timestamp) -> Option<String> {
    let purposes = &one.policy.as_ref()?.purposes;
    let wanted = rules.demand(Requirement::EkuNoServerAuth, now)?;
    let serves = wanted.names.iter().all(|name| purposes.contains(name));
    (!serves)
        .then(|| format!("it is not for server authentication, so it can secure no hostname ({})", wanted.id))
}

/// One line of the picker: name and thumbprint, and what it is for.
pub(super) fn offer(one: &VaultCertificate) -> Offer {
    let hosts = one.policy.as_ref().map(|policy| policy.hosts.join(", ")).filter(|hosts| !hosts.is_empty());
    let names = hosts.unwrap_or_else(|| one.subject.clone());
    let thumbprint = one.thumbprint.as_ref().map(ToString::to_string).unwrap_or_default();
    let expires = one.expires.map(|expires| format!(", expires {}", day(expires))).unwrap_or_default();
    Offer {
        value: one.name.clone(),
        label: format!("{}  {thumbprint}", one.name),
        note: format!("{names}{expires}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::{NOW, vault_certificate};
    use super::*;
    use crate::model::CertificatePolicy;
    use crate::rules::Profile;

    fn judged(
        change: impl Fn(&mut VaultCertificate, &mut CertificatePolicy),
        profile: Profile,
    ) -> Option<String> {
        let mut one = vault_certificate("api");
        let mut policy = one.policy.clone().unwrap();
        change(&mut one, &mut policy);
        one.policy = Some(policy);
        unsupported(&one, &Rules::load(profile).unwrap(), NOW.parse().unwrap())
    }

    #[test]
    fn what_cannot_be_imported_is_marked_with_its_reason_a124() {
        let because = |words: &str, change: &dyn Fn(&mut VaultCertificate, &mut CertificatePolicy)| {
            let why = judged(change, Profile::Current).unwrap();
            assert!(why.contains(words), "{why}");
        };
        assert_eq!(judged(|_, _| (), Profile::Current), None);
        because("disabled", &|one, _| one.is_enabled = false);
        because("not issued", &|one, _| one.thumbprint = None);
        because("expired on 2026-01-01", &|one, _| one.expires = "2026-01-01T00:00:00Z".parse().ok());
        because("application/x-pem-file", &|_, policy| {
            policy.content_type = "application/x-pem-file".to_owned();
        });
        because("may not leave", &|_, policy| policy.is_exportable = false);
        because("1024 bits (KEY_TOO_SMALL)", &|_, policy| policy.key_bits = Some(1024));
        because("oct-HSM".to_ascii_uppercase().trim_end_matches("-HSM"), &|_, policy| {
            policy.key_type = "oct-HSM".to_owned();
        });
    }

    #[test]
    fn elliptic_curve_keys_are_refused_since_2025_and_taken_under_the_seed_rules_c4() {
        let ec = |_: &mut VaultCertificate, policy: &mut CertificatePolicy| policy.key_type = "EC".to_owned();
        assert!(judged(ec, Profile::Current).unwrap().contains("(ECC)"));
        assert_eq!(judged(ec, Profile::Seed), None);
    }

    #[test]
    fn a_certificate_for_something_else_is_warned_about_a22() {
        let rules = Rules::load(Profile::Current).unwrap();
        let mut one = vault_certificate("api");
        assert_eq!(purpose_warning(&one, &rules, NOW.parse().unwrap()), None);
        one.policy = one
            .policy
            .map(|policy| CertificatePolicy { purposes: vec!["1.3.6.1.5.5.7.3.2".to_owned()], ..policy });
        assert!(purpose_warning(&one, &rules, NOW.parse().unwrap()).unwrap().contains("secure no hostname"));
    }
}
