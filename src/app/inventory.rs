//! What is known of the cloud, and what of it is being read: the estate on screen, what a reading brought so far, what
//! was judged of it. The rows of the panes are another matter: `browser`.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::building::Building;
use super::list::List;
use super::message::{AskId, Message};
use super::public::PublicRead;
use crate::health::findings::{Findings, Limits};
use crate::model::{Changes, Estate, Problem};
use crate::rules::Rules;
use crate::tables::{Basis, PaneName};

/// Whether the inventory is being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    Idle,
    Asked {
        ask: AskId,
        note: String,
        /// When it was heard of last, by this machine's time.
        heard: Timestamp,
        of: ReadingOf,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadingOf {
    Everything,
    /// What a change can have touched.
    Touched,
}

/// Who began a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begun {
    /// A person, or what they did.
    Asked,
    /// The time that the settings name: it interrupts nothing.
    Timed,
}

/// A reading that was not heard of for so long is begun again where a person asks for it.
const STUCK_AFTER: SignedDuration = SignedDuration::from_secs(10);

#[derive(Debug)]
pub struct Inventory {
    pub estate: Arc<Estate>,
    /// Whether any estate was ever read.
    pub has_estate: bool,
    /// Whether it was read to its end.
    pub(super) is_whole: bool,
    /// Whether the rows are those of an earlier run.
    pub is_recalled: bool,
    /// What the newest reading found different from the rows before it.
    pub changes: Changes,
    /// What a refresh has brought so far; the first reading shows its parts as they come.
    pub(super) incoming: Option<Box<Estate>>,
    /// What `Effect::Build` is to build.
    pub building: Option<Box<Building>>,
    /// Under which question something is being built.
    pub(super) built_as: Option<AskId>,
    /// What waits for the end of the building, because it would change the estate.
    pub(super) deferred: Vec<Message>,
    /// What is not shown any more, for `Effect::Discard`.
    pub discarded: Option<(Arc<Estate>, Box<List>)>,
    pub reading: Reading,
    /// Until when a request of the reading waits to be tried again, by this machine's time, and why.
    pub(super) waits: Option<(Timestamp, String)>,
    /// When the last reading ended, by this machine's time.
    pub(super) ended: Option<Timestamp>,
    /// Who began the reading.
    pub(super) begun: Begun,
    /// Why the last reading failed; the rows before it stay.
    pub failure: Option<Problem>,
    /// What will break, and what could not be judged.
    pub findings: Findings,
    /// Which apps were asked for their public certificates.
    pub public: PublicRead,
    /// Under which question the vaults are being asked.
    pub(super) upkeep: Option<AskId>,
}

impl Default for Inventory {
    fn default() -> Self {
        Self {
            estate: Arc::default(),
            has_estate: false,
            is_whole: false,
            is_recalled: false,
            changes: Changes::default(),
            incoming: None,
            building: None,
            built_as: None,
            deferred: Vec::new(),
            discarded: None,
            reading: Reading::Idle,
            waits: None,
            ended: None,
            begun: Begun::Asked,
            failure: None,
            findings: Findings::default(),
            public: PublicRead::default(),
            upkeep: None,
        }
    }
}

impl Inventory {
    pub(super) fn basis<'a>(&'a self, rules: &'a Rules, now: Timestamp) -> Basis<'a> {
        Basis { estate: &self.estate, rules, now }
    }

    /// Whether this is the question that the reading asks.
    pub(super) fn is_reading(&self, asked: AskId) -> bool {
        matches!(self.reading, Reading::Asked { ask, .. } if ask == asked)
    }

    /// Whether everything is being read, and something was heard of it lately.
    pub(super) fn makes_progress(&self, machine: Timestamp) -> bool {
        matches!(&self.reading, Reading::Asked { heard, of: ReadingOf::Everything, .. }
            if machine.duration_since(*heard) < STUCK_AFTER)
    }

    /// Whether no row of this reading is still to come.
    pub(super) fn are_rows_whole(&self, pane: PaneName) -> bool {
        (self.is_whole || self.is_recalled) && (pane != PaneName::Public || self.public.asking().is_none())
    }

    /// Judges the whole estate again.
    pub(super) fn find(&mut self, rules: &Rules, now: Timestamp) {
        self.findings = Findings::of(&self.basis(rules, now), Limits::USUAL);
    }

    /// For how many more seconds the reading waits to try again, and why.
    pub fn pause(&self, machine: Timestamp) -> Option<(i64, &str)> {
        let (until, why) = self.waits.as_ref().filter(|_| self.reading != Reading::Idle)?;
        let left = until.duration_since(machine).as_secs();
        // A moment is no news; what is read meanwhile is.
        (left > 1).then_some((left, why))
    }

    pub(super) fn end_reading(&mut self, machine: Timestamp) {
        self.reading = Reading::Idle;
        (self.waits, self.ended) = (None, Some(machine));
        (self.failure, self.is_whole, self.is_recalled) = (None, true, false);
    }

    /// How many apps were never asked for their public certificates.
    pub fn apps_unasked(&self) -> usize {
        self.estate.apps.len().saturating_sub(self.public.asked())
    }
}
