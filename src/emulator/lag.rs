//! Resource Graph lags behind: a change shows in it some time later, when its index visits the resource and takes what it
//! then finds. Until then what the index still knows is kept here.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    context::{Context, RESOURCES, View},
    error::StoreError,
    jobs::Job,
    reply::Fault,
    store::{Collection, Transaction},
};

/// How long the index of the real cloud takes; it says "near real time" and means minutes.
const TAKES: SignedDuration = SignedDuration::from_mins(2);
/// By the key of the resource.
const BEHIND: Collection<Known> = Collection::new("index-behind");

/// What the index knows of a resource that was changed since.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Known {
    /// Nothing: it does not know that there is one.
    resource: Option<Value>,
}

/// Called before a resource changes. At the instant pace the index is never behind.
pub fn remember(ctx: &Context<'_>, key: &str) -> Result<(), Fault> {
    let takes = ctx.setting.pace.of(TAKES);
    if takes.is_zero() || ctx.view == View::Planted || ctx.tx.get(&BEHIND, key)?.is_some() {
        return Ok(());
    }
    let known = Known { resource: ctx.tx.get(&RESOURCES, key)? };
    ctx.tx.put(&BEHIND, key, &known)?;
    ctx.soon(TAKES, &Job::Index(key.to_owned()))
}

/// The job: the index visits the resource.
pub fn catch_up(ctx: &Context<'_>, key: &str) -> Result<(), Fault> {
    ctx.tx.remove(&BEHIND, key)?;
    Ok(())
}

/// The resource as the index knows it.
pub fn find(tx: &Transaction, key: &str) -> Result<Option<Value>, StoreError> {
    match tx.get(&BEHIND, key)? {
        Some(known) => Ok(known.resource),
        None => tx.get(&RESOURCES, key),
    }
}

/// `Context::walk_by` over what the index knows.
pub fn walk(
    tx: &Transaction,
    prefix: &str,
    after: Option<&str>,
    read: &dyn Fn(&[u8]) -> serde_json::Result<Value>,
    visit: &mut dyn FnMut(&str, Value) -> bool,
) -> Result<(), StoreError> {
    let known = tx.scan(&BEHIND, prefix)?.into_iter().filter(|(key, _)| after.is_none_or(|after| key.as_str() > after));
    let mut behind: BTreeMap<String, Option<Value>> = known.map(|(key, known)| (key, known.resource)).collect();
    let mut go_on = true;
    tx.walk_by(&RESOURCES, prefix, after, read, |key, resource| {
        // What is gone from the cloud and not yet from the index comes in between.
        while let Some(gone) = behind.first_entry().filter(|first| first.key().as_str() < key) {
            let (key, known) = gone.remove_entry();
            go_on = known.is_none_or(|known| visit(&key, known));
            if !go_on {
                return false;
            }
        }
        go_on = match behind.remove(key) {
            Some(known) => known.is_none_or(|known| visit(key, known)),
            None => visit(key, resource),
        };
        go_on
    })?;
    for (key, known) in behind {
        go_on = go_on && known.is_none_or(|known| visit(&key, known));
    }
    Ok(())
}

/// How many that are.
pub fn count(tx: &Transaction, prefix: &str) -> Result<usize, StoreError> {
    if tx.first(&BEHIND, prefix)?.is_none() {
        return tx.count(&RESOURCES, prefix);
    }
    let mut count = 0;
    walk(tx, prefix, None, &|_| Ok(Value::Null), &mut |_, _| {
        count += 1;
        true
    })?;
    Ok(count)
}
