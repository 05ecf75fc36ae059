//! Subscriptions, tenants, locations and the registration of resource providers.

use serde_json::{Value, json};

use super::namespaces::{self, NAMESPACES, Namespace};
use crate::{
    call::{Call, HttpMethod},
    context::CloudContext,
    entra::tenants::{self, GUEST},
    id::ArmId,
    provider::REGIONS,
    reply::{Fault, Reply, ReplyBody, ReplyResult},
    route::Route,
};

const KIND: &str = "microsoft.resources/subscriptions";

pub(crate) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "subscriptions", list),
    Route::new(HttpMethod::Get, "subscriptions/{subscription}", get),
    Route::new(HttpMethod::Get, "{sub}/locations", locations),
    Route::new(HttpMethod::Get, "{sub}/providers", providers),
    Route::new(HttpMethod::Get, "{sub}/providers/{namespace}", provider),
    Route::new(HttpMethod::Post, "{sub}/providers/{namespace}/register", provider),
    Route::new(HttpMethod::Get, "tenants", tenants),
];

/// Adds a subscription to the estate.
pub(crate) fn create(ctx: &CloudContext<'_>, id: &str, name: &str) -> Result<ArmId, Fault> {
    let scope = ArmId::parse(&format!("/subscriptions/{id}"));
    ctx.save(&scope, &described(id, name, &ctx.setting.tenant_id))?;
    Ok(scope)
}

fn described(id: &str, name: &str, tenant: &str) -> Value {
    json!({
        "id": format!("/subscriptions/{id}"),
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "tags": {},
        "subscriptionId": id,
        "tenantId": tenant,
        "displayName": name,
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    })
}

/// The ids of all subscriptions of the practice cloud's own tenant.
pub(crate) fn all(ctx: &CloudContext<'_>) -> Result<Vec<ArmId>, Fault> {
    let found = ctx.list(KIND, &ArmId::parse(""))?;
    Ok(found.iter().filter_map(|one| one["id"].as_str().map(ArmId::parse)).collect())
}

fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    if call.caller.is_guest() {
        return Ok(Reply::ok(json!({"value": [of_the_guest()], "count": {"type": "Total", "value": 1}})));
    }
    let mut reply = ctx.page(call, KIND, &ArmId::parse(""), |one| Ok(Some(one)))?;
    if let ReplyBody::Json(body) = &mut reply.body {
        let count = body["value"].as_array().map_or(0, Vec::len);
        body["count"] = json!({"type": "Total", "value": count});
        if let Some(members) = body.as_object_mut() {
            members.remove("id");
        }
    }
    Ok(reply)
}

fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    if is_of_the_guest(&call.target()) {
        return Ok(Reply::ok(of_the_guest()));
    }
    Ok(Reply::ok(ctx.need(&call.target())?))
}

/// The subscription of the tenant in which the person is a guest. It begins empty, and no application sees
/// it.
fn of_the_guest() -> Value {
    described(GUEST.subscription.0, GUEST.subscription.1, GUEST.id)
}

/// Whether the id is that subscription or lies in it.
pub(crate) fn is_of_the_guest(id: &ArmId) -> bool {
    id.subscription().is_some_and(|subscription| subscription.eq_ignore_ascii_case(GUEST.subscription.0))
}

/// Every subscription trusts one tenant: a token of another tenant is refused, and the refusal names the
/// right one.
pub(crate) fn require_tenant(ctx: &CloudContext<'_>, call: &Call, id: &ArmId) -> Result<(), Fault> {
    if id.subscription().is_none() || is_of_the_guest(id) == call.caller.is_guest() {
        return Ok(());
    }
    let authority = &ctx.setting.authority;
    let trusted = if is_of_the_guest(id) { GUEST.id } else { &authority.tenant_id };
    let origin = &authority.origin;
    let message = format!(
        "The access token is from the wrong issuer '{origin}/{}/'. It must match the tenant '{origin}/{trusted}/' associated with \
         this subscription. Please use the authority (URL) '{origin}/{trusted}' to get the token.",
        call.caller.tenant_id
    );
    let challenge = format!("Bearer authorization_uri=\"{origin}/{trusted}\", error=\"invalid_token\"");
    Err(Fault::arm(401, "InvalidAuthenticationTokenTenant", message).header("www-authenticate", challenge))
}

fn tenants(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let own = tenants::described(&ctx.setting.tenant_id, "Contoso", "contoso.onmicrosoft.com", true);
    let guest = call.caller.is_person.then(|| tenants::described(GUEST.id, GUEST.name, GUEST.domain, false));
    let value: Vec<Value> = [Some(own), guest].into_iter().flatten().collect();
    Ok(Reply::ok(json!({ "value": value })))
}

fn locations(_: &CloudContext<'_>, call: &Call) -> ReplyResult {
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

fn providers(_: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let value: Vec<Value> =
        NAMESPACES.iter().map(|one| registration(call.param("subscription"), one)).collect();
    Ok(Reply::ok(json!({ "value": value })))
}

fn provider(_: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let namespace = call.param("namespace");
    let found = namespaces::named(namespace).ok_or_else(|| {
        Fault::arm(
            404,
            "InvalidResourceNamespace",
            format!("The resource namespace '{namespace}' is invalid."),
        )
    })?;
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
