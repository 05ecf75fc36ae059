//! The value of one cell of a query, and how values are compared: as Kusto does, with JSON's types
//! underneath.

use std::cmp::Ordering;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// A value. Text of a resource stays text: `todatetime` converts it to a time, and so does a comparison with
/// one.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Long(i64),
    Real(f64),
    Text(String),
    Time(Timestamp),
    Span(SignedDuration),
    /// An array or an object.
    Dynamic(Value),
}

impl From<Value> for Scalar {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(bool) => Self::Bool(bool),
            Value::Number(number) => match number.as_i64() {
                Some(long) => Self::Long(long),
                None => Self::Real(number.as_f64().unwrap_or_default()),
            },
            Value::String(text) => Self::Text(text),
            other => Self::Dynamic(other),
        }
    }
}

impl Scalar {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The value as JSON.
    pub(super) fn into_json(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(bool) => json!(bool),
            Self::Long(long) => json!(long),
            Self::Real(real) => json!(real),
            Self::Text(text) => Value::String(text),
            Self::Dynamic(value) => value,
            time => Value::String(time.show()),
        }
    }

    /// The result of `tostring`; empty for null.
    pub(super) fn show(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Bool(bool) => bool.to_string(),
            Self::Long(long) => long.to_string(),
            Self::Real(real) => real.to_string(),
            Self::Text(text) => text.clone(),
            Self::Time(time) => time.to_string(),
            Self::Span(span) => show_span(*span),
            Self::Dynamic(value) => value.to_string(),
        }
    }

    /// The name of its type in the table format.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) => "boolean",
            Self::Long(_) => "integer",
            Self::Real(_) => "number",
            Self::Time(_) => "datetime",
            Self::Dynamic(_) => "object",
            Self::Null | Self::Text(_) | Self::Span(_) => "string",
        }
    }

    /// Whether a condition holds; null is false.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Bool(bool) => *bool,
            Self::Text(text) => text.eq_ignore_ascii_case("true"),
            _ => false,
        }
    }

    /// Null or empty text.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Null) || matches!(self, Self::Text(text) if text.is_empty())
    }

    pub(super) fn number(&self) -> Option<f64> {
        match self {
            #[allow(clippy::cast_precision_loss)] // Kusto's own arithmetic between long and real.
            Self::Long(long) => Some(*long as f64),
            Self::Real(real) => Some(*real),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// As a time: `2026-11-23T00:00:00Z`, with an offset, without a zone (then UTC), or only a day.
    pub(super) fn time(&self) -> Option<Timestamp> {
        match self {
            Self::Time(time) => Some(*time),
            Self::Text(text) => parse_time(text),
            _ => None,
        }
    }

    /// Equality; `any_case` is set for `=~`. Null equals empty text, because absent members are null.
    pub(super) fn equals(&self, other: &Self, any_case: bool) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) if any_case => {
                one.eq_ignore_ascii_case(other) || one.to_lowercase() == other.to_lowercase()
            }
            (Self::Null, other) | (other, Self::Null) => other.is_empty(),
            (Self::Bool(bool), Self::Text(text)) | (Self::Text(text), Self::Bool(bool)) => {
                text.eq_ignore_ascii_case(&bool.to_string())
            }
            (Self::Dynamic(one), Self::Dynamic(other)) => one == other,
            _ => self.order(other) == Some(Ordering::Equal),
        }
    }

    /// Which value comes first; `None` for values of different types.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => Some(one.cmp(other)),
            (Self::Bool(one), Self::Bool(other)) => Some(one.cmp(other)),
            (Self::Long(one), Self::Long(other)) => Some(one.cmp(other)),
            (Self::Span(one), Self::Span(other)) => Some(one.cmp(other)),
            (Self::Time(_), _) | (_, Self::Time(_)) => Some(self.time()?.cmp(&other.time()?)),
            (Self::Null, Self::Null) => Some(Ordering::Equal),
            _ => self.number()?.partial_cmp(&other.number()?),
        }
    }

    /// The order of `order by`: null comes first.
    pub(super) fn rank(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Null, Self::Null) => Ordering::Equal,
            (Self::Null, _) => Ordering::Less,
            (_, Self::Null) => Ordering::Greater,
            _ => self.order(other).unwrap_or_else(|| self.show().cmp(&other.show())),
        }
    }
}

fn parse_time(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let local: jiff::civil::DateTime = text.parse().ok()?;
    Some(local.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

/// `1.02:03:04`, as .NET writes a time span.
fn show_span(span: SignedDuration) -> String {
    let sign = if span.is_negative() { "-" } else { "" };
    let seconds = span.as_secs().unsigned_abs();
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let clock = format!("{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60);
    if days == 0 { format!("{sign}{clock}") } else { format!("{sign}{days}.{clock}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_compared_with_the_text_of_a_time() {
        let now = Scalar::text("2026-11-23T00:00:00+00:00");
        let day = Scalar::Time(Timestamp::UNIX_EPOCH);
        assert_eq!(day.order(&now), Some(Ordering::Less));
        assert_eq!(Scalar::text("2026-11-23").time(), now.time());
        assert_eq!(day.order(&Scalar::text("soon")), None);
    }

    #[test]
    fn nothing_equals_empty_text_and_sorts_first() {
        assert!(Scalar::Null.equals(&Scalar::text(""), false));
        assert!(!Scalar::Null.equals(&Scalar::text("a"), false));
        assert_eq!(Scalar::Null.rank(&Scalar::Long(-1)), Ordering::Less);
    }
}
