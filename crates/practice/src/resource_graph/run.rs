//! Runs a query: reads rows, pushes them through the stages that process one row at a time, and gathers them
//! where a stage needs all of them.

use std::{collections::HashMap, ops::ControlFlow};

use serde_json::Value;

use super::{
    expression::{Expression, QueryRow},
    gather,
    needs::Needs,
    query::{Join, Query, QueryStage},
    scalar::Scalar,
    table::{self, QueryScope},
};
use crate::{context::CloudContext, reply::Fault};

/// A page of rows.
#[derive(Debug, Default)]
pub(super) struct RowPage {
    pub rows: Vec<QueryRow>,
    /// The number of rows of the whole query.
    pub total: usize,
    /// Where the next page begins, if there is one.
    pub next: Option<Position>,
}

/// Where reading continues: after this key of the store, without the first `skip` rows that follow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Position {
    pub after: Option<String>,
    pub skip: usize,
    /// The total, once it has been counted.
    pub total: Option<usize>,
}

/// Returns `size` rows from the position `from` on. `ctx` shows the cloud as the index knows it.
pub(super) fn page(
    ctx: &CloudContext<'_>,
    query: &Query,
    scope: &QueryScope,
    from: &Position,
    size: usize,
) -> Result<RowPage, Fault> {
    if query.stages.iter().all(QueryStage::is_row_wise) {
        return stream(ctx, query, scope, from, size);
    }
    // Sorted or summarised queries are computed completely for every page.
    let all = all_rows(ctx, query, scope)?;
    let total = all.len();
    let rows: Vec<QueryRow> = all.into_iter().skip(from.skip).take(size).collect();
    let end = from.skip.saturating_add(rows.len());
    let next =
        (end < total && !rows.is_empty()).then_some(Position { after: None, skip: end, total: Some(total) });
    Ok(RowPage { rows, total, next })
}

fn stream(
    ctx: &CloudContext<'_>,
    query: &Query,
    scope: &QueryScope,
    from: &Position,
    size: usize,
) -> Result<RowPage, Fault> {
    let total = match from.total {
        Some(total) => total,
        None => count(ctx, query, scope)?,
    };
    let steps = steps(ctx, &query.stages, scope)?;
    let mut page = RowPage { total, ..RowPage::default() };
    let mut skip = from.skip;
    let mut before = from.after.clone();
    let needs = Needs::of(&query.stages);
    read(ctx, query, scope, from.after.as_deref(), &needs, &mut |key, row| {
        let mut of_this_row = 0;
        push(&steps, row, ctx, &mut |row| {
            if skip > 0 {
                skip -= 1;
            } else if page.rows.len() < size {
                page.rows.push(row);
            } else {
                page.next = Some(Position { after: before.clone(), skip: of_this_row, total: Some(total) });
                return ControlFlow::Break(());
            }
            of_this_row += 1;
            ControlFlow::Continue(())
        })?;
        before = Some(key.to_owned());
        ControlFlow::Continue(())
    })?;
    Ok(page)
}

/// The number of rows of a query that processes single rows. Without conditions the keys are enough.
fn count(ctx: &CloudContext<'_>, query: &Query, scope: &QueryScope) -> Result<usize, Fault> {
    if query.stages.iter().all(QueryStage::keeps_count) {
        let stretches = table::stretches(query.table, query.kinds.as_deref(), scope);
        return stretches.iter().map(|stretch| ctx.count(stretch)).sum();
    }
    // Stages at the end that only shape rows do not change the count.
    let deciding = query.stages.iter().rposition(|stage| !stage.keeps_count()).map_or(0, |last| last + 1);
    let stages = &query.stages[..deciding];
    let (steps, needs) = (steps(ctx, stages, scope)?, Needs::of_conditions(stages));
    let mut count = 0;
    read(ctx, query, scope, None, &needs, &mut |_, row| {
        push(&steps, row, ctx, &mut |_| {
            count += 1;
            ControlFlow::Continue(())
        })
    })?;
    Ok(count)
}

/// Every row of the query.
fn all_rows(ctx: &CloudContext<'_>, query: &Query, scope: &QueryScope) -> Result<Vec<QueryRow>, Fault> {
    let row_wise = query.stages.iter().position(|stage| !stage.is_row_wise()).unwrap_or(query.stages.len());
    let (before, after) = query.stages.split_at(row_wise);
    let enough = match after.first() {
        Some(QueryStage::Take(count)) => *count,
        _ => usize::MAX,
    };
    // Of a row that is only summarised, only the input of the aggregates is kept.
    let slim = after.first().and_then(QueryStage::slim);
    let mut rows = Vec::new();
    if enough > 0 {
        let (steps, needs) = (steps(ctx, before, scope)?, Needs::of(&query.stages));
        read(ctx, query, scope, None, &needs, &mut |_, row| {
            push(&steps, row, ctx, &mut |row| {
                rows.push(match &slim {
                    Some((needed, _)) => needed.iter().map(|of| of.value(&row, ctx.now)).collect(),
                    None => row,
                });
                if rows.len() < enough { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })
        })?;
    }
    let mut rest = after;
    if let Some((_, QueryStage::Summarize { groups, aggregates })) = &slim {
        rows = gather::summarized(&rows, groups, aggregates, ctx.now);
        rest = &after[1..];
    }
    while let Some((stage, others)) = rest.split_first() {
        rest = others;
        rows = match stage {
            QueryStage::Order(keys) => gather::sorted(rows, keys, ctx.now),
            QueryStage::Take(count) => {
                rows.truncate(*count);
                rows
            }
            QueryStage::Summarize { groups, aggregates } => {
                gather::summarized(&rows, groups, aggregates, ctx.now)
            }
            row_wise => {
                let steps = steps(ctx, std::slice::from_ref(row_wise), scope)?;
                let mut made = Vec::new();
                for row in rows {
                    let _ = push(&steps, row, ctx, &mut |row| {
                        made.push(row);
                        ControlFlow::Continue(())
                    });
                }
                made
            }
        };
    }
    Ok(rows)
}

/// Passes the rows of the query's table after the key `after` to `visit`, in the order of their keys.
fn read(
    ctx: &CloudContext<'_>,
    query: &Query,
    scope: &QueryScope,
    after: Option<&str>,
    needs: &Needs,
    visit: &mut dyn FnMut(&str, QueryRow) -> ControlFlow<()>,
) -> Result<(), Fault> {
    for stretch in table::stretches(query.table, query.kinds.as_deref(), scope) {
        // A range that ends before that key has been read already.
        let begins_after = after.is_none_or(|after| stretch.as_str() > after);
        if !begins_after && !after.is_some_and(|after| after.starts_with(&stretch)) {
            continue;
        }
        let mut stop = None;
        let from = after.filter(|_| !begins_after);
        ctx.walk_by(&stretch, from, &|stored| needs.read(stored), &mut |key, stored| {
            let flow = table::row(ctx, stored, needs).map(|row| visit(key, row));
            match flow {
                Ok(ControlFlow::Continue(())) => true,
                Ok(ControlFlow::Break(())) => {
                    stop = Some(Ok(()));
                    false
                }
                Err(fault) => {
                    stop = Some(Err(fault));
                    false
                }
            }
        })?;
        if let Some(ended) = stop {
            return ended;
        }
    }
    Ok(())
}

/// A stage that processes single rows, ready to run.
enum RowStage<'q> {
    Where(&'q Expression),
    Extend(&'q [(usize, Expression)]),
    Project(&'q [Expression]),
    Expand(usize, &'q Expression),
    Join { join: &'q Join, partners: HashMap<String, Vec<QueryRow>> },
}

fn steps<'q>(
    ctx: &CloudContext<'_>,
    stages: &'q [QueryStage],
    scope: &QueryScope,
) -> Result<Vec<RowStage<'q>>, Fault> {
    let mut steps = Vec::new();
    for stage in stages {
        steps.push(match stage {
            QueryStage::Where(condition) => RowStage::Where(condition),
            QueryStage::Extend(written) => RowStage::Extend(written),
            QueryStage::Project(all) => RowStage::Project(all),
            QueryStage::Expand { to, of } => RowStage::Expand(*to, of),
            QueryStage::Join(join) => RowStage::Join { join, partners: partners(ctx, join, scope)? },
            QueryStage::Order(_) | QueryStage::Take(_) | QueryStage::Summarize { .. } => break,
        });
    }
    Ok(steps)
}

/// The rows of a join's right side, by their join keys.
fn partners(
    ctx: &CloudContext<'_>,
    join: &Join,
    scope: &QueryScope,
) -> Result<HashMap<String, Vec<QueryRow>>, Fault> {
    let mut partners: HashMap<String, Vec<QueryRow>> = HashMap::new();
    for row in all_rows(ctx, &join.right, scope)? {
        let key = joined(join.on.iter().map(|(_, right)| &row[*right]));
        partners.entry(key).or_default().push(row);
    }
    Ok(partners)
}

fn joined<'r>(cells: impl Iterator<Item = &'r Scalar>) -> String {
    cells.map(Scalar::show).collect::<Vec<_>>().join("\u{1f}")
}

/// Sends a row through the steps; `out` gets the results.
fn push(
    steps: &[RowStage<'_>],
    mut row: QueryRow,
    ctx: &CloudContext<'_>,
    out: &mut dyn FnMut(QueryRow) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let Some((step, rest)) = steps.split_first() else {
        return out(row);
    };
    match step {
        RowStage::Where(condition) => {
            if !condition.value(&row, ctx.now).is_true() {
                return ControlFlow::Continue(());
            }
        }
        RowStage::Extend(written) => {
            let values: Vec<Scalar> = written.iter().map(|(_, of)| of.value(&row, ctx.now)).collect();
            for ((to, _), value) in written.iter().zip(values) {
                put(&mut row, *to, value);
            }
        }
        RowStage::Project(all) => row = all.iter().map(|of| of.value(&row, ctx.now)).collect(),
        RowStage::Expand(to, of) => {
            for element in elements(of.value(&row, ctx.now)) {
                let mut one = row.clone();
                put(&mut one, *to, element);
                push(rest, one, ctx, out)?;
            }
            return ControlFlow::Continue(());
        }
        RowStage::Join { join, partners } => {
            let found = partners.get(&joined(join.on.iter().map(|(left, _)| &row[*left])));
            for partner in found.into_iter().flatten() {
                let one = row.iter().chain(partner).cloned().collect();
                push(rest, one, ctx, out)?;
            }
            if found.is_some() || !join.outer {
                return ControlFlow::Continue(());
            }
            row.resize(row.len() + join.right.columns.len(), Scalar::Null);
        }
    }
    push(rest, row, ctx, out)
}

fn put(row: &mut QueryRow, to: usize, value: Scalar) {
    if to >= row.len() {
        row.resize(to + 1, Scalar::Null);
    }
    row[to] = value;
}

/// The elements of which `mv-expand` makes rows; an empty array has none.
fn elements(of: Scalar) -> Vec<Scalar> {
    match of {
        Scalar::Dynamic(Value::Array(all)) => all.into_iter().map(Scalar::from).collect(),
        Scalar::Dynamic(Value::Object(members)) => members
            .into_iter()
            .map(|(name, value)| Scalar::Dynamic(Value::Object([(name, value)].into_iter().collect())))
            .collect(),
        one => vec![one],
    }
}
