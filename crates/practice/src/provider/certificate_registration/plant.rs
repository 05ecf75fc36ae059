//! Orders with a past, for scenarios: bought, verified and issued before the practice cloud began.

use jiff::Timestamp;
use serde_json::json;

use super::{
    OrderStep, issue, job,
    names::{Product, VerificationMethod},
    order::{Event, OrderRecord, OwnershipProof, PendingKind, PendingRequest, Provisioning, Status},
    orders::{lock, new_token},
    stored,
};
use crate::{
    ca::KeySource,
    calendar::{AUTO_RENEWAL_DAYS, DENIAL_DAYS, days, proof_counts},
    context::CloudContext,
    id::ArmId,
    reply::Fault,
};

/// What is known of an order's past. Denial and expiry follow from the dates.
#[derive(Debug, Clone)]
pub(crate) struct Past {
    pub id: ArmId,
    pub common_name: String,
    pub product: Product,
    pub auto_renew: bool,
    pub bought: Timestamp,
    /// How ownership was proven, on the day of the first issue.
    pub method: VerificationMethod,
    /// The days on which certificates were issued, oldest first; empty: ownership was never proven.
    pub issued: Vec<Timestamp>,
    /// The vault and the secret.
    pub stored: Option<(ArmId, String)>,
    /// Keys for the certificates, taken in turn.
    pub keys: Vec<KeySource>,
}

/// Writes the order, its lock and its secrets, and schedules its jobs. The permissions on the vault must
/// exist before.
pub(crate) fn plant(ctx: &CloudContext<'_>, past: &Past) -> Result<OrderRecord, Fault> {
    let mut order = OrderRecord {
        id: past.id.to_string(),
        tags: json!({}),
        product: past.product,
        common_name: past.common_name.clone(),
        key_size: 2048,
        auto_renew: past.auto_renew,
        validity_in_years: 1,
        token: new_token(),
        status: Status::Pendingissuance,
        provisioning: Provisioning::Succeeded,
        created: past.bought,
        term_end: None,
        stored: Vec::new(),
        current: None,
        former: Vec::new(),
        pending: Some(PendingRequest {
            kind: PendingKind::First,
            since: past.bought,
            key_size: 2048,
            csr: None,
            revoke_after_hours: 0,
        }),
        proof: None,
        mail_approved: false,
        history: vec![(Event::CertificateOrderCreated, past.bought)],
    };
    if let Some((vault, secret)) = &past.stored {
        let entry = json!({"keyVaultId": vault.to_string(), "keyVaultSecretName": secret});
        stored::store(&on(ctx, past.bought), &mut order, past.id.name(), &entry)?;
    }
    for (at, day) in past.issued.iter().enumerate() {
        reissue(ctx, &mut order, *day, past.method, past.keys.get(at).cloned())?;
    }
    // Certificates have become shorter over the years: those that the platform would have replaced by now are
    // replaced.
    while let Some(day) = due_since(ctx, &order)? {
        reissue(ctx, &mut order, day, past.method, past.keys.first().cloned())?;
    }
    let denied = past.bought + days(DENIAL_DAYS);
    if order.pending.is_some() {
        order.save(ctx)?;
        if denied <= ctx.now {
            issue::deny(&on(ctx, denied), order.clone())?;
        } else {
            ctx.at(denied, &job(&order, OrderStep::Deny))?;
        }
    } else {
        order.save(ctx)?;
        expire_if_over(ctx, &order)?;
    }
    lock(ctx, &order)?;
    OrderRecord::need(ctx, &past.id)
}

/// Issues again on a day of the past, into the vault too. The caller saves the order.
pub(crate) fn reissue(
    ctx: &CloudContext<'_>,
    order: &mut OrderRecord,
    day: Timestamp,
    method: VerificationMethod,
    key: Option<KeySource>,
) -> Result<(), Fault> {
    let then = on(ctx, day);
    if order.proof.is_none_or(|proof| !proof_counts(proof.at, day)) {
        order.note(Event::DomainValidationComplete, day);
        order.proof = Some(OwnershipProof { method, at: day });
    }
    order.pending = None;
    let key = key.unwrap_or(KeySource::NewRsa(2048));
    issue::sign(&then, order, PendingKind::Reissue, method, key)?;
    stored::deliver(&then, order)?;
    // Jobs that are due in the past run as soon as the practice cloud runs.
    issue::schedule_ends(ctx, order)
}

/// The day on which the order's certificate was due to be replaced within the paid term, if it has passed.
fn due_since(ctx: &CloudContext<'_>, order: &OrderRecord) -> Result<Option<Timestamp>, Fault> {
    let (Some(current), Some(term_end)) = (&order.current, order.term_end) else {
        return Ok(None);
    };
    let end = current.facts()?.not_after;
    let due = end - days(AUTO_RENEWAL_DAYS);
    // Near the end of the term nothing is replaced any more, unless the certificate has ended before the
    // paid term did.
    let within = end + days(AUTO_RENEWAL_DAYS) <= term_end || end <= ctx.now && end < term_end;
    let within = within && due > current.issued_at;
    Ok((within && due <= ctx.now).then_some(due))
}

fn expire_if_over(ctx: &CloudContext<'_>, order: &OrderRecord) -> Result<(), Fault> {
    let Some(current) = &order.current else {
        return Ok(());
    };
    let facts = current.facts()?;
    if facts.not_after > ctx.now {
        return Ok(());
    }
    issue::expire(&on(ctx, facts.not_after), order.clone(), &facts.thumbprint)
}

/// The same practice cloud on another day.
fn on<'w>(ctx: &CloudContext<'w>, day: Timestamp) -> CloudContext<'w> {
    CloudContext { now: day, ..*ctx }
}
