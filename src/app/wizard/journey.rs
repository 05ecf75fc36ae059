//! The way of the wizard through the program: opening, turning pages, leaving, and what it leaves to be done.

use super::keys::Left;
use super::{Around, Origin, Wizard};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::key::Key as KeyPress;
use crate::app::message::AskId;
use crate::flow::{self, FlowName, Inputs, Key, Observed, Subject};
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
                // What is typed belongs to the row, also where the row gives the form nothing.
                let id = id.or_else(|| self.selected().cloned());
                self.open_alone(flow, id, inputs);
            }
        }
    }

    /// What is on the shelf for this row goes on where it was left.
    pub(in crate::app) fn open_alone(&mut self, flow: FlowName, about: Option<ResourceId>, inputs: Inputs) {
        let first = flow.definition().pages.first().copied().unwrap_or(flow);
        self.open_wizard(Origin::Alone(flow, about), first, inputs, false);
    }

    /// What is changed of an order that exists: the form begins with what is there, not with what was bought.
    pub(in crate::app) fn open_about_order(&mut self, flow: FlowName, id: &ResourceId) {
        self.open_alone(flow, Some(id.clone()), self.inputs_of_order(id));
    }

    /// The first values of a form about an order.
    pub(in crate::app) fn inputs_of_order(&self, id: &ResourceId) -> Inputs {
        let mut inputs = Inputs::default()
            .with(Key::Subscription, id.subscription_id())
            .with(Key::ResourceGroup, id.resource_group())
            .with(Key::Order, id.name());
        if let Some(order) = self.inventory.estate.order(id) {
            inputs.set(Key::Domain, &*order.domain);
        }
        inputs
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
        let left = self.with_wizard(Wizard::enter_page);
        self.do_left(left);
    }

    /// The next page; after the last, back to the panes.
    pub(super) fn turn_page(&mut self) {
        let Some(wizard) = &mut self.wizard else { return };
        wizard.settle_origin();
        if let Some(certificate) = flow::added(wizard.page, &wizard.current().observed, &wizard.inputs) {
            let id = certificate.id.as_str().to_owned();
            let app = flow::app_id(&wizard.inputs).and_then(|id| self.inventory.estate.app(&id));
            if let Some(host) = app.and_then(|app| flow::first_covered(app, certificate)).cloned() {
                wizard.inputs.suggest(Key::Hostname, host.as_str());
            }
            wizard.inputs.set(Key::Certificate, id);
            wizard.forget_secrets();
        }
        if let Some(next) = wizard.next_page() {
            wizard.page = next;
            let left = self.with_wizard(Wizard::enter_page);
            if let Some(wizard) = &mut self.wizard {
                wizard.goes_on_eagerly();
            }
            return self.do_left(left);
        }
        let flow = wizard.page.definition();
        let (pane, left) = landing(flow.leaves, &wizard.inputs);
        let touched = wizard.touched();
        if wizard.origin == Origin::Alone(FlowName::RebindAll, None) {
            // What was marked for it is done.
            self.browser.panes[PaneName::Bindings.index()].list.unmark_all();
        }
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
        let undo = if left.is_some() && self.may_undo().is_ok() { " u undoes it." } else { "" };
        self.say(format!("{name}{}{undo}", flow.done), Tone::Good);
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
        if wizard.is_sending(&self.operations) {
            self.say("still running in Azure (t shows it)", Tone::Plain);
        }
        self.shelf.push(wizard);
    }

    /// Gives the wizard, if one is open, what it needs of the program.
    pub(in crate::app) fn with_wizard<T>(
        &mut self,
        act: impl FnOnce(&mut Wizard, &mut Around<'_>) -> T,
    ) -> Option<T> {
        let mut around = Around {
            settings: &self.settings,
            clock: &self.clock,
            inventory: &self.inventory,
            operations: &self.operations,
            layers: &mut self.layers,
            out: &mut self.out,
        };
        self.wizard.as_mut().map(|wizard| act(wizard, &mut around))
    }

    pub(in crate::app) fn press_in_wizard(&mut self, key: KeyPress) {
        let left = self.with_wizard(|wizard, around| wizard.press(key, around));
        self.do_left(left);
    }

    /// Enter on the steps.
    pub(in crate::app) fn enter_in_wizard(&mut self) {
        let left = self.with_wizard(Wizard::enter);
        self.do_left(left);
    }

    pub(in crate::app) fn take_observed(&mut self, ask: AskId, result: Result<Box<Observed>, Problem>) {
        let left = self.with_wizard(|wizard, around| wizard.take_observed(ask, result, around)).flatten();
        if left.is_none() {
            return;
        }
        self.do_left(left);
        if self.out.notice.as_ref().is_some_and(|notice| notice.tone == Tone::Plain) {
            self.out.notice = None;
        }
        let left = self.with_wizard(Wizard::go_on_if_eager);
        self.do_left(left);
    }

    /// Does what the wizard leaves to the program.
    pub(in crate::app) fn do_left(&mut self, left: Option<Left>) {
        match left {
            None | Some(Left::Nothing) => {}
            Some(Left::Command(key)) => self.press_command(key),
            Some(Left::Leave) => self.leave_wizard(),
            Some(Left::Folder(path)) => self.open_folder(path),
            Some(Left::TurnPage) => self.turn_page(),
            Some(Left::Explain(problem)) => self.show_problem(problem),
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
