//! One pane: the rows of a table as a person has filtered, sorted and marked them.

use super::columns::{Columns, Shown};
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
    pub columns: Columns,
    /// Whether the default hostnames of apps, which Azure secures itself, are left out.
    pub is_folded: bool,
    /// How many of them that are.
    pub folded: usize,
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
            columns: Columns::default(),
            is_folded: true,
            folded: 0,
            scope: Scope::default(),
            is_stale: false,
        }
    }

    /// The same pane with no rows yet.
    #[must_use]
    pub fn without_rows(&self) -> Self {
        let mut pane = Self { filter: self.filter.clone(), sort: self.sort, ..Self::new(self.name) };
        (pane.scope, pane.columns) = (self.scope.clone(), self.columns.clone());
        pane.is_folded = self.is_folded;
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
            && self.is_folded == filled.is_folded
            && self.scope == filled.scope;
        if is_same {
            self.is_stale = false;
            self.columns.take_measures(filled.columns);
            self.folded = filled.folded;
            self.list.take_rows(filled.list)
        } else {
            filled.list
        }
    }

    /// Takes a newly read estate; filter, order, cursor and marks stay.
    pub fn fill(&mut self, basis: &Basis<'_>) {
        self.is_stale = false;
        let table = self.name.table();
        let admitted = self.admitted(basis.estate);
        self.columns.measure(self.name, admitted.as_deref(), basis);
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
            let admitted = self.admitted(estate);
            self.list.admit(admitted);
        }
    }

    /// Leaves the default hostnames of apps out, or shows them.
    pub fn fold(&mut self, is_folded: bool, basis: &Basis<'_>) {
        self.is_folded = is_folded;
        // A stale pane is filled anyway.
        if !self.is_stale {
            let admitted = self.admitted(basis.estate);
            self.columns.measure(self.name, admitted.as_deref(), basis);
            self.list.admit(admitted);
        }
    }

    /// Whether each row belongs to the scope and is not folded away, in the order of the estate; none where
    /// all do.
    fn admitted(&mut self, estate: &Estate) -> Option<Vec<bool>> {
        let in_scope = self.scope.admits(self.name, estate);
        self.folded = 0;
        if self.name != PaneName::Bindings || !self.is_folded {
            return in_scope;
        }
        let mut admitted = in_scope.unwrap_or_else(|| vec![true; estate.bindings.len()]);
        for (is_admitted, binding) in admitted.iter_mut().zip(&estate.bindings) {
            if estate.is_of_platform(binding) {
                *is_admitted = false;
                self.folded += 1;
            }
        }
        Some(admitted)
    }

    /// All rows but what is folded away.
    pub fn total(&self) -> usize {
        self.list.total().saturating_sub(self.folded)
    }

    pub fn refilter(&mut self) {
        self.list.filter(self.filter.text(), &self.name.table().searched());
    }

    pub fn resort(&mut self, basis: &Basis<'_>) {
        let table = self.name.table();
        let keys = table.sort_keys(basis, self.sort.key);
        self.list.sort(table.text_place(self.sort.key), |place| keys[place], self.sort.reversed);
    }

    /// The columns on screen where a row is so wide.
    pub fn shown_columns(&self, row_width: u16) -> Vec<Shown> {
        self.columns.shown(self.name, self.sort.key, row_width)
    }

    /// By the column that stands next on screen, where a row is so wide.
    pub fn next_sort(&self, row_width: u16) -> Sort {
        let shown = self.shown_columns(row_width);
        let here = shown.iter().position(|one| one.heading.key == self.sort.key);
        let next = here.map_or(0, |here| (here + 1) % shown.len().max(1));
        Sort { key: shown.get(next).map_or(self.sort.key, |one| one.heading.key), reversed: false }
    }
}
