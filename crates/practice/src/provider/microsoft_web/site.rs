//! Sites and slots. Hostnames and TLS states are not stored with them but read from the bindings.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    bindings::{self, BindingSslState},
    config,
    members::{self, Of},
    plans,
};
use crate::{
    ca::facts::hex_upper,
    context::{CloudContext, envelope, text},
    dns::{self, DnsRecord, DnsRecordKind},
    id::ArmId,
    reply::Fault,
    switches::Switches,
};

pub(crate) const KIND: &str = "microsoft.web/sites";
pub(crate) const SLOT: &str = "microsoft.web/sites/slots";

/// Its own hostname under `azurewebsites.net`: the app's, or `app-slot`.
pub(crate) fn default_host(id: &ArmId) -> String {
    let name = match id.kind().as_str() {
        SLOT => format!("{}-{}", id.parent().name(), id.name()),
        _ => id.name().to_owned(),
    };
    format!("{}.azurewebsites.net", name.to_lowercase())
}

/// The value of the `asuid.` TXT record: one for each subscription.
pub(crate) fn verification_id(id: &ArmId) -> String {
    let text = format!("practice-asuid-{}", id.subscription().unwrap_or_default().to_lowercase());
    hex_upper(&Sha256::digest(text))
}

/// The shared inbound address of a plan's scale unit, from the documentation range.
fn shared_ip(webspace: &str) -> String {
    format!("203.0.113.{}", byte_of(webspace))
}

/// Whether a site accepts only its own certificates (C34).
pub(crate) fn has_own_certificates(site: &Value) -> bool {
    site.pointer("/properties/siteScopedCertificatesEnabled") == Some(&Value::Bool(true))
}

/// The address that an app gets with its first IP-based binding.
pub(crate) fn own_ip(site: &ArmId) -> String {
    format!("198.51.100.{}", byte_of(&site.key()))
}

fn byte_of(text: &str) -> u8 {
    Sha256::digest(text).first().copied().unwrap_or(1) % 250 + 2
}

/// Creates a site on a plan, with its default hostname.
pub(crate) fn create(ctx: &CloudContext<'_>, id: &ArmId, plan_id: &str, kind: &str) -> Result<Value, Fault> {
    let plan = plans::named(ctx, plan_id)?;
    let site = document(ctx, id, &plan, kind);
    ctx.save(id, &site)?;
    bindings::add(ctx, id, &default_host(id), None)?;
    config::create(ctx, id, text(&plan, "/location"))?;
    publish_address(ctx, id)?;
    Ok(site)
}

/// The same for a generated estate with thousands of sites: looks nothing up that is known.
pub(crate) fn plant(
    ctx: &CloudContext<'_>,
    id: &ArmId,
    plan: &Value,
    https_only: bool,
) -> Result<Value, Fault> {
    let mut site = document(ctx, id, plan, "app");
    site["properties"]["httpsOnly"] = json!(https_only);
    ctx.save(id, &site)?;
    bindings::add(ctx, id, &default_host(id), None)?;
    config::create(ctx, id, text(plan, "/location"))?;
    let address = text(&site, "/properties/inboundIpAddress");
    let record = DnsRecord::new(&default_host(id), DnsRecordKind::A, address)
        .map_err(|error| Fault::web(400, error.to_string()))?;
    dns::add(ctx.tx, &record)?;
    Ok(site)
}

fn document(ctx: &CloudContext<'_>, id: &ArmId, plan: &Value, kind: &str) -> Value {
    let webspace = text(plan, "/properties/webSpace");
    let location = text(plan, "/location");
    let type_name = if id.kind() == SLOT { "Microsoft.Web/sites/slots" } else { "Microsoft.Web/sites" };
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
            "serverFarmId": text(plan, "/id"),
            "siteScopedCertificatesEnabled": plans::is_flex(plan),
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
    // Clients see the name with the app in front: `shop/staging`.
    if id.kind() == SLOT {
        site["name"] = json!(format!("{}/{}", id.parent().name(), id.name()));
    }
    let os = if plan["properties"]["reserved"] == json!(true) { ",linux" } else { "" };
    site["kind"] = json!(format!("{kind}{os}"));
    site
}

/// Updates the address of the site's own name in DNS: the shared address, or its own with an IP-based
/// binding.
pub(crate) fn publish_address(ctx: &CloudContext<'_>, id: &ArmId) -> Result<(), Fault> {
    let shown = show(ctx, ctx.need(id)?)?;
    let name = default_host(id);
    dns::remove(ctx.tx, &name, DnsRecordKind::A, None)?;
    let address = text(&shown, "/properties/inboundIpAddress");
    let record = DnsRecord::new(&name, DnsRecordKind::A, address)
        .map_err(|error| Fault::web(400, error.to_string()))?;
    Ok(dns::add(ctx.tx, &record)?)
}

/// The site as GET shows it.
pub(crate) fn show(ctx: &CloudContext<'_>, site: Value) -> Result<Value, Fault> {
    show_only(ctx, site, &|_| true)
}

/// The same with only the wanted members of `properties`; others may be present too.
pub(crate) fn show_only(
    ctx: &CloudContext<'_>,
    mut site: Value,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Value, Fault> {
    let id = ArmId::parse(text(&site, "/id"));
    let of_bindings = [
        "hostNames",
        "enabledHostNames",
        "hostNameSslStates",
        "inboundIpAddress",
        "possibleInboundIpAddresses",
    ];
    let bound = if of_bindings.into_iter().any(wanted) { bindings::of_site(ctx, &id)? } else { Vec::new() };
    let mut hosts: Vec<&str> = bound.iter().map(bindings::host).collect();
    // The default hostname comes last in real responses.
    let default = default_host(&id);
    hosts.sort_by_key(|host| *host == default);
    let scm = default.replacen(".azurewebsites.net", ".scm.azurewebsites.net", 1);
    let own_ip = bound
        .iter()
        .find(|binding| bindings::state(binding) == BindingSslState::IpBasedEnabled)
        .map(|_| own_ip(&id));
    let properties = &mut site["properties"];
    if let Some(ip) = own_ip {
        properties["inboundIpAddress"] = json!(ip);
    }
    let mut set = |name: &str, value: &dyn Fn(&Value) -> Result<Value, Fault>| -> Result<(), Fault> {
        if wanted(name) {
            properties[name] = value(properties)?;
        }
        Ok(())
    };
    set("hostNames", &|_| Ok(json!(hosts)))?;
    set("enabledHostNames", &|_| Ok(hosts.iter().copied().chain([scm.as_str()]).collect()))?;
    set("hostNameSslStates", &|_| {
        let mut repository = ssl_state(&json!({}));
        repository["name"] = json!(scm);
        repository["hostType"] = json!("Repository");
        Ok(bound.iter().map(ssl_state).chain([repository]).collect())
    })?;
    set("repositorySiteName", &|_| Ok(json!(id.name())))?;
    set("sku", &|site| {
        let plan = ctx.find(&ArmId::parse(text(site, "/serverFarmId")))?;
        Ok(plan.map_or(Value::Null, |plan| plan["sku"]["tier"].clone()))
    })?;
    set("possibleInboundIpAddresses", &|site| Ok(site["inboundIpAddress"].clone()))?;
    set("selfLink", &|_| Ok(json!(format!("https://practice-001.api.azurewebsites.windows.net{id}"))))?;
    set("ftpUsername", &|_| Ok(json!(format!("{name}\\${name}", name = id.name()))))?;
    set("ftpsHostName", &|_| Ok(json!(format!("ftps://{default}/site/wwwroot"))))?;
    if Switches::of(ctx)?.site_scope_unsaid
        && let Some(properties) = properties.as_object_mut()
    {
        properties.shift_remove("siteScopedCertificatesEnabled");
    }
    members::complete_with(Of::Site, properties, wanted);
    Ok(site)
}

/// One entry of `hostNameSslStates`.
fn ssl_state(binding: &Value) -> Value {
    let state = bindings::state(binding);
    let ip_based = state == BindingSslState::IpBasedEnabled;
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
