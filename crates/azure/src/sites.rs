//! Apps and their slots, their hostname bindings, and the tokens by which an app proves who owns a domain.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::Around;
use super::answer::AsItIs;
use super::client::Client;
use super::error::AzureError;
use super::request::Request;
use super::{json, several, version};
use certdeck_model::{App, Binding, Hostname, ResourceId, Scope, SslState, Thumbprint, Webspace};

/// An app with the bindings in its own answer (`hostNameSslStates`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The app or slot itself, with the names of its hostnames.
    pub app: App,
    /// One binding for each of its hostnames, except those of the deployment site (SCM).
    pub bindings: Vec<Binding>,
}

/// Apps whose slots are requested at the same time.
const SITES_AT_ONCE: usize = 8;

/// The apps of a subscription or of a resource group, slots included.
pub async fn list(client: &Client, subscription: &ResourceId) -> Result<Vec<Site>, AzureError> {
    let (apps, slots) = futures::try_join!(apps(client, subscription), slots(client, subscription))?;
    Ok(apps.into_iter().chain(slots).collect())
}

/// The apps and slots of the subscription that a resource is in, as far as the caller's roles reach.
pub async fn around(client: &Client, id: &ResourceId) -> Result<Around<Site>, AzureError> {
    super::around(id, |scope| async move { list(client, &scope).await }).await
}

/// The apps of a subscription without their slots, as the service lists them.
pub async fn apps(client: &Client, subscription: &ResourceId) -> Result<Vec<Site>, AzureError> {
    let path = format!("{subscription}/providers/Microsoft.Web/sites");
    client.list_as(&Request::get("List the apps", path, version::WEB), decode).await
}

/// The slots of a subscription. Lists contain only their ids, so only apps with slots are queried.
pub async fn slots(client: &Client, subscription: &ResourceId) -> Result<Vec<Site>, AzureError> {
    let sites = sites_with_slots(client, subscription).await?;
    let ask = |site: &ResourceId| {
        Request::get(format!("List the slots of {}", site.name()), format!("{site}/slots"), version::WEB)
    };
    let asked = sites.iter().map(ask).map(|request| async move { client.list_as(&request, decode).await });
    Ok(several::try_all(SITES_AT_ONCE, asked).await?.into_iter().flatten().collect())
}

async fn sites_with_slots(client: &Client, subscription: &ResourceId) -> Result<Vec<ResourceId>, AzureError> {
    let request = Request::get("List the slots", format!("{subscription}/resources"), version::GROUPS)
        .with_query("$filter", "resourceType eq 'Microsoft.Web/sites/slots'");
    let slots = client.list_as(&request, |slot| json::id(slot, "/id")).await?;
    let site = |slot: &ResourceId| Some(slot.sibling("Microsoft.Web/sites", slot.segment("sites")?));
    let mut seen = HashSet::new();
    Ok(slots.iter().filter_map(site).filter(|site| seen.insert(site.clone())).collect())
}

/// Reads an app or slot; `None` if it does not exist.
pub async fn get(client: &Client, id: &ResourceId) -> Result<Option<Site>, AzureError> {
    let request = Request::get(format!("Read the app {}", id.name()), id.as_str(), version::WEB);
    client.read_as(&request, decode).await
}

/// The service's own answer about an app.
pub async fn as_it_is(client: &Client, id: &ResourceId) -> Result<Option<AsItIs>, AzureError> {
    let request = Request::get(format!("Read the app {}", id.name()), id.as_str(), version::WEB);
    let read = client.read_as_it_is(&request).await?;
    match read {
        Some(read) if decode(&read.body).is_none() => Err(client.malformed(&request, "the answer is no app")),
        read => Ok(read),
    }
}

/// The hostname bindings of an app, read one by one by the service: more current than the app's own answer.
pub async fn bindings(client: &Client, site: &ResourceId) -> Result<Vec<Binding>, AzureError> {
    let what = format!("List the hostname bindings of {}", site.name());
    client
        .list_as(&Request::get(what, format!("{site}/hostNameBindings"), version::WEB), decode_binding)
        .await
}

/// The hostnames of an app that the service knows to be mapped by an A record: they do not follow when its
/// address changes.
pub async fn mapped_by_a(client: &Client, site: &ResourceId) -> Result<Vec<Hostname>, AzureError> {
    let what = format!("List the hostname bindings of {}", site.name());
    let with_record = |value: &Value| {
        Some((decode_binding(value)?.host, json::text(value, "/properties/customHostNameDnsRecordType")))
    };
    let request = Request::get(what, format!("{site}/hostNameBindings"), version::WEB);
    let all = client.list_as(&request, with_record).await?;
    let by_a =
        |record: &Option<String>| record.as_deref().is_some_and(|record| record.eq_ignore_ascii_case("A"));
    Ok(all.into_iter().filter(|(_, record)| by_a(record)).map(|(host, _)| host).collect())
}

/// The binding of one hostname, by its id (`Binding::id`).
pub async fn binding(client: &Client, id: &ResourceId) -> Result<Option<Binding>, AzureError> {
    Ok(binding_as_it_is(client, id).await?.and_then(|read| decode_binding(&read.body)))
}

/// The service's own answer about a binding, to be sent back with a change (`bind`, `unbind`).
pub async fn binding_as_it_is(client: &Client, id: &ResourceId) -> Result<Option<AsItIs>, AzureError> {
    let request =
        Request::get(format!("Read the hostname binding of {}", id.name()), id.as_str(), version::WEB);
    let read = client.read_as_it_is(&request).await?;
    match read {
        Some(read) if decode_binding(&read.body).is_none() => {
            Err(client.malformed(&request, "the answer is no hostname binding"))
        }
        read => Ok(read),
    }
}

/// Secures a hostname with a certificate of the app's webspace. `current` is the existing binding: its DNS
/// members are sent back unchanged.
pub fn bind(
    binding: &ResourceId,
    ssl: SslState,
    thumbprint: &Thumbprint,
    current: Option<&AsItIs>,
) -> Request {
    let mut properties = kept(binding, current);
    properties.insert("sslState".to_owned(), ssl.as_wire().into());
    properties.insert("thumbprint".to_owned(), thumbprint.as_str().into());
    let what =
        format!("Bind {} to the certificate {} by {}", binding.name(), thumbprint.short(), ssl.words());
    Request::put(what, binding, version::WEB, json!({ "properties": properties })).while_as(current)
}

/// Removes the certificate from a hostname; the hostname stays mapped.
pub fn unbind(binding: &ResourceId, current: Option<&AsItIs>) -> Request {
    let mut properties = kept(binding, current);
    properties.insert("sslState".to_owned(), SslState::Disabled.as_wire().into());
    let what = format!("Unbind {}", binding.name());
    Request::put(what, binding, version::WEB, json!({ "properties": properties })).while_as(current)
}

/// The writable part of a binding without its certificate.
fn kept(binding: &ResourceId, current: Option<&AsItIs>) -> Map<String, Value> {
    const WRITABLE: [&str; 6] = [
        "siteName",
        "domainId",
        "azureResourceName",
        "azureResourceType",
        "customHostNameDnsRecordType",
        "hostNameType",
    ];
    let properties = current.and_then(|read| read.body.get("properties"));
    let mut kept = Map::new();
    for key in WRITABLE {
        if let Some(value) =
            properties.and_then(|properties| properties.get(key)).filter(|value| !value.is_null())
        {
            kept.insert(key.to_owned(), value.clone());
        }
    }
    if !kept.contains_key("siteName") {
        let site = binding.segment("sites").unwrap_or_default();
        let name = binding.segment("slots").map_or_else(|| site.to_owned(), |slot| format!("{site}({slot})"));
        kept.insert("siteName".to_owned(), name.into());
    }
    kept
}

/// Lets the app serve the verification token of the order for its domain (A97).
pub fn claim(site: &ResourceId, order_name: &str, token: &str) -> Request {
    let id = site.child("domainOwnershipIdentifiers", order_name);
    let what = format!("Let the app {} prove the domain of the order {order_name}", site.name());
    Request::put(what, &id, version::WEB, json!({ "properties": { "id": token } }))
}

/// The verification token that the app holds for an order.
pub async fn claim_token(
    client: &Client,
    site: &ResourceId,
    order_name: &str,
) -> Result<Option<String>, AzureError> {
    let id = site.child("domainOwnershipIdentifiers", order_name);
    let request =
        Request::get(format!("Read the verification token on {}", site.name()), id.as_str(), version::WEB);
    let answer = client.read(&request).await?;
    Ok(answer.and_then(|value| {
        json::text(&value, "/properties/id").or_else(|| json::text(&value, "/properties/ownershipId"))
    }))
}

/// The apps of the subscription to which the domain is mapped, which App Service verification needs (A95,
/// A97).
pub async fn find_mapped(
    client: &Client,
    subscription: &ResourceId,
    domain: &Hostname,
) -> Result<Vec<App>, AzureError> {
    let sites = list(client, subscription).await?.into_iter().map(|site| site.app);
    Ok(sites.filter(|app| app.hostnames.iter().any(|host| host.as_str() == domain.base())).collect())
}

/// The members of `properties` that `decode` reads: the projection of the index asks for these.
pub(crate) const MEMBERS: &[&str] = &[
    "serverFarmId",
    "webSpace",
    "siteScopedCertificatesEnabled",
    "sku",
    "state",
    "defaultHostName",
    "hostNames",
    "httpsOnly",
    "inboundIpAddress",
    "reserved",
    "hostingEnvironmentProfile",
    "hostNameSslStates",
];

/// Those without which a row would be misleading.
pub(crate) const NEEDS: &[&str] = &["hostNames", "hostNameSslStates"];

/// Decodes an app or slot with its bindings; `None` if it has no valid id.
pub fn decode(value: &Value) -> Option<Site> {
    let id = json::id(value, "/id")?;
    let states = value.pointer("/properties/hostNameSslStates").and_then(Value::as_array);
    let bindings = states.into_iter().flatten().filter_map(|state| decode_ssl_state(&id, state)).collect();
    let (plan, linux) =
        (json::id(value, "/properties/serverFarmId"), json::flag(value, "/properties/reserved"));
    let in_environment = value.pointer("/properties/hostingEnvironmentProfile").is_some_and(Value::is_object);
    let app = App {
        location: json::text_or_empty(value, "/location"),
        webspace: webspace(value, &id, plan.as_ref(), linux, in_environment),
        scope: scope(value),
        tier: json::text_or_empty(value, "/properties/sku"),
        plan,
        state: json::text_or_empty(value, "/properties/state"),
        default_hostname: json::text_or_empty(value, "/properties/defaultHostName"),
        hostnames: json::hosts(value, "/properties/hostNames"),
        https_only: json::flag(value, "/properties/httpsOnly"),
        inbound_ip: json::text(value, "/properties/inboundIpAddress"),
        linux,
        in_environment,
        id,
    };
    Some(Site { app, bindings })
}

/// The webspace of an app. An environment has webspaces with other names than the shared platform, so a
/// missing name cannot be derived there.
fn webspace(
    value: &Value,
    id: &ResourceId,
    plan: Option<&ResourceId>,
    linux: bool,
    in_environment: bool,
) -> Webspace {
    match json::text(value, "/properties/webSpace") {
        Some(name) => Webspace::named(id, name),
        None if in_environment || scope(value) == Scope::App => Webspace::default(),
        None => {
            let region: String = json::text_or_empty(value, "/location");
            Webspace::derived(plan.unwrap_or(id), &region, Some(linux))
        }
    }
}

/// No published description contains `siteScopedCertificatesEnabled`; apps on a Flex Consumption plan have no
/// other certificates (C34), and report their tier as `sku`.
fn scope(value: &Value) -> Scope {
    let is_flex =
        json::text(value, "/properties/sku").is_some_and(|tier| tier.eq_ignore_ascii_case("FlexConsumption"));
    if is_flex || json::flag(value, "/properties/siteScopedCertificatesEnabled") {
        Scope::App
    } else {
        Scope::Webspace
    }
}

/// One entry of `hostNameSslStates`; the names of the scm site are omitted.
fn decode_ssl_state(site: &ResourceId, state: &Value) -> Option<Binding> {
    if matches!(json::text(state, "/hostType").as_deref(), Some("Repository" | "1")) {
        return None;
    }
    Some(Binding {
        app: site.clone(),
        host: Hostname::parse(&json::text(state, "/name")?).ok()?,
        ssl: ssl_state(json::text(state, "/sslState").as_deref()),
        thumbprint: json::thumbprint(state, "/thumbprint"),
        virtual_ip: json::text(state, "/virtualIP"),
    })
}

/// A `hostNameBindings` resource. Some recorded answers lack an id, and the name begins with the site's.
pub fn decode_binding(value: &Value) -> Option<Binding> {
    let id = json::id(value, "/id")?;
    Some(Binding {
        app: id.site()?,
        host: Hostname::parse(id.segment("hostNameBindings")?).ok()?,
        ssl: ssl_state(json::text(value, "/properties/sslState").as_deref()),
        thumbprint: json::thumbprint(value, "/properties/thumbprint"),
        virtual_ip: json::text(value, "/properties/virtualIP"),
    })
}

/// Old api-versions write numbers.
fn ssl_state(text: Option<&str>) -> SslState {
    match text {
        Some(text) if text.eq_ignore_ascii_case("SniEnabled") || text == "1" => SslState::Sni,
        Some(text) if text.eq_ignore_ascii_case("IpBasedEnabled") || text == "2" => SslState::IpBased,
        _ => SslState::Disabled,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn site() -> Value {
        json!({"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/shop", "location": "West Europe", "properties": {
            "state": "Running", "webSpace": "g-WestEuropewebspace", "defaultHostName": "shop-abc.westeurope-01.azurewebsites.net",
            "hostNames": ["shop.contoso.com", "shop-abc.westeurope-01.azurewebsites.net"], "httpsOnly": true, "reserved": false,
            "serverFarmId": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/serverfarms/plan", "hostingEnvironmentProfile": null,
            "hostNameSslStates": [
                {"name": "shop.contoso.com", "sslState": "SniEnabled", "thumbprint": "9e9735c45c792b03b3ffcca614852b32ee71ad6b", "virtualIP": null, "hostType": "Standard"},
                {"name": "old.contoso.com", "sslState": 2, "virtualIP": "20.1.2.3", "hostType": 0},
                {"name": "shop.scm.azurewebsites.net", "sslState": "Disabled", "thumbprint": null, "hostType": "Repository"}]}})
    }

    #[test]
    fn a_sites_answer_tells_app_and_bindings() {
        let Site { app, bindings } = decode(&site()).unwrap();
        assert_eq!(app.custom_hostnames().map(Hostname::as_str).collect::<Vec<_>>(), ["shop.contoso.com"]);
        assert!(app.https_only && !app.linux && !app.in_environment);
        assert_eq!(
            bindings.iter().map(|binding| binding.ssl).collect::<Vec<_>>(),
            [SslState::Sni, SslState::IpBased]
        );
        assert_eq!(
            bindings[0].thumbprint.as_ref().unwrap().as_str(),
            "9E9735C45C792B03B3FFCCA614852B32EE71AD6B"
        );
        assert_eq!(bindings[1].virtual_ip.as_deref(), Some("20.1.2.3"));
    }

    #[test]
    fn an_app_has_its_own_certificates_alone_where_its_plan_or_its_maker_says_so() {
        let scope = |properties: Value| {
            let mut site = site();
            site["properties"].as_object_mut().unwrap().extend(properties.as_object().unwrap().clone());
            decode(&site).unwrap().app.scope
        };
        assert_eq!(scope(json!({})), Scope::Webspace);
        assert_eq!(scope(json!({"sku": "FlexConsumption"})), Scope::App);
        assert_eq!(scope(json!({"sku": "PremiumV3", "siteScopedCertificatesEnabled": true})), Scope::App);
    }

    #[test]
    fn a_site_that_says_almost_nothing_is_still_a_site() {
        assert!(
            decode(&json!({"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/x", "properties": null}))
                .is_some()
        );
        assert!(decode(&json!({"properties": {}})).is_none());
    }

    #[test]
    fn a_binding_keeps_what_it_says_about_dns() {
        let site = ResourceId::parse("/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/shop")
            .unwrap();
        let id = site.child("slots", "next").child("hostNameBindings", "a.contoso.com");
        let current = json!({"properties": {"siteName": "shop(next)", "azureResourceType": "TrafficManager", "azureResourceName": "tm",
            "sslState": "SniEnabled", "thumbprint": "X", "virtualIP": "1.2.3.4", "domainId": null}});
        let current = AsItIs { body: current, etag: Some("\"1DAE9\"".to_owned()) };
        let thumbprint = Thumbprint::parse(&"A".repeat(40)).unwrap();
        let sent = |request: Request| request.body.unwrap().shown();
        let bound = sent(bind(&id, SslState::Sni, &thumbprint, Some(&current)));
        let kept = json!({"siteName": "shop(next)", "azureResourceName": "tm", "azureResourceType": "TrafficManager",
            "sslState": "SniEnabled", "thumbprint": "A".repeat(40)});
        assert_eq!(bound["properties"], kept);
        assert_eq!(sent(bind(&id, SslState::Sni, &thumbprint, None))["properties"]["siteName"], "shop(next)");
        let condition = unbind(&id, Some(&current)).condition.unwrap();
        assert_eq!(condition.etag.as_deref(), Some("\"1DAE9\""));
        assert!(sent(unbind(&id, Some(&current)))["properties"].get("thumbprint").is_none());
    }
}
