//! Private key certificates of App Service (`Microsoft.Web/certificates`).

use secrecy::SecretString;
use serde_json::{Value, json};

use super::Around;
use super::client::Client;
use super::error::AzureError;
use super::request::{Body, Repeat, Request};
use super::{json, version};
use crate::model::{Hostname, PrivateCertificate, ResourceId, SecretStatus, VaultSecret};

/// The certificates of a subscription or of a resource group.
pub async fn list(client: &Client, subscription: &ResourceId) -> Result<Vec<PrivateCertificate>, AzureError> {
    let path = format!("{subscription}/providers/Microsoft.Web/certificates");
    let request = Request::get("List the private key certificates", path, version::WEB);
    client.list_as(&request, decode).await
}

/// The certificates of the subscription that a resource is in, as far as the caller's roles reach.
pub async fn around(client: &Client, id: &ResourceId) -> Result<Around<PrivateCertificate>, AzureError> {
    super::around(id, |scope| async move { list(client, &scope).await }).await
}

pub async fn get(client: &Client, id: &ResourceId) -> Result<Option<PrivateCertificate>, AzureError> {
    let request = Request::get(format!("Read the certificate {}", id.name()), id.as_str(), version::WEB);
    Ok(client.read(&request).await?.as_ref().and_then(decode))
}

/// Imports a certificate from a vault secret, for the webspace of a plan. The same request again is a Sync (`sync`).
pub fn import(id: &ResourceId, location: &str, vault: &ResourceId, secret: &str, plan: &ResourceId) -> Request {
    let what = format!("Import the certificate {} from the vault {}", id.name(), vault.name());
    let properties =
        json!({ "keyVaultId": vault.as_str(), "keyVaultSecretName": secret, "serverFarmId": plan.as_str(), "password": "" });
    Request::put(what, id, version::WEB, json!({ "location": location, "properties": properties }))
}

/// Sync: the request of the import once more, unchanged. The service reads the secret anew, takes the certificate that it
/// holds now, and moves every binding of the webspace (API.md 3.5). The plan is not told by any answer; where none is
/// known it is left out, as the newest az CLI does.
pub fn sync(certificate: &PrivateCertificate, secret: &VaultSecret, plan: Option<&ResourceId>) -> Request {
    let what = format!("Sync the certificate {} with the vault {}", certificate.id.name(), secret.vault.name());
    let mut properties = json!({ "keyVaultId": secret.vault.as_str(), "keyVaultSecretName": secret.secret, "password": "" });
    if let Some(plan) = plan {
        properties["serverFarmId"] = plan.as_str().into();
    }
    Request::put(what, &certificate.id, version::WEB, json!({ "location": certificate.location, "properties": properties }))
}

/// Uploads a PFX, for the webspace of a plan; both the file (in Base64) and its password are secrets (API.md 3.2).
pub fn upload(id: &ResourceId, location: &str, pfx: SecretString, password: SecretString, plan: &ResourceId) -> Request {
    let properties = json!({ "password": null, "pfxBlob": null, "serverFarmId": plan.as_str() });
    let body = Body::new(json!({ "location": location, "properties": properties }))
        .secret("/properties/password", password)
        .secret("/properties/pfxBlob", pfx);
    Request::put(format!("Upload the certificate {}", id.name()), id, version::WEB, Value::Null).with_body(body)
}

/// Deletes it from its webspace. The service refuses while a binding uses it (API.md 3.6).
pub fn delete(id: &ResourceId) -> Request {
    Request::delete(format!("Delete the certificate {}", id.name()), id, version::WEB)
}

/// Creates a free managed certificate for a hostname. A name with an A record is proved by a token over HTTP
/// (`domainValidationMethod`), one with a CNAME record by that (API.md 3.4). Azure takes minutes, and more than one asking
/// helps nobody.
pub fn manage(id: &ResourceId, location: &str, host: &Hostname, by_http_token: bool, plan: &ResourceId) -> Request {
    let mut properties = json!({ "canonicalName": host.as_str(), "serverFarmId": plan.as_str(), "password": "" });
    if by_http_token {
        properties["domainValidationMethod"] = "http-token".into();
    }
    let body = json!({ "location": location, "properties": properties });
    Request::put(format!("Create a managed certificate for {host}"), id, version::WEB, body).repeat(Repeat::LookFirst)
}

pub fn decode(value: &Value) -> Option<PrivateCertificate> {
    let vault = json::id(value, "/properties/keyVaultId").map(|vault| VaultSecret {
        vault,
        secret: json::text_or_empty(value, "/properties/keyVaultSecretName"),
        status: json::text(value, "/properties/keyVaultSecretStatus")
            .map_or(SecretStatus::Unknown, |text| SecretStatus::parse(&text)),
    });
    Some(PrivateCertificate {
        id: json::id(value, "/id")?,
        location: json::text_or_empty(value, "/location"),
        webspace: json::text_or_empty(value, "/properties/webSpace"),
        thumbprint: json::thumbprint(value, "/properties/thumbprint"),
        subject: json::text_or_empty(value, "/properties/subjectName"),
        hosts: json::hosts(value, "/properties/hostNames"),
        issuer: json::text_or_empty(value, "/properties/issuer"),
        issued: json::time(value, "/properties/issueDate"),
        expires: json::time(value, "/properties/expirationDate"),
        vault,
        canonical_name: json::text(value, "/properties/canonicalName").map(Into::into),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn certificate(properties: &Value) -> PrivateCertificate {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/certificates/shop";
        decode(&json!({"id": id, "location": "West Europe", "properties": properties})).unwrap()
    }

    #[test]
    fn an_uploaded_certificate_has_no_vault_whatever_its_secret_status_says() {
        let uploaded = certificate(
            &json!({"keyVaultId": "", "keyVaultSecretName": "", "keyVaultSecretStatus": "Initialized", "canonicalName": null,
            "hostNames": ["a.com", "not a host"], "expirationDate": "2017-03-11T16:50:39-08:00"}),
        );
        assert_eq!((uploaded.vault, uploaded.canonical_name, uploaded.hosts.len()), (None, None, 1));
        assert_eq!(uploaded.expires.unwrap().to_string(), "2017-03-12T00:50:39Z");
    }

    #[test]
    fn a_managed_certificate_that_is_being_issued_has_no_thumbprint_yet() {
        let managed = certificate(&json!({"thumbprint": "", "canonicalName": "www.contoso.com"}));
        assert_eq!((managed.thumbprint, managed.canonical_name.as_deref()), (None, Some("www.contoso.com")));
    }
}
