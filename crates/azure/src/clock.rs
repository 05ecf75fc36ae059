//! Azure's time: the `Date` of its answers compared with this machine's clock, which may be wrong by years.
//! Everything about certificates is judged by it. TLS, tokens and the journal use the machine's clock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

/// Larger differences are reported: tokens are refused when clocks differ by minutes.
const FAR_OFF: SignedDuration = SignedDuration::from_secs(60);
/// A `Date` has whole seconds.
const RESOLUTION: SignedDuration = SignedDuration::from_secs(1);
/// The machines of one service may differ by this much.
const SLACK: SignedDuration = SignedDuration::from_secs(2);
/// 2010 and 2100: a date outside of this range does not come from a service.
const EARLIEST: Timestamp = Timestamp::constant(1_262_304_000, 0);
const LATEST: Timestamp = Timestamp::constant(4_102_444_800, 0);

/// The clock of a service, as its answers show it. Clones share their observations.
#[derive(Debug, Clone, Default)]
pub struct ServiceClock(Arc<Mutex<Heard>>);

#[derive(Debug, Default)]
struct Heard {
    /// A service on this machine is reached without a proxy, and its clock may be set: the first answer with
    /// another time is believed. Elsewhere two answers are needed, because one may come from a cache.
    may_jump: bool,
    /// By how much the service's clock is ahead of this machine's.
    ahead: Option<OffsetRange>,
    /// The range of one answer that contradicts it.
    doubt: Option<OffsetRange>,
}

/// The range that contains the true difference, bounds included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct OffsetRange {
    least: SignedDuration,
    most: SignedDuration,
}

impl OffsetRange {
    /// The range from one answer, which was dated between its request and its arrival.
    fn of(date: Timestamp, sent: Timestamp, arrived: Timestamp) -> Option<Self> {
        let span = Self { least: date.duration_since(arrived), most: date.duration_since(sent) + RESOLUTION };
        // The order is reversed if the machine's clock was set back in the meantime.
        (span.least <= span.most).then_some(span)
    }

    fn and(self, other: Self) -> Option<Self> {
        let both = Self { least: self.least.max(other.least), most: self.most.min(other.most) };
        (both.least <= both.most).then_some(both)
    }

    fn agrees(self, other: Self) -> bool {
        Self { least: self.least - SLACK, most: self.most + SLACK }.and(other).is_some()
    }

    /// Zero if no difference is proven.
    fn likely(self) -> SignedDuration {
        if self.least <= SignedDuration::ZERO && self.most >= SignedDuration::ZERO {
            return SignedDuration::ZERO;
        }
        (self.least + self.most) / 2
    }
}

impl ServiceClock {
    /// The clock of a service on this machine, such as a practice cloud.
    pub fn of_this_machine() -> Self {
        Self(Arc::new(Mutex::new(Heard { may_jump: true, ..Heard::default() })))
    }

    /// The service's time; this machine's until an answer has reported it.
    pub fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        self.ahead().and_then(|ahead| now.checked_add(ahead).ok()).unwrap_or(now)
    }

    /// How far the service is ahead of this machine (negative: behind); `None` until an answer has reported
    /// it.
    pub fn ahead(&self) -> Option<SignedDuration> {
        self.heard().ahead.map(OffsetRange::likely)
    }

    /// The same if the clocks differ by more than a minute.
    pub fn far_off(&self) -> Option<SignedDuration> {
        self.ahead().filter(|ahead| ahead.abs() > FAR_OFF)
    }

    /// Evaluates the head of an answer that arrived between these two moments of the machine's clock.
    pub(super) fn hear(&self, status: StatusCode, headers: &HeaderMap, sent: Timestamp, arrived: Timestamp) {
        let span = date(status, headers).and_then(|date| OffsetRange::of(date, sent, arrived));
        if let Some(span) = span {
            self.heard().take(span);
        }
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    fn take(&mut self, span: OffsetRange) {
        match self.ahead {
            Some(known) if known.agrees(span) => {
                // A slow answer is inaccurate. Once the difference is known to some seconds it stays, so that
                // the time does not flicker.
                if known.most - known.least > SLACK {
                    self.ahead = Some(known.and(span).unwrap_or(known));
                }
                self.doubt = None;
            }
            Some(_) if !self.may_jump && self.doubt.is_none_or(|doubt| !doubt.agrees(span)) => {
                self.doubt = Some(span);
            }
            _ => (self.ahead, self.doubt) = (Some(span), None),
        }
    }
}

/// The `Date` of an answer that the service itself made just now: not a cache, and not a proxy with an error
/// page of its own.
fn date(status: StatusCode, headers: &HeaderMap) -> Option<Timestamp> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_own = status.is_success() || text("x-ms-request-id").or_else(|| text("request-id")).is_some();
    let is_kept = text("age").is_some_and(|age| age.trim() != "0");
    let date = jiff::fmt::rfc2822::parse(text("date")?).ok()?.timestamp();
    (is_own && !is_kept && (EARLIEST..LATEST).contains(&date)).then_some(date)
}

/// A difference in the largest unit that says enough: `400 days`, `3 hours`, `12 minutes`, `90 s`.
pub fn span_words(span: SignedDuration) -> String {
    match span.abs().as_secs() {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ ..7_200 => format!("{} minutes", seconds / 60),
        seconds @ ..172_800 => format!("{} hours", seconds / 3_600),
        seconds => format!("{} days", (seconds + 43_200) / 86_400),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_795_000_000, 0);

    fn head(all: &[(&'static str, String)]) -> HeaderMap {
        all.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn http(date: Timestamp) -> String {
        date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }

    /// An answer whose date is off by `off` and that took this many milliseconds.
    fn answer(clock: &ServiceClock, off: SignedDuration, took: i64) {
        let head = head(&[("date", http(NOW + off)), ("x-ms-request-id", "1".to_owned())]);
        clock.hear(StatusCode::OK, &head, NOW - SignedDuration::from_millis(took), NOW);
    }

    fn days(count: i64) -> SignedDuration {
        SignedDuration::from_hours(24 * count)
    }

    #[test]
    fn a_clock_that_is_wrong_by_days_is_found_out_by_the_first_answer_to_a_second() {
        for off in [days(-400), days(-40), days(40), days(400)] {
            let clock = ServiceClock::default();
            assert_eq!(clock.ahead(), None);
            answer(&clock, off, 80);
            assert!(
                (clock.ahead().unwrap() - off).abs() <= SignedDuration::from_secs(1),
                "{off}: {:?}",
                clock.ahead()
            );
            assert!(clock.far_off().is_some());
        }
    }

    #[test]
    fn a_second_of_rounding_and_a_slow_answer_are_no_difference() {
        let clock = ServiceClock::default();
        for (off, took) in [
            (SignedDuration::from_secs(-20), 25_000),
            (SignedDuration::from_millis(-900), 10),
            (SignedDuration::ZERO, 500),
        ] {
            answer(&clock, off, took);
            assert_eq!((clock.ahead(), clock.far_off()), (Some(SignedDuration::ZERO), None));
        }
    }

    #[test]
    fn one_odd_date_is_not_believed_and_two_that_agree_are() {
        let clock = ServiceClock::default();
        answer(&clock, SignedDuration::ZERO, 50);
        answer(&clock, days(-3), 50);
        assert_eq!(clock.ahead(), Some(SignedDuration::ZERO));
        answer(&clock, SignedDuration::ZERO, 50);
        answer(&clock, days(-3), 50);
        assert_eq!(clock.ahead(), Some(SignedDuration::ZERO), "an answer that agrees ends the doubt");
        answer(&clock, days(-3), 50);
        assert_eq!(clock.far_off().map(span_words).as_deref(), Some("3 days"));
    }

    #[test]
    fn the_clock_of_a_practice_cloud_may_be_set() {
        let clock = ServiceClock::of_this_machine();
        answer(&clock, SignedDuration::ZERO, 5);
        answer(&clock, days(30), 5);
        assert!(clock.ahead().unwrap() >= days(30) - SLACK);
    }

    #[test]
    fn dates_of_caches_proxies_and_nonsense_do_not_count() {
        let of = |status: u16, head: &HeaderMap| date(StatusCode::from_u16(status).unwrap(), head);
        let day = http(NOW);
        let own = ("x-ms-request-id", "1".to_owned());
        assert_eq!(of(200, &head(&[("date", day.clone())])), Some(NOW));
        assert_eq!(of(404, &head(&[("date", day.clone()), own.clone()])), Some(NOW));
        assert_eq!(of(502, &head(&[("date", day.clone())])), None, "a proxy's own page");
        assert_eq!(of(200, &head(&[("date", day), ("age", "4000".to_owned())])), None, "out of a cache");
        for wrong in ["Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "yesterday", ""] {
            assert_eq!(of(200, &head(&[("date", wrong.to_owned()), own.clone()])), None, "{wrong}");
        }
        assert_eq!(of(200, &head(&[own])), None);
    }

    #[test]
    fn a_difference_is_said_in_the_unit_that_fits() {
        let said = [90, 720, 10_800, 34_560_000, -3_456_000]
            .map(|seconds| span_words(SignedDuration::from_secs(seconds)));
        assert_eq!(said, ["90 s", "12 minutes", "3 hours", "400 days", "40 days"]);
    }
}
