//! The practice cloud's clock: the real one plus a distance that can be set and is kept.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    error::StoreError,
    store::{Collection, Transaction},
};

const CLOCK: Collection<Clock> = Collection::new("clock");

/// Runs as fast as the real clock, `ahead` of it (or behind, when negative).
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Clock {
    ahead_ms: i64,
}

impl Clock {
    /// A clock that reads `now` at this moment.
    pub fn reading(now: Timestamp) -> Self {
        Self { ahead_ms: now.as_millisecond() - Timestamp::now().as_millisecond() }
    }

    /// The practice cloud's time.
    pub fn now(self) -> Timestamp {
        let real = Timestamp::now();
        real.checked_add(SignedDuration::from_millis(self.ahead_ms)).unwrap_or(real)
    }

    pub fn load(tx: &Transaction) -> Result<Self, StoreError> {
        Ok(tx.get(&CLOCK, "now")?.unwrap_or_default())
    }

    pub fn save(self, tx: &Transaction) -> Result<(), StoreError> {
        tx.put(&CLOCK, "now", &self)
    }
}
