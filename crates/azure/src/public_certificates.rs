//! Public certificates (`.cer`) that an app's code loads. The service returns only the bytes, so subject and
//! expiry are read from them here.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::client::Client;
use super::error::AzureError;
use super::request::{Repeat, Request};
use super::{json, version, x509};
use certdeck_model::{PublicCertificate, ResourceId};

/// The public certificates of an app or slot.
pub async fn list(client: &Client, site: &ResourceId) -> Result<Vec<PublicCertificate>, AzureError> {
    let what = format!("List the public certificates of {}", site.name());
    client.list_as(&Request::get(what, format!("{site}/publicCertificates"), version::WEB), decode).await
}

/// Adds a certificate in DER to an app. `store` is `CurrentUserMy`, or in an App Service Environment
/// `LocalMachineMy`. The service refuses a name that exists: remove it first.
pub fn add(id: &ResourceId, der: &[u8], store: &str) -> Request {
    let properties = json!({ "blob": STANDARD.encode(der), "publicCertificateLocation": store });
    let what = format!("Upload the public certificate {}", id.name());
    // Repeated after a lost answer it would be refused although it worked, so the certificate is read first.
    Request::put(what, id, version::WEB, json!({ "properties": properties })).repeat(Repeat::LookFirst)
}

/// Removes the certificate from its app, whose code can no longer load it.
pub fn remove(id: &ResourceId) -> Request {
    Request::delete(format!("Remove the public certificate {}", id.name()), id, version::WEB)
}

/// Decodes a public certificate; `None` if it has no valid id below an app.
pub fn decode(value: &Value) -> Option<PublicCertificate> {
    let id = json::id(value, "/id")?;
    let facts = value.pointer("/properties/blob").and_then(Value::as_str).and_then(x509::facts);
    Some(PublicCertificate {
        app: id.site()?,
        thumbprint: json::thumbprint(value, "/properties/thumbprint"),
        store: json::text_or_empty(value, "/properties/publicCertificateLocation"),
        expires: facts.as_ref().and_then(|facts| facts.expires),
        subject: facts.map(|facts| facts.subject),
        id,
    })
}
