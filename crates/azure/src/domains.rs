//! App Service Domains, as far as they prove who owns a domain (A98).

use serde_json::json;

use super::client::Client;
use super::error::AzureError;
use super::request::Request;
use super::{json, version};
use certdeck_model::ResourceId;

/// The App Service Domain of this name in the subscription.
pub async fn find(
    client: &Client,
    subscription: &ResourceId,
    name: &str,
) -> Result<Option<ResourceId>, AzureError> {
    let path = format!("{subscription}/providers/Microsoft.DomainRegistration/domains");
    let request = Request::get("List the App Service Domains", path, version::DOMAINS);
    let domains = client.list_as(&request, |domain| json::id(domain, "/id")).await?;
    Ok(domains.into_iter().find(|id| id.name().eq_ignore_ascii_case(name)))
}

/// Lets Azure write the order's verification token into the domain's DNS zone (A98).
pub fn claim(domain: &ResourceId, order_name: &str, token: &str) -> Request {
    let id = domain.child("domainOwnershipIdentifiers", order_name);
    let what = format!("Let the App Service Domain {} prove the order {order_name}", domain.name());
    Request::put(what, &id, version::DOMAINS, json!({ "properties": { "ownershipId": token } }))
}

/// The verification token that the domain holds for an order.
pub async fn claim_token(
    client: &Client,
    domain: &ResourceId,
    order_name: &str,
) -> Result<Option<String>, AzureError> {
    let id = domain.child("domainOwnershipIdentifiers", order_name);
    let request = Request::get(
        format!("Read the verification token on {}", domain.name()),
        id.as_str(),
        version::DOMAINS,
    );
    Ok(client.read(&request).await?.and_then(|value| json::text(&value, "/properties/ownershipId")))
}
