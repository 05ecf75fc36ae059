//! Microsoft.Web: plans, sites, hostnames and their bindings, certificates in webspaces.

pub mod absent;
pub mod bindings;
pub mod certificates;
pub mod config;
pub mod exposure;
pub mod hostnames;
pub mod managed;
mod members;
pub mod offers;
pub mod ownership;
pub mod plans;
pub mod public_certificates;
pub mod revision;
pub mod sign_in;
pub mod site;
pub mod site_actions;
pub mod site_certificates;
pub mod sites;
pub mod slot_swap;
pub mod sources;
pub mod stacks;

use serde::{Deserialize, Serialize};

use crate::{context::CloudContext, id::ArmId, reply::Fault};

/// A later step in Microsoft.Web.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum SiteJob {
    /// Issues a managed certificate for the first time.
    Issue(Box<managed::Issue>),
    /// Renews a managed certificate near its end (A30).
    Renew(String),
    /// Reads every vault-backed certificate from its vault again.
    SyncAll,
}

impl SiteJob {
    pub fn run(self, ctx: &CloudContext<'_>) -> Result<(), Fault> {
        match self {
            Self::Issue(issue) => managed::issue(ctx, *issue),
            Self::Renew(id) => managed::renew(ctx, &ArmId::parse(&id)),
            Self::SyncAll => sources::sync_all(ctx),
        }
    }
}

#[cfg(test)]
mod tests;
