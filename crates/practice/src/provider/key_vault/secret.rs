//! The stored secrets of a vault: every version, and deleted ones that can be recovered.

use std::{collections::BTreeMap, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::VaultRecord;
use crate::{
    ca::{Issued, facts::CertificateFacts, pfx},
    calendar::days,
    context::CloudContext,
    material::{Material, StoredMaterial},
    reply::Fault,
    store::Collection,
};

const SECRETS: Collection<SecretRecord> = Collection::private("vault-secret");

/// A PFX in base64.
pub(crate) const PFX_TYPE: &str = "application/x-pkcs12";
/// A private key and its certificates as text.
pub(crate) const PEM_TYPE: &str = "application/x-pem-file";

/// One secret, deleted or not.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SecretRecord {
    pub name: String,
    /// Oldest first, never empty.
    pub versions: Vec<SecretVersion>,
    pub deleted: Option<Deleted>,
}

/// When an object was deleted and when it will be purged.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Deleted {
    pub at: Timestamp,
    pub purge_at: Timestamp,
}

impl Deleted {
    /// Deleted now, with the retention of the vault.
    pub(crate) fn now(ctx: &CloudContext<'_>, vault: &VaultRecord) -> Self {
        Self { at: ctx.now, purge_at: ctx.now + days(vault.retention_days()) }
    }
}

/// One version of a secret.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct SecretVersion {
    /// 32 hex digits.
    pub id: String,
    value: String,
    pub content_type: Option<String>,
    pub tags: BTreeMap<String, String>,
    pub enabled: bool,
    pub not_before: Option<Timestamp>,
    pub expires: Option<Timestamp>,
    pub created: Timestamp,
    pub updated: Timestamp,
    /// Whether it belongs to a certificate of the same name.
    pub managed: bool,
    /// Whether its key never leaves the vault: only the certificates are shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub key_stays: bool,
    /// A certificate with its key. The PFX is written when it is read: deriving its keys would take longer at
    /// a start than signing all certificates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    made_of: Option<StoredMaterial>,
}

impl fmt::Debug for SecretVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The value is secret, so it is not printed.
        write!(f, "Version({}, {:?})", self.id, self.content_type)
    }
}

impl SecretVersion {
    /// An enabled version made at `now`.
    pub(crate) fn new(now: Timestamp, value: String) -> Self {
        Self { id: new_version_id(), value, enabled: true, created: now, updated: now, ..Self::default() }
    }

    /// An enabled version made at `now` that holds a certificate with its key, as a PFX.
    pub(crate) fn pfx(now: Timestamp, made_of: StoredMaterial, facts: &CertificateFacts) -> Self {
        Self {
            content_type: Some(PFX_TYPE.to_owned()),
            not_before: Some(facts.not_before),
            expires: Some(facts.not_after),
            made_of: Some(made_of),
            ..Self::new(now, String::new())
        }
    }

    /// The value that the vault returns; the same at every read.
    pub(crate) fn value(&self, ctx: &CloudContext<'_>) -> Result<String, Fault> {
        let Some(material) = self.material(ctx).filter(|_| self.value.is_empty()) else {
            let certificates = self.value.find("-----BEGIN CERTIFICATE").filter(|_| self.key_stays);
            return Ok(self.value[certificates.unwrap_or_default()..].to_owned());
        };
        // Real ones contain a GUID.
        let name = uuid::Uuid::parse_str(&self.id).unwrap_or_default().to_string();
        let issued = Issued::from(material);
        let file = if self.key_stays {
            pfx::write_certificates(&issued.leaf, &issued.chain, &name)
        } else {
            pfx::write_for_vault(&issued, &name)
        };
        Ok(BASE64.encode(file.map_err(|error| Fault::arm(500, "InternalServerError", error.to_string()))?))
    }

    /// The certificate and key that it holds, unless a client wrote its value.
    pub(crate) fn material(&self, ctx: &CloudContext<'_>) -> Option<Material> {
        self.made_of.clone().map(|kept| kept.whole(ctx.setting))
    }

    /// Returns this PEM text as its value from now on.
    pub(crate) fn show_as_pem(&mut self, text: String) {
        (self.value, self.content_type) = (text, Some(PEM_TYPE.to_owned()));
    }
}

/// 32 lower-case hex digits.
pub(crate) fn new_version_id() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

impl SecretRecord {
    /// The newest version.
    pub(crate) fn latest(&self) -> Option<&SecretVersion> {
        self.versions.last()
    }

    /// The version with that id; an empty id means the newest.
    pub(crate) fn version(&self, id: &str) -> Option<&SecretVersion> {
        if id.is_empty() {
            return self.latest();
        }
        self.versions.iter().find(|version| version.id.eq_ignore_ascii_case(id))
    }
}

/// The secret of that name, deleted ones included.
pub(crate) fn find(
    ctx: &CloudContext<'_>,
    vault: &VaultRecord,
    name: &str,
) -> Result<Option<SecretRecord>, Fault> {
    let secret = ctx.tx.get(&SECRETS, &key(vault, name))?;
    // A secret past its retention is gone, even if no job has removed it yet.
    Ok(secret.filter(|secret| secret.deleted.is_none_or(|gone| gone.purge_at > ctx.now)))
}

/// Every secret of the vault, by name.
pub(crate) fn all(ctx: &CloudContext<'_>, vault: &VaultRecord) -> Result<Vec<SecretRecord>, Fault> {
    let found = ctx.tx.scan(&SECRETS, &format!("{}|", vault.key()))?;
    Ok(found.into_iter().map(|(_, secret)| secret).collect())
}

/// Saves the secret.
pub(crate) fn save(ctx: &CloudContext<'_>, vault: &VaultRecord, secret: &SecretRecord) -> Result<(), Fault> {
    Ok(ctx.tx.put(&SECRETS, &key(vault, &secret.name), secret)?)
}

/// Removes it for good.
pub(crate) fn purge(ctx: &CloudContext<'_>, vault: &VaultRecord, name: &str) -> Result<(), Fault> {
    ctx.tx.remove(&SECRETS, &key(vault, name))?;
    Ok(())
}

/// Removes everything that was stored for a vault of this name.
pub(super) fn purge_vault(ctx: &CloudContext<'_>, vault_name: &str) -> Result<(), Fault> {
    for (key, _) in ctx.tx.scan(&SECRETS, &format!("{}|", vault_name.to_lowercase()))? {
        ctx.tx.remove(&SECRETS, &key)?;
    }
    Ok(())
}

/// Adds a version, and makes the secret if needed. A deleted secret keeps its name until it is purged.
pub(crate) fn add_version(
    ctx: &CloudContext<'_>,
    vault: &VaultRecord,
    name: &str,
    version: SecretVersion,
) -> Result<(), Fault> {
    let mut secret = match find(ctx, vault, name)? {
        Some(secret) if secret.deleted.is_some() => {
            return Err(held_by_deleted("secret", name));
        }
        Some(secret) => secret,
        None => SecretRecord { name: name.to_owned(), versions: Vec::new(), deleted: None },
    };
    secret.versions.push(version);
    save(ctx, vault, &secret)
}

/// A deleted secret or certificate keeps its name until it is purged.
pub(super) fn held_by_deleted(what: &str, name: &str) -> Fault {
    let capital = what[..1].to_uppercase() + &what[1..];
    Fault::vault(
        409,
        "Conflict",
        format!(
            "{capital} {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, \
             the {what} can only be recovered or purged."
        ),
        Some("ObjectIsDeletedButRecoverable"),
    )
}

fn key(vault: &VaultRecord, name: &str) -> String {
    format!("{}|{}", vault.key(), name.to_lowercase())
}
