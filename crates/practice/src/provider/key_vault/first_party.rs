//! How Azure's own services use a vault: with their own permissions, through the same checks as every caller.

use super::{
    Vault,
    access::{Contents, Permission, Verdict, check},
    secret::{self, Version},
};
use crate::{context::Context, id::ResourceId, principals::Principal, reply::Fault};

/// Why a service could not use a secret; Azure reports these as states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    VaultMissing,
    /// No policy or role in the vault names the service, or the firewall stops it.
    Unauthorized,
    /// The service has permissions, but not the one it needs.
    NotPermitted,
    /// The secret does not exist, is disabled, or its name is held by a deleted one.
    SecretMissing,
}

impl Refusal {
    /// The `provisioningState` or `keyVaultSecretStatus` that reports it.
    pub fn state(self) -> &'static str {
        match self {
            Self::VaultMissing => "KeyVaultDoesNotExist",
            Self::Unauthorized => "AzureServiceUnauthorizedToAccessKeyVault",
            Self::NotPermitted => "OperationNotPermittedOnKeyVault",
            Self::SecretMissing => "KeyVaultSecretDoesNotExist",
        }
    }
}

/// The access succeeds, is refused by the vault, or fails for an internal reason of the practice cloud.
pub type Attempt<T> = Result<Result<T, Refusal>, Fault>;

/// Reads the newest version of a secret (permission `secrets get`).
pub fn read(ctx: &Context<'_>, service: &Principal, vault: &ResourceId, name: &str) -> Attempt<Version> {
    let vault = match enter(ctx, service, vault, "get")? {
        Ok(vault) => vault,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let found = secret::find(ctx, &vault, name)?
        .filter(|secret| secret.deleted.is_none())
        .and_then(|secret| secret.latest().cloned())
        .filter(|version| version.enabled);
    Ok(found.ok_or(Refusal::SecretMissing))
}

/// Writes a new version of a secret (permission `secrets set`).
pub fn write(
    ctx: &Context<'_>,
    service: &Principal,
    vault: &ResourceId,
    name: &str,
    version: Version,
) -> Attempt<()> {
    let vault = match enter(ctx, service, vault, "set")? {
        Ok(vault) => vault,
        Err(refusal) => return Ok(Err(refusal)),
    };
    match secret::add_version(ctx, &vault, name, version) {
        Err(fault) if fault.status == 409 => Ok(Err(Refusal::SecretMissing)),
        other => other.map(Ok),
    }
}

fn enter(ctx: &Context<'_>, service: &Principal, id: &ResourceId, verb: &'static str) -> Attempt<Vault> {
    let Some(vault) = Vault::at(ctx, id)? else {
        return Ok(Err(Refusal::VaultMissing));
    };
    let permission = Permission(Contents::Secrets, verb);
    Ok(match check(ctx, &vault, service.object_id, permission)? {
        Verdict::Granted => Ok(vault),
        Verdict::Lacking => Err(Refusal::NotPermitted),
        // With roles no principal is unknown; a permission that no role grants is missing, also while an
        // assignment has not taken effect yet.
        Verdict::Unknown if vault.flag("enableRbacAuthorization") => Err(Refusal::NotPermitted),
        Verdict::Unknown | Verdict::Firewall => Err(Refusal::Unauthorized),
    })
}
