//! Secrets of a key vault, as far as they hold certificates.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zeroize::Zeroizing;

use super::client::Client;
use super::cloud::host_of;
use super::error::AzureError;
use super::request::{Plane, Request};
use super::{json, version};
use certdeck_model::Vault;

/// What uses a name among the secrets of a vault, according to its metadata: no value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// Nothing uses the name.
    Free,
    /// The certificate of an order, or its placeholder (C19).
    Order,
    /// A certificate of the vault; only the vault writes its secret.
    Certificate,
    /// A secret that people or programs made, which must not be overwritten.
    Other,
    /// A deleted secret, which keeps the name until it is purged (C20).
    Deleted,
}

/// The tag by which the certificate service knows its own secrets (C19).
const ORDER_TAG: &str = "CertificateState";

/// Determines what uses a name, deleted objects included.
pub async fn holder(client: &Client, vault: &Vault, name: &str) -> Result<Holder, AzureError> {
    let ask = |what: &str, path: String| {
        let what = format!("{what} {name} of the key vault {}", vault.id.name());
        Request::get(what, path, version::VAULT_DATA).on(Plane::Vault(vault.uri.clone()))
    };
    let versions =
        match client.list(&ask("List the versions of the secret", format!("/secrets/{name}/versions"))).await
        {
            Err(error) if error.refusal().is_some_and(|refusal| refusal.status == 404) => Vec::new(),
            versions => versions?,
        };
    if versions.iter().any(|one| json::flag(one, "/managed")) {
        return Ok(Holder::Certificate);
    }
    if versions.iter().any(|one| one.pointer("/tags").is_some_and(|tags| tags.get(ORDER_TAG).is_some())) {
        return Ok(Holder::Order);
    }
    if !versions.is_empty() {
        return Ok(Holder::Other);
    }
    let deleted = client.read(&ask("Look for the deleted secret", format!("/deletedsecrets/{name}"))).await?;
    Ok(if deleted.is_some() { Holder::Deleted } else { Holder::Free })
}

/// The request that reads the current version of a secret, with its value.
pub fn reading(vault: &Vault, name: &str) -> Request {
    let what = format!("Read the secret {name} of the key vault {}", vault.id.name());
    Request::get(what, format!("/secrets/{name}"), version::VAULT_DATA).on(Plane::Vault(vault.uri.clone()))
}

/// The bytes of a certificate that a secret holds in Base64; `None` if there is no such secret.
pub async fn certificate(
    client: &Client,
    reading: &Request,
) -> Result<Option<Zeroizing<Vec<u8>>>, AzureError> {
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
