//! `/secrets` and `/deletedsecrets` of the data plane.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    VaultRecord,
    access::{ContentKind, VaultPermission},
    data::{attributes, enter, mark_deleted, page, refuse_purge},
    secret::{self, Deleted, SecretRecord, SecretVersion},
};
use crate::{
    call::{Call, HttpMethod},
    context::CloudContext,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

pub(super) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "secrets", list),
    Route::new(HttpMethod::Get, "secrets/{name}", get),
    Route::new(HttpMethod::Get, "secrets/{name}/versions", versions),
    Route::new(HttpMethod::Get, "secrets/{name}/{version}", get),
    Route::new(HttpMethod::Put, "secrets/{name}", set),
    Route::new(HttpMethod::Patch, "secrets/{name}", update),
    Route::new(HttpMethod::Patch, "secrets/{name}/{version}", update),
    Route::new(HttpMethod::Delete, "secrets/{name}", delete),
    Route::new(HttpMethod::Get, "deletedsecrets", list_deleted),
    Route::new(HttpMethod::Get, "deletedsecrets/{name}", get_deleted),
    Route::new(HttpMethod::Delete, "deletedsecrets/{name}", purge),
    Route::new(HttpMethod::Post, "deletedsecrets/{name}/recover", recover),
];

/// The maximum length of a value in bytes.
const LONGEST: usize = 25_600;

/// Refuses to change a secret that belongs to a certificate: it changes only with the certificate.
pub(super) fn refuse_managed(secret: &SecretRecord, verb: &str) -> Result<(), Fault> {
    if secret.latest().is_some_and(|version| version.managed) {
        let message = format!("Operation {verb} is not allowed on a secret that a certificate manages.");
        return Err(Fault::vault(403, "Forbidden", message, None));
    }
    Ok(())
}

const fn may(verb: &'static str) -> VaultPermission {
    VaultPermission(ContentKind::Secrets, verb)
}

fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("list"))?;
    let secrets = secret::all(ctx, &vault)?;
    let items = secrets
        .iter()
        .filter(|secret| secret.deleted.is_none())
        .filter_map(|secret| Some(item(&vault, secret, secret.latest()?, "")))
        .collect();
    Ok(page(&vault, call, items))
}

fn versions(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("list"))?;
    let secret = need(ctx, &vault, call)?;
    let versions = secret.versions.iter();
    let items = versions.map(|version| item(&vault, &secret, version, &version.id)).collect();
    Ok(page(&vault, call, items))
}

fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("get"))?;
    let secret = need(ctx, &vault, call)?;
    let version = secret.version(call.param("version")).ok_or_else(|| not_found(call))?;
    if !version.enabled {
        return Err(Fault::vault(
            403,
            "Forbidden",
            "Operation get is not allowed on a disabled secret.",
            Some("SecretDisabled"),
        ));
    }
    Ok(Reply::ok(bundle(ctx, &vault, &secret, version)?))
}

fn set(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("set"))?;
    let name = call.param("name");
    if !is_object_name(name) {
        let message = format!(
            "The request URI contains an invalid name: {name}. Names may have 1-127 letters, digits and dashes."
        );
        return Err(Fault::vault(400, "BadParameter", message, None));
    }
    let value = call
        .text("/value")
        .ok_or_else(|| Fault::vault(400, "BadParameter", "Property value is required.", None))?;
    if value.len() > LONGEST {
        return Err(Fault::vault(
            400,
            "BadParameter",
            format!("The value is longer than {LONGEST} bytes."),
            None,
        ));
    }
    if let Some(held) = secret::find(ctx, &vault, name)? {
        refuse_managed(&held, "set")?;
    }
    let mut version = SecretVersion::new(ctx.now, value.to_owned());
    lay_over(&mut version, &call.body);
    let id = version.id.clone();
    secret::add_version(ctx, &vault, name, version)?;
    let secret = need(ctx, &vault, call)?;
    let version = secret.version(&id).ok_or_else(|| not_found(call))?;
    Ok(Reply::ok(bundle(ctx, &vault, &secret, version)?))
}

fn update(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("set"))?;
    let mut secret = need(ctx, &vault, call)?;
    refuse_managed(&secret, "update")?;
    let id = secret.version(call.param("version")).ok_or_else(|| not_found(call))?.id.clone();
    for version in secret.versions.iter_mut().filter(|one| one.id == id) {
        lay_over(version, &call.body);
        version.updated = ctx.now;
    }
    secret::save(ctx, &vault, &secret)?;
    let version = secret.version(&id).ok_or_else(|| not_found(call))?;
    let mut shown = bundle(ctx, &vault, &secret, version)?;
    if let Some(members) = shown.as_object_mut() {
        members.remove("value");
    }
    Ok(Reply::ok(shown))
}

fn delete(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("delete"))?;
    let mut secret = need(ctx, &vault, call)?;
    refuse_managed(&secret, "delete")?;
    secret.deleted = Some(Deleted::now(ctx, &vault));
    secret::save(ctx, &vault, &secret)?;
    Ok(Reply::ok(show_deleted(&vault, &secret)))
}

fn list_deleted(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("list"))?;
    let secrets = secret::all(ctx, &vault)?;
    let deleted = secrets.iter().filter(|secret| secret.deleted.is_some());
    let items = deleted.map(|secret| show_deleted(&vault, secret)).collect();
    Ok(page(&vault, call, items))
}

fn get_deleted(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("get"))?;
    let secret = need_deleted(ctx, &vault, call)?;
    Ok(Reply::ok(show_deleted(&vault, &secret)))
}

fn purge(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("purge"))?;
    refuse_purge(&vault)?;
    let secret = need_deleted(ctx, &vault, call)?;
    refuse_managed(&secret, "purge")?;
    secret::purge(ctx, &vault, &secret.name)?;
    Ok(Reply::empty(204))
}

fn recover(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("recover"))?;
    let mut secret = need_deleted(ctx, &vault, call)?;
    refuse_managed(&secret, "recover")?;
    secret.deleted = None;
    secret::save(ctx, &vault, &secret)?;
    let shown = secret.latest().map(|version| item(&vault, &secret, version, &version.id));
    Ok(Reply::ok(shown.unwrap_or_default()))
}

pub(super) fn need(ctx: &CloudContext<'_>, vault: &VaultRecord, call: &Call) -> Result<SecretRecord, Fault> {
    secret::find(ctx, vault, call.param("name"))?
        .filter(|secret| secret.deleted.is_none())
        .ok_or_else(|| not_found(call))
}

fn need_deleted(ctx: &CloudContext<'_>, vault: &VaultRecord, call: &Call) -> Result<SecretRecord, Fault> {
    secret::find(ctx, vault, call.param("name"))?
        .filter(|secret| secret.deleted.is_some())
        .ok_or_else(|| not_found(call))
}

fn not_found(call: &Call) -> Fault {
    Fault::vault(
        404,
        "SecretNotFound",
        format!(
            "A secret with (name/id) {} was not found in this key vault. If you recently deleted this secret you may \
             be able to recover it using the correct recovery command. For help resolving this issue, please see \
             https://go.microsoft.com/fwlink/?linkid=2125182",
            call.param("name")
        ),
        None,
    )
}

pub(super) fn item(vault: &VaultRecord, secret: &SecretRecord, version: &SecretVersion, id: &str) -> Value {
    let mut path = format!("{}secrets/{}", vault.uri(), secret.name);
    if !id.is_empty() {
        path = format!("{path}/{id}");
    }
    let mut shown = json!({"id": path});
    if let Some(kind) = &version.content_type {
        shown["contentType"] = kind.clone().into();
    }
    if version.managed {
        shown["managed"] = true.into();
    }
    shown["attributes"] = attributes(
        vault,
        version.enabled,
        [version.not_before, version.expires],
        [version.created, version.updated],
    );
    shown["tags"] = json!(version.tags);
    shown
}

fn bundle(
    ctx: &CloudContext<'_>,
    vault: &VaultRecord,
    secret: &SecretRecord,
    version: &SecretVersion,
) -> Result<Value, Fault> {
    let mut shown = item(vault, secret, version, &version.id);
    shown["value"] = version.value(ctx)?.into();
    if version.managed {
        shown["kid"] = format!("{}keys/{}/{}", vault.uri(), secret.name, version.id).into();
    }
    Ok(shown)
}

fn show_deleted(vault: &VaultRecord, secret: &SecretRecord) -> Value {
    let (Some(version), Some(deleted)) = (secret.latest(), secret.deleted) else {
        return Value::Null;
    };
    let mut shown = item(vault, secret, version, &version.id);
    mark_deleted(&mut shown, vault, &format!("deletedsecrets/{}", secret.name), deleted);
    shown
}

/// Merges content type, tags and attributes of a request into a version.
pub(super) fn lay_over(version: &mut SecretVersion, body: &Value) {
    if let Some(kind) = body["contentType"].as_str() {
        version.content_type = Some(kind.to_owned());
    }
    if let Some(tags) = body["tags"].as_object() {
        version.tags = tags
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect();
    }
    let wanted = &body["attributes"];
    if let Some(enabled) = wanted["enabled"].as_bool() {
        version.enabled = enabled;
    }
    let time = |name: &str| Timestamp::from_second(wanted[name].as_i64()?).ok();
    version.not_before = time("nbf").or(version.not_before);
    version.expires = time("exp").or(version.expires);
}

/// Whether secrets and certificates may have this name.
pub(super) fn is_object_name(name: &str) -> bool {
    (1..=127).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}
