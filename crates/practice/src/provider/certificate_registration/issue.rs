//! What the CA does with an order whose domain is verified: issue, rekey, reissue, renew; and how an order
//! ends: denial, expiry.

use jiff::SignedDuration;
use serde_json::Value;

use super::{
    OrderStep, job,
    names::{VerificationMethod, secured},
    order::{Current, Event, OrderRecord, PendingKind, PendingRequest, Provisioning, Status},
    orders::{invalid_key_size, key_size, signing_request},
    purchases::{self, ChargeReason},
    stored,
};
use crate::{
    ca::{CommercialCa, KeySource, LeafProfile},
    calendar::{
        AUTO_RENEWAL_DAYS, DENIAL_DAYS, EARLY_RENEWAL_IS_FREE, ORDER_LEAF_DAYS, TERM_DAYS, days, proof_counts,
    },
    call::Call,
    context::CloudContext,
    mail::{self, MailSubject},
    reply::{Fault, Reply, ReplyResult},
    revocation,
    switches::Switches,
};

/// POST reissue: a new key and certificate with the same end (A188).
pub(super) fn rekey(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let order = OrderRecord::need(ctx, &call.target())?;
    if order.status != Status::Issued {
        return Err(Fault::web(
            400,
            format!(
                "The certificate order '{}' cannot be rekeyed in the status {:?}.",
                order.resource_id().name(),
                order.status
            ),
        ));
    }
    begin(ctx, order, PendingKind::Rekey, call)?;
    Ok(Reply::empty(204))
}

/// POST renew: another year, or early a free certificate with the same end (C12).
pub(super) fn renew(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let order = OrderRecord::need(ctx, &call.target())?;
    let reasons = order.not_renewable(ctx.now);
    if !reasons.is_empty() {
        return Err(Fault::web(
            400,
            format!(
                "The certificate order '{}' cannot be renewed now: {}.",
                order.resource_id().name(),
                reasons.join(", ")
            ),
        ));
    }
    let early = order.term_end.is_some_and(|end| ctx.now < end - days(AUTO_RENEWAL_DAYS));
    let kind =
        if early && EARLY_RENEWAL_IS_FREE.at(ctx.now) { PendingKind::Reissue } else { PendingKind::Renewal };
    begin(ctx, order, kind, call)?;
    Ok(Reply::empty(204))
}

fn begin(ctx: &CloudContext<'_>, order: OrderRecord, kind: PendingKind, call: &Call) -> Result<(), Fault> {
    let properties = &call.body["properties"];
    let csr = signing_request(properties)?.map(|(request, _)| request);
    // The key size is a plain number in the request: omitted, it is 0. With the customer's own signing
    // request it means nothing.
    let unsaid = if csr.is_some() { order.key_size } else { 0 };
    let pending = PendingRequest {
        kind,
        since: ctx.now,
        key_size: key_size(properties, unsaid).and_then(checked_size)?,
        csr,
        revoke_after_hours: revocation_delay(properties)?,
    };
    start(ctx, order, pending)
}

fn checked_size(size: u16) -> Result<u16, Fault> {
    if size == 0 { Err(invalid_key_size()) } else { Ok(size) }
}

/// `delayExistingRevokeInHours`: none, or up to a week.
fn revocation_delay(properties: &Value) -> Result<u32, Fault> {
    let hours = match &properties["delayExistingRevokeInHours"] {
        Value::Null => Some(0),
        hours => hours.as_u64().filter(|hours| *hours <= 168).and_then(|hours| u32::try_from(hours).ok()),
    };
    hours.ok_or_else(|| Fault::web(400, "Parameter DelayExistingRevokeInHours has an invalid value."))
}

/// Passes a request to the CA. A proof that is too old has to be given again first; this never happens by
/// itself (A170–A172).
fn start(ctx: &CloudContext<'_>, mut order: OrderRecord, pending: PendingRequest) -> Result<(), Fault> {
    let recent = order.proof.is_some_and(|proof| proof_counts(proof.at, ctx.now));
    let proven = recent && !Switches::of(ctx)?.proof_always_wanted;
    order.status = if recent && pending.kind == PendingKind::Rekey {
        Status::PendingRekey
    } else {
        Status::Pendingissuance
    };
    order.pending = Some(pending);
    order.mail_approved = false;
    order.save(ctx)?;
    ctx.at(ctx.now + days(DENIAL_DAYS), &job(&order, OrderStep::Deny))?;
    if proven {
        // A rekey takes one to ten minutes (A190).
        ctx.soon(SignedDuration::from_mins(5), &job(&order, OrderStep::Issue))?;
    }
    Ok(())
}

/// The CA signs what is pending.
pub(super) fn issue(ctx: &CloudContext<'_>, mut order: OrderRecord) -> Result<(), Fault> {
    let (Some(pending), Some(proof)) = (order.pending.take(), order.proof) else {
        return Ok(());
    };
    if !proof_counts(proof.at, ctx.now) {
        return Ok(());
    }
    let key = match &pending.csr {
        Some(csr) => KeySource::Csr(csr.clone()),
        None => KeySource::NewRsa(pending.key_size),
    };
    let before = order.current.clone();
    if sign(ctx, &mut order, pending.kind, proof.method, key).is_err() {
        // The CA cannot use the signing request; the earlier certificate stays in force.
        order.provisioning = Provisioning::Failed;
        order.status = match order.current {
            Some(_) => Status::Issued,
            None => Status::Denied,
        };
        return order.save(ctx);
    }
    if let Some(before) = before.filter(|_| pending.kind == PendingKind::Rekey) {
        let at = ctx.now + SignedDuration::from_hours(pending.revoke_after_hours.into());
        revocation::revoke(ctx, &before.leaf(), at, revocation::CrlReason::Superseded)?;
    }
    if pending.kind == PendingKind::Renewal {
        // A renewal is billed only once it is verified.
        purchases::charge(ctx, &order, ChargeReason::Renewal)?;
    }
    stored::deliver(ctx, &mut order)?;
    order.save(ctx)?;
    schedule_ends(ctx, &order)?;
    let root = super::registry::root_of(&order.common_name);
    let owner = format!("admin@{root}");
    mail::send(ctx, &owner, MailSubject::Issued, &order.id)
}

/// Makes the certificate and updates the order. The caller delivers and saves.
pub(super) fn sign(
    ctx: &CloudContext<'_>,
    order: &mut OrderRecord,
    kind: PendingKind,
    method: VerificationMethod,
    key: KeySource,
) -> Result<(), Fault> {
    let failed = |error: &dyn std::fmt::Display| Fault::web(400, error.to_string());
    let term_end = match (kind, order.term_end) {
        (PendingKind::Renewal, Some(end)) => end + days(TERM_DAYS),
        (_, Some(end)) => end,
        (_, None) => ctx.now + days(TERM_DAYS * order.validity_in_years),
    };
    let names = secured(order.product, &order.common_name, method);
    let longest = term_end.min(ctx.now + days(ORDER_LEAF_DAYS.at(ctx.now)));
    let not_after = match (kind, &order.current) {
        // A rekey never extends the validity (C12).
        (PendingKind::Rekey, Some(current)) => longest.min(current.facts()?.not_after),
        _ => longest,
    };
    let profile = LeafProfile {
        common_name: order.common_name.clone(),
        names: names.clone(),
        key,
        not_before: ctx.now,
        not_after,
        issuer: CommercialCa::GoDaddy,
        particulars: None,
    };
    let issued = ctx.setting.ca.issue(&profile).map_err(|error| failed(&error))?;
    let all = secured(order.product, &order.common_name, VerificationMethod::Domain);
    if names.len() < all.len() {
        order.note(Event::SanDrop, ctx.now);
    }
    order.put_in_force(Current::new(&issued, ctx.now));
    order.term_end = Some(term_end);
    order.status = Status::Issued;
    order.provisioning = Provisioning::Succeeded;
    order.mail_approved = false;
    order.note(Event::CertificateIssued, ctx.now);
    Ok(())
}

/// Schedules the events of a certificate: replacement 32 days before its end, then the end.
pub(super) fn schedule_ends(ctx: &CloudContext<'_>, order: &OrderRecord) -> Result<(), Fault> {
    let Some(current) = &order.current else {
        return Ok(());
    };
    let facts = current.facts()?;
    let replace = OrderStep::Replace { thumbprint: facts.thumbprint.clone() };
    ctx.at(facts.not_after - days(AUTO_RENEWAL_DAYS), &job(order, replace))?;
    let expire = OrderStep::Expire { thumbprint: facts.thumbprint };
    ctx.at(facts.not_after, &job(order, expire))
}

/// The certificate nears its end: within the paid term a free one follows it (C10); at the term's end
/// automatic renewal buys another year (A177).
pub(super) fn replace(ctx: &CloudContext<'_>, order: OrderRecord, thumbprint: &str) -> Result<(), Fault> {
    let Some(current) = order.current.as_ref().filter(|_| order.status == Status::Issued) else {
        return Ok(());
    };
    let facts = current.facts()?;
    if facts.thumbprint != thumbprint {
        return Ok(());
    }
    // A certificate for the last few days of the term would have to be replaced at once.
    let ends_with_term = order.term_end.is_none_or(|end| facts.not_after + days(AUTO_RENEWAL_DAYS) > end);
    let kind = match (ends_with_term, order.auto_renew) {
        (false, _) => PendingKind::Reissue,
        (true, true) => PendingKind::Renewal,
        (true, false) => return Ok(()),
    };
    let key_size = order.key_size;
    let pending = PendingRequest { kind, since: ctx.now, key_size, csr: None, revoke_after_hours: 0 };
    start(ctx, order, pending)
}

pub(super) fn expire(ctx: &CloudContext<'_>, mut order: OrderRecord, thumbprint: &str) -> Result<(), Fault> {
    if !is_current(&order, thumbprint)? {
        return Ok(());
    }
    order.status = Status::Expired;
    order.pending = None;
    order.note(Event::CertificateExpired, ctx.now);
    order.save(ctx)
}

/// Ownership was not proven within 15 days (C35): a first order is denied; a renewal or rekey is given up,
/// and the earlier certificate stays in force.
pub(super) fn deny(ctx: &CloudContext<'_>, mut order: OrderRecord) -> Result<(), Fault> {
    // Job times have milliseconds, the clock is finer.
    let overdue = |pending: &PendingRequest| {
        ctx.now.as_millisecond() >= (pending.since + days(DENIAL_DAYS)).as_millisecond()
    };
    let Some(pending) = order.pending.take_if(|pending| overdue(pending)) else {
        return Ok(());
    };
    if pending.kind == PendingKind::First {
        order.status = Status::Denied;
        order.note(Event::CertificateOrderCanceled, ctx.now);
        stored::deliver(ctx, &mut order)?;
    } else {
        order.status = Status::Issued;
    }
    order.save(ctx)
}

fn is_current(order: &OrderRecord, thumbprint: &str) -> Result<bool, Fault> {
    match &order.current {
        Some(current) => Ok(current.facts()?.thumbprint == thumbprint),
        None => Ok(false),
    }
}
