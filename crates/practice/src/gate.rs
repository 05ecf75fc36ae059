//! A test's hold on the practice cloud: stop the client's world at exactly one request.

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

/// On which side of the work a request is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Received and never processed.
    Before,
    /// Processed and committed; the answer never leaves.
    After,
}

impl Gate {
    /// Holds nothing and only counts: how many requests does an undisturbed run send?
    pub fn open() -> Self {
        Self::new(0, Side::Before)
    }

    /// The `n`-th request is received and never processed.
    pub fn hold_before(n: u64) -> Self {
        Self::new(n, Side::Before)
    }

    /// The `n`-th request is processed and committed, and its answer never sent.
    pub fn hold_after(n: u64) -> Self {
        Self::new(n, Side::After)
    }

    fn new(at: u64, side: Side) -> Self {
        Self(Arc::new(Inner { at, side, seen: AtomicU64::new(0), reached: watch::Sender::new(false) }))
    }

    /// Waits until the request is held; a test that stops before that request waits for ever.
    pub async fn reached(&self) {
        let mut reached = self.0.reached.subscribe();
        // The sender lives as long as `self`, so the wait can only end well.
        let _ = reached.wait_for(|held| *held).await;
    }

    /// How many requests have arrived.
    pub fn seen(&self) -> u64 {
        self.0.seen.load(Ordering::SeqCst)
    }

    /// Counts a request in; its number is what `pass` wants to know.
    pub(super) fn arrive(&self) -> u64 {
        self.0.seen.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Goes on at once, or never.
    pub(super) async fn pass(&self, number: u64, side: Side) {
        if number == self.0.at && side == self.0.side {
            self.0.reached.send_replace(true);
            pending::<()>().await;
        }
    }
}
