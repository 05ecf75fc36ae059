//! Commands of the list and of the detail view.

use super::App;
use super::command::{Motion, Place};
use super::detail::{Detail, Raw, Tab, step};
use super::effect::Effect;
use super::key::{Key, KeyCode};
use super::list::Sort;
use super::scope::Scope;
use crate::model::ResourceId;
use crate::tables::Basis;
use crate::tables::{Fact, PaneName, Tone};

impl App {
    pub(super) fn go_to_next(&mut self) {
        match self.place() {
            Place::List => self.show_pane(neighbour(self.pane, 1)),
            Place::Detail => self.turn_tab(),
            Place::Wizard => self.focus_on(0),
        }
    }

    pub(super) fn go_to_previous(&mut self) {
        match self.place() {
            Place::List => self.show_pane(neighbour(self.pane, 3)),
            Place::Detail => self.turn_tab(),
            Place::Wizard => self.focus_last_field(),
        }
    }

    pub(super) fn open_here(&mut self) {
        match self.place() {
            Place::List => self.open_detail(Tab::Facts),
            Place::Detail => self.say("this is all of it; Tab shows the JSON", Tone::Dim),
            Place::Wizard => self.do_step(),
        }
    }

    pub(super) fn go_back(&mut self) {
        match self.place() {
            Place::List | Place::Detail => self.back(),
            Place::Wizard => self.leave_wizard(),
        }
    }

    pub(super) fn leave(&mut self) {
        match self.place() {
            Place::List => self.ask_to_quit(),
            Place::Detail => self.detail = None,
            Place::Wizard => self.leave_wizard(),
        }
    }

    pub(super) fn refresh(&mut self) {
        match self.place() {
            Place::List | Place::Detail => {
                self.read_estate(true);
                self.read_raw_again();
            }
            Place::Wizard => self.look_again(),
        }
    }

    pub(super) fn begin_filter(&mut self) {
        self.pane_mut().is_filtering = true;
    }

    pub(super) fn sort_by_next(&mut self) {
        let sort = self.pane().next_sort();
        self.sort_by(sort);
    }

    pub(super) fn reverse_sort(&mut self) {
        let sort = self.pane().sort;
        self.sort_by(Sort { reversed: !sort.reversed, ..sort });
    }

    pub(super) fn mark(&mut self) {
        self.pane_mut().list.mark();
        self.step(Motion::Down);
    }

    fn sort_by(&mut self, sort: Sort) {
        let basis = Basis { estate: &self.estate, rules: &self.settings.rules, now: self.now };
        let pane = &mut self.panes[self.pane.index()];
        pane.sort = sort;
        pane.resort(&basis);
    }

    /// Moves the cursor of the list or of the detail, or the text of the wizard.
    pub(super) fn step(&mut self, motion: Motion) {
        let (page, lines) = (self.page(), self.detail_lines());
        if let Some(wizard) = &mut self.wizard {
            wizard.read(motion);
        } else if let Some(detail) = &mut self.detail {
            detail.cursor = step(detail.cursor, motion, lines, page);
        } else {
            self.pane_mut().list.step(motion);
        }
    }

    fn detail_lines(&self) -> usize {
        match &self.detail {
            Some(Detail { tab: Tab::Raw, raw: Raw::Read(lines), .. }) => lines.len(),
            Some(Detail { tab: Tab::Raw, .. }) | None => 0,
            Some(_) => self.facts().len(),
        }
    }

    /// The facts of the resource under the cursor.
    pub fn facts(&self) -> Vec<Fact> {
        let pane = self.pane();
        pane.list
            .selected_place()
            .map(|place| pane.name.table().facts(&self.basis(), place))
            .unwrap_or_default()
    }

    pub(super) fn show_pane(&mut self, name: PaneName) {
        self.pane = name;
        self.detail = None;
        self.fill_pane();
        self.want_public();
    }

    /// Whether no row of this reading is still to come.
    pub(super) fn are_rows_whole(&self, pane: PaneName) -> bool {
        (self.is_whole || self.is_recalled) && (pane != PaneName::Public || self.public.asking().is_none())
    }

    /// Goes to a resource, past any filter or scope that hides it.
    pub(super) fn show(&mut self, name: PaneName, id: &ResourceId) {
        self.show_pane(name);
        let pane = self.pane_mut();
        if pane.is_stale {
            // Its rows are still being filled in.
            pane.filter.set("");
            pane.refilter();
            pane.list.want(id);
        } else if !pane.list.select(id) {
            pane.filter.set("");
            pane.refilter();
            if !pane.list.select(id) {
                self.narrow(&Scope::Everything);
                self.pane_mut().list.select(id);
            }
        }
    }

    pub(super) fn open_detail(&mut self, tab: Tab) {
        let Some(id) = self.selected().cloned() else { return };
        self.changes.look(&id);
        self.pane_mut().list.settle();
        let pane = self.pane;
        let detail = self.detail.get_or_insert_with(|| Detail::new(pane, id));
        (detail.tab, detail.cursor) = (tab, 0);
        self.read_raw();
    }

    fn turn_tab(&mut self) {
        if let Some(detail) = &mut self.detail {
            detail.tab = if detail.tab == Tab::Facts { Tab::Raw } else { Tab::Facts };
            detail.cursor = 0;
            self.read_raw();
        }
    }

    fn read_raw(&mut self) {
        let ask = self.ask();
        if let Some(detail) = &mut self.detail
            && detail.tab == Tab::Raw
            && matches!(detail.raw, Raw::NotAsked | Raw::Failed(_))
        {
            detail.raw = Raw::Asked(ask);
            let id = detail.id.clone();
            self.emit(Effect::ReadRaw { ask, id });
        }
    }

    fn read_raw_again(&mut self) {
        if let Some(detail) = &mut self.detail {
            detail.raw = Raw::NotAsked;
            self.read_raw();
        }
    }

    /// One layer back: the detail, then the filter, then the marks.
    fn back(&mut self) {
        let pane = &mut self.panes[self.pane.index()];
        if self.detail.take().is_some() {
        } else if !pane.filter.text().is_empty() {
            pane.filter.set("");
            pane.refilter();
        } else if pane.list.marked() > 0 {
            pane.list.unmark_all();
        } else {
            self.say("q quits", Tone::Dim);
        }
    }

    /// The filter has the keys: it narrows while typed, Enter keeps it, Esc clears it.
    pub(super) fn press_in_filter(&mut self, key: Key) {
        let pane = self.pane_mut();
        match key.code {
            KeyCode::Enter => {
                pane.is_filtering = false;
                self.want_public();
            }
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
                let refusal = pane.list.refusal().map(str::to_owned);
                if let Some(why) = refusal {
                    self.say(why, Tone::Soon);
                }
            }
        }
    }
}

fn neighbour(pane: PaneName, steps: usize) -> PaneName {
    PaneName::ALL[(pane.index() + steps) % PaneName::ALL.len()]
}
