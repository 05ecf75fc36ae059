//! `config/web` and app settings. TLS settings exist only here: `siteConfig.minTlsVersion` of a site is
//! always null.

use serde_json::{Map, Value, json};

use super::{
    bindings::both,
    members::{self, Of},
    revision,
};
use crate::{
    calendar::OLDEST_TLS,
    call::{Call, HttpMethod},
    context::{CloudContext, envelope, merge, text},
    id::ArmId,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
    store::Collection,
};

/// The members that set the oldest TLS version of an app and of its deployment site.
const TLS_MINIMA: [&str; 2] = ["minTlsVersion", "scmMinTlsVersion"];

/// Values are often secrets, so only POST shows them.
const APP_SETTINGS: Collection<Map<String, Value>> = Collection::private("app-settings");

pub(crate) const ROUTES: &[Route] = [
    both!(Get, "config", list),
    both!(Get, "config/web", get),
    both!(Put, "config/web", put),
    both!(Patch, "config/web", put),
    both!(Post, "config/appsettings/list", settings),
    both!(Put, "config/appsettings", set_settings),
    both!(Post, "config/connectionstrings/list", connection_strings),
    both!(Get, "config/slotConfigNames", sticky),
    both!(Put, "config/slotConfigNames", set_sticky),
]
.as_flattened();

/// The configuration of a new site.
pub(crate) fn create(ctx: &CloudContext<'_>, site: &ArmId, location: &str) -> Result<(), Fault> {
    let id = site.child("config", "web");
    let mut web = envelope(
        &id,
        "Microsoft.Web/sites/config",
        location,
        json!({
            "numberOfWorkers": 1,
            "netFrameworkVersion": "v8.0",
            "linuxFxVersion": "",
            "requestTracingEnabled": false,
            "remoteDebuggingEnabled": false,
            "httpLoggingEnabled": false,
            "scmType": "None",
            "use32BitWorkerProcess": false,
            "webSocketsEnabled": false,
            "alwaysOn": true,
            "managedPipelineMode": "Integrated",
            "ipSecurityRestrictions": [{"ipAddress": "Any", "action": "Allow", "priority": 2_147_483_647, "name": "Allow all", "description": "Allow all access"}],
            "minTlsVersion": "1.2",
            "scmMinTlsVersion": "1.2",
            "minTlsCipherSuite": null,
            "ftpsState": "FtpsOnly",
            "http20Enabled": true,
        }),
    );
    web["name"] = json!(site.name());
    ctx.save(&id, &web)
}

/// Applies the `siteConfig` in a request for a site. A site that was read and is written back unchanged has
/// only nulls there, and app settings as a list.
pub(crate) fn from_site(
    ctx: &CloudContext<'_>,
    site: &ArmId,
    members: &Map<String, Value>,
) -> Result<(), Fault> {
    let mut members: Map<String, Value> =
        members.iter().filter(|(_, value)| !value.is_null()).map(|(n, v)| (n.clone(), v.clone())).collect();
    if let Some(settings) = members.remove("appSettings") {
        for one in settings.as_array().into_iter().flatten() {
            set(ctx, site, text(one, "/name"), text(one, "/value"))?;
        }
    }
    members.remove("connectionStrings");
    change(ctx, site, &Value::Object(members))?;
    Ok(())
}

/// Merges changed members into the configuration.
pub(crate) fn change(ctx: &CloudContext<'_>, site: &ArmId, members: &Value) -> Result<Value, Fault> {
    for name in TLS_MINIMA {
        if let Some(version) = members.get(name).and_then(Value::as_str)
            && !["1.0", "1.1", "1.2", "1.3"].contains(&version)
        {
            return Err(Fault::web(400, format!("The parameter {name} has an invalid value.")));
        }
    }
    let id = site.child("config", "web");
    let mut web = ctx.need(&id)?;
    if !members.is_object() {
        return Ok(web);
    }
    merge(&mut web["properties"], members);
    ctx.save(&id, &web)?;
    Ok(web)
}

fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let web = shown(ctx, ctx.need(&call.target().child("config", "web"))?)?;
    Ok(Reply::ok(json!({"value": [web], "nextLink": null, "id": null})))
}

fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let etag = revision::etag(ctx, &call.target())?;
    Ok(Reply::ok(shown(ctx, ctx.need(&call.target())?)?).header("etag", etag))
}

/// Adds the site's tags and the members that are the same for all.
fn shown(ctx: &CloudContext<'_>, mut web: Value) -> Result<Value, Fault> {
    let site = ctx.need(&ArmId::parse(text(&web, "/id")).parent())?;
    if site["tags"].is_object() {
        web["tags"] = site["tags"].clone();
    }
    members::complete(Of::Configuration, &mut web["properties"]);
    Ok(web)
}

fn put(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let site = call.target().parent();
    revision::require_match(ctx, call, &site)?;
    let members = call.body.get("properties").unwrap_or(&Value::Null);
    // The service's future words are not announced. An app that is set to an older version keeps the setting,
    // without effect.
    for name in TLS_MINIMA {
        if members[name].as_str().is_some_and(|version| version < OLDEST_TLS.at(ctx.now)) {
            return Err(Fault::web(
                400,
                format!("The parameter {name} has an invalid value. TLS 1.0 and 1.1 are retired."),
            ));
        }
    }
    let changed = change(ctx, &site, members)?;
    let mut web = shown(ctx, changed)?;
    // Recorded traffic: responses to writes carry the site's type.
    web["type"] = json!("Microsoft.Web/sites");
    Ok(Reply::ok(web).header("etag", revision::etag(ctx, &site)?))
}

fn settings(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let site = ArmId::from_segments(&call.segments[..call.segments.len() - 3]);
    show_settings(ctx, &site)
}

fn set_settings(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let site = call.target().parent();
    let empty = Map::new();
    let all = call.body.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    ctx.need(&site)?;
    ctx.tx.put(&APP_SETTINGS, &site.key(), all)?;
    revision::count(ctx, &site)?;
    show_settings(ctx, &site)
}

/// Sets one app setting, for a scenario.
pub(crate) fn set(ctx: &CloudContext<'_>, site: &ArmId, name: &str, value: &str) -> Result<(), Fault> {
    let mut all = ctx.tx.get(&APP_SETTINGS, &site.key())?.unwrap_or_default();
    all.insert(name.to_owned(), json!(value));
    Ok(ctx.tx.put(&APP_SETTINGS, &site.key(), &all)?)
}

/// There are no databases, so the list is empty.
fn connection_strings(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let site = ArmId::from_segments(&call.segments[..call.segments.len() - 3]);
    let owner = ctx.need(&site)?;
    let id = site.child("config", "connectionstrings");
    Ok(Reply::ok(envelope(&id, "Microsoft.Web/sites/config", text(&owner, "/location"), json!({}))))
}

/// The settings that stay with a slot in a swap.
fn sticky(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    Ok(Reply::ok(sticky_of(ctx, &call.target().parent())?))
}

fn set_sticky(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = call.target();
    let mut names = sticky_of(ctx, &id.parent())?;
    merge(&mut names["properties"], &call.body["properties"]);
    ctx.save(&id, &names)?;
    Ok(Reply::ok(names))
}

fn sticky_of(ctx: &CloudContext<'_>, site: &ArmId) -> Result<Value, Fault> {
    let owner = ctx.need(site)?;
    let id = site.child("config", "slotConfigNames");
    let none =
        json!({"appSettingNames": null, "connectionStringNames": null, "azureStorageConfigNames": null});
    let kept = ctx.find(&id)?;
    Ok(kept.unwrap_or_else(|| envelope(&id, "Microsoft.Web/sites", text(&owner, "/location"), none)))
}

/// The settings that stay with a slot, and those that move.
type Halves = (Map<String, Value>, Map<String, Value>);

/// Exchanges the settings of two sites of an app, except those that stay with their slot.
pub(crate) fn swap(ctx: &CloudContext<'_>, app: &ArmId, both: [&ArmId; 2]) -> Result<(), Fault> {
    let names = sticky_of(ctx, app)?;
    let stays = |name: &str| {
        names["properties"]["appSettingNames"].as_array().is_some_and(|all| all.contains(&json!(name)))
    };
    let halves = |site: &ArmId| -> Result<Halves, Fault> {
        let all = ctx.tx.get(&APP_SETTINGS, &site.key())?.unwrap_or_default();
        Ok(all.into_iter().partition(|(name, _)| stays(name)))
    };
    let [(one_stays, one_leaves), (other_stays, other_leaves)] = [halves(both[0])?, halves(both[1])?];
    for (site, stays, comes) in [(both[0], one_stays, other_leaves), (both[1], other_stays, one_leaves)] {
        let all: Map<String, Value> = comes.into_iter().chain(stays).collect();
        ctx.tx.put(&APP_SETTINGS, &site.key(), &all)?;
    }
    Ok(())
}

/// Removes the settings of a deleted site.
pub(crate) fn forget(ctx: &CloudContext<'_>, site: &ArmId) -> Result<(), Fault> {
    ctx.tx.remove(&APP_SETTINGS, &site.key())?;
    Ok(())
}

fn show_settings(ctx: &CloudContext<'_>, site: &ArmId) -> ReplyResult {
    let owner = ctx.need(site)?;
    let all = ctx.tx.get(&APP_SETTINGS, &site.key())?.unwrap_or_default();
    let id = site.child("config", "appsettings");
    let location = text(&owner, "/location");
    Ok(Reply::ok(envelope(&id, "Microsoft.Web/sites/config", location, Value::Object(all))))
}
