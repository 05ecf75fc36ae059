//! The wizard of an order: its pages, the form of each, and the steps as they stand. It keeps no progress of
//! its own: check marks come from what was observed. What was typed stays, also after Esc.

mod journey;
mod keys;
mod looks;
mod pick;
mod practice;
mod sending;

pub use journey::pane_of;

use jiff::{SignedDuration, Timestamp};

use super::Settings;
use super::clock::Clock;
use super::form::Form;
use super::inventory::Inventory;
use super::layers::Layers;
use super::message::AskId;
use super::operations::Operations;
use super::outbox::Outbox;
use crate::flow::{
    self, FieldKind, FlowName, Inputs, Key, Observed, Pursuit, Seen, Step, StepId, StepStatus, WantedRecord,
};
use crate::model::{Estate, Problem, ResourceId};
use crate::rules::Rules;

/// What the wizard was opened for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A purchase that is not made yet.
    New,
    Order(ResourceId),
    /// A flow by itself, on what the cursor was on.
    Alone(FlowName, Option<ResourceId>),
}

/// What is known of one page.
#[derive(Debug, Clone, Default)]
pub struct Page {
    pub observed: Observed,
    pub was_seen: bool,
    /// The look that is under way.
    pub ask: Option<AskId>,
    pub failure: Option<Problem>,
    pub steps: Vec<Step>,
    /// What was sent of it, and how often it was looked at since.
    pursuit: Pursuit,
}

impl Page {
    pub fn is_done(&self) -> bool {
        self.was_seen && !self.steps.is_empty() && self.steps.iter().all(|step| step.status.is_over())
    }
}

/// Where a page stands: what Enter does next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PageStanding<'a> {
    /// Not observed yet.
    Looking,
    Done,
    /// The first step that is not over.
    At(&'a Step),
}

/// What the wizard reads of the rest of the program, and where it puts what it asks and shows.
pub(in crate::app) struct Around<'a> {
    settings: &'a Settings,
    clock: &'a Clock,
    inventory: &'a Inventory,
    operations: &'a Operations,
    layers: &'a mut Layers,
    out: &'a mut Outbox,
}

#[derive(Debug, Clone)]
pub struct Wizard {
    pub origin: Origin,
    page: FlowName,
    pub inputs: Inputs,
    /// While no field has the keys, the steps have them.
    pub form: Form,
    pages: [Page; FlowName::ALL.len()],
    /// The step whose explanation is read; none means the current one.
    step: Option<usize>,
    pub shows_plan: bool,
    /// How far the reading of a step is scrolled; the view keeps it within the text.
    pub scroll: usize,
    /// Where its requests went.
    sent_to: Vec<ResourceId>,
    /// The operation that was sent last.
    pub sent: Option<AskId>,
    /// What the practice cloud was asked to play, until it answers.
    pub(super) practising: Option<AskId>,
    /// Whether it still looks for the first page that is not done.
    is_finding_place: bool,
    next_look: Option<Timestamp>,
    /// Whether Enter was pressed while it still looked.
    is_eager: bool,
}

impl Wizard {
    pub fn new(origin: Origin, page: FlowName, inputs: Inputs) -> Self {
        Self {
            origin,
            page,
            inputs,
            form: Form::new(true),
            pages: Default::default(),
            step: None,
            shows_plan: false,
            scroll: 0,
            sent_to: Vec::new(),
            sent: None,
            practising: None,
            is_finding_place: false,
            next_look: None,
            is_eager: false,
        }
    }

    pub fn page(&self) -> FlowName {
        self.page
    }

    /// The places that its changes can have touched, and those that it is about.
    pub(in crate::app) fn touched(&self) -> Vec<ResourceId> {
        let named = [flow::order_id(&self.inputs), flow::app_id(&self.inputs), flow::vault_id(&self.inputs)];
        let certificate = self.inputs.get(Key::Certificate).and_then(|id| ResourceId::parse(id).ok());
        let about = named.into_iter().flatten().chain(certificate);
        self.sent_to.iter().cloned().chain(about).collect()
    }

    /// The pages that this wizard goes through.
    pub fn pages(&self) -> &'static [FlowName] {
        match &self.origin {
            Origin::New | Origin::Order(_) => FlowName::OF_AN_ORDER,
            Origin::Alone(flow, _) => flow.definition().pages,
        }
    }

    /// The page that Enter leads to once this one is done; none after the last.
    pub fn next_page(&self) -> Option<FlowName> {
        let at = self.pages().iter().position(|page| *page == self.page)?;
        self.pages().get(at + 1).copied()
    }

    pub fn of(&self, page: FlowName) -> &Page {
        &self.pages[page as usize]
    }

    fn of_mut(&mut self, page: FlowName) -> &mut Page {
        &mut self.pages[page as usize]
    }

    pub fn current(&self) -> &Page {
        self.of(self.page)
    }

    pub fn is_done(&self, page: FlowName) -> bool {
        self.of(page).is_done()
    }

    pub(super) fn next_look(&self) -> Option<Timestamp> {
        self.next_look
    }

    /// Forgets passwords, and the key that was read with them.
    fn forget_secrets(&mut self) {
        self.form.masked.set("");
        self.inputs.forget_secrets();
        for page in &mut self.pages {
            if page.observed.file.take().is_some() || page.steps.iter().any(|step| step.writes.is_some()) {
                page.steps.iter_mut().for_each(|step| (step.requests, step.writes) = (Vec::new(), None));
            }
        }
    }

    /// Derives fields, refusals and steps again from what was typed and what was seen. `now` is the cloud's
    /// time, by which steps are judged, `machine` the one by which the next look is planned.
    fn derive_from(&mut self, estate: &Estate, rules: &Rules, clock: &Clock) {
        let now = clock.now;
        let own = self.own_refusals(estate);
        let page = &self.pages[self.page as usize];
        let flow::Standing { fields, refusals, mut steps } =
            flow::standing(self.page, &page.observed, &self.inputs, rules, now);
        page.pursuit.settle(&mut steps, now);
        for step in &mut steps {
            // What is waited for began, as far as is known here, when something was sent last (A190).
            if let StepStatus::Waiting { since: since @ None, .. } = &mut step.status {
                *since = page.pursuit.last_sent_at();
            }
        }
        if let Some((key, why)) = own.first() {
            for step in
                steps.iter_mut().filter(|step| step.status == StepStatus::Ready || step.id == StepId::BUY)
            {
                step.status = StepStatus::NeedsInput { key: *key, why: why.clone() };
            }
        }
        self.form.refusals = own.into_iter().chain(refusals).collect();
        self.of_mut(self.page).steps = steps;
        self.form.show(if self.is_bought() { Vec::new() } else { fields }, &self.inputs);
        self.plan_next_look(clock.machine);
    }

    /// What is bought is bought: its page has nothing to fill in, only to read.
    fn is_bought(&self) -> bool {
        let is_gone = self.of(FlowName::Purchase).observed.order.is_absent();
        self.page == FlowName::Purchase && matches!(self.origin, Origin::Order(_)) && !is_gone
    }

    /// A name that is taken is refused where it is typed, and so is another name than that of the order that
    /// the wizard is about: an order is never taken over, nor bought, by accident.
    fn own_refusals(&self, estate: &Estate) -> Vec<(Key, String)> {
        let typed = flow::order_id(&self.inputs);
        let why = match (&self.origin, typed) {
            (Origin::New, Some(id))
                if self.page == FlowName::Purchase && self.sent.is_none() && estate.order(&id).is_some() =>
            {
                format!(
                    "an order '{}' exists in this resource group: press w in Orders to continue that one",
                    id.name()
                )
            }
            (Origin::Order(own), typed) if typed.as_ref() != Some(own) => {
                let (name, group) = (own.name(), own.resource_group());
                format!(
                    "these are the steps of the order '{name}' in {group}; :purchase in the panes buys another one"
                )
            }
            _ => return Vec::new(),
        };
        vec![(Key::Order, why)]
    }

    /// The DNS records that the current step waits for.
    pub(in crate::app) fn wanted_records(&self) -> &[WantedRecord] {
        match self.standing() {
            PageStanding::At(step) => &step.wanted,
            PageStanding::Looking | PageStanding::Done => &[],
        }
    }

    /// Why the value of a field cannot be used, if it cannot.
    pub fn refusal(&self, key: Key) -> Option<&str> {
        self.form.refusal(key)
    }

    /// Why this value would be refused, if it would.
    fn would_refuse(&self, key: Key, value: &str, rules: &Rules, now: Timestamp) -> Option<String> {
        let inputs = self.inputs.clone().with(key, value);
        let refusals = flow::refusals(self.page, &self.current().observed, &inputs, rules, now);
        refusals.into_iter().find(|(refused, _)| *refused == key).map(|(_, why)| why)
    }

    /// Whether the form has this field and its value was refused.
    pub fn is_lacking(&self, key: Key) -> bool {
        self.refusal(key).is_some() && self.form.place_of(key).is_some()
    }

    /// The names that the certificate would carry, while its domain is typed (A77).
    pub fn secures(&self) -> Option<Vec<String>> {
        (self.page == FlowName::Purchase).then(|| flow::secures(&self.inputs)).flatten()
    }

    pub fn standing(&self) -> PageStanding<'_> {
        let page = self.current();
        let Some(step) = flow::current(&page.steps) else {
            return if page.is_done() { PageStanding::Done } else { PageStanding::Looking };
        };
        // What the form itself lacks is known before anything was seen.
        match step.status {
            StepStatus::NeedsInput { key, .. } if self.is_lacking(key) => PageStanding::At(step),
            _ if !page.was_seen => PageStanding::Looking,
            _ => PageStanding::At(step),
        }
    }

    fn plan_next_look(&mut self, machine: Timestamp) {
        let pause = match self.standing() {
            PageStanding::At(Step { status: StepStatus::Waiting { next_poll, .. }, .. }) => {
                SignedDuration::try_from(self.current().pursuit.pause(*next_poll)).ok()
            }
            _ => None,
        };
        // A look that failed is repeated by hand only; one that is under way plans the next by its answer.
        let idle = self.current().ask.is_none() && self.current().failure.is_none();
        self.next_look = pause.filter(|_| idle).and_then(|pause| machine.checked_add(pause).ok());
    }

    /// The step whose explanation is shown.
    pub fn shown_step(&self) -> usize {
        let steps = &self.current().steps;
        let standing = steps
            .iter()
            .position(|step| !step.status.is_over())
            .unwrap_or_else(|| steps.len().saturating_sub(1));
        self.step.unwrap_or(standing).min(steps.len().saturating_sub(1))
    }

    /// Whether the reader moved away from the current step.
    pub fn is_reading_other_step(&self) -> bool {
        self.step.is_some()
    }

    /// Label and value of everything on the page that is worth copying: the facts of the step shown first.
    fn facts(&self) -> impl Iterator<Item = &(String, String)> {
        let shown = self.shown_step();
        let steps = &self.current().steps;
        let others =
            steps.iter().enumerate().filter(move |(at, _)| *at != shown).flat_map(|(_, step)| &step.facts);
        steps.get(shown).into_iter().flat_map(|step| &step.facts).chain(others)
    }

    /// Whether a script of the steps would have a request in it.
    pub(super) fn has_something_to_send(&self) -> bool {
        self.current().steps.iter().any(|step| step.status == StepStatus::Ready && step.acts())
    }

    pub(super) fn copies(&self) -> Vec<(String, String)> {
        let mut copies: Vec<_> = self.facts().cloned().collect();
        let typed = self
            .form
            .fields
            .iter()
            .filter_map(|field| Some((field.label.to_owned(), self.inputs.get(field.key)?.to_owned())));
        copies.extend(typed);
        copies
    }

    /// What was picked for a field, by its name.
    pub(crate) fn picked(&self, field: &flow::Field, estate: &Estate) -> String {
        let value = self.inputs.typed(field.key);
        match field.kind {
            FieldKind::Pick { of, .. } => pick::label(of, value, estate),
            _ => value.to_owned(),
        }
    }

    pub fn focused_field(&self) -> Option<&flow::Field> {
        self.form.focused_field()
    }

    /// The order as seen by the page that is open, or any other page of this wizard.
    fn order(&self) -> Option<&crate::model::Order> {
        let here = self.current().observed.order.here();
        here.or_else(|| self.pages.iter().find_map(|page| page.observed.order.here()))
    }

    /// Once the order exists, the wizard is about it.
    fn settle_origin(&mut self) {
        if self.origin == Origin::New
            && let Seen::Here(order) = &self.of(FlowName::Purchase).observed.order
            && self.is_done(FlowName::Purchase)
        {
            self.origin = Origin::Order(order.id.clone());
        }
    }
}
