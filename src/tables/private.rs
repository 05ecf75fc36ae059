//! Private Key Certificates: what can secure hostnames, who has to act before it expires, and what it is used
//! by.

use std::collections::BTreeSet;

use serde_json::json;

use super::column::{Column, Table, Words};
use super::fact::whereabouts;
use super::{
    Basis, Cell, Fact, Tone, app_label, by_time, date, days, put_end, put_group, put_subscription,
    thumbprint_cell, time,
};
use crate::health::findings::{Limits, Urgency, of_certificate};
use crate::model::upkeep::{Kept, Told};
use crate::model::{Home, PrivateCertificate, Source, Thumbprint, Webspace, WhoActs, counted};
use crate::rules::{Period, Rules};

pub(super) static PRIVATE: Table<PrivateCertificate> = Table {
    words: Words {
        title: "Private Key Certificates",
        singular: "private key certificate",
        empty: "No private key certificates. Press a to add one: buy, create, import or upload.",
        sorted_by: "expires",
    },
    rows: |estate| &estate.certificates,
    id: |one| one.id.clone(),
    columns: &[
        Column::<PrivateCertificate>::new("name", "Name")
            .drawn(14, 9, |_, one| Cell::new(one.id.name()))
            .value(|_, one| json!(one.id.name()))
            .names_row(),
        Column::<PrivateCertificate>::new("hosts", "Hosts")
            .drawn(16, 7, |_, one| hosts(one))
            .value(|_, one| json!(one.hosts))
            .text(put_hosts)
            .names_row(),
        Column::<PrivateCertificate>::new("source", "Source")
            .drawn(9, 4, |basis, one| Cell::new(basis.estate.source(one).words()))
            .value(|basis, one| json!(basis.estate.source(one).words()))
            .names_row(),
        Column::<PrivateCertificate>::new("expires", "Expires")
            .drawn(11, 8, end)
            .value(|_, one| time(one.expires))
            .text(|basis, one, out| put_end(one.expires, &Cell::end_of(basis, one), out))
            .sort(|_, one| by_time(one.expires)),
        Column::<PrivateCertificate>::new("days", "Days")
            .value(|basis, one| days(one.expires.filter(|_| !basis.is_revoked(one)), basis.now)),
        Column::<PrivateCertificate>::new("who_acts", "Who acts")
            .drawn(10, 6, who_acts)
            .value(|basis, one| json!(basis.turn(one).who.words()))
            .text(|basis, one, out| out.push_str(basis.turn(one).who.words()))
            .names_row(),
        Column::<PrivateCertificate>::new("used_by", "Used by")
            .drawn(9, 5, used_by)
            .value(|basis, one| json!(apps(basis, one))),
        Column::<PrivateCertificate>::new("webspace", "Webspace")
            .drawn(12, 1, |_, one| Cell::new(one.home.label()))
            .value(|_, one| json!(one.home.webspace().map_or("", Webspace::as_str))),
        Column::<PrivateCertificate>::new("app", "App alone").value(|_, one| json!(own_app(&one.home))),
        Column::<PrivateCertificate>::new("thumbprint", "Thumbprint")
            .drawn(8, 0, |_, one| thumbprint_cell(one.thumbprint.as_ref()))
            .value(|_, one| json!(one.thumbprint.as_ref().map(Thumbprint::as_str)))
            .text(|_, one, out| out.push_str(one.thumbprint.as_ref().map_or("", Thumbprint::as_str)))
            .names_row(),
        Column::<PrivateCertificate>::new("id", "Id").value(|_, one| json!(one.id.as_str())),
        Column::<PrivateCertificate>::new("revoked", "Revoked")
            .value(|basis, one| json!(basis.is_revoked(one))),
        Column::<PrivateCertificate>::new("resource_group", "Resource group")
            .wide()
            .drawn(8, 3, |_, one| Cell::new(one.id.resource_group()))
            .value(|_, one| json!(one.id.resource_group()))
            .text(|_, one, out| put_group(&one.id, out))
            .alias("group"),
        Column::<PrivateCertificate>::new("subscription", "Subscription")
            .wide()
            .value(|basis, one| json!(basis.estate.subscription_name(&one.id)))
            .text(|basis, one, out| put_subscription(basis, &one.id, out)),
        Column::<PrivateCertificate>::new("tags", "Tags")
            .wide()
            .value(|_, one| one.tags.iter().collect())
            .text(|_, one, out| out.push_str(&one.tags.words())),
        Column::<PrivateCertificate>::new("location", "Location")
            .wide()
            .value(|_, one| json!(one.location.as_str()))
            .text(|_, one, out| out.push_str(&one.location))
            .alias("region"),
        Column::<PrivateCertificate>::new("subject", "Subject")
            .wide()
            .value(|_, one| json!(one.subject.as_str())),
        Column::<PrivateCertificate>::new("issuer", "Issuer")
            .wide()
            .drawn(12, 2, |_, one| Cell::new(one.issuer.as_str()))
            .value(|_, one| json!(one.issuer.as_str())),
        Column::<PrivateCertificate>::new("issued", "Issued").wide().value(|_, one| time(one.issued)),
        Column::<PrivateCertificate>::new("vault", "Key vault")
            .wide()
            .value(|_, one| json!(one.vault.as_ref().map(|secret| secret.vault.as_str()))),
        Column::<PrivateCertificate>::new("secret", "Secret")
            .wide()
            .value(|_, one| json!(one.vault.as_ref().map(|secret| secret.secret.as_str()))),
        Column::<PrivateCertificate>::new("vault_status", "Vault status")
            .wide()
            .value(|_, one| json!(one.vault.as_ref().map(|secret| secret.status.as_wire()))),
    ],
    facts,
};

fn hosts(certificate: &PrivateCertificate) -> Cell {
    match certificate.hosts.as_slice() {
        [] => Cell::dim("none"),
        [one] => Cell::new(one.as_str()),
        [first, rest @ ..] => Cell::new(format!("{first} +{}", rest.len())),
    }
}

/// All hosts, where the screen shows the first.
fn put_hosts(_: &Basis<'_>, certificate: &PrivateCertificate, out: &mut String) {
    for host in &certificate.hosts {
        out.push_str(host.as_str());
        out.push(' ');
    }
}

/// The apps that are bound to it, by label, each once.
fn apps(basis: &Basis<'_>, certificate: &PrivateCertificate) -> Vec<String> {
    let apps = basis.estate.bindings_of(certificate).map(|binding| app_label(basis.estate, &binding.app));
    apps.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The app that a certificate belongs to alone, where one does.
fn own_app(home: &Home) -> Option<String> {
    match home {
        Home::Webspace(_) => None,
        Home::App(app) => Some(app.site_label()),
    }
}

fn urgency(basis: &Basis<'_>, certificate: &PrivateCertificate) -> Urgency {
    of_certificate(basis, Limits::USUAL, certificate).map_or(Urgency::Fine, |judgement| judgement.urgency)
}

/// The end; where nothing depends on the certificate, it does not stand out.
fn end(basis: &Basis<'_>, certificate: &PrivateCertificate) -> Cell {
    let cell = Cell::end_of(basis, certificate);
    if cell.marked && urgency(basis, certificate) == Urgency::Note {
        return Cell::dim(cell.text);
    }
    cell
}

/// A word; what has to be known although the end is far off stands out.
fn who_acts(basis: &Basis<'_>, certificate: &PrivateCertificate) -> Cell {
    let turn = basis.turn(certificate);
    let (tone, marked) = match (urgency(basis, certificate), turn.who) {
        (Urgency::Note, _) => (Tone::Dim, false),
        (urgency, _) if turn.is_alarm() => (urgency.into(), true),
        (_, WhoActs::Unknown) => (Tone::Dim, false),
        (_, WhoActs::You | WhoActs::Azure) => (Tone::Plain, false),
    };
    Cell { marked, ..Cell::toned(turn.who.words(), tone) }
}

/// Whether it secures hostnames at all (A1): a certificate that nothing uses says so in a word.
fn used_by(basis: &Basis<'_>, certificate: &PrivateCertificate) -> Cell {
    let (mut apps, mut hosts) = (BTreeSet::new(), 0);
    for binding in basis.estate.bindings_of(certificate) {
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

fn facts(basis: &Basis<'_>, certificate: &PrivateCertificate) -> Vec<Fact> {
    let Basis { estate, rules, .. } = *basis;
    let hosts: Vec<_> = certificate.hosts.iter().map(ToString::to_string).collect();
    let source = estate.source(certificate);
    let mut facts = vec![
        Fact::new("Name", certificate.id.name()),
        Fact::end_of(basis, certificate),
        who_acts_fact(basis, certificate),
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
pub(super) fn who_acts_fact(basis: &Basis<'_>, certificate: &PrivateCertificate) -> Fact {
    let turn = basis.turn(certificate);
    let tone = if turn.is_alarm() { urgency(basis, certificate).into() } else { Tone::Plain };
    Fact { label: "Who acts", value: turn.words(date), tone }
}

fn origin(source: &Source) -> String {
    match source {
        Source::Uploaded => "Uploaded (PFX)".into(),
        Source::KeyVault => "imported from a key vault".into(),
        Source::Order(order) => format!("App Service certificate, order {}", order.name()),
        Source::Managed => "free App Service managed certificate".into(),
    }
}
