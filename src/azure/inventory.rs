//! The whole estate in one look: every subscription at once, and what cannot be read becomes a named gap.

use jiff::Timestamp;

use super::client::Client;
use super::error::AzureError;
use super::subscriptions;
use crate::model::Estate;

pub async fn load(client: &Client, progress: impl Fn(Estate, String)) -> Result<Estate, AzureError> {
    let mut estate = Estate::default();
    estate.as_of = Timestamp::now();
    estate.subscriptions = subscriptions::list(client).await?;
    progress(estate.clone(), "reading".to_owned());
    Ok(estate.indexed())
}
