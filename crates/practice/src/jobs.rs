//! What happens later: a durable list of jobs, ordered by the practice cloud's clock.
//!
//! A provider schedules with `ctx.soon(takes, &ScheduledJob::…)` or `ctx.at(moment, &ScheduledJob::…)` in the
//! same transaction as its change, so that a job can neither be lost nor run for a change that was not made.
//! A job runs in its own transaction with `ctx.now` = the moment it was due, even when the clock jumped over
//! it: what it schedules is relative to that moment. A job whose object is gone or changed does nothing.
//!
//! To add one: a variant here that wraps the provider's own job enum, and a line in `run`.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    context::CloudContext,
    error::StoreError,
    lag, operations,
    provider::{certificate_registration, key_vault, microsoft_web},
    reply::Fault,
    store::{Collection, Transaction},
};

const JOBS: Collection<ScheduledJob> = Collection::new("job");

/// A job that runs when it is due.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum ScheduledJob {
    /// Completes a long-running operation.
    Finish(operations::OperationId),
    /// Updates the resource with this key in the index of Resource Graph.
    Index(String),
    KeyVault(key_vault::VaultJob),
    CertificateRegistration(certificate_registration::CertificateJob),
    Web(microsoft_web::SiteJob),
}

impl ScheduledJob {
    /// Runs the job; a fault is logged, and the job is not repeated.
    pub(crate) fn run(self, ctx: &CloudContext<'_>) -> Result<(), Fault> {
        match self {
            Self::Finish(operation) => operations::finish(ctx, &operation),
            Self::Index(key) => lag::catch_up(ctx, &key),
            Self::KeyVault(job) => job.run(ctx),
            Self::CertificateRegistration(job) => job.run(ctx),
            Self::Web(job) => job.run(ctx),
        }
    }
}

/// Adds a job that is due at `due`.
pub(crate) fn schedule(tx: &Transaction, due: Timestamp, job: &ScheduledJob) -> Result<(), StoreError> {
    // Jobs due at the same moment run in the order they were added.
    let last = tx.last_key(&JOBS, &prefix(due))?;
    let next = last.and_then(|key| key.rsplit('|').next()?.parse::<u64>().ok()).map_or(0, |last| last + 1);
    tx.put(&JOBS, &format!("{}{next:06}", prefix(due)), job)
}

/// The earliest job, with its key and the moment it is due.
pub(crate) fn next(tx: &Transaction) -> Result<Option<(String, Timestamp, ScheduledJob)>, StoreError> {
    Ok(tx.first(&JOBS, "")?.map(|(key, job)| {
        let due = key
            .split('|')
            .next()
            .and_then(|ms| ms.parse().ok())
            .and_then(|ms| Timestamp::from_millisecond(ms).ok())
            .unwrap_or(Timestamp::UNIX_EPOCH);
        (key, due, job)
    }))
}

/// Removes the job from the list, in the transaction that runs it.
pub(crate) fn take(tx: &Transaction, key: &str) -> Result<bool, StoreError> {
    tx.remove(&JOBS, key)
}

fn prefix(due: Timestamp) -> String {
    format!("{:020}|", due.as_millisecond().max(0))
}

/// The moment `after` from `now`; limited to the end of the calendar.
pub(crate) fn moment(now: Timestamp, after: SignedDuration) -> Timestamp {
    now.checked_add(after).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::store::Store;

    #[test]
    fn jobs_come_back_by_time_and_then_in_the_order_they_were_added() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let tx = store.begin().unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        for (second, name) in [(20, "late"), (10, "first"), (10, "second")] {
            let job = ScheduledJob::Finish(operations::OperationId(name.to_owned()));
            schedule(&tx, at(second), &job).unwrap();
        }
        let mut seen = Vec::new();
        while let Some((key, due, ScheduledJob::Finish(id))) = next(&tx).unwrap() {
            assert!(take(&tx, &key).unwrap());
            seen.push((due.as_second(), id.0));
        }
        let seen: Vec<_> = seen.iter().map(|(at, name)| (*at, name.as_str())).collect();
        assert_eq!(seen, [(10, "first"), (10, "second"), (20, "late")]);
    }
}
