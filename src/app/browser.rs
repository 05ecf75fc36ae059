//! What a person looks at below the wizard and the dialogs: the four panes, which one is open, and the detail of one
//! row. Rows come from the inventory; nothing is asked here but the JSON of the detail.

use super::command::Motion;
use super::detail::{Detail, Raw, Tab, step};
use super::effect::Effect;
use super::key::{Key, KeyCode};
use super::list::Sort;
use super::message::AskId;
use super::outbox::Outbox;
use super::pane::Pane;
use super::scope::Scope;
use crate::model::{Estate, Problem, ResourceId, Row};
use crate::tables::{Basis, Fact, PaneName, Tone};

#[derive(Debug)]
pub struct Browser {
    /// The pane that is open.
    pub pane: PaneName,
    pub panes: [Pane; 4],
    pub detail: Option<Detail>,
    /// What belongs to it is shown, in all panes.
    scope: Scope,
}

impl Browser {
    /// The panes with this text in their filters, and these columns.
    pub(super) fn new(filter: &str, columns: &[Option<Vec<&'static str>>; 4]) -> Self {
        let mut panes = PaneName::ALL.map(Pane::new);
        for (pane, columns) in panes.iter_mut().zip(columns) {
            pane.columns.choose(columns.clone());
            pane.filter.set(filter);
            pane.refilter();
        }
        Self { pane: PaneName::Private, panes, detail: None, scope: Scope::default() }
    }

    pub fn pane(&self) -> &Pane {
        &self.panes[self.pane.index()]
    }

    pub(super) fn pane_mut(&mut self) -> &mut Pane {
        &mut self.panes[self.pane.index()]
    }

    /// The resource that commands are about.
    pub fn selected(&self) -> Option<&ResourceId> {
        match &self.detail {
            Some(detail) => Some(&detail.id),
            None => self.pane().list.selected(),
        }
    }

    /// The row that commands are about.
    pub(super) fn row<'e>(&self, estate: &'e Estate) -> Option<Row<'e>> {
        match self.pane {
            PaneName::Private => {
                self.selected_row(&estate.certificates, |one, id| one.id == *id).map(Row::Private)
            }
            PaneName::Public => {
                self.selected_row(&estate.public_certificates, |one, id| one.id == *id).map(Row::Public)
            }
            PaneName::Orders => self.selected_row(&estate.orders, |one, id| one.id == *id).map(Row::Order),
            PaneName::Bindings => {
                self.selected_row(&estate.bindings, |one, id| one.id() == *id).map(Row::Binding)
            }
        }
    }

    /// The marked rows of the open pane, in the order of the list.
    pub(super) fn marked_rows<'e>(&self, estate: &'e Estate) -> impl Iterator<Item = Row<'e>> {
        let (name, list) = (self.pane, &self.pane().list);
        let row_at = move |place: usize| match name {
            PaneName::Private => estate.certificates.get(place).map(Row::Private),
            PaneName::Public => estate.public_certificates.get(place).map(Row::Public),
            PaneName::Orders => estate.orders.get(place).map(Row::Order),
            PaneName::Bindings => estate.bindings.get(place).map(Row::Binding),
        };
        // Rows may have moved since the pane was filled: what stands at a place then is not what was marked.
        let is_marked = |place: usize, row: &Row<'_>| list.id(place) == Some(&row.id());
        let places = list.marked_places().into_iter();
        places.filter_map(move |place| row_at(place).filter(|row| is_marked(place, row)))
    }

    /// At the cursor, where every frame asks for it several times. It is searched for only where the rows moved
    /// since the pane was filled.
    fn selected_row<'e, T>(&self, rows: &'e [T], is: impl Fn(&T, &ResourceId) -> bool) -> Option<&'e T> {
        let id = self.selected()?;
        let at_cursor = self.pane().list.selected_place().and_then(|place| rows.get(place));
        at_cursor.filter(|row| is(row, id)).or_else(|| rows.iter().find(|row| is(row, id)))
    }

    /// The facts of the resource under the cursor.
    pub fn facts(&self, basis: &Basis<'_>) -> Vec<Fact> {
        let pane = self.pane();
        let place = pane.list.selected_place();
        place.map(|place| pane.name.table().facts(basis, place)).unwrap_or_default()
    }

    /// What can be copied, by its label: the facts of the row, or in the list those of all marked rows, a line
    /// each.
    pub(super) fn copies(&self, basis: &Basis<'_>) -> Vec<(String, String)> {
        let pane = self.pane();
        let marked = if self.detail.is_some() { Vec::new() } else { pane.list.marked_places() };
        if marked.is_empty() {
            return self.facts(basis).into_iter().map(|fact| (fact.label.to_owned(), fact.value)).collect();
        }
        let mut copies: Vec<(String, String)> = Vec::new();
        for place in marked {
            for fact in pane.name.table().facts(basis, place) {
                match copies.iter_mut().find(|(label, _)| label == fact.label) {
                    Some((_, values)) => {
                        values.push('\n');
                        values.push_str(&fact.value);
                    }
                    None => copies.push((fact.label.to_owned(), fact.value)),
                }
            }
        }
        copies
    }

    /// A key while the filter is typed: it narrows at once, Enter keeps it, Esc clears it.
    pub(super) fn press(&mut self, key: Key, out: &mut Outbox) {
        let pane = self.pane_mut();
        match key.code {
            KeyCode::Enter => pane.is_filtering = false,
            KeyCode::Esc => {
                pane.is_filtering = false;
                pane.filter.set("");
                pane.refilter();
            }
            KeyCode::Up => pane.list.step(Motion::Up),
            KeyCode::Down => pane.list.step(Motion::Down),
            KeyCode::Backspace if pane.filter.text().is_empty() => pane.is_filtering = false,
            _ => {
                if pane.filter.press(key) {
                    pane.refilter();
                }
                if let Some(why) = pane.list.refusal() {
                    out.say(why, Tone::Soon);
                }
            }
        }
    }

    pub(super) fn paste(&mut self, text: &str) {
        let pane = self.pane_mut();
        if pane.is_filtering {
            pane.filter.paste(text);
            pane.refilter();
        }
    }

    /// What was answered to a question of the detail.
    pub(super) fn take_raw(&mut self, asked: AskId, result: Result<Vec<String>, Problem>) {
        if let Some(detail) = self.detail.as_mut().filter(|detail| detail.raw == Raw::Asked(asked)) {
            detail.raw = match result {
                Ok(lines) => Raw::Read(lines),
                Err(problem) => Raw::Failed(problem),
            };
        }
    }

    pub(super) fn filter(&mut self, text: &str) {
        let pane = self.pane_mut();
        pane.filter.set(text);
        pane.refilter();
    }

    pub(super) fn begin_filter(&mut self) {
        let pane = self.pane_mut();
        pane.is_filtering = true;
        pane.filter.select();
    }

    pub(super) fn sort_by_next(&mut self, row_width: u16, basis: &Basis<'_>) {
        let sort = self.pane().next_sort(row_width);
        self.sort_by(sort, basis);
    }

    pub(super) fn reverse_sort(&mut self, basis: &Basis<'_>) {
        let sort = self.pane().sort;
        self.sort_by(Sort { reversed: !sort.reversed, ..sort }, basis);
    }

    fn sort_by(&mut self, sort: Sort, basis: &Basis<'_>) {
        let pane = self.pane_mut();
        pane.sort = sort;
        pane.resort(basis);
    }

    /// Marks or unmarks the row, and goes on to the next.
    pub(super) fn mark(&mut self) {
        let list = &mut self.pane_mut().list;
        list.mark();
        list.step(Motion::Down);
    }

    /// Moves the cursor of the list or of the detail, of which so many lines fit on screen.
    pub(super) fn step(&mut self, motion: Motion, page: usize, basis: &Basis<'_>) {
        let lines = self.detail_lines(basis);
        match &mut self.detail {
            Some(detail) => detail.cursor = step(detail.cursor, motion, lines, page),
            None => self.pane_mut().list.step(motion),
        }
    }

    fn detail_lines(&self, basis: &Basis<'_>) -> usize {
        match &self.detail {
            Some(Detail { tab: Tab::Raw, raw: Raw::Read(lines), .. }) => lines.len(),
            Some(Detail { tab: Tab::Raw, .. }) | None => 0,
            Some(_) => self.facts(basis).len(),
        }
    }

    pub(super) fn open_detail(&mut self, tab: Tab, out: &mut Outbox) {
        let Some(id) = self.selected().cloned() else { return };
        self.pane_mut().list.settle();
        let pane = self.pane;
        let detail = self.detail.get_or_insert_with(|| Detail::new(pane, id));
        (detail.tab, detail.cursor) = (tab, 0);
        self.read_raw(out);
    }

    pub(super) fn turn_tab(&mut self, out: &mut Outbox) {
        if let Some(detail) = &mut self.detail {
            detail.tab = if detail.tab == Tab::Facts { Tab::Raw } else { Tab::Facts };
            detail.cursor = 0;
            self.read_raw(out);
        }
    }

    pub(super) fn read_raw_again(&mut self, out: &mut Outbox) {
        if let Some(detail) = &mut self.detail {
            detail.raw = Raw::NotAsked;
            self.read_raw(out);
        }
    }

    fn read_raw(&mut self, out: &mut Outbox) {
        let ask = out.ask();
        if let Some(detail) = &mut self.detail
            && detail.tab == Tab::Raw
            && matches!(detail.raw, Raw::NotAsked | Raw::Failed(_))
        {
            detail.raw = Raw::Asked(ask);
            out.emit(Effect::ReadRaw { ask, id: detail.id.clone() });
        }
    }

    /// Closes the detail where its row is gone; returns whether it did.
    pub(super) fn close_lost_detail(&mut self) -> bool {
        let is_lost =
            self.detail.as_ref().is_some_and(|detail| self.pane().list.selected() != Some(&detail.id));
        if is_lost {
            self.detail = None;
        }
        is_lost
    }

    /// One layer back: the detail, then the filter, then the marks.
    pub(super) fn back(&mut self, out: &mut Outbox) {
        let pane = &mut self.panes[self.pane.index()];
        if self.detail.take().is_some() {
        } else if !pane.filter.text().is_empty() {
            pane.filter.set("");
            pane.refilter();
        } else if pane.list.marked() > 0 {
            pane.list.unmark_all();
        } else {
            out.say("q quits", Tone::Dim);
        }
    }

    /// Goes to a resource of the open pane, past any filter that hides it; returns whether it is there.
    pub(super) fn select(&mut self, id: &ResourceId) -> bool {
        let pane = self.pane_mut();
        if pane.is_stale {
            // Its rows are still being filled in.
            pane.filter.set("");
            pane.refilter();
            pane.list.want(id);
            return true;
        }
        if pane.list.select(id) {
            return true;
        }
        pane.filter.set("");
        pane.refilter();
        pane.list.select(id)
    }

    /// Shows only what belongs to a scope: in the open pane at once, in the others when they are opened.
    pub(super) fn narrow(&mut self, scope: &Scope, estate: &Estate) {
        self.scope = scope.clone();
        self.detail = None;
        self.keep_to_scope(estate);
    }

    /// Shows the default hostnames of apps among the bindings, or leaves them out.
    pub(super) fn turn_fold(&mut self, basis: &Basis<'_>) {
        let pane = &mut self.panes[PaneName::Bindings.index()];
        pane.fold(!pane.is_folded, basis);
    }

    /// Opens a pane.
    pub(super) fn open(&mut self, name: PaneName, estate: &Estate) {
        (self.pane, self.detail) = (name, None);
        self.keep_to_scope(estate);
    }

    fn keep_to_scope(&mut self, estate: &Estate) {
        let pane = &mut self.panes[self.pane.index()];
        if pane.scope != self.scope {
            pane.narrow(&self.scope, estate);
        }
    }

    /// So many rows of a list fit on screen.
    pub(super) fn refit(&mut self, page: usize) {
        for pane in &mut self.panes {
            pane.list.set_page(page);
        }
    }

    /// The rows are those of another estate.
    pub(super) fn mark_stale(&mut self) {
        self.panes.iter_mut().for_each(|pane| pane.is_stale = true);
    }

    pub(super) fn forget_rows(&mut self) {
        self.panes.iter_mut().for_each(Pane::forget_rows);
    }
}
