//! Whether a flow is possible on the row under the cursor, and if not, why: as far as the inventory knows. The flow itself
//! looks again before anything is sent.

use super::App;
use super::pane::{PaneName, app_label};
use crate::flow::usage::some_of;
use crate::flow::{FlowName, Subject};
use crate::model::{Binding, PrivateCertificate, Source, SslState};

impl App {
    /// Why the flow cannot be done on the row under the cursor. Where the row is of another kind, the form asks.
    pub(super) fn fits(&self, flow: FlowName) -> Result<(), String> {
        match (flow, self.selected_certificate(), self.selected_binding()) {
            (FlowName::Sync, ..) => self.sync_refusal().map_or(Ok(()), Err),
            (FlowName::Rekey | FlowName::AutoRenew, ..) => self.selected_order().map(|_| ()),
            (FlowName::DeletePrivate, Some(certificate), _) => self.is_unused(certificate),
            (FlowName::Replace, Some(certificate), _) => match self.estate.source(certificate) {
                Source::Uploaded => Ok(()),
                source => Err(format!("only an uploaded certificate is replaced; this one is of the kind '{}'", source.words())),
            },
            (FlowName::Unbind, _, Some(binding)) if binding.ssl == SslState::Disabled => {
                Err(format!("{} is bound to no certificate", binding.host))
            }
            _ if flow.definition().about == Subject::Order => self.selected_order().map(|_| ()),
            _ => Ok(()),
        }
    }

    /// Whether this cloud has certificate orders at all (A65).
    pub(super) fn may_order(&self) -> Result<(), String> {
        self.settings.no_orders.map_or(Ok(()), |why| Err(why.to_owned()))
    }

    /// The flow that removes what the pane shows.
    pub(super) fn deletion(&self) -> Result<FlowName, String> {
        if self.selected().is_none() {
            return Err("there is nothing under the cursor".to_owned());
        }
        match self.pane {
            PaneName::Private => Ok(FlowName::DeletePrivate),
            PaneName::Public => Ok(FlowName::DeletePublic),
            PaneName::Orders => Ok(FlowName::DeleteOrder),
            PaneName::Bindings => Ok(FlowName::Unbind),
        }
    }

    pub(super) fn open_deletion(&mut self) {
        if let Ok(flow) = self.deletion() {
            self.open_flow(flow);
        }
    }

    fn selected_certificate(&self) -> Option<&PrivateCertificate> {
        let id = self.selected().filter(|_| self.pane == PaneName::Private)?;
        self.estate.certificates.iter().find(|certificate| certificate.id == *id)
    }

    pub(super) fn selected_binding(&self) -> Option<&Binding> {
        let id = self.selected().filter(|_| self.pane == PaneName::Bindings)?;
        self.estate.bindings.iter().find(|binding| binding.id() == *id)
    }

    /// Trap E10: a delete key that works while the thing is in use.
    fn is_unused(&self, certificate: &PrivateCertificate) -> Result<(), String> {
        let bound = self.estate.bindings_of(certificate);
        let hosts: Vec<String> =
            bound.map(|binding| format!("{} ({})", binding.host, app_label(&self.estate, &binding.app))).collect();
        if hosts.is_empty() {
            return Ok(());
        }
        Err(format!("in use by {}: bind them to another certificate first", some_of(&hosts)))
    }
}
