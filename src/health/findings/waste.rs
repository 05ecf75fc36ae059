//! Certificates and orders that serve no hostname: nothing breaks with them, and they cost money or attention.

use super::judgement::{Cause, Judgement, Urgency};
use crate::model::{Basis, Gap, Order, OrderStatus, PrivateCertificate};

/// Why a certificate is only worth a note, if it is. One that nothing follows yet is told of by its end as long
/// as it has not ended: it may be about to be bound, or code may load it.
pub(super) fn of_certificate(
    basis: &Basis<'_>,
    one: &PrivateCertificate,
    judgement: &Judgement,
) -> Option<Cause> {
    let estate = basis.estate;
    let is_used = || estate.bindings_of(one).next().is_some();
    if one.own.for_code == Some(true) || is_used() || !knows_use(basis) || basis.is_revoked(one) {
        return None;
    }
    let end = one.expires?;
    let is_newer = |other: &&PrivateCertificate| {
        other.expires.is_some_and(|later| later > end && later > basis.now) && !basis.is_revoked(other)
    };
    match estate.twins_of(one).find(is_newer) {
        Some(newer) => Some(Cause::Superseded(newer.id.clone())),
        None => (end <= basis.now || judgement.urgency == Urgency::Fine).then_some(Cause::Unused),
    }
}

/// What was paid for and is not used by any app, if that is so. What was exported, or has its key elsewhere, is
/// used outside of App Service.
pub(super) fn of_order(basis: &Basis<'_>, one: &Order) -> Option<Cause> {
    let is_elsewhere = one.has_external_key || basis.estate.exports_of(one).next().is_some();
    if one.status != OrderStatus::Issued || is_elsewhere {
        return None;
    }
    if one.stored.is_empty() {
        return Some(Cause::NotStored);
    }
    (knows_use(basis) && basis.estate.imports_of(one).next().is_none()).then_some(Cause::NotImported)
}

/// Whether everything was read that could use a certificate; without it nothing is called unused.
fn knows_use(basis: &Basis<'_>) -> bool {
    !basis.estate.apps.is_empty() && !basis.estate.gaps.iter().any(Gap::hides_something)
}
