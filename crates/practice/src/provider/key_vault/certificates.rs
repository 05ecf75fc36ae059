//! `/certificates` and `/deletedcertificates` of the data plane.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};

use super::{
    VaultRecord,
    access::{ContentKind, VaultPermission},
    certificate::{self, CertificateRecord, CertificateVersion},
    data::{attributes, enter, mark_deleted, page, refuse_purge},
    lifetime, make, pending,
    secret::{self, Deleted},
    wanted,
};
use crate::{
    ca::facts::CertificateFacts,
    call::{Call, HttpMethod},
    context::{CloudContext, merge},
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

pub(super) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "certificates", list),
    Route::new(HttpMethod::Get, "certificates/{name}", get),
    Route::new(HttpMethod::Get, "certificates/{name}/versions", versions),
    Route::new(HttpMethod::Get, "certificates/{name}/policy", get_policy),
    Route::new(HttpMethod::Patch, "certificates/{name}/policy", update_policy),
    Route::new(HttpMethod::Post, "certificates/{name}/import", make::import),
    Route::new(HttpMethod::Post, "certificates/{name}/create", make::create),
    Route::new(HttpMethod::Get, "certificates/{name}/{version}", get),
    Route::new(HttpMethod::Patch, "certificates/{name}", update),
    Route::new(HttpMethod::Patch, "certificates/{name}/{version}", update),
    Route::new(HttpMethod::Delete, "certificates/{name}", delete),
    Route::new(HttpMethod::Get, "deletedcertificates", list_deleted),
    Route::new(HttpMethod::Get, "deletedcertificates/{name}", get_deleted),
    Route::new(HttpMethod::Delete, "deletedcertificates/{name}", purge),
    Route::new(HttpMethod::Post, "deletedcertificates/{name}/recover", recover),
];

pub(super) const fn may(verb: &'static str) -> VaultPermission {
    VaultPermission(ContentKind::Certificates, verb)
}

fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("list"))?;
    let all = certificate::all(ctx, &vault)?;
    let here = all.iter().filter(|one| one.deleted.is_none());
    let mut items: Vec<Value> = here.filter_map(|one| Some(item(&vault, one, one.latest()?, ""))).collect();
    if call.query("includePending").is_some_and(|wanted| wanted.eq_ignore_ascii_case("true")) {
        items.extend(pending::items(ctx, &vault)?);
    }
    Ok(page(&vault, call, items))
}

fn versions(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("list"))?;
    let one = need(ctx, &vault, call)?;
    let versions = one.versions.iter();
    let items = versions.map(|version| item(&vault, &one, version, &version.id)).collect();
    Ok(page(&vault, call, items))
}

fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("get"))?;
    let one = need(ctx, &vault, call)?;
    let version = one.version(call.param("version")).ok_or_else(|| not_found(call))?;
    let mut shown = bundle(&vault, &one, version);
    if let Some(id) = pending::id(ctx, &vault, &one.name)? {
        shown["pending"] = json!({"id": id});
    }
    Ok(Reply::ok(shown))
}

fn get_policy(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("get"))?;
    let one = need(ctx, &vault, call)?;
    Ok(Reply::ok(policy(&vault, &one)))
}

fn update_policy(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("update"))?;
    let mut one = need(ctx, &vault, call)?;
    one.lay_over(&call.body, ctx.now);
    wanted::check(&vault, &one.policy)?;
    certificate::save(ctx, &vault, &one)?;
    lifetime::schedule(ctx, &vault, &one)?;
    Ok(Reply::ok(policy(&vault, &one)))
}

fn update(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("update"))?;
    let mut one = need(ctx, &vault, call)?;
    let id = one.version(call.param("version")).ok_or_else(|| not_found(call))?.id.clone();
    for version in one.versions.iter_mut().filter(|version| version.id == id) {
        if call.body["tags"].is_object() {
            version.tags = tags(&call.body);
        }
        version.updated = ctx.now;
    }
    certificate::save(ctx, &vault, &one)?;
    if let Some(enabled) = call.body["attributes"]["enabled"].as_bool() {
        certificate::set_enabled(ctx, &vault, &mut one, &id, enabled)?;
    }
    let version = one.version(&id).ok_or_else(|| not_found(call))?;
    Ok(Reply::ok(bundle(&vault, &one, version)))
}

fn delete(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("delete"))?;
    let mut one = need(ctx, &vault, call)?;
    set_deleted(ctx, &vault, &mut one, Some(Deleted::now(ctx, &vault)))?;
    Ok(Reply::ok(show_deleted(&vault, &one)))
}

fn list_deleted(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("list"))?;
    let all = certificate::all(ctx, &vault)?;
    let deleted = all.iter().filter(|one| one.deleted.is_some());
    let items = deleted.map(|one| show_deleted(&vault, one)).collect();
    Ok(page(&vault, call, items))
}

fn get_deleted(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("get"))?;
    let one = need_deleted(ctx, &vault, call)?;
    Ok(Reply::ok(show_deleted(&vault, &one)))
}

fn purge(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("purge"))?;
    refuse_purge(&vault)?;
    let one = need_deleted(ctx, &vault, call)?;
    certificate::purge(ctx, &vault, &one.name)?;
    Ok(Reply::empty(204))
}

fn recover(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("recover"))?;
    let mut one = need_deleted(ctx, &vault, call)?;
    set_deleted(ctx, &vault, &mut one, None)?;
    let shown = one.latest().map(|version| bundle(&vault, &one, version));
    Ok(Reply::ok(shown.unwrap_or_default()))
}

/// The secret of a certificate is deleted and recovered together with it.
fn set_deleted(
    ctx: &CloudContext<'_>,
    vault: &VaultRecord,
    one: &mut CertificateRecord,
    deleted: Option<Deleted>,
) -> Result<(), Fault> {
    one.deleted = deleted;
    certificate::save(ctx, vault, one)?;
    if let Some(mut secret) = secret::find(ctx, vault, &one.name)? {
        secret.deleted = deleted;
        secret::save(ctx, vault, &secret)?;
    }
    Ok(())
}

pub(super) fn need(
    ctx: &CloudContext<'_>,
    vault: &VaultRecord,
    call: &Call,
) -> Result<CertificateRecord, Fault> {
    certificate::find(ctx, vault, call.param("name"))?
        .filter(|one| one.deleted.is_none())
        .ok_or_else(|| not_found(call))
}

fn need_deleted(
    ctx: &CloudContext<'_>,
    vault: &VaultRecord,
    call: &Call,
) -> Result<CertificateRecord, Fault> {
    certificate::find(ctx, vault, call.param("name"))?
        .filter(|one| one.deleted.is_some())
        .ok_or_else(|| not_found(call))
}

pub(super) fn not_found(call: &Call) -> Fault {
    Fault::vault(
        404,
        "CertificateNotFound",
        format!(
            "A certificate with (name/id) {} was not found in this key vault. If you recently deleted this certificate \
             you may be able to recover it using the correct recovery command. For help resolving this issue, please \
             see https://go.microsoft.com/fwlink/?linkid=2125182",
            call.param("name")
        ),
        None,
    )
}

pub(super) fn tags(body: &Value) -> BTreeMap<String, String> {
    let tags = body["tags"].as_object();
    tags.into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// The fields that lists and bundles share. In lists `version` is omitted, so that the id names no version.
fn item(vault: &VaultRecord, one: &CertificateRecord, version: &CertificateVersion, id: &str) -> Value {
    let der = version.der();
    let facts = CertificateFacts::read(&der).ok();
    let mut path = format!("{}certificates/{}", vault.uri(), one.name);
    if !id.is_empty() {
        path = format!("{path}/{id}");
    }
    json!({
        "id": path,
        "x5t": BASE64URL.encode(Sha1::digest(&der)),
        "attributes": attributes(
            vault,
            version.enabled,
            [facts.as_ref().map(|f| f.not_before), facts.as_ref().map(|f| f.not_after)],
            [version.created, version.updated],
        ),
        "subject": facts.map(|facts| facts.subject),
        "tags": version.tags,
    })
}

pub(super) fn bundle(vault: &VaultRecord, one: &CertificateRecord, version: &CertificateVersion) -> Value {
    let mut shown = item(vault, one, version, &version.id);
    if let Some(members) = shown.as_object_mut() {
        members.remove("subject");
    }
    for (member, kind) in [("kid", "keys"), ("sid", "secrets")] {
        shown[member] = format!("{}{kind}/{}/{}", vault.uri(), one.name, version.id).into();
    }
    shown["cer"] = version.der.clone().into();
    shown["policy"] = policy(vault, one);
    shown
}

fn policy(vault: &VaultRecord, one: &CertificateRecord) -> Value {
    let mut shown = json!({"id": format!("{}certificates/{}/policy", vault.uri(), one.name)});
    merge(&mut shown, &one.policy);
    shown
}

fn show_deleted(vault: &VaultRecord, one: &CertificateRecord) -> Value {
    let (Some(version), Some(deleted)) = (one.latest(), one.deleted) else {
        return Value::Null;
    };
    let mut shown = bundle(vault, one, version);
    mark_deleted(&mut shown, vault, &format!("deletedcertificates/{}", one.name), deleted);
    shown
}
