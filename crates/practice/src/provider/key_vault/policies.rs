//! `accessPolicies/{add|replace|remove}`: changes some principals' permissions and leaves the others
//! unchanged.

use serde_json::{Value, json};

use super::{VaultRecord, properties::check_policy};
use crate::{
    call::Call,
    context::{CloudContext, text},
    reply::{Fault, Reply, ReplyResult},
};

const KINDS: [&str; 4] = ["keys", "secrets", "certificates", "storage"];

pub(super) fn put(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = call.target().parent();
    let mut vault = VaultRecord::at(ctx, &id)?.ok_or_else(|| Fault::not_found(&id))?;
    let wanted = call.body["properties"]["accessPolicies"]
        .as_array()
        .ok_or_else(|| Fault::invalid("Parameter properties.accessPolicies is null or empty."))?;
    let mut policies = vault.resource["properties"]["accessPolicies"].as_array().cloned().unwrap_or_default();
    let operation = call.param("operation").to_lowercase();
    if !["add", "replace", "remove"].contains(&operation.as_str()) {
        return Err(Fault::arm(400, "BadRequest", format!("'{operation}' is not add, replace or remove.")));
    }
    for one in wanted {
        check_policy(one)?;
        let place = policies.iter().position(|policy| same_principal(policy, one));
        if let Some(at) = place.filter(|at| !policies[*at]["permissions"].is_object()) {
            // The policy of an existing vault may contain permissions that cannot be read.
            policies[at]["permissions"] = json!({});
        }
        match (operation.as_str(), place) {
            ("add", Some(at)) => add(&mut policies[at], one),
            ("replace", Some(at)) => policies[at] = one.clone(),
            ("add" | "replace", None) => policies.push(one.clone()),
            ("remove", Some(at)) if remove(&mut policies[at], one) => {
                policies.remove(at);
            }
            _ => {}
        }
    }
    vault.resource["properties"]["accessPolicies"] = policies.clone().into();
    ctx.save(&vault.id, &vault.resource)?;
    Ok(Reply::ok(json!({
        "id": format!("{}/accessPolicies/", vault.id),
        "type": "Microsoft.KeyVault/vaults/accessPolicies",
        "location": vault.location(),
        "properties": {"accessPolicies": policies},
    })))
}

fn same_principal(a: &Value, b: &Value) -> bool {
    let same = |member| text(a, member).eq_ignore_ascii_case(text(b, member));
    same("/objectId") && same("/applicationId")
}

fn verbs(policy: &Value, kind: &str) -> Vec<String> {
    let list = policy["permissions"][kind].as_array();
    let words = list.into_iter().flatten().filter_map(Value::as_str);
    words.map(str::to_owned).collect()
}

fn add(policy: &mut Value, more: &Value) {
    for kind in KINDS {
        let mut held = verbs(policy, kind);
        for verb in verbs(more, kind) {
            if !held.iter().any(|own| own.eq_ignore_ascii_case(&verb)) {
                held.push(verb);
            }
        }
        if !held.is_empty() {
            policy["permissions"][kind] = held.into();
        }
    }
}

/// Removes permissions; true when none is left.
fn remove(policy: &mut Value, less: &Value) -> bool {
    let mut empty = true;
    for kind in KINDS {
        let gone = verbs(less, kind);
        let mut held = verbs(policy, kind);
        held.retain(|own| !gone.iter().any(|verb| verb.eq_ignore_ascii_case(own)));
        empty &= held.is_empty();
        policy["permissions"][kind] = held.into();
    }
    empty
}
