//! The lines of a detail view.

use jiff::Timestamp;

use super::{Basis, Tone};
use crate::model::{Estate, Expiry, PrivateCertificate, ResourceId};

/// A line of a detail view; its value can be copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub label: &'static str,
    pub value: String,
    pub tone: Tone,
}

impl Fact {
    pub(super) fn new(label: &'static str, value: impl Into<String>) -> Self {
        Self { label, value: value.into(), tone: Tone::Plain }
    }

    pub(super) fn end_of(basis: &Basis<'_>, certificate: &PrivateCertificate) -> Self {
        if basis.is_revoked(certificate) {
            return Self::revoked(certificate.expires);
        }
        Self::expiry("Expires", certificate.expires, basis.now)
    }

    pub(super) fn revoked(expires: Option<Timestamp>) -> Self {
        let end = expires.map(|end| format!(", before its end ({})", date(end))).unwrap_or_default();
        Self { label: "Expires", value: format!("revoked{end}"), tone: Tone::Urgent }
    }

    pub(super) fn expiry(label: &'static str, expires: Option<Timestamp>, now: Timestamp) -> Self {
        expires.map_or_else(
            || Self { label, value: "not issued yet".into(), tone: Tone::Dim },
            |expires| Self {
                label,
                value: format!("{} ({})", Expiry::of(expires, now).words(), date(expires)),
                tone: Tone::of_end(expires, now),
            },
        )
    }

    pub(super) fn known(label: &'static str, value: Option<impl Into<String>>) -> Option<Self> {
        value.map(|value| Self::new(label, value))
    }
}

/// `2026-11-22 14:02 UTC`.
pub fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Where a resource comes from, for the end of every list of facts.
pub(super) fn whereabouts(estate: &Estate, id: &ResourceId) -> [Fact; 3] {
    [
        Fact::new("Resource group", id.resource_group()),
        Fact::new("Subscription", estate.subscription_name(id)),
        Fact::new("Resource id", id.as_str()),
    ]
}
