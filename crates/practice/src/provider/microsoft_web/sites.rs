//! The operations on sites and their slots.

use serde_json::{Map, Value, json};

use super::{
    bindings::{self, BindingSslState},
    config, plans, revision,
    site::{KIND, SLOT, create, default_host, show},
    site_actions, site_certificates,
};
use crate::{
    arm::locks,
    call::{Call, HttpMethod},
    context::{CloudContext, text},
    dns::{self, DnsRecordKind},
    id::ArmId,
    reply::{Fault, Reply, ReplyBody, ReplyResult},
    route::Route,
};

pub(crate) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "{sub}/providers/Microsoft.Web/sites", list),
    Route::new(HttpMethod::Get, "{rg}/providers/Microsoft.Web/sites", list),
    Route::new(HttpMethod::Get, "{rg}/providers/Microsoft.Web/sites/{site}", get),
    Route::new(HttpMethod::Put, "{rg}/providers/Microsoft.Web/sites/{site}", put),
    Route::new(HttpMethod::Patch, "{rg}/providers/Microsoft.Web/sites/{site}", patch),
    Route::new(HttpMethod::Delete, "{rg}/providers/Microsoft.Web/sites/{site}", delete),
    Route::new(HttpMethod::Get, "{rg}/providers/Microsoft.Web/sites/{site}/slots", slots),
    Route::new(HttpMethod::Get, "{rg}/providers/Microsoft.Web/sites/{site}/slots/{slot}", get),
    Route::new(HttpMethod::Put, "{rg}/providers/Microsoft.Web/sites/{site}/slots/{slot}", put),
    Route::new(HttpMethod::Patch, "{rg}/providers/Microsoft.Web/sites/{site}/slots/{slot}", patch),
    Route::new(HttpMethod::Delete, "{rg}/providers/Microsoft.Web/sites/{site}/slots/{slot}", delete),
    Route::new(HttpMethod::Post, "{rg}/providers/Microsoft.Web/sites/{site}/publishxml", publish_xml),
    Route::new(
        HttpMethod::Post,
        "{rg}/providers/Microsoft.Web/sites/{site}/slots/{slot}/publishxml",
        publish_xml,
    ),
];

/// The members of `properties` that a PUT or PATCH may change.
const WRITABLE: &[&str] = &[
    "httpsOnly",
    "clientCertEnabled",
    "clientCertMode",
    "clientCertExclusionPaths",
    "publicNetworkAccess",
    "enabled",
    "clientAffinityEnabled",
    "functionAppConfig",
    "keyVaultReferenceIdentity",
];

fn reply(ctx: &CloudContext<'_>, site: Value) -> ReplyResult {
    let shown = show(ctx, site)?;
    let etag = revision::etag(ctx, &ArmId::parse(text(&shown, "/id")))?;
    Ok(Reply::ok(shown).header("etag", etag))
}

fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let scope = call.target();
    if call.query("includeSlots").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        let mut all = ctx.list(KIND, &scope)?;
        all.extend(ctx.list(SLOT, &scope)?);
        let value: Result<Vec<Value>, Fault> = all.into_iter().map(|site| show(ctx, site)).collect();
        return Ok(Reply::ok(json!({"value": value?, "nextLink": null, "id": null})));
    }
    ctx.page(call, KIND, &scope, |site| show(ctx, site).map(Some))
}

fn slots(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    ctx.need(&call.target())?;
    ctx.page(call, SLOT, &call.target(), |site| show(ctx, site).map(Some))
}

fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = call.target();
    reply(ctx, ctx.need(&id)?)
}

/// A PUT on an existing site merges its members; absent ones stay (recorded traffic of az).
fn put(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = call.target();
    let Some(mut site) = ctx.find(&id)? else {
        return make(ctx, call, &id);
    };
    if let Some(location) = call.text("/location")
        && !plans::same_region(location, text(&site, "/location"))
    {
        return Err(Fault::elsewhere(&id, text(&site, "/location"), location));
    }
    // A PUT states all tags; without any, the site has none.
    site["tags"] = call.body.get("tags").cloned().unwrap_or(Value::Null);
    change(ctx, call, &id, site)
}

fn patch(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = call.target();
    let mut site = ctx.need(&id)?;
    if let Some(tags) = call.body.get("tags") {
        site["tags"] = tags.clone();
    }
    change(ctx, call, &id, site)
}

fn make(ctx: &CloudContext<'_>, call: &Call, id: &ArmId) -> ReplyResult {
    let plan = if id.kind() == SLOT {
        let plan = text(&ctx.need(&id.parent())?, "/properties/serverFarmId").to_owned();
        plans::require_slots(&plans::named(ctx, &plan)?)?;
        plan
    } else {
        call.need("/properties/serverFarmId")?.to_owned()
    };
    if bindings::find_host(ctx, &default_host(id))?.is_some() {
        return Err(Fault::web(409, format!("Website with given name {} already exists.", id.name())));
    }
    site_actions::require_name(id)?;
    let kind = call.text("/kind").unwrap_or("app");
    let mut site = create(ctx, id, &plan, kind.split(',').next().unwrap_or("app"))?;
    // The choice is permanent: an app with shared certificates cannot switch to its own.
    let own = site_certificates::are_wanted(&plans::named(ctx, &plan)?, call);
    site["properties"]["siteScopedCertificatesEnabled"] = own.into();
    change(ctx, call, id, site)
}

fn change(ctx: &CloudContext<'_>, call: &Call, id: &ArmId, mut site: Value) -> ReplyResult {
    revision::require_match(ctx, call, id)?;
    let empty = Map::new();
    let wanted = call.body.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    for name in WRITABLE {
        if let Some(value) = wanted.get(*name).filter(|value| !value.is_null()) {
            site["properties"][*name] = value.clone();
        }
    }
    if let Some(plan) = wanted.get("serverFarmId").and_then(Value::as_str).filter(|_| id.kind() == KIND) {
        change_plan(ctx, id, &mut site, plan)?;
    }
    if let Some(members) = wanted.get("siteConfig").and_then(Value::as_object) {
        config::from_site(ctx, id, members)?;
    }
    ctx.save(id, &site)?;
    for state in wanted.get("hostNameSslStates").and_then(Value::as_array).into_iter().flatten() {
        if state["toUpdate"] == json!(true) {
            change_binding(ctx, id, state)?;
        }
    }
    reply(ctx, site)
}

/// Moves the app to another plan of the same webspace; App Service allows no other.
fn change_plan(ctx: &CloudContext<'_>, id: &ArmId, site: &mut Value, plan: &str) -> Result<(), Fault> {
    if ArmId::parse(plan).key() == ArmId::parse(text(site, "/properties/serverFarmId")).key() {
        return Ok(());
    }
    let plan = plans::named(ctx, plan)?;
    let (name, webspace) = (text(&plan, "/name"), text(&plan, "/properties/webSpace"));
    if !webspace.eq_ignore_ascii_case(text(site, "/properties/webSpace")) {
        let message = format!(
            "The app '{}' cannot move to the plan '{name}', which is in another webspace ({webspace}).",
            id.name()
        );
        return Err(Fault::web(409, message));
    }
    plans::require_room(ctx, &plan, id)?;
    site["properties"]["serverFarmId"] = plan["id"].clone();
    Ok(())
}

/// One entry of `hostNameSslStates` with `toUpdate`: changes a binding through the site.
fn change_binding(ctx: &CloudContext<'_>, site: &ArmId, state: &Value) -> Result<(), Fault> {
    let host = text(state, "/name");
    let wanted = BindingSslState::parse(&state["sslState"])
        .ok_or_else(|| Fault::web(400, "The parameter sslState has an invalid value."))?;
    bindings::bind(ctx, site, host, wanted, text(state, "/thumbprint"))?;
    Ok(())
}

fn delete(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = call.target();
    let Some(site) = ctx.find(&id)? else {
        return Ok(Reply::empty(204));
    };
    for resource in ctx.list_all(&id, |_| true)? {
        remove(ctx, &ArmId::parse(text(&resource, "/id")))?;
    }
    let plan = ArmId::parse(text(&site, "/properties/serverFarmId"));
    remove(ctx, &id)?;
    // The plan is deleted with its last app, unless the request keeps it.
    let stays =
        call.query("deleteEmptyServerFarm").is_some_and(|wanted| wanted.eq_ignore_ascii_case("false"));
    if id.kind() == KIND && !stays && plans::of_plan(ctx, &plan)?.is_empty() && locks::lets_go(ctx, &plan)? {
        ctx.remove(&plan)?;
    }
    Ok(Reply::empty(200))
}

/// Removes a site, a slot, or something below one, with everything stored for it elsewhere.
pub(crate) fn remove(ctx: &CloudContext<'_>, id: &ArmId) -> Result<(), Fault> {
    if [KIND, SLOT].contains(&id.kind().as_str()) {
        config::forget(ctx, id)?;
        dns::remove(ctx.tx, &default_host(id), DnsRecordKind::A, None)?;
    }
    ctx.remove(id)?;
    Ok(())
}

/// az reads it after every change and only needs XML.
fn publish_xml(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = call.target();
    ctx.need(&id)?;
    let host = default_host(&id);
    let xml = format!(
        "<publishData><publishProfile profileName=\"{name} - FTP\" publishMethod=\"FTP\" publishUrl=\"ftps://{host}/site/wwwroot\" \
         userName=\"{name}\" userPWD=\"\" destinationAppUrl=\"https://{host}\" /></publishData>",
        name = id.name()
    );
    Ok(Reply::new(200, ReplyBody::Text("application/xml", xml)))
}
