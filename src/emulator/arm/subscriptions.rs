//! Subscriptions, tenants, locations and the registration of resource providers (API.md §10).

use serde_json::{Value, json};

use crate::emulator::{
    call::{Call, Method},
    context::Context,
    id::ResourceId,
    provider::REGIONS,
    reply::{Body, Fault, Outcome, Reply},
    route::Route,
};

const KIND: &str = "microsoft.resources/subscriptions";

pub const ROUTES: &[Route] = &[
    Route::new(Method::Get, "subscriptions", list),
    Route::new(Method::Get, "subscriptions/{subscription}", get),
    Route::new(Method::Get, "{sub}/locations", locations),
    Route::new(Method::Get, "{sub}/providers", providers),
    Route::new(Method::Get, "{sub}/providers/{namespace}", provider),
    Route::new(Method::Post, "{sub}/providers/{namespace}/register", provider),
    Route::new(Method::Get, "tenants", tenants),
];

/// The namespaces there are, with their resource types and the newest api-version (API.md §2).
pub(super) const PROVIDERS: &[(&str, &str, &[&str])] = &[
    ("Microsoft.Web", "2025-05-01", &["certificates", "serverFarms", "sites", "sites/slots", "sites/hostNameBindings"]),
    ("Microsoft.CertificateRegistration", "2024-11-01", &["certificateOrders", "certificateOrders/certificates"]),
    ("Microsoft.DomainRegistration", "2024-11-01", &["domains", "domains/domainOwnershipIdentifiers"]),
    ("Microsoft.KeyVault", "2023-07-01", &["vaults", "vaults/accessPolicies", "deletedVaults"]),
    ("Microsoft.Authorization", "2022-04-01", &["locks", "roleAssignments", "roleDefinitions"]),
    ("Microsoft.Network", "2018-05-01", &["dnszones", "dnszones/A", "dnszones/CAA", "dnszones/CNAME", "dnszones/TXT"]),
    ("Microsoft.Resources", "2024-03-01", &["subscriptions", "resourceGroups"]),
    ("Microsoft.ResourceGraph", "2024-04-01", &["resources", "operations"]),
];

/// Adds a subscription to the estate.
pub fn create(ctx: &Context<'_>, id: &str, name: &str) -> Result<ResourceId, Fault> {
    let scope = ResourceId::parse(&format!("/subscriptions/{id}"));
    let subscription = json!({
        "id": scope.to_string(),
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "tags": {},
        "subscriptionId": id,
        "tenantId": ctx.setting.tenant_id,
        "displayName": name,
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    });
    ctx.save(&scope, &subscription)?;
    Ok(scope)
}

/// The ids of all subscriptions.
pub fn all(ctx: &Context<'_>) -> Result<Vec<ResourceId>, Fault> {
    let found = ctx.list(KIND, &ResourceId::parse(""))?;
    Ok(found.iter().filter_map(|one| one["id"].as_str().map(ResourceId::parse)).collect())
}

fn list(ctx: &Context<'_>, call: &Call) -> Outcome {
    let mut reply = ctx.page(call, KIND, &ResourceId::parse(""), |one| Ok(Some(one)))?;
    if let Body::Json(body) = &mut reply.body {
        let count = body["value"].as_array().map_or(0, Vec::len);
        body["count"] = json!({"type": "Total", "value": count});
        if let Some(members) = body.as_object_mut() {
            members.remove("id");
        }
    }
    Ok(reply)
}

fn get(ctx: &Context<'_>, call: &Call) -> Outcome {
    Ok(Reply::ok(ctx.need(&call.target())?))
}

fn tenants(ctx: &Context<'_>, _: &Call) -> Outcome {
    let tenant = &ctx.setting.tenant_id;
    Ok(Reply::ok(json!({"value": [{
        "id": format!("/tenants/{tenant}"),
        "tenantId": tenant,
        "countryCode": "US",
        "displayName": "Contoso",
        "domains": ["contoso.onmicrosoft.com"],
        "defaultDomain": "contoso.onmicrosoft.com",
        "tenantCategory": "Home",
        "tenantType": "AAD",
    }]})))
}

fn locations(_: &Context<'_>, call: &Call) -> Outcome {
    let subscription = call.param("subscription");
    let value: Vec<Value> = REGIONS
        .iter()
        .map(|region| {
            let name = region.replace(' ', "").to_lowercase();
            json!({
                "id": format!("/subscriptions/{subscription}/locations/{name}"),
                "name": name,
                "type": "Region",
                "displayName": region,
                "regionalDisplayName": region,
                "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
            })
        })
        .collect();
    Ok(Reply::ok(json!({ "value": value })))
}

fn providers(_: &Context<'_>, call: &Call) -> Outcome {
    let value: Vec<Value> = PROVIDERS.iter().map(|row| registration(call.param("subscription"), row)).collect();
    Ok(Reply::ok(json!({ "value": value })))
}

fn provider(_: &Context<'_>, call: &Call) -> Outcome {
    let namespace = call.param("namespace");
    let row = PROVIDERS
        .iter()
        .find(|(name, ..)| name.eq_ignore_ascii_case(namespace))
        .ok_or_else(|| Fault::arm(404, "InvalidResourceNamespace", format!("The resource namespace '{namespace}' is invalid.")))?;
    Ok(Reply::ok(registration(call.param("subscription"), row)))
}

fn registration(subscription: &str, (namespace, version, kinds): &(&str, &str, &[&str])) -> Value {
    let kinds: Vec<Value> = kinds
        .iter()
        .map(|kind| {
            json!({
                "resourceType": kind,
                "locations": REGIONS,
                "apiVersions": [version],
                "defaultApiVersion": version,
                "capabilities": "None",
            })
        })
        .collect();
    json!({
        "id": format!("/subscriptions/{subscription}/providers/{namespace}"),
        "namespace": namespace,
        "resourceTypes": kinds,
        "registrationState": "Registered",
        "registrationPolicy": "RegistrationRequired",
    })
}
