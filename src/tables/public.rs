//! Public Certificates: `.cer` files that the code of an app loads; they secure no hostname (A7).

use serde_json::json;

use super::column::{Column, Table, Words};
use super::fact::whereabouts;
use super::{Basis, Cell, Fact, app_label, by_time, days, put_end, put_group, put_subscription, time};
use crate::model::{PublicCertificate, Thumbprint};

pub(super) static PUBLIC: Table<PublicCertificate> = Table {
    words: Words {
        title: "Public Certificates",
        singular: "public certificate",
        empty: "No public certificates. They are loaded by the code of an app and secure no hostname.",
        sorted_by: "expires",
    },
    rows: |estate| &estate.public_certificates,
    id: |one| one.id.clone(),
    columns: &[
        Column::<PublicCertificate>::new("name", "Name")
            .drawn(14, 9, |_, one| Cell::new(one.id.name()))
            .value(|_, one| json!(one.id.name()))
            .names_row(),
        Column::<PublicCertificate>::new("app", "App")
            .drawn(12, 7, |basis, one| Cell::new(app_label(basis.estate, &one.app)))
            .value(|basis, one| json!(app_label(basis.estate, &one.app))),
        Column::<PublicCertificate>::new("subject", "Subject")
            .drawn(16, 5, |_, one| {
                one.subject
                    .as_deref()
                    .map_or_else(|| Cell::dim("not readable"), |name| Cell::new(own_name(name)))
            })
            .value(|_, one| json!(one.subject))
            .names_row(),
        Column::<PublicCertificate>::new("expires", "Expires")
            .drawn(11, 8, end)
            .value(|_, one| time(one.expires))
            .text(|basis, one, out| put_end(one.expires, &end(basis, one), out))
            .sort(|_, one| by_time(one.expires)),
        Column::<PublicCertificate>::new("days", "Days").value(|basis, one| days(one.expires, basis.now)),
        Column::<PublicCertificate>::new("store", "Store").value(|_, one| json!(one.store)),
        Column::<PublicCertificate>::new("thumbprint", "Thumbprint")
            .drawn(8, 2, |_, one| {
                one.thumbprint.as_ref().map_or_else(|| Cell::dim("unknown"), |print| Cell::new(print.short()))
            })
            .value(|_, one| json!(one.thumbprint.as_ref().map(Thumbprint::as_str)))
            .text(|_, one, out| out.push_str(one.thumbprint.as_ref().map_or("", Thumbprint::as_str)))
            .names_row(),
        Column::<PublicCertificate>::new("id", "Id").value(|_, one| json!(one.id.as_str())),
        Column::<PublicCertificate>::new("resource_group", "Resource group")
            .wide()
            .value(|_, one| json!(one.id.resource_group()))
            .text(|_, one, out| put_group(&one.id, out))
            .alias("group"),
        Column::<PublicCertificate>::new("subscription", "Subscription")
            .wide()
            .value(|basis, one| json!(basis.estate.subscription_name(&one.id)))
            .text(|basis, one, out| put_subscription(basis, &one.id, out)),
    ],
    facts,
};

/// The common name where there is one: what comes before it is the same for all that a CA issues.
fn own_name(subject: &str) -> &str {
    subject.split(", ").find_map(|part| part.strip_prefix("CN=")).unwrap_or(subject)
}

fn end(basis: &Basis<'_>, certificate: &PublicCertificate) -> Cell {
    match certificate.expires {
        Some(_) => Cell::expiry(certificate.expires, basis.now),
        None => Cell::dim("unknown"),
    }
}

fn facts(basis: &Basis<'_>, certificate: &PublicCertificate) -> Vec<Fact> {
    let estate = basis.estate;
    let mut facts = vec![
        Fact::new("Name", certificate.id.name()),
        Fact::new("App", app_label(estate, &certificate.app)),
        Fact::new("Thumbprint", certificate.thumbprint.as_ref().map_or("unknown", |print| print.as_str())),
        Fact::new(
            "Subject",
            certificate.subject.as_deref().unwrap_or("the certificate could not be decoded"),
        ),
    ];
    if certificate.expires.is_some() {
        facts.push(Fact::expiry("Expires", certificate.expires, basis.now));
    }
    facts.push(Fact::new("Store", &*certificate.store));
    facts.push(Fact::new("Use", "loaded by the app's code; it cannot secure a hostname"));
    facts.extend(whereabouts(estate, &certificate.id));
    facts
}
