//! What the wizard sees: looking at the cloud for its page, taking in what was seen, and deriving the page from it.

use super::keys::Left;
use super::{Around, Origin, PageStanding, Wizard};
use crate::app::dialog::Dialog;
use crate::app::effect::Effect;
use crate::app::message::AskId;
use crate::flow::{FlowName, Observed, StepStatus, suggest};
use crate::model::{Estate, Problem, Progress};
use crate::tables::Tone;

impl Wizard {
    /// Derives fields, refusals and steps of the page again.
    pub(in crate::app) fn derive(&mut self, around: &Around<'_>) {
        self.derive_from(&around.inventory.estate, &around.settings.rules, around.clock);
    }

    /// Fills in what is known, derives the form, looks at the cloud, and offers what the first empty field takes.
    pub(super) fn enter_page(&mut self, around: &mut Around<'_>) -> Left {
        suggest(self.page, &around.inventory.estate, &mut self.inputs);
        (self.step, self.scroll) = (None, 0);
        self.is_eager = false;
        self.form.leave();
        self.derive(around);
        self.focus_on_what_is_missing(around);
        self.look(around);
        if self.is_finding_place { Left::Nothing } else { self.offer(around) }
    }

    /// What follows a change of one thing is asked at once, where nothing is left to fill in. The pages of an
    /// order have values worth reading first.
    pub(super) fn goes_on_eagerly(&mut self) {
        self.is_eager = matches!(self.origin, Origin::Alone(..)) && self.focused_field().is_none();
    }

    /// Looks at what the page is about; an older look is not waited for any more.
    pub(in crate::app) fn look(&mut self, around: &mut Around<'_>) {
        let ask = around.out.ask();
        // What was typed meanwhile may suggest better values for the rest, such as the group of the domain's
        // app.
        suggest(self.page, &around.inventory.estate, &mut self.inputs);
        let (flow, inputs) = (self.page, self.inputs.clone());
        self.next_look = None;
        if let Some(old) = self.of_mut(flow).ask.replace(ask) {
            around.out.emit(Effect::Forget { ask: old });
        }
        around.out.emit(Effect::Observe { ask, flow, inputs });
        self.derive(around);
    }

    pub(in crate::app) fn look_by_hand(&mut self, around: &mut Around<'_>) {
        self.look(around);
        around.out.say("looking again", Tone::Plain);
    }

    /// The pause before the next look may be over.
    pub(in crate::app) fn look_if_due(&mut self, around: &mut Around<'_>) {
        if self.next_look().is_some_and(|due| due <= around.clock.machine) {
            self.of_mut(self.page).pursuit.looked();
            self.look(around);
        }
    }

    /// What was seen under this question; `None` if it is not the wizard's.
    pub(in crate::app) fn take_observed(
        &mut self,
        ask: AskId,
        result: Result<Box<Observed>, Problem>,
        around: &mut Around<'_>,
    ) -> Option<Left> {
        let flow = FlowName::ALL.iter().copied().find(|flow| self.of(*flow).ask == Some(ask))?;
        let page = self.of_mut(flow);
        page.ask = None;
        match result {
            Ok(observed) => (page.observed, page.was_seen, page.failure) = (*observed, true, None),
            Err(problem) => page.failure = Some(problem),
        }
        self.derive(around);
        self.refill_picker(around);
        Some(self.find_place(around))
    }

    /// An order that is reopened goes on at the first page that is not done.
    fn find_place(&mut self, around: &mut Around<'_>) -> Left {
        if !self.is_finding_place {
            return Left::Nothing;
        }
        if self.current().is_done() && self.page != FlowName::Bind {
            return Left::TurnPage;
        }
        self.is_finding_place = false;
        self.focus_on_what_is_missing(around);
        self.offer(around)
    }

    /// Enter was pressed while certdeck looked: now it is known what Enter means. It never sends without
    /// asking.
    pub(in crate::app) fn go_on_if_eager(&mut self, around: &mut Around<'_>) -> Left {
        let was_eager = std::mem::take(&mut self.is_eager);
        let waits = matches!(self.standing(), PageStanding::At(step) if matches!(step.status, StepStatus::Waiting { .. }));
        let is_idle = self.current().ask.is_none() && self.current().failure.is_none();
        if was_eager && !waits && is_idle && around.layers.is_empty() {
            return self.enter(around);
        }
        Left::Nothing
    }

    /// A newer inventory may suggest what was not known when the page was entered: the app of an order just
    /// bought.
    pub(in crate::app) fn see_estate(&mut self, around: &mut Around<'_>) {
        let picked = match around.layers.top() {
            Some(Dialog::Choose(choose)) => choose.fills,
            _ => None,
        };
        let before = self.inputs.clone();
        suggest(self.page, &around.inventory.estate, &mut self.inputs);
        // A field in which a person types or chooses keeps their value.
        let typed_in =
            picked.or_else(|| self.focused_field().map(|field| field.key).filter(|_| self.form.is_edited()));
        if typed_in.is_some_and(|key| before.get(key) != self.inputs.get(key)) {
            self.inputs = before.clone();
        }
        let is_changed = before != self.inputs;
        let is_focus_filled = self
            .focused_field()
            .is_some_and(|field| before.get(field.key).is_none() && self.inputs.get(field.key).is_some());
        self.derive(around);
        if is_focus_filled {
            self.focus_on_what_is_missing(around);
        }
        if is_changed {
            self.look(around);
        }
        self.refill_picker(around);
    }

    /// Whether a page is done, from what the wizard saw of it, or else from the inventory.
    pub fn is_page_done(&self, page: FlowName, estate: &Estate) -> bool {
        if self.of(page).was_seen {
            return self.is_done(page);
        }
        let Origin::Order(id) = &self.origin else { return false };
        let Some(order) = estate.order(id) else { return page == FlowName::Purchase };
        let Progress { stored, verified, imported } = order.progress(estate);
        match page {
            FlowName::Purchase => true,
            FlowName::Store => stored,
            FlowName::Verify => verified,
            FlowName::ImportOrder => imported,
            _ => false,
        }
    }
}
