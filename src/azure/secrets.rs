//! Secrets of a key vault, as far as they hold certificates (API.md 9).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zeroize::Zeroizing;

use super::client::Client;
use super::cloud::host_of;
use super::error::AzureError;
use super::request::{Plane, Request};
use super::version;
use crate::model::Vault;

/// What reads the current version of a secret, its value included.
pub fn reading(vault: &Vault, name: &str) -> Request {
    let what = format!("Read the secret {name} of the key vault {}", vault.id.name());
    Request::get(what, format!("/secrets/{name}"), version::VAULT_DATA).on(Plane::Vault(vault.uri.clone()))
}

/// The octets of a certificate that a secret holds in Base64; nothing where there is no such secret.
pub async fn certificate(client: &Client, reading: &Request) -> Result<Option<Zeroizing<Vec<u8>>>, AzureError> {
    let Some(mut answer) = client.read(reading).await? else { return Ok(None) };
    let malformed = |why: &str| AzureError::Malformed {
        host: client.url(reading).map_or_else(|_| String::new(), |url| host_of(&url)),
        why: why.to_owned(),
    };
    let Some(Value::String(text)) = answer.get_mut("value").map(Value::take) else {
        return Err(malformed("the secret has no value"));
    };
    let text = Zeroizing::new(text);
    let octets = STANDARD.decode(text.trim()).map_err(|_| malformed("the secret holds no PFX in Base64"))?;
    Ok(Some(Zeroizing::new(octets)))
}
