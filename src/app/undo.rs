//! `u`: what secured a hostname before this run changed it, offered again. Undoing is a change like any other: the
//! form of bind or unbind opens filled in, and is agreed to.

use std::collections::{HashMap, HashSet};

use super::App;
use super::wizard::Origin;
use crate::flow::{FlowName, Inputs, Key, Step};
use crate::model::{Binding, PrivateCertificate, ResourceId, Row, SslState, Thumbprint};

/// What each changed hostname had before the last change of this run, by the id of its binding.
#[derive(Debug, Clone, Default)]
pub(super) struct Undo(HashMap<ResourceId, Earlier>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Earlier {
    thumbprint: Option<Thumbprint>,
    ssl: SslState,
}

impl From<&Binding> for Earlier {
    fn from(binding: &Binding) -> Self {
        Self { thumbprint: binding.thumbprint.clone(), ssl: binding.ssl }
    }
}

impl App {
    /// Notes what the hostnames have that these steps are about to change.
    pub(super) fn note_before<'s>(&mut self, steps: impl IntoIterator<Item = &'s Step>) {
        let requests = steps.into_iter().flat_map(|step| &step.requests);
        let changed: HashSet<ResourceId> =
            requests.filter_map(|request| ResourceId::parse(&request.path).ok()).collect();
        let before = self.inventory.estate.bindings.iter().map(|binding| (binding.id(), binding.into()));
        self.undo.0.extend(before.filter(|(id, _)| changed.contains(id)));
    }

    pub(super) fn may_undo(&self) -> Result<(), String> {
        self.undoing().map(|_| ())
    }

    pub(super) fn undo_binding(&mut self) {
        let Ok((flow, id, inputs)) = self.undoing() else { return };
        // A form that was left is about something else.
        let origin = Origin::Alone(flow, Some(id.clone()));
        self.shelf.retain(|wizard| wizard.origin != origin);
        self.open_alone(flow, Some(id), inputs);
    }

    /// The flow that brings back what the hostname under the cursor had.
    fn undoing(&self) -> Result<(FlowName, ResourceId, Inputs), String> {
        let Some(row @ Row::Binding(binding)) = self.row() else {
            return Err("a hostname in Bindings (4) gets back what it was bound to".to_owned());
        };
        let id = binding.id();
        let earlier = self.undo.0.get(&id).ok_or("this run did not change what secures this hostname")?;
        if *earlier == Earlier::from(binding) {
            return Err("it is bound as it was before".to_owned());
        }
        let (flow, certificate) = match (&earlier.thumbprint, earlier.ssl) {
            (None, _) | (_, SslState::Disabled) => (FlowName::Unbind, None),
            (Some(thumbprint), _) => (FlowName::Bind, Some(self.of_thumbprint(binding, thumbprint)?)),
        };
        let (_, mut inputs) = flow.definition().about.inputs(&self.basis(), Some(row));
        if let Some(certificate) = certificate {
            inputs.set(Key::Certificate, certificate.id.as_str());
            inputs.set(Key::SslType, if earlier.ssl == SslState::IpBased { "ip" } else { "sni" });
        }
        Ok((flow, id, inputs))
    }

    /// The certificate of this thumbprint that the app of a binding finds.
    fn of_thumbprint(
        &self,
        binding: &Binding,
        thumbprint: &Thumbprint,
    ) -> Result<&PrivateCertificate, String> {
        let earlier = Binding { thumbprint: Some(thumbprint.clone()), ..binding.clone() };
        let found = self.inventory.estate.certificate_of(&earlier);
        found.ok_or_else(|| "the certificate that it had before is deleted".to_owned())
    }
}
