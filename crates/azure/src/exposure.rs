//! Who may reach an app, according to its configuration: part of `config/web`.

use serde_json::Value;

use super::client::Client;
use super::error::AzureError;
use super::request::Request;
use super::{json, version};
use certdeck_model::ResourceId;

/// What keeps visitors out of an app; empty if every client may reach it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exposure {
    /// Public network access is switched off.
    pub is_private: bool,
    /// The access restrictions in readable form: `Allow 10.0.0.0/8 (office)`.
    pub restrictions: Vec<String>,
    /// Every page requires the app's own sign-in.
    pub asks_for_sign_in: bool,
}

/// Reads it for an app or slot.
pub async fn get(client: &Client, site: &ResourceId) -> Result<Exposure, AzureError> {
    let read = |what: &str, part: &str| {
        let request =
            Request::get(format!("{what} of {}", site.name()), format!("{site}/config/{part}"), version::WEB);
        async move { client.read(&request).await }
    };
    let (web, sign_in) = futures::join!(
        read("Read the access restrictions", "web"),
        read("Read the sign-in", "authsettingsV2")
    );
    let sign_in = match sign_in {
        // This part is only a warning: the rest is returned without it.
        Err(error) if error.refusal().is_some() => None,
        answer => answer?,
    };
    let exposure = web?.as_ref().map(decode).unwrap_or_default();
    Ok(Exposure { asks_for_sign_in: sign_in.as_ref().is_some_and(asks_for_sign_in), ..exposure })
}

fn asks_for_sign_in(settings: &Value) -> bool {
    let flag = |pointer: &str| settings.pointer(pointer).and_then(Value::as_bool);
    let action = json::text(settings, "/properties/globalValidation/unauthenticatedClientAction");
    flag("/properties/platform/enabled") == Some(true)
        && flag("/properties/globalValidation/requireAuthentication") != Some(false)
        && !action.is_some_and(|action| action.eq_ignore_ascii_case("AllowAnonymous"))
}

/// Decodes `config/web`; it does not contain the sign-in of the app.
pub fn decode(value: &Value) -> Exposure {
    let is = |pointer: &str, word: &str| {
        json::text(value, pointer).is_some_and(|text| text.eq_ignore_ascii_case(word))
    };
    let rules = value.pointer("/properties/ipSecurityRestrictions").and_then(Value::as_array);
    let mut restrictions: Vec<String> = rules.into_iter().flatten().filter_map(restriction).collect();
    if is("/properties/ipSecurityRestrictionsDefaultAction", "Deny") {
        restrictions.push("Deny everybody else".to_owned());
    }
    Exposure {
        is_private: is("/properties/publicNetworkAccess", "Disabled"),
        restrictions,
        asks_for_sign_in: false,
    }
}

/// A rule that restricts; the rule that admits every client does not.
fn restriction(rule: &Value) -> Option<String> {
    let action = json::text(rule, "/action").unwrap_or_else(|| "Allow".to_owned());
    let whom = ["/ipAddress", "/vnetSubnetResourceId"].iter().find_map(|pointer| json::text(rule, pointer));
    let whom = whom.unwrap_or_else(|| "Any".to_owned());
    if action.eq_ignore_ascii_case("Allow") && whom.eq_ignore_ascii_case("Any") {
        return None;
    }
    let name = json::text(rule, "/name").map(|name| format!(" ({name})")).unwrap_or_default();
    Some(format!("{action} {whom}{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_sign_in_that_is_on_and_lets_nobody_pass_counts() {
        let settings = |enabled: bool, action: &str| json!({"properties": {"platform": {"enabled": enabled}, "globalValidation": {"unauthenticatedClientAction": action}}});
        assert!(asks_for_sign_in(&settings(true, "RedirectToLoginPage")));
        assert!(
            !asks_for_sign_in(&settings(true, "AllowAnonymous"))
                && !asks_for_sign_in(&settings(false, "Return401"))
        );
    }

    #[test]
    fn an_app_without_rules_lets_everybody_in_and_any_other_rule_is_told() {
        let all =
            json!({"ipAddress": "Any", "action": "Allow", "priority": 2_147_483_647, "name": "Allow all"});
        assert_eq!(
            decode(&json!({"properties": {"ipSecurityRestrictions": [all], "publicNetworkAccess": null}})),
            Exposure::default()
        );
        let office = json!({"ipAddress": "10.0.0.0/8", "action": "Allow", "name": "office"});
        let closed = decode(
            &json!({"properties": {"publicNetworkAccess": "Disabled", "ipSecurityRestrictions":
            [office, {"ipAddress": "Any", "action": "Deny"}], "ipSecurityRestrictionsDefaultAction": "Deny"}}),
        );
        assert!(closed.is_private);
        assert_eq!(closed.restrictions, ["Allow 10.0.0.0/8 (office)", "Deny Any", "Deny everybody else"]);
    }
}
