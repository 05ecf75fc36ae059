//! `certificateOrders/{order}/certificates`: which vault secret holds an order's certificate (Step 1: Store),
//! and the delivery into it.

use serde_json::{Value, json};

use super::{
    OrderStep, job,
    order::{OrderRecord, Status, Stored},
};
use crate::{
    arm::locks::{self, LockLevel},
    call::Call,
    context::{CloudContext, text},
    id::ArmId,
    material::StoredMaterial,
    principals::CERTIFICATE_REGISTRATION,
    provider::key_vault::{
        VaultRecord,
        first_party::{self, SecretRefusal},
        secret::SecretVersion,
    },
    reply::{Fault, Reply, ReplyResult},
};

/// The tag that says whether the secret holds a certificate yet (C19).
pub(crate) const STATE_TAG: &str = "CertificateState";
/// The lock that keeps the vault from being deleted (C18).
const VAULT_LOCK: &str = "AppServiceCertificateLock";
const VAULT_LOCK_NOTES: &str = "This vault stores an App Service certificate. Do not remove the lock: apps get renewed \
                                certificates from here.";
/// The hours after which the service tries again to deliver into a vault that refused.
const RETRY_HOURS: i64 = 8;

pub(super) fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let order = OrderRecord::need(ctx, &call.target())?;
    let value: Vec<Value> = order.stored.iter().map(|one| one.show(&order)).collect();
    Ok(Reply::ok(json!({"value": value, "nextLink": null, "id": null})))
}

pub(super) fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let order = OrderRecord::need(ctx, &call.target().parent())?;
    let found = position(&order, call.param("name")).map(|at| order.stored[at].show(&order));
    found.map(Reply::ok).ok_or_else(|| Fault::not_found(&call.target()))
}

/// Stores the certificate under this name; repeating the same PUT tries the vault again.
pub(super) fn put(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let mut order = OrderRecord::need(ctx, &call.target().parent())?;
    let name = call.param("name");
    let new = position(&order, name).is_none();
    let at = store(ctx, &mut order, name, &call.body["properties"])?;
    // A PUT states all tags; without any, the resource has none.
    order.stored[at].tags = call.body.get("tags").cloned().unwrap_or_default();
    order.save(ctx)?;
    let shown = order.stored[at].show(&order);
    Ok(if new { Reply::created(shown) } else { Reply::ok(shown) })
}

pub(super) fn delete(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let mut order = OrderRecord::need(ctx, &call.target().parent())?;
    let Some(at) = position(&order, call.param("name")) else {
        return Ok(Reply::empty(204));
    };
    order.stored.remove(at);
    order.save(ctx)?;
    Ok(Reply::empty(200))
}

fn position(order: &OrderRecord, name: &str) -> Option<usize> {
    let mut all = order.stored.iter();
    all.position(|one| one.name.eq_ignore_ascii_case(name))
}

/// Adds an entry to the order's map and delivers to it; returns its index. The caller saves the order.
pub(super) fn store(
    ctx: &CloudContext<'_>,
    order: &mut OrderRecord,
    name: &str,
    wanted: &Value,
) -> Result<usize, Fault> {
    let invalid = || {
        let message = "The parameter KeyVaultId & KeyVaultSecretName has an invalid value.";
        Fault::web(400, message)
    };
    let before = position(order, name);
    let known = |pointer: &str, held: Option<&String>| {
        let given = Some(text(wanted, pointer)).filter(|text| !text.is_empty());
        given.or(held.map(String::as_str)).map(str::to_owned)
    };
    let held = before.map(|at| &order.stored[at]);
    let vault = known("/keyVaultId", held.map(|one| &one.vault)).ok_or_else(invalid)?;
    let secret = known("/keyVaultSecretName", held.map(|one| &one.secret)).ok_or_else(invalid)?;
    let vault = ArmId::parse(&vault);
    let same_subscription = vault
        .subscription()
        .zip(order.resource_id().subscription())
        .is_some_and(|(vault, order)| vault.eq_ignore_ascii_case(order));
    if vault.kind() != "microsoft.keyvault/vaults"
        || !same_subscription
        || !(1..=127).contains(&secret.len())
        || !secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    {
        return Err(invalid());
    }
    let entry = Stored {
        name: before.map_or(name, |at| &order.stored[at].name).to_owned(),
        vault: vault.to_string(),
        secret,
        state: "Initialized".to_owned(),
        tags: held.map(|one| one.tags.clone()).unwrap_or_default(),
    };
    let at = before.unwrap_or(order.stored.len());
    match before {
        Some(at) => order.stored[at] = entry,
        None => order.stored.push(entry),
    }
    deliver_one(ctx, order, at)?;
    if let Some(vault) = VaultRecord::at(ctx, &vault)? {
        let level = LockLevel::CanNotDelete;
        locks::create(ctx, &vault.id, VAULT_LOCK, level, VAULT_LOCK_NOTES)?;
    }
    retry_later(ctx, order)?;
    Ok(at)
}

/// Writes the order's certificate, or its placeholder, into every vault that it is stored in. The caller
/// saves the order.
pub(super) fn deliver(ctx: &CloudContext<'_>, order: &mut OrderRecord) -> Result<(), Fault> {
    for at in 0..order.stored.len() {
        deliver_one(ctx, order, at)?;
    }
    retry_later(ctx, order)
}

/// The background job of the service: repeats only the deliveries that were refused.
pub(super) fn deliver_again(ctx: &CloudContext<'_>, mut order: OrderRecord) -> Result<(), Fault> {
    for at in 0..order.stored.len() {
        if refused(&order.stored[at]) {
            deliver_one(ctx, &mut order, at)?;
        }
    }
    retry_later(ctx, &order)?;
    order.save(ctx)
}

fn deliver_one(ctx: &CloudContext<'_>, order: &mut OrderRecord, at: usize) -> Result<(), Fault> {
    let (version, good) = match (&order.current, order.status) {
        (_, Status::Denied) => {
            "CertificateOrderFailed".clone_into(&mut order.stored[at].state);
            return Ok(());
        }
        (Some(current), _) => {
            let Some(material) = current.material() else {
                "ExternalPrivateKey".clone_into(&mut order.stored[at].state);
                return Ok(());
            };
            let facts = current.facts()?;
            (
                tagged(SecretVersion::pfx(ctx.now, StoredMaterial::Whole(material), &facts), "Ready"),
                "Succeeded",
            )
        }
        (None, _) => {
            let version = SecretVersion::new(ctx.now, String::new());
            (tagged(version, "Initialize"), "Initialized")
        }
    };
    let entry = &mut order.stored[at];
    let vault = ArmId::parse(&entry.vault);
    let service = &CERTIFICATE_REGISTRATION;
    let outcome = first_party::write(ctx, service, &vault, &entry.secret, version)?;
    good.clone_into(&mut entry.state);
    if let Err(refusal) = outcome {
        refusal.state().clone_into(&mut entry.state);
    }
    Ok(())
}

fn tagged(mut version: SecretVersion, state: &str) -> SecretVersion {
    version.tags.insert(STATE_TAG.to_owned(), state.to_owned());
    version
}

fn refused(one: &Stored) -> bool {
    [
        SecretRefusal::VaultMissing,
        SecretRefusal::Unauthorized,
        SecretRefusal::NotPermitted,
        SecretRefusal::SecretMissing,
    ]
    .iter()
    .any(|refusal| refusal.state() == one.state)
}

fn retry_later(ctx: &CloudContext<'_>, order: &OrderRecord) -> Result<(), Fault> {
    if order.stored.iter().any(refused) {
        let due = ctx.now + jiff::SignedDuration::from_hours(RETRY_HOURS);
        ctx.at(due, &job(order, OrderStep::Deliver))?;
    }
    Ok(())
}
