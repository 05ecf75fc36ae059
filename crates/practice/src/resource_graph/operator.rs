//! The operators between two values.

use std::cmp::Ordering;

use super::scalar::Scalar;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    And,
    Or,
    Equal,
    NotEqual,
    EqualAnyCase,
    NotEqualAnyCase,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Times,
    Over,
    Modulo,
    /// A text comparison with its casing; `negated` as in `!contains`.
    Text(TextOperator, LetterCase, bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextOperator {
    Contains,
    Starts,
    Ends,
    /// A whole word.
    Has,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LetterCase {
    Any,
    Exact,
}

impl Binary {
    /// The comparison of a sign.
    pub(super) fn comparison(sign: &str) -> Option<Self> {
        Some(match sign {
            "==" => Self::Equal,
            "!=" | "<>" => Self::NotEqual,
            "=~" => Self::EqualAnyCase,
            "!~" => Self::NotEqualAnyCase,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    /// The text operator of a word: `contains`, `!startswith_cs`.
    pub(super) fn text(word: &str) -> Option<Self> {
        let (word, negated) = word.strip_prefix('!').map_or((word, false), |word| (word, true));
        let (word, case) =
            word.strip_suffix("_cs").map_or((word, LetterCase::Any), |word| (word, LetterCase::Exact));
        let look = match word {
            "contains" => TextOperator::Contains,
            "startswith" => TextOperator::Starts,
            "endswith" => TextOperator::Ends,
            "has" => TextOperator::Has,
            _ => return None,
        };
        Some(Self::Text(look, case, negated))
    }
}

/// The result of the operator for two values; null if their types do not fit.
pub(super) fn apply(operator: Binary, one: &Scalar, other: &Scalar) -> Scalar {
    let ordered = |fits: fn(Ordering) -> bool| Scalar::Bool(one.order(other).is_some_and(fits));
    match operator {
        Binary::And => Scalar::Bool(one.is_true() && other.is_true()),
        Binary::Or => Scalar::Bool(one.is_true() || other.is_true()),
        Binary::Equal => Scalar::Bool(one.equals(other, false)),
        Binary::NotEqual => Scalar::Bool(!one.equals(other, false)),
        Binary::EqualAnyCase => Scalar::Bool(one.equals(other, true)),
        Binary::NotEqualAnyCase => Scalar::Bool(!one.equals(other, true)),
        Binary::Less => ordered(Ordering::is_lt),
        Binary::LessOrEqual => ordered(Ordering::is_le),
        Binary::Greater => ordered(Ordering::is_gt),
        Binary::GreaterOrEqual => ordered(Ordering::is_ge),
        Binary::Text(look, case, negated) => {
            Scalar::Bool(found(look, case, &one.show(), &other.show()) != negated)
        }
        Binary::Plus | Binary::Minus | Binary::Times | Binary::Over | Binary::Modulo => {
            arithmetic(operator, one, other)
        }
    }
}

fn found(look: TextOperator, case: LetterCase, text: &str, wanted: &str) -> bool {
    let (text, wanted) = match case {
        LetterCase::Any => (text.to_lowercase(), wanted.to_lowercase()),
        LetterCase::Exact => (text.to_owned(), wanted.to_owned()),
    };
    match look {
        TextOperator::Contains => text.contains(&wanted),
        TextOperator::Starts => text.starts_with(&wanted),
        TextOperator::Ends => text.ends_with(&wanted),
        TextOperator::Has => has_word(&text, &wanted),
    }
}

/// `has` finds a word that has no letter or digit next to it.
fn has_word(text: &str, wanted: &str) -> bool {
    let apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    wanted.is_empty()
        || text.match_indices(wanted).any(|(at, found)| {
            apart(text[..at].chars().next_back()) && apart(text[at + found.len()..].chars().next())
        })
}

fn arithmetic(operator: Binary, one: &Scalar, other: &Scalar) -> Scalar {
    use Scalar::{Long, Real, Span, Time};
    let some = |made: Option<Scalar>| made.unwrap_or(Scalar::Null);
    match (operator, one, other) {
        (Binary::Plus, Time(time), Span(span)) | (Binary::Plus, Span(span), Time(time)) => {
            some(time.checked_add(*span).ok().map(Time))
        }
        (Binary::Minus, Time(time), Span(span)) => some(time.checked_sub(*span).ok().map(Time)),
        (Binary::Minus, Time(time), Time(earlier)) => Span(time.duration_since(*earlier)),
        (Binary::Plus, Span(one), Span(other)) => some(one.checked_add(*other).map(Span)),
        (Binary::Minus, Span(one), Span(other)) => some(one.checked_sub(*other).map(Span)),
        (Binary::Minus, Long(0), Span(span)) => some(span.checked_neg().map(Span)),
        (Binary::Over, Span(one), Span(other)) if !other.is_zero() => {
            Real(one.as_secs_f64() / other.as_secs_f64())
        }
        (Binary::Plus, Long(one), Long(other)) => some(one.checked_add(*other).map(Long)),
        (Binary::Minus, Long(one), Long(other)) => some(one.checked_sub(*other).map(Long)),
        (Binary::Times, Long(one), Long(other)) => some(one.checked_mul(*other).map(Long)),
        (Binary::Over, Long(one), Long(other)) => some(one.checked_div(*other).map(Long)),
        (Binary::Modulo, Long(one), Long(other)) => some(one.checked_rem(*other).map(Long)),
        _ => {
            let (Some(one), Some(other)) = (one.number(), other.number()) else {
                return Scalar::Null;
            };
            Real(match operator {
                Binary::Plus => one + other,
                Binary::Minus => one - other,
                Binary::Times => one * other,
                Binary::Over => one / other,
                _ => one % other,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_finds_words_and_contains_finds_pieces() {
        let holds = |word: &str, text: &str, wanted: &str| {
            let operator = Binary::text(word).unwrap_or(Binary::And);
            apply(operator, &Scalar::text(text), &Scalar::text(wanted)).is_true()
        };
        assert!(holds("has", "rg-Shop-prod", "shop"));
        assert!(!holds("has", "rg-shopping", "shop"));
        assert!(holds("contains", "rg-shopping", "SHOP"));
        assert!(holds("!contains_cs", "rg-shopping", "SHOP"));
        assert!(holds("endswith", "www.contoso.com", ".COM"));
    }
}
