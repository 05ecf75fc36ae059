//! The practice cloud's clock: the real clock plus an offset that can be set and is stored.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    error::StoreError,
    store::{Collection, Transaction},
};

const CLOCK: Collection<Clock> = Collection::new("clock");

/// Runs as fast as the real clock, `ahead` of it (or behind, when negative).
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Clock {
    ahead_ms: i64,
}

/// 2010-01-01 and 2100-01-01: dates derived from the clock stay within range on both sides.
const EARLIEST: Timestamp = Timestamp::constant(1_262_304_000, 0);
const LATEST: Timestamp = Timestamp::constant(4_102_444_800, 0);

/// A time that the practice clock cannot show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the practice cloud's clock goes from 2010 to 2100, and {0} is outside of that")]
pub struct OutOfRange(Timestamp);

impl Clock {
    /// A clock that shows `now` at this moment.
    pub(crate) fn reading(now: Timestamp) -> Result<Self, OutOfRange> {
        if (EARLIEST..=LATEST).contains(&now) {
            Ok(Self { ahead_ms: now.as_millisecond() - Timestamp::now().as_millisecond() })
        } else {
            Err(OutOfRange(now))
        }
    }

    /// The practice cloud's time.
    pub(crate) fn now(self) -> Timestamp {
        let real = Timestamp::now();
        real.checked_add(SignedDuration::from_millis(self.ahead_ms)).unwrap_or(real)
    }

    pub(crate) fn load(tx: &Transaction) -> Result<Self, StoreError> {
        Ok(tx.get(&CLOCK, "now")?.unwrap_or_default())
    }

    pub(crate) fn save(self, tx: &Transaction) -> Result<(), StoreError> {
        tx.put(&CLOCK, "now", &self)
    }
}
