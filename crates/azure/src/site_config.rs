//! How an app accepts connections: HTTPS only, and the minimum TLS version (A218, A219).

use serde_json::json;

use super::answer::AsItIs;
use super::client::Client;
use super::error::AzureError;
use super::request::Request;
use super::{json, version};
use certdeck_model::ResourceId;

/// The oldest TLS versions that an app accepts, such as `1.2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinTls {
    /// The minimum for the app's own hostnames (`minTlsVersion`).
    pub app: String,
    /// The same for its deployment site (SCM).
    pub scm: Option<String>,
}

/// The service's own answer about the configuration of an app.
pub async fn as_it_is(client: &Client, site: &ResourceId) -> Result<Option<AsItIs>, AzureError> {
    let request = Request::get(
        format!("Read the configuration of {}", site.name()),
        format!("{site}/config/web"),
        version::WEB,
    );
    client.read_as_it_is(&request).await
}

/// The minimum TLS versions. They are only in an app's configuration, never in the app's own answer.
pub fn min_tls(configuration: &AsItIs) -> Option<MinTls> {
    let version = |name: &str| json::text(&configuration.body, &format!("/properties/{name}"));
    Some(MinTls { app: version("minTlsVersion")?, scm: version("scmMinTlsVersion") })
}

/// `current` is the configuration as it was read.
pub fn set_min_tls(site: &ResourceId, wanted: &str, current: Option<&AsItIs>) -> Request {
    let what = format!("Set the minimum TLS version of {} to {wanted}", site.name());
    let body = json!({ "properties": { "minTlsVersion": wanted } });
    Request::patch(what, &site.child("config", "web"), version::WEB, body).while_as(current)
}

/// `current` is the app as it was read.
pub fn set_https_only(site: &ResourceId, wanted: bool, current: Option<&AsItIs>) -> Request {
    let what = format!("Turn HTTPS only {} for {}", if wanted { "on" } else { "off" }, site.name());
    Request::patch(what, site, version::WEB, json!({ "properties": { "httpsOnly": wanted } }))
        .while_as(current)
}
