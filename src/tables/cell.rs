//! What one place of a table shows: its text, and how that stands.

use jiff::Timestamp;

use super::Basis;
use crate::health::findings::{Limits, Urgency};
use crate::model::{Expiry, PrivateCertificate};

/// How a value stands, which a view shows by a glyph and a word besides any colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    Good,
    Soon,
    Urgent,
    Dim,
}

impl Tone {
    /// Of something that ends on this day.
    pub fn of_end(expires: Timestamp, now: Timestamp) -> Self {
        Limits::USUAL.urgency(expires, now).into()
    }
}

impl From<Urgency> for Tone {
    fn from(urgency: Urgency) -> Self {
        match urgency {
            Urgency::Fine => Self::Good,
            Urgency::Note | Urgency::Unknown | Urgency::Soon => Self::Soon,
            Urgency::Urgent => Self::Urgent,
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    pub tone: Tone,
    /// Whether the view puts the tone's glyph after the text.
    pub marked: bool,
    /// A row of check marks, as the Steps of an order.
    pub checks: Option<[bool; 3]>,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    pub(super) fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone, ..Self::default() }
    }

    /// Where nothing is known: a word, not an empty place.
    pub(super) fn dim(text: impl Into<String>) -> Self {
        Self::toned(text, Tone::Dim)
    }

    pub(super) fn revoked() -> Self {
        Self { marked: true, ..Self::toned("revoked", Tone::Urgent) }
    }

    pub(super) fn end_of(basis: &Basis<'_>, certificate: &PrivateCertificate) -> Self {
        if basis.is_revoked(certificate) {
            Self::revoked()
        } else {
            Self::expiry(certificate.expires, basis.now)
        }
    }

    pub(super) fn expiry(expires: Option<Timestamp>, now: Timestamp) -> Self {
        expires.map_or_else(
            || Self::dim("not issued"),
            |expires| {
                let tone = Tone::of_end(expires, now);
                let marked = matches!(tone, Tone::Urgent | Tone::Soon);
                let words = Expiry::of(expires, now).words();
                // Under a title that says Expires, `3 d ago` is enough.
                Self { text: words.trim_start_matches("expired ").to_owned(), tone, marked, checks: None }
            },
        )
    }
}
