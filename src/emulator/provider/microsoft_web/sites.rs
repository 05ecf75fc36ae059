//! Sites and their slots. Hostnames and TLS states are not kept here: they are read off the bindings.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    super::super::{
        call::{Call, Method},
        context::{Context, envelope, merge, text},
        id::ResourceId,
        reply::{Fault, Outcome, Reply},
        route::Route,
    },
    bindings::{self, SslState},
    config, plans,
};

pub const KIND: &str = "microsoft.web/sites";
pub const SLOT: &str = "microsoft.web/sites/slots";

pub const ROUTES: &[Route] = &[
    Route::new(Method::Get, "{sub}/providers/Microsoft.Web/sites", list),
    Route::new(Method::Get, "{rg}/providers/Microsoft.Web/sites", list),
    Route::new(
        Method::Get,
        "{rg}/providers/Microsoft.Web/sites/{site}",
        get,
    ),
    Route::new(
        Method::Put,
        "{rg}/providers/Microsoft.Web/sites/{site}",
        put,
    ),
    Route::new(
        Method::Patch,
        "{rg}/providers/Microsoft.Web/sites/{site}",
        patch,
    ),
    Route::new(
        Method::Delete,
        "{rg}/providers/Microsoft.Web/sites/{site}",
        delete,
    ),
    Route::new(
        Method::Get,
        "{rg}/providers/Microsoft.Web/sites/{site}/slots",
        slots,
    ),
    Route::new(
        Method::Get,
        "{rg}/providers/Microsoft.Web/sites/{site}/slots/{slot}",
        get,
    ),
    Route::new(
        Method::Put,
        "{rg}/providers/Microsoft.Web/sites/{site}/slots/{slot}",
        put,
    ),
    Route::new(
        Method::Patch,
        "{rg}/providers/Microsoft.Web/sites/{site}/slots/{slot}",
        patch,
    ),
    Route::new(
        Method::Delete,
        "{rg}/providers/Microsoft.Web/sites/{site}/slots/{slot}",
        delete,
    ),
    Route::new(
        Method::Post,
        "{rg}/providers/Microsoft.Web/sites/{site}/publishxml",
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
];

/// A host name of its own under `azurewebsites.net`: the app's, or `app-slot`.
pub fn default_host(id: &ResourceId) -> String {
    let name = match id.kind().as_str() {
        SLOT => format!("{}-{}", id.parent().name(), id.name()),
        _ => id.name().to_owned(),
    };
    format!("{}.azurewebsites.net", name.to_lowercase())
}

/// Whether `site` is the app itself or a slot, by its id.
pub fn is_site(id: &ResourceId) -> bool {
    matches!(id.kind().as_str(), KIND | SLOT)
}

/// What an `asuid.` TXT record must say: one value for a subscription.
pub fn verification_id(id: &ResourceId) -> String {
    let text = format!(
        "practice-asuid-{}",
        id.subscription().unwrap_or_default().to_lowercase()
    );
    crate::emulator::ca::facts::hex_upper(&Sha256::digest(text))
}

/// The shared inbound address of a plan's scale unit, from the documentation range.
fn shared_ip(webspace: &str) -> String {
    format!("203.0.113.{}", byte_of(webspace))
}

/// The address an app gets with its first IP-based binding.
pub fn own_ip(site: &ResourceId) -> String {
    format!("198.51.100.{}", byte_of(&site.key()))
}

fn byte_of(text: &str) -> u8 {
    Sha256::digest(text).first().copied().unwrap_or(1) % 250 + 2
}

/// Makes a site on a plan, with its default hostname.
pub fn create(
    ctx: &Context<'_>,
    id: &ResourceId,
    plan_id: &str,
    kind: &str,
) -> Result<Value, Fault> {
    let plan = plans::named(ctx, plan_id)?;
    let webspace = text(&plan, "/properties/webSpace");
    let location = text(&plan, "/location");
    let type_name = if id.kind() == SLOT {
        "Microsoft.Web/sites/slots"
    } else {
        "Microsoft.Web/sites"
    };
    let mut site = envelope(
        id,
        type_name,
        location,
        json!({
            "name": id.name(),
            "state": "Running",
            "enabled": true,
            "usageState": "Normal",
            "availabilityState": "Normal",
            "webSpace": webspace,
            "serverFarmId": text(&plan, "/id"),
            "reserved": plan["properties"]["reserved"],
            "isXenon": false,
            "hyperV": false,
            "lastModifiedTimeUtc": ctx.now.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
            "siteConfig": {"numberOfWorkers": 1, "linuxFxVersion": "", "alwaysOn": true, "http20Enabled": true, "minTlsVersion": null, "ftpsState": null},
            "clientAffinityEnabled": true,
            "clientCertEnabled": false,
            "clientCertMode": "Required",
            "clientCertExclusionPaths": null,
            "hostNamesDisabled": false,
            "customDomainVerificationId": verification_id(id),
            "inboundIpAddress": shared_ip(webspace),
            "outboundIpAddresses": "192.0.2.10,192.0.2.11,192.0.2.12",
            "possibleOutboundIpAddresses": "192.0.2.10,192.0.2.11,192.0.2.12,192.0.2.13",
            "hostingEnvironmentProfile": null,
            "resourceGroup": id.group(),
            "defaultHostName": default_host(id),
            "slotSwapStatus": null,
            "httpsOnly": false,
            "ipMode": "IPv4",
            "publicNetworkAccess": null,
        }),
    );
    // Clients read the name with the app in front: `shop/staging`.
    if id.kind() == SLOT {
        site["name"] = json!(format!("{}/{}", id.parent().name(), id.name()));
    }
    let os = if plan["properties"]["reserved"] == json!(true) {
        ",linux"
    } else {
        ""
    };
    site["kind"] = json!(format!("{kind}{os}"));
    ctx.save(id, &site)?;
    bindings::add(ctx, id, &default_host(id), None)?;
    config::create(ctx, id, location)?;
    Ok(site)
}

/// The site as GET shows it.
pub fn show(ctx: &Context<'_>, mut site: Value) -> Result<Value, Fault> {
    let id = ResourceId::parse(text(&site, "/id"));
    let plan = ctx.find(&ResourceId::parse(text(&site, "/properties/serverFarmId")))?;
    let bound = bindings::of_site(ctx, &id)?;
    let mut hosts: Vec<&str> = bound.iter().map(bindings::host).collect();
    // The default hostname comes last in real answers.
    let default = default_host(&id);
    hosts.sort_by_key(|host| *host == default);
    let scm = default.replacen(".azurewebsites.net", ".scm.azurewebsites.net", 1);
    let mut states: Vec<Value> = bound.iter().map(ssl_state).collect();
    let mut repository = ssl_state(&json!({}));
    repository["name"] = json!(scm);
    repository["hostType"] = json!("Repository");
    states.push(repository);
    let own_ip = bound
        .iter()
        .find(|binding| bindings::state(binding) == SslState::IpBasedEnabled)
        .map(|_| own_ip(&id));
    let properties = &mut site["properties"];
    properties["hostNames"] = json!(hosts);
    let enabled: Vec<&str> = hosts.iter().copied().chain([scm.as_str()]).collect();
    properties["enabledHostNames"] = json!(enabled);
    properties["hostNameSslStates"] = json!(states);
    properties["repositorySiteName"] = json!(id.name());
    properties["sku"] = plan.map_or(Value::Null, |plan| plan["sku"]["tier"].clone());
    if let Some(ip) = own_ip {
        properties["inboundIpAddress"] = json!(ip);
    }
    properties["possibleInboundIpAddresses"] = properties["inboundIpAddress"].clone();
    Ok(site)
}

/// One entry of `hostNameSslStates` (API.md §4.3).
fn ssl_state(binding: &Value) -> Value {
    let state = bindings::state(binding);
    let ip_based = state == SslState::IpBasedEnabled;
    json!({
        "name": bindings::host(binding),
        "sslState": state.word(),
        "ipBasedSslResult": null,
        "virtualIP": binding.pointer("/properties/virtualIP"),
        "virtualIPv6": null,
        "thumbprint": binding.pointer("/properties/thumbprint"),
        "certificateResourceId": null,
        "toUpdate": null,
        "toUpdateIpBasedSsl": null,
        "ipBasedSslState": if ip_based { "Configured" } else { "NotConfigured" },
        "hostType": "Standard",
    })
}

/// The ETag of a site or binding: it changes with every change.
pub fn etag(resource: &Value) -> String {
    let hash = crate::emulator::ca::facts::hex_upper(&Sha256::digest(resource.to_string()));
    format!("\"{}\"", hash.get(..15).unwrap_or_default())
}

/// 412 when the caller saw another state than this one.
pub fn require_match(call: &Call, current: &Value) -> Result<(), Fault> {
    match call.if_match.as_deref() {
        Some(wanted) if wanted != "*" && wanted != etag(current) => Err(Fault::web(
            412,
            "The resource was changed since it was read. Read it again.",
        )),
        _ => Ok(()),
    }
}

fn reply(ctx: &Context<'_>, site: Value) -> Outcome {
    let shown = show(ctx, site)?;
    let etag = etag(&shown);
    Ok(Reply::ok(shown).header("etag", etag))
}

fn list(ctx: &Context<'_>, call: &Call) -> Outcome {
    let scope = call.target();
    if call
        .query("includeSlots")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    {
        let mut all = ctx.list(KIND, &scope)?;
        all.extend(ctx.list(SLOT, &scope)?);
        let value: Result<Vec<Value>, Fault> =
            all.into_iter().map(|site| show(ctx, site)).collect();
        return Ok(Reply::ok(
            json!({"value": value?, "nextLink": null, "id": null}),
        ));
    }
    ctx.page(call, KIND, &scope, |site| show(ctx, site).map(Some))
}

fn slots(ctx: &Context<'_>, call: &Call) -> Outcome {
    ctx.need(&call.target())?;
    ctx.page(call, SLOT, &call.target(), |site| show(ctx, site).map(Some))
}

fn get(ctx: &Context<'_>, call: &Call) -> Outcome {
    let id = call.target();
    reply(ctx, ctx.need(&id)?)
}

/// A PUT on an existing site lays its members over what is there; absent ones stay (recorded traffic of az).
fn put(ctx: &Context<'_>, call: &Call) -> Outcome {
    let id = call.target();
    let Some(mut site) = ctx.find(&id)? else {
        return make(ctx, call, &id);
    };
    if let Some(location) = call.text("/location")
        && !plans::same_region(location, text(&site, "/location"))
    {
        return Err(Fault::arm(
            409,
            "InvalidResourceLocation",
            format!(
                "The resource '{}' already exists in location '{}' in resource group '{}'. A resource with the same name \
                 cannot be created in location '{location}'. Please select a new resource name.",
                id.name(),
                text(&site, "/location"),
                id.group().unwrap_or_default()
            ),
        ));
    }
    // A PUT says what the tags are; without any, they are gone.
    site["tags"] = call.body.get("tags").cloned().unwrap_or(Value::Null);
    change(ctx, call, &id, site)
}

fn patch(ctx: &Context<'_>, call: &Call) -> Outcome {
    let id = call.target();
    let mut site = ctx.need(&id)?;
    if let Some(tags) = call.body.get("tags") {
        site["tags"] = tags.clone();
    }
    change(ctx, call, &id, site)
}

fn make(ctx: &Context<'_>, call: &Call, id: &ResourceId) -> Outcome {
    let plan = if id.kind() == SLOT {
        text(&ctx.need(&id.parent())?, "/properties/serverFarmId").to_owned()
    } else {
        call.need("/properties/serverFarmId")?.to_owned()
    };
    let kind = call.text("/kind").unwrap_or("app");
    let site = create(ctx, id, &plan, kind.split(',').next().unwrap_or("app"))?;
    change(ctx, call, id, site)
}

fn change(ctx: &Context<'_>, call: &Call, id: &ResourceId, mut site: Value) -> Outcome {
    let before = show(ctx, site.clone())?;
    require_match(call, &before)?;
    let empty = Map::new();
    let wanted = call
        .body
        .get("properties")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    for name in WRITABLE {
        if let Some(value) = wanted.get(*name).filter(|value| !value.is_null()) {
            site["properties"][*name] = value.clone();
        }
    }
    if let Some(web) = wanted.get("siteConfig").filter(|web| web.is_object()) {
        config::change(ctx, id, web)?;
    }
    ctx.save(id, &site)?;
    for state in wanted
        .get("hostNameSslStates")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if state["toUpdate"] == json!(true) {
            change_binding(ctx, id, state)?;
        }
    }
    let mut merged = site;
    if let Some(tags) = call.body.get("tags") {
        merge(&mut merged["tags"], tags);
    }
    reply(ctx, merged)
}

/// One entry of `hostNameSslStates` with `toUpdate` (API.md §4.5, way 1).
fn change_binding(ctx: &Context<'_>, site: &ResourceId, state: &Value) -> Result<(), Fault> {
    let host = text(state, "/name");
    let wanted = SslState::parse(&state["sslState"])
        .ok_or_else(|| Fault::web(400, "The parameter sslState has an invalid value."))?;
    bindings::bind(ctx, site, host, wanted, text(state, "/thumbprint"))?;
    Ok(())
}

fn delete(ctx: &Context<'_>, call: &Call) -> Outcome {
    let id = call.target();
    if ctx.find(&id)?.is_none() {
        return Ok(Reply::empty(204));
    }
    for resource in ctx.list_all(&id, |_| true)? {
        ctx.remove(&ResourceId::parse(text(&resource, "/id")))?;
    }
    ctx.remove(&id)?;
    Ok(Reply::empty(200))
}

/// az asks for it after every change; it only wants XML.
fn publish_xml(ctx: &Context<'_>, call: &Call) -> Outcome {
    let id = call.target();
    ctx.need(&id)?;
    let host = default_host(&id);
    let xml = format!(
        "<publishData><publishProfile profileName=\"{name} - FTP\" publishMethod=\"FTP\" publishUrl=\"ftps://{host}/site/wwwroot\" \
         userName=\"{name}\" userPWD=\"\" destinationAppUrl=\"https://{host}\" /></publishData>",
        name = id.name()
    );
    Ok(Reply::new(
        200,
        crate::emulator::reply::Body::Text("application/xml", xml),
    ))
}
