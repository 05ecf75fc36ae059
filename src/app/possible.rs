//! Whether a flow is possible on the row under the cursor, and if not, why: as far as the inventory knows.
//! The flow itself looks again before anything is sent.

use super::App;
use crate::flow::usage::some_of;
use crate::flow::{FlowName, Subject};
use crate::model::{Binding, PrivateCertificate, ResourceId, Source, SslState};
use crate::tables::{PaneName, app_label};

impl App {
    /// Why the flow cannot be done on the row under the cursor. Where the row is of another kind, the form
    /// asks.
    pub(super) fn fits(&self, flow: FlowName) -> Result<(), String> {
        match flow {
            FlowName::Sync => self.sync_refusal().map_or(Ok(()), Err),
            FlowName::Rekey | FlowName::AutoRenew => self.selected_order().map(|_| ()),
            FlowName::DeletePrivate => {
                self.selected_certificate().map_or(Ok(()), |certificate| self.is_unused(certificate))
            }
            FlowName::Replace => {
                match self.selected_certificate().map(|certificate| self.estate.source(certificate)) {
                    None | Some(Source::Uploaded) => Ok(()),
                    Some(other) => Err(format!(
                        "only an uploaded certificate is replaced; this one is of the kind '{}'",
                        other.words()
                    )),
                }
            }
            FlowName::Unbind => match self.selected_binding() {
                Some(binding) if binding.ssl == SslState::Disabled => {
                    Err(format!("{} is bound to no certificate", binding.host))
                }
                _ => Ok(()),
            },
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

    pub(super) fn selected_certificate(&self) -> Option<&PrivateCertificate> {
        let is = |one: &PrivateCertificate, id: &ResourceId| one.id == *id;
        if self.pane == PaneName::Private { self.selected_row(&self.estate.certificates, is) } else { None }
    }

    pub(super) fn selected_binding(&self) -> Option<&Binding> {
        let is = |one: &Binding, id: &ResourceId| one.id() == *id;
        if self.pane == PaneName::Bindings { self.selected_row(&self.estate.bindings, is) } else { None }
    }

    /// The row that commands are about: at the cursor, where every frame asks for it several times. It is
    /// searched for only where the rows moved since the pane was filled.
    fn selected_row<'r, T>(&self, rows: &'r [T], is: impl Fn(&T, &ResourceId) -> bool) -> Option<&'r T> {
        let id = self.selected()?;
        let at_cursor = self.pane().list.selected_place().and_then(|place| rows.get(place));
        at_cursor.filter(|row| is(row, id)).or_else(|| rows.iter().find(|row| is(row, id)))
    }

    /// Trap E10: a delete key that works while the thing is in use.
    fn is_unused(&self, certificate: &PrivateCertificate) -> Result<(), String> {
        let bound = self.estate.bindings_of(certificate);
        let hosts: Vec<String> = bound
            .map(|binding| format!("{} ({})", binding.host, app_label(&self.estate, &binding.app)))
            .collect();
        if hosts.is_empty() {
            return Ok(());
        }
        Err(format!("in use by {}: bind them to another certificate first", some_of(&hosts)))
    }
}
