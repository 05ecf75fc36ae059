//! How an app takes connections: HTTPS only, and the minimum TLS version (A218, A219, API.md 4.2).

use serde_json::json;

use super::answer::AsItIs;
use super::client::Client;
use super::error::AzureError;
use super::request::Request;
use super::{json, version};
use crate::model::ResourceId;

/// The oldest TLS versions that an app takes, such as `1.2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinTls {
    pub app: String,
    /// Of its deployment site (SCM).
    pub scm: Option<String>,
}

/// The minimum TLS versions. The app's own answer never has them, only its configuration.
pub async fn min_tls(client: &Client, site: &ResourceId) -> Result<Option<MinTls>, AzureError> {
    let request = Request::get(format!("Read the configuration of {}", site.name()), format!("{site}/config/web"), version::WEB);
    Ok(client.read(&request).await?.and_then(|web| {
        let version = |name: &str| json::text(&web, &format!("/properties/{name}"));
        Some(MinTls { app: version("minTlsVersion")?, scm: version("scmMinTlsVersion") })
    }))
}

pub fn set_min_tls(site: &ResourceId, wanted: &str) -> Request {
    let what = format!("Set the minimum TLS version of {} to {wanted}", site.name());
    Request::patch(what, &site.child("config", "web"), version::WEB, json!({ "properties": { "minTlsVersion": wanted } }))
}

/// `current` is the app as it was read: what somebody else changed since is not overwritten.
pub fn set_https_only(site: &ResourceId, wanted: bool, current: Option<&AsItIs>) -> Request {
    let what = format!("Turn HTTPS only {} for {}", if wanted { "on" } else { "off" }, site.name());
    Request::patch(what, site, version::WEB, json!({ "properties": { "httpsOnly": wanted } })).while_as(current)
}
