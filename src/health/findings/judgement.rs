//! How one resource stands: how urgent it is, from which day on, and who must act.

use jiff::{SignedDuration, Timestamp};

use super::waste;
use crate::model::{
    Basis, Gap, Order, OrderStatus, PrivateCertificate, PublicCertificate, ResourceId, WhoActs,
};
use crate::rules::{Count, Turn};

/// How soon action is needed, the least urgent first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Urgency {
    /// Nothing is known against it.
    #[default]
    #[strum(serialize = "ok")]
    Fine,
    /// Worth knowing; nothing breaks. What is so of a resource is hygiene.
    Note,
    /// It could not be judged, and may be urgent.
    Unknown,
    Soon,
    /// It breaks within days, or has broken.
    Urgent,
}

impl Urgency {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// From how long before its end something is soon, and from when on urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub soon: SignedDuration,
    pub urgent: SignedDuration,
}

impl Limits {
    /// The limits of the screen and the defaults of `certdeck check`; no rule of the platform.
    pub const USUAL: Self =
        Self { soon: SignedDuration::from_hours(30 * 24), urgent: SignedDuration::from_hours(7 * 24) };

    /// Of something that ends or breaks on this day.
    pub fn urgency(self, day: Timestamp, now: Timestamp) -> Urgency {
        match day.duration_since(now) {
            left if left <= self.urgent => Urgency::Urgent,
            left if left <= self.soon => Urgency::Soon,
            _ => Urgency::Fine,
        }
    }
}

/// Why something stands as it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A certificate or an order has an end, and this comes before it.
    Turn(Turn),
    /// A public certificate has an end; what follows it is up to the owner of the app's code.
    PublicEnd,
    /// A hostname is bound to a certificate that is in no list that was read.
    CertificateNotRead,
    /// A custom hostname has no binding, so a browser warns on it.
    NoBinding,
    /// The certificate of a binding names other hosts, so browsers refuse it.
    WrongName,
    /// An app has an IP-based binding beside others, whose DNS records must lead elsewhere (A215).
    MixedBindings,
    /// An app with a secured hostname answers plain HTTP as well (A218).
    PlainHttp,
    /// No hostname is bound to a certificate.
    Unused,
    /// No hostname is bound to a certificate, and this one has the same names and ends later.
    Superseded(ResourceId),
    /// An order was issued and is in no key vault, so no app can use it.
    NotStored,
    /// An order is in a key vault, and no app has its certificate.
    NotImported,
    /// The authority refused an order.
    Denied,
    /// A subscription, a webspace or an app has so many of what the platform counts, which is all that it can
    /// have or nearly so.
    Crowded { limit: Count, used: i64, most: i64 },
    /// A file that was exported from an order holds an older certificate than the order has.
    StaleExport(String),
    /// A part of the estate could not be read.
    NotRead,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    pub urgency: Urgency,
    pub cause: Cause,
    /// When it stops working: at its end or earlier; none where it has no such day or it is not known.
    pub day: Option<Timestamp>,
    pub expires: Option<Timestamp>,
    pub who: WhoActs,
}

impl Judgement {
    /// Worth knowing, to be mended when there is time.
    pub(super) fn note(cause: Cause) -> Self {
        Self { urgency: Urgency::Note, cause, day: None, expires: None, who: WhoActs::You }
    }

    /// The same resource, of which only this is worth knowing.
    fn noted(self, cause: Cause) -> Self {
        Self { urgency: Urgency::Note, cause, ..self }
    }

    /// When it stops working before its end; what is revoked has stopped.
    pub fn breaks(&self) -> Option<Timestamp> {
        self.day.filter(|day| self.expires.is_none_or(|expires| *day < expires))
    }
}

/// A certificate that was issued, or one that waits for something.
pub fn of_certificate(basis: &Basis<'_>, limits: Limits, one: &PrivateCertificate) -> Option<Judgement> {
    let turn = basis.turn(one);
    if one.expires.is_none() && !turn.is_alarm() {
        return None;
    }
    let breaks = if basis.is_revoked(one) { Some(basis.now) } else { turn.breaks_on() };
    let judgement = by_turn(basis, limits, turn, one.expires, breaks);
    Some(match waste::of_certificate(basis, one, &judgement) {
        Some(cause) => judgement.noted(cause),
        None => judgement,
    })
}

/// An order that was issued, or one that waits for something.
pub fn of_order(basis: &Basis<'_>, limits: Limits, one: &Order) -> Option<Judgement> {
    let turn = basis.turn_of_order(one);
    if one.expires.is_none() && one.status.is_over() && !one.status.is_revoked() {
        return (one.status == OrderStatus::Denied).then(|| Judgement::note(Cause::Denied));
    }
    let breaks = one.status.is_revoked().then_some(basis.now);
    let judgement = by_turn(basis, limits, turn, one.expires, breaks);
    match waste::of_order(basis, one).filter(|_| judgement.urgency == Urgency::Fine) {
        Some(cause) => Some(judgement.noted(cause)),
        None => (judgement.day.is_some() || judgement.urgency > Urgency::Fine).then_some(judgement),
    }
}

fn by_turn(
    basis: &Basis<'_>,
    limits: Limits,
    turn: Turn,
    expires: Option<Timestamp>,
    breaks: Option<Timestamp>,
) -> Judgement {
    let day = expires.into_iter().chain(breaks).min();
    let by_day = day.map_or(Urgency::Fine, |day| limits.urgency(day, basis.now));
    let least = if turn.is_alarm() { Urgency::Soon } else { Urgency::Fine };
    Judgement { urgency: by_day.max(least), day, expires, who: turn.who, cause: Cause::Turn(turn) }
}

/// A public certificate whose end could be read.
pub fn of_public(basis: &Basis<'_>, limits: Limits, one: &PublicCertificate) -> Option<Judgement> {
    let expires = one.expires?;
    Some(Judgement {
        urgency: limits.urgency(expires, basis.now),
        cause: Cause::PublicEnd,
        day: Some(expires),
        expires: Some(expires),
        who: WhoActs::You,
    })
}

/// The files of an order that hold an older certificate than it has.
pub fn of_exports<'e>(basis: &Basis<'e>, one: &'e Order) -> impl Iterator<Item = Judgement> + use<'e> {
    let stale = basis.estate.exports_of(one).filter(|(_, is_stale)| *is_stale);
    stale.map(|(export, _)| Judgement {
        urgency: Urgency::Soon,
        cause: Cause::StaleExport(export.path.clone()),
        day: None,
        expires: None,
        who: WhoActs::You,
    })
}

/// A part that may hide something could be what breaks first.
pub fn of_gap(gap: &Gap) -> Judgement {
    Judgement {
        urgency: if gap.hides_something() { Urgency::Unknown } else { Urgency::Note },
        cause: Cause::NotRead,
        day: None,
        expires: None,
        who: WhoActs::Unknown,
    }
}
