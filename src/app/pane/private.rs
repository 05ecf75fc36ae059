//! Private Key Certificates: what can secure hostnames, who has to act before it expires, and what it is used
//! by.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Cell, Column, Fact, Tone, app_label, column, counted, date, whereabouts};
use crate::model::upkeep::{Kept, Told};
use crate::model::{Estate, Home, PrivateCertificate, Source, WhoActs};
use crate::rules::{Period, Rules, Turn};

pub const COLUMNS: &[Column] = &[
    column("Name", 14, 2, 9),
    column("Hosts", 20, 3, 7),
    column("Source", 9, 0, 3),
    column("Expires", 11, 0, 8),
    column("Who acts", 8, 0, 4),
    column("Used by", 9, 1, 2),
    column("Webspace", 26, 2, 1),
];

pub fn cells(estate: &Estate, rules: &Rules, certificate: &PrivateCertificate, now: Timestamp) -> Vec<Cell> {
    let hosts = match certificate.hosts.as_slice() {
        [] => Cell::dim("none"),
        [one] => Cell::new(one.as_str()),
        [first, rest @ ..] => Cell::new(format!("{first} +{}", rest.len())),
    };
    vec![
        Cell::new(certificate.id.name()),
        hosts,
        Cell::new(estate.source(certificate).words()),
        Cell::end_of(estate, certificate, now),
        who_acts(&rules.turn(estate, certificate, now)),
        used_by(estate, certificate),
        Cell::new(certificate.home.label()),
    ]
}

/// A word; what somebody has to know of although the end is far off stands out.
fn who_acts(turn: &Turn) -> Cell {
    let (tone, marked) = match turn.who {
        _ if turn.is_alarm() => (Tone::Urgent, true),
        WhoActs::Unknown => (Tone::Dim, false),
        WhoActs::You | WhoActs::Azure => (Tone::Plain, false),
    };
    Cell { marked, ..Cell::toned(turn.who.words(), tone) }
}

/// Whether it secures hostnames at all (A1): a certificate that nothing uses says so in a word.
fn used_by(estate: &Estate, certificate: &PrivateCertificate) -> Cell {
    let (mut apps, mut hosts) = (BTreeSet::new(), 0);
    for binding in estate.bindings_of(certificate) {
        apps.insert(&binding.app);
        hosts += 1;
    }
    match (apps.len(), hosts) {
        (0, _) => Cell::dim("unused"),
        (1, hosts) => Cell::new(counted(hosts, "host")),
        (apps, _) => Cell::new(counted(apps, "app")),
    }
}

/// What the CA made of the validity that the policy asks for, and the limit that it had when it issued (C56).
fn shortened(kept: &Kept, rules: &Rules) -> Option<String> {
    let most = kept
        .starts
        .map(|issued| format!("; public CAs issue {} at most", rules.span(Period::PublicLifetime, issued)));
    Some(kept.shortened()? + &most.unwrap_or_default())
}

pub fn facts(estate: &Estate, rules: &Rules, certificate: &PrivateCertificate, now: Timestamp) -> Vec<Fact> {
    let hosts: Vec<_> = certificate.hosts.iter().map(ToString::to_string).collect();
    let source = estate.source(certificate);
    let mut facts = vec![
        Fact::new("Name", certificate.id.name()),
        Fact::end_of(estate, certificate, now),
        who_acts_fact(&rules.turn(estate, certificate, now)),
        Fact::new(
            "Thumbprint",
            certificate.thumbprint.as_ref().map_or("not issued yet", |print| print.as_str()),
        ),
        Fact::new("Secures", hosts.join(", ")),
    ];
    let bound: Vec<_> = estate
        .bindings_of(certificate)
        .map(|binding| format!("{} ({})", binding.host, app_label(estate, &binding.app)))
        .collect();
    facts.push(if bound.is_empty() {
        Fact { label: "Used by", value: "no hostname binding".into(), tone: Tone::Dim }
    } else {
        Fact::new("Used by", bound.join(", "))
    });
    // A10: uploaded or imported, it is there for every app of the webspace.
    let visible: Vec<_> = estate.apps_at(&certificate.home).map(crate::model::App::label).collect();
    let visible = if visible.is_empty() { "no app of this webspace".into() } else { visible.join(", ") };
    facts.push(match &certificate.home {
        Home::Webspace(_) => Fact::new("Also visible to", visible),
        Home::App(_) => Fact::new("Visible to", format!("{visible} alone")),
    });
    facts.push(Fact::new("Webspace", certificate.home.label()));
    if !certificate.tags.is_empty() {
        facts.push(Fact::new("Tags", certificate.tags.words()));
    }
    facts.push(Fact::new("Source", origin(&source)));
    if let Some(secret) = &certificate.vault {
        facts.push(Fact::new("Key vault", format!("{}, secret {}", secret.vault.name(), secret.secret)));
        let tone = if secret.status.is_trouble() { Tone::Urgent } else { Tone::Plain };
        facts.push(Fact { label: "Vault status", value: secret.status.words().into(), tone });
        if let Some(Told::Certificate(kept)) = estate.upkeep_of(secret).map(|upkeep| &upkeep.told) {
            facts.push(Fact::new("Vault policy", kept.policy_words()));
            facts.extend(shortened(kept, rules).map(|value| Fact {
                label: "Validity",
                value,
                tone: Tone::Soon,
            }));
        }
    }
    facts.extend(Fact::known("Issued", certificate.issued.map(date)));
    facts.push(Fact::new("Issuer", &*certificate.issuer));
    facts.push(Fact::new("Subject", &*certificate.subject));
    facts.extend(whereabouts(estate, &certificate.id));
    facts
}

/// The same sentence for a certificate and for the bindings that it secures.
pub(super) fn who_acts_fact(turn: &Turn) -> Fact {
    let tone = if turn.is_alarm() { Tone::Urgent } else { Tone::Plain };
    Fact { label: "Who acts", value: turn.words(date), tone }
}

fn origin(source: &Source) -> String {
    match source {
        Source::Uploaded => "uploaded: a PFX that somebody brought".into(),
        Source::KeyVault => "imported from a key vault".into(),
        Source::Order(order) => format!("App Service certificate, order {}", order.name()),
        Source::Managed => "free App Service managed certificate".into(),
    }
}
