//! Opening dialogs, giving them keys, and doing what they answer.

use super::App;
use super::command::{Action, Entry, Place};
use super::dialog::{
    Act, Answer, Candidate, Choose, Confirm, Dialog, ErrorText, Folder, Help, HelpLine, Item, Palette,
};
use super::effect::Effect;
use super::key::Key;
use super::keymap::entries;
use super::message::AskId;
use super::operations::Outcome;
use super::wizard::Wizard;
use crate::flow::FlowName;
use crate::flow::script::ScriptKind;
use crate::model::{Problem, counted};
use crate::tables::{PaneName, Tone};

impl App {
    pub(super) fn press_in_dialog(&mut self, key: Key) {
        let answer = self.layers.press(key, &self.operations);
        self.take_dialog_answer(answer);
    }

    pub(super) fn take_dialog_answer(&mut self, answer: Answer) {
        match answer {
            Answer::Stay => {}
            Answer::Close => self.layers.close_top(),
            Answer::Do(act) => self.act(act),
            Answer::CloseAnd(act) => {
                self.layers.close_top();
                self.act(act);
            }
        }
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Run(entry) => {
                self.layers.note_command(entry.name);
                self.run(entry);
            }
            Act::Copy(text) => self.emit(Effect::Copy(text)),
            Act::Narrow(scope) => self.narrow(&scope),
            Act::Filter(text) => {
                self.browser.filter(&text);
                self.want_public();
            }
            Act::TurnColumn(key) => self.turn_column(key),
            Act::CopyChains => self.copy_chains(),
            Act::ChooseScript => self.choose_script(),
            Act::CopyScript(kind) => self.copy_script(kind),
            Act::Fill(key, value) => {
                let left = self.with_wizard(|wizard, around| wizard.fill(key, &value, around));
                self.do_left(left);
            }
            Act::FillRow(path) => self.fill_row(&path),
            Act::PickFile { title, endings, beside } => self.pick_file(title, endings, beside),
            Act::Work { replaces } => self.work(replaces),
            Act::MakePassword => self.emit(Effect::MakePassword),
            Act::StopWork(ask) => self.stop_work(ask),
            Act::OpenFolder(path) => self.open_folder(path),
            Act::Show(pane, id) => self.show(pane, &id),
            Act::Follow(pane, id) => self.follow_to(pane, &id),
            Act::Practise(act) => {
                let ask = self.ask();
                if let Some(wizard) = &mut self.wizard {
                    wizard.practising = Some(ask);
                    self.emit(Effect::Practise { ask, act });
                }
            }
            Act::Send(shown) => self.send_step(&shown),
            Act::SendMarked(what, agreed) => self.send_marked(what, agreed),
            Act::Forget(ask) => self.emit(Effect::Forget { ask }),
            Act::Unwatch(ask) => {
                self.emit(Effect::Forget { ask });
                self.operations.end(ask, self.clock.machine, Outcome::Unwatched);
                self.say("no longer watched; Azure goes on with what it accepted", Tone::Soon);
            }
            Act::ShowProblem(problem) => self.layers.push(Dialog::Error(ErrorText::new(problem))),
            Act::OpenContext(opening) => self.open_context(opening),
            Act::ReadTenants => self.ask_for_tenants(),
            Act::AnswerSignIn(reply) => self.emit(Effect::AnswerSignIn(reply)),
            Act::Quit => self.emit(Effect::Quit),
        }
    }

    /// Asks for the entries of a directory, for the file picker on top.
    pub(super) fn open_folder(&mut self, path: String) {
        let ask = self.ask();
        let Some(Dialog::Files(files)) = self.layers.top_mut() else { return };
        let endings = files.endings;
        files.at.clone_from(&path);
        if let Some(old) = files.ask.replace(ask) {
            self.emit(Effect::Forget { ask: old });
        }
        self.emit(Effect::ReadFolder { ask, path, endings });
    }

    pub(super) fn take_folder(&mut self, asked: AskId, result: Result<Folder, Problem>) {
        let mut answer = Answer::Stay;
        for dialog in self.layers.iter_mut() {
            if let Dialog::Files(files) = dialog
                && files.ask == Some(asked)
            {
                answer = files.take(result.map_err(|problem| problem.why));
                break;
            }
        }
        // What lies over it has the keys, and what it chose may be another's matter by now.
        if matches!(self.layers.top(), Some(Dialog::Files(_))) {
            self.take_dialog_answer(answer);
        }
    }

    pub(super) fn open_help(&mut self) {
        let place = self.place();
        let about = match (place, &self.wizard) {
            (Place::Wizard, Some(wizard)) => wizard.page().title(),
            _ => self.browser.pane.title(),
        };
        let line = |entry: &'static Entry| {
            let possible = entry.possible(self);
            HelpLine {
                group: entry.group,
                keys: self.settings.keymap.written(entry),
                name: entry.name,
                is_possible: possible.is_ok(),
                words: match possible {
                    Err(why) => format!("{} Not now: {why}.", entry.words),
                    Ok(()) => entry.words.to_owned(),
                },
            }
        };
        let lines = entries(place).map(line).collect();
        self.layers.push(Dialog::Help(Help::new(about, lines)));
    }

    pub(super) fn open_palette(&mut self) {
        let mut named: Vec<_> =
            entries(self.place()).filter(|entry| !matches!(entry.action, Action::Move(_))).collect();
        named.sort_by_key(|entry| (self.layers.age_of(entry.name), entry.group));
        let candidate = |entry: &'static Entry| Candidate {
            entry,
            keys: self.settings.keymap.written(entry),
            refusal: entry.possible(self).err(),
        };
        self.layers.push(Dialog::Palette(Palette::new(named.into_iter().map(candidate).collect())));
    }

    /// The five ways to get a certificate (A3–A8).
    pub(super) fn open_add(&mut self) {
        let flow = |name: FlowName| match Entry::of_flow(name) {
            Some(entry) if name.needs_orders() => self.may_order().map(|()| Act::Run(entry)),
            entry => entry.map(Act::Run).ok_or_else(String::new),
        };
        let options = [
            (
                "Create a free App Service managed certificate",
                "Free of charge and easy, if you just need to secure a custom domain.",
                flow(FlowName::Managed),
            ),
            (
                "Purchase an App Service certificate",
                "Managed by Azure: automated management, renewal and export.",
                flow(FlowName::Purchase),
            ),
            (
                "Import a certificate from Key Vault",
                "For PKCS12 certificates that you manage in a key vault.",
                flow(FlowName::ImportVault),
            ),
            (
                "Upload a private certificate",
                "A PFX of a third-party provider that meets the requirements.",
                flow(FlowName::Upload),
            ),
            (
                "Upload a public certificate",
                "Loaded by code to reach remote resources; secures no domain.",
                flow(FlowName::Public),
            ),
        ];
        let item =
            |(label, note, then): (&str, &str, _)| Item { label: label.into(), note: note.into(), then };
        let choose = Choose::new("Add a certificate", options.map(item).into())
            .intro("Every way but the last gives a private certificate that can secure a hostname.");
        self.layers.push(Dialog::Choose(choose));
    }

    /// Everything under the cursor that has a value, or of all marked rows, a line each. The menu begins at the
    /// fact under the cursor, or in the list at the thumbprint.
    pub(super) fn open_copy_menu(&mut self) {
        let (facts, at) = match (&self.wizard, &self.browser.detail) {
            (Some(wizard), _) => (wizard.copies(), 0),
            (None, detail) => {
                let mut facts = self.browser.copies(&self.basis());
                if detail.is_none() {
                    // What is asked for most comes first.
                    facts.sort_by_key(|(label, _)| label != "Thumbprint");
                }
                facts.extend(self.portal_address().map(|address| ("Portal address".to_owned(), address)));
                (facts, detail.as_ref().map_or(0, |detail| detail.cursor))
            }
        };
        let marked = self.browser.pane().list.marked();
        let title = match marked {
            1.. if self.place() == Place::List => {
                format!("Copy of {} to the clipboard", counted(marked, "row"))
            }
            _ => "Copy to the clipboard".to_owned(),
        };
        let item = |(label, value): (String, String)| Item {
            label,
            note: value.replace('\n', ", "),
            then: Ok(Act::Copy(value)),
        };
        let mut items: Vec<Item> = facts.into_iter().map(item).collect();
        if self.wizard.as_ref().is_some_and(Wizard::has_something_to_send) {
            items.extend(scripts());
        }
        let choose = Choose::new(title, items).empty("there is nothing here to copy yet").at(at);
        self.layers.push(Dialog::Choose(choose));
    }

    /// Where the portal shows the row; a practice cloud has no portal, and those of national clouds differ.
    fn portal_address(&self) -> Option<String> {
        let has_portal = !self.settings.practice && self.settings.no_orders.is_none();
        let is_one = self.browser.detail.is_some() || self.browser.pane().list.marked() == 0;
        let id = self.selected().filter(|_| has_portal && is_one)?;
        Some(format!("https://portal.azure.com/#resource{id}"))
    }

    fn choose_script(&mut self) {
        let choose = Choose::new("Copy as a script", scripts().collect()).intro(
            "The same requests for another tool, for a change that is reviewed or run elsewhere. It holds no secrets.",
        );
        self.layers.push(Dialog::Choose(choose));
    }

    fn copy_script(&mut self, kind: ScriptKind) {
        let Some(wizard) = &self.wizard else { return };
        let (flow, inputs, steps) = (wizard.page(), wizard.inputs.clone(), wizard.current().steps.clone());
        self.emit(Effect::CopyScript { kind, flow, inputs, steps });
    }

    /// What will break and what could not be read, worst first; Enter goes there.
    pub(super) fn open_problems(&mut self) {
        let mut items: Vec<Item> = Vec::new();
        if let Some(difference) = &self.clock.difference {
            let problem = Problem::new("Tell the time", &**difference).remedy(
                "Set this machine's clock (timedatectl set-ntp true): sign-in and TLS go by it, and fail where it is far off.",
            );
            let then = Ok(Act::ShowProblem(problem));
            items.push(Item { label: "clock".to_owned(), note: difference.clone(), then });
        }
        if let Some(problem) = &self.inventory.failure {
            let item = Item {
                label: problem.what.clone(),
                note: problem.why.clone(),
                then: Ok(Act::ShowProblem(problem.clone())),
            };
            items.push(item);
        }
        let basis = self.basis();
        for finding in &self.inventory.findings.all {
            let then = match (PaneName::of(finding.on), finding.row(&basis)) {
                (Some(pane), Some(id)) => Act::Show(pane, id),
                _ => Act::ShowProblem(self.inventory.estate.gaps[finding.place].problem.clone()),
            };
            items.push(Item { label: finding.name(&basis), note: finding.line(&basis), then: Ok(then) });
        }
        let choose = Choose::new("Problems", items)
            .intro("What has expired, what will expire or break, what could not be read, and what is worth mending, the most urgent first.")
            .empty("Nothing expires within 30 days, nothing is left over, and everything could be read.");
        self.layers.push(Dialog::Choose(choose));
    }

    /// Nothing is lost by quitting: the state of an order is in Azure. Asks all the same while something
    /// runs.
    pub(super) fn ask_to_quit(&mut self) {
        let running: Vec<String> =
            self.operations.running().map(|operation| operation.what.clone()).collect();
        if running.is_empty() {
            return self.emit(Effect::Quit);
        }
        if self
            .layers
            .iter()
            .any(|dialog| matches!(dialog, Dialog::Confirm(confirm) if confirm.yes == "Quit"))
        {
            return;
        }
        let confirm = Confirm::new("Quit while something runs?", "Quit", Act::Quit)
            .says(format!("Running: {}.", running.join("; ")))
            .says("Azure goes on with what it accepted. What was not sent yet is not sent. Opened again, the wizard stands where the order stands.");
        self.layers.push(Dialog::Confirm(confirm));
    }
}

/// The kinds of script to choose from.
fn scripts() -> impl Iterator<Item = Item> {
    ScriptKind::ALL.iter().map(|kind| Item {
        label: format!("Script: {}", kind.as_str()),
        note: kind.words().to_owned(),
        then: Ok(Act::CopyScript(*kind)),
    })
}
