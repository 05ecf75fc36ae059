//! One budget for all requests of a sign-in: certdeck slows down before it runs into a limit, holds everybody
//! off what asked to be left alone, leaves out what keeps failing, and lets a person's request go before the
//! hundreds of an inventory.
//!
//! It is the one thing that tasks share and change, because the limits are shared: no task alone knows how
//! many requests are under way. What the lock guards is a few numbers, and nobody waits while holding it.

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

pub use bucket::Told;
pub use errand::Urgency;
pub use queue::Outcome;

use super::error::AzureError;
use super::patience::Wait;
use super::send::Call;
use errand::Errand;
use queue::{Queue, Turn, Way};

/// Who would have to wait longer than this is told instead.
const LONGEST_HOLD: Duration = Duration::from_secs(300);
/// A pause that a person notices.
const NOTICEABLE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub struct Budget(Mutex<Queue>);

impl Default for Budget {
    fn default() -> Self {
        Self(Mutex::new(Queue::new(Instant::now())))
    }
}

impl Budget {
    /// Waits until the request may go. `waiting` is told of a pause that a person notices. What keeps
    /// failing, or is to be left alone for long, is an error at once.
    pub async fn admit(
        &self,
        call: &Call,
        waiting: &mut (dyn FnMut(Wait) + Send),
    ) -> Result<Pass<'_>, AzureError> {
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
            // The service may have asked for it while this one was in the queue already.
            if held > patience(call, now) {
                return Err(AzureError::LeftAlone { what: queued.errand.about(), until: after(held) });
            }
            let pause = when.map_or(Duration::ZERO, |when| when.saturating_duration_since(now));
            // How long a limit lasts that nobody knows yet is a guess: the first answer may end the pause at
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

    /// Somebody asks for everything once more: what was left alone because it kept failing is tried again.
    pub fn try_again(&self) {
        self.queue().try_again(Instant::now());
    }

    fn enqueue(&self, errand: Errand, call: &Call) -> Result<Queued<'_>, AzureError> {
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

    fn end(&self, errand: &Errand, way: Way, outcome: Outcome) {
        let (mut queue, now) = (self.queue(), Instant::now());
        queue.end(errand, way, outcome, now);
        queue.let_go(now, None);
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long this request may be held off.
fn patience(call: &Call, now: Instant) -> Duration {
    call.until.map_or(LONGEST_HOLD, |until| LONGEST_HOLD.min(until.saturating_duration_since(now)))
}

fn after(pause: Duration) -> Timestamp {
    Timestamp::now().checked_add(pause).unwrap_or(Timestamp::MAX)
}

/// A place in the queue, given up when dropped.
struct Queued<'b> {
    budget: &'b Budget,
    errand: Errand,
    turn: Turn,
    bell: Arc<Notify>,
}

impl<'b> Queued<'b> {
    fn go(self) -> Pass<'b> {
        let way = self.budget.queue().leave(self.turn).and_then(|waiting| waiting.way);
        Pass { budget: self.budget, errand: self.errand.clone(), way }
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        let left = self.budget.queue().leave(self.turn);
        let Some(left) = left else { return };
        if let Some(way) = left.way {
            self.budget.end(&self.errand, way, Outcome::GivenUp);
            return;
        }
        let (mut queue, now) = (self.budget.queue(), Instant::now());
        queue.give_up(&self.errand);
        // Whoever is first now has to keep an eye on the time.
        queue.let_go(now, None);
    }
}

/// Leave to send one request; dropped without a word, the request was given up.
#[derive(Debug)]
pub struct Pass<'b> {
    budget: &'b Budget,
    errand: Errand,
    way: Option<Way>,
}

impl Pass<'_> {
    pub fn end(mut self, outcome: Outcome) {
        if let Some(way) = self.way.take() {
            self.budget.end(&self.errand, way, outcome);
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if let Some(way) = self.way.take() {
            self.budget.end(&self.errand, way, Outcome::GivenUp);
        }
    }
}
