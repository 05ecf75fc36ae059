//! What keys do in the wizard. A field that takes text has the keys before any command; the steps have
//! commands.

use secrecy::SecretString;

use super::{Around, PageStanding, Wizard, pick};
use crate::app::command::Motion;
use crate::app::dialog::{Dialog, Files, folder_of};
use crate::app::effect::Effect;
use crate::app::form::FormAnswer;
use crate::app::key::{Key, KeyCode};
use crate::flow::{self, FieldKind, StepStatus};
use crate::model::Problem;
use crate::tables::Tone;

/// What a key in the wizard leaves to the program.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::app) enum Left {
    Nothing,
    /// Look the key up among the commands.
    Command(Key),
    /// Close the wizard.
    Leave,
    /// Show the files of this folder in the picker on top.
    Folder(String),
    /// The page is done: go to the next, or back to the panes.
    TurnPage,
    Explain(Problem),
}

impl Wizard {
    pub(in crate::app) fn press(&mut self, key: Key, around: &mut Around<'_>) -> Left {
        // A person who presses another key has changed their mind.
        self.is_eager = false;
        let Some(field) = self.focused_field().cloned() else {
            return match key.code {
                KeyCode::Up | KeyCode::Char('k') if self.shown_step() == 0 && !key.ctrl => {
                    self.focus_last_field(around);
                    Left::Nothing
                }
                _ => Left::Command(key),
            };
        };
        match key.code {
            KeyCode::Esc => return Left::Leave,
            KeyCode::PageDown => {
                self.focus_on(usize::MAX, around);
                return Left::Nothing;
            }
            _ => {}
        }
        match self.form.press(key, &mut self.inputs) {
            FormAnswer::Typed => self.derive(around),
            FormAnswer::Turned => {
                self.follow_change(field.key, around);
                self.derive(around);
                self.look(around);
            }
            FormAnswer::Moved { was_edited } => {
                self.left_field(Some(field.key).filter(|_| was_edited), around);
            }
            FormAnswer::Files => return self.open_files(&field, around),
            FormAnswer::List(first) => self.open_picker(&field, first, around),
            FormAnswer::MakePassword => around.out.emit(Effect::MakePassword),
            FormAnswer::Enter => return self.go_on(around),
            FormAnswer::Other => return Left::Command(key),
        }
        Left::Nothing
    }

    pub(in crate::app) fn paste(&mut self, text: &str, around: &mut Around<'_>) {
        if self.form.paste(text, &mut self.inputs) {
            self.derive(around);
        }
    }

    pub(in crate::app) fn turn_plan(&mut self) {
        (self.shows_plan, self.scroll) = (!self.shows_plan, 0);
    }

    /// Fills the field that has the keys, if it takes a secret; returns whether it did.
    pub(in crate::app) fn fill_secret(&mut self, secret: &SecretString, around: &mut Around<'_>) -> bool {
        let is_filled = self.form.fill_secret(secret, &mut self.inputs);
        if is_filled {
            self.derive(around);
        }
        is_filled
    }

    /// A value chosen in a picker: takes it, looks at the cloud with it, goes on.
    pub(in crate::app) fn fill(&mut self, key: flow::Key, value: &str, around: &mut Around<'_>) -> Left {
        let is_changed = self.inputs.typed(key) != value;
        self.form.fill(key, value, &mut self.inputs);
        if is_changed {
            self.follow_change(key, around);
        }
        self.look(around);
        self.go_to_next_missing(around)
    }

    /// Enter on a field: to the next one that lacks something; from the last, what Enter does on the steps.
    fn go_on(&mut self, around: &mut Around<'_>) -> Left {
        let left = self.go_to_next_missing(around);
        let acts = matches!(self.standing(), PageStanding::At(step) if step.status == StepStatus::Ready && step.acts());
        if self.focused_field().is_none() && (acts || self.current().ask.is_some()) {
            return self.enter(around);
        }
        left
    }

    /// Leaves the field that has the keys for the next one that lacks something, or for the steps.
    fn go_to_next_missing(&mut self, around: &mut Around<'_>) -> Left {
        let Some(left) = self.focused_field().map(|field| field.key) else { return Left::Nothing };
        let was_edited = self.form.is_edited();
        self.form.leave();
        self.left_field(Some(left).filter(|_| was_edited), around);
        let from = self.form.place_of(left).map_or(0, |at| at + 1);
        // Whether a password is needed is known after the look, and it must not be typed elsewhere meanwhile.
        let lacks = |at: &usize| {
            let field = &self.form.fields[*at];
            let is_secret = field.kind == FieldKind::Secret && !self.inputs.has(field.key);
            is_secret || self.refusal(field.key).is_some()
        };
        let next = (from..self.form.fields.len()).find(lacks);
        self.form.focus_on(next.unwrap_or(usize::MAX), &self.inputs);
        self.offer(around)
    }

    /// Shows what the field with the keys can be filled with, if it is empty and filled from a list alone.
    pub(super) fn offer(&mut self, around: &mut Around<'_>) -> Left {
        let Some(field) = self.focused_field().filter(|field| self.inputs.typed(field.key).is_empty()) else {
            return Left::Nothing;
        };
        if !around.layers.is_empty() {
            return Left::Nothing;
        }
        let field = field.clone();
        match field.kind {
            FieldKind::File(_) if !field.is_optional => return self.open_files(&field, around),
            FieldKind::Pick { or_new: false, .. } | FieldKind::Offer(_) => {
                self.open_picker(&field, None, around);
            }
            FieldKind::Pick { .. }
            | FieldKind::File(_)
            | FieldKind::Choice(_)
            | FieldKind::Text
            | FieldKind::Secret
            | FieldKind::Toggle => {}
        }
        Left::Nothing
    }

    pub(in crate::app) fn focus_last_field(&mut self, around: &mut Around<'_>) {
        self.focus_on(self.form.fields.len().saturating_sub(1), around);
    }

    /// Puts the focus on a field, or past the last on the steps.
    pub(in crate::app) fn focus_on(&mut self, at: usize, around: &mut Around<'_>) {
        let left = self.focused_field().map(|field| field.key);
        let was_edited = self.form.focus_on(at, &self.inputs);
        self.left_field(left.filter(|_| was_edited), around);
    }

    /// The first field that was refused, or that is empty; else the steps.
    pub(super) fn focus_on_what_is_missing(&mut self, around: &mut Around<'_>) {
        let fields = &self.form.fields;
        let missing = fields.iter().position(|field| self.refusal(field.key).is_some());
        let first = missing.or_else(|| fields.iter().position(|field| field.is_first));
        self.focus_on(first.unwrap_or(usize::MAX), around);
    }

    /// A changed value is looked at in the cloud once its field is left.
    fn left_field(&mut self, edited: Option<flow::Key>, around: &mut Around<'_>) {
        (self.step, self.scroll) = (None, 0);
        if let Some(key) = edited {
            self.follow_change(key, around);
            self.look(around);
        }
    }

    /// What belonged to the value before goes with it: the hostname of another app. Where one value alone is left
    /// that the flow takes, it is chosen.
    fn follow_change(&mut self, changed: flow::Key, around: &Around<'_>) {
        let (estate, rules) = (&around.inventory.estate, &around.settings.rules);
        for key in changed.dependents().iter().copied() {
            let Some(field) = self.form.fields.iter().find(|field| field.key == key) else { continue };
            let options = match field.kind {
                FieldKind::Pick { of, .. } => {
                    pick::options(of, &self.inputs, estate, rules, around.clock.now)
                }
                FieldKind::Offer(_) => Vec::new(),
                FieldKind::Text
                | FieldKind::Secret
                | FieldKind::File(_)
                | FieldKind::Toggle
                | FieldKind::Choice(_) => continue,
            };
            if options.iter().any(|option| option.value.eq_ignore_ascii_case(self.inputs.typed(key))) {
                continue;
            }
            let only = match &options[..] {
                [only] if self.would_refuse(key, &only.value, rules, around.clock.now).is_none() => {
                    &only.value
                }
                _ => "",
            };
            self.form.fill(key, only, &mut self.inputs);
        }
    }

    /// Shows the files beside the one that is named now, or where certdeck was started.
    fn open_files(&self, field: &flow::Field, around: &mut Around<'_>) -> Left {
        let FieldKind::File(endings) = &field.kind else { return Left::Nothing };
        around.layers.push(Dialog::Files(Files::new(field.key, field.label, endings)));
        Left::Folder(folder_of(self.inputs.typed(field.key)).unwrap_or_default().to_owned())
    }

    /// Enter on the steps: does what the current one needs next.
    pub(in crate::app) fn enter(&mut self, around: &mut Around<'_>) -> Left {
        if self.is_sending(around.operations) {
            around.out.say("it is being sent; certdeck goes on by itself", Tone::Plain);
            return Left::Nothing;
        }
        let is_done = matches!(self.standing(), PageStanding::Done);
        if self.current().ask.is_some() && !is_done {
            self.is_eager = true;
            around.out.say("certdeck is still looking; it goes on by itself", Tone::Plain);
            return Left::Nothing;
        }
        if let Some((key, why)) = self.form.refusals.first().filter(|_| !is_done).cloned() {
            return self.ask_for(key, why, around);
        }
        match self.standing() {
            PageStanding::Looking => self.look(around),
            PageStanding::Done => return Left::TurnPage,
            PageStanding::At(step) => match &step.status {
                StepStatus::NeedsInput { key, why } => return self.ask_for(*key, why.clone(), around),
                StepStatus::Blocked(problem) => return Left::Explain(problem.clone()),
                StepStatus::Ready if step.acts() => self.confirm(around),
                StepStatus::Ready
                | StepStatus::Waiting { .. }
                | StepStatus::Done(_)
                | StepStatus::NotNeeded(_) => self.look_by_hand(around),
            },
        }
        Left::Nothing
    }

    /// Says what is missing, and goes where it is typed.
    fn ask_for(&mut self, key: flow::Key, why: String, around: &mut Around<'_>) -> Left {
        around.out.say(why, Tone::Soon);
        self.focus_on(self.form.place_of(key).unwrap_or(usize::MAX), around);
        self.offer(around)
    }

    /// Up and down go from step to step, pages scroll what is written about one.
    pub(in crate::app) fn read(&mut self, motion: Motion) {
        const LINES: usize = 5;
        let shown = self.shown_step();
        match motion {
            Motion::Up => self.step = Some(shown.saturating_sub(1)),
            Motion::Down => self.step = Some((shown + 1).min(self.current().steps.len().saturating_sub(1))),
            Motion::Top => self.step = Some(0),
            Motion::Bottom => self.step = None,
            Motion::HalfDown | Motion::PageDown => return self.scroll = (self.scroll + LINES).min(100),
            Motion::HalfUp | Motion::PageUp => return self.scroll = self.scroll.saturating_sub(LINES),
        }
        self.scroll = 0;
    }
}
