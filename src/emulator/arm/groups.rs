//! Resource groups, and the lists of all resources of a subscription or a group.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::emulator::{
    call::{Call, Method},
    context::{Context, text},
    id::ResourceId,
    jobs::Job,
    operations,
    provider::certificate_registration,
    reply::{Fault, Outcome, Reply},
    route::Route,
};

const KIND: &str = "microsoft.resources/subscriptions/resourcegroups";

pub const ROUTES: &[Route] = &[
    Route::new(Method::Get, "{sub}/resourceGroups", list),
    Route::new(Method::Get, "{sub}/resourceGroups/{name}", get),
    Route::new(Method::Put, "{sub}/resourceGroups/{name}", put),
    Route::new(Method::Patch, "{sub}/resourceGroups/{name}", put),
    Route::new(Method::Delete, "{sub}/resourceGroups/{name}", delete),
    Route::new(Method::Get, "{sub}/resources", resources),
    Route::new(Method::Get, "{rg}/resources", resources),
];

/// Adds a group to the estate.
pub fn create(ctx: &Context<'_>, id: &ResourceId, location: &str, tags: &Value) -> Result<Value, Fault> {
    let group = json!({
        "id": id.to_string(),
        "name": id.name(),
        "type": "Microsoft.Resources/resourceGroups",
        "location": location.replace(' ', "").to_lowercase(),
        "tags": tags,
        "properties": {"provisioningState": "Succeeded"},
    });
    ctx.save(id, &group)?;
    Ok(group)
}

/// 404 in ARM's words.
pub fn not_found(group: &ResourceId) -> Fault {
    Fault::arm(404, "ResourceGroupNotFound", format!("Resource group '{}' could not be found.", group.name()))
}

fn list(ctx: &Context<'_>, call: &Call) -> Outcome {
    ctx.page(call, KIND, &call.target(), |group| Ok(Some(group)))
}

fn get(ctx: &Context<'_>, call: &Call) -> Outcome {
    let id = call.target();
    let group = ctx.find(&id)?.ok_or_else(|| not_found(&id))?;
    Ok(Reply::ok(group))
}

fn put(ctx: &Context<'_>, call: &Call) -> Outcome {
    let id = call.target();
    let before = ctx.find(&id)?;
    if before.is_none() && call.method == Method::Patch {
        return Err(not_found(&id));
    }
    let location = match &before {
        Some(group) => text(group, "/location").to_owned(),
        None => call.need("/location")?.to_owned(),
    };
    let tags = call.body.get("tags").or(before.as_ref().map(|group| &group["tags"]));
    let tags = tags.cloned().unwrap_or_else(|| json!({}));
    let group = create(ctx, &id, &location, &tags)?;
    Ok(match before {
        Some(_) => Reply::ok(group),
        None => Reply::created(group),
    })
}

fn delete(ctx: &Context<'_>, call: &Call) -> Outcome {
    let id = call.target();
    ctx.find(&id)?.ok_or_else(|| not_found(&id))?;
    let inside = ctx.list_all(&id, |_| true)?;
    for resource in &inside {
        let one = ResourceId::parse(text(resource, "/id"));
        certificate_registration::revoke(ctx, &one)?;
        ctx.remove(&one)?;
    }
    let operation = operations::start(ctx, &id)?;
    ctx.soon(SignedDuration::from_mins(1), &Job::Finish(operation.clone()))?;
    let scope = ResourceId::parse(&format!("/subscriptions/{}", call.param("subscription")));
    Ok(Reply::empty(202)
        .header("location", operations::location(call, &scope, &operation))
        .header("retry-after", ctx.setting.pace.retry_after().to_string()))
}

/// `{sub}/resources?$filter=resourceType eq 'Microsoft.KeyVault/vaults'`: id, name, type, location and tags only.
fn resources(ctx: &Context<'_>, call: &Call) -> Outcome {
    let filter = call.query("$filter").unwrap_or_default();
    let wanted =
        filter.split_once("resourceType eq '").and_then(|(_, rest)| rest.split_once('\'')).map(|(kind, _)| kind.to_lowercase());
    let value: Vec<Value> = ctx
        .list_all(&call.target(), |resource| {
            let id = ResourceId::parse(text(resource, "/id"));
            let kind = id.kind();
            // Top-level resources, and slots, which have a location of their own; groups, locks and role assignments are none.
            let listed = kind.matches('/').count() == 1 || kind == "microsoft.web/sites/slots";
            listed
                && !kind.starts_with("microsoft.resources/")
                && !kind.starts_with("microsoft.authorization/")
                && wanted.as_ref().is_none_or(|wanted| *wanted == kind)
        })?
        .into_iter()
        .map(|resource| {
            let mut short = serde_json::Map::new();
            for member in ["id", "name", "type", "kind", "location", "tags", "sku"] {
                if let Some(value) = resource.get(member) {
                    short.insert(member.to_owned(), value.clone());
                }
            }
            Value::Object(short)
        })
        .collect();
    Ok(Reply::ok(json!({ "value": value })))
}
