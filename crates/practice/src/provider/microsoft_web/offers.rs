//! What App Service offers a subscription as a whole: the sizes of plans, and where its hostnames lead.

use serde_json::{Value, json};

use super::{
    bindings, plans,
    site::{self, KIND, SLOT},
};
use crate::{
    call::{Call, HttpMethod},
    context::{CloudContext, envelope, text},
    id::ArmId,
    provider::REGIONS,
    reply::{Reply, ReplyResult},
    route::Route,
};

pub(crate) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "{sub}/providers/Microsoft.Web/skus", skus),
    Route::new(HttpMethod::Get, "{rg}/providers/Microsoft.Web/serverfarms/{plan}/skus", skus_of_plan),
    Route::new(HttpMethod::Get, "{sub}/providers/Microsoft.Web/customhostnameSites", hostnames),
    Route::new(HttpMethod::Get, "{sub}/providers/Microsoft.Web/deploymentLocations", places),
];

fn skus(_: &CloudContext<'_>, _: &Call) -> ReplyResult {
    let capacity = |tier: &str| match tier {
        "Free" | "Shared" | "Dynamic" => (1, "None"),
        "Basic" => (3, "Manual"),
        "Standard" => (10, "Automatic"),
        _ => (30, "Automatic"),
    };
    let show = |name: &str, tier: &str, family: &str| {
        let (most, scale) = capacity(tier);
        json!({
            "name": name,
            "tier": tier,
            "size": name,
            "family": family,
            "capacity": {"minimum": 1, "maximum": most, "default": 1, "scaleType": scale},
            "locations": REGIONS,
            "capabilities": [],
        })
    };
    let all: Vec<Value> = plans::sizes().map(|(name, tier, family)| show(name, tier, family)).collect();
    Ok(Reply::ok(json!({"resourceType": "Microsoft.Web/serverfarms", "skus": all})))
}

/// The sizes that a plan could be scaled to.
fn skus_of_plan(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    ctx.need(&call.target())?;
    let show = |(name, tier, _): (&str, &str, &str)| {
        json!({
            "resourceType": "Microsoft.Web/serverfarms",
            "sku": {"name": name, "tier": tier},
            "capacity": {"minimum": 1, "maximum": 10, "default": 1, "scaleType": "Manual"},
        })
    };
    Ok(Reply::ok(json!({"value": plans::sizes().map(show).collect::<Vec<_>>()})))
}

/// Every custom hostname of the subscription with its app; `$filter` and `hostname` select one.
fn hostnames(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let scope = call.target();
    let wanted = call.query("hostname");
    let mut value = Vec::new();
    for kind in [KIND, SLOT] {
        for owner in ctx.list(kind, &scope)? {
            let id = ArmId::parse(text(&owner, "/id"));
            let default = site::default_host(&id);
            let bound = bindings::of_site(ctx, &id)?;
            let own = bound.iter().map(bindings::host).filter(|host| !host.eq_ignore_ascii_case(&default));
            for host in own.filter(|host| wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(host))) {
                let shown = scope.under("Microsoft.Web", "customhostnameSites", host);
                let properties = json!({
                    "customHostname": host,
                    "region": owner["location"],
                    "siteResourceIds": [{"id": owner["id"], "name": id.name(), "type": owner["type"]}],
                });
                value.push(envelope(
                    &shown,
                    "Microsoft.Web/customhostnameSites",
                    text(&owner, "/location"),
                    properties,
                ));
            }
        }
    }
    Ok(Reply::ok(json!({"value": value, "nextLink": null})))
}

fn places(_: &CloudContext<'_>, _: &Call) -> ReplyResult {
    let locations: Vec<Value> = REGIONS
        .iter()
        .map(|region| json!({"name": region, "type": "Microsoft.Web/locations", "kind": null}))
        .collect();
    Ok(Reply::ok(
        json!({"locations": locations, "hostingEnvironments": [], "hostingEnvironmentDeploymentInfos": []}),
    ))
}
