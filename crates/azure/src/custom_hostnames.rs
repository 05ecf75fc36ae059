//! Hostnames of one's own on an app: what the service sees of their DNS records before it maps them
//! (`analyzeCustomHostname`), and the requests that map and unmap one.

use serde_json::{Value, json};

use super::client::Client;
use super::error::AzureError;
use super::request::Request;
use super::{json, version};
use certdeck_model::{Hostname, ResourceId};

/// What the service sees of a hostname that an app is to answer for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostnameAnalysis {
    /// Whether the records prove enough to map it now.
    pub is_proved: bool,
    /// Whether another app has the hostname.
    pub is_taken: bool,
    /// Which app has it, where that one is in the same subscription.
    pub taken_by: Option<ResourceId>,
    /// The names that its CNAME records lead to.
    pub cnames: Vec<String>,
    /// The addresses that its A records lead to.
    pub addresses: Vec<String>,
    /// The TXT records at the name of the ownership record (`asuid.`).
    pub ownership_texts: Vec<String>,
}

/// Asks the service about a hostname that `site`, an app or slot, is to have. `None` where there is no such
/// app.
pub async fn analyze(
    client: &Client,
    site: &ResourceId,
    host: &Hostname,
) -> Result<Option<HostnameAnalysis>, AzureError> {
    let what = format!("Ask Azure what it sees of {host}");
    let request = Request::get(what, format!("{site}/analyzeCustomHostname"), version::WEB)
        .with_query("hostName", host.as_str());
    client.read_as(&request, |answer| Some(decode(answer))).await
}

/// The value of the ownership record, from the service's own answer about an app: the same for all apps of a
/// subscription.
pub fn ownership_id(site: &Value) -> Option<String> {
    json::text(site, "/properties/customDomainVerificationId")
}

/// Where the ownership record of a hostname stands. A wildcard has it at its parent.
pub fn ownership_name(host: &Hostname) -> String {
    format!("asuid.{}", host.base())
}

/// Maps a hostname to an app, without a certificate. `binding` is the id that it gets (`Binding::id_of`).
pub fn add(binding: &ResourceId) -> Request {
    let site = binding.segment("sites").unwrap_or_default();
    let name = binding.segment("slots").map_or_else(|| site.to_owned(), |slot| format!("{site}({slot})"));
    let what = format!("Add the hostname {} to {name}", binding.name());
    Request::put(what, binding, version::WEB, json!({ "properties": { "siteName": name } }))
}

fn decode(answer: &Value) -> HostnameAnalysis {
    let is = |pointer: &str| answer.pointer(pointer).and_then(Value::as_bool) == Some(true);
    let list = |pointer: &str| -> Vec<String> {
        let all = answer.pointer(pointer).and_then(Value::as_array);
        all.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    // `Skipped` is what the service says where it had no need to look.
    let test = json::text(answer, "/properties/customDomainVerificationTest");
    HostnameAnalysis {
        is_proved: test.is_some_and(|test| !test.eq_ignore_ascii_case("Failed")),
        is_taken: is("/properties/hasConflictOnScaleUnit") || is("/properties/hasConflictAcrossSubscription"),
        taken_by: json::id(answer, "/properties/conflictingAppResourceId"),
        cnames: list("/properties/cNameRecords"),
        addresses: list("/properties/aRecords"),
        ownership_texts: list("/properties/alternateTxtRecords"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_answer_tells_what_is_proved_and_who_has_the_hostname() {
        let other = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/other";
        let seen = decode(
            &json!({"properties": {"customDomainVerificationTest": "Failed", "hasConflictOnScaleUnit": true,
            "conflictingAppResourceId": other, "cNameRecords": ["other.azurewebsites.net"], "aRecords": null}}),
        );
        assert!(seen.is_taken && !seen.is_proved && seen.addresses.is_empty());
        assert_eq!(seen.taken_by.unwrap().name(), "other");
        assert!(decode(&json!({"properties": {"customDomainVerificationTest": "Skipped"}})).is_proved);
        assert_eq!(decode(&json!({"properties": null})), HostnameAnalysis::default());
    }

    #[test]
    fn a_wildcard_is_proved_at_its_parent_and_a_slot_is_named_as_one() {
        assert_eq!(ownership_name(&Hostname::parse("*.contoso.com").unwrap()), "asuid.contoso.com");
        let site = ResourceId::parse("/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/shop")
            .unwrap();
        let request = add(&site.child("slots", "next").child("hostNameBindings", "a.contoso.com"));
        assert_eq!(request.body.unwrap().shown(), json!({"properties": {"siteName": "shop(next)"}}));
    }
}
