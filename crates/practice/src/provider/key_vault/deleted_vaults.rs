//! Deleted vaults that still hold their names: list, show, purge.

use serde_json::{Value, json};

use super::{Deletion, NAMES, TakenName, certificate, issuers, pending, secret};
use crate::{
    call::Call,
    context::{CloudContext, text},
    id::ArmId,
    jobs, operations, paging,
    reply::{Fault, Reply, ReplyBody, ReplyResult},
};

pub(super) fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let scope = call.target();
    let value: Vec<Value> = ctx
        .tx
        .scan(&NAMES, "")?
        .into_iter()
        .filter(|(_, entry)| ArmId::parse(&entry.id).is_under(&scope))
        .filter_map(|(_, entry)| show(&entry))
        .collect();
    Ok(Reply::ok(json!({"value": value, "nextLink": null})))
}

pub(super) fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let entry = ctx.tx.get(&NAMES, &call.param("vault").to_lowercase())?;
    let shown = entry.as_ref().filter(|entry| is_there(entry, call)).and_then(show);
    shown.map(Reply::ok).ok_or_else(|| not_deleted(call))
}

pub(super) fn purge(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let name = call.param("vault").to_lowercase();
    let entry = ctx.tx.get(&NAMES, &name)?;
    let Some(deletion) = entry.filter(|entry| is_there(entry, call)).and_then(|entry| entry.deleted) else {
        return Err(not_deleted(call));
    };
    if deletion.resource["properties"]["enablePurgeProtection"] == json!(true) {
        return Err(Fault::arm(
            400,
            "MethodNotAllowed",
            "Operation \"purge\" is not allowed because purge protection is enabled for this vault.",
        ));
    }
    forget(ctx, &name)?;
    let operation = operations::start(ctx, &call.target())?;
    let finish = jobs::ScheduledJob::Finish(operation.clone());
    ctx.soon(jiff::SignedDuration::from_secs(30), &finish)?;
    let path = format!(
        "/subscriptions/{}/providers/Microsoft.KeyVault/locations/{}/operationResults/{}?api-version={}",
        call.param("subscription"),
        call.param("location"),
        operation.0,
        call.api_version()
    );
    Ok(Reply::empty(202)
        .header("location", call.link(&path))
        .header("retry-after", ctx.setting.pace.retry_after().to_string()))
}

/// Whether it was deleted in the subscription and the region that the path names.
fn is_there(entry: &TakenName, call: &Call) -> bool {
    let region = |text: &str| text.replace(' ', "").to_lowercase();
    let location = entry.deleted.as_ref().map_or("", |deletion| text(&deletion.resource, "/location"));
    region(location) == region(call.param("location"))
        && ArmId::parse(&entry.id)
            .subscription()
            .is_some_and(|own| own.eq_ignore_ascii_case(call.param("subscription")))
}

/// The vault provider has its own form of operation result: both 202 and 200 have a body.
pub(super) fn purge_result(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = operations::OperationId(call.param("operation").to_owned());
    let now = ctx.now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    match operations::has_ended(ctx, &id)? {
        Some(true) => {
            Ok(Reply::ok(json!({"createdDateTime": now, "lastActionDateTime": now, "status": "Succeeded"})))
        }
        Some(false) => {
            let reply =
                Reply::new(202, ReplyBody::Json(json!({"createdDateTime": now, "status": "NotStarted"})));
            Ok(reply
                .header("location", paging::same_link(call))
                .header("retry-after", ctx.setting.pace.retry_after().to_string()))
        }
        None => Err(Fault::arm(404, "NotFound", format!("The operation '{}' was not found.", id.0))),
    }
}

/// The retention of a deleted vault is over; a recovered vault stays.
pub(super) fn retention_over(ctx: &CloudContext<'_>, name: &str) -> Result<(), Fault> {
    let name = name.to_lowercase();
    let entry = ctx.tx.get(&NAMES, &name)?;
    match entry.and_then(|entry| entry.deleted) {
        Some(deletion) if deletion.purge_at <= ctx.now => forget(ctx, &name),
        _ => Ok(()),
    }
}

/// Frees a name (in lower case) and removes what was stored under it.
pub(super) fn forget(ctx: &CloudContext<'_>, name: &str) -> Result<(), Fault> {
    ctx.tx.remove(&NAMES, name)?;
    secret::purge_vault(ctx, name)?;
    pending::purge_vault(ctx, name)?;
    issuers::purge_vault(ctx, name)?;
    certificate::purge_vault(ctx, name)
}

fn show(entry: &TakenName) -> Option<Value> {
    let Deletion { at, purge_at, resource } = entry.deleted.as_ref()?;
    let (name, location) = (text(resource, "/name"), text(resource, "/location"));
    let id = ArmId::parse(&entry.id);
    Some(json!({
        "id": format!(
            "/subscriptions/{}/providers/Microsoft.KeyVault/locations/{location}/deletedVaults/{name}",
            id.subscription().unwrap_or_default()
        ),
        "name": name,
        "type": "Microsoft.KeyVault/deletedVaults",
        "properties": {
            "vaultId": entry.id,
            "location": location,
            "deletionDate": at.to_string(),
            "scheduledPurgeDate": purge_at.to_string(),
            "tags": resource["tags"],
            "purgeProtectionEnabled": resource["properties"]["enablePurgeProtection"],
        },
    }))
}

fn not_deleted(call: &Call) -> Fault {
    Fault::arm(
        404,
        "DeletedVaultNotFound",
        format!("The specified deleted vault '{}' does not exist.", call.param("vault")),
    )
}
