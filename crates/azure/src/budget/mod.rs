//! One budget for all requests of a sign-in: it slows down before a limit is reached, holds requests back
//! when a service asks for a pause, skips places that keep failing, and lets a person's request go before the
//! hundreds of an inventory.
//!
//! It is the only state that tasks share and change, because they share the limits: no single task knows how
//! many requests are under way. The lock guards a few numbers, and no task waits while it holds the lock.

mod bucket;
mod circuit;
mod errand;
mod queue;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

pub(crate) use bucket::{QuotaWindow, ReportedLimit};
pub use errand::CallUrgency;
pub(crate) use queue::RequestOutcome;

use super::error::AzureError;
use super::patience::Wait;
use super::send::WireCall;
use errand::Errand;
use queue::{CountedRequest, Queue, QueueKey};

/// A request that would have to wait longer fails at once with the reason.
const LONGEST_HOLD: Duration = Duration::from_secs(300);
/// Pauses from this length on are reported to the person.
const NOTICEABLE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Budget(Mutex<Queue>);

impl Default for Budget {
    fn default() -> Self {
        Self(Mutex::new(Queue::new(Instant::now())))
    }
}

impl Budget {
    /// Waits until the request may go. `waiting` is called for a pause that a person notices. A place that
    /// keeps failing, or that asked for a long pause, is an error at once.
    pub(crate) async fn admit(
        &self,
        call: &WireCall,
        waiting: &mut (dyn FnMut(Wait) + Send),
    ) -> Result<Permit<'_>, AzureError> {
        let queued = self.enqueue(Errand::of(call), call)?;
        let (mut told, noticed) = (false, Instant::now() + NOTICEABLE);
        loop {
            let now = Instant::now();
            let (when, until, held) = {
                let mut queue = self.queue();
                let until = queue.let_go(now, Some(queued.turn));
                match queue.find(queued.turn).map(|waiting| (waiting.when, waiting.way)) {
                    Some((when, None)) => (when, until, queue.held(&queued.errand, now)),
                    _ => break,
                }
            };
            // The service may have asked for the pause while this request was already in the queue.
            if held > patience(call, now) {
                return Err(AzureError::LeftAlone { what: queued.errand.about(), until: after(held) });
            }
            let pause = when.map_or(Duration::ZERO, |when| when.saturating_duration_since(now));
            // The length of a pause is a guess while the limit is unknown: the first answer may end it at
            // once.
            let is_untold = pause >= NOTICEABLE && !told;
            let is_sure = !held.is_zero() || now >= noticed;
            if is_untold && is_sure {
                told = true;
                let does = if held.is_zero() { "takes no more requests just now for" } else { "throttles" };
                waiting(Wait { pause, why: format!("Azure {does} {}", queued.errand.about()) });
            }
            match [until, (is_untold && !is_sure).then_some(noticed)].into_iter().flatten().min() {
                Some(until) => {
                    tokio::select! { () = queued.bell.notified() => {}, () = sleep_until(until) => {} }
                }
                None => queued.bell.notified().await,
            }
        }
        Ok(queued.go())
    }

    /// What is known of the limit that this request would count towards.
    pub(crate) fn window(&self, call: &WireCall) -> QuotaWindow {
        self.queue().window(&Errand::of(call), Instant::now())
    }

    /// Tries again what was skipped because it kept failing; called when a person asks for everything again.
    pub(crate) fn try_again(&self) {
        self.queue().try_again(Instant::now());
    }

    fn enqueue(&self, errand: Errand, call: &WireCall) -> Result<Queued<'_>, AzureError> {
        let (mut queue, now) = (self.queue(), Instant::now());
        let held = queue.held(&errand, now);
        if held > patience(call, now) {
            return Err(AzureError::LeftAlone { what: errand.about(), until: after(held) });
        }
        if let Err(cut) = queue.check(&errand, now) {
            return Err(AzureError::KeepsFailing {
                what: errand.about(),
                why: cut.why,
                until: after(cut.left),
            });
        }
        let bell = Arc::new(Notify::new());
        let turn = queue.arrive(&errand, bell.clone(), now);
        Ok(Queued { budget: self, errand, turn, bell })
    }

    fn end(&self, errand: &Errand, way: CountedRequest, outcome: RequestOutcome) {
        let (mut queue, now) = (self.queue(), Instant::now());
        queue.end(errand, way, outcome, now);
        queue.let_go(now, None);
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // No code panics while holding the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long this request may be held back.
fn patience(call: &WireCall, now: Instant) -> Duration {
    call.until.map_or(LONGEST_HOLD, |until| LONGEST_HOLD.min(until.saturating_duration_since(now)))
}

fn after(pause: Duration) -> Timestamp {
    Timestamp::now().checked_add(pause).unwrap_or(Timestamp::MAX)
}

/// A place in the queue, released when dropped.
struct Queued<'b> {
    budget: &'b Budget,
    errand: Errand,
    turn: QueueKey,
    bell: Arc<Notify>,
}

impl<'b> Queued<'b> {
    fn go(self) -> Permit<'b> {
        let way = self.budget.queue().leave(self.turn).and_then(|waiting| waiting.way);
        Permit { budget: self.budget, errand: self.errand.clone(), way }
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        let left = self.budget.queue().leave(self.turn);
        let Some(left) = left else { return };
        if let Some(way) = left.way {
            self.budget.end(&self.errand, way, RequestOutcome::GivenUp);
            return;
        }
        let (mut queue, now) = (self.budget.queue(), Instant::now());
        queue.give_up(&self.errand);
        // The request that is first now has to watch the time.
        queue.let_go(now, None);
    }
}

/// Permission to send one request. If it is dropped without an outcome, the request counts as given up.
#[derive(Debug)]
pub(crate) struct Permit<'b> {
    budget: &'b Budget,
    errand: Errand,
    way: Option<CountedRequest>,
}

impl Permit<'_> {
    pub(crate) fn end(mut self, outcome: RequestOutcome) {
        if let Some(way) = self.way.take() {
            self.budget.end(&self.errand, way, outcome);
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if let Some(way) = self.way.take() {
            self.budget.end(&self.errand, way, RequestOutcome::GivenUp);
        }
    }
}
