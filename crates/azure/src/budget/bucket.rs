//! One limit of a service as far as its answers tell of it: at least so many requests are left, and at least
//! so many come back each second. Pure; whoever asks brings the time.
//!
//! Both are lower bounds, so that certdeck alone never takes the last request of a limit, however many are
//! under way and whatever limit holds: what Azure documents (API.md 1.3), what it held before, or what
//! somebody set up.

use std::time::Duration;

use tokio::time::Instant;

/// A request that nobody knows anything about is let go alone: its answer tells.
const ONE_GOES: f64 = 2.0;
/// Never taken: who takes the last one has run into the limit.
const LAST: f64 = 1.0;
/// Until it is seen how fast requests come back; slower than any limit that Azure documents for this many.
const SLOWEST: f64 = 0.5;
/// Shorter than this tells too little, as what is left is told in whole numbers.
const LEARN_FROM: Duration = Duration::from_millis(500);

/// What an answer says of a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Told {
    pub left: f64,
    /// When all of them come back at once; without it they come back one by one.
    pub resets: Option<Duration>,
}

/// A request that was let go, for telling later which others its answer cannot know of.
#[derive(Debug, Clone, Copy)]
pub struct Sent {
    number: u32,
    others: u32,
    at: Instant,
}

#[derive(Debug)]
pub struct Bucket {
    /// `None`: no limit is known.
    left: Option<f64>,
    /// Whether an answer said so, or it is only assumed.
    told: bool,
    at: Instant,
    /// The most that were ever left, as far as seen.
    most: f64,
    /// What comes back each second.
    refill: f64,
    resets: Option<Instant>,
    held: Option<Instant>,
    sent: u32,
    in_flight: u32,
    /// The last answer while nothing else was under way, what it said, and how many had been sent.
    quiet: Option<(Sent, f64)>,
}

impl Bucket {
    pub fn new(now: Instant) -> Self {
        Self {
            left: Some(ONE_GOES),
            told: false,
            at: now,
            most: ONE_GOES,
            refill: SLOWEST,
            resets: None,
            held: None,
            sent: 0,
            in_flight: 0,
            quiet: None,
        }
    }

    /// Whether another request may go, leaving `spare` of every request for others; else when, if time alone
    /// decides.
    pub fn room(&mut self, now: Instant, spare: f64) -> Result<(), Option<Instant>> {
        self.advance(now);
        if let Some(until) = self.held {
            return Err(Some(until));
        }
        let Some(left) = self.left else { return Ok(()) };
        let wanted = LAST + LAST.max(self.most * spare);
        match (self.resets, wanted - left) {
            (_, ..=0.0) => Ok(()),
            (Some(resets), _) => Err(Some(resets)),
            // A millisecond late rather than a hair early.
            (None, lacking) => {
                Err(Some(now + Duration::from_secs_f64(lacking / self.refill) + Duration::from_millis(1)))
            }
        }
    }

    pub fn send(&mut self, now: Instant) -> Sent {
        self.advance(now);
        self.left = self.left.map(|left| left - 1.0);
        self.sent = self.sent.wrapping_add(1);
        let others = self.in_flight;
        self.in_flight += 1;
        Sent { number: self.sent, others, at: now }
    }

    /// It is over. `counted`: its answer speaks of a limit; else nobody knows whether the limit was drawn on,
    /// and how fast requests come back cannot be learned over it.
    pub fn end(&mut self, counted: bool) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if !counted {
            self.quiet = None;
        }
        if !self.told && self.in_flight == 0 {
            self.left = self.left.map(|_| ONE_GOES);
        }
    }

    /// It never reached the service.
    pub fn give_back(&mut self) {
        self.left = self.left.map(|left| (left + 1.0).min(self.most));
    }

    /// An answer spoke of no limit: there is none, unless another answer knows better.
    pub fn be_silent(&mut self) {
        if !self.told {
            self.left = None;
        }
    }

    /// What was told holds no more.
    pub fn lift(&mut self) {
        (self.left, self.told) = (None, false);
    }

    pub fn is_lifted(&self) -> bool {
        self.left.is_none()
    }

    pub fn holds_at_least(&self, number: f64) -> bool {
        self.left.is_some_and(|left| left >= number)
    }

    /// Everything is to wait; what was told before counts no more, and one goes ahead afterwards.
    pub fn hold(&mut self, now: Instant, pause: Duration) {
        let until = self.held.unwrap_or(now).max(now + pause);
        (self.held, self.left, self.told) = (Some(until), Some(ONE_GOES), false);
        (self.most, self.resets, self.quiet) = (ONE_GOES, None, None);
    }

    pub fn held(&self) -> Option<Instant> {
        self.held
    }

    /// An answer told what was left when its request was counted. Requests that were under way at any time
    /// with it may have been counted after it.
    pub fn tell(&mut self, now: Instant, sent: Sent, told: Told) {
        self.advance(now);
        let overlapping = f64::from(sent.others + self.sent.wrapping_sub(sent.number));
        let least = told.left - overlapping;
        self.told = true;
        // Less than expected: somebody else asks too. More: more came back than was hoped for.
        self.left = Some(self.left.map_or(least, |left| left.max(least).min(told.left)));
        self.most = self.most.max(told.left + 1.0);
        self.resets = told.resets.map(|resets| now + resets);
        if overlapping == 0.0 {
            self.learn(now, sent, told.left);
        }
    }

    /// How much came back since the last quiet answer: at least, as both numbers are rounded down and the
    /// service counted somewhere between sending and answering.
    fn learn(&mut self, now: Instant, sent: Sent, left: f64) {
        if let Some((before, left_before)) = self.quiet {
            let taken = f64::from(sent.number.wrapping_sub(before.number));
            let span = now.saturating_duration_since(before.at);
            if span < LEARN_FROM {
                return;
            }
            self.refill = self.refill.max((left - left_before - 1.0 + taken) / span.as_secs_f64());
        }
        self.quiet = Some((sent, left));
    }

    fn advance(&mut self, now: Instant) {
        let span = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        if let Some(until) = self.held {
            if now < until {
                return;
            }
            self.held = None;
        }
        let Some(left) = &mut self.left else { return };
        match self.resets {
            Some(resets) if now < resets => {}
            Some(_) => {
                self.resets = None;
                *left = left.max(self.most - f64::from(self.in_flight));
            }
            // While a request is on its way the service may be full and lose what would have come back.
            None => *left = (*left + span * self.refill).min(left.max(self.most - f64::from(self.in_flight))),
        }
    }
}
