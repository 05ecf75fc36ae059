//! An Azure Policy that requires a tag, as many organisations have one: `POST /_emulator/policy {"tag":
//! "costcenter"}` assigns it, DELETE removes it. It is evaluated for every write of a resource or resource
//! group, as the built-in definitions "Require a tag on resources" and "Require a tag on resource groups"
//! are. Also enforces the limits of tags.

use serde_json::{Value, json};

use crate::{
    call::{Call, HttpMethod},
    context::CloudContext,
    id::ArmId,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
    store::Collection,
};

pub(crate) const CONTROL: &[Route] = &[
    Route::new(HttpMethod::Get, "_emulator/policy", show),
    Route::new(HttpMethod::Post, "_emulator/policy", assign),
    Route::new(HttpMethod::Delete, "_emulator/policy", lift),
];

/// The required tag, at `KEY`.
const DEMANDED: Collection<String> = Collection::new("policy");
const KEY: &str = "tag";

/// Name and id of the built-in definitions: for resources, and for resource groups.
const DEFINITIONS: [[&str; 2]; 2] = [
    ["Require a tag on resources", "871b6d14-10aa-478d-b590-94f262ecfa99"],
    ["Require a tag on resource groups", "96670d01-0a4d-4649-9c89-2d3abc0a5025"],
];

/// Types below others that are resources of their own, with a location and tags.
const NESTED: [&str; 5] = [
    "microsoft.certificateregistration/certificateorders/certificates",
    "microsoft.web/sites/certificates",
    "microsoft.web/sites/slots",
    "microsoft.web/sites/slots/certificates",
    "microsoft.keyvault/vaults/keys",
];
const GROUP: &str = "microsoft.resources/subscriptions/resourcegroups";

const MOST_TAGS: usize = 50;
const LONGEST_NAME: usize = 512;
const LONGEST_VALUE: usize = 256;
const RESERVED: &str = "<>%&\\?/";

fn show(ctx: &CloudContext<'_>, _: &Call) -> ReplyResult {
    Ok(Reply::ok(json!({"tag": ctx.tx.get(&DEMANDED, KEY)?})))
}

fn assign(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let tag = call.need("/tag")?.to_owned();
    ctx.tx.put(&DEMANDED, KEY, &tag)?;
    show(ctx, call)
}

fn lift(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    ctx.tx.remove(&DEMANDED, KEY)?;
    show(ctx, call)
}

/// Refuses invalid tags, and a write that leaves a resource without the required tag.
pub(crate) fn enforce(ctx: &CloudContext<'_>, call: &Call, id: &ArmId) -> Result<(), Fault> {
    let kind = id.kind();
    // Locks, role assignments and tags describe other resources.
    let about_others = ["microsoft.authorization/", "microsoft.resources/"]
        .iter()
        .any(|provider| kind.starts_with(provider));
    let tagged = kind == GROUP || kind.matches('/').count() == 1 && !about_others;
    if !matches!(call.method, HttpMethod::Put | HttpMethod::Patch)
        || !(tagged || NESTED.contains(&kind.as_str()))
    {
        return Ok(());
    }
    let given = call.body.get("tags").filter(|tags| tags.is_object());
    check(given.unwrap_or(&Value::Null))?;
    let Some(demanded) = ctx.tx.get(&DEMANDED, KEY)? else { return Ok(()) };
    let has = |tags: &Value| {
        tags.as_object().is_some_and(|tags| tags.keys().any(|name| name.eq_ignore_ascii_case(&demanded)))
    };
    // A PATCH is judged by its result.
    let kept = match (given, call.method) {
        (None, HttpMethod::Patch) => ctx.find(id)?.is_some_and(|before| has(&before["tags"])),
        _ => false,
    };
    if kept || given.is_some_and(has) { Ok(()) } else { Err(disallowed(id, kind == GROUP)) }
}

fn check(tags: &Value) -> Result<(), Fault> {
    let tags: Vec<(&String, &Value)> = tags.as_object().into_iter().flatten().collect();
    let refuse = |code: &str, message: String| Err(Fault::arm(400, code, message));
    if tags.len() > MOST_TAGS {
        return refuse(
            "InvalidTags",
            format!("The number of tags {} exceeds the limit of {MOST_TAGS}.", tags.len()),
        );
    }
    for (name, value) in tags {
        if name.chars().any(|letter| RESERVED.contains(letter) || letter.is_control()) {
            let marks = "<,>,%,&,\\,?,/";
            return refuse(
                "InvalidTagNameCharacters",
                format!("The tag names '{name}' have reserved characters '{marks}' or control characters."),
            );
        }
        if name.is_empty() || name.chars().count() > LONGEST_NAME {
            return refuse(
                "InvalidTagName",
                format!("The tag name '{name}' must have 1 to {LONGEST_NAME} characters."),
            );
        }
        if value.as_str().is_none_or(|value| value.chars().count() > LONGEST_VALUE) {
            return refuse(
                "InvalidTagValue",
                format!(
                    "The value of the tag '{name}' must be a text of at most {LONGEST_VALUE} characters."
                ),
            );
        }
    }
    Ok(())
}

fn disallowed(id: &ArmId, is_group: bool) -> Fault {
    let [name, definition] = DEFINITIONS[usize::from(is_group)];
    let assignment = format!(
        "/subscriptions/{}/providers/Microsoft.Authorization/policyAssignments/practice-tag",
        id.subscription().unwrap_or_default()
    );
    let definition = format!("/providers/Microsoft.Authorization/policyDefinitions/{definition}");
    let identifiers = json!([{
        "policyAssignment": {"name": name, "id": assignment},
        "policyDefinition": {"name": name, "id": definition, "version": "1.0.1"},
    }]);
    let message =
        format!("Resource '{}' was disallowed by policy. Policy identifiers: '{identifiers}'.", id.name());
    let mut fault = Fault::arm(403, "RequestDisallowedByPolicy", message);
    fault.body["error"]["target"] = id.name().into();
    fault.body["error"]["additionalInfo"] = json!([{
        "type": "PolicyViolation",
        "info": {
            "policyDefinitionDisplayName": name,
            "policyDefinitionId": definition,
            "policyDefinitionEffect": "deny",
            "policyAssignmentId": assignment,
            "policyAssignmentName": "practice-tag",
            "policyAssignmentDisplayName": name,
        },
    }]);
    fault
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::fixture::{Fixture, GROUP as SHOP, SUBSCRIPTION, json_of};

    const NOW: &str = "2026-11-23T00:00:00Z";

    fn code(reply: Reply) -> String {
        json_of(reply)["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_tag_that_is_demanded_has_to_be_in_every_put_and_a_patch_may_leave_it_as_it_is() {
        let cloud = Fixture::new(NOW);
        cloud.with(|ctx| ctx.tx.put(&DEMANDED, KEY, &"CostCenter".to_owned()).unwrap());
        let plan = format!("{SHOP}/providers/Microsoft.Web/serverfarms/plan");
        let put = |tags: Value| {
            cloud.arm(
                HttpMethod::Put,
                &plan,
                &json!({"location": "westeurope", "properties": {}, "tags": tags}),
            )
        };
        let refused = put(json!({"env": "prod"}));
        assert_eq!(refused.status, 403);
        let body = json_of(refused);
        assert_eq!(body["error"]["code"], "RequestDisallowedByPolicy");
        assert!(
            body["error"]["message"]
                .as_str()
                .unwrap()
                .starts_with("Resource 'plan' was disallowed by policy."),
            "{body}"
        );
        assert_eq!(put(json!({"costcenter": "42"})).status, 200);
        assert_eq!(code(put(Value::Null)), "RequestDisallowedByPolicy", "a PUT says what the tags are");
        assert_eq!(cloud.arm(HttpMethod::Patch, &plan, &json!({"properties": {}})).status, 200);
        let group = cloud.arm(
            HttpMethod::Put,
            &format!("{SUBSCRIPTION}/resourceGroups/new"),
            &json!({"location": "westeurope"}),
        );
        assert_eq!(code(group), "RequestDisallowedByPolicy");
    }

    #[test]
    fn what_no_tag_can_be_is_refused() {
        let cloud = Fixture::new(NOW);
        let group = format!("{SUBSCRIPTION}/resourceGroups/new");
        let put = |tags: Value| {
            code(cloud.arm(HttpMethod::Put, &group, &json!({"location": "westeurope", "tags": tags})))
        };
        assert_eq!(put(json!({"a/b": "x"})), "InvalidTagNameCharacters");
        assert_eq!(put(json!({"a": "x".repeat(257)})), "InvalidTagValue");
        let many: serde_json::Map<String, Value> =
            (0..51).map(|number| (format!("t{number}"), "".into())).collect();
        assert_eq!(put(many.into()), "InvalidTags");
        assert_eq!(put(json!({"Kostenstelle": "Äpfel & Birnen"})), "");
    }

    #[test]
    fn a_put_without_tags_erases_them() {
        let cloud = Fixture::new(NOW);
        let group = format!("{SUBSCRIPTION}/resourceGroups/new");
        let send = |method, body: &Value| cloud.arm(method, &group, body).status;
        assert_eq!(send(HttpMethod::Put, &json!({"location": "westeurope", "tags": {"env": "prod"}})), 201);
        assert_eq!(send(HttpMethod::Patch, &json!({})), 200);
        assert_eq!(cloud.get(&group)["tags"], json!({"env": "prod"}));
        assert_eq!(send(HttpMethod::Put, &json!({"location": "westeurope"})), 200);
        assert_eq!(cloud.get(&group)["tags"], json!({}));
    }
}
