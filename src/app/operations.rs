//! The ledger of what was sent: what runs, since when, what was last heard of it, and what came of it.

use jiff::Timestamp;

use super::message::AskId;
use crate::flow::{FlowName, StepId};
use crate::model::Problem;

#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Succeeded,
    Failed(Problem),
    /// Not watched any more; the service goes on by itself.
    Unwatched,
}

#[derive(Debug, Clone)]
pub struct WatchedOperation {
    pub ask: AskId,
    /// `Buy the certificate order contoso-www`.
    pub what: String,
    pub flow: FlowName,
    pub step: StepId,
    pub started: Timestamp,
    pub note: String,
    pub ended: Option<(Timestamp, Outcome)>,
}

impl WatchedOperation {
    pub fn is_running(&self) -> bool {
        self.ended.is_none()
    }

    /// The times of day of this machine: `sent at 14:02:11 UTC, ended at 14:02:40 UTC`.
    pub fn times(&self) -> String {
        let at = |at: Timestamp| at.strftime("%H:%M:%S UTC");
        match &self.ended {
            Some((ended, _)) => format!("sent at {}, ended at {}", at(self.started), at(*ended)),
            None => format!("sent at {}", at(self.started)),
        }
    }

    /// How long it ran, or has been running: `2m10s`.
    pub fn elapsed(&self, now: Timestamp) -> String {
        let until = self.ended.as_ref().map_or(now, |(at, _)| *at);
        elapsed(until.as_second() - self.started.as_second())
    }
}

/// `45s`, `2m10s`, `1h05m`.
pub fn elapsed(seconds: i64) -> String {
    match seconds.max(0) {
        s if s < 60 => format!("{s}s"),
        s if s < 3_600 => format!("{}m{:02}s", s / 60, s % 60),
        s => format!("{}h{:02}m", s / 3_600, s % 3_600 / 60),
    }
}

/// Newest last.
#[derive(Debug, Clone, Default)]
pub struct Operations(Vec<WatchedOperation>);

impl Operations {
    pub fn start(&mut self, operation: WatchedOperation) {
        self.0.push(operation);
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &WatchedOperation> {
        self.0.iter()
    }

    pub fn running(&self) -> impl Iterator<Item = &WatchedOperation> {
        self.0.iter().filter(|operation| operation.is_running())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn find(&self, ask: AskId) -> Option<&WatchedOperation> {
        self.0.iter().find(|operation| operation.ask == ask)
    }

    pub fn note(&mut self, ask: AskId, note: String) {
        if let Some(operation) =
            self.0.iter_mut().find(|operation| operation.ask == ask && operation.is_running())
        {
            operation.note = note;
        }
    }

    /// Ends an operation once; what comes later about it is no news.
    pub fn end(&mut self, ask: AskId, at: Timestamp, outcome: Outcome) {
        if let Some(operation) =
            self.0.iter_mut().find(|operation| operation.ask == ask && operation.is_running())
        {
            operation.ended = Some((at, outcome));
        }
    }
}
