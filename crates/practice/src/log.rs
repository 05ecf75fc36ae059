//! The request log of `/_emulator/requests`: for tests and for people who want to see what was requested.

use std::{collections::VecDeque, time::Instant};

use jiff::Timestamp;
use serde_json::{Value, json};

/// The number of entries that are kept; older ones are dropped.
const KEEP: usize = 10_000;

/// Requests in the order of their responses, numbered from 1; not stored.
#[derive(Debug)]
pub(crate) struct Log {
    began: Instant,
    last: u64,
    entries: VecDeque<LogEntry>,
}

#[derive(Debug)]
struct LogEntry {
    number: u64,
    at: Timestamp,
    /// Since the process began, in real time: the practice clock may stand still or jump.
    milliseconds: u128,
    exchange: LoggedExchange,
}

/// A request and its response.
#[derive(Debug, Default)]
pub(crate) struct LoggedExchange {
    pub method: String,
    /// Path and query; they never contain secrets.
    pub path: String,
    pub host: String,
    pub status: u16,
    /// The client's own id of the request, the same for every try.
    pub request: Option<String>,
    /// What the response reports as left of the limit.
    pub left: Option<String>,
    /// Seconds.
    pub retry_after: Option<String>,
}

impl Default for Log {
    fn default() -> Self {
        Self { began: Instant::now(), last: 0, entries: VecDeque::new() }
    }
}

impl Log {
    pub(crate) fn add(&mut self, at: Timestamp, exchange: LoggedExchange) {
        self.last += 1;
        let milliseconds = self.began.elapsed().as_millis();
        self.entries.push_back(LogEntry { number: self.last, at, milliseconds, exchange });
        if self.entries.len() > KEEP {
            self.entries.pop_front();
        }
    }

    /// The entries after number `since`.
    pub(crate) fn show(&self, since: u64) -> Value {
        let value: Vec<Value> = self
            .entries
            .iter()
            .filter(|entry| entry.number > since)
            .map(|LogEntry { number, at, milliseconds, exchange }| {
                json!({
                    "number": number,
                    "at": at.to_string(),
                    "milliseconds": u64::try_from(*milliseconds).unwrap_or(u64::MAX),
                    "method": exchange.method,
                    "host": exchange.host,
                    "path": exchange.path,
                    "status": exchange.status,
                    "request": exchange.request,
                    "left": exchange.left,
                    "retryAfter": exchange.retry_after,
                })
            })
            .collect();
        json!({"last": self.last, "value": value})
    }
}
