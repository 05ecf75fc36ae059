//! How long all requests of a command may take together, and how the caller learns of pauses.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::error::AzureError;

/// The moment after which nothing is waited for, and the length of the whole period.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    at: Instant,
    whole: Duration,
}

impl Deadline {
    /// The deadline of a period that begins now.
    pub fn after(whole: Duration) -> Self {
        let now = Instant::now();
        // A time beyond the range of the clock is replaced by a day.
        let at = now.checked_add(whole).unwrap_or(now + Duration::from_secs(24 * 60 * 60));
        Self { at, whole }
    }

    /// The moment itself, on the clock of the runtime.
    pub(super) fn at(self) -> Instant {
        self.at
    }

    /// The result of `work`, or an error if the deadline passes first.
    pub async fn within<T>(self, work: impl Future<Output = T>) -> Result<T, AzureError> {
        timeout_at(self.at, work).await.map_err(|_| self.passed(None))
    }

    /// `why` is the reason for the last pause.
    pub(super) fn passed(self, why: Option<String>) -> AzureError {
        AzureError::NotInTime { seconds: self.whole.as_millis().div_ceil(1000), why }
    }
}

/// A pause before a request is sent, and the reason for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// The length of the pause; zero for a wait whose end is not known, such as for a person who signs in
    /// again.
    pub pause: Duration,
    /// `Azure throttles the subscription …`
    pub why: String,
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pause.is_zero() {
            return f.write_str(&self.why);
        }
        write!(f, "waiting {} s: {}", self.pause.as_secs_f64().ceil(), self.why)
    }
}

/// Is called for every pause of a client's reads.
#[derive(Clone)]
pub struct Listener(Arc<dyn Fn(&Wait) + Send + Sync>);

impl Listener {
    /// A listener that calls `hear` for each pause; `hear` runs in the task of the request, so it must not
    /// block.
    pub fn new(hear: impl Fn(&Wait) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }

    pub(super) fn hear(&self, wait: &Wait) {
        (self.0)(wait);
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}
