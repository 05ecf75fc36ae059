//! The certificate itself: its key, its chain, its trust, its purpose, its dates and its names.

use jiff::Timestamp;

use super::Judge;
use crate::algorithm::KeyKind;
use crate::chain::{CertificateChain, ChainOrder, Leaf};
use crate::contents::{Certificate, Contents, San};
use certdeck_model::rules::Requirement;
use certdeck_model::{Hostname, day};

/// Checks the certificate at `leaf`; returns whether it is trusted, if that could be determined.
pub(super) fn judge(
    contents: &Contents,
    leaf: Leaf,
    chain: &CertificateChain,
    judge: &mut Judge<'_>,
) -> Option<bool> {
    let certificates = &contents.certificates;
    let certificate = &certificates[leaf.place];
    if leaf.has_key == Some(false) {
        let seen = format!(
            "the private key belongs to no certificate in the file, not to {} either",
            certificate.subject
        );
        judge.find(Requirement::KeyMismatch, seen);
    }
    judge_key(&certificate.public_key.kind, judge);
    judge_chain(certificates, chain, judge);
    judge_purpose(certificate, judge);
    let trusted = judge.question.roots.map(|roots| roots.trust(certificate, certificates));
    if trusted == Some(false) {
        let top = chain.path.last().map_or(certificate, |&place| &certificates[place]);
        judge.find(
            Requirement::UntrustedCa,
            format!("no chain from this file leads to a trusted root; it ends at {}", top.issuer),
        );
    }
    judge_dates(certificate, judge);
    for issuer in chain.path.iter().skip(1).map(|&place| &certificates[place]) {
        if judge.question.now > issuer.not_after {
            let seen = format!("{} in the chain expired on {}", issuer.subject, day(issuer.not_after));
            judge.find(Requirement::ChainExpired, seen);
        }
        if !issuer.is_ca && issuer.version == 3 {
            judge.find(
                Requirement::IssuerNotCa,
                format!("{} issued the certificate below it but is no CA", issuer.subject),
            );
        }
    }
    judge_details(certificate, judge);
    if let Some(host) = judge.question.host {
        judge_host(certificate, host, judge);
    }
    trusted
}

fn judge_key(kind: &KeyKind, judge: &mut Judge<'_>) {
    match kind {
        KeyKind::Rsa(bits) | KeyKind::RsaPss(bits) => {
            let shortest = judge.demand(Requirement::KeyTooSmall).and_then(|demand| demand.number);
            if shortest.is_some_and(|shortest| i64::from(*bits) < shortest) {
                judge.find(Requirement::KeyTooSmall, format!("the key is RSA with {bits} bits"));
            }
            let longest = judge.demand(Requirement::KeyTooLarge).and_then(|demand| demand.number);
            if longest.is_some_and(|longest| i64::from(*bits) > longest) {
                judge.find(Requirement::KeyTooLarge, format!("the key is RSA with {bits} bits"));
            }
            if matches!(kind, KeyKind::RsaPss(_)) {
                judge.find(
                    Requirement::KeyRsassaPss,
                    format!("the key is of the type RSASSA-PSS ({bits} bits), not RSA"),
                );
            }
        }
        KeyKind::Ec(curve) => {
            judge.find(Requirement::Ecc, format!("the key is an elliptic curve key ({})", curve.name));
            if curve.is_explicit() {
                judge.find(
                    Requirement::EcExplicit,
                    "the key spells out the parameters of its curve instead of naming it",
                );
            } else if judge
                .demand(Requirement::EcCurve)
                .is_some_and(|demand| !demand.names.contains(&curve.name))
            {
                judge.find(Requirement::EcCurve, format!("the key is on the curve {}", curve.name));
            }
        }
        other => judge.find(Requirement::KeyType, format!("the key is {other}")),
    }
}

pub(super) fn judge_chain(certificates: &[Certificate], chain: &CertificateChain, judge: &mut Judge<'_>) {
    let names = |places: &[usize]| {
        let shown: Vec<&str> =
            places.iter().take(3).map(|&place| certificates[place].subject.as_str()).collect();
        let more = places.len().saturating_sub(shown.len());
        shown.join(" · ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
    };
    let top_is_ca = chain.path.last().is_some_and(|&place| certificates[place].is_ca);
    if let Some(missing) = &chain.missing {
        let requirement = match (chain.path.len(), top_is_ca) {
            (..=1, _) => Requirement::ChainMissingIntermediate,
            (_, true) => Requirement::ChainMissingRoot,
            (_, false) => Requirement::ChainIncomplete,
        };
        judge.find(requirement, format!("the certificate of {missing} is not in the file"));
    }
    if chain.complete && chain.path.len() == 1 {
        judge.find(Requirement::SelfSignedLeaf, "the certificate signed itself");
    }
    if chain.order != ChainOrder::LeafToRoot {
        let seen = match chain.order {
            ChainOrder::RootToLeaf => "the certificates lie in the file from the root to yours",
            _ => "the certificates lie in the file in no order",
        };
        judge.find(Requirement::ChainOrder, seen);
    }
    if !chain.duplicates.is_empty() {
        judge.find(Requirement::DuplicateCert, format!("twice in the file: {}", names(&chain.duplicates)));
    }
    if !chain.strays.is_empty() {
        judge.find(Requirement::ExtraCert, format!("not part of the chain: {}", names(&chain.strays)));
    }
}

fn judge_purpose(certificate: &Certificate, judge: &mut Judge<'_>) {
    let Some(purposes) = &certificate.eku else {
        return judge.find(Requirement::EkuAbsent, "there is no extended key usage");
    };
    let wanted = judge.demand(Requirement::EkuNoServerAuth).map_or(&[][..], |demand| &demand.names);
    if !wanted.iter().all(|one| purposes.contains(one)) {
        judge.find(
            Requirement::EkuNoServerAuth,
            format!("the extended key usage names only {}", purposes.join(", ")),
        );
    }
}

fn judge_dates(certificate: &Certificate, judge: &mut Judge<'_>) {
    let now = judge.question.now;
    if now < certificate.not_before {
        judge.find(
            Requirement::NotYetValid,
            format!("the certificate is valid from {} on", day(certificate.not_before)),
        );
    }
    if now > certificate.not_after {
        judge
            .find(Requirement::Expired, format!("the certificate expired on {}", day(certificate.not_after)));
    } else if now >= certificate.not_before {
        let left = whole_days(now, certificate.not_after);
        let fewest = judge.demand(Requirement::ExpiresSoon).and_then(|demand| demand.number);
        if fewest.is_some_and(|fewest| left < fewest) {
            let seen = format!("the certificate expires on {}, in {left} days", day(certificate.not_after));
            judge.find(Requirement::ExpiresSoon, seen);
        }
    }
}

fn judge_details(certificate: &Certificate, judge: &mut Judge<'_>) {
    let octets = certificate.serial_octets;
    let longest = judge.demand(Requirement::SerialTooLong).and_then(|demand| demand.number);
    if longest.is_some_and(|longest| i64::try_from(octets).is_ok_and(|octets| octets > longest)) {
        judge.find(
            Requirement::SerialTooLong,
            format!("the serial number has {octets} octets ({} digits)", octets * 2),
        );
    }
    if certificate.is_ca {
        judge.find(Requirement::LeafIsCa, "the certificate calls itself a certificate authority");
    }
    if let Some(digest) = certificate.signature_algorithm.digest {
        let weak = judge
            .demand(Requirement::WeakSignature)
            .is_some_and(|demand| demand.names.iter().any(|name| name == digest));
        if weak {
            judge.find(Requirement::WeakSignature, format!("the signature uses {digest}"));
        }
    }
    if certificate.sans.is_empty() {
        judge.find(Requirement::NoSan, "there is no subject alternative name");
    }
}

fn judge_host(certificate: &Certificate, host: &Hostname, judge: &mut Judge<'_>) {
    let names: Vec<&str> = certificate
        .sans
        .iter()
        .filter_map(|san| if let San::Dns(name) = san { Some(name.as_str()) } else { None })
        .collect();
    if !names.iter().any(|name| Hostname::parse(name).is_ok_and(|name| name == *host || name.covers(host))) {
        let shown = names.iter().take(5).copied().collect::<Vec<_>>().join(", ");
        let more = if names.len() > 5 { format!(" and {} more", names.len() - 5) } else { String::new() };
        let seen = if names.is_empty() {
            format!("the certificate names no host, so not {host}")
        } else {
            format!("the certificate names {shown}{more}, not {host}")
        };
        judge.find(Requirement::HostnameMismatch, seen);
    }
}

fn whole_days(from: Timestamp, to: Timestamp) -> i64 {
    const DAY: i64 = 24 * 60 * 60;
    (to.as_second() - from.as_second()) / DAY
}
