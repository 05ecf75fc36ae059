//! Certificates of a key vault, seen by its data plane: never their private keys (API.md 9).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;

use super::client::Client;
use super::error::AzureError;
use super::request::{Plane, Request};
use super::{json, version};
use crate::model::{Thumbprint, Vault};

/// The current version of a certificate in a vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Current {
    pub thumbprint: Thumbprint,
    pub expires: Option<Timestamp>,
}

/// The current version; none where the vault has no certificate of this name, which may still be a plain secret.
pub async fn current(client: &Client, vault: &Vault, name: &str) -> Result<Option<Current>, AzureError> {
    let what = format!("Read the certificate {name} in the vault {}", vault.id.name());
    let request = Request::get(what, format!("/certificates/{name}"), version::VAULT_DATA).on(Plane::Vault(vault.uri.clone()));
    Ok(client.read(&request).await?.as_ref().and_then(decode))
}

fn decode(value: &Value) -> Option<Current> {
    let digest = URL_SAFE_NO_PAD.decode(json::text(value, "/x5t")?.trim_end_matches('=')).ok()?;
    let thumbprint = Thumbprint::from_sha1(digest.as_slice().try_into().ok()?);
    Some(Current { thumbprint, expires: json::time(value, "/attributes/exp") })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_bundle_tells_its_thumbprint_and_end_and_nonsense_tells_nothing() {
        let current = decode(&json!({"x5t": "fLi3U52HunIVNXubkEnf8tP6Wbo", "attributes": {"exp": 1_493_938_289}})).unwrap();
        assert_eq!(current.thumbprint.as_str(), "7CB8B7539D87BA7215357B9B9049DFF2D3FA59BA");
        assert_eq!(current.expires.unwrap().to_string(), "2017-05-04T22:51:29Z");
        for broken in [json!({}), json!({"x5t": "AA"}), json!({"x5t": "*"})] {
            assert_eq!(decode(&broken), None);
        }
    }
}
