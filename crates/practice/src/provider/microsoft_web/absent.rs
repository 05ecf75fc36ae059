//! What an app or a subscription can have in Azure and never has here: such lists are empty, and such
//! settings are those of a new app. Clients read them while they do other things.

use serde_json::{Value, json};

use super::{bindings::both, site};
use crate::{
    call::{Call, HttpMethod},
    context::{CloudContext, envelope, text},
    id::ArmId,
    provider::REGIONS,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

pub(crate) const ROUTES: &[Route] = [
    both!(Get, "backups", nothing),
    both!(Get, "continuouswebjobs", nothing),
    both!(Get, "deployments", nothing),
    both!(Get, "functions", nothing),
    both!(Get, "hybridConnectionRelays", nothing),
    both!(Get, "instances", nothing),
    both!(Get, "premieraddons", nothing),
    both!(Get, "privateEndpointConnections", nothing),
    both!(Get, "processes", nothing),
    both!(Get, "sitecontainers", nothing),
    both!(Get, "siteextensions", nothing),
    both!(Get, "snapshots", nothing),
    both!(Get, "triggeredwebjobs", nothing),
    both!(Get, "virtualNetworkConnections", no_networks),
    both!(Get, "usages", nothing),
    both!(Get, "webjobs", nothing),
    both!(Post, "config/azurestorageaccounts/list", no_settings),
    both!(Post, "config/metadata/list", no_settings),
    both!(Post, "config/pushsettings/list", no_settings),
    both!(Post, "config/authsettings/list", no_sign_in),
    both!(Get, "config/logs", no_settings),
    both!(Post, "config/publishingcredentials/list", publishing),
    both!(Post, "config/backup/list", no_backup),
    [
        Route::new(HttpMethod::Get, "{rg}/providers/Microsoft.Web/serverfarms/{plan}/usages", nothing),
        Route::new(HttpMethod::Get, "{sub}/providers/Microsoft.Web/locations/{location}/usages", nothing),
    ],
    [
        Route::new(HttpMethod::Get, "{sub}/providers/Microsoft.Web/hostingEnvironments", nothing),
        Route::new(HttpMethod::Get, "{rg}/providers/Microsoft.Web/hostingEnvironments", nothing),
    ],
    [
        Route::new(HttpMethod::Get, "{sub}/providers/Microsoft.Web/deletedSites", nothing),
        Route::new(
            HttpMethod::Get,
            "{sub}/providers/Microsoft.Web/locations/{location}/deletedSites",
            nothing,
        ),
    ],
    [
        Route::new(HttpMethod::Get, "{sub}/providers/Microsoft.Web/staticSites", nothing),
        Route::new(HttpMethod::Get, "{sub}/providers/Microsoft.Web/kubeEnvironments", nothing),
    ],
    [
        Route::new(HttpMethod::Get, "{sub}/providers/Microsoft.Web/geoRegions", regions),
        Route::new(HttpMethod::Get, "{sub}/providers/Microsoft.Web/billingMeters", nothing),
    ],
]
.as_flattened();

fn nothing(_: &CloudContext<'_>, _: &Call) -> ReplyResult {
    Ok(Reply::ok(json!({"value": [], "nextLink": null, "id": null})))
}

/// The only list that is a bare array.
fn no_networks(_: &CloudContext<'_>, _: &Call) -> ReplyResult {
    Ok(Reply::ok(json!([])))
}

/// The part of a site's configuration that a path names, with these members.
fn settings(ctx: &CloudContext<'_>, call: &Call, properties: Value) -> ReplyResult {
    let at = call.segments.iter().position(|word| word.eq_ignore_ascii_case("config")).unwrap_or_default();
    let site = ArmId::from_segments(&call.segments[..at]);
    let owner = ctx.need(&site)?;
    let id = site.child("config", call.segments.get(at + 1).map_or("", String::as_str));
    Ok(Reply::ok(envelope(&id, "Microsoft.Web/sites/config", text(&owner, "/location"), properties)))
}

fn no_settings(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    settings(ctx, call, json!({}))
}

fn no_sign_in(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    settings(ctx, call, json!({"enabled": false}))
}

fn publishing(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let site = ArmId::from_segments(&call.segments[..call.segments.len() - 3]);
    let host = site::default_host(&site).replacen(".azurewebsites.net", ".scm.azurewebsites.net", 1);
    let user = format!("${}", site.name());
    settings(
        ctx,
        call,
        json!({"publishingUserName": user, "publishingPassword": "", "scmUri": format!("https://{host}")}),
    )
}

fn no_backup(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    no_settings(ctx, call)?;
    Err(Fault::web(404, "Backup configuration not found for the site."))
}

fn regions(_: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let scope = call.target();
    let show = |region: &&str| {
        let id = scope.under("Microsoft.Web", "geoRegions", region);
        envelope(
            &id,
            "Microsoft.Web/geoRegions",
            "",
            json!({"name": region, "description": null, "displayName": region, "orgDomain": "PUBLIC"}),
        )
    };
    let value: Vec<Value> = REGIONS.iter().map(show).collect();
    Ok(Reply::ok(json!({"value": value, "nextLink": null, "id": null})))
}
