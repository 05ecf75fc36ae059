//! Where a certificate for an app is put: into the webspace of its plan, or into the app alone.

use crate::azure::certificates::NewCertificate;
use crate::model::{App, Home, OwnSettings, ResourceId, Scope, Tags};

/// The provider and type of certificates that a webspace shares.
pub(super) const SHARED: &str = "Microsoft.Web/certificates";

#[derive(Debug, Clone, Copy)]
pub(super) struct Destination<'a> {
    app: &'a App,
    plan: &'a ResourceId,
}

impl<'a> Destination<'a> {
    /// None where the app has no plan: Azure then knows no webspace either.
    pub(super) fn of(app: &'a App) -> Option<Self> {
        app.plan.as_ref().map(|plan| Self { app, plan })
    }

    /// The id of a certificate of exactly this name: in the plan's resource group, or below the app.
    pub(super) fn exactly(&self, name: &str) -> ResourceId {
        match self.app.home() {
            Home::Webspace(_) => self.plan.sibling(SHARED, name),
            Home::App(app) => app.child("certificates", name),
        }
    }

    /// The id of a certificate whose name begins so. The webspace in the name keeps two regions of a group
    /// from overwriting each other; certificates of an app alone have its name around them already.
    pub(super) fn within(&self, name: &str, joint: &str) -> ResourceId {
        match self.app.scope {
            Scope::Webspace if self.app.webspace.is_known() => {
                self.exactly(&format!("{name}{joint}{}", self.app.webspace))
            }
            Scope::Webspace => self.exactly(&format!("{name}{joint}{}", self.plan.name())),
            Scope::App => self.exactly(name),
        }
    }

    /// The id of a certificate for which that of exactly this name is taken by another.
    pub(super) fn beside(&self, name: &str) -> ResourceId {
        match self.app.scope {
            Scope::Webspace => self.within(name, "-"),
            Scope::App => self.exactly(&format!("{name}-managed")),
        }
    }

    /// What a request for a certificate with this id names.
    pub(super) fn target(&self, id: &'a ResourceId, tags: &'a Tags) -> NewCertificate<'a> {
        NewCertificate {
            id,
            location: &self.app.location,
            plan: Some(self.plan),
            tags,
            own: OwnSettings::default(),
        }
    }
}
