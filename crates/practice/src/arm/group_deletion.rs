//! Deletes a resource group with everything in it. What a resource of another group still needs stays, and so
//! does the group.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::groups;
use crate::{
    call::{Call, HttpMethod},
    context::{CloudContext, text},
    id::ArmId,
    jobs::ScheduledJob,
    operations,
    provider::{
        certificate_registration, key_vault,
        microsoft_web::{bindings, certificates, plans, sites},
    },
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

pub(super) const ROUTES: &[Route] = &[Route::new(HttpMethod::Delete, "{sub}/resourceGroups/{name}", delete)];

fn delete(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let group = call.target();
    ctx.find(&group)?.ok_or_else(|| groups::not_found(&group))?;
    let inside = ctx.list_all(&group, |_| true)?;
    let mut kept = Vec::new();
    for resource in &inside {
        if is_needed_elsewhere(ctx, &group, resource)? {
            kept.push(ArmId::parse(text(resource, "/id")));
        }
    }
    let goes =
        |id: &ArmId| kept.is_empty() || id.key() != group.key() && !kept.iter().any(|kept| id.is_under(kept));
    for id in inside.iter().map(|one| ArmId::parse(text(one, "/id"))).filter(goes) {
        certificate_registration::revoke(ctx, &id)?;
        // A vault can be recovered, no matter who deleted it.
        if id.kind() == key_vault::KIND_KEY {
            key_vault::remove_vault(ctx, &id)?;
        } else {
            sites::remove(ctx, &id)?;
        }
    }
    let operation = operations::start(ctx, &group)?;
    if kept.is_empty() {
        ctx.soon(SignedDuration::from_mins(1), &ScheduledJob::Finish(operation.clone()))?;
    } else {
        operations::fail(ctx, &operation, blocked(&group, &kept))?;
    }
    let scope = ArmId::parse(&format!("/subscriptions/{}", call.param("subscription")));
    Ok(Reply::empty(202)
        .header("location", operations::location(call, &scope, &operation))
        .header("retry-after", ctx.setting.pace.retry_after().to_string()))
}

/// Whether an app of another group still needs the resource: a certificate that it presents, or the plan that
/// it runs on.
fn is_needed_elsewhere(ctx: &CloudContext<'_>, group: &ArmId, resource: &Value) -> Result<bool, Fault> {
    let id = ArmId::parse(text(resource, "/id"));
    let outside = |id: ArmId| !id.is_under(group);
    match id.kind().as_str() {
        certificates::KIND => {
            let (webspace, thumbprint) =
                (text(resource, "/properties/webSpace"), text(resource, "/properties/thumbprint"));
            let bound = bindings::presenting(ctx, &id, webspace, thumbprint)?;
            if !bound.iter().any(|binding| outside(bindings::site_of(binding))) {
                return Ok(false);
            }
            // A duplicate of it may remain.
            let twins = certificates::twins(ctx, &id, webspace, thumbprint)?;
            Ok(!twins.into_iter().any(outside))
        }
        plans::KIND => {
            let apps = plans::of_plan(ctx, &id)?;
            Ok(apps.iter().any(|app| outside(ArmId::parse(text(app, "/id")))))
        }
        _ => Ok(false),
    }
}

fn blocked(group: &ArmId, kept: &[ArmId]) -> Fault {
    let short = |id: &ArmId| {
        id.to_string().rsplit_once("/providers/").map_or(String::new(), |(_, rest)| rest.to_owned())
    };
    let names: Vec<String> = kept.iter().map(short).collect();
    let mut fault = Fault::arm(
        409,
        "ResourceGroupDeletionBlocked",
        format!(
            "Deletion of resource group '{}' failed as resources with identifiers '{}' could not be deleted. The \
             provisioning state of the resource group will be rolled back.",
            group.name(),
            names.join(","),
        ),
    );
    let detail = |id: &ArmId| json!({"code": "Conflict", "target": id.to_string(), "message": format!("{} is used by an app of another resource group.", id.name())});
    fault.body["error"]["details"] = kept.iter().map(detail).collect();
    fault
}
