//! What keys do in the wizard. A field that takes text has the keys before any command; the steps have
//! commands.

use secrecy::SecretString;

use super::{PageStanding, Wizard};
use crate::app::App;
use crate::app::command::Motion;
use crate::app::dialog::{Act, Choose, Dialog, Files, Item, folder_of};
use crate::app::effect::{Effect, PracticeAct};
use crate::app::form::FormAnswer;
use crate::app::inventory::Reading;
use crate::app::key::{Key, KeyCode};
use crate::flow::{self, FieldKind, RecordKind, StepStatus, WantedRecord};
use crate::model::{DomainName, Hostname};
use crate::tables::Tone;

const STILL_READING: &str = "The inventory is still being read; what it finds appears here.";

impl App {
    pub(in crate::app) fn press_in_wizard(&mut self, key: Key) {
        let Some(wizard) = &mut self.wizard else { return };
        // A person who presses another key has changed their mind.
        wizard.is_eager = false;
        let Some(field) = wizard.focused_field().cloned() else {
            return match key.code {
                KeyCode::Up | KeyCode::Char('k') if wizard.shown_step() == 0 && !key.ctrl => {
                    self.focus_last_field();
                }
                _ => self.press_command(key),
            };
        };
        match key.code {
            KeyCode::Esc => return self.leave_wizard(),
            KeyCode::PageDown => return self.focus_on(usize::MAX),
            _ => {}
        }
        match wizard.form.press(key, &mut wizard.inputs) {
            FormAnswer::Typed => self.derive_wizard(),
            FormAnswer::Turned => {
                self.derive_wizard();
                self.observe_page();
            }
            FormAnswer::Moved { was_edited } => self.left_field(was_edited),
            FormAnswer::Files => self.open_files(&field),
            FormAnswer::List(first) => self.open_picker(&field, first),
            FormAnswer::MakePassword => self.emit(Effect::MakePassword),
            FormAnswer::Enter => self.focus_next(),
            FormAnswer::Other => self.press_command(key),
        }
    }

    pub(in crate::app) fn paste_in_wizard(&mut self, text: &str) {
        let Some(wizard) = &mut self.wizard else { return };
        if wizard.form.paste(text, &mut wizard.inputs) {
            self.derive_wizard();
        }
    }

    pub(in crate::app) fn turn_plan(&mut self) {
        if let Some(wizard) = &mut self.wizard {
            (wizard.shows_plan, wizard.scroll) = (!wizard.shows_plan, 0);
        }
    }

    pub(in crate::app) fn look_again(&mut self) {
        self.observe_page();
        self.say("looking again", Tone::Plain);
    }

    /// Fills the field that has the keys, if it takes a secret; returns whether it did.
    pub(in crate::app) fn fill_secret_field(&mut self, secret: &SecretString) -> bool {
        let Some(wizard) = &mut self.wizard else { return false };
        let is_filled = wizard.form.fill_secret(secret, &mut wizard.inputs);
        if is_filled {
            self.derive_wizard();
        }
        is_filled
    }

    /// A value chosen in a picker: takes it, goes on to the next field, looks at the cloud with it.
    pub(in crate::app) fn fill_field(&mut self, key: flow::Key, value: &str) {
        let Some(wizard) = &mut self.wizard else { return };
        wizard.form.fill(key, value, &mut wizard.inputs);
        self.derive_wizard();
        self.observe_page();
        self.focus_next();
    }

    fn focus_next(&mut self) {
        let Some(wizard) = &mut self.wizard else { return };
        if wizard.form.focus().is_some() {
            let was_edited = wizard.form.go(true, &wizard.inputs);
            self.left_field(was_edited);
        }
    }

    pub(in crate::app) fn focus_last_field(&mut self) {
        let last = self.wizard.as_ref().map_or(0, |wizard| wizard.form.fields.len().saturating_sub(1));
        self.focus_on(last);
    }

    /// Puts the focus on a field, or past the last on the steps.
    pub(in crate::app) fn focus_on(&mut self, at: usize) {
        let Some(wizard) = &mut self.wizard else { return };
        let was_edited = wizard.form.focus_on(at, &wizard.inputs);
        self.left_field(was_edited);
    }

    /// A changed value is looked at in the cloud once its field is left.
    fn left_field(&mut self, was_edited: bool) {
        let Some(wizard) = &mut self.wizard else { return };
        (wizard.step, wizard.scroll) = (None, 0);
        if was_edited {
            self.observe_page();
        }
    }

    pub(super) fn open_picker(&mut self, field: &flow::Field, first: Option<char>) {
        let Some(wizard) = &self.wizard else { return };
        let now = wizard.inputs.typed(field.key).to_owned();
        let Some((items, empty)) = self.picker_items(wizard, field) else { return };
        let chosen = items.iter().position(|(value, _)| value.eq_ignore_ascii_case(&now));
        let at = chosen.or_else(|| items.iter().position(|(_, item)| item.then.is_ok())).unwrap_or(0);
        let mut choose = Choose::new(field.label, items.into_iter().map(|(_, item)| item).collect())
            .intro(field.help)
            .empty(empty)
            .at(at);
        choose.fills = Some(field.key);
        if !matches!(field.kind, FieldKind::Choice(_)) {
            choose = choose.typed();
            choose.takes_other = matches!(field.kind, FieldKind::Pick { or_new: true, .. });
            if let Some(first) = first {
                choose.paste(&first.to_string());
            }
        }
        self.layers.push(Dialog::Choose(choose));
    }

    /// What a field can be filled with, each with its value, and what to say where there is nothing.
    fn picker_items(
        &self,
        wizard: &Wizard,
        field: &flow::Field,
    ) -> Option<(Vec<(String, Item)>, &'static str)> {
        let fill = |value: &str| Ok(Act::Fill(field.key, value.to_owned()));
        match &field.kind {
            FieldKind::Choice(choices) => {
                let item = |(value, label, note): &(&str, &str, &str)| {
                    (
                        (*value).to_owned(),
                        Item { label: field.labelled(value, label), note: (*note).into(), then: fill(value) },
                    )
                };
                Some((choices.iter().map(item).collect(), ""))
            }
            FieldKind::Pick { of, .. } => {
                let options =
                    super::pick::options(*of, &wizard.inputs, &self.inventory.estate, &self.settings.rules);
                let item = |option: super::pick::Choice| {
                    let then = fill(&option.value);
                    (option.value, Item { label: option.label, note: option.note, then })
                };
                let is_reading = matches!(self.inventory.reading, Reading::Asked { .. });
                let none = if is_reading { STILL_READING } else { super::pick::none_words(*of) };
                Some((options.into_iter().map(item).collect(), none))
            }
            FieldKind::Offer(None) => Some((Vec::new(), "certdeck is looking; what it finds appears here")),
            FieldKind::Offer(Some(offers)) => {
                let item = |offer: &flow::Offer| {
                    let refused =
                        wizard.would_refuse(field.key, &offer.value, &self.settings.rules, self.clock.now);
                    let then = refused.map_or_else(|| fill(&offer.value), Err);
                    (offer.value.clone(), Item { label: offer.label.clone(), note: offer.note.clone(), then })
                };
                Some((offers.iter().map(item).collect(), "there is nothing of this kind here"))
            }
            FieldKind::Text | FieldKind::Secret | FieldKind::File(_) | FieldKind::Toggle => None,
        }
    }

    /// A picker that was opened before everything was read gets what is found.
    pub(super) fn refill_picker(&mut self) {
        let Some(Dialog::Choose(choose)) = self.layers.top() else { return };
        let Some(wizard) = &self.wizard else { return };
        let field = wizard.form.fields.iter().find(|field| choose.fills == Some(field.key));
        let Some((items, empty)) = field.and_then(|field| self.picker_items(wizard, field)) else { return };
        if let Some(Dialog::Choose(choose)) = self.layers.top_mut() {
            choose.refill(items.into_iter().map(|(_, item)| item).collect());
            choose.empty = empty.into();
        }
    }

    /// Shows the files beside the one that is named now, or where certdeck was started.
    fn open_files(&mut self, field: &flow::Field) {
        let (Some(wizard), FieldKind::File(endings)) = (&self.wizard, &field.kind) else { return };
        let beside = folder_of(wizard.inputs.typed(field.key)).unwrap_or_default().to_owned();
        self.layers.push(Dialog::Files(Files::new(field.key, field.label, endings)));
        self.open_folder(beside);
    }

    /// Plays the part of the domain's owner, who does not exist in a practice cloud.
    pub(in crate::app) fn open_practice(&mut self) {
        let wanted = self.wizard.as_ref().map(Wizard::wanted_records).unwrap_or_default();
        if !wanted.is_empty() {
            let acts = wanted.iter().map(|record| {
                let note = format!("as the person who manages the DNS of {}", record.name);
                (
                    format!("Add the {} record", record.kind.as_str()),
                    note,
                    PracticeAct::PublishRecord(record.clone()),
                )
            });
            return self.choose_practice(acts.collect(), 0);
        }
        let found = self
            .wizard
            .as_ref()
            .and_then(Wizard::order)
            .and_then(|order| Some((order.token.clone()?, Hostname::parse(&order.domain).ok()?)));
        let Some((token, host)) = found else {
            return self.say("the order has no verification token yet; refresh with C-r", Tone::Soon);
        };
        let domain = host.base().to_owned();
        let root = DomainName(host).root().to_owned();
        let acts = [
            (
                "Add the TXT record".to_owned(),
                format!("as the person who manages the DNS of {root}"),
                PracticeAct::PublishRecord(WantedRecord::new(root, RecordKind::Txt, token.clone())),
            ),
            (
                "Publish the HTML page".to_owned(),
                format!("as the person who runs the web server of {domain}"),
                PracticeAct::PublishPage { domain: domain.clone(), token },
            ),
            (
                "Follow the link in the mail".to_owned(),
                format!("as the administrator of {domain}"),
                PracticeAct::ApproveMail { domain },
            ),
        ];
        let method =
            self.wizard.as_ref().and_then(|wizard| wizard.inputs.get(flow::Key::Method)).unwrap_or_default();
        let at = if method.contains("html") { 1 } else { 2 * usize::from(method == "mail") };
        self.choose_practice(acts.into(), at);
    }

    /// Label, note and act of each part that can be played; the cursor begins `at` one.
    fn choose_practice(&mut self, acts: Vec<(String, String, PracticeAct)>, at: usize) {
        let item =
            |(label, note, act): (String, String, _)| Item { label, note, then: Ok(Act::Practise(act)) };
        let choose = Choose::new("Play the owner of the domain", acts.into_iter().map(item).collect())
            .intro("A practice cloud has no owner of the domain, so you play this part.")
            .at(at);
        self.layers.push(Dialog::Choose(choose));
    }

    /// Leaves the wizard; it stays on the shelf with everything that was typed but passwords, and what was
    /// sent goes on.
    pub(in crate::app) fn leave_wizard(&mut self) {
        let Some(mut wizard) = self.wizard.take() else { return };
        wizard.next_look = None;
        wizard.forget_secrets();
        if let Some(ask) = wizard.of_mut(wizard.page).ask.take() {
            self.emit(Effect::Forget { ask });
        }
        self.shelf.retain(|other| other.origin != wizard.origin);
        let running = wizard
            .sent
            .and_then(|ask| self.operations.find(ask))
            .is_some_and(super::super::operations::WatchedOperation::is_running);
        if running {
            self.say("what was sent goes on; t shows it", Tone::Plain);
        }
        self.shelf.push(wizard);
    }

    /// Enter on the steps: does what the current one needs next.
    pub(in crate::app) fn do_step(&mut self) {
        let Some(wizard) = &mut self.wizard else { return };
        if wizard
            .sent
            .and_then(|ask| self.operations.find(ask))
            .is_some_and(super::super::operations::WatchedOperation::is_running)
        {
            return self.say("it is being sent; certdeck goes on by itself", Tone::Plain);
        }
        if wizard.current().ask.is_some() && !matches!(wizard.standing(), PageStanding::Done) {
            wizard.is_eager = true;
            return self.say("certdeck is still looking; it goes on by itself", Tone::Plain);
        }
        if let Some((key, _)) =
            wizard.form.refusals.first().filter(|_| !matches!(wizard.standing(), PageStanding::Done))
        {
            let at = wizard.form.place_of(*key);
            let why = wizard.refusal(*key).unwrap_or_default().to_owned();
            self.say(why, Tone::Soon);
            return self.focus_on(at.unwrap_or(usize::MAX));
        }
        match wizard.standing() {
            PageStanding::Looking => self.observe_page(),
            PageStanding::Done => self.turn_page(),
            PageStanding::At(step) => match &step.status {
                StepStatus::NeedsInput { key, why } => {
                    let at = wizard.form.place_of(*key);
                    let why = why.clone();
                    self.say(why, Tone::Soon);
                    self.focus_on(at.unwrap_or(usize::MAX));
                }
                StepStatus::Blocked(problem) => {
                    let problem = problem.clone();
                    self.show_problem(problem);
                }
                StepStatus::Ready if step.acts() => self.confirm_step(),
                _ => {
                    self.observe_page();
                    self.say("looking again", Tone::Plain);
                }
            },
        }
    }
}

impl Wizard {
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
