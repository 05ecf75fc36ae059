//! A query that was understood: a table, then stages, each from the columns of the one before.

use super::{
    expression::Expression,
    operator::Binary,
    scalar::Scalar,
    table::{COLUMNS, Table},
};

/// A query whose names are all resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub table: Table,
    /// The resource types that can come out at all, in lower case, when conditions name some.
    pub kinds: Option<Vec<String>>,
    pub stages: Vec<Stage>,
    /// What the last stage yields.
    pub columns: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    Where(Expression),
    /// Columns are written at these places, new ones behind the last.
    Extend(Vec<(usize, Expression)>),
    /// Every column anew.
    Project(Vec<Expression>),
    /// One row for each element.
    Expand {
        to: usize,
        of: Expression,
    },
    Join(Box<Join>),
    Order(Vec<Key>),
    Take(usize),
    Summarize {
        groups: Vec<Expression>,
        aggregates: Vec<Aggregate>,
    },
}

/// A key of `order by`.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    pub of: Expression,
    pub descending: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// Whether rows without a partner stay.
    pub outer: bool,
    pub right: Query,
    /// Columns that must be equal.
    pub on: Vec<(usize, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Count,
    CountIf,
    Distinct,
    Min,
    Max,
    Sum,
    Average,
    List,
    Set,
    Any,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    pub measure: Measure,
    pub of: Option<Expression>,
}

impl Stage {
    /// Whether it looks at one row at a time, so that rows can be answered in pages while they are read.
    pub fn is_row_wise(&self) -> bool {
        matches!(
            self,
            Self::Where(_) | Self::Extend(_) | Self::Project(_) | Self::Expand { .. } | Self::Join(_)
        )
    }

    /// What a summary needs of a row, and the summary of rows that have only that.
    pub fn slim(&self) -> Option<(Vec<Expression>, Self)> {
        let Self::Summarize { groups, aggregates } = self else {
            return None;
        };
        let mut needed = groups.clone();
        let groups = (0..groups.len()).map(Expression::Column).collect();
        let mut slim = Vec::new();
        for aggregate in aggregates {
            let of = aggregate.of.clone().map(|of| {
                needed.push(of);
                Expression::Column(needed.len() - 1)
            });
            slim.push(Aggregate { measure: aggregate.measure, of });
        }
        Some((needed, Self::Summarize { groups, aggregates: slim }))
    }

    /// Whether every row gives exactly one.
    pub fn keeps_count(&self) -> bool {
        matches!(self, Self::Extend(_) | Self::Project(_))
    }
}

impl Query {
    /// Takes the conditions on the type out of the first stages: the rows of other types need not even be
    /// read. An `order by id` says nothing then, since rows of one type are kept in that order.
    pub fn narrow(mut self) -> Self {
        while let Some(Stage::Where(condition)) = self.stages.first() {
            let Some(kinds) = kinds_of(condition) else {
                break;
            };
            match &mut self.kinds {
                Some(known) => known.retain(|kind| kinds.contains(kind)),
                None => self.kinds = Some(kinds),
            }
            self.stages.remove(0);
        }
        // `where type == … and …`: half of it goes.
        if let Some(Stage::Where(Expression::Binary(Binary::And, one, rest))) = self.stages.first()
            && self.kinds.is_none()
            && let Some(kinds) = kinds_of(one)
        {
            self.kinds = Some(kinds);
            let rest = rest.as_ref().clone();
            self.stages[0] = Stage::Where(rest);
        }
        let one_kind = self.kinds.as_ref().is_some_and(|kinds| kinds.len() == 1);
        let by_id = self.stages.iter().position(|stage| !stage.is_row_wise()).filter(|at| {
            matches!(&self.stages[*at], Stage::Order(keys)
                if matches!(keys.as_slice(), [Key { of: Expression::Column(id), descending: false }] if self.is_id(*id, *at)))
        });
        if let Some(at) = by_id.filter(|_| one_kind) {
            self.stages.remove(at);
        }
        self
    }

    /// Whether the column before the stage `at` is the id of the resource.
    fn is_id(&self, mut column: usize, at: usize) -> bool {
        for stage in self.stages[..at].iter().rev() {
            match stage {
                Stage::Where(_) => {}
                Stage::Extend(written) if written.iter().all(|(to, _)| *to != column) => {}
                Stage::Project(all) => match all.get(column) {
                    Some(Expression::Column(from)) => column = *from,
                    _ => return false,
                },
                _ => return false,
            }
        }
        COLUMNS[column] == "id"
    }
}

/// The types that a condition lets through, when it is about nothing else. Types are in lower case, so `==`
/// with another casing finds nothing: a trap of the real service.
fn kinds_of(condition: &Expression) -> Option<Vec<String>> {
    let is_type = |one: &Expression| matches!(one, Expression::Column(at) if COLUMNS[*at] == "type");
    let word = |one: &Expression, any_case: bool| match one {
        Expression::Literal(Scalar::Text(text)) if any_case => Some(text.to_lowercase()),
        Expression::Literal(Scalar::Text(text)) => Some(text.clone()),
        _ => None,
    };
    match condition {
        Expression::Binary(operator @ (Binary::Equal | Binary::EqualAnyCase), one, other) if is_type(one) => {
            Some(vec![word(other, *operator == Binary::EqualAnyCase)?])
        }
        Expression::In { one, of, any_case, negated: false } if is_type(one) => {
            of.iter().map(|other| word(other, *any_case)).collect()
        }
        Expression::Binary(Binary::Or, one, other) => Some([kinds_of(one)?, kinds_of(other)?].concat()),
        _ => None,
    }
}
