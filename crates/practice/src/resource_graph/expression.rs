//! Expressions of a query: their forms, the columns they name, and their value in one row.

use serde_json::Value;

use super::{
    fault::QueryError,
    function::{Function, call},
    operator::{Binary, apply},
    scalar::Scalar,
    token::QueryPosition,
};
use jiff::Timestamp;

/// The cells of one row, in the order of the columns.
pub(super) type QueryRow = Vec<Scalar>;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Literal(Scalar),
    /// As it was written.
    Name(String, QueryPosition),
    /// A name whose column is known.
    Column(usize),
    /// `properties.thumbprint`, `tags['owner']`
    Member(Box<Expression>, String),
    /// `hostNames[0]`
    Item(Box<Expression>, i64),
    Negative(Box<Expression>),
    Binary(Binary, Box<Expression>, Box<Expression>),
    In {
        one: Box<Expression>,
        of: Vec<Expression>,
        any_case: bool,
        negated: bool,
    },
    Between {
        one: Box<Expression>,
        from: Box<Expression>,
        to: Box<Expression>,
        negated: bool,
    },
    Call(Function, Vec<Expression>),
}

impl Expression {
    /// Replaces names with columns; `operator` is named in a refusal.
    pub(super) fn resolve(&mut self, columns: &[String], operator: &str) -> Result<(), QueryError> {
        if let Self::Name(name, place) = self {
            let found = columns.iter().position(|column| column == name);
            *self = Self::Column(found.ok_or_else(|| QueryError::unresolved(operator, name, *place))?);
            return Ok(());
        }
        self.parts_mut().into_iter().try_for_each(|part| part.resolve(columns, operator))
    }

    /// The expressions that it consists of.
    pub(super) fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Literal(_) | Self::Name(..) | Self::Column(_) => Vec::new(),
            Self::Member(of, _) | Self::Item(of, _) | Self::Negative(of) => vec![of],
            Self::Binary(_, one, other) => vec![one, other],
            Self::In { one, of, .. } => std::iter::once(one.as_ref()).chain(of).collect(),
            Self::Between { one, from, to, .. } => vec![one, from, to],
            Self::Call(_, arguments) => arguments.iter().collect(),
        }
    }

    fn parts_mut(&mut self) -> Vec<&mut Self> {
        match self {
            Self::Literal(_) | Self::Name(..) | Self::Column(_) => Vec::new(),
            Self::Member(of, _) | Self::Item(of, _) | Self::Negative(of) => vec![of.as_mut()],
            Self::Binary(_, one, other) => vec![one.as_mut(), other.as_mut()],
            Self::In { one, of, .. } => std::iter::once(one.as_mut()).chain(of).collect(),
            Self::Between { one, from, to, .. } => vec![one.as_mut(), from.as_mut(), to.as_mut()],
            Self::Call(_, arguments) => arguments.iter_mut().collect(),
        }
    }

    /// The name of a column made of it: `properties_thumbprint`.
    pub(super) fn own_name(&self) -> Option<String> {
        match self {
            Self::Name(name, _) => Some(name.clone()),
            Self::Member(of, member) => Some(format!("{}_{member}", of.own_name()?)),
            Self::Item(of, at) => Some(format!("{}_{at}", of.own_name()?)),
            // A conversion keeps the name of its argument.
            Self::Call(_, arguments) => arguments.first()?.own_name(),
            _ => None,
        }
    }

    /// Its value in `row`. What cannot be computed is null, as in Kusto.
    pub(super) fn value(&self, row: &[Scalar], now: Timestamp) -> Scalar {
        match self {
            Self::Literal(scalar) => scalar.clone(),
            Self::Name(..) => Scalar::Null,
            Self::Column(at) => row.get(*at).cloned().unwrap_or(Scalar::Null),
            Self::Member(..) | Self::Item(..) => match self.reach(row) {
                Some(found) => Scalar::from(found.clone()),
                None => self.reach_computed(row, now),
            },
            Self::Negative(of) => apply(Binary::Minus, &Scalar::Long(0), &of.value(row, now)),
            Self::Binary(Binary::And, one, other) => {
                Scalar::Bool(one.value(row, now).is_true() && other.value(row, now).is_true())
            }
            Self::Binary(Binary::Or, one, other) => {
                Scalar::Bool(one.value(row, now).is_true() || other.value(row, now).is_true())
            }
            Self::Binary(operator, one, other) => {
                apply(*operator, &one.value(row, now), &other.value(row, now))
            }
            Self::In { one, of, any_case, negated } => {
                let one = one.value(row, now);
                let found = of.iter().any(|other| match other.value(row, now) {
                    Scalar::Dynamic(Value::Array(all)) => {
                        all.into_iter().any(|other| one.equals(&other.into(), *any_case))
                    }
                    other => one.equals(&other, *any_case),
                });
                Scalar::Bool(found != *negated)
            }
            Self::Between { one, from, to, negated } => {
                let one = one.value(row, now);
                let after = one.order(&from.value(row, now)).is_some_and(std::cmp::Ordering::is_ge);
                let before = one.order(&to.value(row, now)).is_some_and(std::cmp::Ordering::is_le);
                Scalar::Bool((after && before) != *negated)
            }
            Self::Call(function, arguments) => {
                call(*function, &|at| arguments.get(at).map(|one| one.value(row, now)), arguments.len(), now)
            }
        }
    }

    /// A member of a member … of a column, without copying the surrounding value.
    fn reach<'r>(&self, row: &'r [Scalar]) -> Option<&'r Value> {
        match self {
            Self::Column(at) => match row.get(*at)? {
                Scalar::Dynamic(value) => Some(value),
                _ => None,
            },
            Self::Member(of, member) => of.reach(row)?.get(member),
            Self::Item(of, at) => item(of.reach(row)?.as_array()?, *at),
            _ => None,
        }
    }

    /// The same for a value that is no column: `split(id, '/')[2]`.
    fn reach_computed(&self, row: &[Scalar], now: Timestamp) -> Scalar {
        let inside = |of: &Self, find: &dyn Fn(&Value) -> Option<Value>| match of.value(row, now) {
            Scalar::Dynamic(value) => find(&value).map_or(Scalar::Null, Scalar::from),
            _ => Scalar::Null,
        };
        match self {
            Self::Member(of, member) if !of.is_column() => inside(of, &|value| value.get(member).cloned()),
            Self::Item(of, at) if !of.is_column() => {
                inside(of, &|value| item(value.as_array()?, *at).cloned())
            }
            _ => Scalar::Null,
        }
    }

    fn is_column(&self) -> bool {
        match self {
            Self::Column(_) => true,
            Self::Member(of, _) | Self::Item(of, _) => of.is_column(),
            _ => false,
        }
    }
}

/// Negative indices count from the end.
fn item(array: &[Value], at: i64) -> Option<&Value> {
    let at = if at < 0 { i64::try_from(array.len()).ok()? + at } else { at };
    array.get(usize::try_from(at).ok()?)
}
