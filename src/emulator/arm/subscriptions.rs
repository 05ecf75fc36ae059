//! Subscriptions, tenants, locations and the registration of resource providers (API.md §10).

use serde_json::{Value, json};

use super::namespaces::{self, NAMESPACES, Namespace};
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
    let value: Vec<Value> = NAMESPACES.iter().map(|one| registration(call.param("subscription"), one)).collect();
    Ok(Reply::ok(json!({ "value": value })))
}

fn provider(_: &Context<'_>, call: &Call) -> Outcome {
    let namespace = call.param("namespace");
    let found = namespaces::named(namespace)
        .ok_or_else(|| Fault::arm(404, "InvalidResourceNamespace", format!("The resource namespace '{namespace}' is invalid.")))?;
    Ok(Reply::ok(registration(call.param("subscription"), found)))
}

fn registration(subscription: &str, Namespace { name, versions, kinds }: &Namespace) -> Value {
    let versions: Vec<&str> = versions.split_whitespace().collect();
    let kinds: Vec<Value> = kinds
        .iter()
        .map(|kind| {
            json!({
                "resourceType": kind,
                "locations": REGIONS,
                "apiVersions": versions,
                "defaultApiVersion": versions.first(),
                "capabilities": "None",
            })
        })
        .collect();
    json!({
        "id": format!("/subscriptions/{subscription}/providers/{name}"),
        "namespace": name,
        "resourceTypes": kinds,
        "registrationState": "Registered",
        "registrationPolicy": "RegistrationRequired",
    })
}
