//! Microsoft.KeyVault: vaults (management plane), and their contents (data plane, at `NAME.vault.localhost`).
//!
//! Permissions are enforced, for the caller and for the services of Azure that use a vault by themselves.

pub(crate) mod access;
mod backup;
pub(crate) mod by_arm;
pub(crate) mod certificate;
mod certificates;
mod data;
mod deleted_vaults;
pub(crate) mod first_party;
mod issuers;
mod keys;
mod lifetime;
mod make;
mod pending;
mod permission_names;
mod policies;
mod properties;
pub(crate) mod secret;
mod secrets;
mod vaults;
mod wanted;

pub(crate) use data::{challenge, data_plane};
pub(crate) use issuers::set_refusal;
pub(crate) use vaults::{create as create_vault, readdress, registered, remove as remove_vault};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    call::HttpMethod,
    context::{CloudContext, text},
    id::ArmId,
    reply::Fault,
    route::Route,
    store::Collection,
};

/// The type of a vault, as Azure spells it.
const KIND: &str = "Microsoft.KeyVault/vaults";
pub(crate) const KIND_KEY: &str = "microsoft.keyvault/vaults";
/// The owner of each name: names are unique in all of Azure, deleted vaults included.
const NAMES: Collection<TakenName> = Collection::new("vault-name");

/// The management plane.
pub(crate) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "{sub}/providers/Microsoft.KeyVault/vaults", vaults::list),
    Route::new(HttpMethod::Get, "{rg}/providers/Microsoft.KeyVault/vaults", vaults::list),
    Route::new(HttpMethod::Get, "{rg}/providers/Microsoft.KeyVault/vaults/{vault}", vaults::get),
    Route::new(HttpMethod::Put, "{rg}/providers/Microsoft.KeyVault/vaults/{vault}", vaults::put),
    Route::new(HttpMethod::Patch, "{rg}/providers/Microsoft.KeyVault/vaults/{vault}", vaults::patch),
    Route::new(HttpMethod::Delete, "{rg}/providers/Microsoft.KeyVault/vaults/{vault}", vaults::delete),
    Route::new(
        HttpMethod::Put,
        "{rg}/providers/Microsoft.KeyVault/vaults/{vault}/accessPolicies/{operation}",
        policies::put,
    ),
    Route::new(
        HttpMethod::Post,
        "{sub}/providers/Microsoft.KeyVault/checkNameAvailability",
        vaults::check_name,
    ),
    Route::new(HttpMethod::Get, "{sub}/providers/Microsoft.KeyVault/deletedVaults", deleted_vaults::list),
    Route::new(
        HttpMethod::Get,
        "{sub}/providers/Microsoft.KeyVault/locations/{location}/deletedVaults/{vault}",
        deleted_vaults::get,
    ),
    Route::new(
        HttpMethod::Post,
        "{sub}/providers/Microsoft.KeyVault/locations/{location}/deletedVaults/{vault}/purge",
        deleted_vaults::purge,
    ),
    Route::new(
        HttpMethod::Get,
        "{rg}/providers/Microsoft.KeyVault/vaults/{vault}/privateLinkResources",
        vaults::links,
    ),
    Route::new(
        HttpMethod::Get,
        "{rg}/providers/Microsoft.KeyVault/vaults/{vault}/privateEndpointConnections",
        vaults::none,
    ),
    Route::new(HttpMethod::Get, "{rg}/providers/Microsoft.KeyVault/vaults/{vault}/keys", vaults::none),
    // az asks for these too: it treats both vaults and managed HSMs as `keyvault`, and there are no HSMs
    // here.
    Route::new(
        HttpMethod::Post,
        "{sub}/providers/Microsoft.KeyVault/checkMhsmNameAvailability",
        vaults::check_hsm_name,
    ),
    Route::new(HttpMethod::Get, "{sub}/providers/Microsoft.KeyVault/deletedManagedHSMs", vaults::none),
    Route::new(HttpMethod::Get, "{rg}/providers/Microsoft.KeyVault/managedHSMs/{hsm}", vaults::no_hsm),
    Route::new(HttpMethod::Get, "{sub}/providers/Microsoft.KeyVault/managedHSMs", vaults::none),
    Route::new(HttpMethod::Get, "{rg}/providers/Microsoft.KeyVault/managedHSMs", vaults::none),
];

/// Looked up before the other providers' operations, whose responses are empty while they run.
pub(crate) const OPERATION_ROUTES: &[Route] = &[Route::new(
    HttpMethod::Get,
    "{sub}/providers/Microsoft.KeyVault/locations/{location}/operationResults/{operation}",
    deleted_vaults::purge_result,
)];

/// A later step of a vault.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum VaultJob {
    /// The name of a new vault is now in DNS.
    Registered(String),
    /// The retention of a deleted vault is over.
    Purge(String),
    /// The trigger of a certificate's policy is reached.
    Lifetime(lifetime::DueRenewal),
}

impl VaultJob {
    pub(crate) fn run(self, ctx: &CloudContext<'_>) -> Result<(), Fault> {
        match self {
            Self::Registered(name) => vaults::registered(ctx, &name),
            Self::Purge(name) => deleted_vaults::retention_over(ctx, &name),
            Self::Lifetime(due) => lifetime::run(ctx, &due),
        }
    }
}

/// A name that is taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct TakenName {
    id: String,
    deleted: Option<Deletion>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Deletion {
    at: Timestamp,
    purge_at: Timestamp,
    /// The vault before its deletion.
    resource: Value,
}

/// An existing vault.
#[derive(Debug, Clone)]
pub(crate) struct VaultRecord {
    pub id: ArmId,
    pub resource: Value,
}

impl VaultRecord {
    /// Finds a vault by its id.
    pub(crate) fn at(ctx: &CloudContext<'_>, id: &ArmId) -> Result<Option<Self>, Fault> {
        let resource = ctx.find(id)?;
        Ok(resource.map(|resource| Self { id: ArmId::parse(text(&resource, "/id")), resource }))
    }

    /// Finds a vault by its name, which is unique in Azure.
    pub(crate) fn named(ctx: &CloudContext<'_>, name: &str) -> Result<Option<Self>, Fault> {
        match ctx.tx.get(&NAMES, &name.to_lowercase())? {
            Some(TakenName { id, deleted: None }) => Self::at(ctx, &ArmId::parse(&id)),
            _ => Ok(None),
        }
    }

    pub(crate) fn name(&self) -> &str {
        self.id.name()
    }

    /// The prefix of the keys of its secrets and certificates.
    fn key(&self) -> String {
        self.name().to_lowercase()
    }

    fn uri(&self) -> &str {
        text(&self.resource, "/properties/vaultUri")
    }

    fn location(&self) -> &str {
        text(&self.resource, "/location")
    }

    fn flag(&self, name: &str) -> bool {
        self.resource["properties"][name].as_bool().unwrap_or(false)
    }

    /// How many days deleted objects can be recovered.
    fn retention_days(&self) -> i64 {
        self.resource["properties"]["softDeleteRetentionInDays"].as_i64().unwrap_or(90)
    }
}

#[cfg(test)]
mod tests;
