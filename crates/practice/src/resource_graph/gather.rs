//! The operators that need all rows at once: ordering and aggregation.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;

use super::{
    expression::{Expression, QueryRow},
    query::{Aggregate, Measure, OrderByKey},
    scalar::Scalar,
};

/// The rows in the order of the keys; equal rows keep their order.
pub(super) fn sorted(rows: Vec<QueryRow>, keys: &[OrderByKey], now: Timestamp) -> Vec<QueryRow> {
    let mut all: Vec<(Vec<Scalar>, QueryRow)> =
        rows.into_iter().map(|row| (keys.iter().map(|key| key.of.value(&row, now)).collect(), row)).collect();
    all.sort_by(|(one, _), (other, _)| {
        let orders = keys.iter().zip(one.iter().zip(other)).map(|(key, (one, other))| {
            let order = one.rank(other);
            if key.descending { order.reverse() } else { order }
        });
        orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    });
    all.into_iter().map(|(_, row)| row).collect()
}

/// One row for each group, in the order in which the groups appear: the group's values, then the aggregates.
/// Without groups there is exactly one row, even if there are no input rows.
pub(super) fn summarized(
    rows: &[QueryRow],
    groups: &[Expression],
    aggregates: &[Aggregate],
    now: Timestamp,
) -> Vec<QueryRow> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut found: Vec<(QueryRow, Vec<&QueryRow>)> = Vec::new();
    if groups.is_empty() {
        found.push((QueryRow::new(), Vec::new()));
        places.insert(String::new(), 0);
    }
    for row in rows {
        let values: QueryRow = groups.iter().map(|of| of.value(row, now)).collect();
        let name: Vec<String> = values.iter().map(Scalar::show).collect();
        let place = *places.entry(name.join("\u{1f}")).or_insert_with(|| {
            found.push((values, Vec::new()));
            found.len() - 1
        });
        found[place].1.push(row);
    }
    let mut made = Vec::new();
    for (mut values, members) in found {
        values.extend(aggregates.iter().map(|aggregate| measured(aggregate, &members, now)));
        made.push(values);
    }
    made
}

fn measured(aggregate: &Aggregate, rows: &[&QueryRow], now: Timestamp) -> Scalar {
    let count = |count: usize| Scalar::Long(i64::try_from(count).unwrap_or(i64::MAX));
    let Some(of) = &aggregate.of else {
        return count(rows.len());
    };
    let values: Vec<Scalar> = rows.iter().map(|row| of.value(row, now)).collect();
    let there = || values.iter().filter(|value| !value.is_empty());
    let numbers = || values.iter().filter_map(Scalar::number);
    match aggregate.measure {
        Measure::Count => count(rows.len()),
        Measure::CountIf => count(values.iter().filter(|value| value.is_true()).count()),
        Measure::Distinct => count(once(there()).len()),
        Measure::Min => there().min_by(|one, other| one.rank(other)).cloned().unwrap_or(Scalar::Null),
        Measure::Max => there().max_by(|one, other| one.rank(other)).cloned().unwrap_or(Scalar::Null),
        Measure::Sum if values.iter().all(|value| matches!(value, Scalar::Long(_) | Scalar::Null)) => {
            let longs = values
                .iter()
                .filter_map(|value| if let Scalar::Long(long) = value { Some(*long) } else { None });
            Scalar::Long(longs.fold(0, i64::saturating_add))
        }
        Measure::Sum => Scalar::Real(numbers().sum()),
        #[allow(clippy::cast_precision_loss)] // A mean of so many rows is no exact number anyway.
        Measure::Average => match numbers().count() {
            0 => Scalar::Null,
            many => Scalar::Real(numbers().sum::<f64>() / many as f64),
        },
        Measure::List => array(there().cloned()),
        Measure::Set => array(once(there()).into_iter().cloned()),
        Measure::Any => there().next().cloned().unwrap_or(Scalar::Null),
    }
}

/// Each distinct value, in the order of its first appearance.
fn once<'v>(values: impl Iterator<Item = &'v Scalar>) -> Vec<&'v Scalar> {
    let mut seen = std::collections::HashSet::new();
    values.filter(|value| seen.insert(value.show())).collect()
}

fn array(values: impl Iterator<Item = Scalar>) -> Scalar {
    Scalar::Dynamic(Value::Array(values.map(Scalar::into_json).collect()))
}
