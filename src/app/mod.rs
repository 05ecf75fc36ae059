//! What the full-screen program does: state, messages, effects, commands. No terminal, no async, no clock, no
//! disk.

mod answers;
mod browse;
pub mod building;
pub mod command;
mod commands;
mod custody;
pub mod detail;
pub mod dialog;
pub mod effect;
pub mod field;
pub mod form;
pub mod goal;
pub mod key;
pub mod keymap;
pub mod list;
pub mod masked;
pub mod message;
pub mod operations;
mod overlay;
pub mod pane;
pub mod place;
mod possible;
pub mod public;
pub mod renewal;
pub mod scope;
mod upkeep;
pub mod wizard;
mod workbench;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroize;

use crate::health::findings::Findings;
use crate::tables::Basis;
use crate::tables::{PaneName, Tone};
use building::Building;
use command::{Action, Place};
use detail::Detail;
use dialog::Dialog;
use effect::Effect;
use goal::Goal;
use key::Key;
use keymap::Keymap;
use list::List;
use message::{AskId, Message};
use operations::Operations;
use pane::Pane;
use place::ContextChoice;
use public::PublicRead;
use wizard::Wizard;

use crate::model::{Changes, Estate, Problem, ResourceId, counted};
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

/// Whether the inventory is being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    Idle,
    Asked { ask: AskId, note: String },
}

/// What was said last, until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub tone: Tone,
}

/// The state of the program. A view reads it; only [`App::update`] changes it.
#[derive(Debug)]
pub struct App {
    pub settings: Settings,
    /// The cloud's time, by which everything is judged; this machine's until the cloud has told it.
    pub now: Timestamp,
    /// This machine's time: for what is waited for, and how long something took here. It never goes back.
    pub machine: Timestamp,
    /// How far off this machine's clock is, where that matters.
    pub clock_difference: Option<String>,
    pub width: u16,
    pub height: u16,
    pub estate: Arc<Estate>,
    /// Whether any estate was ever read.
    pub has_estate: bool,
    /// Whether it was read to its end.
    is_whole: bool,
    /// Whether the rows are those of an earlier run.
    pub is_recalled: bool,
    /// What the newest reading found different from the rows before it.
    pub changes: Changes,
    /// What a refresh has brought so far; the first reading shows its parts as they come.
    incoming: Option<Box<Estate>>,
    /// What `Effect::Build` is to build.
    pub building: Option<Box<Building>>,
    /// Under which question something is being built.
    built_as: Option<AskId>,
    /// What waits for the end of the building, because it would change the estate.
    deferred: Vec<Message>,
    /// What is not shown any more, for `Effect::Discard`.
    pub discarded: Option<(Arc<Estate>, Box<List>)>,
    pub reading: Reading,
    /// Why the last reading failed; the rows before it stay.
    pub failure: Option<Problem>,
    /// What will break, and what could not be judged.
    pub findings: Findings,
    /// Which apps were asked for their public certificates.
    pub public: PublicRead,
    /// Under which question the vaults are being asked.
    upkeep: Option<AskId>,
    pub pane: PaneName,
    pub panes: [Pane; 4],
    pub detail: Option<Detail>,
    pub wizard: Option<Wizard>,
    /// Wizards that were left: what was typed stays.
    shelf: Vec<Wizard>,
    pub dialogs: Vec<Dialog>,
    pub operations: Operations,
    /// The task of a practice cloud, if it has one.
    pub goal: Option<Goal>,
    pub notice: Option<Notice>,
    /// Commands run by name, newest last.
    history: Vec<&'static str>,
    /// The question for the tenants of the account, while it is asked.
    tenants: Option<AskId>,
    asks: u64,
    wake: Option<Timestamp>,
    effects: Effects,
}

impl App {
    /// The program as it starts, and what it asks for first.
    pub fn new(settings: Settings, now: Timestamp) -> (Self, Effects) {
        let mut app = Self::blank(settings, now);
        app.refit();
        app.begin();
        let effects = std::mem::take(&mut app.effects);
        (app, effects)
    }

    fn blank(settings: Settings, now: Timestamp) -> Self {
        let mut panes = PaneName::ALL.map(Pane::new);
        for pane in &mut panes {
            pane.filter.set(&settings.scope);
            pane.refilter();
        }
        Self {
            settings,
            now,
            machine: now,
            clock_difference: None,
            width: 80,
            height: 24,
            estate: Arc::default(),
            has_estate: false,
            is_whole: false,
            is_recalled: false,
            changes: Changes::default(),
            incoming: None,
            building: None,
            built_as: None,
            deferred: Vec::new(),
            discarded: None,
            reading: Reading::Idle,
            failure: None,
            findings: Findings::default(),
            public: PublicRead::default(),
            upkeep: None,
            pane: PaneName::Private,
            panes,
            detail: None,
            wizard: None,
            shelf: Vec::new(),
            dialogs: Vec::new(),
            operations: Operations::default(),
            goal: None,
            notice: None,
            history: Vec::new(),
            tenants: None,
            asks: 0,
            wake: None,
            effects: Effects::new(),
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
        self.schedule();
        std::mem::take(&mut self.effects)
    }

    fn press(&mut self, key: Key) {
        self.notice = None;
        if self.is_too_small() {
            return self.press_unseen(key);
        }
        if key.ctrl
            && let Some(entry) = self.settings.keymap.find(self.place(), key)
            && entry.is_global
        {
            return self.run(entry);
        }
        if !self.dialogs.is_empty() {
            return self.press_in_dialog(key);
        }
        if self.wizard.is_some() {
            return self.press_in_wizard(key);
        }
        if self.panes[self.pane.index()].is_filtering {
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
        match entry.action {
            Action::Move(motion) => self.step(motion),
            Action::Flow(flow) => self.open_flow(flow),
            Action::Run(run) => run(self),
        }
    }

    fn paste(&mut self, text: &str) {
        if self.is_too_small() {
            return;
        }
        if let Some(dialog) = self.dialogs.last_mut() {
            let answer = dialog.paste(text);
            self.take_dialog_answer(answer);
        } else if self.wizard.is_some() {
            self.paste_in_wizard(text);
        } else if self.panes[self.pane.index()].is_filtering {
            self.pane_mut().filter.paste(text);
            self.pane_mut().refilter();
        }
    }

    fn tick(&mut self, machine: Timestamp) {
        let ahead = self.now.duration_since(self.machine);
        self.machine = self.machine.max(machine);
        self.now = self.machine.checked_add(ahead).unwrap_or(self.machine);
        if self.wake.is_some_and(|wake| wake <= self.machine) {
            self.wake = None;
        }
        self.look_again_if_due();
    }

    /// The cloud's clock decides. What was judged by another time is judged again.
    fn set_clock(&mut self, now: Timestamp, difference: Option<String>) {
        let is_news = difference.is_some() && self.clock_difference.is_none();
        let jumps = now.duration_since(self.now).abs() > SignedDuration::from_mins(1);
        (self.now, self.clock_difference) = (now, difference);
        if jumps {
            self.judge_again();
        }
        if let Some(words) = self.clock_difference.clone().filter(|_| is_news) {
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
        let running = self.operations.running().next().is_some().then(|| self.machine + SECOND);
        let goal = self
            .goal
            .as_ref()
            .is_some_and(|goal| goal.is_counting(self.now))
            .then(|| self.machine + 60 * SECOND);
        let look = self.wizard.as_ref().and_then(Wizard::next_look);
        // What is left of the time for a code.
        let code = self
            .dialogs
            .iter()
            .any(|dialog| matches!(dialog, Dialog::SignIn(asked) if asked.counts_down()))
            .then(|| self.machine + SECOND);
        // The age of rows that are not of this run.
        let age = self.is_recalled.then(|| self.machine + 60 * SECOND);
        let Some(due) = running.into_iter().chain(look).chain(goal).chain(code).chain(age).min() else {
            return;
        };
        if self.wake.is_none_or(|wake| due < wake) {
            let due = due.max(self.machine);
            self.wake = Some(due);
            let wait = Duration::try_from(due.duration_since(self.machine)).unwrap_or(SECOND);
            self.emit(Effect::Wake { at: due, after: wait });
        }
    }

    fn emit(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    fn ask(&mut self) -> AskId {
        self.asks += 1;
        AskId(self.asks)
    }

    fn say(&mut self, text: impl Into<String>, tone: Tone) {
        self.notice = Some(Notice { text: text.into(), tone });
    }

    /// Shows an error that stays until it is dismissed.
    fn show_problem(&mut self, problem: Problem) {
        self.dialogs.push(Dialog::Error(dialog::ErrorText::new(problem)));
    }

    /// What everything on screen is judged by.
    pub fn basis(&self) -> Basis<'_> {
        Basis { estate: &self.estate, rules: &self.settings.rules, now: self.now }
    }

    /// What has the keys below the dialogs.
    pub fn place(&self) -> Place {
        match (&self.wizard, &self.detail) {
            (Some(_), _) => Place::Wizard,
            (None, Some(_)) => Place::Detail,
            (None, None) => Place::List,
        }
    }

    pub fn pane(&self) -> &Pane {
        &self.panes[self.pane.index()]
    }

    fn pane_mut(&mut self) -> &mut Pane {
        &mut self.panes[self.pane.index()]
    }

    /// The resource that commands are about.
    pub fn selected(&self) -> Option<&ResourceId> {
        match &self.detail {
            Some(detail) => Some(&detail.id),
            None => self.pane().list.selected(),
        }
    }

    /// Whether there is room for the detail beside the list.
    pub fn is_wide(&self) -> bool {
        self.width >= 120
    }

    /// Rows of the list on screen: all but header, tabs, borders, column titles and the line at the bottom.
    pub fn page(&self) -> usize {
        usize::from(self.height.saturating_sub(6)).max(1)
    }

    fn refit(&mut self) {
        let page = self.page();
        for pane in &mut self.panes {
            pane.list.set_page(page);
        }
    }
}
