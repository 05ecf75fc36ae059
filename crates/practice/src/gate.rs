//! A gate for tests: stops the practice cloud at exactly one request.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::watch;

/// Holds one request, counted from 1 over ARM, Key Vault, Graph and token requests in the order they arrive.
/// Cloned into `Options`; the test keeps the other end and awaits `reached`.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    at: u64,
    side: Side,
    seen: AtomicU64,
    reached: watch::Sender<bool>,
}

/// Whether a request is held before or after the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Received and never processed.
    Before,
    /// Processed and committed; the response is never sent.
    After,
}

impl Gate {
    /// Holds nothing and only counts the requests that an undisturbed run sends.
    pub fn open() -> Self {
        Self::new(0, Side::Before)
    }

    /// The `n`-th request is received and never processed.
    pub fn hold_before(n: u64) -> Self {
        Self::new(n, Side::Before)
    }

    /// The `n`-th request is processed and committed, and its response is never sent.
    pub fn hold_after(n: u64) -> Self {
        Self::new(n, Side::After)
    }

    fn new(at: u64, side: Side) -> Self {
        Self(Arc::new(Inner { at, side, seen: AtomicU64::new(0), reached: watch::Sender::new(false) }))
    }

    /// Waits until the request is held. If the run stops before that request, this waits for ever.
    pub async fn reached(&self) {
        let mut reached = self.0.reached.subscribe();
        // The sender lives as long as `self`, so the wait cannot fail.
        let _ = reached.wait_for(|held| *held).await;
    }

    /// How many requests have arrived.
    pub fn seen(&self) -> u64 {
        self.0.seen.load(Ordering::SeqCst)
    }

    /// Counts an arriving request; `pass` takes the returned number.
    pub(super) fn arrive(&self) -> u64 {
        self.0.seen.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Returns at once, or never for the held request.
    pub(super) async fn pass(&self, number: u64, side: Side) {
        if number == self.0.at && side == self.0.side {
            self.0.reached.send_replace(true);
            pending::<()>().await;
        }
    }
}
