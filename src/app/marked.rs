//! A command on all marked rows at once: which flow each row gets, the look at all of them, one agreement for what
//! can be sent, and what came of it.

use super::App;
use super::command::{Entry, Place};
use super::dialog::{Act, Confirm, Dialog, Looking};
use super::effect::Effect;
use super::keymap::entries;
use super::message::AskId;
use super::operations::{Outcome, WatchedOperation};
use super::renewal::RenewalRoute;
use crate::flow::usage::some_of;
use crate::flow::{self, Consent, FlowName, Inputs, Key, MarkedLook, MarkedOutcome, MarkedRow};
use crate::model::{Problem, Row, counted};
use crate::tables::{PaneName, Tone};

/// As many rows are looked at and changed by one agreement.
const MOST: usize = 200;

/// What a command does with one of the marked rows, which are given as well, or why it leaves it out.
pub(super) type OnMarked = fn(&App, Row<'_>, &[Row<'_>]) -> Result<(FlowName, Inputs), String>;

impl App {
    /// Whether commands that can act on several rows mean the marked ones.
    pub(super) fn means_marks(&self) -> bool {
        self.place() == Place::List && self.pane().list.marked() > 0
    }

    /// The commands that act on the marked rows of the open pane, with the word for what each does there; none
    /// where none is marked.
    pub fn commands_on_marked(&self) -> impl Iterator<Item = (&'static Entry, String)> {
        let pane = self.browser.pane;
        let is_of_pane = move |entry: &Entry| match pane {
            PaneName::Private => true,
            PaneName::Public => entry.name == "delete",
            PaneName::Orders | PaneName::Bindings => entry.name != "auto-renew" || pane == PaneName::Orders,
        };
        let means_marks = self.means_marks();
        let acts = move |entry: &&Entry| means_marks && entry.on_marked.is_some() && is_of_pane(entry);
        let possible = entries(Place::List).filter(acts).filter(|entry| entry.possible(self).is_ok());
        possible.map(move |entry| {
            let unbinds = entry.name == "delete" && pane == PaneName::Bindings;
            (entry, if unbinds { FlowName::Unbind.title().to_owned() } else { entry.verb() })
        })
    }

    /// Looks at what the command would do with each marked row.
    pub(super) fn look_at_marked(&mut self, entry: &Entry, on_marked: OnMarked) {
        let marked = self.pane().list.marked();
        if marked > MOST {
            return self.say(format!("{marked} marked rows are too many: mark at most {MOST}"), Tone::Soon);
        }
        let (rows, left_out) = self.sort_out_marked(on_marked);
        let title = match rows.first() {
            Some(first) if rows.iter().all(|row| row.flow == first.flow) => first.flow.title().to_owned(),
            _ => entry.verb(),
        };
        let title = format!("{title}: {} marked", counted(marked, "row"));
        if rows.is_empty() {
            let why = format!("No marked row allows it: {}.", some_of(&left_out));
            return self.show_problem(Problem::new(title, why));
        }
        let ask = self.ask();
        self.layers.push(Dialog::Looking(Looking { ask, title, rows: rows.len(), left_out }));
        self.emit(Effect::LookAtMarked { ask, rows });
    }

    /// The rows that get a flow, and in words those that do not.
    fn sort_out_marked(&self, on_marked: OnMarked) -> (Vec<MarkedRow>, Vec<String>) {
        let (mut rows, mut left_out): (Vec<MarkedRow>, _) = (Vec::new(), Vec::new());
        let marked: Vec<Row<'_>> = self.browser.marked_rows(&self.inventory.estate).collect();
        for row in marked.iter().copied() {
            let (id, name) = (row.id(), row.id().name().to_owned());
            match on_marked(self, row, &marked) {
                Err(why) => left_out.push(format!("{name} ({why})")),
                // Certificates of one order, say, are renewed together.
                Ok((flow, inputs)) if rows.iter().any(|one| one.flow == flow && one.inputs == inputs) => {}
                Ok((flow, inputs)) => rows.push(MarkedRow { id, name, flow, inputs }),
            }
        }
        (rows, left_out)
    }

    /// Everything was looked at: what can be sent is agreed to at once.
    pub(super) fn take_marked_looks(&mut self, asked: AskId, result: Result<Vec<MarkedLook>, Problem>) {
        let is_it = |dialog: &Dialog| matches!(dialog, Dialog::Looking(looking) if looking.ask == asked);
        let Some(Dialog::Looking(looking)) = self.layers.iter().find(|dialog| is_it(dialog)).cloned() else {
            return;
        };
        self.layers.close(is_it);
        let looks = match result {
            Ok(looks) => looks,
            Err(problem) => return self.show_problem(problem),
        };
        let mut left_out = looking.left_out;
        let mut ready: Vec<MarkedLook> = Vec::new();
        for look in looks {
            match &look.next {
                Ok(_) => ready.push(look),
                Err(why) => left_out.push(format!("{} ({why})", look.row.name)),
            }
        }
        if ready.is_empty() {
            let why = format!("Nothing can be sent for any of them: {}.", some_of(&left_out));
            return self.show_problem(Problem::new(looking.title, why));
        }
        let steps = || ready.iter().filter_map(|look| look.next.as_ref().ok());
        let question =
            Consent::question_of_several(steps().map(|step| &step.consent), self.settings.production);
        let names: Vec<String> = ready.iter().map(|look| look.row.name.clone()).collect();
        let mut plan = Vec::new();
        for (look, step) in ready.iter().zip(steps()) {
            plan.push(format!("{}: {}", look.row.name, step.title));
            plan.extend(step.requests.iter().map(|one| format!("  {} {}", one.method.as_str(), one.path)));
        }
        let what =
            format!("One after the other, and no further after the first that fails: {}.", some_of(&names));
        let mut confirm =
            Confirm::new(looking.title.clone(), "Send", Act::SendMarked(looking.title, ready)).says(what);
        if !question.notice.is_empty() {
            confirm = confirm.says(question.notice);
        }
        if !left_out.is_empty() {
            let are = if left_out.len() == 1 { "One is" } else { "Some are" };
            confirm = confirm.says(format!("{are} left out: {}.", some_of(&left_out)));
        }
        (confirm.on_yes, confirm.word, confirm.plan) = (question.begins_on_yes, question.word, plan);
        self.layers.push(Dialog::Confirm(confirm));
    }

    pub(super) fn send_marked(&mut self, what: String, agreed: Vec<MarkedLook>) {
        let ask = self.ask();
        let Some((flow, step)) =
            agreed.iter().find_map(|look| Some((look.row.flow, look.next.as_ref().ok()?.id)))
        else {
            return;
        };
        self.operations.start(WatchedOperation {
            ask,
            what,
            flow,
            step,
            started: self.clock.machine,
            note: "looks first, then sends".to_owned(),
            ended: None,
        });
        self.note_before(agreed.iter().filter_map(|look| look.next.as_deref().ok()));
        self.emit(Effect::PerformMarked { ask, agreed });
    }

    /// What is done is not marked any more; what failed and what was not begun still is.
    pub(super) fn take_marked_outcome(&mut self, ask: AskId, outcome: Box<MarkedOutcome>) {
        let Some(what) = self.operations.find(ask).map(|operation| operation.what.clone()) else { return };
        let MarkedOutcome { done, failed, left, touched } = *outcome;
        for pane in &mut self.browser.panes {
            pane.list.unmark(&done);
        }
        let problem = failed.map(|(name, problem)| stopped(&name, problem, done.len(), &left));
        let ended = problem.clone().map_or(Outcome::Succeeded, Outcome::Failed);
        self.operations.end(ask, self.clock.machine, ended);
        self.ask_goal();
        match problem {
            Some(problem) => self.show_problem(problem),
            None if left.is_empty() => self.say(format!("{what}: {} accepted", done.len()), Tone::Good),
            None => self.say(
                format!("{what}: {} accepted, stopped before {}", done.len(), some_of(&left)),
                Tone::Soon,
            ),
        }
        self.read_touched(touched);
    }

    /// `d`: what the pane removes.
    pub(super) fn delete_marked(&self, row: Row<'_>, _: &[Row<'_>]) -> Result<(FlowName, Inputs), String> {
        self.flow_on(self.deletion()?, row)
    }

    /// `r`: by the way that fits where the certificate came from.
    pub(super) fn renew_marked(&self, row: Row<'_>, _: &[Row<'_>]) -> Result<(FlowName, Inputs), String> {
        match self.renewal_of(row)? {
            RenewalRoute::Order(order) => {
                self.may_order()?;
                Ok((FlowName::Renew, self.suggested(FlowName::Renew, self.inputs_of_order(&order))))
            }
            RenewalRoute::Sync => self.flow_on(FlowName::Sync, row),
            RenewalRoute::Vault(_) => Err("its vault gets the next version: r on this row says how".into()),
            RenewalRoute::Managed(_) => Err("Azure renews it".into()),
            RenewalRoute::Upload => Err("it needs its own file: press r on this row alone".into()),
        }
    }

    pub(super) fn sync_marked(&self, row: Row<'_>, _: &[Row<'_>]) -> Result<(FlowName, Inputs), String> {
        self.flow_on(FlowName::Sync, row)
    }

    /// `A`: all on, where one of them is off; all off otherwise.
    pub(super) fn auto_renew_marked(
        &self,
        row: Row<'_>,
        marked: &[Row<'_>],
    ) -> Result<(FlowName, Inputs), String> {
        self.may_order()?;
        let estate = &self.inventory.estate;
        let mut orders = marked.iter().filter_map(|row| row.order(estate)).filter_map(|id| estate.order(&id));
        let wanted = if orders.any(|order| !order.auto_renew) { "yes" } else { "no" };
        let (flow, inputs) = self.flow_on(FlowName::AutoRenew, row)?;
        Ok((flow, inputs.with(Key::AutoRenew, wanted)))
    }

    /// A flow with the first values that a row and the suggestions of its form give, where it fits the row.
    fn flow_on(&self, flow: FlowName, row: Row<'_>) -> Result<(FlowName, Inputs), String> {
        (flow.definition().fits)(&self.basis(), Some(row))?;
        let order = row.order(&self.inventory.estate).filter(|_| flow.definition().about.takes_order(row));
        let inputs = match order {
            Some(order) => self.inputs_of_order(&order),
            None => flow.definition().about.inputs(&self.basis(), Some(row)).1,
        };
        Ok((flow, self.suggested(flow, inputs)))
    }

    fn suggested(&self, flow: FlowName, mut inputs: Inputs) -> Inputs {
        flow::suggest(flow, &self.inventory.estate, &mut inputs);
        inputs
    }
}

/// Why it went no further, with what was done and what was not.
fn stopped(name: &str, problem: Problem, done: usize, left: &[String]) -> Problem {
    let so_far = match (done, left) {
        (0, []) => String::new(),
        (done, []) => format!(" Before it {} accepted.", were(done)),
        (done, left) => format!(" Before it {} accepted; not begun: {}.", were(done), some_of(left)),
    };
    Problem {
        what: format!("{name}: {}", problem.what),
        why: format!("{}.{so_far}", problem.why.trim_end_matches('.')),
        ..problem
    }
}

fn were(done: usize) -> String {
    let verb = if done == 1 { "was" } else { "were" };
    format!("{} {verb}", counted(done, "row"))
}
