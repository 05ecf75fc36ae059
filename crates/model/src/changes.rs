//! The differences between two readings of the estate.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::{Binding, Estate, Gap, ResourceId};

/// How an element differs from the previous reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The previous reading did not have it.
    New,
    /// The previous reading had it with other values.
    Changed,
}

/// Certificates, orders and bindings that appeared, changed or disappeared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    new: HashSet<ResourceId>,
    changed: HashSet<ResourceId>,
    gone: usize,
}

impl Changes {
    /// Compares two readings; nothing counts as gone if `after` has a gap that may hide it.
    pub fn between(before: &Estate, after: &Estate) -> Self {
        let mut changes = Self::default();
        changes.compare(&before.certificates, &after.certificates, |one| &one.id, |one| one.id.clone());
        changes.compare(
            &before.public_certificates,
            &after.public_certificates,
            |one| &one.id,
            |one| one.id.clone(),
        );
        changes.compare(&before.orders, &after.orders, |one| &one.id, |one| one.id.clone());
        changes.compare(&before.bindings, &after.bindings, |one| (&one.app, &one.host), Binding::id);
        if after.gaps.iter().any(Gap::hides_something) {
            // What could not be read this time may still exist.
            changes.gone = 0;
        }
        changes
    }

    /// `key` identifies elements without building an id.
    fn compare<'e, T: PartialEq, K: Hash + Eq>(
        &mut self,
        before: &'e [T],
        after: &'e [T],
        key: impl Fn(&'e T) -> K,
        id: impl Fn(&T) -> ResourceId,
    ) {
        // The lists are usually the same; only elements that are not in their old place are looked up.
        let stayed = |place: usize| {
            before.get(place).zip(after.get(place)).is_some_and(|(old, new)| key(old) == key(new))
        };
        let moved = before.iter().enumerate().filter(|(place, _)| !stayed(*place));
        let mut moved: HashMap<K, &T> = moved.map(|(_, old)| (key(old), old)).collect();
        for (place, new) in after.iter().enumerate() {
            let old = if stayed(place) { before.get(place) } else { moved.remove(&key(new)) };
            match old {
                Some(old) if old == new => {}
                Some(_) => drop(self.changed.insert(id(new))),
                None => drop(self.new.insert(id(new))),
            }
        }
        self.gone += moved.len();
    }

    /// How the element with this id differs; `None` if it is unchanged, was looked at, or is unknown.
    pub fn of(&self, id: &ResourceId) -> Option<Change> {
        if self.new.contains(id) {
            Some(Change::New)
        } else {
            self.changed.contains(id).then_some(Change::Changed)
        }
    }

    /// Whether nothing is left to point out.
    pub fn is_empty(&self) -> bool {
        self.new.is_empty() && self.changed.is_empty() && self.gone == 0
    }

    /// Marks an element as seen by the person.
    pub fn look(&mut self, id: &ResourceId) {
        self.new.remove(id);
        self.changed.remove(id);
    }

    /// `2 new (+), 1 changed (~), 3 gone`; the signs are those before the rows.
    pub fn words(&self) -> String {
        let parts = [(self.new.len(), "new (+)"), (self.changed.len(), "changed (~)"), (self.gone, "gone")];
        let parts =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        parts.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{EstateRows, Gap, Hostname, Problem, SslState};

    fn estate(hosts: &[(&str, SslState)]) -> Estate {
        let mut estate = EstateRows::default();
        let app = ResourceId::subscription("s").child("sites", "shop");
        estate.bindings = hosts
            .iter()
            .map(|(host, ssl)| Binding {
                app: app.clone(),
                host: Hostname::parse(host).unwrap(),
                ssl: *ssl,
                thumbprint: None,
                virtual_ip: None,
            })
            .collect();
        estate.indexed()
    }

    #[test]
    fn what_came_changed_or_went_is_told_whatever_the_order() {
        let before = estate(&[("a.com", SslState::Sni), ("b.com", SslState::Sni), ("c.com", SslState::Sni)]);
        let mut after =
            estate(&[("d.com", SslState::Sni), ("c.com", SslState::Disabled), ("b.com", SslState::Sni)]);
        let mut changes = Changes::between(&before, &after);
        assert_eq!(changes.words(), "1 new (+), 1 changed (~), 1 gone");
        let ids: Vec<_> = after.bindings.iter().map(Binding::id).collect();
        let told: Vec<_> = ids.iter().map(|id| changes.of(id)).collect();
        assert_eq!(told, [Some(Change::New), Some(Change::Changed), None]);
        changes.look(&ids[0]);
        assert_eq!(changes.of(&ids[0]), None);
        assert!(Changes::between(&before, &before).is_empty());
        let mut unread = EstateRows::default();
        unread.gaps.push(Gap::new("bindings", Problem::new("", "no answer")));
        after.absorb(unread);
        assert_eq!(
            Changes::between(&before, &after).words(),
            "1 new (+), 1 changed (~)",
            "not read is not gone"
        );
    }
}
