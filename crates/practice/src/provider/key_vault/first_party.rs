//! How Azure's own services use a vault: with their own permissions, through the same checks as every caller.

use super::{
    VaultRecord,
    access::{AccessDecision, ContentKind, VaultPermission, check},
    secret::{self, SecretVersion},
};
use crate::{context::CloudContext, id::ArmId, principals::ServicePrincipal, reply::Fault};

/// Why a service could not use a secret; Azure reports these as states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecretRefusal {
    VaultMissing,
    /// No policy or role in the vault names the service, or the firewall stops it.
    Unauthorized,
    /// The service has permissions, but not the one it needs.
    NotPermitted,
    /// The secret does not exist, is disabled, or its name is held by a deleted one.
    SecretMissing,
}

impl SecretRefusal {
    /// The `provisioningState` or `keyVaultSecretStatus` that reports it.
    pub(crate) fn state(self) -> &'static str {
        match self {
            Self::VaultMissing => "KeyVaultDoesNotExist",
            Self::Unauthorized => "AzureServiceUnauthorizedToAccessKeyVault",
            Self::NotPermitted => "OperationNotPermittedOnKeyVault",
            Self::SecretMissing => "KeyVaultSecretDoesNotExist",
        }
    }
}

/// The access succeeds, is refused by the vault, or fails for an internal reason of the practice cloud.
pub(crate) type AccessResult<T> = Result<Result<T, SecretRefusal>, Fault>;

/// Reads the newest version of a secret (permission `secrets get`).
pub(crate) fn read(
    ctx: &CloudContext<'_>,
    service: &ServicePrincipal,
    vault: &ArmId,
    name: &str,
) -> AccessResult<SecretVersion> {
    let vault = match enter(ctx, service, vault, "get")? {
        Ok(vault) => vault,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let found = secret::find(ctx, &vault, name)?
        .filter(|secret| secret.deleted.is_none())
        .and_then(|secret| secret.latest().cloned())
        .filter(|version| version.enabled);
    Ok(found.ok_or(SecretRefusal::SecretMissing))
}

/// Writes a new version of a secret (permission `secrets set`).
pub(crate) fn write(
    ctx: &CloudContext<'_>,
    service: &ServicePrincipal,
    vault: &ArmId,
    name: &str,
    version: SecretVersion,
) -> AccessResult<()> {
    let vault = match enter(ctx, service, vault, "set")? {
        Ok(vault) => vault,
        Err(refusal) => return Ok(Err(refusal)),
    };
    match secret::add_version(ctx, &vault, name, version) {
        Err(fault) if fault.status == 409 => Ok(Err(SecretRefusal::SecretMissing)),
        other => other.map(Ok),
    }
}

fn enter(
    ctx: &CloudContext<'_>,
    service: &ServicePrincipal,
    id: &ArmId,
    verb: &'static str,
) -> AccessResult<VaultRecord> {
    let Some(vault) = VaultRecord::at(ctx, id)? else {
        return Ok(Err(SecretRefusal::VaultMissing));
    };
    let permission = VaultPermission(ContentKind::Secrets, verb);
    Ok(match check(ctx, &vault, service.object_id, permission)? {
        AccessDecision::Granted => Ok(vault),
        AccessDecision::Lacking => Err(SecretRefusal::NotPermitted),
        // With roles no principal is unknown; a permission that no role grants is missing, also while an
        // assignment has not taken effect yet.
        AccessDecision::Unknown if vault.flag("enableRbacAuthorization") => Err(SecretRefusal::NotPermitted),
        AccessDecision::Unknown | AccessDecision::Firewall => Err(SecretRefusal::Unauthorized),
    })
}
