//! The subscriptions that the signed-in identity may see.

use serde_json::Value;

use super::client::Client;
use super::error::AzureError;
use super::request::Request;
use super::{json, version};
use certdeck_model::{ResourceId, Subscription};

/// The subscriptions of the context, if it names some; otherwise all.
pub async fn list(client: &Client) -> Result<Vec<Subscription>, AzureError> {
    let request = Request::get("List the subscriptions", "/subscriptions", version::SUBSCRIPTIONS);
    let mut found = client.list_as(&request, decode).await?;
    found.retain(|one| is_meant(client.subscriptions(), one));
    Ok(found)
}

fn is_meant(meant: &[String], one: &Subscription) -> bool {
    let is = |text: &String| {
        text.eq_ignore_ascii_case(one.id.subscription_id()) || text.eq_ignore_ascii_case(&one.name)
    };
    meant.is_empty() || meant.iter().any(is)
}

/// The directory that a subscription trusts: a new vault has to name it.
pub async fn tenant(client: &Client, subscription: &ResourceId) -> Result<Option<String>, AzureError> {
    let what = format!("Read the subscription {}", subscription.name());
    let answer = client.read(&Request::get(what, subscription.as_str(), version::SUBSCRIPTIONS)).await?;
    Ok(answer.and_then(|value| json::text(&value, "/tenantId")))
}

/// Decodes a subscription; `None` if it has no valid id.
pub fn decode(value: &Value) -> Option<Subscription> {
    let id = json::id(value, "/id")?;
    let name = json::text(value, "/displayName").unwrap_or_else(|| id.name().to_owned());
    Some(Subscription { id, name, state: json::text_or_empty(value, "/state") })
}
