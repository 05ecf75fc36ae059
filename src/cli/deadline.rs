//! How long a command may take that only reads, and what it says on standard error while it waits: on a pipe
//! too.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{can_rewrite, words};
use crate::azure::{Client, Deadline, Listener, Wait};

/// For `list`, `report` and `doctor`; a check has a minute, as monitoring systems expect.
pub(super) const USUAL: &str = "300s";
pub(super) const OF_A_CHECK: &str = "60s";

/// Shorter pauses are told now and then only.
const LONG: Duration = Duration::from_secs(5);
const NOTICEABLE: Duration = Duration::from_secs(1);
const NOW_AND_THEN: Duration = Duration::from_secs(10);

/// `90s`, `5m`: the value of `--timeout`.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = text.parse().map_err(|error| format!("{error}"))?;
    Duration::try_from(span)
        .ok()
        .filter(|span| !span.is_zero())
        .ok_or_else(|| "a time must be longer than nothing".to_owned())
}

/// The client for a command that ends at the deadline and tells of its pauses.
pub(super) fn client(client: &Client, deadline: Deadline) -> Client {
    client.until(deadline).telling(voice())
}

/// Says of every pause how long it is and why, once for all requests that make the same.
pub(super) fn voice() -> Listener {
    let told = Mutex::new(None);
    Listener::new(move |wait| {
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = ToldPause::line(&mut told, wait, Instant::now()) {
            // Progress may stand on this line.
            if can_rewrite() {
                let _ = write!(io::stderr(), "\r\x1b[K");
            }
            words(&line);
        }
    })
}

/// The pause that was told last.
#[derive(Debug, Clone, Copy)]
struct ToldPause {
    at: Instant,
    /// When it is over.
    until: Instant,
}

impl ToldPause {
    /// What there is to say of a pause, if anything.
    fn line(told: &mut Option<Self>, wait: &Wait, now: Instant) -> Option<String> {
        let until = now + wait.pause;
        let is_known = told.is_some_and(|told| until <= told.until + NOTICEABLE);
        let is_soon = told.is_some_and(|told| now < told.at + NOW_AND_THEN);
        if wait.pause < NOTICEABLE || is_known || wait.pause < LONG && is_soon {
            return None;
        }
        *told = Some(Self { at: now, until });
        Some(wait.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_requests_that_wait_for_the_same_are_told_of_once() {
        let (start, mut told) = (Instant::now(), None);
        let mut line = |pause: u64, after: u64| {
            let wait = Wait { pause: Duration::from_millis(pause), why: "Azure throttles a".to_owned() };
            ToldPause::line(&mut told, &wait, start + Duration::from_secs(after))
        };
        assert_eq!(line(200, 0), None, "nobody notices it");
        assert_eq!(line(40_000, 0).as_deref(), Some("waiting 40 s: Azure throttles a"));
        assert_eq!(line(39_500, 1), None, "the same");
        assert_eq!(
            line(60_000, 2).as_deref(),
            Some("waiting 60 s: Azure throttles a"),
            "longer than was said"
        );
        assert_eq!(line(2_000, 63), Some("waiting 2 s: Azure throttles a".to_owned()));
        assert_eq!(line(2_000, 67), None, "short ones are told now and then");
    }

    #[test]
    fn a_timeout_is_a_time() {
        assert_eq!(span("90s"), Ok(Duration::from_secs(90)));
        assert!(span("0s").is_err() && span("-5s").is_err() && span("soon").is_err());
        assert_eq!(
            (span(USUAL), span(OF_A_CHECK)),
            (Ok(Duration::from_secs(300)), Ok(Duration::from_secs(60)))
        );
    }
}
