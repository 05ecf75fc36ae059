//! Vaults as ARM resources: create, change, delete (softly), and who may use which name.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Deletion, KIND, KIND_KEY, NAMES, TakenName, VaultJob, VaultRecord, deleted_vaults, properties};
use crate::{
    calendar::days,
    call::{Call, HttpMethod},
    context::{CloudContext, envelope, merge, text},
    id::ArmId,
    jobs,
    reply::{Fault, Reply, ReplyResult},
};

/// Names that other customers of Azure hold.
const TAKEN: [&str; 4] = ["contoso", "keyvault", "certificates", "production"];

pub(super) fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    ctx.page(call, KIND_KEY, &call.target(), |vault| Ok(Some(vault)))
}

/// An empty list, for what the practice cloud does not have.
#[allow(clippy::unnecessary_wraps)] // The function of a route returns an `ReplyResult`.
pub(super) fn none(_: &CloudContext<'_>, _: &Call) -> ReplyResult {
    Ok(Reply::ok(json!({"value": [], "nextLink": null})))
}

/// The resource to which a private endpoint of a vault could connect: shown, not implemented.
pub(super) fn links(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = call.target();
    ctx.need(&id)?;
    Ok(Reply::ok(json!({"value": [{
        "id": format!("{id}/privateLinkResources/vault"),
        "name": "vault",
        "type": "Microsoft.KeyVault/vaults/privateLinkResources",
        "properties": {
            "groupId": "vault",
            "requiredMembers": ["default"],
            "requiredZoneNames": ["privatelink.vaultcore.azure.net"],
        },
    }]})))
}

/// Every name is free for a managed HSM, since there are none.
pub(super) fn check_hsm_name(_: &CloudContext<'_>, _: &Call) -> ReplyResult {
    Ok(Reply::ok(json!({"nameAvailable": true})))
}

pub(super) fn no_hsm(_: &CloudContext<'_>, call: &Call) -> ReplyResult {
    Err(Fault::not_found(&call.target()))
}

pub(super) fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    Ok(Reply::ok(ctx.need(&call.target())?))
}

pub(super) fn put(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    if let Some(vault) = VaultRecord::at(ctx, &call.target())? {
        return replace(ctx, call, vault);
    }
    let name = call.param("vault");
    let recover = call.text("/properties/createMode") == Some("recover");
    if recover && let Some(entry) = ctx.tx.get(&NAMES, &name.to_lowercase())? {
        return recover_deleted(ctx, name, entry);
    }
    refuse_name(ctx, name)?;
    let location = call.need("/location")?;
    call.need("/properties/tenantId")?;
    call.need("/properties/sku/name")?;
    properties::check(&call.body["properties"], None)?;
    // The contents of an earlier vault of that name are lost with its resource group.
    deleted_vaults::forget(ctx, &name.to_lowercase())?;
    let id = canonical(call);
    let tags = call.body.get("tags").cloned();
    let mut wanted = call.body["properties"].clone();
    properties::default_model(&mut wanted, call.api_version());
    let vault = create(ctx, &id, location, tags, &wanted)?;
    let registered = jobs::ScheduledJob::KeyVault(VaultJob::Registered(name.to_owned()));
    ctx.soon(SignedDuration::from_secs(30), &registered)?;
    Ok(Reply::ok(vault))
}

/// Adds a vault to the estate; its name is not in DNS yet.
pub(crate) fn create(
    ctx: &CloudContext<'_>,
    id: &ArmId,
    location: &str,
    tags: Option<Value>,
    wanted: &Value,
) -> Result<Value, Fault> {
    let mut properties = json!({
        "sku": {"family": "A", "name": "standard"},
        "tenantId": ctx.setting.tenant_id,
        "accessPolicies": [],
        "enabledForDeployment": false,
        "enabledForDiskEncryption": false,
        "enabledForTemplateDeployment": false,
        "enableSoftDelete": true,
        "softDeleteRetentionInDays": 90,
        "publicNetworkAccess": "Enabled",
    });
    merge(&mut properties, wanted);
    properties["vaultUri"] = ctx.setting.vault_uri(id.name()).into();
    properties["provisioningState"] = "RegisteringDns".into();
    let location = location.replace(' ', "").to_lowercase();
    let mut vault = envelope(id, KIND, &location, properties);
    vault["tags"] = tags.filter(Value::is_object).unwrap_or_else(|| json!({}));
    vault["systemData"] = json!({
        "createdBy": crate::principals::CERTDECK.app_id,
        "createdByType": "Application",
        "createdAt": ctx.now.to_string(),
        "lastModifiedBy": crate::principals::CERTDECK.app_id,
        "lastModifiedByType": "Application",
        "lastModifiedAt": ctx.now.to_string(),
    });
    let entry = TakenName { id: id.to_string(), deleted: None };
    ctx.tx.put(&NAMES, &id.name().to_lowercase(), &entry)?;
    ctx.save(id, &vault)?;
    Ok(vault)
}

/// Updates the address of every vault to this run: the port may differ from the last one.
pub(crate) fn readdress(ctx: &CloudContext<'_>) -> Result<(), Fault> {
    for mut vault in ctx.list(KIND_KEY, &ArmId::parse(""))? {
        let id = ArmId::parse(text(&vault, "/id"));
        let uri = ctx.setting.vault_uri(id.name());
        if text(&vault, "/properties/vaultUri") != uri {
            vault["properties"]["vaultUri"] = uri.into();
            ctx.save(&id, &vault)?;
        }
    }
    Ok(())
}

/// The vault is ready: its name is in DNS.
pub(crate) fn registered(ctx: &CloudContext<'_>, name: &str) -> Result<(), Fault> {
    if let Some(mut vault) = VaultRecord::named(ctx, name)? {
        vault.resource["properties"]["provisioningState"] = "Succeeded".into();
        ctx.save(&vault.id, &vault.resource)?;
    }
    Ok(())
}

/// A PUT on a vault replaces the whole list of policies; members that it does not name stay.
fn replace(ctx: &CloudContext<'_>, call: &Call, vault: VaultRecord) -> ReplyResult {
    let location = text(&call.body, "/location").replace(' ', "").to_lowercase();
    if !location.is_empty() && location != vault.location() {
        return Err(Fault::elsewhere(&vault.id, vault.location(), &location));
    }
    change(ctx, call, vault)
}

pub(super) fn patch(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    match VaultRecord::at(ctx, &call.target())? {
        Some(vault) => change(ctx, call, vault),
        None => Err(Fault::not_found(&call.target())),
    }
}

fn change(ctx: &CloudContext<'_>, call: &Call, mut vault: VaultRecord) -> ReplyResult {
    let mut wanted = call.body["properties"].clone();
    properties::check(&wanted, Some(&vault.resource["properties"]))?;
    if let Some(wanted) = wanted.as_object_mut() {
        for fixed in ["vaultUri", "provisioningState", "tenantId", "createMode"] {
            wanted.remove(fixed);
        }
    }
    if wanted.is_object() {
        merge(&mut vault.resource["properties"], &wanted);
    }
    match call.body.get("tags").filter(|tags| tags.is_object()) {
        Some(tags) => vault.resource["tags"] = tags.clone(),
        // A PUT states all tags; without any, the vault has none.
        None if call.method == HttpMethod::Put => vault.resource["tags"] = json!({}),
        None => {}
    }
    vault.resource["systemData"]["lastModifiedAt"] = ctx.now.to_string().into();
    ctx.save(&vault.id, &vault.resource)?;
    Ok(Reply::ok(vault.resource))
}

pub(super) fn delete(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    Ok(Reply::empty(if remove(ctx, &call.target())? { 200 } else { 204 }))
}

/// Deletes a vault, which can be recovered during its retention; false if there is none.
pub(crate) fn remove(ctx: &CloudContext<'_>, id: &ArmId) -> Result<bool, Fault> {
    let Some(vault) = VaultRecord::at(ctx, id)? else {
        return Ok(false);
    };
    let purge_at = ctx.now + days(vault.retention_days());
    let entry = TakenName {
        id: vault.id.to_string(),
        deleted: Some(Deletion { at: ctx.now, purge_at, resource: vault.resource.clone() }),
    };
    ctx.tx.put(&NAMES, &vault.key(), &entry)?;
    ctx.remove(&vault.id)?;
    let over = jobs::ScheduledJob::KeyVault(VaultJob::Purge(vault.name().to_owned()));
    ctx.at(purge_at, &over)?;
    Ok(true)
}

fn recover_deleted(ctx: &CloudContext<'_>, name: &str, entry: TakenName) -> ReplyResult {
    let Some(deletion) = entry.deleted else {
        return Err(already_exists(name));
    };
    let back = TakenName { id: entry.id, deleted: None };
    let id = ArmId::parse(&back.id);
    let mut vault = deletion.resource;
    // It may have been deleted before it was ready, or in a run with another address.
    vault["properties"]["provisioningState"] = "Succeeded".into();
    vault["properties"]["vaultUri"] = ctx.setting.vault_uri(id.name()).into();
    ctx.tx.put(&NAMES, &name.to_lowercase(), &back)?;
    ctx.save(&id, &vault)?;
    Ok(Reply::ok(vault))
}

pub(super) fn check_name(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let name = call.need("/name")?;
    let answer = match refuse_name(ctx, name) {
        Ok(()) => json!({"nameAvailable": true}),
        Err(fault) => {
            let reason = if fault.status == 409 { "AlreadyExists" } else { "AccountNameInvalid" };
            let message = text(&fault.body, "/error/message");
            json!({"nameAvailable": false, "reason": reason, "message": message})
        }
    };
    Ok(Reply::ok(answer))
}

fn refuse_name(ctx: &CloudContext<'_>, name: &str) -> Result<(), Fault> {
    if !is_vault_name(name) {
        return Err(Fault::arm(
            400,
            "VaultNameNotValid",
            format!(
                "The vault name '{name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The \
                 name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens. \
                 Follow this link for more information: https://go.microsoft.com/fwlink/?linkid=2147742."
            ),
        ));
    }
    let lower = name.to_lowercase();
    let held = match ctx.tx.get(&NAMES, &lower)? {
        // A vault that was deleted with its resource group no longer holds its name.
        Some(TakenName { id, deleted: None }) => ctx.find(&ArmId::parse(&id))?.is_some(),
        Some(_) => true,
        None => TAKEN.contains(&lower.as_str()),
    };
    if held {
        return Err(already_exists(name));
    }
    Ok(())
}

fn already_exists(name: &str) -> Fault {
    Fault::arm(
        409,
        "VaultAlreadyExists",
        format!(
            "The vault name '{name}' is already in use. Vault names are globally unique so it is possible that the \
             name is already taken. If you are sure that the vault name was not taken then it is possible that a \
             vault with the same name was recently deleted but not purged after being placed in a recoverable state. \
             If the vault is in a recoverable state then the vault will need to be purged before reusing the name. \
             For more information on VaultAlreadyExists, soft delete and purging a vault follow this link \
             https://go.microsoft.com/fwlink/?linkid=2147740."
        ),
    )
}

fn is_vault_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    (3..=24).contains(&bytes.len())
        && bytes[0].is_ascii_alphabetic()
        && bytes[bytes.len() - 1].is_ascii_alphanumeric()
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
        && !name.contains("--")
}

/// The id in Azure's own casing, regardless of the request's.
fn canonical(call: &Call) -> ArmId {
    let target = call.target();
    let group = target.group_id().unwrap_or_else(|| target.clone());
    group.under("Microsoft.KeyVault", "vaults", call.param("vault"))
}
