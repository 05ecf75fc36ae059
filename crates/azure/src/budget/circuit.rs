//! A circuit breaker for each subscription or host: one that keeps failing while others answer gets no
//! requests for a while, so that reading everything does not wait for it. Pure; the caller passes the time.

use std::time::Duration;

use tokio::time::Instant;

/// This many failures in a row, over this long, open the circuit: one bad moment does not.
const FAILURES: u32 = 5;
const AT_LEAST: Duration = Duration::from_secs(5);
/// Others that answered this recently may simply have had no further requests.
const SHORTLY: Duration = Duration::from_secs(10);
/// The first pause; it doubles each time that the place still fails.
const PAUSE: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_secs(300);

#[derive(Debug, Default)]
pub(super) struct CircuitBreaker {
    failures: u32,
    /// When the first of the failed requests was sent.
    since: Option<Instant>,
    /// The last failure: `503`, `no answer`.
    why: String,
    open: Option<OpenCircuit>,
    /// The last time it answered.
    answered: Option<Instant>,
}

#[derive(Debug)]
struct OpenCircuit {
    until: Instant,
    pause: Duration,
    /// A request is under way to test whether the place answers again.
    probing: bool,
}

/// Why nothing was sent: the circuit is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CircuitOpen {
    pub why: String,
    /// How long the circuit stays open.
    pub left: Duration,
}

impl CircuitBreaker {
    /// Whether a request may go that no person waits for. After the pause one may, as a test.
    pub(super) fn check(&mut self, now: Instant) -> Result<(), CircuitOpen> {
        match &mut self.open {
            None => Ok(()),
            Some(open) if now >= open.until && !open.probing => {
                open.probing = true;
                Ok(())
            }
            Some(open) => {
                Err(CircuitOpen { why: self.why.clone(), left: open.until.saturating_duration_since(now) })
            }
        }
    }

    /// Ends the pause, because a person wants the answer.
    pub(super) fn cut_short(&mut self, now: Instant) {
        if let Some(open) = &mut self.open {
            open.until = open.until.min(now);
        }
    }

    pub(super) fn answered(&mut self, now: Instant) {
        *self = Self { answered: Some(now), ..Self::default() };
    }

    /// `others_since` returns whether any other place has answered since a moment.
    pub(super) fn failed(
        &mut self,
        now: Instant,
        sent: Instant,
        why: String,
        others_since: impl FnOnce(Instant) -> bool,
    ) {
        self.failures += 1;
        self.why = why;
        let since = *self.since.get_or_insert(sent);
        match &mut self.open {
            Some(open) if open.probing => {
                let pause = (open.pause * 2).min(LONGEST);
                *open = OpenCircuit { until: now + pause, pause, probing: false };
            }
            None if self.failures >= FAILURES
                && now - since >= AT_LEAST
                && others_since(since.checked_sub(SHORTLY).unwrap_or(since)) =>
            {
                self.open = Some(OpenCircuit { until: now + PAUSE, pause: PAUSE, probing: false });
            }
            Some(_) | None => {}
        }
    }

    /// The test request was given up: the next request tests instead.
    pub(super) fn given_up(&mut self) {
        if let Some(open) = &mut self.open {
            open.probing = false;
        }
    }

    pub(super) fn answered_since(&self, moment: Instant) -> bool {
        self.answered.is_some_and(|answered| answered >= moment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn failing(start: Instant, others_answer: bool) -> CircuitBreaker {
        let mut circuit = CircuitBreaker::default();
        for second in 0..8 {
            let sent = start + seconds(second);
            circuit.failed(sent + seconds(1), sent, "503".to_owned(), |_| others_answer);
        }
        circuit
    }

    #[test]
    fn it_opens_only_while_others_answer_and_says_until_when() {
        let start = Instant::now();
        assert_eq!(failing(start, false).check(start + seconds(9)), Ok(()));
        let cut = failing(start, true).check(start + seconds(9));
        // Opened by the fifth failure, at five seconds.
        assert_eq!(cut, Err(CircuitOpen { why: "503".to_owned(), left: seconds(26) }));
    }

    #[test]
    fn one_bad_moment_opens_nothing() {
        let start = Instant::now();
        let mut circuit = CircuitBreaker::default();
        for _ in 0..50 {
            circuit.failed(start + seconds(1), start, "503".to_owned(), |_| true);
        }
        assert_eq!(circuit.check(start + seconds(2)), Ok(()));
    }

    #[test]
    fn after_the_pause_one_request_sees_whether_it_answers_again() {
        let start = Instant::now();
        let mut circuit = failing(start, true);
        let later = start + seconds(36);
        assert_eq!(circuit.check(later), Ok(()));
        assert!(circuit.check(later).is_err(), "one only");
        circuit.failed(later, later, "503".to_owned(), |_| true);
        assert!(circuit.check(later + seconds(59)).is_err(), "twice as long");
        assert_eq!(circuit.check(later + seconds(60)), Ok(()));
        circuit.given_up();
        assert_eq!(circuit.check(later + seconds(60)), Ok(()), "the next one sees");
        circuit.answered(later + seconds(61));
        assert_eq!(circuit.check(later + seconds(61)), Ok(()));
        assert_eq!(circuit.check(later + seconds(61)), Ok(()));
    }
}
