//! When a request is sent again, and after how long: a pure decision.

use std::time::Duration;

use super::request::Repeat;

/// The result of a failed try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TryFailure {
    /// The connection failed: the service received nothing.
    NotSent,
    /// The request was sent, and no answer arrived: the service may have acted.
    Lost,
    Status {
        code: u16,
        retry_after: Option<Duration>,
    },
}

/// The request that may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RetryAttempt {
    pub read: bool,
    pub repeat: Repeat,
    /// Tries made so far, at least one.
    pub tries: u32,
    /// Time since the first try.
    pub elapsed: Duration,
}

/// A person waits at the screen: many quick tries for reads, few for writes. A write that was only throttled
/// is tried as often as a read, because nothing was done.
const READ_TRIES: u32 = 8;
const WRITE_TRIES: u32 = 3;
/// After this long no further try is made; the person gets the error.
const BUDGET: Duration = Duration::from_secs(60);
/// A pause that the service itself asks for may be longer.
const THROTTLED_BUDGET: Duration = Duration::from_secs(300);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The pause before the next try; `None` to give up. `jitter` is between 0 and 1.
pub(crate) fn pause(attempt: RetryAttempt, failure: TryFailure, jitter: f64) -> Option<Duration> {
    let throttled = matches!(failure, TryFailure::Status { code: 429, .. });
    let tries = if attempt.read || throttled { READ_TRIES } else { WRITE_TRIES };
    if attempt.tries >= tries || !may_repeat(attempt.repeat, failure) {
        return None;
    }
    let asked = match failure {
        TryFailure::Status { retry_after, .. } => retry_after,
        TryFailure::NotSent | TryFailure::Lost => None,
    };
    let first = match (throttled && asked.is_none(), attempt.read) {
        // The Web provider's own 429 contains no time.
        (true, _) => Duration::from_secs(2),
        (false, true) => Duration::from_millis(200),
        (false, false) => Duration::from_millis(800),
    };
    let doubled = first.saturating_mul(1 << (attempt.tries - 1).min(10)).min(LONGEST_PAUSE);
    // Spread, so that many clients do not return at once; never sooner than the service asked, and never
    // without any pause.
    let own = doubled.mul_f64(0.8 + 0.4 * jitter);
    let pause = asked.map_or(own, |asked| asked.mul_f64(1.0 + 0.1 * jitter).max(own));
    let budget = if asked.is_some() { THROTTLED_BUDGET } else { BUDGET };
    (attempt.elapsed + pause <= budget).then_some(pause)
}

fn may_repeat(repeat: Repeat, failure: TryFailure) -> bool {
    match (repeat, failure) {
        // A failed connection and a 429 never reached the part of the service that acts.
        (_, TryFailure::NotSent | TryFailure::Status { code: 429, .. })
        | (Repeat::Safe, TryFailure::Lost) => true,
        (Repeat::Safe, TryFailure::Status { code, .. }) => matches!(code, 408 | 500 | 502 | 503 | 504),
        (Repeat::LookFirst, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: RetryAttempt =
        RetryAttempt { read: true, repeat: Repeat::Safe, tries: 1, elapsed: Duration::ZERO };
    const WRITE: RetryAttempt =
        RetryAttempt { read: false, repeat: Repeat::Safe, tries: 1, elapsed: Duration::ZERO };
    const BUY: RetryAttempt =
        RetryAttempt { read: false, repeat: Repeat::LookFirst, tries: 1, elapsed: Duration::ZERO };

    fn status(code: u16) -> TryFailure {
        TryFailure::Status { code, retry_after: None }
    }

    #[test]
    fn what_costs_money_is_never_sent_again_after_a_lost_answer() {
        for failure in [TryFailure::Lost, status(408), status(500), status(502), status(503), status(504)] {
            assert_eq!(pause(BUY, failure, 0.5), None, "{failure:?}");
        }
        assert!(pause(BUY, status(429), 0.5).is_some());
        assert!(pause(BUY, TryFailure::NotSent, 0.5).is_some());
    }

    #[test]
    fn refusals_are_not_repeated() {
        for code in [400, 401, 403, 404, 409, 412, 501] {
            assert_eq!(pause(READ, status(code), 0.5), None, "{code}");
        }
    }

    #[test]
    fn reads_are_tried_eight_times_and_writes_three_times() {
        let count = |attempt: RetryAttempt, failure| {
            (1..20)
                .take_while(|tries| pause(RetryAttempt { tries: *tries, ..attempt }, failure, 0.0).is_some())
                .count()
                + 1
        };
        assert_eq!(count(READ, status(503)), 8);
        assert_eq!(count(WRITE, status(503)), 3);
        assert_eq!((count(READ, status(429)), count(WRITE, status(429))), (8, 8));
    }

    #[test]
    fn nothing_is_tried_beyond_a_minute_unless_the_service_asks_for_it() {
        let late = RetryAttempt { elapsed: Duration::from_secs(60), tries: 2, ..READ };
        assert_eq!(pause(late, status(503), 0.5), None);
        let asked = TryFailure::Status { code: 429, retry_after: Some(Duration::from_secs(90)) };
        assert!(pause(late, asked, 0.5).is_some());
        let hopeless = TryFailure::Status { code: 429, retry_after: Some(Duration::from_secs(3600)) };
        assert_eq!(pause(READ, hopeless, 0.5), None);
    }

    #[test]
    fn no_request_comes_before_the_time_that_was_asked_for() {
        let asked = TryFailure::Status { code: 429, retry_after: Some(Duration::from_secs(7)) };
        for jitter in [0.0, 0.5, 1.0] {
            assert!(pause(READ, asked, jitter).is_some_and(|pause| pause >= Duration::from_secs(7)));
        }
    }

    #[test]
    fn nobody_comes_back_at_once_even_if_asked_to() {
        let at_once = TryFailure::Status { code: 429, retry_after: Some(Duration::ZERO) };
        let waits: Vec<Option<Duration>> =
            (1..5).map(|tries| pause(RetryAttempt { tries, ..READ }, at_once, 0.5)).collect();
        assert_eq!(waits, [200, 400, 800, 1600].map(|ms| Some(Duration::from_millis(ms))));
    }

    #[test]
    fn a_429_that_names_no_time_waits_two_four_eight_seconds() {
        let waits: Vec<u128> = (1..5)
            .filter_map(|tries| pause(RetryAttempt { tries, ..WRITE }, status(429), 0.5))
            .map(|pause| (pause.as_millis() + 1) / 1000)
            .collect();
        assert_eq!(waits, [2, 4, 8, 16]);
    }
}
