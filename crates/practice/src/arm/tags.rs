//! Tags as a resource of their own: `SCOPE/providers/Microsoft.Resources/tags/default`, and the list of names
//! in use.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{
    call::{Call, HttpMethod},
    context::CloudContext,
    id::ArmId,
    provider::certificate_registration,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

pub(super) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "{sub}/tagNames", names),
    Route::new(HttpMethod::Get, "{scope}/providers/Microsoft.Resources/tags/default", get),
    Route::new(HttpMethod::Put, "{scope}/providers/Microsoft.Resources/tags/default", put),
    Route::new(HttpMethod::Patch, "{scope}/providers/Microsoft.Resources/tags/default", patch),
    Route::new(HttpMethod::Delete, "{scope}/providers/Microsoft.Resources/tags/default", delete),
];

type TagMap = Map<String, Value>;

fn scope(call: &Call) -> ArmId {
    call.path_id().parent()
}

fn of(resource: &Value) -> TagMap {
    resource["tags"].as_object().cloned().unwrap_or_default()
}

fn save(ctx: &CloudContext<'_>, id: &ArmId, mut resource: Value, tags: TagMap) -> ReplyResult {
    let shown = show(id, &tags);
    resource["tags"] = Value::Object(tags);
    ctx.save(id, &resource)?;
    certificate_registration::retag(ctx, id, &resource["tags"])?;
    Ok(Reply::ok(shown))
}

fn show(id: &ArmId, tags: &TagMap) -> Value {
    json!({
        "id": format!("{id}/providers/Microsoft.Resources/tags/default"),
        "name": "default",
        "type": "Microsoft.Resources/tags",
        "properties": {"tags": tags},
    })
}

fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = scope(call);
    Ok(Reply::ok(show(&id, &of(&ctx.need(&id)?))))
}

fn wanted(call: &Call) -> TagMap {
    call.body.pointer("/properties/tags").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn put(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = scope(call);
    save(ctx, &id, ctx.need(&id)?, wanted(call))
}

/// `{"operation": "Merge" | "Replace" | "Delete", "properties": {"tags": {…}}}`
fn patch(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = scope(call);
    let resource = ctx.need(&id)?;
    let mut tags = of(&resource);
    match call.text("/operation").unwrap_or_default().to_lowercase().as_str() {
        "merge" => tags.extend(wanted(call)),
        "replace" => tags = wanted(call),
        "delete" => tags.retain(|name, value| wanted(call).get(name) != Some(value)),
        other => {
            return Err(Fault::arm(
                400,
                "InvalidTagPatchOperation",
                format!("The operation '{other}' is not Merge, Replace or Delete."),
            ));
        }
    }
    save(ctx, &id, resource, tags)
}

fn delete(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = scope(call);
    save(ctx, &id, ctx.need(&id)?, TagMap::new())?;
    Ok(Reply::empty(200))
}

/// Every tag name of the subscription with its values and how often each is used.
fn names(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let subscription = call.target();
    let mut all: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for resource in ctx.list_all(&subscription, |one| one["tags"].is_object())? {
        for (name, value) in of(&resource) {
            *all.entry(name)
                .or_default()
                .entry(value.as_str().unwrap_or_default().to_owned())
                .or_default() += 1;
        }
    }
    let count = |value: usize| json!({"type": "Total", "value": value});
    let value: Vec<Value> = all
        .iter()
        .map(|(name, values)| {
            let id = format!("{subscription}/tagNames/{name}");
            let each = |(value, uses): (&String, &usize)| json!({"id": format!("{id}/tagValues/{value}"), "tagValue": value, "count": count(*uses)});
            json!({"id": id, "tagName": name, "count": count(values.values().sum()), "values": values.iter().map(each).collect::<Vec<_>>()})
        })
        .collect();
    Ok(Reply::ok(json!({"value": value, "nextLink": null})))
}
