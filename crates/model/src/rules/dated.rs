//! The entries of `assets/rules.toml` as consecutive values without gaps.

use jiff::civil::Date;
use serde::Deserialize;

use super::limit::{Count, Limit, Name, Names, Period};
use super::span::Span;
use super::{RulesError, SEED_DAY, Severity};

/// One value of one rule, with its first day and its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule<V> {
    /// The name of the limit, such as `order-term`.
    pub id: String,
    /// The value itself: a length of time, a count, a word or a list.
    pub value: V,
    /// The words that follow the value in a sentence, such as `before expiry`.
    pub unit: String,
    /// How serious it is to exceed the limit.
    pub severity: Severity,
    /// The first day on which the value holds.
    pub since: Date,
    /// The article or the change of it that states the value.
    pub source: String,
    /// Ids that `docs/platform.toml` explains; may be empty.
    pub checklist: Vec<String>,
}

/// The values of one limit: each holds until the day of the next one, the last one without end.
#[derive(Debug, Clone)]
pub struct Dated<V> {
    first: Rule<V>,
    later: Vec<Rule<V>>,
}

impl<V> Dated<V> {
    pub(super) fn on(&self, day: Date) -> &Rule<V> {
        self.later.iter().rev().find(|rule| rule.since <= day).unwrap_or(&self.first)
    }

    /// All values, oldest first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Rule<V>> {
        std::iter::once(&self.first).chain(&self.later)
    }
}

/// Every limit that the code can ask for, in the order of its kind.
#[derive(Debug, Clone)]
pub struct Tables {
    pub(super) periods: Vec<Dated<Span>>,
    pub(super) counts: Vec<Dated<Option<i64>>>,
    pub(super) words: Vec<Dated<String>>,
    pub(super) lists: Vec<Dated<Vec<String>>>,
}

/// An entry as the file contains it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DatedEntry {
    id: String,
    value: toml::Value,
    unit: String,
    severity: Severity,
    since: Date,
    until: Option<Date>,
    source: String,
    #[serde(default)]
    checklist: Vec<String>,
}

impl Tables {
    /// Refuses a day without a value, two values for one day, a value of another kind, and entries that the
    /// code never uses.
    pub(super) fn of(entries: &[DatedEntry]) -> Result<Self, RulesError> {
        let ids = [ids::<Period>(), ids::<Count>(), ids::<Name>(), ids::<Names>()].concat();
        if let Some(entry) = entries.iter().find(|entry| !ids.contains(&entry.id.as_str())) {
            return Err(RulesError::Unused(entry.id.clone()));
        }
        Ok(Self {
            periods: table::<Period>(entries, |value| value.as_str()?.parse().ok())?,
            counts: table::<Count>(entries, |value| match value.as_str() {
                Some("unlimited") => Some(None),
                Some(_) => None,
                None => value.as_integer().map(Some),
            })?,
            words: table::<Name>(entries, |value| value.as_str().map(str::to_owned))?,
            lists: table::<Names>(entries, |value| {
                value.as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect()
            })?,
        })
    }
}

fn ids<L: Limit>() -> Vec<&'static str> {
    L::ALL.iter().map(|limit| limit.id()).collect()
}

fn table<L: Limit>(
    entries: &[DatedEntry],
    read: impl Fn(&toml::Value) -> Option<L::Value>,
) -> Result<Vec<Dated<L::Value>>, RulesError> {
    L::ALL.iter().map(|limit| dated(limit.id(), entries, &read)).collect()
}

/// The entries of one limit: from the specification's day at the latest, each until the next one's day, the
/// last one without end.
fn dated<V>(
    id: &'static str,
    entries: &[DatedEntry],
    read: impl Fn(&toml::Value) -> Option<V>,
) -> Result<Dated<V>, RulesError> {
    let mut free = None;
    let mut rules = Vec::new();
    for entry in entries.iter().filter(|entry| entry.id == id) {
        match free {
            None if entry.since > SEED_DAY => return Err(RulesError::Gap { id, day: SEED_DAY }),
            Some(Some(day)) if day < entry.since => return Err(RulesError::Gap { id, day }),
            Some(Some(day)) if day == entry.since => {}
            Some(_) => return Err(RulesError::Twice { id, day: entry.since }),
            None => {}
        }
        free = Some(entry.until);
        let value = read(&entry.value).ok_or(RulesError::Kind { id, day: entry.since })?;
        rules.push(Rule {
            id: entry.id.clone(),
            value,
            unit: entry.unit.clone(),
            severity: entry.severity,
            since: entry.since,
            source: entry.source.clone(),
            checklist: entry.checklist.clone(),
        });
    }
    if let Some(Some(day)) = free {
        return Err(RulesError::Gap { id, day });
    }
    let mut rules = rules.into_iter();
    let first = rules.next().ok_or(RulesError::Gap { id, day: SEED_DAY })?;
    Ok(Dated { first, later: rules.collect() })
}
