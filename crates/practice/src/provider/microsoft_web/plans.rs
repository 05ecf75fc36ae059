//! App Service plans (`serverfarms`), which decide tier, region and webspace.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    bindings::{self, BindingSslState},
    members::{self, Of},
    site::{SLOT, default_host},
};
use crate::{
    ca::facts::hex_upper,
    call::{Call, HttpMethod},
    context::{CloudContext, envelope, merge, text},
    id::ArmId,
    index,
    provider::REGIONS,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

pub(crate) const KIND: &str = "microsoft.web/serverfarms";

pub(crate) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "{sub}/providers/Microsoft.Web/serverfarms", list),
    Route::new(HttpMethod::Get, "{rg}/providers/Microsoft.Web/serverfarms", list),
    Route::new(HttpMethod::Get, "{rg}/providers/Microsoft.Web/serverfarms/{plan}", get),
    Route::new(HttpMethod::Put, "{rg}/providers/Microsoft.Web/serverfarms/{plan}", put),
    Route::new(HttpMethod::Patch, "{rg}/providers/Microsoft.Web/serverfarms/{plan}", put),
    Route::new(HttpMethod::Delete, "{rg}/providers/Microsoft.Web/serverfarms/{plan}", delete),
    Route::new(HttpMethod::Get, "{rg}/providers/Microsoft.Web/serverfarms/{plan}/sites", sites),
];

const FLEX: &str = "FlexConsumption";

/// The tiers, each with its family and sizes.
const SKUS: &[(&str, &str, &[&str])] = &[
    ("Free", "F", &["F1"]),
    ("Shared", "D", &["D1"]),
    ("Basic", "B", &["B1", "B2", "B3"]),
    ("Standard", "S", &["S1", "S2", "S3"]),
    ("Premium", "P", &["P1", "P2", "P3"]),
    ("PremiumV2", "Pv2", &["P1v2", "P2v2", "P3v2"]),
    ("Premium0V3", "Pv3", &["P0v3"]),
    ("PremiumV3", "Pv3", &["P1v3", "P2v3", "P3v3"]),
    ("PremiumMV3", "Pmv3", &["P1mv3", "P2mv3", "P3mv3", "P4mv3", "P5mv3"]),
    ("PremiumV4", "Pv4", &["P0v4", "P1v4", "P2v4", "P3v4"]),
    ("IsolatedV2", "Iv2", &["I1v2", "I2v2", "I3v2", "I4v2", "I5v2", "I6v2"]),
    ("IsolatedV4", "Iv4", &["I1v4", "I2v4", "I3v4", "I4v4", "I5v4", "I6v4"]),
    ("ElasticPremium", "EP", &["EP1", "EP2", "EP3"]),
    ("Dynamic", "Y", &["Y1"]),
    (FLEX, "FC", &["FC1"]),
];

/// The TLS bindings that a plan's tier allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tls {
    /// F1 and D1 (A26).
    None,
    Sni,
    /// Standard and higher.
    IpBased,
}

/// The webspace of a plan: its group, region and operating system (A9).
pub(crate) fn webspace(group: &str, region: &str, linux: bool) -> String {
    let os = if linux { "-Linux" } else { "" };
    format!("{group}-{}webspace{os}", region.replace(' ', ""))
}

/// A Flex Consumption plan has a webspace of its own.
fn flex_webspace(id: &ArmId) -> String {
    format!("flex-{}-webspace", hex_upper(&Sha256::digest(id.key())).to_lowercase())
}

pub(crate) fn is_flex(plan: &Value) -> bool {
    text(plan, "/sku/tier") == FLEX
}

/// Whether both are spellings of one region: `West Europe` and `westeurope`.
pub(crate) fn same_region(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.replace(' ', "").to_lowercase();
    plain(one) == plain(other)
}

/// The TLS bindings that the plan of a site allows.
pub(crate) fn tls(plan: &Value) -> Tls {
    match text(plan, "/sku/tier") {
        "Free" | "Shared" => Tls::None,
        "Basic" | "Dynamic" | FLEX => Tls::Sni,
        _ => Tls::IpBased,
    }
}

/// Whether apps on the plan can have custom hostnames.
pub(crate) fn takes_hostnames(plan: &Value) -> bool {
    text(plan, "/sku/tier") != "Free"
}

/// Refuses slots if the tier has none.
pub(crate) fn require_slots(plan: &Value) -> Result<(), Fault> {
    let tier = text(plan, "/sku/tier");
    if !["Free", "Shared", "Basic", FLEX].contains(&tier) {
        return Ok(());
    }
    let message = format!(
        "Cannot complete the operation because the site will exceed the number of slots allowed for the '{tier}' SKU."
    );
    Err(Fault::web(409, message))
}

/// Refuses a plan whose tier does not allow what an app has: its slots, hostnames, certificates.
pub(crate) fn require_room(ctx: &CloudContext<'_>, plan: &Value, app: &ArmId) -> Result<(), Fault> {
    let slots = ctx.list(SLOT, app)?;
    if !slots.is_empty() {
        require_slots(plan)?;
    }
    let ids = slots.iter().map(|slot| ArmId::parse(text(slot, "/id"))).chain([app.clone()]);
    for id in ids {
        let own = default_host(&id);
        for binding in bindings::of_site(ctx, &id)? {
            let needed = match bindings::state(&binding) {
                BindingSslState::Disabled => Tls::None,
                BindingSslState::SniEnabled => Tls::Sni,
                BindingSslState::IpBasedEnabled => Tls::IpBased,
            };
            let host = bindings::host(&binding);
            if needed > tls(plan) || !(takes_hostnames(plan) || host.eq_ignore_ascii_case(&own)) {
                let (name, tier) = (text(plan, "/name"), text(plan, "/sku/tier"));
                let message = format!(
                    "The {tier} tier of the plan '{name}' does not support the hostname '{host}' as it is bound."
                );
                return Err(Fault::web(409, message));
            }
        }
    }
    Ok(())
}

/// The plan that a property names, or the provider's own fault.
pub(crate) fn named(ctx: &CloudContext<'_>, plan: &str) -> Result<Value, Fault> {
    let id = ArmId::parse(plan);
    ctx.find(&id)?.ok_or_else(|| Fault::web(404, format!("Cannot find ServerFarm with name {}.", id.name())))
}

/// Creates or changes a plan.
pub(crate) fn save(
    ctx: &CloudContext<'_>,
    id: &ArmId,
    location: &str,
    size: &str,
    linux: bool,
) -> Result<Value, Fault> {
    let (size, tier, family) = sku(size)?;
    let group = id.group().unwrap_or_default();
    let region = region(location);
    let webspace = if tier == FLEX { flex_webspace(id) } else { webspace(group, region, linux) };
    let mut plan = envelope(
        id,
        "Microsoft.Web/serverfarms",
        region,
        json!({
            "serverFarmId": number(&id.key()),
            "name": id.name(),
            "numberOfWorkers": 1,
            "currentNumberOfWorkers": 1,
            "maximumNumberOfWorkers": 10,
            "status": "Ready",
            "webSpace": webspace,
            "subscription": id.subscription(),
            "hostingEnvironmentProfile": null,
            "geoRegion": region,
            "perSiteScaling": false,
            "resourceGroup": group,
            "reserved": linux,
            "isXenon": false,
            "hyperV": false,
            "provisioningState": "Succeeded",
            "zoneRedundant": false,
        }),
    );
    plan["kind"] = json!(if linux { "linux" } else { "app" });
    plan["sku"] = json!({"name": size, "tier": tier, "size": size, "family": family, "capacity": 1});
    ctx.save(id, &plan)?;
    Ok(plan)
}

/// The region as App Service spells it.
pub(crate) fn region(location: &str) -> &str {
    REGIONS.iter().find(|region| same_region(region, location)).unwrap_or(&location)
}

/// Every size with its tier and family.
pub(crate) fn sizes() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    SKUS.iter().flat_map(|(tier, family, names)| names.iter().map(move |name| (*name, *tier, *family)))
}

/// The name as the service spells it, tier and family.
fn sku(name: &str) -> Result<(&'static str, &'static str, &'static str), Fault> {
    let found = sizes().find(|(own, ..)| own.eq_ignore_ascii_case(name));
    found.ok_or_else(|| Fault::web(400, format!("The SKU '{name}' is not known.")))
}

/// A number that an old part of the service calls `serverFarmId`.
fn number(key: &str) -> u32 {
    key.bytes().fold(7, |sum, byte| (sum * 31 + u32::from(byte)) % 90_000) + 10_000
}

fn show(ctx: &CloudContext<'_>, mut plan: Value) -> Result<Value, Fault> {
    let id = ArmId::parse(text(&plan, "/id"));
    plan["properties"]["numberOfSites"] = json!(of_plan(ctx, &id)?.len());
    members::complete(Of::Plan, &mut plan["properties"]);
    Ok(plan)
}

/// The sites on a plan; slots are not counted.
pub(crate) fn of_plan(ctx: &CloudContext<'_>, plan: &ArmId) -> Result<Vec<Value>, Fault> {
    ctx.having(&index::ON_PLAN, &plan.to_string())
}

fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    ctx.page(call, KIND, &call.target(), |plan| show(ctx, plan).map(Some))
}

fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    Ok(Reply::ok(show(ctx, ctx.need(&call.target())?)?))
}

fn put(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = call.target();
    let before = ctx.find(&id)?;
    if before.is_none() && call.method == HttpMethod::Patch {
        return Err(Fault::not_found(&id));
    }
    let old = before.unwrap_or(Value::Null);
    let mut wanted = old.clone();
    merge(&mut wanted, &call.body);
    let location = text(&wanted, "/location");
    if location.is_empty() {
        return Err(Fault::web(400, "Location is required."));
    }
    let sku = match text(&wanted, "/sku/name") {
        "" => "S1",
        sku => sku,
    };
    let asked = json!({"name": id.name(), "sku": {"tier": self::sku(sku)?.1}});
    for app in of_plan(ctx, &id)? {
        require_room(ctx, &asked, &ArmId::parse(text(&app, "/id")))?;
    }
    let linux = wanted.pointer("/properties/reserved").and_then(Value::as_bool) == Some(true);
    let mut plan = save(ctx, &id, location, sku, linux)?;
    // A PUT states all tags; without any, the plan has none.
    let tags = if call.method == HttpMethod::Put { call.body.get("tags") } else { wanted.get("tags") };
    if let Some(tags) = tags {
        plan["tags"] = tags.clone();
        ctx.save(&id, &plan)?;
    }
    let mut shown = show(ctx, plan)?;
    // Recorded traffic: responses to writes contain it twice.
    shown["properties"]["sku"] = shown["sku"].clone();
    Ok(Reply::ok(shown))
}

fn delete(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = call.target();
    if !of_plan(ctx, &id)?.is_empty() {
        let text = format!(
            "Server farm '{}' cannot be deleted because it has web app(s) assigned to it.",
            id.name()
        );
        return Err(Fault::web(409, text));
    }
    Ok(Reply::empty(if ctx.remove(&id)? { 200 } else { 204 }))
}

fn sites(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let plan = call.target();
    ctx.need(&plan)?;
    let sites = of_plan(ctx, &plan)?;
    let value: Result<Vec<Value>, Fault> =
        sites.into_iter().map(|site| super::site::show(ctx, site)).collect();
    Ok(Reply::ok(json!({"value": value?, "nextLink": null, "id": null})))
}
