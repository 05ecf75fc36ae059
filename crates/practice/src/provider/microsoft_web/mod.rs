//! Microsoft.Web: plans, sites, hostnames and their bindings, certificates in webspaces.

pub(crate) mod absent;
pub(crate) mod bindings;
pub(crate) mod certificates;
pub(crate) mod config;
pub(crate) mod exposure;
pub(crate) mod hostnames;
pub(crate) mod managed;
mod members;
pub(crate) mod offers;
pub(crate) mod ownership;
pub(crate) mod plans;
pub(crate) mod public_certificates;
pub(crate) mod revision;
pub(crate) mod sign_in;
pub(crate) mod site;
pub(crate) mod site_actions;
pub(crate) mod site_certificates;
pub(crate) mod sites;
pub(crate) mod slot_swap;
pub(crate) mod sources;
pub(crate) mod stacks;

use serde::{Deserialize, Serialize};

use crate::{context::CloudContext, id::ArmId, reply::Fault};

/// A later step in Microsoft.Web.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum SiteJob {
    /// Issues a managed certificate for the first time.
    Issue(Box<managed::Issue>),
    /// Renews a managed certificate near its end (A30).
    Renew(String),
    /// Reads every vault-backed certificate from its vault again.
    SyncAll,
}

impl SiteJob {
    pub(crate) fn run(self, ctx: &CloudContext<'_>) -> Result<(), Fault> {
        match self {
            Self::Issue(issue) => managed::issue(ctx, *issue),
            Self::Renew(id) => managed::renew(ctx, &ArmId::parse(&id)),
            Self::SyncAll => sources::sync_all(ctx),
        }
    }
}

#[cfg(test)]
mod tests;
