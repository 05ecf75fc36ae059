//! Reads that lag behind. Resource Graph always does: a change becomes visible when its index next visits the
//! resource and takes the state of that time. ARM does where a fault asks for it: one of its replicas
//! continues to return the earlier state. This module keeps what is still visible there.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    context::{CloudContext, PRIVATE, RESOURCES, View},
    error::StoreError,
    jobs::ScheduledJob,
    reply::Fault,
    store::{Collection, Transaction},
};

/// How long the index of the real cloud takes; the documentation says "near real time", which means minutes.
const TAKES: SignedDuration = SignedDuration::from_mins(2);
/// By the key of the resource.
const INDEX: Collection<EarlierState> = Collection::new("index-behind");
const REPLICA: Collection<EarlierState> = Collection::new("replica-behind");
/// The same for the private parts of resources, by resource id.
const REPLICA_PRIVATE: Collection<EarlierState> = Collection::private("replica-behind");
/// How often a path was read while a replica was behind.
const READS: Collection<u32> = Collection::new("replica-reads");

/// The earlier state of a resource that has changed since.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct EarlierState {
    /// `None`: the resource was not known.
    resource: Option<Value>,
    /// For a replica: until when it is behind, and how many reads of a path go to an up-to-date replica
    /// before one comes here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replica: Option<(Timestamp, u32)>,
}

/// A replica that lags behind a request's changes for this long; each time this many reads of a path go
/// elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stale {
    pub span: SignedDuration,
    pub fresh: u32,
}

impl EarlierState {
    fn is_in_force(&self, now: Timestamp) -> bool {
        self.replica.is_some_and(|(until, _)| until > now)
    }
}

/// Keeps the state that a replica continues to return after the coming change.
fn keep(
    ctx: &CloudContext<'_>,
    known: &Collection<EarlierState>,
    all: &Collection<Value>,
    key: &str,
) -> Result<(), Fault> {
    let Some(Stale { span, fresh }) = ctx.stale else { return Ok(()) };
    if ctx.tx.get(known, key)?.is_none_or(|known| !known.is_in_force(ctx.now)) {
        let until = ctx.now.checked_add(span).unwrap_or(Timestamp::MAX);
        ctx.tx.put(
            known,
            key,
            &EarlierState { resource: ctx.tx.get(all, key)?, replica: Some((until, fresh)) },
        )?;
    }
    Ok(())
}

/// Called before the private part of a resource changes.
pub(crate) fn remember_private(ctx: &CloudContext<'_>, key: &str) -> Result<(), Fault> {
    keep(ctx, &REPLICA_PRIVATE, &PRIVATE, key)
}

/// The private part in a view.
pub(crate) fn private(tx: &Transaction, view: View, key: &str) -> Result<Option<Value>, StoreError> {
    if let View::Replica(now) = view
        && let Some(known) = tx.get(&REPLICA_PRIVATE, key)?.filter(|known| known.is_in_force(now))
    {
        return Ok(known.resource);
    }
    tx.get(&PRIVATE, key)
}

/// Called before a resource changes. At the instant pace the index is never behind.
pub(crate) fn remember(ctx: &CloudContext<'_>, key: &str) -> Result<(), Fault> {
    keep(ctx, &REPLICA, &RESOURCES, key)?;
    let takes = ctx.setting.pace.of(TAKES);
    if takes.is_zero() || ctx.view == View::Planted || ctx.tx.get(&INDEX, key)?.is_some() {
        return Ok(());
    }
    let known = EarlierState { resource: ctx.tx.get(&RESOURCES, key)?, replica: None };
    ctx.tx.put(&INDEX, key, &known)?;
    ctx.soon(TAKES, &ScheduledJob::Index(key.to_owned()))
}

/// The job: the index visits the resource.
pub(crate) fn catch_up(ctx: &CloudContext<'_>, key: &str) -> Result<(), Fault> {
    ctx.tx.remove(&INDEX, key)?;
    Ok(())
}

/// The state that a read of this path is answered from.
pub(crate) fn view_of_a_read(ctx: &CloudContext<'_>, path: &str) -> Result<View, Fault> {
    let behind = ctx.tx.scan(&REPLICA, "")?;
    let in_force = behind.iter().filter_map(|(_, known)| known.replica).filter(|(until, _)| *until > ctx.now);
    let Some(fresh) = in_force.map(|(_, fresh)| fresh).max() else { return Ok(View::Now) };
    let path = path.to_lowercase();
    let reads = ctx.tx.get(&READS, &path)?.unwrap_or(0);
    ctx.tx.put(&READS, &path, &((reads + 1) % (fresh + 1)))?;
    Ok(if reads == fresh { View::Replica(ctx.now) } else { View::Now })
}

/// The resources under a prefix that a view has in an earlier state.
fn behind(tx: &Transaction, view: View, prefix: &str) -> Result<Vec<(String, EarlierState)>, StoreError> {
    match view {
        View::Now | View::Planted => Ok(Vec::new()),
        View::Indexed => tx.scan(&INDEX, prefix),
        View::Replica(now) => {
            let mut known = tx.scan(&REPLICA, prefix)?;
            known.retain(|(_, known)| known.is_in_force(now));
            Ok(known)
        }
    }
}

/// The resource in a view.
pub(crate) fn find(tx: &Transaction, view: View, key: &str) -> Result<Option<Value>, StoreError> {
    let known = match view {
        View::Now | View::Planted => None,
        View::Indexed => tx.get(&INDEX, key)?,
        View::Replica(now) => tx.get(&REPLICA, key)?.filter(|known| known.is_in_force(now)),
    };
    match known {
        Some(known) => Ok(known.resource),
        None => tx.get(&RESOURCES, key),
    }
}

/// `CloudContext::walk_by` over the state of a view.
pub(crate) fn walk(
    tx: &Transaction,
    view: View,
    prefix: &str,
    after: Option<&str>,
    read: &dyn Fn(&[u8]) -> serde_json::Result<Value>,
    visit: &mut dyn FnMut(&str, Value) -> bool,
) -> Result<(), StoreError> {
    let known = behind(tx, view, prefix)?
        .into_iter()
        .filter(|(key, _)| after.is_none_or(|after| key.as_str() > after));
    let mut behind: BTreeMap<String, Option<Value>> =
        known.map(|(key, known)| (key, known.resource)).collect();
    let mut go_on = true;
    tx.walk_by(&RESOURCES, prefix, after, read, |key, resource| {
        // Resources that were deleted and are still visible in the view are inserted in order.
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

/// How many resources these are.
pub(crate) fn count(tx: &Transaction, view: View, prefix: &str) -> Result<usize, StoreError> {
    if behind(tx, view, prefix)?.is_empty() {
        return tx.count(&RESOURCES, prefix);
    }
    let mut count = 0;
    walk(tx, view, prefix, None, &|_| Ok(Value::Null), &mut |_, _| {
        count += 1;
        true
    })?;
    Ok(count)
}
