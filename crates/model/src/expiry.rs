//! How far away an expiry is, and how long ago something was, in the words of a list.

use jiff::Timestamp;

/// An expiry relative to a moment: the sign means past or future, the words give the distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expiry {
    /// The seconds that are left; negative once expired.
    pub seconds: i64,
}

impl Expiry {
    /// The distance from `now` to `expires`, in whole seconds.
    pub fn of(expires: Timestamp, now: Timestamp) -> Self {
        Self { seconds: expires.as_second() - now.as_second() }
    }

    /// Whole days left, rounded down; negative once expired.
    pub fn days(self) -> i64 {
        self.seconds.div_euclid(86_400)
    }

    /// Whether the certificate is no longer valid; the moment of the expiry counts as past.
    pub fn is_past(self) -> bool {
        self.seconds <= 0
    }

    /// `in 9 d`, `in 5 h`, `expired 3 d ago`.
    pub fn words(self) -> String {
        let (size, unit) = match self.seconds.abs() {
            s if s >= 86_400 => (s / 86_400, "d"),
            s if s >= 3_600 => (s / 3_600, "h"),
            s => (s / 60, "min"),
        };
        if self.is_past() { format!("expired {size} {unit} ago") } else { format!("in {size} {unit}") }
    }
}

/// How long ago something was: `just now`, `5 min ago`, `2 h ago`, `3 d ago`.
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    match now.as_second() - then.as_second() {
        seconds if seconds < 60 => "just now".to_owned(),
        seconds if seconds < 3_600 => format!("{} min ago", seconds / 60),
        seconds if seconds < 86_400 => format!("{} h ago", seconds / 3_600),
        seconds => format!("{} d ago", seconds / 86_400),
    }
}

/// A day as words and lists write it, in UTC: `2026-12-20`.
pub fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::{Expiry, ago};

    #[test]
    fn an_age_is_told_in_its_largest_unit() {
        let told = [5, 61, 7_300, 200_000]
            .map(|seconds| ago(jiff::Timestamp::UNIX_EPOCH, jiff::Timestamp::constant(seconds, 0)));
        assert_eq!(told, ["just now", "1 min ago", "2 h ago", "2 d ago"]);
    }

    #[test]
    fn the_words_say_past_and_future_apart() {
        assert_eq!(Expiry { seconds: 9 * 86_400 + 5 }.words(), "in 9 d");
        assert_eq!(Expiry { seconds: 3_700 }.words(), "in 1 h");
        assert_eq!(Expiry { seconds: -3 * 86_400 }.words(), "expired 3 d ago");
        assert_eq!(Expiry { seconds: -1 }.days(), -1);
    }
}
