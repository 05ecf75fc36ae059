//! What people are told of a certificate file, on the terminal and on screen: the same facts as in JSON, line
//! by line.

use jiff::Timestamp;

use super::examined::{Examined, Failure, names};
use crate::model::Hostname;
use crate::pki::{Certificate, CertificateChain, ChainOrder, Contents, Kind, MacKind, Pkcs12, Report};
use crate::rules::Use;

/// Names that are shown of a certificate with very many.
const NAMES: usize = 20;

/// One line: what it is about, empty where it goes on with the line above, and what there is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactLine {
    pub label: &'static str,
    pub text: String,
}

pub fn facts(examined: &Examined, report: &Report) -> Vec<FactLine> {
    let mut out = Vec::new();
    match &examined.contents {
        // Its parts are listed below.
        Ok(_) | Err(Failure::Partly { .. }) => {}
        Err(failure) => line(&mut out, "not readable", failure.to_string()),
    }
    let Some(contents) = examined.known() else { return out };
    line(&mut out, "kind", kind(contents.kind));
    if let Some(known) = &contents.container {
        container(known, examined.has_empty_password(), &mut out);
    }
    for key in &contents.keys {
        let wrapped = if key.encrypted { "encrypted" } else { "not encrypted" };
        line(&mut out, "private key", format!("{}, {wrapped}", key.kind));
    }
    for part in &contents.unread {
        line(&mut out, "not read", part.to_string());
    }
    if let Some(one) = report.leaf.and_then(|leaf| contents.certificates.get(leaf.place)) {
        leaf(one, &mut out);
    }
    if let Some(known) = &report.chain {
        chain(contents, known, &mut out);
    }
    out
}

/// `host` is the name that was asked about.
pub fn verdict(report: &Report, host: Option<&Hostname>) -> Vec<FactLine> {
    let answer = |wanted| if report.allows(wanted) { "yes" } else { "no" };
    let binding = host.map_or_else(|| "a binding".to_owned(), |host| format!("a binding of {host}"));
    let mut out = Vec::new();
    line(&mut out, "verdict", report.verdict().as_str());
    line(&mut out, "can be uploaded", answer(Use::Upload));
    line(&mut out, "can secure", format!("{binding}: {}", answer(Use::Bind)));
    line(&mut out, "can be imported", format!("from Key Vault: {}", answer(Use::Import)));
    out
}

fn line(out: &mut Vec<FactLine>, label: &'static str, text: impl Into<String>) {
    out.push(FactLine { label, text: text.into() });
}

fn container(container: &Pkcs12, empty_password: bool, out: &mut Vec<FactLine>) {
    let mac = container.mac.as_ref().map_or_else(
        || "none".to_owned(),
        |mac| {
            let kind = if mac.kind == MacKind::Pbmac1 { "PBMAC1, " } else { "" };
            format!("{kind}{}, {} rounds", mac.digest, mac.iterations)
        },
    );
    line(out, "integrity (MAC)", mac);
    let spelling = container.odd_spelling().map_or_else(String::new, |how| format!(", spelled {how}"));
    line(out, "password", if empty_password { "empty".to_owned() } else { format!("yes{spelling}") });
    let shown = |names: Option<String>| {
        names.map_or_else(|| "none there".to_owned(), |names| names.replace(';', " and "))
    };
    line(out, "key encryption", shown(names(&container.key_encryption)));
    line(out, "sections", shown(names(&container.section_encryption)));
    if !container.other_bags.is_empty() {
        line(out, "also in it", container.other_bags.join(", "));
    }
}

fn leaf(leaf: &Certificate, out: &mut Vec<FactLine>) {
    line(out, "certificate", leaf.subject.as_str());
    line(out, "issued by", leaf.issuer.as_str());
    if let Some(name) = &leaf.friendly_name {
        line(out, "friendly name", name);
    }
    let names: Vec<String> = leaf.sans.iter().take(NAMES).map(ToString::to_string).collect();
    let more = leaf.sans.len().saturating_sub(NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    line(out, "names", if names.is_empty() { "none".to_owned() } else { names.join(", ") + &more });
    line(out, "valid", format!("{} to {}", minute(leaf.not_before), minute(leaf.not_after)));
    line(out, "key", leaf.public_key.kind.to_string());
    line(out, "signature", leaf.signature_algorithm.name.as_str());
    line(out, "serial number", format!("{} ({} bytes)", leaf.serial, leaf.serial_octets));
    line(
        out,
        "purposes",
        leaf.eku.as_ref().map_or_else(|| "not said".to_owned(), |purposes| purposes.join(", ")),
    );
    line(out, "thumbprint", leaf.thumbprint.as_str());
}

fn chain(contents: &Contents, chain: &CertificateChain, out: &mut Vec<FactLine>) {
    let order = match chain.order {
        ChainOrder::LeafToRoot => "in order",
        ChainOrder::RootToLeaf => "root first",
        ChainOrder::Mixed => "in no order",
    };
    let complete = if chain.complete { "complete" } else { "incomplete" };
    line(out, "chain", format!("{complete}, {order}"));
    for (above, &place) in chain.path.iter().enumerate() {
        let one = &contents.certificates[place];
        line(out, "", format!("{}{} (to {})", "  ".repeat(above), one.subject, minute(one.not_after)));
    }
    if let Some(missing) = &chain.missing {
        line(out, "missing", missing);
    }
    for &place in &chain.strays {
        line(out, "not in chain", contents.certificates[place].subject.as_str());
    }
}

/// What a file is.
pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Pkcs12 => "PKCS#12 (PFX)",
        Kind::X509 => "one certificate (DER)",
        Kind::Pem => "PEM",
        Kind::Pkcs7 => "PKCS#7 bundle",
        Kind::Unknown => "unknown",
    }
}

fn minute(when: Timestamp) -> String {
    when.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
