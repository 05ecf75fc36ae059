//! Whether a subscription may use the services that certdeck needs: each has to be registered there once.

use futures::future::try_join_all;
use serde_json::Value;

use super::client::Client;
use super::error::AzureError;
use super::request::Request;
use super::{json, version};
use certdeck_model::ResourceId;

const NEEDED: [&str; 3] = ["Microsoft.Web", "Microsoft.KeyVault", "Microsoft.CertificateRegistration"];

/// The services that the subscription has not registered. Orders are not sold in national clouds (A65), so
/// their provider is not required there.
pub async fn missing(client: &Client, subscription: &ResourceId) -> Result<Vec<&'static str>, AzureError> {
    let needed =
        NEEDED.iter().filter(|name| !(client.cloud().national && name.ends_with("CertificateRegistration")));
    let asked = needed.map(|name| async move {
        let request = Request::get(
            format!("Read the provider {name}"),
            format!("{subscription}/providers/{name}"),
            version::GROUPS,
        );
        Ok(client.read(&request).await?.is_none_or(|answer| !is_registered(&answer)).then_some(*name))
    });
    Ok(try_join_all(asked).await?.into_iter().flatten().collect())
}

/// A registration in progress counts: it takes minutes and completes by itself.
fn is_registered(answer: &Value) -> bool {
    let state: String = json::text_or_empty(answer, "/registrationState");
    ["Registered", "Registering"].iter().any(|good| state.eq_ignore_ascii_case(good))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_registered_or_about_to_be_counts() {
        for (state, counts) in
            [("Registered", true), ("registering", true), ("NotRegistered", false), ("Unregistering", false)]
        {
            assert_eq!(is_registered(&json!({"registrationState": state})), counts, "{state}");
        }
        assert!(!is_registered(&json!({})));
    }
}
