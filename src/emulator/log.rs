//! The request log that `/_emulator/requests` shows: for tests and for people who want to see what was asked.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde_json::{Value, json};

/// The newest entries that are kept.
const KEEP: usize = 10_000;

/// Requests in the order they were answered, numbered from 1; lost at the end of the process.
#[derive(Debug, Default)]
pub struct Log {
    last: u64,
    entries: VecDeque<Entry>,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    at: Timestamp,
    method: String,
    /// Path and query; secrets never travel there.
    path: String,
    host: String,
    status: u16,
}

impl Log {
    pub fn add(&mut self, at: Timestamp, method: &str, host: &str, path: &str, status: u16) {
        self.last += 1;
        self.entries.push_back(Entry {
            number: self.last,
            at,
            method: method.to_owned(),
            path: path.to_owned(),
            host: host.to_owned(),
            status,
        });
        if self.entries.len() > KEEP {
            self.entries.pop_front();
        }
    }

    /// The entries after number `since`.
    pub fn show(&self, since: u64) -> Value {
        let value: Vec<Value> = self
            .entries
            .iter()
            .filter(|entry| entry.number > since)
            .map(|entry| {
                json!({
                    "number": entry.number,
                    "at": entry.at.to_string(),
                    "method": entry.method,
                    "host": entry.host,
                    "path": entry.path,
                    "status": entry.status,
                })
            })
            .collect();
        json!({"last": self.last, "value": value})
    }
}
