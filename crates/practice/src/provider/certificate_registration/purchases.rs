//! What was charged: one line for every order bought and every renewal that bought another year.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::order::OrderRecord;
use crate::{
    context::CloudContext,
    error::StoreError,
    reply::Fault,
    store::{Collection, Transaction},
};

const PURCHASES: Collection<Purchase> = Collection::new("purchase");

/// Why money changed hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ChargeReason {
    New,
    Renewal,
}

/// One charge.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Purchase {
    pub order: String,
    pub distinguished_name: String,
    pub product: String,
    pub reason: ChargeReason,
    pub at: Timestamp,
}

/// Charges for an order.
pub(crate) fn charge(ctx: &CloudContext<'_>, order: &OrderRecord, reason: ChargeReason) -> Result<(), Fault> {
    let purchase = Purchase {
        order: order.id.clone(),
        distinguished_name: order.distinguished_name(),
        product: order.product.word().to_owned(),
        reason,
        at: ctx.now,
    };
    let key = format!("{:020}|{}", ctx.now.as_millisecond(), uuid::Uuid::new_v4());
    Ok(ctx.tx.put(&PURCHASES, &key, &purchase)?)
}

/// Every charge, oldest first.
pub(crate) fn all(tx: &Transaction) -> Result<Vec<Purchase>, StoreError> {
    let all = tx.scan(&PURCHASES, "")?;
    Ok(all.into_iter().map(|(_, purchase)| purchase).collect())
}
