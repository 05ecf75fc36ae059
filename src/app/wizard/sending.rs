//! Agreeing to a step of the wizard, sending it, and taking in what came of it.

use super::{Around, PageStanding, Wizard};
use crate::app::App;
use crate::app::dialog::{Act, Confirm, Dialog};
use crate::app::effect::Effect;
use crate::app::message::AskId;
use crate::app::operations::{Operations, Outcome, WatchedOperation};
use crate::flow::{self, Consent, FlowName, Key, Observed, Step};
use crate::model::{Problem, ResourceId};
use crate::tables::Tone;

impl Wizard {
    /// Whether what it sent last is under way.
    pub(in crate::app) fn is_sending(&self, operations: &Operations) -> bool {
        self.sent.and_then(|ask| operations.find(ask)).is_some_and(WatchedOperation::is_running)
    }

    /// Shows what would be sent, and asks.
    pub(super) fn confirm(&self, around: &mut Around<'_>) {
        if around.settings.read_only {
            return around.out.say("certdeck runs read-only; nothing is sent", Tone::Soon);
        }
        let PageStanding::At(step) = self.standing() else { return };
        let yes = if step.writes.is_some() { "Write" } else { "Send" };
        let question = step.consent.question(around.settings.production);
        let mut confirm = Confirm::new(&*step.title, yes, Act::Send(Box::new(step.clone())));
        // What is and what will be comes first, then what that stops; what costs or is final says all by
        // itself.
        if !matches!(step.consent, Consent::Typed { .. }) {
            confirm = confirm.says(&*step.explanation);
        }
        if !question.notice.is_empty() && !step.explanation.contains(&question.notice) {
            confirm = confirm.says(question.notice);
        }
        (confirm.on_yes, confirm.word) = (question.begins_on_yes, question.word);
        confirm.plan = step
            .requests
            .iter()
            .flat_map(|request| {
                [request.what.clone(), format!("  {} {}", request.method.as_str(), request.path)]
            })
            .chain(step.writes.iter().flat_map(|file| {
                std::iter::once(file.what.clone())
                    .chain(file.plan().into_iter().map(|line| format!("  {line}")))
            }))
            .collect();
        confirm.has_script = !confirm.plan.is_empty();
        around.layers.push(Dialog::Confirm(confirm));
    }

    /// Shows what the page is after a step was sent. A failure may have changed something all the same: look
    /// before anything else.
    fn go_on_after_sending(&mut self, flow: FlowName, around: &mut Around<'_>) {
        self.derive(around);
        if self.page != flow {
            return;
        }
        self.form.leave();
        let sent = self.sent.and_then(|ask| around.operations.find(ask));
        if matches!(sent.and_then(|sent| sent.ended.as_ref()), Some((_, Outcome::Failed(_)))) {
            self.look(around);
        }
    }
}

impl App {
    /// Sends the requests of the current step, if it is the one that was agreed to: a newer inventory or
    /// another look may have changed it while the question was on screen.
    pub(in crate::app) fn send_step(&mut self, agreed: &Step) {
        let ask = self.ask();
        let Some(wizard) = &mut self.wizard else { return };
        let PageStanding::At(step) = wizard.standing() else { return };
        if step != agreed {
            return self
                .say("nothing was sent: what would be sent changed meanwhile, so read it again", Tone::Soon);
        }
        let (flow, inputs, id, what) = (wizard.page, wizard.inputs.clone(), step.id, step.title.clone());
        wizard.sent = Some(ask);
        wizard
            .sent_to
            .extend(agreed.requests.iter().filter_map(|request| ResourceId::parse(&request.path).ok()));
        (wizard.step, wizard.scroll) = (None, 0);
        wizard.next_look = None;
        let subject = inputs.get(Key::Order).or_else(|| inputs.get(Key::Hostname)).unwrap_or_default();
        let subject = subject.rsplit('/').next().unwrap_or_default();
        let what =
            if subject.is_empty() || what.contains(subject) { what } else { format!("{what}: {subject}") };
        let note = "looks first, then sends".to_owned();
        self.operations.start(WatchedOperation {
            ask,
            what,
            flow,
            step: id,
            started: self.clock.machine,
            note,
            ended: None,
        });
        self.note_before([agreed]);
        self.emit(Effect::PerformStep { ask, flow, inputs, step: Box::new(agreed.clone()) });
    }

    /// What came of a step, whether its wizard is open, on the shelf or on another page.
    pub(in crate::app) fn take_performed(&mut self, ask: AskId, result: Result<Box<Observed>, Problem>) {
        let Some((flow, id, what)) = self
            .operations
            .find(ask)
            .map(|operation| (operation.flow, operation.step, operation.what.clone()))
        else {
            return;
        };
        let is_open = self.wizard.as_ref().is_some_and(|wizard| wizard.sent == Some(ask));
        let (now, rules) = (self.clock.now, std::sync::Arc::clone(&self.settings.rules));
        match result {
            Ok(observed) => {
                let mut touched = None;
                let mut all = self.wizard.iter_mut().chain(&mut self.shelf);
                if let Some(wizard) = all.find(|wizard| wizard.sent == Some(ask)) {
                    let steps = flow::steps(flow, &observed, &wizard.inputs, &rules, now);
                    let page = wizard.of_mut(flow);
                    page.pursuit.accepted(id, now);
                    (page.observed, page.was_seen, page.steps) = (*observed, true, steps);
                    (page.ask, page.failure) = (None, None);
                    touched = Some(wizard.touched());
                    wizard.settle_origin();
                    if !is_open {
                        wizard.forget_secrets();
                    }
                }
                // The page that sent it shows it anyway, and what Enter does next.
                if !is_open {
                    self.say(format!("{what}: accepted"), Tone::Good);
                }
                match touched {
                    Some(places) => self.read_touched(places),
                    None => {
                        self.read_estate(false);
                    }
                }
            }
            Err(problem) => self.show_problem(problem),
        }
        if is_open {
            self.with_wizard(|wizard, around| wizard.go_on_after_sending(flow, around));
        }
    }
}
