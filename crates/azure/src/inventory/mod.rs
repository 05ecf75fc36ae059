//! Reads the whole estate through two doors at once: the index of Resource Graph as far as its window of queries
//! reaches, and ARM's own lists for what would have to wait for it (`doors`). ARM's lists also serve if the
//! index does not answer, does not know a subscription or returns too little, and for what certdeck changed recently,
//! because the index lags. What cannot be read becomes a named gap. Public certificates (`public`) and the
//! vaults' renewal of their certificates (`upkeep`) are read separately.
//!
//! One queue holds all requests, and several run at once; every answer is reported as a part that an estate
//! can absorb.

mod ask;
mod bound;
mod doors;
mod gaps;
mod index;
mod kind;
mod lists;
pub mod public;
mod reader;
pub mod touched;
pub mod upkeep;

use std::time::Duration;

use futures::future::BoxFuture;
use jiff::SignedDuration;
use tokio::time::Instant;

use super::client::Client;
use super::error::AzureError;
use super::subscriptions;
use certdeck_model::{Estate, EstateRows, ResourceId};
use reader::InventoryReader;

/// For this long after a change the index may still return the earlier state. Its documentation says "near
/// real time", which means minutes.
pub const LAG: SignedDuration = SignedDuration::from_mins(15);

/// How long the index may be silent before everything is read from the lists, and how long at most on a slow
/// line or once it has answered.
const SILENT: Duration = Duration::from_secs(1);
const LONG_SILENT: Duration = Duration::from_secs(5);

/// Reads everything that the signed-in identity may see. `tell` gets it in parts that contain every resource
/// once, with the progress. `changed` are resources that certdeck changed recently, newest first: what the
/// index returns about their groups is ignored. Only a failed sign-in, or no subscription at all, is an
/// error.
pub async fn read(
    client: &Client,
    changed: &[ResourceId],
    mut tell: impl FnMut(EstateRows, String) + Send,
) -> Result<(), AzureError> {
    read_boxed(client, changed, &mut tell).await
}

/// Boxed, so that the reader is compiled once, in this crate.
fn read_boxed<'a>(
    client: &'a Client,
    changed: &'a [ResourceId],
    tell: &'a mut (dyn FnMut(EstateRows, String) + Send),
) -> BoxFuture<'a, Result<(), AzureError>> {
    Box::pin(read_all(client, changed, tell))
}

async fn read_all(
    client: &Client,
    changed: &[ResourceId],
    tell: &mut (dyn FnMut(EstateRows, String) + Send),
) -> Result<(), AzureError> {
    let client = &client.for_a_look();
    let start = Instant::now();
    let subscriptions = subscriptions::list(client).await?;
    // On a slow line everything is slow.
    let patience = (2 * start.elapsed()).clamp(SILENT, LONG_SILENT);
    if subscriptions.is_empty() {
        return Err(AzureError::NoSubscription);
    }
    let note = format!("{} subscriptions found", subscriptions.len());
    let (as_of, first) = (client.now(), subscriptions.clone());
    tell(EstateRows { as_of, subscriptions: first, ..EstateRows::default() }, note);
    let mut reader = InventoryReader::new(client, subscriptions, patience, tell);
    reader.directly(changed).await?;
    reader.by_index().await?;
    reader.again().await?;
    reader.own_of_bound().await?;
    reader.finish();
    Ok(())
}

/// The same in one step, for callers that show no progress.
pub async fn load(client: &Client, changed: &[ResourceId]) -> Result<Estate, AzureError> {
    let mut whole = Estate::default();
    read(client, changed, |part, _| whole.absorb(part)).await?;
    Ok(whole)
}
