//! Whether the caller's roles allow a request: its action as ARM names it, and the 403 when no role grants
//! it.

use serde_json::{Value, json};

use super::{
    authorization::roles_of,
    roles::{DEFINITIONS, RoleDefinition},
};
use crate::{
    call::Call,
    context::CloudContext,
    id::ArmId,
    principals,
    reply::{Fault, Reply, ReplyResult},
};

/// POST requests that the roles treat as reads.
const READS: &[&str] = &["microsoft.keyvault/checknameavailability"];

/// Refuses what no role of the caller allows. Paths outside of a subscription are open to every signed-in
/// caller.
pub(super) fn enforce(ctx: &CloudContext<'_>, call: &Call) -> Result<(), Fault> {
    let path = call.path_id();
    if path.subscription().is_none() {
        return Ok(());
    }
    let (action, scope) = (action(call, &path), path.whole());
    if definitions(ctx, call, &scope)?.iter().any(|one| one.allows(&action)) {
        return Ok(());
    }
    let caller = &call.caller;
    let message = format!(
        "The client '{}' with object id '{}' does not have authorization to perform action '{action}' over scope '{scope}' or the \
         scope is invalid. If access was recently granted, please refresh your credentials.",
        caller.app_id, caller.object_id
    );
    Err(Fault::arm(403, "AuthorizationFailed", message))
}

/// `Microsoft.Web/sites/config/list/action`
fn action(call: &Call, path: &ArmId) -> String {
    let kind = path.kind_as_written();
    let verb = if READS.contains(&kind.to_lowercase().as_str()) { "read" } else { call.method.verb() };
    format!("{kind}/{verb}")
}

/// The roles of the caller at a scope: those that its account has everywhere, and those assigned at the scope
/// or above it.
fn definitions(
    ctx: &CloudContext<'_>,
    call: &Call,
    scope: &ArmId,
) -> Result<Vec<&'static RoleDefinition>, Fault> {
    let mut held = roles_of(ctx, &call.caller.object_id, scope)?;
    held.extend(principals::account(&call.caller.object_id).map(|account| account.role));
    Ok(DEFINITIONS.iter().filter(|one| held.contains(&one.role)).collect())
}

/// `GET …/providers/Microsoft.Authorization/permissions`
pub(super) fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let held = definitions(ctx, call, &call.target())?;
    let value: Vec<Value> = held.iter().map(|one| one.permissions()).collect();
    Ok(Reply::ok(json!({"value": value, "nextLink": null})))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use crate::{
        arm::authorization::{BuiltInRole, grant},
        call::HttpMethod,
        context::text,
        fixture::{Fixture, GROUP, SUBSCRIPTION, json_of},
        id::ArmId,
        principals::READER,
    };

    const PLAN: &str = "providers/Microsoft.Web/serverfarms/plan";

    fn reader() -> Fixture {
        Fixture::new("2026-11-23T00:00:00Z").asked_by(READER)
    }

    #[test]
    fn a_reader_reads_and_changes_nothing() {
        let cloud = reader();
        assert_eq!(
            cloud.arm(HttpMethod::Get, &format!("{SUBSCRIPTION}/resourceGroups"), &Value::Null).status,
            200
        );
        let question = json!({"name": "kv-new", "type": "Microsoft.KeyVault/vaults"});
        let path = format!("{SUBSCRIPTION}/providers/Microsoft.KeyVault/checkNameAvailability");
        assert_eq!(cloud.arm(HttpMethod::Post, &path, &question).status, 200, "a POST that is a read");
        let plan = json!({"location": "westeurope", "properties": {}});
        let refused = cloud.arm(HttpMethod::Put, &format!("{GROUP}/{PLAN}"), &plan);
        assert_eq!(refused.status, 403);
        let body = json_of(refused);
        assert_eq!(body["error"]["code"], "AuthorizationFailed");
        assert!(
            text(&body, "/error/message")
                .contains("action 'Microsoft.Web/serverfarms/write' over scope '/subscriptions/")
        );
        let list = format!("{GROUP}/providers/Microsoft.Web/sites/shop/config/appsettings/list");
        let body = json_of(cloud.arm(HttpMethod::Post, &list, &Value::Null));
        assert!(text(&body, "/error/message").contains("'Microsoft.Web/sites/config/list/action'"), "{body}");
    }

    #[test]
    fn a_role_holds_where_it_was_assigned_and_below() {
        let cloud = reader();
        cloud.with(|ctx| {
            grant(ctx, &ArmId::parse(GROUP), READER.object_id, BuiltInRole::Contributor).unwrap();
        });
        let plan = json!({"location": "westeurope", "properties": {}});
        assert_eq!(cloud.arm(HttpMethod::Put, &format!("{GROUP}/{PLAN}"), &plan).status, 200);
        let question = format!(
            "{SUBSCRIPTION}/providers/Microsoft.CertificateRegistration/validateCertificateRegistrationInformation"
        );
        assert_eq!(cloud.arm(HttpMethod::Post, &question, &json!({})).status, 403, "not at the subscription");
        let held = cloud.get(&format!("{GROUP}/providers/Microsoft.Authorization/permissions"));
        assert_eq!(held["value"].as_array().unwrap().len(), 2);
        let role = format!(
            "{GROUP}/providers/Microsoft.Authorization/roleAssignments/8c1a0000-0000-4000-8000-000000000000"
        );
        let body = json!({"properties": {"roleDefinitionId": "x", "principalId": READER.object_id}});
        assert_eq!(cloud.arm(HttpMethod::Put, &role, &body).status, 403, "what a Contributor lacks");
    }
}
