//! What the full-screen program does: state, messages, effects, commands. No terminal, no async, no clock, no
//! disk.

mod answers;
mod browse;
pub mod browser;
pub mod building;
pub mod clock;
pub mod columns;
pub mod command;
mod commands;
mod custody;
pub mod detail;
pub mod dialog;
pub mod effect;
pub mod field;
pub mod form;
pub mod goal;
pub mod inventory;
mod journal;
pub mod key;
pub mod keymap;
pub mod layers;
pub mod list;
mod marked;
pub mod masked;
pub mod message;
mod months;
pub mod needed;
pub mod operations;
pub mod outbox;
mod overlay;
pub mod pane;
pub mod place;
mod possible;
pub mod public;
mod related;
pub mod renewal;
pub mod scope;
mod strip;
mod undo;
mod upkeep;
pub mod wizard;
mod workbench;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use zeroize::Zeroize;

use crate::tables::{Basis, PaneName, Tone};
use browser::Browser;
use clock::Clock;
use command::{Action, Place};
use dialog::Dialog;
use effect::Effect;
use goal::Goal;
use inventory::Inventory;
use key::Key;
use keymap::Keymap;
use layers::Layers;
use message::{AskId, Message};
use operations::Operations;
use outbox::Outbox;
use pane::Pane;
use place::ContextChoice;
use wizard::Wizard;

use crate::flow::FlowName;
use crate::model::{Problem, ResourceId, counted};
use crate::rules::Rules;

pub type Effects = Vec<Effect>;

/// What does not change while the program runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name of the context, always shown.
    pub context: String,
    /// Whether the cloud is a practice cloud, in which the owner of a domain can be played.
    pub practice: bool,
    /// Why there are no certificate orders here, as in a national cloud (A65).
    pub no_orders: Option<&'static str>,
    pub read_only: bool,
    /// Marked as production: shown in a conspicuous colour.
    pub production: bool,
    /// What the lists are filtered by at the start.
    pub scope: String,
    /// The columns of each pane that a person wants; the room decides where there are none.
    pub columns: [Option<Vec<&'static str>>; 4],
    /// Filters to choose from: name and text.
    pub filters: Vec<(String, String)>,
    /// After which time everything is read again by itself.
    pub refresh: Option<jiff::SignedDuration>,
    /// The contexts to choose from.
    pub contexts: Vec<ContextChoice>,
    /// Why no other context can be chosen, where that is so.
    pub fixed: Option<String>,
    pub opens: Opens,
    pub keymap: Keymap,
    pub rules: Arc<Rules>,
}

/// Columns and rows below which nothing is shown but that there is no room.
pub const SMALLEST: (u16, u16) = (60, 15);

/// What the screen begins with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Opens {
    #[default]
    Inventory,
    /// Nothing is configured: ways to begin instead of a cloud.
    Welcome,
}

/// The state of the program. A view reads it; only [`App::update`] changes it.
#[derive(Debug)]
pub struct App {
    pub settings: Settings,
    pub clock: Clock,
    pub width: u16,
    pub height: u16,
    /// What is known of the cloud.
    pub inventory: Inventory,
    /// The panes.
    pub browser: Browser,
    /// The form and steps of a flow, over the panes.
    pub wizard: Option<Wizard>,
    /// Wizards that were left: what was typed stays.
    shelf: Vec<Wizard>,
    /// The dialogs, over everything else.
    pub layers: Layers,
    pub operations: Operations,
    /// What hostnames were bound to before this run changed them.
    undo: undo::Undo,
    /// The rows that were followed from, the newest last.
    way: Vec<(PaneName, ResourceId)>,
    /// The task of a practice cloud, if it has one.
    pub goal: Option<Goal>,
    /// Who reads, and in which tenant.
    signed_in: Option<String>,
    /// The question for the tenants of the account, while it is asked.
    tenants: Option<AskId>,
    /// The question for the journal, while it is asked.
    journal: Option<AskId>,
    wake: Option<Timestamp>,
    pub out: Outbox,
}

impl App {
    /// The program as it starts, and what it asks for first.
    pub fn new(settings: Settings, now: Timestamp) -> (Self, Effects) {
        let mut app = Self::blank(settings, now);
        app.refit();
        app.begin();
        let effects = app.out.take_effects(now);
        (app, effects)
    }

    fn blank(settings: Settings, now: Timestamp) -> Self {
        Self {
            clock: Clock::new(now),
            width: 80,
            height: 24,
            inventory: Inventory::default(),
            browser: Browser::new(&settings.scope, &settings.columns),
            wizard: None,
            shelf: Vec::new(),
            layers: Layers::default(),
            operations: Operations::default(),
            undo: undo::Undo::default(),
            way: Vec::new(),
            goal: None,
            signed_in: None,
            tenants: None,
            journal: None,
            wake: None,
            out: Outbox::default(),
            settings,
        }
    }

    /// Takes in one thing that happened; returns what is to be done about it.
    pub fn update(&mut self, message: Message) -> Effects {
        match message {
            Message::KeyPressed(key) => self.press(key),
            Message::Pasted(mut text) => {
                self.paste(&text);
                // It may have been a password.
                text.zeroize();
            }
            Message::Resized { width, height } => {
                (self.width, self.height) = (width, height);
                self.refit();
                // It may have been smaller in between, and what it showed then is gone.
                self.emit(Effect::Repaint);
            }
            Message::Ticked(now) => self.tick(now),
            Message::ServiceTime { now, difference } => self.set_clock(now, difference),
            Message::Woken(at) => self.woken(at),
            Message::Ended => self.emit(Effect::Quit),
            answer => self.take_answer(answer),
        }
        // What is urgent takes a line of the list.
        self.refit();
        self.schedule();
        self.out.take_effects(self.clock.machine)
    }

    fn press(&mut self, key: Key) {
        self.out.notice = None;
        if self.is_too_small() {
            return self.press_unseen(key);
        }
        if key.ctrl
            && let Some(entry) = self.settings.keymap.find(self.place(), key)
            && entry.is_global
        {
            return self.run(entry);
        }
        if !self.layers.is_empty() {
            return self.press_in_dialog(key);
        }
        if self.wizard.is_some() {
            return self.press_in_wizard(key);
        }
        if self.browser.pane().is_filtering {
            return self.press_in_filter(key);
        }
        self.press_command(key);
    }

    /// Where nothing can be seen, nothing can be meant but to leave.
    fn press_unseen(&mut self, key: Key) {
        let entry = self.settings.keymap.find(Place::List, key);
        if let Some(unseen) = entry.and_then(|entry| entry.unseen) {
            unseen(self);
        }
    }

    fn quit_unseen(&mut self) {
        match self.operations.running().count() {
            0 => self.emit(Effect::Quit),
            running => self.say(
                format!("{} under way: make the terminal larger to quit.", counted(running, "operation")),
                Tone::Soon,
            ),
        }
    }

    fn suspend(&mut self) {
        self.emit(Effect::Suspend);
    }

    /// Whether the terminal has no room for a list and its frame.
    pub fn is_too_small(&self) -> bool {
        self.width < SMALLEST.0 || self.height < SMALLEST.1
    }

    /// Looks the key up for where we are, and runs its command if it is possible.
    fn press_command(&mut self, key: Key) {
        match self.settings.keymap.find(self.place(), key) {
            Some(entry) => self.run(entry),
            None => self.say(format!("{key} does nothing here; ? shows the keys that do"), Tone::Dim),
        }
    }

    fn run(&mut self, entry: &'static command::Entry) {
        if let Err(why) = entry.possible(self) {
            return self.say(why, Tone::Soon);
        }
        if let Some(on_marked) = entry.on_marked.filter(|_| self.means_marks()) {
            return self.look_at_marked(entry, on_marked);
        }
        match entry.action {
            Action::Move(motion) => self.step(motion),
            Action::Flow(flow) => {
                let marked = self.pane().list.marked();
                let is_of_one = self.means_marks() && entry.changes && flow != FlowName::RebindAll;
                self.open_flow(flow);
                if is_of_one {
                    self.say(format!("this is about one row, not about the {marked} marked"), Tone::Soon);
                }
            }
            Action::Run(run) => run(self),
        }
    }

    fn paste(&mut self, text: &str) {
        if self.is_too_small() {
            return;
        }
        if !self.layers.is_empty() {
            let answer = self.layers.paste(text);
            self.take_dialog_answer(answer);
        } else if self.wizard.is_some() {
            self.with_wizard(|wizard, around| wizard.paste(text, around));
        } else {
            self.browser.paste(text);
        }
    }

    fn tick(&mut self, machine: Timestamp) {
        self.clock.tick(machine);
        if self.wake.is_some_and(|wake| wake <= self.clock.machine) {
            self.wake = None;
        }
        self.with_wizard(Wizard::look_if_due);
        if self.refresh_due().is_some_and(|due| due <= self.clock.machine) {
            self.read_estate(false);
            self.inventory.begun = inventory::Begun::Timed;
        }
    }

    /// When everything is to be read again by itself.
    fn refresh_due(&self) -> Option<Timestamp> {
        let (every, last) = (self.settings.refresh?, self.inventory.ended?);
        (self.inventory.reading == inventory::Reading::Idle).then(|| last + every)
    }

    /// What was judged by another time is judged again.
    fn set_clock(&mut self, now: Timestamp, difference: Option<String>) {
        let was_known = self.clock.difference.is_some();
        if self.clock.set(now, difference) {
            self.judge_again();
        }
        if let Some(words) = self.clock.difference.clone().filter(|_| !was_known) {
            self.say(words, Tone::Soon);
        }
    }

    /// The pause was really waited for, even where the clock was set back meanwhile.
    fn woken(&mut self, at: Timestamp) {
        self.tick(at);
    }

    /// Asks to be woken when the next thing moves: the clock of a running operation, or a look at a waiting
    /// step.
    fn schedule(&mut self) {
        const SECOND: Duration = Duration::from_secs(1);
        let running = self.operations.running().next().is_some().then(|| self.clock.machine + SECOND);
        let goal = self
            .goal
            .as_ref()
            .is_some_and(|goal| goal.is_counting(self.clock.now))
            .then(|| self.clock.machine + 60 * SECOND);
        let look = self.wizard.as_ref().and_then(Wizard::next_look);
        // What is left of the time for a code.
        let code = self.layers.counts_down().then(|| self.clock.machine + SECOND);
        let age = self.inventory.has_estate.then(|| {
            let age = self.clock.now.duration_since(self.inventory.estate.as_of).as_secs();
            self.clock.machine + jiff::SignedDuration::from_secs(60 - age.rem_euclid(60))
        });
        let pause = self.inventory.pause(self.clock.machine).map(|_| self.clock.machine + SECOND);
        let dues = [running, look, goal, code, age, pause, self.refresh_due()];
        let Some(due) = dues.into_iter().flatten().min() else {
            return;
        };
        if self.wake.is_none_or(|wake| due < wake) {
            let due = due.max(self.clock.machine);
            self.wake = Some(due);
            let wait = Duration::try_from(due.duration_since(self.clock.machine)).unwrap_or(SECOND);
            self.emit(Effect::Wake { at: due, after: wait });
        }
    }

    fn emit(&mut self, effect: Effect) {
        self.out.emit(effect);
    }

    fn ask(&mut self) -> AskId {
        self.out.ask()
    }

    fn say(&mut self, text: impl Into<String>, tone: Tone) {
        self.out.say(text, tone);
    }

    /// Shows an error that stays until it is dismissed.
    fn show_problem(&mut self, problem: Problem) {
        self.layers.push(Dialog::Error(dialog::ErrorText::new(problem)));
    }

    /// What everything on screen is judged by.
    pub fn basis(&self) -> Basis<'_> {
        self.inventory.basis(&self.settings.rules, self.clock.now)
    }

    /// What has the keys below the dialogs.
    pub fn place(&self) -> Place {
        match (&self.wizard, &self.browser.detail) {
            (Some(_), _) => Place::Wizard,
            (None, Some(_)) => Place::Detail,
            (None, None) => Place::List,
        }
    }

    /// The pane that is open.
    pub fn pane(&self) -> &Pane {
        self.browser.pane()
    }

    /// The resource that commands are about.
    pub fn selected(&self) -> Option<&ResourceId> {
        self.browser.selected()
    }

    /// Whether there is room for the detail beside the list.
    pub fn is_wide(&self) -> bool {
        self.width >= 120
    }

    /// How wide the detail beside the list is; nothing where there is no room for it. The list keeps the
    /// columns of the design size first.
    pub fn beside(&self) -> u16 {
        if self.is_wide() { (self.width * 2 / 5).min(self.width.saturating_sub(80)) } else { 0 }
    }

    /// How wide a row of the list is, inside its frame.
    pub fn row_width(&self) -> u16 {
        self.width.saturating_sub(self.beside() + 2)
    }

    /// Rows of the list on screen: all but header, tabs, borders, column titles, the line at the bottom, and
    /// the one about what is most urgent.
    pub fn page(&self) -> usize {
        let others = if self.has_strip() { 7 } else { 6 };
        usize::from(self.height.saturating_sub(others)).max(1)
    }

    fn refit(&mut self) {
        let page = self.page();
        self.browser.refit(page);
    }
}
