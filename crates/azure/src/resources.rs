//! Resources of any type by their name, wherever in a subscription they are.

use super::client::Client;
use super::error::AzureError;
use super::request::Request;
use super::{json, version};
use certdeck_model::ResourceId;

/// Those of a type (`Microsoft.Web/sites`) with this name, in whichever group; names differ in case only by
/// chance.
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
