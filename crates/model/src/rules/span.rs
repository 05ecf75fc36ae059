//! A length of time as the platform's articles state it: `45 days`, `10 minutes`.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use thiserror::Error;

/// A count of one unit; never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    count: u32,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    /// 365 days.
    Year,
}

#[derive(Debug, Error)]
#[error("'{0}' is not a length of time such as '45 days'")]
pub struct NotASpan(String);

impl Span {
    /// The exact length; a year has 365 days.
    pub fn duration(self) -> SignedDuration {
        let count = i64::from(self.count);
        match self.unit {
            Unit::Second => SignedDuration::from_secs(count),
            Unit::Minute => SignedDuration::from_mins(count),
            Unit::Hour => SignedDuration::from_hours(count),
            Unit::Day => SignedDuration::from_hours(24 * count),
            Unit::Year => SignedDuration::from_hours(365 * 24 * count),
        }
    }

    /// Whole days.
    pub fn days(self) -> i64 {
        self.hours() / 24
    }

    /// Whole hours.
    pub fn hours(self) -> i64 {
        self.duration().as_hours()
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Second => "second",
            Unit::Minute => "minute",
            Unit::Hour => "hour",
            Unit::Day => "day",
            Unit::Year => "year",
        };
        write!(f, "{} {unit}{}", self.count, if self.count == 1 { "" } else { "s" })
    }
}

impl FromStr for Span {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Self, NotASpan> {
        let wrong = || NotASpan(text.to_owned());
        let (count, unit) = text.split_once(' ').ok_or_else(wrong)?;
        let unit = match unit.trim_end_matches('s') {
            "second" => Unit::Second,
            "minute" => Unit::Minute,
            "hour" => Unit::Hour,
            "day" => Unit::Day,
            "year" => Unit::Year,
            _ => return Err(wrong()),
        };
        Ok(Self { count: count.parse().map_err(|_| wrong())?, unit })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_span_reads_as_it_is_written() {
        for text in ["1 year", "45 days", "24 hours", "10 minutes", "30 seconds", "1 day"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        assert_eq!("1 year".parse::<Span>().unwrap().days(), 365);
        assert_eq!(
            "24 hours".parse::<Span>().unwrap().duration(),
            "1 day".parse::<Span>().unwrap().duration()
        );
        for wrong in ["45", "45 moons", "-1 days", "days 45", ""] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong}");
        }
    }
}
