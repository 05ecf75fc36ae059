//! The resource providers, one directory or file each. A provider is a table of routes (see `route`), its own
//! job enum if something happens later (see `jobs`), and nothing that outlives a request except documents.
//!
//! Key Vault has a data plane besides: for a request to `NAME.vault.localhost` the server calls
//! `key_vault::data_plane(ctx, "NAME", call) -> ReplyResult` when the token is good, and
//! `key_vault::challenge(&authority, &token_fault) -> Fault` when it is not.

pub(crate) mod certificate_registration;
pub(crate) mod domain_registration;
pub(crate) mod key_vault;
pub(crate) mod microsoft_web;
pub(crate) mod network;

/// The regions of the practice cloud, as App Service spells them.
pub(crate) const REGIONS: &[&str] =
    &["West Europe", "North Europe", "Germany West Central", "East US", "West US 2"];
