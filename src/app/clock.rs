//! What time it is, twice: the cloud's time, by which everything is judged, and this machine's, by which is waited.

use jiff::{SignedDuration, Timestamp};

#[derive(Debug, Clone)]
pub struct Clock {
    /// The cloud's time; this machine's until the cloud has told it.
    pub now: Timestamp,
    /// This machine's time: for what is waited for, and how long something took here. It never goes back.
    pub machine: Timestamp,
    /// How far off this machine's clock is, where that matters.
    pub difference: Option<String>,
}

impl Clock {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { now, machine: now, difference: None }
    }

    /// Both times go on.
    pub(super) fn tick(&mut self, machine: Timestamp) {
        let ahead = self.now.duration_since(self.machine);
        self.machine = self.machine.max(machine);
        self.now = self.machine.checked_add(ahead).unwrap_or(self.machine);
    }

    /// The cloud's clock decides. Returns whether it is so far from what was believed that what was judged by the
    /// other time has to be judged again.
    pub(super) fn set(&mut self, now: Timestamp, difference: Option<String>) -> bool {
        let jumps = now.duration_since(self.now).abs() > SignedDuration::from_mins(1);
        (self.now, self.difference) = (now, difference);
        jumps
    }
}
