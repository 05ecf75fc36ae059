//! The scalar functions that queries about certificates use; every other function is refused by its name.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::scalar::Scalar;

macro_rules! functions {
    ($($variant:ident: $($name:literal)|+),+ $(,)?) => {
        /// The functions that a query may call.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Function { $($variant),+ }

        impl Function {
            /// The function of that name.
            pub(super) fn named(name: &str) -> Option<Self> {
                match name { $($($name)|+ => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

functions! {
    ToText: "tostring",
    ToLower: "tolower",
    ToUpper: "toupper",
    ToLong: "toint" | "tolong",
    ToReal: "todouble" | "toreal",
    ToBool: "tobool" | "toboolean",
    ToTime: "todatetime",
    ToDynamic: "todynamic" | "parse_json",
    Length: "strlen",
    Concat: "strcat",
    Substring: "substring",
    Split: "split",
    IsEmpty: "isempty",
    IsNotEmpty: "isnotempty",
    IsNull: "isnull",
    IsNotNull: "isnotnull",
    Not: "not",
    If: "iff" | "iif",
    Case: "case",
    Coalesce: "coalesce",
    ArrayLength: "array_length",
    Now: "now",
    Ago: "ago",
    Difference: "datetime_diff",
    Bin: "bin",
    StartOfDay: "startofday",
}

/// The value of a function for its `count` arguments.
pub(super) fn call(
    function: Function,
    argument: &dyn Fn(usize) -> Option<Scalar>,
    count: usize,
    now: Timestamp,
) -> Scalar {
    let at = |place: usize| argument(place).unwrap_or(Scalar::Null);
    match function {
        Function::ToText => Scalar::Text(at(0).show()),
        Function::ToLower => Scalar::Text(at(0).show().to_lowercase()),
        Function::ToUpper => Scalar::Text(at(0).show().to_uppercase()),
        Function::ToLong => to_long(&at(0)),
        Function::ToReal => at(0).number().map_or(Scalar::Null, Scalar::Real),
        Function::ToBool => match at(0) {
            Scalar::Null => Scalar::Null,
            Scalar::Long(long) => Scalar::Bool(long != 0),
            other => Scalar::Bool(other.is_true()),
        },
        Function::ToTime => at(0).time().map_or(Scalar::Null, Scalar::Time),
        Function::ToDynamic => match at(0) {
            Scalar::Text(text) => {
                serde_json::from_str::<Value>(&text).map_or(Scalar::Text(text), Scalar::from)
            }
            other => other,
        },
        Function::Length => Scalar::Long(count_of(at(0).show().chars().count())),
        Function::Concat => Scalar::Text((0..count).map(|place| at(place).show()).collect()),
        Function::Substring => {
            let (text, from, length) = (at(0).show(), whole(&at(1)), whole(&at(2)));
            let length = if count > 2 { length } else { usize::MAX };
            Scalar::Text(text.chars().skip(from).take(length).collect())
        }
        Function::Split => {
            let (text, by) = (at(0).show(), at(1).show());
            let parts: Vec<Value> =
                if by.is_empty() { vec![text.into()] } else { text.split(&by).map(Value::from).collect() };
            match (count, usize::try_from(to_long_or_zero(&at(2)))) {
                (3, Ok(place)) => Scalar::Dynamic(parts.into_iter().skip(place).take(1).collect()),
                _ => Scalar::Dynamic(Value::Array(parts)),
            }
        }
        Function::IsEmpty => Scalar::Bool(at(0).is_empty()),
        Function::IsNotEmpty => Scalar::Bool(!at(0).is_empty()),
        Function::IsNull => Scalar::Bool(at(0) == Scalar::Null),
        Function::IsNotNull => Scalar::Bool(at(0) != Scalar::Null),
        Function::Not => Scalar::Bool(!at(0).is_true()),
        Function::If => at(if at(0).is_true() { 1 } else { 2 }),
        Function::Case => {
            let chosen = (0..count / 2).map(|pair| pair * 2).find(|place| at(*place).is_true());
            at(chosen.map_or(count.saturating_sub(1), |place| place + 1))
        }
        Function::Coalesce => (0..count).map(at).find(|one| !one.is_empty()).unwrap_or(Scalar::Null),
        Function::ArrayLength => match at(0) {
            Scalar::Dynamic(Value::Array(all)) => Scalar::Long(count_of(all.len())),
            _ => Scalar::Null,
        },
        Function::Now => match at(0) {
            Scalar::Span(span) => shifted(now, span),
            _ => Scalar::Time(now),
        },
        Function::Ago => match at(0) {
            Scalar::Span(span) => span.checked_neg().map_or(Scalar::Null, |back| shifted(now, back)),
            _ => Scalar::Null,
        },
        Function::Difference => difference(&at(0).show(), at(1).time(), at(2).time()),
        Function::Bin => bin(&at(0), &at(1)),
        Function::StartOfDay => bin(&at(0), &Scalar::Span(SignedDuration::from_hours(24))),
    }
}

fn to_long(of: &Scalar) -> Scalar {
    match of {
        Scalar::Bool(bool) => Scalar::Long(i64::from(*bool)),
        Scalar::Long(_) => of.clone(),
        #[allow(clippy::cast_possible_truncation)]
        // `as` saturates, which is closest to Kusto's conversion.
        other => other.number().map_or(Scalar::Null, |real| Scalar::Long(real as i64)),
    }
}

fn to_long_or_zero(of: &Scalar) -> i64 {
    match to_long(of) {
        Scalar::Long(long) => long,
        _ => 0,
    }
}

fn whole(of: &Scalar) -> usize {
    usize::try_from(to_long_or_zero(of)).unwrap_or(0)
}

fn count_of(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn shifted(now: Timestamp, by: SignedDuration) -> Scalar {
    now.checked_add(by).map_or(Scalar::Null, Scalar::Time)
}

/// `datetime_diff('day', later, earlier)`: how many boundaries of that unit lie between.
fn difference(unit: &str, later: Option<Timestamp>, earlier: Option<Timestamp>) -> Scalar {
    let seconds = match unit.to_lowercase().as_str() {
        "week" => 7 * 86_400,
        "day" => 86_400,
        "hour" => 3600,
        "minute" => 60,
        "second" => 1,
        _ => return Scalar::Null,
    };
    match (later, earlier) {
        (Some(later), Some(earlier)) => {
            Scalar::Long(later.as_second().div_euclid(seconds) - earlier.as_second().div_euclid(seconds))
        }
        _ => Scalar::Null,
    }
}

/// Rounds down to a multiple of `size`.
fn bin(of: &Scalar, size: &Scalar) -> Scalar {
    match (of, size) {
        (Scalar::Long(long), Scalar::Long(size)) if *size > 0 => Scalar::Long(long.div_euclid(*size) * size),
        (time, Scalar::Span(span)) if span.as_secs() > 0 => {
            let floor = |time: Timestamp| {
                Timestamp::from_second(time.as_second().div_euclid(span.as_secs()) * span.as_secs())
            };
            time.time().and_then(|time| floor(time).ok()).map_or(Scalar::Null, Scalar::Time)
        }
        (number, size) => match (number.number(), size.number()) {
            (Some(number), Some(size)) if size > 0.0 => Scalar::Real((number / size).floor() * size),
            _ => Scalar::Null,
        },
    }
}
