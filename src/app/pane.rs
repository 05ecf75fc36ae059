//! One pane: the rows of a table as a person has filtered, sorted and marked them.

use super::field::Field;
use super::list::{List, Sort};
use super::scope::Scope;
use crate::model::Estate;
use crate::tables::{Basis, PaneName};

/// One pane: its list, and the filter as typed.
#[derive(Debug, Clone)]
pub struct Pane {
    pub name: PaneName,
    pub list: List,
    pub filter: Field,
    /// Whether keys go into the filter.
    pub is_filtering: bool,
    pub sort: Sort,
    /// The scope that its rows are of.
    pub scope: Scope,
    /// Whether the estate is newer than the rows: a pane is filled when it is looked at.
    pub is_stale: bool,
}

impl Pane {
    pub fn new(name: PaneName) -> Self {
        Self {
            name,
            list: List::default(),
            filter: Field::default(),
            is_filtering: false,
            sort: Sort { key: name.table().words().sorted_by, reversed: false },
            scope: Scope::default(),
            is_stale: false,
        }
    }

    /// The same pane with no rows yet.
    #[must_use]
    pub fn without_rows(&self) -> Self {
        let mut pane = Self { filter: self.filter.clone(), sort: self.sort, ..Self::new(self.name) };
        pane.scope = self.scope.clone();
        pane.refilter();
        pane
    }

    /// The rows belong to an estate that is not shown any more; cursor and marks stay, by id.
    pub fn forget_rows(&mut self) {
        self.is_stale = true;
        self.list.forget_rows();
    }

    /// Takes the rows that another pane was filled with, and gives its own for them; they stay stale where the
    /// filter, the order or the scope became another meanwhile.
    pub fn take_rows(&mut self, filled: Self) -> List {
        let is_same = self.filter.text() == filled.filter.text()
            && self.sort == filled.sort
            && self.scope == filled.scope;
        if is_same {
            self.is_stale = false;
            self.list.take_rows(filled.list)
        } else {
            filled.list
        }
    }

    /// Takes a newly read estate; filter, order, cursor and marks stay.
    pub fn fill(&mut self, basis: &Basis<'_>) {
        self.is_stale = false;
        let table = self.name.table();
        let admitted = self.scope.admits(self.name, basis.estate);
        self.list.fill(table.count(basis.estate), admitted, |place, text| {
            table.put_text(basis, place, text);
            table.id(basis.estate, place)
        });
        self.resort(basis);
    }

    /// Shows what belongs to another scope; the rows are the same.
    pub fn narrow(&mut self, scope: &Scope, estate: &Estate) {
        self.scope = scope.clone();
        if !self.is_stale {
            self.list.admit(scope.admits(self.name, estate));
        }
    }

    pub fn refilter(&mut self) {
        self.list.filter(self.filter.text(), &self.name.table().searched());
    }

    pub fn resort(&mut self, basis: &Basis<'_>) {
        let table = self.name.table();
        let keys = table.sort_keys(basis, self.sort.key);
        self.list.sort(table.text_place(self.sort.key), |place| keys[place], self.sort.reversed);
    }

    /// By the column that stands next on screen.
    pub fn next_sort(&self) -> Sort {
        let headings = self.name.table().headings();
        let here = headings.iter().position(|heading| heading.key == self.sort.key);
        let next = here.map_or(0, |here| (here + 1) % headings.len());
        Sort { key: headings[next].key, reversed: false }
    }
}
