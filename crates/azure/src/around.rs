//! Lists of what lies around a resource: in its subscription, or in its resource group where the caller's
//! roles reach no further. Who contributes to one group only works with that one.

use super::error::AzureError;
use certdeck_model::ResourceId;

/// What a list told, and why it told of the resource group only.
#[derive(Debug)]
pub struct Around<T> {
    pub all: Vec<T>,
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
