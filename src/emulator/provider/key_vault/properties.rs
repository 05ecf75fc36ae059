//! What the properties of a vault may say, and what may not be taken back once it was said.

use serde_json::{Value, json};

use crate::emulator::{context::text, reply::Fault};

/// Checks what a PUT or PATCH wants; `before` is what the vault has, if there is one.
pub(super) fn check(wanted: &Value, before: Option<&Value>) -> Result<(), Fault> {
    if let Some(name) = wanted["sku"]["name"].as_str()
        && !["standard", "premium"].iter().any(|known| known.eq_ignore_ascii_case(name))
    {
        return Err(invalid("sku"));
    }
    wanted["accessPolicies"].as_array().into_iter().flatten().try_for_each(check_policy)?;
    if let Some(days) = wanted["softDeleteRetentionInDays"].as_i64() {
        if !(7..=90).contains(&days) {
            return Err(bad("Invalid value for property softDeleteRetentionInDays. The value must be between 7 and 90."));
        }
        if before.is_some_and(|before| before["softDeleteRetentionInDays"].as_i64().unwrap_or(90) != days) {
            return Err(bad("The property \"softDeleteRetentionInDays\" has been set already and it can't be modified."));
        }
    }
    if wanted["enableSoftDelete"] == json!(false) {
        return Err(bad("The property \"enableSoftDelete\" cannot be set to false. Enabling the soft delete for a vault is an \
                        irreversible action."));
    }
    if wanted["enablePurgeProtection"] == json!(false) {
        return Err(bad(
            "The property \"enablePurgeProtection\" cannot be set to false. Enabling the purge protection for a vault \
                        is an irreversible action.",
        ));
    }
    Ok(())
}

/// A policy names a principal, by the id of its object.
pub(super) fn check_policy(policy: &Value) -> Result<(), Fault> {
    let is_id = |pointer: &str| uuid::Uuid::parse_str(text(policy, pointer)).is_ok();
    let application = text(policy, "/applicationId");
    if is_id("/objectId") && (application.is_empty() || is_id("/applicationId")) {
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
