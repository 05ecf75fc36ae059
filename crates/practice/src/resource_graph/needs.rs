//! Which parts of a stored resource a query uses: only these are read. Queries over a large estate read
//! thousands of rows, and use little of each resource.

use std::{collections::BTreeSet, fmt};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::{
    expression::Expression,
    query::QueryStage,
    table::{COLUMNS, PROPERTIES},
};

/// Columns of a table, and members of `properties`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Needs {
    columns: [bool; COLUMNS.len()],
    members: BTreeSet<String>,
}

/// Other members are computed from these when a row is shown.
const MADE_OF: [&str; 2] = ["serverFarmId", "inboundIpAddress"];

impl Needs {
    /// What `stages` use until they make rows of their own; everything, if they never do.
    pub(super) fn of(stages: &[QueryStage]) -> Self {
        let mut needs = Self::of_conditions(stages);
        if !stages.iter().any(|stage| matches!(stage, QueryStage::Project(_) | QueryStage::Summarize { .. }))
        {
            needs.columns = [true; COLUMNS.len()];
        }
        needs
    }

    /// The same when the rows themselves are not returned, for instance because they are only counted.
    pub(super) fn of_conditions(stages: &[QueryStage]) -> Self {
        let mut needs = Self::default();
        for stage in stages {
            for expression in looked_at(stage) {
                needs.look(expression);
            }
            match stage {
                QueryStage::Join(join) => {
                    for (left, _) in &join.on {
                        needs.look(&Expression::Column(*left));
                    }
                }
                QueryStage::Project(_) | QueryStage::Summarize { .. } => break,
                _ => {}
            }
        }
        needs
    }

    fn look(&mut self, expression: &Expression) {
        match expression {
            Expression::Member(of, member) if **of == Expression::Column(PROPERTIES) => {
                self.members.insert(member.clone());
            }
            Expression::Column(at) => {
                // Columns after those of the table are the query's own.
                if let Some(column) = self.columns.get_mut(*at) {
                    *column = true;
                }
            }
            other => {
                for part in other.parts() {
                    self.look(part);
                }
            }
        }
    }

    /// Whether a column is used; `properties` also when only one of its members is.
    pub(super) fn column(&self, at: usize) -> bool {
        self.columns[at] || at == PROPERTIES && !self.members.is_empty()
    }

    /// Whether a member of `properties` is used.
    pub(super) fn member(&self, name: &str) -> bool {
        self.columns[PROPERTIES] || self.members.contains(name)
    }

    /// The stored resource without the unused members of `properties`.
    pub(super) fn read(&self, stored: &[u8]) -> serde_json::Result<Value> {
        let mut text = serde_json::Deserializer::from_slice(stored);
        let resource = Members { keep: &|_| true, inside: Some(self) }.deserialize(&mut text)?;
        text.end()?;
        Ok(resource)
    }
}

/// The expressions that a stage computes for a row.
fn looked_at(stage: &QueryStage) -> Vec<&Expression> {
    match stage {
        QueryStage::Where(of) | QueryStage::Expand { of, .. } => vec![of],
        QueryStage::Extend(written) => written.iter().map(|(_, of)| of).collect(),
        QueryStage::Project(all) => all.iter().collect(),
        QueryStage::Order(keys) => keys.iter().map(|key| &key.of).collect(),
        QueryStage::Summarize { groups, aggregates } => {
            groups.iter().chain(aggregates.iter().filter_map(|one| one.of.as_ref())).collect()
        }
        QueryStage::Take(_) | QueryStage::Join(_) => Vec::new(),
    }
}

/// Reads an object and keeps only some of its members.
struct Members<'n> {
    keep: &'n dyn Fn(&str) -> bool,
    /// The needs by which `properties` is reduced too.
    inside: Option<&'n Needs>,
}

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = match self.inside {
                Some(needs) if name == "properties" && !needs.columns[PROPERTIES] => {
                    let keep = |name: &str| needs.members.contains(name) || MADE_OF.contains(&name);
                    members.next_value_seed(Members { keep: &keep, inside: None })?
                }
                _ if (self.keep)(&name) => members.next_value()?,
                _ => {
                    members.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            kept.insert(name, value);
        }
        Ok(Value::Object(kept))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use serde_json::json;

    use super::{super::parse::parse, *};

    fn needs(query: &str) -> Needs {
        let Ok(query) = parse(query) else { panic!("{query}") };
        Needs::of(&query.stages)
    }

    #[test]
    fn only_what_a_query_looks_at_is_read() {
        let needs = needs(
            "resources | where properties.valid == true | project id, upper = toupper(properties.thumbprint)",
        );
        let stored = json!({"id": "/a", "properties": {"thumbprint": "AB", "valid": null, "hostNames": ["a"], "serverFarmId": "p"}});
        let read = needs.read(stored.to_string().as_bytes()).unwrap();
        assert_eq!(
            read,
            json!({"id": "/a", "properties": {"thumbprint": "AB", "valid": null, "serverFarmId": "p"}})
        );
        assert!(
            needs.column(PROPERTIES) && needs.column(0) && !needs.column(1) && !needs.member("hostNames")
        );
    }

    #[test]
    fn a_query_that_shows_whole_rows_or_whole_properties_needs_them() {
        for query in [
            "resources | where name == 'a'",
            "resources | project properties",
            "resources | order by name asc",
        ] {
            assert!(needs(query).member("anything"), "{query}");
        }
        assert!(!needs("resources | summarize count() by type").column(PROPERTIES));
    }
}
