//! Resource groups.

use serde_json::{Value, json};

use super::client::Client;
use super::error::AzureError;
use super::request::Request;
use super::{json, version};
use certdeck_model::{ResourceGroup, ResourceId, Tags};

/// The groups of a subscription.
pub async fn list(client: &Client, subscription: &ResourceId) -> Result<Vec<ResourceGroup>, AzureError> {
    let request =
        Request::get("List the resource groups", format!("{subscription}/resourcegroups"), version::GROUPS);
    client.list_as(&request, decode).await
}

/// Reads a resource group; `None` if it does not exist.
pub async fn get(client: &Client, id: &ResourceId) -> Result<Option<ResourceGroup>, AzureError> {
    let request =
        Request::get(format!("Read the resource group {}", id.name()), id.as_str(), version::GROUPS);
    client.read_as(&request, decode).await
}

/// Creates the resource group. An existing group would get these tags instead of its own.
pub fn create(id: &ResourceId, location: &str, tags: &Tags) -> Request {
    let body = json::tagged(json!({ "location": location }), tags);
    Request::put(format!("Create the resource group {}", id.name()), id, version::GROUPS, body)
}

/// Decodes a resource group; `None` if it has no valid id.
pub fn decode(value: &Value) -> Option<ResourceGroup> {
    Some(ResourceGroup {
        id: json::id(value, "/id")?,
        location: json::text_or_empty(value, "/location"),
        tags: json::tags(value),
    })
}
