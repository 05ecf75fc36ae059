//! What the effects act on: one cloud, one journal, one set of rules.

use std::sync::Arc;

use jiff::Timestamp;

use crate::azure::Client;
use crate::flow::engine::Engine;
use crate::journal::Journal;
use crate::model::Problem;
use crate::rules::Rules;

#[derive(Debug)]
pub struct World {
    pub client: Client,
    pub journal: Journal,
    pub rules: Arc<Rules>,
    pub read_only: bool,
}

impl World {
    pub fn engine(&self) -> Engine<'_> {
        Engine { client: &self.client, journal: &self.journal, rules: &self.rules, clock: Timestamp::now }
    }

    /// The last gate before a change, whatever asked for it.
    pub fn may_change(&self, what: &str) -> Result<(), Problem> {
        if self.read_only {
            return Err(Problem::new(what, "certdeck runs read-only")
                .remedy("Leave out --read-only, or take read_only out of the settings of this context."));
        }
        Ok(())
    }
}
