//! Resources of any type by their name, anywhere in a subscription.

use super::client::Client;
use super::error::AzureError;
use super::request::Request;
use super::{json, version};
use certdeck_model::ResourceId;

/// The resources of a type (`Microsoft.Web/sites`) with this name, in any group; names are compared
/// regardless of casing.
pub async fn named(
    client: &Client,
    scope: &ResourceId,
    kind: &str,
    name: &str,
) -> Result<Vec<ResourceId>, AzureError> {
    let what = format!("Find {name} among the {}", kind.rsplit('/').next().unwrap_or_default());
    let request = Request::get(what, format!("{scope}/resources"), version::GROUPS).with_query(
        "$filter",
        format!("resourceType eq '{kind}' and name eq '{}'", name.replace('\'', "''")),
    );
    client.list_as(&request, |one| json::id(one, "/id")).await
}
