//! How far off an expiry is, in the words of a list.

use jiff::Timestamp;

/// An expiry seen from a moment: the sign says past or future, the words say how far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expiry {
    pub seconds: i64,
}

impl Expiry {
    pub fn of(expires: Timestamp, now: Timestamp) -> Self {
        Self { seconds: expires.as_second() - now.as_second() }
    }

    /// Whole days left, rounded down; negative once expired.
    pub fn days(self) -> i64 {
        self.seconds.div_euclid(86_400)
    }

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

/// A day as words and lists write it, in UTC: `2026-12-20`.
pub fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::Expiry;

    #[test]
    fn the_words_say_past_and_future_apart() {
        assert_eq!(Expiry { seconds: 9 * 86_400 + 5 }.words(), "in 9 d");
        assert_eq!(Expiry { seconds: 3_700 }.words(), "in 1 h");
        assert_eq!(Expiry { seconds: -3 * 86_400 }.words(), "expired 3 d ago");
        assert_eq!(Expiry { seconds: -1 }.days(), -1);
    }
}
