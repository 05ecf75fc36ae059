//! What the properties of a vault may contain, and which settings cannot be undone.

use serde_json::{Value, json};

use super::permission_names;
use crate::{context::text, reply::Fault};

/// Checks the properties in a PUT or PATCH; `before` are those of the existing vault, if there is one.
pub(super) fn check(wanted: &Value, before: Option<&Value>) -> Result<(), Fault> {
    if wanted["tenantId"].as_str().is_some_and(|tenant| uuid::Uuid::parse_str(tenant).is_err()) {
        return Err(invalid("tenantId"));
    }
    if let Some(name) = wanted["sku"]["name"].as_str()
        && !["standard", "premium"].iter().any(|known| known.eq_ignore_ascii_case(name))
    {
        return Err(invalid("sku"));
    }
    enumerations(wanted)?;
    wanted["accessPolicies"].as_array().into_iter().flatten().try_for_each(check_policy)?;
    if let Some(days) = wanted["softDeleteRetentionInDays"].as_i64() {
        if !(7..=90).contains(&days) {
            return Err(bad(
                "Invalid value for property softDeleteRetentionInDays. The value must be between 7 and 90.",
            ));
        }
        if before.is_some_and(|before| before["softDeleteRetentionInDays"].as_i64().unwrap_or(90) != days) {
            return Err(bad(
                "The property \"softDeleteRetentionInDays\" has been set already and it can't be modified.",
            ));
        }
    }
    if wanted["enableSoftDelete"] == json!(false) {
        return Err(bad(
            "The property \"enableSoftDelete\" cannot be set to false. Enabling the soft delete for a vault is an \
                        irreversible action.",
        ));
    }
    if wanted["enablePurgeProtection"] == json!(false) {
        return Err(bad(
            "The property \"enablePurgeProtection\" cannot be set to false. Enabling the purge protection for a vault \
                        is an irreversible action.",
        ));
    }
    Ok(())
}

/// The first api-version whose new vaults use roles by default; with older ones they use access policies, and
/// the vault does not say so (learn.microsoft.com/azure/key-vault/general/access-control-default).
const ROLES_BY_DEFAULT: &str = "2026-02-01";

/// Sets the default access model of a new vault.
pub(super) fn default_model(wanted: &mut Value, api_version: &str) {
    if wanted["enableRbacAuthorization"].is_null()
        && api_version.get(..10).is_some_and(|date| date >= ROLES_BY_DEFAULT)
    {
        wanted["enableRbacAuthorization"] = true.into();
    }
}

/// Checks the members that take one of a few values (azure-rest-api-specs, Microsoft.KeyVault,
/// `NetworkRuleSet` and `VaultProperties`).
fn enumerations(wanted: &Value) -> Result<(), Fault> {
    let words: [(&str, &str, &[&str]); 4] = [
        ("/sku/family", "sku", &["A"]),
        ("/networkAcls/bypass", "networkAcls.bypass", &["AzureServices", "None"]),
        ("/networkAcls/defaultAction", "networkAcls.defaultAction", &["Allow", "Deny"]),
        ("/createMode", "createMode", &["default", "recover"]),
    ];
    for (pointer, name, known) in words {
        if let Some(word) = wanted.pointer(pointer).and_then(Value::as_str)
            && !known.iter().any(|one| one.eq_ignore_ascii_case(word))
        {
            return Err(invalid(name));
        }
    }
    Ok(())
}

/// Checks that a policy names a principal by object id, and known permissions.
pub(super) fn check_policy(policy: &Value) -> Result<(), Fault> {
    let is_id = |pointer: &str| uuid::Uuid::parse_str(text(policy, pointer)).is_ok();
    let application = text(policy, "/applicationId");
    if is_id("/objectId")
        && (application.is_empty() || is_id("/applicationId"))
        && permission_names::are_known(&policy["permissions"])
    {
        return Ok(());
    }
    Err(invalid("accessPolicies"))
}

fn invalid(name: &str) -> Fault {
    bad(&format!("An invalid value was provided for '{name}'."))
}

fn bad(message: &str) -> Fault {
    Fault::arm(400, "BadRequest", message)
}
