//! Answers of the world: each names the question it answers, and what is not asked any more is dropped.

use std::collections::HashSet;
use std::sync::Arc;

use secrecy::SecretString;

use super::App;
use super::building::{FEW_ROWS, Incoming, Purpose};
use super::dialog::Dialog;
use super::effect::Effect;
use super::inventory::{Begun, Reading, ReadingOf};
use super::message::{AskId, Message};
use super::operations::Outcome;
use super::wizard::Wizard;
use crate::model::{Estate, EstateRows, Gap, Problem, ResourceId};
use crate::tables::{PaneName, Tone};
use crate::workbench::Password;

/// So many places are read one by one after a change; for more, a reading of everything costs less.
const MOST_READ_AGAIN: usize = 20;

/// Said until the reading ends.
const GOES_ON: &str = "the cloud is being read; this goes on";

impl App {
    /// `by_hand`: somebody asked for it.
    pub(super) fn read_estate(&mut self, by_hand: bool) -> AskId {
        if let Reading::Asked { ask, .. } = self.inventory.reading {
            self.emit(Effect::Forget { ask });
        }
        self.abandon_building();
        (self.inventory.begun, self.inventory.waits) = (Begun::Asked, None);
        let ask = self.ask();
        self.inventory.reading =
            Reading::Asked { ask, note: String::new(), heard: self.clock.machine, of: ReadingOf::Everything };
        self.inventory.incoming = self.inventory.has_estate.then(Box::default);
        self.emit(Effect::ReadEstate { ask, by_hand });
        ask
    }

    /// A person asks for a reading. One that makes progress is waited for: begun again at each key, it would never end.
    pub(super) fn refresh_estate(&mut self) {
        if self.inventory.makes_progress(self.clock.machine) {
            return self.say(GOES_ON, Tone::Dim);
        }
        self.read_estate(true);
    }

    /// Reads again what changes at these places can have touched; everything where they are many, or where no
    /// whole reading is there to add to.
    pub(super) fn read_touched(&mut self, mut places: Vec<ResourceId>) {
        let mut seen = HashSet::new();
        places.retain(|place| seen.insert(place.clone()));
        if places.is_empty() {
            return;
        }
        if places.len() > MOST_READ_AGAIN
            || !self.inventory.is_whole
            || self.inventory.reading != Reading::Idle
        {
            self.read_estate(false);
            return;
        }
        let ask = self.ask();
        self.inventory.reading = Reading::Asked {
            ask,
            note: "what was changed".to_owned(),
            heard: self.clock.machine,
            of: ReadingOf::Touched,
        };
        self.emit(Effect::ReadTouched { ask, places });
    }

    pub(super) fn take_answer(&mut self, message: Message) {
        let Some(message) = self.defer(message) else { return };
        match message {
            Message::EstateRecalled { ask, estate }
                if self.inventory.is_reading(ask) && self.inventory.incoming.is_none() =>
            {
                self.recall(estate);
            }
            Message::EstateProgressed { ask, part, note } if self.inventory.is_reading(ask) => {
                let heard = self.clock.machine;
                self.inventory.reading = Reading::Asked { ask, note, heard, of: ReadingOf::Everything };
                match &mut self.inventory.incoming {
                    Some(incoming) => incoming.absorb(*part),
                    None => self.grow(*part),
                }
            }
            Message::EstateRead { ask, result: Ok(()) } if self.inventory.is_reading(ask) => {
                self.out.forget(GOES_ON);
                self.ask_goal();
                let incoming = self.inventory.incoming.take().map_or(Incoming::Nothing, Incoming::Whole);
                self.build_from(incoming, Purpose::Reading, self.browser.pane);
            }
            Message::EstateRead { ask, result: Err(problem) } if self.inventory.is_reading(ask) => {
                self.out.forget(GOES_ON);
                self.inventory.reading = Reading::Idle;
                self.inventory.incoming = None;
                self.ask_goal();
                self.inventory.failure = Some(problem.clone());
                (self.inventory.waits, self.inventory.ended) = (None, Some(self.clock.machine));
                // A form that is being filled in keeps the keys; `p` and the header tell the rest.
                if self.wizard.is_some() || self.inventory.begun == Begun::Timed {
                    self.say(format!("{}: {}", problem.what, problem.why), Tone::Urgent);
                } else {
                    self.show_problem(problem);
                }
            }
            Message::TouchedRead { ask, result: Ok(reread) } if self.inventory.is_reading(ask) => {
                self.build_from(Incoming::Touched(reread), Purpose::Touched, self.browser.pane);
            }
            // What is wrong shows in a reading of everything, with its words.
            Message::TouchedRead { ask, result: Err(_) } if self.inventory.is_reading(ask) => {
                self.read_estate(false);
            }
            Message::SignedIn { ask, name, tenant } if self.inventory.is_reading(ask) => {
                let tenant = tenant.map(|tenant| format!(" in the tenant {tenant}")).unwrap_or_default();
                self.signed_in = Some(format!("{name}{tenant}"));
            }
            Message::ReadingWaits { ask, pause, why } if self.inventory.is_reading(ask) => {
                let until = self.clock.machine.checked_add(pause).unwrap_or(self.clock.machine);
                if self.inventory.waits.as_ref().is_none_or(|(known, _)| *known < until) {
                    self.inventory.waits = Some((until, why));
                }
            }
            Message::EstateBuilt { ask, built } => self.end_building(ask, *built),
            Message::Explained { ask, result } => self.take_explained(ask, result),
            Message::PublicRead { ask, apps, part } => self.take_public(ask, apps, *part),
            Message::UpkeepRead { ask, part, is_over } => self.take_upkeep(ask, part, is_over),
            Message::RawRead { ask, result } => self.browser.take_raw(ask, result),
            Message::Observed { ask, result } => self.take_observed(ask, result),
            Message::StepProgressed { ask, note } => self.operations.note(ask, note),
            Message::StepPerformed { ask, result, .. } => {
                let outcome = result
                    .as_ref()
                    .map_or_else(|problem| Outcome::Failed(problem.clone()), |_| Outcome::Succeeded);
                self.operations.end(ask, self.clock.machine, outcome);
                self.ask_goal();
                self.take_performed(ask, result);
            }
            Message::MarkedSeen { ask, result } => self.take_marked_looks(ask, result),
            Message::MarkedPerformed { ask, outcome } => self.take_marked_outcome(ask, outcome),
            Message::JournalRead { ask, changes } => self.take_journal(ask, &changes),
            Message::FolderRead { ask, result } => self.take_folder(ask, result),
            Message::Worked { ask, result } => self.take_worked(ask, result),
            Message::Practised { ask, result } => self.take_practised(ask, result),
            Message::GoalRead(result) => self.take_goal(result),
            Message::SignInAsked(ask) => self.ask_to_sign_in(ask),
            Message::SignInEnded(outcome) => self.end_sign_in(outcome),
            Message::TenantsRead { ask, result } => self.take_tenants(ask, result),
            Message::ContextRefused(problem) => {
                self.out.notice = None;
                self.show_problem(problem);
            }
            Message::Copied(result) => match result {
                Ok(text) => self.say(copied(&text), Tone::Good),
                Err(problem) => self.show_problem(problem),
            },
            Message::PasswordMade(result) => match result {
                Ok(Password(password)) => self.fill_password(&password),
                Err(problem) => self.show_problem(problem),
            },
            _ => {}
        }
    }

    /// Whoever left the wizard meanwhile sees it on coming back.
    fn take_practised(&mut self, asked: AskId, result: Result<String, Problem>) {
        let Some(wizard) = self.wizard.as_mut().filter(|wizard| wizard.practising == Some(asked)) else {
            return;
        };
        wizard.practising = None;
        match result {
            Ok(words) => {
                self.say(words, Tone::Good);
                self.with_wizard(Wizard::look);
            }
            Err(problem) => self.show_problem(problem),
        }
    }

    /// Into the row or field that has the keys. A form asks for it twice: pasting it proves that it was kept.
    fn fill_password(&mut self, password: &SecretString) {
        const MADE: &str = "password generated and copied";
        if let Some(Dialog::Bench(bench)) = self.layers.top_mut() {
            bench.fill_password(password);
            self.say(
                format!("{MADE}. Save it now: certdeck does not keep it. Paste it here to confirm"),
                Tone::Good,
            );
        } else if self.with_wizard(|wizard, around| wizard.fill_secret(password, around)) == Some(true) {
            self.say(
                format!("{MADE}. Save it now: certdeck does not keep it. Paste it to confirm"),
                Tone::Good,
            );
        }
    }

    /// The rows of an earlier run stand until those of this one are whole.
    fn recall(&mut self, estate: Arc<Estate>) {
        (self.inventory.has_estate, self.inventory.is_recalled) = (true, true);
        // Many rows take their time, and the first parts of this run may be here before them.
        let early = Arc::unwrap_or_clone(std::mem::take(&mut self.inventory.estate));
        self.inventory.incoming = Some(Box::new(early));
        self.inventory.estate = estate;
        self.browser.forget_rows();
        self.build(Purpose::Growth);
    }

    /// Everything that was judged by a time that turned out to be wrong.
    pub(super) fn judge_again(&mut self) {
        self.find();
        self.browser.mark_stale();
        self.fill_pane();
        self.with_wizard(|wizard, around| wizard.derive(around));
    }

    pub(super) fn find(&mut self) {
        self.inventory.find(&self.settings.rules, self.clock.now);
    }

    /// Says what a refresh found different from the rows that are shown.
    pub(super) fn note_changes(&mut self, new: &Estate) {
        // Whatever else was said has more to do with what somebody is doing.
        if self.out.notice.is_none() && self.wizard.is_none() {
            let since = self.inventory.estate.as_of.strftime("%H:%M");
            match self.inventory.changes.is_empty() {
                false => self.say(format!("since {since}: {}", self.inventory.changes.words()), Tone::Soon),
                // Of what could not be read nobody knows.
                true if self.inventory.is_recalled && !new.gaps.iter().any(Gap::hides_something) => {
                    self.say(format!("nothing has changed since {since}"), Tone::Dim);
                }
                true => {}
            }
        }
    }

    /// The first reading shows what it has. Sorting the rows of a pane again costs as much as they are many,
    /// so that is done when they have become twice as many, and at the end.
    fn grow(&mut self, part: EstateRows) {
        self.inventory.has_estate = true;
        Arc::make_mut(&mut self.inventory.estate).absorb(part);
        self.browser.mark_stale();
        if self.is_worth_sorting() {
            self.build(Purpose::Growth);
        }
    }

    /// Rows of one pane came; `now` says that they have to be shown at once.
    pub(super) fn see_rows_of(&mut self, name: PaneName, now: bool) {
        self.browser.panes[name.index()].is_stale = true;
        if self.browser.pane == name && (now || self.is_worth_sorting()) {
            self.fill_pane();
        }
    }

    fn is_worth_sorting(&self) -> bool {
        let rows = self.browser.pane.table().count(&self.inventory.estate);
        rows <= FEW_ROWS || rows >= 2 * self.pane().list.total()
    }

    /// Shows the newest rows of the open pane.
    pub(super) fn see_rows(&mut self) {
        self.fill_pane();
        if self.browser.close_lost_detail() {
            self.say("what was shown is gone", Tone::Soon);
        }
        self.with_wizard(Wizard::see_estate);
    }
}

/// What went to the clipboard: a short value by itself, else how much it is.
fn copied(text: &str) -> String {
    const SHORT: usize = 44;
    match text.lines().count() {
        0 | 1 if text.chars().count() <= SHORT => format!("Copied {text}"),
        0 | 1 => format!("Copied {}…", text.chars().take(SHORT).collect::<String>()),
        lines => format!("Copied {lines} lines"),
    }
}
