//! The certificates of a key vault, from its data plane. It never reads a key or a secret.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde_json::Value;

use super::client::Client;
use super::error::AzureError;
use super::request::{Plane, Request};
use super::{json, version, x509};
use certdeck_model::{CertificatePolicy, Hostname, Thumbprint, Vault, VaultCertificate};

/// Certificates whose policies are requested at the same time.
const POLICIES_AT_ONCE: usize = 8;

/// The certificates of a vault with their policies. The list itself contains neither the kind of key nor the
/// format, so each certificate is read too.
pub async fn list(client: &Client, vault: &Vault) -> Result<Vec<VaultCertificate>, AzureError> {
    let ask = |what: String, path: String| {
        Request::get(what, path, version::VAULT_DATA).on(Plane::Vault(vault.uri.clone()))
    };
    let all = ask(format!("List the certificates of {}", vault.id.name()), "/certificates".to_owned());
    let listed: Vec<VaultCertificate> = client.list_as(&all, decode).await?;
    let asked: Vec<_> = listed
        .into_iter()
        .map(|one| {
            let path = format!("/certificates/{}/policy", one.name);
            (ask(format!("Read the policy of {}", one.name), path), one)
        })
        .map(|(request, one)| async move {
            let policy = client.read(&request).await?.as_ref().map(decode_policy);
            Ok::<_, AzureError>(VaultCertificate { policy, ..one })
        })
        .collect();
    stream::iter(asked).buffered(POLICIES_AT_ONCE).try_collect().await
}

/// The current version of one certificate, without its policy, and the names that it secures; `None` if the
/// vault has no certificate of this name, which may still be a plain secret.
pub async fn current(
    client: &Client,
    vault: &Vault,
    name: &str,
) -> Result<Option<(VaultCertificate, Vec<Hostname>)>, AzureError> {
    let what = format!("Read the certificate {name} in the vault {}", vault.id.name());
    let request = Request::get(what, format!("/certificates/{name}"), version::VAULT_DATA)
        .on(Plane::Vault(vault.uri.clone()));
    client.read_as(&request, |answer| Some((decode(answer)?, names(answer)))).await
}

/// The thumbprints of all versions of a certificate.
pub async fn versions(client: &Client, vault: &Vault, name: &str) -> Result<Vec<Thumbprint>, AzureError> {
    let what = format!("List the versions of {name} in the vault {}", vault.id.name());
    let path = format!("/certificates/{name}/versions");
    let request = Request::get(what, path, version::VAULT_DATA).on(Plane::Vault(vault.uri.clone()));
    client.list_as(&request, |version| decode(version)?.thumbprint).await
}

/// The hostnames that a version secures, from its bytes.
fn names(version: &Value) -> Vec<Hostname> {
    let facts = version.get("cer").and_then(Value::as_str).and_then(x509::facts);
    facts.into_iter().flat_map(|facts| facts.names).filter_map(|name| Hostname::parse(&name).ok()).collect()
}

/// Decodes an element of a list or a bundle, without its policy; `None` if its id is not that of a
/// certificate.
pub fn decode(value: &Value) -> Option<VaultCertificate> {
    let digest = json::text(value, "/x5t").and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    Some(VaultCertificate {
        name: json::text(value, "/id")?.split("/certificates/").nth(1)?.split('/').next()?.to_owned(),
        thumbprint: digest.and_then(|digest| Some(Thumbprint::from_sha1(&digest.try_into().ok()?))),
        // A version without this attribute is enabled.
        is_enabled: value.pointer("/attributes/enabled").and_then(Value::as_bool) != Some(false),
        starts: json::time(value, "/attributes/nbf"),
        expires: json::time(value, "/attributes/exp"),
        subject: json::text_or_empty(value, "/subject"),
        policy: None,
    })
}

/// Decodes a policy; members that are missing are empty.
pub fn decode_policy(value: &Value) -> CertificatePolicy {
    CertificatePolicy {
        content_type: json::text_or_empty(value, "/secret_props/contentType"),
        key_type: json::text_or_empty(value, "/key_props/kty"),
        key_bits: value.pointer("/key_props/key_size").and_then(Value::as_i64),
        is_exportable: value.pointer("/key_props/exportable").and_then(Value::as_bool) != Some(false),
        purposes: json::texts(value, "/x509_props/ekus"),
        hosts: json::texts(value, "/x509_props/sans/dns_names"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn the_thumbprint_of_the_recording_is_the_one_that_app_service_writes() {
        let one = decode(&json!({"id": "https://kv.vault.azure.net/certificates/test-cert", "x5t": "npc1xFx5KwOz_8ymFIUrMu5xrWs",
            "attributes": {"enabled": true, "nbf": 1_514_790_000, "exp": 4_701_913_200_i64}}))
        .unwrap();
        assert_eq!(one.name, "test-cert");
        assert_eq!(one.thumbprint.unwrap().as_str(), "9E9735C45C792B03B3FFCCA614852B32EE71AD6B");
    }

    #[test]
    fn a_policy_that_says_little_is_not_taken_for_a_refusal() {
        let policy = decode_policy(
            &json!({"key_props": {"kty": "EC"}, "secret_props": {"contentType": "application/x-pkcs12"}}),
        );
        assert!(policy.is_exportable && policy.key_bits.is_none() && policy.key_type == "EC");
        assert!(decode(&json!({"id": "https://kv.vault.azure.net/certificates/a"})).unwrap().is_enabled);
    }
}
