//! Answers of the world: each names the question it answers, and what is not asked any more is dropped.

use std::collections::HashSet;
use std::sync::Arc;

use secrecy::SecretString;

use super::building::{FEW_ROWS, Incoming, Purpose};
use super::detail::Raw;
use super::dialog::Dialog;
use super::effect::Effect;
use super::message::{AskId, Message};
use super::operations::Outcome;
use super::pane::Pane;
use super::{App, Reading};
use crate::health::findings::{Findings, Limits};
use crate::model::{Estate, EstateRows, Gap, Problem, ResourceId};
use crate::tables::{PaneName, Tone};
use crate::workbench::Password;

/// So many places are read one by one after a change; for more, a reading of everything costs less.
const MOST_READ_AGAIN: usize = 20;

impl App {
    /// `by_hand`: somebody asked for it.
    pub(super) fn read_estate(&mut self, by_hand: bool) -> AskId {
        if let Reading::Asked { ask, .. } = self.reading {
            self.emit(Effect::Forget { ask });
        }
        self.abandon_building();
        let ask = self.ask();
        self.reading = Reading::Asked { ask, note: String::new() };
        self.incoming = self.has_estate.then(Box::default);
        self.emit(Effect::ReadEstate { ask, by_hand });
        ask
    }

    /// Reads again what changes at these places can have touched; everything where they are many, or where no
    /// whole reading is there to add to.
    pub(super) fn read_touched(&mut self, mut places: Vec<ResourceId>) {
        let mut seen = HashSet::new();
        places.retain(|place| seen.insert(place.clone()));
        if places.is_empty() {
            return;
        }
        if places.len() > MOST_READ_AGAIN || !self.is_whole || self.reading != Reading::Idle {
            self.read_estate(false);
            return;
        }
        let ask = self.ask();
        self.reading = Reading::Asked { ask, note: "what was changed".to_owned() };
        self.emit(Effect::ReadTouched { ask, places });
    }

    pub(super) fn take_answer(&mut self, message: Message) {
        let Some(message) = self.defer(message) else { return };
        match message {
            Message::EstateRecalled { ask, estate } if self.is_reading(ask) && self.incoming.is_none() => {
                self.recall(estate);
            }
            Message::EstateProgressed { ask, part, note } if self.is_reading(ask) => {
                self.reading = Reading::Asked { ask, note };
                match &mut self.incoming {
                    Some(incoming) => incoming.absorb(*part),
                    None => self.grow(*part),
                }
            }
            Message::EstateRead { ask, result: Ok(()) } if self.is_reading(ask) => {
                self.ask_goal();
                let incoming = self.incoming.take().map_or(Incoming::Nothing, Incoming::Whole);
                self.build_from(incoming, Purpose::Reading, self.pane);
            }
            Message::EstateRead { ask, result: Err(problem) } if self.is_reading(ask) => {
                self.reading = Reading::Idle;
                self.incoming = None;
                self.ask_goal();
                self.failure = Some(problem.clone());
                // A form that is being filled in keeps the keys; `p` and the header tell the rest.
                if self.wizard.is_some() {
                    self.say(format!("{}: {}", problem.what, problem.why), Tone::Urgent);
                } else {
                    self.show_problem(problem);
                }
            }
            Message::TouchedRead { ask, result: Ok(reread) } if self.is_reading(ask) => {
                self.build_from(Incoming::Touched(reread), Purpose::Touched, self.pane);
            }
            // What is wrong shows in a reading of everything, with its words.
            Message::TouchedRead { ask, result: Err(_) } if self.is_reading(ask) => {
                self.read_estate(false);
            }
            Message::EstateBuilt { ask, built } => self.end_building(ask, *built),
            Message::Explained { ask, result } => self.take_explained(ask, result),
            Message::PublicRead { ask, apps, part } => self.take_public(ask, apps, *part),
            Message::UpkeepRead { ask, part, is_over } => self.take_upkeep(ask, part, is_over),
            Message::RawRead { ask, result } => self.take_raw(ask, result),
            Message::Observed { ask, result } => self.take_observed(ask, result),
            Message::StepProgressed { ask, note, .. } => self.operations.note(ask, note),
            Message::StepPerformed { ask, result, .. } => {
                let outcome = result
                    .as_ref()
                    .map_or_else(|problem| Outcome::Failed(problem.clone()), |_| Outcome::Succeeded);
                self.operations.end(ask, self.machine, outcome);
                self.ask_goal();
                self.take_performed(ask, result);
            }
            Message::FolderRead { ask, result } => self.take_folder(ask, result),
            Message::Worked { ask, result } => self.take_worked(ask, result),
            Message::Practised { ask, result } => self.take_practised(ask, result),
            Message::GoalRead(result) => self.take_goal(result),
            Message::SignInAsked(ask) => self.ask_to_sign_in(ask),
            Message::SignInEnded(outcome) => self.end_sign_in(outcome),
            Message::TenantsRead { ask, result } => self.take_tenants(ask, result),
            Message::ContextRefused(problem) => {
                self.notice = None;
                self.show_problem(problem);
            }
            Message::Copied(result) => match result {
                Ok(()) => self.say("sent to the clipboard of your terminal", Tone::Good),
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
                self.observe_page();
            }
            Err(problem) => self.show_problem(problem),
        }
    }

    /// Into the row or field that has the keys. A form asks for it twice: pasting it proves that it was kept.
    fn fill_password(&mut self, password: &SecretString) {
        const MADE: &str = "made and sent to your clipboard";
        if let Some(Dialog::Bench(bench)) = self.dialogs.last_mut() {
            bench.fill_password(password);
            self.say(format!("{MADE}: paste it here, and where you keep passwords"), Tone::Good);
        } else if self.fill_secret_field(password) {
            self.say(format!("{MADE}: paste it where you keep passwords"), Tone::Good);
        }
    }

    fn is_reading(&self, asked: AskId) -> bool {
        matches!(self.reading, Reading::Asked { ask, .. } if ask == asked)
    }

    fn take_raw(&mut self, asked: AskId, result: Result<Vec<String>, Problem>) {
        if let Some(detail) = self.detail.as_mut().filter(|detail| detail.raw == Raw::Asked(asked)) {
            detail.raw = match result {
                Ok(lines) => Raw::Read(lines),
                Err(problem) => Raw::Failed(problem),
            };
        }
    }

    /// The rows of an earlier run stand until those of this one are whole.
    fn recall(&mut self, estate: Arc<Estate>) {
        (self.has_estate, self.is_recalled) = (true, true);
        // Many rows take their time, and the first parts of this run may be here before them.
        let early = Arc::unwrap_or_clone(std::mem::take(&mut self.estate));
        self.incoming = Some(Box::new(early));
        self.estate = estate;
        self.panes.iter_mut().for_each(Pane::forget_rows);
        self.build(Purpose::Growth);
    }

    pub(super) fn end_reading(&mut self) {
        self.reading = Reading::Idle;
        (self.failure, self.is_whole, self.is_recalled) = (None, true, false);
    }

    /// Judges the whole estate again.
    pub(super) fn find(&mut self) {
        self.findings = Findings::of(&self.basis(), Limits::USUAL);
    }

    /// Everything that was judged by a time that turned out to be wrong.
    pub(super) fn judge_again(&mut self) {
        self.find();
        self.panes.iter_mut().for_each(|pane| pane.is_stale = true);
        self.fill_pane();
        self.derive_wizard();
    }

    /// Says what a refresh found different from the rows that are shown.
    pub(super) fn note_changes(&mut self, new: &Estate) {
        // Whatever else was said has more to do with what somebody is doing.
        if self.notice.is_none() && self.wizard.is_none() {
            let since = self.estate.as_of.strftime("%H:%M");
            match self.changes.is_empty() {
                false => self.say(format!("since {since}: {}", self.changes.words()), Tone::Soon),
                // Of what could not be read nobody knows.
                true if self.is_recalled && !new.gaps.iter().any(Gap::hides_something) => {
                    self.say(format!("nothing has changed since {since}"), Tone::Dim);
                }
                true => {}
            }
        }
    }

    /// The first reading shows what it has. Sorting the rows of a pane again costs as much as they are many,
    /// so that is done when they have become twice as many, and at the end.
    fn grow(&mut self, part: EstateRows) {
        self.has_estate = true;
        Arc::make_mut(&mut self.estate).absorb(part);
        self.panes.iter_mut().for_each(|pane| pane.is_stale = true);
        if self.is_worth_sorting() {
            self.build(Purpose::Growth);
        }
    }

    /// Rows of one pane came; `now` says that they have to be shown at once.
    pub(super) fn see_rows_of(&mut self, name: PaneName, now: bool) {
        self.panes[name.index()].is_stale = true;
        if self.pane == name && (now || self.is_worth_sorting()) {
            self.fill_pane();
        }
    }

    fn is_worth_sorting(&self) -> bool {
        let rows = self.pane.table().count(&self.estate);
        rows <= FEW_ROWS || rows >= 2 * self.pane().list.total()
    }

    /// Shows the newest rows of the open pane.
    pub(super) fn see_rows(&mut self) {
        self.fill_pane();
        if self.detail.as_ref().is_some_and(|detail| self.pane().list.selected() != Some(&detail.id)) {
            self.detail = None;
            self.say("what was shown is gone", Tone::Soon);
        }
        self.wizard_sees_estate();
    }
}
