//! Microsoft Graph, for one question: which object is this first-party application in our tenant?

use super::client::Client;
use super::error::AzureError;
use super::request::{Plane, Request};
use super::{json, version};

/// `Microsoft.Azure.WebSites`, the same for all subscriptions (A116).
pub const WEBSITES: &str = "abfa0a7c-a6b6-4736-8310-5855508787cd";
/// `Microsoft.Azure.WebSites` in Azure Government (A117).
pub const WEBSITES_US_GOVERNMENT: &str = "6a02c803-dafd-4136-b4c3-5a6f318b4714";
/// `Microsoft.Azure.CertificateRegistration` (C17).
pub const CERTIFICATE_REGISTRATION: &str = "f3c21649-0979-4721-ac85-b0216b2cf413";

/// The object id of an application's service principal; absent where the tenant has none.
pub async fn principal(client: &Client, app_id: &str) -> Result<Option<String>, AzureError> {
    let request = Request::get("Look up a service principal", "/v1.0/servicePrincipals", version::GRAPH)
        .with_query("$filter", format!("appId eq '{app_id}'"))
        .on(Plane::Graph);
    let answer = client.read(&request).await?.unwrap_or_default();
    Ok(json::elements(&answer).first().and_then(|principal| json::text(principal, "/id")))
}
