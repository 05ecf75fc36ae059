//! Secrets of a vault as ARM resources, for templates: they can be written and listed, and their values are
//! never returned.

use serde_json::{Map, Value, json};

use super::{
    VaultRecord,
    secret::{self, SecretRecord, SecretVersion},
    secrets::{is_object_name, lay_over},
};
use crate::{
    call::{Call, HttpMethod},
    context::{CloudContext, text},
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

macro_rules! secrets {
    ($rest:literal) => {
        concat!("{rg}/providers/Microsoft.KeyVault/vaults/{vault}/secrets", $rest)
    };
}

pub(crate) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, secrets!(""), list),
    Route::new(HttpMethod::Get, secrets!("/{name}"), get),
    Route::new(HttpMethod::Put, secrets!("/{name}"), put),
    Route::new(HttpMethod::Patch, secrets!("/{name}"), put),
];

fn vault(ctx: &CloudContext<'_>, call: &Call) -> Result<VaultRecord, Fault> {
    let target = call.target();
    let id = if call.param("name").is_empty() { target } else { target.parent() };
    VaultRecord::at(ctx, &id)?.ok_or_else(|| Fault::not_found(&id))
}

fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = vault(ctx, call)?;
    let all = secret::all(ctx, &vault)?;
    let shown: Vec<Value> = all
        .iter()
        .filter(|one| one.deleted.is_none())
        .filter_map(|one| Some(show(&vault, one, one.latest()?)))
        .collect();
    Ok(Reply::ok(json!({"value": shown, "nextLink": null})))
}

fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = vault(ctx, call)?;
    let found = secret::find(ctx, &vault, call.param("name"))?.filter(|one| one.deleted.is_none());
    let shown = found.as_ref().and_then(|one| Some(show(&vault, one, one.latest()?)));
    shown.map(Reply::ok).ok_or_else(|| Fault::not_found(&call.target()))
}

/// A PUT adds a version, a PATCH changes the newest.
fn put(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = vault(ctx, call)?;
    let name = call.param("name");
    if !is_object_name(name) {
        return Err(Fault::arm(400, "BadRequest", format!("The name '{name}' is invalid.")));
    }
    let mut members = call.body["properties"].as_object().cloned().unwrap_or_else(Map::new);
    members.insert("tags".to_owned(), call.body["tags"].clone());
    let wanted = Value::Object(members);
    if call.method == HttpMethod::Put {
        let mut version = SecretVersion::new(ctx.now, text(&wanted, "/value").to_owned());
        lay_over(&mut version, &wanted);
        secret::add_version(ctx, &vault, name, version)?;
    }
    let missing = || Fault::not_found(&call.target());
    let mut one = secret::find(ctx, &vault, name)?.filter(|one| one.deleted.is_none()).ok_or_else(missing)?;
    if call.method == HttpMethod::Patch {
        let version = one.versions.last_mut().ok_or_else(missing)?;
        lay_over(version, &wanted);
        version.updated = ctx.now;
        secret::save(ctx, &vault, &one)?;
    }
    let version = one.latest().ok_or_else(missing)?;
    Ok(Reply::ok(show(&vault, &one, version)))
}

fn show(vault: &VaultRecord, secret: &SecretRecord, version: &SecretVersion) -> Value {
    let uri = format!("{}secrets/{}", vault.uri(), secret.name);
    let mut attributes = json!({
        "enabled": version.enabled,
        "created": version.created.as_second(),
        "updated": version.updated.as_second(),
    });
    for (member, time) in [("nbf", version.not_before), ("exp", version.expires)] {
        if let Some(time) = time {
            attributes[member] = time.as_second().into();
        }
    }
    let mut properties = json!({"attributes": attributes, "secretUri": uri, "secretUriWithVersion": format!("{uri}/{}", version.id)});
    if let Some(kind) = &version.content_type {
        properties["contentType"] = kind.clone().into();
    }
    json!({
        "id": format!("{}/secrets/{}", vault.id, secret.name),
        "name": secret.name,
        "type": "Microsoft.KeyVault/vaults/secrets",
        "location": vault.location(),
        "tags": version.tags,
        "properties": properties,
    })
}
