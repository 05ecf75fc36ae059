//! Key vaults in ARM: where they are, who may use them, and how to make one.

use serde_json::{Value, json};

use super::client::Client;
use super::error::AzureError;
use super::request::{Body, Repeat, Request};
use super::{json, version};
use certdeck_model::{AccessPolicy, ResourceId, Tags, Vault};

/// The settings of a new vault (A85–A91).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVault {
    /// The region, such as `westeurope`.
    pub location: String,
    /// The tenant id, which must be that of the subscription.
    pub tenant: String,
    /// `standard` or `premium`.
    pub sku: String,
    /// Role assignments instead of access policies.
    pub rbac: bool,
    /// The access policies; without effect if [`Self::rbac`] is set.
    pub policies: Vec<AccessPolicy>,
    /// Whether the vault accepts connections from every network; otherwise only trusted services reach it.
    pub public_network: bool,
    /// The number of days for which the vault keeps what was deleted.
    pub retention_days: u32,
    /// Whether what was deleted cannot be purged before that time. Once enabled it cannot be disabled.
    pub purge_protection: bool,
    /// The tags of the vault; may be empty.
    pub tags: Tags,
}

/// Whether a vault name is available; names are unique in the whole cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Availability {
    /// The name can be used.
    Free,
    /// With the service's reason.
    Taken(String),
}

/// The vaults of a subscription.
pub async fn list(client: &Client, subscription: &ResourceId) -> Result<Vec<Vault>, AzureError> {
    let request = Request::get(
        "List the key vaults",
        format!("{subscription}/providers/Microsoft.KeyVault/vaults"),
        version::VAULTS,
    );
    client.list_as(&request, decode).await
}

/// Reads a key vault; `None` if it does not exist.
pub async fn get(client: &Client, id: &ResourceId) -> Result<Option<Vault>, AzureError> {
    let request = Request::get(format!("Read the key vault {}", id.name()), id.as_str(), version::VAULTS);
    client.read_as(&request, decode).await
}

/// Asks the service whether a new vault can have this name. An answer that does not say so is an error.
pub async fn availability(
    client: &Client,
    subscription: &ResourceId,
    name: &str,
) -> Result<Availability, AzureError> {
    let path = format!("{subscription}/providers/Microsoft.KeyVault/checkNameAvailability");
    let body = Body::new(json!({ "name": name, "type": "Microsoft.KeyVault/vaults" }));
    let request = Request::post(format!("Check the vault name {name}"), path, version::VAULTS)
        .with_body(body)
        .repeat(Repeat::Safe);
    let answer = client.ask(&request).await?;
    if answer.get("nameAvailable").is_none() {
        return Err(client.malformed(&request, "the answer does not say whether it can be taken"));
    }
    if json::flag(&answer, "/nameAvailable") {
        return Ok(Availability::Free);
    }
    let reason = json::text(&answer, "/message").or_else(|| json::text(&answer, "/reason"));
    Ok(Availability::Taken(reason.unwrap_or_else(|| format!("the name {name} is already in use"))))
}

/// Makes a vault. For an existing vault it would replace the whole list of access policies: read first, then
/// use `grant`.
pub fn create(id: &ResourceId, vault: &NewVault) -> Request {
    let network = if vault.public_network { "Enabled" } else { "Disabled" };
    let mut properties = json!({
        "tenantId": vault.tenant,
        "sku": { "family": "A", "name": vault.sku },
        "accessPolicies": policies(&vault.tenant, &vault.policies),
        "enableRbacAuthorization": vault.rbac,
        "enableSoftDelete": true,
        "softDeleteRetentionInDays": vault.retention_days,
        "publicNetworkAccess": network,
        // The certificate services reach a vault behind a firewall only as trusted services.
        "networkAcls": { "bypass": "AzureServices", "defaultAction": if vault.public_network { "Allow" } else { "Deny" } },
    });
    if vault.purge_protection {
        // Never sent as false: once enabled it cannot be disabled, and the service refuses the attempt.
        properties["enablePurgeProtection"] = true.into();
    }
    let body = json::tagged(json!({ "location": vault.location, "properties": properties }), &vault.tags);
    Request::put(format!("Create the key vault {}", id.name()), id, version::VAULTS, body)
}

/// Adds permissions of a service, named by `to`, to a vault's access policies and removes none.
pub fn grant(vault: &Vault, to: &str, added: &[AccessPolicy]) -> Request {
    let permissions: Vec<String> = added
        .iter()
        .flat_map(|policy| [("secrets", &policy.secrets), ("certificates", &policy.certificates)])
        .filter(|(_, list)| !list.is_empty())
        .map(|(kind, list)| format!("{kind} {}", list.join(", ")))
        .collect();
    let what = format!("Grant {to} on the key vault {}: {}", vault.id.name(), permissions.join("; "));
    let body = json!({ "properties": { "accessPolicies": policies(&vault.tenant_id, added) } });
    Request::put(what, &vault.id.child("accessPolicies", "add"), version::VAULTS, body)
}

fn policies(tenant: &str, policies: &[AccessPolicy]) -> Vec<Value> {
    let one = |policy: &AccessPolicy| {
        let permissions = json!({ "secrets": policy.secrets, "certificates": policy.certificates });
        json!({ "tenantId": tenant, "objectId": policy.object_id, "permissions": permissions })
    };
    policies.iter().map(one).collect()
}

/// The members of `properties` that `decode` reads: the projection of the index asks for these.
pub(crate) const MEMBERS: &[&str] = &[
    "vaultUri",
    "tenantId",
    "sku",
    "enableRbacAuthorization",
    "accessPolicies",
    "publicNetworkAccess",
    "networkAcls",
    "provisioningState",
];

/// Those without which a row would be misleading.
pub(crate) const NEEDS: &[&str] = &["vaultUri", "tenantId"];

/// Decodes a key vault; `None` if it has no valid id.
pub fn decode(value: &Value) -> Option<Vault> {
    let policies = value.pointer("/properties/accessPolicies").and_then(Value::as_array);
    let policy = |value: &Value| {
        Some(AccessPolicy {
            object_id: json::text(value, "/objectId")?,
            secrets: json::texts(value, "/permissions/secrets"),
            certificates: json::texts(value, "/permissions/certificates"),
        })
    };
    let is = |pointer: &str, word: &str| {
        json::text(value, pointer).is_some_and(|text| text.eq_ignore_ascii_case(word))
    };
    Some(Vault {
        id: json::id(value, "/id")?,
        location: json::text_or_empty(value, "/location"),
        uri: json::text_or_empty(value, "/properties/vaultUri"),
        tenant_id: json::text_or_empty(value, "/properties/tenantId"),
        sku: json::text(value, "/properties/sku/name").unwrap_or_default().to_ascii_lowercase(),
        rbac: json::flag(value, "/properties/enableRbacAuthorization"),
        policies: policies.into_iter().flatten().filter_map(policy).collect(),
        // A vault without network settings is open to all.
        public_network: !is("/properties/publicNetworkAccess", "Disabled")
            && !is("/properties/networkAcls/defaultAction", "Deny"),
        trusted_services: !is("/properties/networkAcls/bypass", "None"),
        provisioning_state: json::text_or_empty(value, "/properties/provisioningState"),
        tags: json::tags(value),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ID: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv";

    #[test]
    fn a_vault_that_says_nothing_is_open_and_uses_access_policies() {
        let vault =
            decode(&json!({"id": ID, "properties": {"accessPolicies": [{"objectId": "o", "permissions": {"secrets": ["Get"]}}]}}))
                .unwrap();
        assert!(vault.public_network && vault.trusted_services && !vault.rbac);
        assert!(
            AccessPolicy::grants(&vault.policies[0].secrets, "get")
                && vault.policies[0].certificates.is_empty()
        );
    }

    #[test]
    fn a_grant_says_to_whom_and_which_permissions() {
        let vault = decode(&json!({"id": ID, "properties": {}})).unwrap();
        let policy = AccessPolicy {
            object_id: "o".to_owned(),
            secrets: vec!["get".to_owned(), "list".to_owned()],
            certificates: vec!["get".to_owned()],
        };
        assert_eq!(
            grant(&vault, "Microsoft Azure App Service", &[policy]).what,
            "Grant Microsoft Azure App Service on the key vault kv: secrets get, list; certificates get"
        );
    }

    #[test]
    fn a_closed_vault_says_so_in_either_place() {
        for properties in [
            json!({"publicNetworkAccess": "disabled"}),
            json!({"networkAcls": {"defaultAction": "Deny", "bypass": "None"}}),
        ] {
            assert!(!decode(&json!({"id": ID, "properties": properties})).unwrap().public_network);
        }
    }

    #[test]
    fn granting_adds_and_never_replaces() {
        let vault = decode(&json!({"id": ID, "properties": {"tenantId": "t"}})).unwrap();
        let policy =
            AccessPolicy { object_id: "o".to_owned(), secrets: vec!["get".to_owned()], certificates: vec![] };
        let request = grant(&vault, "a service", &[policy]);
        assert!(request.path.ends_with("/vaults/kv/accessPolicies/add"));
        assert_eq!(request.body.unwrap().shown()["properties"]["accessPolicies"][0]["tenantId"], "t");
    }
}
