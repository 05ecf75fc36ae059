//! App Service plans: their tier decides whether an app may have TLS bindings at all.

use serde_json::Value;

use super::client::Client;
use super::error::AzureError;
use super::request::Request;
use super::{json, version};
use certdeck_model::{Plan, ResourceId};

/// The plans of a subscription.
pub async fn list(client: &Client, subscription: &ResourceId) -> Result<Vec<Plan>, AzureError> {
    let path = format!("{subscription}/providers/Microsoft.Web/serverfarms");
    let request = Request::get("List the App Service plans", path, version::WEB);
    client.list_as(&request, decode).await
}

/// Reads an App Service plan; `None` if it does not exist.
pub async fn get(client: &Client, id: &ResourceId) -> Result<Option<Plan>, AzureError> {
    let request = Request::get(format!("Read the App Service plan {}", id.name()), id.as_str(), version::WEB);
    client.read_as(&request, decode).await
}

/// The members of `properties` that `decode` reads: the projection of the index asks for these.
pub(crate) const MEMBERS: &[&str] = &["reserved"];

/// Decodes a plan; `None` if it has no valid id.
pub fn decode(value: &Value) -> Option<Plan> {
    let tier = json::text(value, "/sku/tier").or_else(|| json::text(value, "/properties/sku/tier"));
    Some(Plan {
        id: json::id(value, "/id")?,
        location: json::text_or_empty(value, "/location"),
        tier: tier.unwrap_or_default(),
        linux: json::flag(value, "/properties/reserved"),
    })
}
