//! Lists of the resources near a resource: those of its subscription, or those of its resource group if the
//! caller's roles reach no further. A contributor to one group sees only that group.

use super::error::AzureError;
use certdeck_model::ResourceId;

/// The list, and why it covers only the resource group.
#[derive(Debug)]
pub struct Around<T> {
    /// The resources that the caller's roles reach.
    pub all: Vec<T>,
    /// Why the subscription could not be listed; `None` if the list covers the whole subscription.
    pub left_out: Option<AzureError>,
}

/// Lists the subscription of `id`, or its resource group if it names one and the subscription is withheld.
pub async fn around<T, Listed>(
    id: &ResourceId,
    list: impl Fn(ResourceId) -> Listed,
) -> Result<Around<T>, AzureError>
where
    Listed: Future<Output = Result<Vec<T>, AzureError>>,
{
    match list(ResourceId::subscription(id.subscription_id())).await {
        Ok(all) => Ok(Around { all, left_out: None }),
        Err(error) if error.is_withheld() && !id.resource_group().is_empty() => {
            Ok(Around { all: list(id.group()).await?, left_out: Some(error) })
        }
        Err(error) => Err(error),
    }
}
