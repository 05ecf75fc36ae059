//! Which object is a first-party application in the tenant? The only query to Microsoft Graph, which the
//! settings can answer too.

use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

use super::client::Client;
use super::cloud::host_of;
use super::error::AzureError;
use super::request::{Plane, Request};
use super::{json, version};

/// `Microsoft.Azure.WebSites`, the same for all subscriptions (A116).
pub const WEBSITES: &str = "abfa0a7c-a6b6-4736-8310-5855508787cd";
/// `Microsoft.Azure.WebSites` in Azure Government (A117).
pub const WEBSITES_US_GOVERNMENT: &str = "6a02c803-dafd-4136-b4c3-5a6f318b4714";
/// `Microsoft.Azure.CertificateRegistration` (C17).
pub const CERTIFICATE_REGISTRATION: &str = "f3c21649-0979-4721-ac85-b0216b2cf413";

/// The directory permission that the query needs, as an application permission and as a person's.
pub const PERMISSION: &str = "Application.Read.All";

/// The object ids of the two services in the tenant, as far as the settings contain them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Principals {
    /// The object id of `Microsoft.Azure.WebSites`; `None` if the settings do not contain it.
    pub app_service: Option<String>,
    /// The object id of `Microsoft.Azure.CertificateRegistration`; `None` if the settings do not contain it.
    pub certificate_registration: Option<String>,
}

impl Principals {
    /// The object id of the service with this application id, from the settings.
    pub fn of(&self, app_id: &str) -> Option<&str> {
        let named = match app_id {
            CERTIFICATE_REGISTRATION => &self.certificate_registration,
            _ => &self.app_service,
        };
        named.as_deref()
    }

    /// Whether the settings contain both.
    pub fn are_whole(&self) -> bool {
        self.app_service.is_some() && self.certificate_registration.is_some()
    }
}

/// The object id of an application's service principal, from the settings or otherwise from Graph; `None` if
/// the tenant has none.
pub async fn principal(client: &Client, app_id: &str) -> Result<Option<String>, AzureError> {
    match client.principals().of(app_id) {
        Some(known) => Ok(Some(known.to_owned())),
        None => look_up(client, app_id).await,
    }
}

/// How long to wait for Graph: flows continue without it.
const LONGEST: Duration = Duration::from_secs(10);

/// The same from Graph, regardless of the settings.
pub async fn look_up(client: &Client, app_id: &str) -> Result<Option<String>, AzureError> {
    let request = Request::get("Look up a service principal", "/v1.0/servicePrincipals", version::GRAPH)
        .with_query("$filter", format!("appId eq '{app_id}'"))
        .on(Plane::Graph);
    let late = |_| {
        let host = client.cloud().graph.as_ref().map(host_of).unwrap_or_default();
        AzureError::Unreachable { host, why: format!("no answer within {} s", LONGEST.as_secs()) }
    };
    let Some(answer) = timeout(LONGEST, client.read(&request)).await.map_err(late)?? else { return Ok(None) };
    if !answer.get("value").is_some_and(Value::is_array) {
        return Err(client.malformed(&request, "the answer is no list"));
    }
    Ok(json::elements(&answer).first().and_then(|principal| json::text(principal, "/id")))
}
