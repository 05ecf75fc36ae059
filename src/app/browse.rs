//! Commands of moving: which of browser, wizard and dialogs they mean is decided by where a person is.

use super::App;
use super::command::{Motion, Place, Possible};
use super::detail::Tab;
use super::dialog::{Act, Choose, Dialog, Item};
use super::key::Key;
use super::scope::Scope;
use super::wizard::Wizard;
use crate::model::{ResourceId, Row};
use crate::tables::{Fact, PaneName, Tone};

impl App {
    pub(super) fn go_to_next(&mut self) {
        match self.place() {
            Place::List => self.show_pane(neighbour(self.browser.pane, 1)),
            Place::Detail => self.browser.turn_tab(&mut self.out),
            Place::Wizard => {
                self.with_wizard(|wizard, around| wizard.focus_on(0, around));
            }
        }
    }

    pub(super) fn go_to_previous(&mut self) {
        match self.place() {
            Place::List => self.show_pane(neighbour(self.browser.pane, 3)),
            Place::Detail => self.browser.turn_tab(&mut self.out),
            Place::Wizard => {
                self.with_wizard(Wizard::focus_last_field);
            }
        }
    }

    pub(super) fn open_here(&mut self) {
        match self.place() {
            Place::List => self.open_detail(Tab::Facts),
            Place::Detail => self.say("this is all of it; Tab shows the JSON", Tone::Dim),
            Place::Wizard => self.enter_in_wizard(),
        }
    }

    pub(super) fn go_back(&mut self) {
        match self.place() {
            Place::List | Place::Detail => self.browser.back(&mut self.out),
            Place::Wizard => self.leave_wizard(),
        }
    }

    pub(super) fn leave(&mut self) {
        match self.place() {
            Place::List => self.ask_to_quit(),
            Place::Detail => self.browser.detail = None,
            Place::Wizard => self.leave_wizard(),
        }
    }

    pub(super) fn refresh(&mut self) {
        match self.place() {
            Place::List | Place::Detail => {
                self.refresh_estate();
                self.browser.read_raw_again(&mut self.out);
            }
            Place::Wizard => {
                self.with_wizard(Wizard::look_by_hand);
            }
        }
    }

    pub(super) fn sort_by_next(&mut self) {
        let room = self.row_width();
        self.browser.sort_by_next(room, &self.inventory.basis(&self.settings.rules, self.clock.now));
    }

    pub(super) fn reverse_sort(&mut self) {
        self.browser.reverse_sort(&self.inventory.basis(&self.settings.rules, self.clock.now));
    }

    /// All columns that the open pane can show; each choice shows one or leaves it out.
    pub(super) fn open_columns(&mut self, here: usize) {
        let pane = self.browser.pane();
        let shown = pane.shown_columns(self.row_width());
        let is_shown = |key| shown.iter().any(|one| one.heading.key == key);
        let by_room = Item {
            label: "As the room allows".to_owned(),
            note: "the most useful first".to_owned(),
            then: Ok(Act::TurnColumn(None)),
        };
        let items = pane.name.table().headings().into_iter().map(|heading| Item {
            label: heading.title.to_owned(),
            note: if is_shown(heading.key) { "shown; Enter leaves it out" } else { "Enter shows it" }
                .to_owned(),
            then: Ok(Act::TurnColumn(Some(heading.key))),
        });
        let items = std::iter::once(by_room).chain(items).collect();
        let intro = format!(
            "For this run; columns.{} under [ui] in the settings keeps it. A column that is chosen is filtered \
             by its name, such as /issuer:x, and sorted by s.",
            pane.name.key()
        );
        let choose = Choose::new(format!("Columns of {}", pane.name.title()), items).intro(intro).at(here);
        self.layers.push(Dialog::Choose(choose));
    }

    /// The filters of the settings, for the open pane.
    pub(super) fn open_filters(&mut self) {
        let item = |(name, text): &(String, String)| Item {
            label: name.clone(),
            note: text.clone(),
            then: Ok(Act::Filter(text.clone())),
        };
        let items = self.settings.filters.iter().map(item).collect();
        self.layers.push(Dialog::Choose(Choose::new("Filters", items).intro("Esc in the list clears it.")));
    }

    pub(super) fn has_filters(&self) -> Possible {
        if self.settings.filters.is_empty() {
            return Err("the settings name no filter: [ui.filters]".to_owned());
        }
        Ok(())
    }

    /// Shows a column or leaves it out, and offers the next choice; none lets the room decide.
    pub(super) fn turn_column(&mut self, key: Option<&'static str>) {
        let room = self.row_width();
        let pane = self.browser.pane_mut();
        let Some(key) = key else { return pane.columns.choose(None) };
        let shown = pane.shown_columns(room);
        pane.columns.turn(key, &shown);
        let here = pane.name.table().headings().iter().position(|heading| heading.key == key);
        self.open_columns(here.map_or(0, |here| here + 1));
    }

    pub(super) fn turn_fold(&mut self) {
        self.browser.turn_fold(&self.inventory.basis(&self.settings.rules, self.clock.now));
    }

    /// Moves the cursor of the list or of the detail, or the text of the wizard.
    pub(super) fn step(&mut self, motion: Motion) {
        let page = self.page();
        match &mut self.wizard {
            Some(wizard) => wizard.read(motion),
            None => {
                self.browser.step(motion, page, &self.inventory.basis(&self.settings.rules, self.clock.now));
            }
        }
    }

    /// The facts of the resource under the cursor.
    pub fn facts(&self) -> Vec<Fact> {
        self.browser.facts(&self.basis())
    }

    /// The row that commands are about.
    pub(super) fn row(&self) -> Option<Row<'_>> {
        self.browser.row(&self.inventory.estate)
    }

    pub(super) fn show_pane(&mut self, name: PaneName) {
        self.browser.open(name, &self.inventory.estate);
        self.fill_pane();
        self.want_public();
    }

    /// Goes to a resource, past any filter or scope that hides it.
    pub(super) fn show(&mut self, name: PaneName, id: &ResourceId) {
        self.show_pane(name);
        if !self.browser.select(id) {
            self.narrow(&Scope::Everything);
            if !self.browser.select(id) && self.browser.pane().folded > 0 {
                self.turn_fold();
                self.browser.select(id);
            }
        }
    }

    pub(super) fn open_detail(&mut self, tab: Tab) {
        if let Some(id) = self.browser.selected() {
            self.inventory.changes.look(id);
        }
        self.browser.open_detail(tab, &mut self.out);
    }

    /// A filter that is kept, or given up, may mean other apps.
    pub(super) fn press_in_filter(&mut self, key: Key) {
        self.browser.press(key, &mut self.out);
        if !self.browser.pane().is_filtering {
            self.want_public();
        }
    }
}

fn neighbour(pane: PaneName, steps: usize) -> PaneName {
    PaneName::ALL[(pane.index() + steps) % PaneName::ALL.len()]
}
