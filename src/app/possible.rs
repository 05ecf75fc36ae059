//! Whether a command is possible now, and if not, why: as far as the inventory knows. A flow itself looks again
//! before anything is sent.

use super::App;
use super::command::{Place, Possible};
use crate::flow::{FlowName, order_of};
use crate::model::ResourceId;
use crate::tables::PaneName;

impl App {
    /// Whether the flow can be opened on the row under the cursor. Where the row is of another kind, the form
    /// asks.
    pub(super) fn may_open(&self, flow: FlowName) -> Possible {
        if flow.needs_orders() {
            self.may_order()?;
        }
        (flow.definition().fits)(&self.basis(), self.row())
    }

    /// Whether this cloud has certificate orders at all (A65).
    pub(super) fn may_order(&self) -> Possible {
        self.settings.no_orders.map_or(Ok(()), |why| Err(why.to_owned()))
    }

    pub(super) fn has_row(&self, otherwise: &str) -> Possible {
        self.selected().map(|_| ()).ok_or_else(|| otherwise.to_owned())
    }

    pub(super) fn has_row_in_list(&self) -> Possible {
        if self.place() == Place::List { self.has_row("the list is empty") } else { Ok(()) }
    }

    pub(super) fn may_fold(&self) -> Possible {
        let is_there = self.browser.pane == PaneName::Bindings;
        is_there.then_some(()).ok_or_else(|| "only Bindings have default hostnames".to_owned())
    }

    pub(super) fn may_copy(&self) -> Possible {
        match self.place() {
            Place::List | Place::Detail => self.has_row("there is nothing under the cursor to copy"),
            Place::Wizard => Ok(()),
        }
    }

    pub(super) fn may_scope(&self) -> Possible {
        if self.inventory.has_estate { Ok(()) } else { Err("the inventory is not read yet".to_owned()) }
    }

    pub(super) fn has_goal(&self) -> Possible {
        self.goal.as_ref().map(|_| ()).ok_or_else(|| "this cloud has no scenario with a goal".to_owned())
    }

    pub(super) fn may_continue_order(&self) -> Possible {
        self.may_order()?;
        self.selected_order().map(|_| ())
    }

    pub(super) fn may_practise(&self) -> Possible {
        let Some(wizard) = &self.wizard else { return Err("no wizard is open".to_owned()) };
        if self.settings.practice && !wizard.wanted_records().is_empty() {
            Ok(())
        } else if wizard.is_done(FlowName::Verify) {
            Err("the domain is verified already".to_owned())
        } else if !self.settings.practice {
            Err("only a practice cloud lets you play the domain's owner".to_owned())
        } else if wizard.page() != FlowName::Verify {
            Err("this step asks nothing of the owner of the domain".to_owned())
        } else {
            Ok(())
        }
    }

    /// The flow that removes what the pane shows.
    pub(super) fn deletion(&self) -> Result<FlowName, String> {
        self.has_row("there is nothing under the cursor")?;
        Ok(match self.browser.pane {
            PaneName::Private => FlowName::DeletePrivate,
            PaneName::Public => FlowName::DeletePublic,
            PaneName::Orders => FlowName::DeleteOrder,
            PaneName::Bindings => FlowName::Unbind,
        })
    }

    pub(super) fn open_deletion(&mut self) {
        if let Ok(flow) = self.deletion() {
            self.open_flow(flow);
        }
    }

    /// The order that `w` is about: the one under the cursor, or the one that the certificate came from.
    pub fn selected_order(&self) -> Result<ResourceId, String> {
        order_of(&self.basis(), self.row())
    }
}
