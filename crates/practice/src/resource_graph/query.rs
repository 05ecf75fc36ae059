//! A parsed query: a table, then stages, each with the columns of the previous one as input.

use super::{
    expression::Expression,
    operator::Binary,
    scalar::Scalar,
    table::{COLUMNS, QueryTable},
};

/// A query whose names are all resolved.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Query {
    pub table: QueryTable,
    /// The only resource types that can match, in lower case, when conditions name some.
    pub kinds: Option<Vec<String>>,
    pub stages: Vec<QueryStage>,
    /// The columns of the last stage.
    pub columns: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum QueryStage {
    Where(Expression),
    /// Sets the columns at these indices; new ones are appended.
    Extend(Vec<(usize, Expression)>),
    /// Replaces all columns.
    Project(Vec<Expression>),
    /// One row for each element.
    Expand {
        to: usize,
        of: Expression,
    },
    Join(Box<Join>),
    Order(Vec<OrderByKey>),
    Take(usize),
    Summarize {
        groups: Vec<Expression>,
        aggregates: Vec<Aggregate>,
    },
}

/// A key of `order by`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OrderByKey {
    pub of: Expression,
    pub descending: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Join {
    /// Whether rows without a match stay.
    pub outer: bool,
    pub right: Query,
    /// Pairs of columns that must be equal.
    pub on: Vec<(usize, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
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
pub(super) struct Aggregate {
    pub measure: Measure,
    pub of: Option<Expression>,
}

impl QueryStage {
    /// Whether it processes one row at a time, so that pages can be returned while rows are read.
    pub(super) fn is_row_wise(&self) -> bool {
        matches!(
            self,
            Self::Where(_) | Self::Extend(_) | Self::Project(_) | Self::Expand { .. } | Self::Join(_)
        )
    }

    /// The expressions that a summary needs of a row, and the summary over rows of only these.
    pub(super) fn slim(&self) -> Option<(Vec<Expression>, Self)> {
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

    /// Whether every input row gives exactly one output row.
    pub(super) fn keeps_count(&self) -> bool {
        matches!(self, Self::Extend(_) | Self::Project(_))
    }
}

impl Query {
    /// Removes the conditions on the type from the first stages: rows of other types are not even read. An
    /// `order by id` can then be dropped, because rows of one type are stored in that order.
    pub(super) fn narrow(mut self) -> Self {
        while let Some(QueryStage::Where(condition)) = self.stages.first() {
            let Some(kinds) = kinds_of(condition) else {
                break;
            };
            match &mut self.kinds {
                Some(known) => known.retain(|kind| kinds.contains(kind)),
                None => self.kinds = Some(kinds),
            }
            self.stages.remove(0);
        }
        // `where type == … and …`: only the first half is removed.
        if let Some(QueryStage::Where(Expression::Binary(Binary::And, one, rest))) = self.stages.first()
            && self.kinds.is_none()
            && let Some(kinds) = kinds_of(one)
        {
            self.kinds = Some(kinds);
            let rest = rest.as_ref().clone();
            self.stages[0] = QueryStage::Where(rest);
        }
        let one_kind = self.kinds.as_ref().is_some_and(|kinds| kinds.len() == 1);
        let by_id = self.stages.iter().position(|stage| !stage.is_row_wise()).filter(|at| {
            matches!(&self.stages[*at], QueryStage::Order(keys)
                if matches!(keys.as_slice(), [OrderByKey { of: Expression::Column(id), descending: false }] if self.is_id(*id, *at)))
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
                QueryStage::Where(_) => {}
                QueryStage::Extend(written) if written.iter().all(|(to, _)| *to != column) => {}
                QueryStage::Project(all) => match all.get(column) {
                    Some(Expression::Column(from)) => column = *from,
                    _ => return false,
                },
                _ => return false,
            }
        }
        COLUMNS[column] == "id"
    }
}

/// The types that a condition accepts, when it concerns nothing else. Types are in lower case, so `==` with
/// another casing finds nothing: a pitfall of the real service.
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
