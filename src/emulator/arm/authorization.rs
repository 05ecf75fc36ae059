//! Role definitions and assignments: enough to list, to grant, and for Key Vault to ask who may do what.

use serde_json::{Value, json};

use crate::emulator::{
    call::{Call, Method},
    context::{Context, text},
    id::ResourceId,
    reply::{Fault, Outcome, Reply},
    route::Route,
};

const ASSIGNMENTS: &str = "microsoft.authorization/roleassignments";

pub const ROUTES: &[Route] = &[
    Route::new(Method::Get, "{scope}/providers/Microsoft.Authorization/roleDefinitions", definitions),
    Route::new(Method::Get, "{scope}/providers/Microsoft.Authorization/roleDefinitions/{role}", definition),
    Route::new(Method::Get, "{scope}/providers/Microsoft.Authorization/roleAssignments", list),
    Route::new(Method::Get, "{scope}/providers/Microsoft.Authorization/roleAssignments/{name}", get),
    Route::new(Method::Put, "{scope}/providers/Microsoft.Authorization/roleAssignments/{name}", put),
    Route::new(Method::Delete, "{scope}/providers/Microsoft.Authorization/roleAssignments/{name}", delete),
    Route::new(Method::Get, "{scope}/providers/Microsoft.Authorization/permissions", permissions),
];

/// The built-in roles that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Owner,
    Contributor,
    Reader,
    KeyVaultAdministrator,
    KeyVaultCertificatesOfficer,
    KeyVaultCertificateUser,
    KeyVaultSecretsOfficer,
    KeyVaultSecretsUser,
    KeyVaultReader,
}

const ROLES: &[(Role, &str, &str)] = &[
    (Role::Owner, "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner"),
    (Role::Contributor, "b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor"),
    (Role::Reader, "acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader"),
    (Role::KeyVaultAdministrator, "00482a5a-887f-4fb3-b363-3b7fe8e74483", "Key Vault Administrator"),
    (Role::KeyVaultCertificatesOfficer, "a4417e6f-fecd-4de8-b567-7b0420556985", "Key Vault Certificates Officer"),
    (Role::KeyVaultCertificateUser, "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba", "Key Vault Certificate User"),
    (Role::KeyVaultSecretsOfficer, "b86a8fe4-44ce-4948-aee5-eccb2c155cd7", "Key Vault Secrets Officer"),
    (Role::KeyVaultSecretsUser, "4633458b-17de-408a-b874-0445c86b69e6", "Key Vault Secrets User"),
    (Role::KeyVaultReader, "21090545-7ca7-4776-b22c-e363652d74d2", "Key Vault Reader"),
];

impl Role {
    fn guid(self) -> &'static str {
        ROLES.iter().find(|(role, ..)| *role == self).map_or("", |(_, guid, _)| guid)
    }
}

/// The roles a principal (by object id) has at `scope`, assigned there or above.
pub fn roles_of(ctx: &Context<'_>, principal: &str, scope: &ResourceId) -> Result<Vec<Role>, Fault> {
    let assigned = around(ctx, scope)?;
    Ok(assigned
        .iter()
        .filter(|one| text(one, "/properties/principalId").eq_ignore_ascii_case(principal))
        .filter(|one| scope.is_under(&ResourceId::parse(text(one, "/properties/scope"))))
        .filter_map(|one| {
            let role = text(one, "/properties/roleDefinitionId").to_lowercase();
            ROLES.iter().find(|(_, guid, _)| role.ends_with(guid)).map(|(role, ..)| *role)
        })
        .collect())
}

/// Grants a role, as a scenario does.
pub fn grant(ctx: &Context<'_>, scope: &ResourceId, principal: &str, role: Role) -> Result<(), Fault> {
    let name = uuid::Uuid::new_v4().to_string();
    let id = scope.under("Microsoft.Authorization", "roleAssignments", &name);
    let subscription = scope.subscription().unwrap_or_default();
    ctx.save(&id, &assignment(ctx, &id, principal, &definition_id(subscription, role.guid()), "ServicePrincipal"))
}

fn definition_id(subscription: &str, guid: &str) -> String {
    format!("/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{guid}")
}

fn assignment(ctx: &Context<'_>, id: &ResourceId, principal: &str, role: &str, kind: &str) -> Value {
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

fn around(ctx: &Context<'_>, scope: &ResourceId) -> Result<Vec<Value>, Fault> {
    let Some(subscription) = scope.subscription_id() else {
        return Ok(Vec::new());
    };
    let mut all = ctx.list(ASSIGNMENTS, &subscription)?;
    all.retain(|one| {
        let on = ResourceId::parse(text(one, "/properties/scope"));
        scope.is_under(&on) || on.is_under(scope)
    });
    Ok(all)
}

fn show_definition(subscription: &str, (_, guid, name): &(Role, &str, &str)) -> Value {
    json!({
        "id": definition_id(subscription, guid),
        "name": guid,
        "type": "Microsoft.Authorization/roleDefinitions",
        "properties": {"roleName": name, "type": "BuiltInRole", "description": name, "assignableScopes": ["/"], "permissions": []},
    })
}

/// `?$filter=roleName eq 'Key Vault Certificate User'`
fn definitions(_: &Context<'_>, call: &Call) -> Outcome {
    let target = call.target();
    let subscription = target.subscription().unwrap_or_default();
    let wanted = quoted_after(call, "roleName eq ");
    let value: Vec<Value> = ROLES
        .iter()
        .filter(|(_, _, name)| wanted.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(name)))
        .map(|row| show_definition(subscription, row))
        .collect();
    Ok(Reply::ok(json!({ "value": value })))
}

fn definition(_: &Context<'_>, call: &Call) -> Outcome {
    let target = call.target();
    let guid = call.param("role");
    ROLES
        .iter()
        .find(|(_, own, _)| own.eq_ignore_ascii_case(guid))
        .map(|row| Reply::ok(show_definition(target.subscription().unwrap_or_default(), row)))
        .ok_or_else(|| {
            Fault::arm(404, "RoleDefinitionDoesNotExist", format!("The specified role definition with ID '{guid}' does not exist."))
        })
}

/// `?$filter=principalId eq '…'`, `assignedTo('…')`, `atScope()`
fn list(ctx: &Context<'_>, call: &Call) -> Outcome {
    let scope = call.target();
    let mut value = around(ctx, &scope)?;
    let filter = call.query("$filter").unwrap_or_default();
    if filter.to_lowercase().contains("atscope()") {
        value.retain(|one| scope.is_under(&ResourceId::parse(text(one, "/properties/scope"))));
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

fn get(ctx: &Context<'_>, call: &Call) -> Outcome {
    let found = ctx.find(&call.target())?;
    found.map(Reply::ok).ok_or_else(|| {
        let name = call.param("name");
        Fault::arm(404, "RoleAssignmentNotFound", format!("The role assignment '{name}' is not found."))
    })
}

fn put(ctx: &Context<'_>, call: &Call) -> Outcome {
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
        // The same PUT again, as templates send it.
        Some(held) if text(&held, "/name").eq_ignore_ascii_case(id.name()) => return Ok(Reply::ok(held)),
        Some(_) => return Err(Fault::arm(409, "RoleAssignmentExists", "The role assignment already exists.")),
        None => {}
    }
    let kind = call.text("/properties/principalType").unwrap_or("ServicePrincipal");
    let made = assignment(ctx, &id, principal, role, kind);
    ctx.save(&id, &made)?;
    Ok(Reply::created(made))
}

fn delete(ctx: &Context<'_>, call: &Call) -> Outcome {
    let id = call.target();
    let Some(was) = ctx.find(&id)? else {
        return Ok(Reply::empty(204));
    };
    ctx.remove(&id)?;
    Ok(Reply::ok(was))
}

/// The caller may do everything: the practice cloud's principal is an owner.
fn permissions(_: &Context<'_>, _: &Call) -> Outcome {
    Ok(Reply::ok(json!({"value": [{"actions": ["*"], "notActions": []}], "nextLink": null})))
}
