//! The whole estate in one look: the index of Resource Graph first, ARM's own lists where the index does not
//! answer, does not know a subscription or tells too little, and direct reads of what was changed from here
//! lately, because the index lags. What cannot be read becomes a gap with a name. Public certificates
//! (`public`) and what vaults do about their certificates (`upkeep`) are read by themselves.
//!
//! It is one queue of questions, some at once; every answer is told as a part that an estate can absorb.

mod bound;
mod gaps;
mod index;
mod kind;
mod lists;
pub mod public;
mod reader;
pub mod upkeep;

use jiff::SignedDuration;

use super::client::Client;
use super::error::AzureError;
use super::subscriptions;
use certdeck_model::{Estate, ResourceId};
use reader::Reader;

/// So long after a change the index may still tell how it was before. It says "near real time" and means
/// minutes.
pub const LAG: SignedDuration = SignedDuration::from_mins(15);

/// Reads everything the signed-in identity may see. `tell` gets it in parts that name every resource once,
/// with a note on how far it is. `changed` are resources that were changed from here lately, newest first:
/// what the index knows of their groups is not believed. Only a failed sign-in, or no subscription at all, is
/// an error.
pub async fn read(
    client: &Client,
    changed: &[ResourceId],
    mut tell: impl FnMut(Estate, String) + Send,
) -> Result<(), AzureError> {
    let client = &client.for_a_look();
    let subscriptions = subscriptions::list(client).await?;
    if subscriptions.is_empty() {
        return Err(AzureError::NoSubscription);
    }
    let mut first = Estate::default();
    (first.as_of, first.subscriptions) = (client.now(), subscriptions.clone());
    tell(first, format!("{} subscriptions found", subscriptions.len()));
    let mut reader = Reader::new(client, subscriptions, &mut tell);
    reader.directly(changed).await?;
    reader.by_index().await?;
    reader.again().await?;
    reader.own_of_bound().await?;
    reader.finish();
    Ok(())
}

/// The same at once, for whoever shows nothing meanwhile.
pub async fn load(client: &Client, changed: &[ResourceId]) -> Result<Estate, AzureError> {
    let mut whole = Estate::default();
    read(client, changed, |part, _| whole.absorb(part)).await?;
    Ok(whole)
}
