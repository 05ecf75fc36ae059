//! Role definitions and assignments: what clients need to list and grant roles, and what Key Vault needs to
//! decide who may do what.

use serde_json::{Value, json};

pub(crate) use super::roles::BuiltInRole;
use super::{
    permitted, propagation,
    roles::{self, DEFINITIONS},
};
use crate::{
    call::{Call, HttpMethod},
    context::{CloudContext, text},
    id::ArmId,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

const ASSIGNMENTS: &str = "microsoft.authorization/roleassignments";

pub(crate) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "{scope}/providers/Microsoft.Authorization/roleDefinitions", definitions),
    Route::new(
        HttpMethod::Get,
        "{scope}/providers/Microsoft.Authorization/roleDefinitions/{role}",
        definition,
    ),
    Route::new(HttpMethod::Get, "{scope}/providers/Microsoft.Authorization/roleAssignments", list),
    Route::new(HttpMethod::Get, "{scope}/providers/Microsoft.Authorization/roleAssignments/{name}", get),
    Route::new(HttpMethod::Put, "{scope}/providers/Microsoft.Authorization/roleAssignments/{name}", put),
    Route::new(
        HttpMethod::Delete,
        "{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        delete,
    ),
    Route::new(HttpMethod::Get, "{scope}/providers/Microsoft.Authorization/permissions", permitted::list),
];

/// The roles that a principal (by object id) has at `scope`, assigned there or above and in force by now.
pub(crate) fn roles_of(
    ctx: &CloudContext<'_>,
    principal: &str,
    scope: &ArmId,
) -> Result<Vec<BuiltInRole>, Fault> {
    let assigned = around(ctx, scope)?;
    Ok(assigned
        .iter()
        .filter(|one| text(one, "/properties/principalId").eq_ignore_ascii_case(principal))
        .filter(|one| scope.is_under(&ArmId::parse(text(one, "/properties/scope"))))
        .filter(|one| propagation::has_arrived(ctx, one))
        .filter_map(|one| roles::numbered(text(one, "/properties/roleDefinitionId")).map(|found| found.role))
        .collect())
}

/// Grants a role as a scenario does: with a date in the past, so that it is in force at once.
pub(crate) fn grant(
    ctx: &CloudContext<'_>,
    scope: &ArmId,
    principal: &str,
    role: BuiltInRole,
) -> Result<(), Fault> {
    let name = uuid::Uuid::new_v4().to_string();
    let id = scope.under("Microsoft.Authorization", "roleAssignments", &name);
    let subscription = scope.subscription().unwrap_or_default();
    let definition =
        DEFINITIONS.iter().find(|one| one.role == role).map(|one| one.id(subscription)).unwrap_or_default();
    let mut granted = assignment(ctx, &id, principal, &definition, "ServicePrincipal");
    granted["properties"]["createdOn"] = propagation::long_ago(ctx).to_string().into();
    ctx.save(&id, &granted)
}

fn assignment(ctx: &CloudContext<'_>, id: &ArmId, principal: &str, role: &str, kind: &str) -> Value {
    json!({
        "properties": {
            "roleDefinitionId": role,
            "principalId": principal,
            "principalType": kind,
            "scope": id.parent().to_string(),
            "condition": null,
            "createdOn": ctx.now.to_string(),
        },
        "id": id.to_string(),
        "type": "Microsoft.Authorization/roleAssignments",
        "name": id.name(),
    })
}

fn around(ctx: &CloudContext<'_>, scope: &ArmId) -> Result<Vec<Value>, Fault> {
    let Some(subscription) = scope.subscription_id() else {
        return Ok(Vec::new());
    };
    let mut all = ctx.list(ASSIGNMENTS, &subscription)?;
    all.retain(|one| {
        let on = ArmId::parse(text(one, "/properties/scope"));
        scope.is_under(&on) || on.is_under(scope)
    });
    Ok(all)
}

/// `?$filter=roleName eq 'Key Vault Certificate User'`
fn definitions(_: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let target = call.target();
    let subscription = target.subscription().unwrap_or_default();
    let wanted = quoted_after(call, "roleName eq ");
    let fits = |name: &str| wanted.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(name));
    let value: Vec<Value> =
        DEFINITIONS.iter().filter(|one| fits(one.name)).map(|one| one.show(subscription)).collect();
    Ok(Reply::ok(json!({ "value": value })))
}

fn definition(_: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let target = call.target();
    let guid = call.param("role");
    DEFINITIONS
        .iter()
        .find(|one| one.guid.eq_ignore_ascii_case(guid))
        .map(|one| Reply::ok(one.show(target.subscription().unwrap_or_default())))
        .ok_or_else(|| {
            Fault::arm(
                404,
                "RoleDefinitionDoesNotExist",
                format!("The specified role definition with ID '{guid}' does not exist."),
            )
        })
}

/// `?$filter=principalId eq '…'`, `assignedTo('…')`, `atScope()`
fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let scope = call.target();
    let mut value = around(ctx, &scope)?;
    let filter = call.query("$filter").unwrap_or_default();
    if filter.to_lowercase().contains("atscope()") {
        value.retain(|one| scope.is_under(&ArmId::parse(text(one, "/properties/scope"))));
    }
    let principal = quoted_after(call, "principalId eq ").or_else(|| quoted_after(call, "assignedTo("));
    if let Some(principal) = principal {
        value.retain(|one| text(one, "/properties/principalId").eq_ignore_ascii_case(&principal));
    }
    Ok(Reply::ok(json!({ "value": value })))
}

fn quoted_after(call: &Call, words: &str) -> Option<String> {
    let (_, rest) = call.query("$filter")?.split_once(words)?;
    Some(rest.split('\'').nth(1)?.to_owned())
}

fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let found = ctx.find(&call.target())?;
    found.map(Reply::ok).ok_or_else(|| {
        let name = call.param("name");
        Fault::arm(404, "RoleAssignmentNotFound", format!("The role assignment '{name}' is not found."))
    })
}

fn put(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = call.target();
    let role = call.need("/properties/roleDefinitionId")?;
    let principal = call.need("/properties/principalId")?;
    let scope = id.parent();
    let same = around(ctx, &scope)?.into_iter().find(|one| {
        text(one, "/properties/scope").eq_ignore_ascii_case(&scope.to_string())
            && text(one, "/properties/principalId").eq_ignore_ascii_case(principal)
            && text(one, "/properties/roleDefinitionId").eq_ignore_ascii_case(role)
    });
    match same {
        // Templates send the same PUT again.
        Some(held) if text(&held, "/name").eq_ignore_ascii_case(id.name()) => return Ok(Reply::ok(held)),
        Some(_) => {
            return Err(Fault::arm(409, "RoleAssignmentExists", "The role assignment already exists."));
        }
        None => {}
    }
    let kind = call.text("/properties/principalType").unwrap_or("ServicePrincipal");
    // The description lists more types than the three that the service accepts (Azure/azure-cli#11594,
    // Azure/azure-rest-api-specs#11830).
    if !["User", "Group", "ServicePrincipal"].iter().any(|known| known.eq_ignore_ascii_case(kind)) {
        let message = format!(
            "The PrincipalType property '{kind}' is not valid. It must be 'User', 'Group' or 'ServicePrincipal'."
        );
        return Err(Fault::arm(400, "BadRequest", message));
    }
    let made = assignment(ctx, &id, principal, role, kind);
    ctx.save(&id, &made)?;
    Ok(Reply::created(made))
}

fn delete(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = call.target();
    let Some(was) = ctx.find(&id)? else {
        return Ok(Reply::empty(204));
    };
    ctx.remove(&id)?;
    Ok(Reply::ok(was))
}
