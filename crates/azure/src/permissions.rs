//! What the signed-in identity may do at a scope: the sum of its roles.

use serde_json::Value;

use super::client::Client;
use super::error::AzureError;
use super::request::Request;
use super::version;
use certdeck_model::ResourceId;

/// The permissions of one role: actions with `*` for anything, and the excluded ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permission {
    /// The patterns of allowed actions, such as `Microsoft.Web/certificates/*`.
    pub actions: Vec<String>,
    /// The patterns of actions that are excluded from the allowed ones.
    pub not_actions: Vec<String>,
}

/// The permissions of the signed-in identity at a scope, one for each of its roles there.
pub async fn of(client: &Client, scope: &ResourceId) -> Result<Vec<Permission>, AzureError> {
    let path = format!("{scope}/providers/Microsoft.Authorization/permissions");
    let what = format!("List what one may do in {}", scope.name());
    client.list_as(&Request::get(what, path, version::ROLES), |value| Some(decode(value))).await
}

/// Decodes one element of the list; a missing member is an empty list.
pub fn decode(value: &Value) -> Permission {
    let texts = |name: &str| {
        let all = value.get(name).and_then(Value::as_array).into_iter().flatten();
        all.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    Permission { actions: texts("actions"), not_actions: texts("notActions") }
}

/// An action that one role excludes may be granted by another.
pub fn allow(held: &[Permission], action: &str) -> bool {
    let names = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, action));
    held.iter().any(|one| names(&one.actions) && !names(&one.not_actions))
}

/// `Microsoft.Web/*/write`, in any casing.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| action.strip_prefix(first)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_role_definitions() {
        let bind = "Microsoft.Web/sites/hostNameBindings/write";
        for (pattern, expected) in [
            ("*", true),
            ("microsoft.web/sites/hostnamebindings/write", true),
            ("Microsoft.Web/*", true),
            ("Microsoft.Web/sites/*/write", true),
            ("*/read", false),
            ("Microsoft.Web/sites/write", false),
            ("Microsoft.Web", false),
        ] {
            assert_eq!(matches(pattern, bind), expected, "{pattern}");
        }
    }

    #[test]
    fn what_a_role_takes_out_is_gone_unless_another_gives_it() {
        let role = |actions: &str, not_actions: &str| Permission {
            actions: vec![actions.to_owned()],
            not_actions: vec![not_actions.to_owned()],
        };
        let contributor = role("*", "Microsoft.Authorization/*/Write");
        let assign = "Microsoft.Authorization/roleAssignments/write";
        assert!(!allow(std::slice::from_ref(&contributor), assign));
        assert!(allow(&[contributor, role("Microsoft.Authorization/*", "")], assign));
    }
}
