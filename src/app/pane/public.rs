//! Public Certificates: `.cer` files that the code of an app loads; they secure no hostname (A7).

use jiff::Timestamp;

use super::{Cell, Column, Fact, app_label, column, whereabouts};
use crate::model::{Estate, PublicCertificate};

pub const COLUMNS: &[Column] = &[
    column("Name", 14, 2, 9),
    column("App", 12, 1, 7),
    column("Thumbprint", 10, 0, 2),
    column("Subject", 20, 3, 3),
    column("Expires", 11, 0, 8),
];

pub fn cells(estate: &Estate, certificate: &PublicCertificate, now: Timestamp) -> Vec<Cell> {
    vec![
        Cell::new(certificate.id.name()),
        Cell::new(app_label(estate, &certificate.app)),
        certificate
            .thumbprint
            .as_ref()
            .map_or_else(|| Cell::dim("unknown"), |print| Cell::new(print.short())),
        certificate.subject.as_ref().map_or_else(|| Cell::dim("not readable"), Cell::new),
        match certificate.expires {
            Some(_) => Cell::expiry(certificate.expires, now),
            None => Cell::dim("unknown"),
        },
    ]
}

pub fn facts(estate: &Estate, certificate: &PublicCertificate, now: Timestamp) -> Vec<Fact> {
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
        facts.push(Fact::expiry("Expires", certificate.expires, now));
    }
    facts.push(Fact::new("Store", &*certificate.store));
    facts.push(Fact::new("Use", "loaded by the app's code; it cannot secure a hostname"));
    facts.extend(whereabouts(estate, &certificate.id));
    facts
}
