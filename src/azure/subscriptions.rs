//! The subscriptions that the signed-in identity may see.

use serde_json::Value;

use super::client::Client;
use super::error::AzureError;
use super::request::Request;
use super::{json, version};
use crate::model::{ResourceId, Subscription};

pub async fn list(client: &Client) -> Result<Vec<Subscription>, AzureError> {
    let request = Request::get("List the subscriptions", "/subscriptions", version::SUBSCRIPTIONS);
    client.list_as(&request, decode).await
}

/// The directory that a subscription trusts: a new vault has to name it.
pub async fn tenant(client: &Client, subscription: &ResourceId) -> Result<Option<String>, AzureError> {
    let what = format!("Read the subscription {}", subscription.name());
    let answer = client.read(&Request::get(what, subscription.as_str(), version::SUBSCRIPTIONS)).await?;
    Ok(answer.and_then(|value| json::text(&value, "/tenantId")))
}

pub fn decode(value: &Value) -> Option<Subscription> {
    let id = json::id(value, "/id")?;
    let name = json::text(value, "/displayName").unwrap_or_else(|| id.name().to_owned());
    Some(Subscription { id, name, state: json::text_or_empty(value, "/state") })
}
