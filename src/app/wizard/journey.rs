//! The way of the wizard through its pages: opening, looking, sending, going on.

use super::{Origin, PageStanding, Wizard};
use crate::app::App;
use crate::app::dialog::{Act, Confirm, Dialog};
use crate::app::effect::Effect;
use crate::app::message::AskId;
use crate::app::operations::WatchedOperation;
use crate::flow::{self, Consent, FlowName, Inputs, Key, Observed, Step, StepStatus, Subject, suggest};
use crate::model::Progress;
use crate::model::{Order, Problem, ResourceId};
use crate::tables::{PaneName, Tone};

impl App {
    /// A flow by its name, on what the cursor is on where that fits.
    pub(in crate::app) fn open_flow(&mut self, flow: FlowName) {
        match flow.definition().about {
            Subject::Nothing if flow == FlowName::Purchase => {
                self.open_wizard(Origin::New, flow, Inputs::default(), false);
            }
            Subject::Order => match self.selected_order() {
                Ok(id) if FlowName::OF_AN_ORDER.contains(&flow) => self.open_order(&id, flow, false),
                Ok(id) => self.open_about_order(flow, &id),
                Err(why) => self.say(why, Tone::Soon),
            },
            Subject::Renewable if self.browser.pane == PaneName::Orders => {
                if let Some(id) = self.selected().cloned() {
                    self.open_about_order(flow, &id);
                }
            }
            Subject::Certificate
                if flow == FlowName::RebindAll && self.browser.pane == PaneName::Bindings =>
            {
                let inputs = self.marked_hostnames();
                self.shelf.retain(|wizard| wizard.origin != Origin::Alone(flow, None));
                self.open_alone(flow, None, inputs);
            }
            about => {
                let (id, inputs) = about.inputs(&self.basis(), self.row());
                self.open_alone(flow, id, inputs);
            }
        }
    }

    /// What is on the shelf for this row goes on where it was left.
    fn open_alone(&mut self, flow: FlowName, about: Option<ResourceId>, inputs: Inputs) {
        let first = flow.definition().pages.first().copied().unwrap_or(flow);
        self.open_wizard(Origin::Alone(flow, about), first, inputs, false);
    }

    /// What is changed of an order that exists: the form begins with what is there, not with what was bought.
    pub(in crate::app) fn open_about_order(&mut self, flow: FlowName, id: &ResourceId) {
        let mut inputs = Inputs::default()
            .with(Key::Subscription, id.subscription_id())
            .with(Key::ResourceGroup, id.resource_group())
            .with(Key::Order, id.name());
        if let Some(order) = self.inventory.estate.order(id) {
            inputs.set(Key::Domain, &*order.domain);
        }
        self.open_alone(flow, Some(id.clone()), inputs);
    }

    /// `w`: the order under the cursor, at the first page that is not done.
    pub(in crate::app) fn open_order_wizard(&mut self) {
        if let Ok(id) = self.selected_order() {
            self.open_order(&id, FlowName::Purchase, true);
        }
    }

    fn open_order(&mut self, id: &ResourceId, page: FlowName, finds_place: bool) {
        let inputs = order_inputs(id, self.inventory.estate.order(id));
        self.open_wizard(Origin::Order(id.clone()), page, inputs, finds_place);
    }

    /// The hostnames that are marked in Bindings, or the one under the cursor, for a flow about several; the
    /// certificate is yet to be chosen.
    fn marked_hostnames(&self) -> Inputs {
        let (list, mut inputs) = (&self.pane().list, Inputs::default());
        let mut meant: Vec<&ResourceId> = list.marks().collect();
        if meant.is_empty() {
            meant.extend(self.selected());
        }
        if let Some(first) = meant.first() {
            inputs.set(Key::Subscription, first.subscription_id());
            inputs.set(Key::ResourceGroup, first.resource_group());
        }
        inputs.set(Key::Only, meant.iter().map(|id| id.name()).collect::<Vec<_>>().join(", "));
        inputs
    }

    fn open_wizard(&mut self, origin: Origin, page: FlowName, inputs: Inputs, finds_place: bool) {
        let shelved = self.shelf.iter().position(|wizard| wizard.origin == origin);
        let mut wizard =
            shelved.map_or_else(|| Wizard::new(origin, page, inputs), |at| self.shelf.swap_remove(at));
        if !(wizard.origin == Origin::New) {
            wizard.page = page;
        }
        wizard.is_finding_place = finds_place;
        self.browser.detail = None;
        self.wizard = Some(wizard);
        self.enter_page();
    }

    /// Fills in what is known, derives the form, and looks at the cloud.
    fn enter_page(&mut self) {
        let Some(wizard) = &mut self.wizard else { return };
        suggest(wizard.page, &self.inventory.estate, &mut wizard.inputs);
        (wizard.step, wizard.scroll) = (None, 0);
        wizard.is_eager = false;
        wizard.form.leave();
        self.derive_wizard();
        self.focus_on_what_is_missing();
        self.observe_page();
    }

    /// The first field that was refused, or that is empty; else the steps.
    fn focus_on_what_is_missing(&mut self) {
        let Some(wizard) = &self.wizard else { return };
        let missing = wizard.form.fields.iter().position(|field| wizard.refusal(field.key).is_some());
        self.focus_on(missing.unwrap_or(usize::MAX));
    }

    /// The next page; after the last, back to the panes.
    pub(super) fn turn_page(&mut self) {
        let Some(wizard) = &mut self.wizard else { return };
        wizard.settle_origin();
        if let Some(certificate) = flow::added(wizard.page, &wizard.current().observed, &wizard.inputs) {
            let id = certificate.id.as_str().to_owned();
            wizard.inputs.set(Key::Certificate, id);
            wizard.forget_secrets();
        }
        if let Some(next) = wizard.next_page() {
            wizard.page = next;
            return self.enter_page();
        }
        let flow = wizard.page.definition();
        let (pane, left) = landing(flow.leaves, &wizard.inputs);
        let touched = wizard.touched();
        self.wizard = None;
        if pane == PaneName::Public
            && let Some(app) = left.as_ref().and_then(ResourceId::site)
        {
            self.public_changed(app);
        }
        match &left {
            Some(id) => self.show(pane, id),
            None => self.show_pane(pane),
        }
        self.read_touched(touched);
        let name = left.as_ref().map(|id| format!("{}: ", id.name())).unwrap_or_default();
        self.say(format!("{name}{}", flow.done), Tone::Good);
    }

    /// Whether a page is done, from what the wizard saw of it, or else from the inventory.
    pub fn is_page_done(&self, wizard: &Wizard, page: FlowName) -> bool {
        if wizard.of(page).was_seen {
            return wizard.is_done(page);
        }
        let Origin::Order(id) = &wizard.origin else { return false };
        let Some(order) = self.inventory.estate.order(id) else { return page == FlowName::Purchase };
        let Progress { stored, verified, imported } = order.progress(&self.inventory.estate);
        match page {
            FlowName::Purchase => true,
            FlowName::Store => stored,
            FlowName::Verify => verified,
            FlowName::ImportOrder => imported,
            _ => false,
        }
    }

    pub(in crate::app) fn derive_wizard(&mut self) {
        if let Some(wizard) = &mut self.wizard {
            wizard.derive(&self.inventory.estate, &self.settings.rules, self.clock.now, self.clock.machine);
        }
    }

    /// A newer inventory may suggest what was not known when the page was entered: the app of an order just
    /// bought.
    pub(in crate::app) fn wizard_sees_estate(&mut self) {
        let picked = match self.layers.top() {
            Some(Dialog::Choose(choose)) => choose.fills,
            _ => None,
        };
        let Some(wizard) = &mut self.wizard else { return };
        let before = wizard.inputs.clone();
        suggest(wizard.page, &self.inventory.estate, &mut wizard.inputs);
        // A field in which a person types or chooses keeps their value.
        let typed_in = picked
            .or_else(|| wizard.focused_field().map(|field| field.key).filter(|_| wizard.form.is_edited()));
        if typed_in.is_some_and(|key| before.get(key) != wizard.inputs.get(key)) {
            wizard.inputs = before.clone();
        }
        let is_changed = before != wizard.inputs;
        let is_focus_filled = wizard
            .focused_field()
            .is_some_and(|field| before.get(field.key).is_none() && wizard.inputs.get(field.key).is_some());
        self.derive_wizard();
        if is_focus_filled {
            self.focus_on_what_is_missing();
        }
        if is_changed {
            self.observe_page();
        }
        self.refill_picker();
    }

    /// Looks at what the page is about; an older look is not waited for any more.
    pub(in crate::app) fn observe_page(&mut self) {
        let ask = self.ask();
        let Some(wizard) = &mut self.wizard else { return };
        // What was typed meanwhile may suggest better values for the rest, such as the group of the domain's
        // app.
        suggest(wizard.page, &self.inventory.estate, &mut wizard.inputs);
        let (flow, inputs) = (wizard.page, wizard.inputs.clone());
        wizard.next_look = None;
        if let Some(old) = wizard.of_mut(flow).ask.replace(ask) {
            self.emit(Effect::Forget { ask: old });
        }
        self.emit(Effect::Observe { ask, flow, inputs });
        self.derive_wizard();
    }

    pub(in crate::app) fn look_again_if_due(&mut self) {
        let now = self.clock.machine;
        if let Some(wizard) =
            self.wizard.as_mut().filter(|wizard| wizard.next_look().is_some_and(|due| due <= now))
        {
            wizard.of_mut(wizard.page).pursuit.looked();
            self.observe_page();
        }
    }

    pub(in crate::app) fn take_observed(&mut self, ask: AskId, result: Result<Box<Observed>, Problem>) {
        let Some(wizard) = &mut self.wizard else { return };
        let Some(flow) = FlowName::ALL.iter().copied().find(|flow| wizard.of(*flow).ask == Some(ask)) else {
            return;
        };
        let page = wizard.of_mut(flow);
        page.ask = None;
        match result {
            Ok(observed) => {
                (page.observed, page.was_seen, page.failure) = (*observed, true, None);
            }
            Err(problem) => page.failure = Some(problem),
        }
        self.derive_wizard();
        self.refill_picker();
        self.find_place();
        if self.out.notice.as_ref().is_some_and(|notice| notice.tone == Tone::Plain) {
            self.out.notice = None;
        }
        self.go_on_if_eager();
    }

    /// Enter was pressed while certdeck looked: now it is known what Enter means. It never sends without
    /// asking.
    fn go_on_if_eager(&mut self) {
        let Some(wizard) = &mut self.wizard else { return };
        let was_eager = std::mem::take(&mut wizard.is_eager);
        let waits = matches!(wizard.standing(), PageStanding::At(step) if matches!(step.status, StepStatus::Waiting { .. }));
        if was_eager
            && !waits
            && wizard.current().ask.is_none()
            && wizard.current().failure.is_none()
            && self.layers.is_empty()
        {
            self.do_step();
        }
    }

    /// An order that is reopened goes on at the first page that is not done.
    fn find_place(&mut self) {
        let Some(wizard) = &mut self.wizard else { return };
        if !wizard.is_finding_place {
            return;
        }
        if wizard.current().is_done() && wizard.page != FlowName::Bind {
            self.turn_page();
        } else {
            wizard.is_finding_place = false;
            self.focus_on_what_is_missing();
        }
    }

    /// Shows what would be sent, and asks.
    pub(super) fn confirm_step(&mut self) {
        if self.settings.read_only {
            return self.say("certdeck runs read-only; nothing is sent", Tone::Soon);
        }
        let Some(PageStanding::At(step)) = self.wizard.as_ref().map(|wizard| wizard.standing()) else {
            return;
        };
        let yes = if step.writes.is_some() { "Write" } else { "Send" };
        let question = step.consent.question(self.settings.production);
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
        self.layers.push(Dialog::Confirm(confirm));
    }

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
            self.derive_wizard();
            if self.wizard.as_ref().is_some_and(|wizard| wizard.page == flow) {
                self.focus_after_sending();
            }
        }
    }

    /// A failure may have changed something all the same: look before anything else.
    fn focus_after_sending(&mut self) {
        if let Some(wizard) = &mut self.wizard {
            wizard.form.leave();
        }
        let failed =
            self.wizard.as_ref().and_then(|wizard| wizard.sent).and_then(|ask| self.operations.find(ask));
        let failed = failed.and_then(|operation| operation.ended.as_ref());
        if matches!(failed, Some((_, crate::app::operations::Outcome::Failed(_)))) {
            self.observe_page();
        }
    }
}

/// The pane that shows what a flow left behind.
pub fn pane_of(leaves: Subject) -> PaneName {
    match leaves {
        Subject::Nothing | Subject::Order => PaneName::Orders,
        Subject::Certificate | Subject::Renewable => PaneName::Private,
        Subject::PublicCertificate => PaneName::Public,
        Subject::Binding | Subject::Hostname | Subject::App => PaneName::Bindings,
    }
}

/// Where the screen goes after the last page: the pane, and the row of what was made or changed.
fn landing(leaves: Subject, inputs: &Inputs) -> (PaneName, Option<ResourceId>) {
    let child = |kind: &str, key| Some(flow::app_id(inputs)?.child(kind, inputs.get(key)?));
    let id = match leaves {
        Subject::Order => flow::order_id(inputs),
        Subject::Certificate | Subject::Renewable => {
            inputs.get(Key::Certificate).and_then(|id| ResourceId::parse(id).ok())
        }
        Subject::PublicCertificate => child("publicCertificates", Key::Name),
        Subject::Binding | Subject::Hostname => child("hostNameBindings", Key::Hostname),
        Subject::Nothing | Subject::App => None,
    };
    (pane_of(leaves), id)
}

/// What is known of an order before anything is observed.
fn order_inputs(id: &ResourceId, order: Option<&Order>) -> Inputs {
    let mut inputs = Inputs::default()
        .with(Key::Subscription, id.subscription_id())
        .with(Key::ResourceGroup, id.resource_group())
        .with(Key::Order, id.name());
    if let Some(order) = order {
        inputs.set(Key::Domain, &*order.domain);
        inputs.set(Key::AutoRenew, if order.auto_renew { "yes" } else { "no" });
        if let Some(product) = order.product {
            inputs.set(Key::Product, product.words());
        }
    }
    inputs
}
