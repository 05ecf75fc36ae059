//! The token bucket of one service limit, estimated from the answers: at least this many requests are left,
//! and at least this many come back each second. Pure; the caller passes the time.
//!
//! Both numbers are lower bounds, so that certdeck alone never uses the last request of a limit, no matter
//! how many requests are under way and which limit applies: the one that Azure documents, an earlier one, or
//! one that an administrator configured.

use std::time::Duration;

use tokio::time::Instant;

/// While no limit is known, one request goes alone: its answer reports the limit.
const ONE_GOES: f64 = 2.0;
/// The last request is never used: it would run into the limit.
const LAST: f64 = 1.0;
/// The assumed refill per second until it is measured; slower than any limit that Azure documents for this
/// many.
const SLOWEST: f64 = 0.5;
/// Shorter periods are too inaccurate, because the remaining number is reported as a whole number.
const LEARN_FROM: Duration = Duration::from_millis(500);

/// The limit that an answer reports.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ReportedLimit {
    pub left: f64,
    /// When all of them come back at once; `None`: they come back one by one.
    pub resets: Option<Duration>,
}

/// What is known of a limit before a request is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct QuotaWindow {
    /// How many requests may go now.
    pub room: f64,
    /// How long until more of them may go; `None` while no answer has reported it.
    pub opens_in: Option<Duration>,
    /// Whether requests of other kinds draw on other limits, as far as is known.
    pub is_apart: bool,
}

/// A permitted request, to determine later which other requests its answer cannot include.
#[derive(Debug, Clone, Copy)]
pub(super) struct SentMark {
    number: u32,
    others: u32,
    at: Instant,
}

/// What is left to people, and to other programs with the same sign-in.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeptShare {
    /// The fraction of the limit.
    pub spare: f64,
    /// The size of the limit by its documentation, assumed until it was seen full: a process that begins later
    /// sees only what others left.
    pub documented: f64,
}

#[derive(Debug)]
pub(super) struct Bucket {
    share: KeptShare,
    /// `None`: no limit is known.
    left: Option<f64>,
    /// Whether an answer reported it; otherwise it is assumed.
    told: bool,
    at: Instant,
    /// The largest remaining number seen so far.
    most: f64,
    /// The refill per second.
    refill: f64,
    resets: Option<Instant>,
    held: Option<Instant>,
    sent: u32,
    in_flight: u32,
    /// The last answer while nothing else was under way, its number, and how many requests had been sent.
    quiet: Option<(SentMark, f64)>,
}

impl Bucket {
    pub(super) fn new(now: Instant, share: KeptShare) -> Self {
        Self {
            share,
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

    /// Whether another request may go; those of a person may use what is kept for people. If not, the time at
    /// which it may, when that depends on time alone.
    pub(super) fn room(&mut self, now: Instant, of_person: bool) -> Result<(), Option<Instant>> {
        self.advance(now);
        if let Some(until) = self.held {
            return Err(Some(until));
        }
        let Some(left) = self.left else { return Ok(()) };
        match (self.resets, self.kept(of_person) - left) {
            (_, ..=0.0) => Ok(()),
            (Some(resets), _) => Err(Some(resets)),
            // Rather a millisecond late than slightly early.
            (None, lacking) => {
                Err(Some(now + Duration::from_secs_f64(lacking / self.refill) + Duration::from_millis(1)))
            }
        }
    }

    /// The room for requests that no single person waits for.
    pub(super) fn window(&mut self, now: Instant) -> QuotaWindow {
        let next = self.room(now, false);
        let room = match self.left {
            _ if next.is_err() => 0.0,
            Some(left) => (left - self.kept(false)).floor() + 1.0,
            None => f64::INFINITY,
        };
        let opens = self.resets.or(next.err().flatten());
        let opens_in = opens
            .filter(|_| self.told || self.held.is_some())
            .map(|opens| opens.saturating_duration_since(now));
        QuotaWindow { room, opens_in, is_apart: true }
    }

    /// The number that has to be left for another request to go.
    fn kept(&self, of_person: bool) -> f64 {
        let KeptShare { spare, documented } = self.share;
        let kept = if of_person || !self.told { 0.0 } else { self.most.max(documented) * spare };
        LAST + LAST.max(kept)
    }

    pub(super) fn send(&mut self, now: Instant) -> SentMark {
        self.advance(now);
        self.left = self.left.map(|left| left - 1.0);
        self.sent = self.sent.wrapping_add(1);
        let others = self.in_flight;
        self.in_flight += 1;
        SentMark { number: self.sent, others, at: now }
    }

    /// A request is over. `counted`: its answer reported a limit. Otherwise it is unknown whether the request
    /// used the limit, and the refill cannot be measured across it.
    pub(super) fn end(&mut self, counted: bool) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if !counted {
            self.quiet = None;
        }
        if !self.told && self.in_flight == 0 {
            self.left = self.left.map(|_| ONE_GOES);
        }
    }

    /// The request never reached the service.
    pub(super) fn give_back(&mut self) {
        self.left = self.left.map(|left| (left + 1.0).min(self.most));
    }

    /// An answer reported no limit: there is none, unless another answer reports one.
    pub(super) fn be_silent(&mut self) {
        if !self.told {
            self.left = None;
        }
    }

    /// Discards the reported limit.
    pub(super) fn lift(&mut self) {
        (self.left, self.told) = (None, false);
    }

    pub(super) fn is_lifted(&self) -> bool {
        self.left.is_none()
    }

    pub(super) fn holds_at_least(&self, number: f64) -> bool {
        self.left.is_some_and(|left| left >= number)
    }

    /// Holds all requests back for a pause. Earlier numbers are discarded, and one request goes first
    /// afterwards.
    pub(super) fn hold(&mut self, now: Instant, pause: Duration) {
        let until = self.held.unwrap_or(now).max(now + pause);
        (self.held, self.left, self.told) = (Some(until), Some(ONE_GOES), false);
        (self.most, self.resets, self.quiet) = (ONE_GOES, None, None);
    }

    pub(super) fn held(&self) -> Option<Instant> {
        self.held
    }

    /// An answer reported what was left when its request was counted. Requests that were under way at the
    /// same time may have been counted later.
    pub(super) fn tell(&mut self, now: Instant, sent: SentMark, told: ReportedLimit) {
        self.advance(now);
        let overlapping = f64::from(sent.others + self.sent.wrapping_sub(sent.number));
        let least = told.left - overlapping;
        self.told = true;
        // Less than expected: another client uses the limit too. More: the refill was faster than assumed.
        self.left = Some(self.left.map_or(least, |left| left.max(least).min(told.left)));
        self.most = self.most.max(told.left + 1.0);
        self.resets = told.resets.map(|resets| now + resets);
        if overlapping == 0.0 {
            self.learn(now, sent, told.left);
        }
    }

    /// Measures the refill since the last quiet answer. The result is a lower bound, because both numbers are
    /// rounded down and the service counted at some moment between request and answer.
    fn learn(&mut self, now: Instant, sent: SentMark, left: f64) {
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
                (self.resets, self.share.documented) = (None, 0.0);
                *left = left.max(self.most - f64::from(self.in_flight));
            }
            // While a request is on its way the bucket of the service may be full, and then its refill is
            // lost.
            None => *left = (*left + span * self.refill).min(left.max(self.most - f64::from(self.in_flight))),
        }
    }
}
