//! Role assignments: how access to a vault is granted where it does not use access policies (C15, C16).

use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use super::client::Client;
use super::error::AzureError;
use super::request::Request;
use super::{json, version};
use certdeck_model::ResourceId;

/// Reads certificates and their secrets: App Service needs it (C15).
pub const KEY_VAULT_CERTIFICATE_USER: &str = "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba";
/// Writes secrets: the certificate service needs it (C16).
pub const KEY_VAULT_SECRETS_OFFICER: &str = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7";
/// Reads the values of secrets; it includes the permission that App Service needs.
pub const KEY_VAULT_SECRETS_USER: &str = "4633458b-17de-408a-b874-0445c86b69e6";
/// Does everything in a vault; it includes the permissions that both services need.
pub const KEY_VAULT_ADMINISTRATOR: &str = "00482a5a-887f-4fb3-b363-3b7fe8e74483";

/// Who has which role at a scope or above it: object id of the principal, and the role's own id (a GUID).
pub async fn list(client: &Client, scope: &ResourceId) -> Result<Vec<(String, String)>, AzureError> {
    let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments");
    let what = format!("List the role assignments on {}", scope.name());
    client.list_as(&Request::get(what, path, version::ROLES).with_query("$filter", "atScope()"), decode).await
}

/// Decodes an assignment as the principal's object id and the role's GUID; `None` if it lacks one of them.
pub fn decode(value: &Value) -> Option<(String, String)> {
    let role = json::text(value, "/properties/roleDefinitionId")?;
    let role = role.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    Some((json::text(value, "/properties/principalId")?, role))
}

/// Assigns a role to a service principal. The assignment's name is derived from its contents, so that the
/// same grant twice is one assignment.
pub fn assign(scope: &ResourceId, principal: &str, role: &str) -> Request {
    let name = name(&[scope.as_str(), principal, role]);
    let id = scope.resource("Microsoft.Authorization/roleAssignments", &name);
    let definition = ResourceId::subscription(scope.subscription_id())
        .resource("Microsoft.Authorization/roleDefinitions", role);
    let properties = json!({ "roleDefinitionId": definition.as_str(), "principalId": principal, "principalType": "ServicePrincipal" });
    let what = format!("Assign the role {} on {}", role_words(role), scope.name());
    Request::put(what, &id, version::ROLES, json!({ "properties": properties }))
}

/// The portal's name of a role.
pub fn role_words(role: &str) -> &str {
    match role {
        KEY_VAULT_CERTIFICATE_USER => "Key Vault Certificate User",
        KEY_VAULT_SECRETS_OFFICER => "Key Vault Secrets Officer",
        KEY_VAULT_SECRETS_USER => "Key Vault Secrets User",
        KEY_VAULT_ADMINISTRATOR => "Key Vault Administrator",
        other => other,
    }
}

/// A name-based UUID (RFC 9562, version 5).
fn name(parts: &[&str]) -> String {
    let digest = Sha1::digest(parts.join("\n").to_ascii_lowercase());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_sha1_bytes(bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_grant_twice_is_one_assignment() {
        let scope = ResourceId::subscription("s").resource("Microsoft.KeyVault/vaults", "kv");
        let upper = ResourceId::subscription("S").resource("Microsoft.KeyVault/vaults", "KV");
        let path = |scope: &ResourceId, principal: &str| {
            assign(scope, principal, KEY_VAULT_CERTIFICATE_USER).path.to_ascii_lowercase()
        };
        assert_eq!(path(&scope, "p"), path(&upper, "P"));
        assert_ne!(path(&scope, "p"), path(&scope, "q"));
    }
}
