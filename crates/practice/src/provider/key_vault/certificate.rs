//! The stored certificates of a vault. Each version has a secret of the same name and version with its PFX.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    VaultRecord, lifetime,
    secret::{self, Deleted, PEM_TYPE, PFX_TYPE, SecretVersion},
};
use crate::{
    ca::{Issued, KeyCurve, facts::CertificateFacts, pem},
    context::{CloudContext, merge},
    material::{Material, PoolLeaf, StoredMaterial},
    reply::Fault,
    store::Collection,
};

const CERTIFICATES: Collection<CertificateRecord> = Collection::new("vault-certificate");

/// One certificate, deleted or not.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CertificateRecord {
    pub name: String,
    /// Oldest first, never empty.
    pub versions: Vec<CertificateVersion>,
    /// The policy without its id, as clients see it.
    pub policy: Value,
    pub deleted: Option<Deleted>,
}

/// One version; its private key is only in the secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CertificateVersion {
    /// 32 hex digits, the same as the secret's version.
    pub id: String,
    /// Base64 DER.
    pub der: String,
    pub enabled: bool,
    pub tags: BTreeMap<String, String>,
    pub created: Timestamp,
    pub updated: Timestamp,
}

impl CertificateVersion {
    /// The bytes of the certificate.
    pub(crate) fn der(&self) -> Vec<u8> {
        BASE64.decode(&self.der).unwrap_or_default()
    }
}

impl CertificateRecord {
    /// Merges a request into the policy; `attributes` belong to the vault.
    pub(crate) fn lay_over(&mut self, wanted: &Value, now: Timestamp) {
        let attributes = self.policy["attributes"].take();
        if wanted.is_object() {
            merge(&mut self.policy, wanted);
        }
        self.policy["attributes"] = attributes;
        self.policy["attributes"]["updated"] = now.as_second().into();
    }

    /// The newest version.
    pub(crate) fn latest(&self) -> Option<&CertificateVersion> {
        self.versions.last()
    }

    /// The version with that id; an empty id means the newest.
    pub(crate) fn version(&self, id: &str) -> Option<&CertificateVersion> {
        if id.is_empty() {
            return self.latest();
        }
        self.versions.iter().find(|version| version.id.eq_ignore_ascii_case(id))
    }
}

/// The certificate of that name, deleted ones included.
pub(crate) fn find(
    ctx: &CloudContext<'_>,
    vault: &VaultRecord,
    name: &str,
) -> Result<Option<CertificateRecord>, Fault> {
    let found = ctx.tx.get(&CERTIFICATES, &key(vault, name))?;
    Ok(found.filter(|one| one.deleted.is_none_or(|gone| gone.purge_at > ctx.now)))
}

/// Every certificate of the vault, by name.
pub(crate) fn all(ctx: &CloudContext<'_>, vault: &VaultRecord) -> Result<Vec<CertificateRecord>, Fault> {
    let found = ctx.tx.scan(&CERTIFICATES, &format!("{}|", vault.key()))?;
    Ok(found.into_iter().map(|(_, one)| one).collect())
}

/// Saves the certificate.
pub(crate) fn save(
    ctx: &CloudContext<'_>,
    vault: &VaultRecord,
    certificate: &CertificateRecord,
) -> Result<(), Fault> {
    let key = key(vault, &certificate.name);
    Ok(ctx.tx.put(&CERTIFICATES, &key, certificate)?)
}

/// Removes it and its secret for good.
pub(crate) fn purge(ctx: &CloudContext<'_>, vault: &VaultRecord, name: &str) -> Result<(), Fault> {
    ctx.tx.remove(&CERTIFICATES, &key(vault, name))?;
    secret::purge(ctx, vault, name)
}

/// Removes everything that was stored for a vault of this name.
pub(super) fn purge_vault(ctx: &CloudContext<'_>, vault_name: &str) -> Result<(), Fault> {
    let prefix = format!("{}|", vault_name.to_lowercase());
    for (key, _) in ctx.tx.scan(&CERTIFICATES, &prefix)? {
        ctx.tx.remove(&CERTIFICATES, &key)?;
    }
    Ok(())
}

/// What a new version will contain.
#[derive(Debug, Clone)]
pub(crate) struct Draft<'a> {
    pub name: &'a str,
    /// Merged into the policy that the certificate has or gets.
    pub policy: Value,
    pub tags: BTreeMap<String, String>,
}

impl<'a> Draft<'a> {
    /// A draft with a name only.
    pub(crate) fn named(name: &'a str) -> Self {
        Self { name, policy: json!({}), tags: BTreeMap::new() }
    }
}

/// Adds a version and its secret, and makes the certificate if needed; returns the version's id.
pub(crate) fn add_version(
    ctx: &CloudContext<'_>,
    vault: &VaultRecord,
    draft: &Draft<'_>,
    issued: &Issued,
) -> Result<String, Fault> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Fault::vault(400, "BadParameter", format!("Invalid certificate: {error}"), None)
    };
    let facts = CertificateFacts::read(&issued.leaf).map_err(|error| unreadable(&error))?;
    let held = find(ctx, vault, draft.name)?;
    let mut certificate = held.unwrap_or_else(|| CertificateRecord {
        name: draft.name.to_owned(),
        versions: Vec::new(),
        policy: policy(&facts, ctx.now),
        deleted: None,
    });
    certificate.lay_over(&draft.policy, ctx.now);
    let material = Material::try_from(issued.clone()).map_err(|error| unreadable(&error))?;
    let mut secret = SecretVersion::pfx(ctx.now, StoredMaterial::Whole(material), &facts);
    if certificate.policy["secret_props"]["contentType"] == PEM_TYPE {
        secret.show_as_pem(as_pem(issued));
    }
    secret.managed = true;
    secret.key_stays = certificate.policy["key_props"]["exportable"] == false;
    secret.tags.clone_from(&draft.tags);
    let id = secret.id.clone();
    secret::add_version(ctx, vault, draft.name, secret)?;
    certificate.versions.push(CertificateVersion {
        id: id.clone(),
        der: BASE64.encode(&issued.leaf),
        enabled: true,
        tags: draft.tags.clone(),
        created: ctx.now,
        updated: ctx.now,
    });
    save(ctx, vault, &certificate)?;
    lifetime::schedule(ctx, vault, &certificate)?;
    Ok(id)
}

/// Enables or disables a version: as a certificate, and as the secret that holds its key.
pub(crate) fn set_enabled(
    ctx: &CloudContext<'_>,
    vault: &VaultRecord,
    one: &mut CertificateRecord,
    id: &str,
    enabled: bool,
) -> Result<(), Fault> {
    for version in one.versions.iter_mut().filter(|version| version.id == id) {
        version.enabled = enabled;
    }
    if let Some(mut kept) = secret::find(ctx, vault, &one.name)? {
        for version in kept.versions.iter_mut().filter(|version| version.id == id) {
            version.enabled = enabled;
        }
        secret::save(ctx, vault, &kept)?;
    }
    save(ctx, vault, one)
}

/// Key, leaf and chain as a PEM secret contains them.
fn as_pem(issued: &Issued) -> String {
    let key = issued.key.as_ref().map(|key| pem("PRIVATE KEY", key, "\n")).unwrap_or_default();
    let chain = std::iter::once(&issued.leaf).chain(&issued.chain).map(|der| pem("CERTIFICATE", der, "\n"));
    key + &chain.collect::<String>()
}

/// Changes a certificate to PEM, which App Service does not import.
pub(crate) fn keep_as_pem(ctx: &CloudContext<'_>, vault: &VaultRecord, name: &str) -> Result<(), Fault> {
    if let Some(mut certificate) = find(ctx, vault, name)? {
        certificate.policy["secret_props"]["contentType"] = json!(PEM_TYPE);
        save(ctx, vault, &certificate)?;
    }
    if let Some(mut kept) = secret::find(ctx, vault, name)? {
        for version in &mut kept.versions {
            if let Some(material) = version.material(ctx) {
                version.show_as_pem(as_pem(&material.into()));
            }
        }
        secret::save(ctx, vault, &kept)?;
    }
    Ok(())
}

/// Adds a certificate with one version, as a generated estate has thousands of them; returns the version's
/// id.
pub(crate) fn plant(
    ctx: &CloudContext<'_>,
    vault: &VaultRecord,
    name: &str,
    facts: &CertificateFacts,
    shared: &PoolLeaf,
) -> Result<String, Fault> {
    let mut version = SecretVersion::pfx(facts.not_before, StoredMaterial::Shared(shared.clone()), facts);
    version.managed = true;
    let id = version.id.clone();
    secret::add_version(ctx, vault, name, version)?;
    let version = CertificateVersion {
        id: id.clone(),
        der: BASE64.encode(&shared.leaf.0),
        enabled: true,
        tags: BTreeMap::new(),
        created: facts.not_before,
        updated: facts.not_before,
    };
    let policy = policy(facts, facts.not_before);
    save(
        ctx,
        vault,
        &CertificateRecord { name: name.to_owned(), versions: vec![version], policy, deleted: None },
    )?;
    Ok(id)
}

/// The policy that a vault gives to imported certificates.
fn policy(facts: &CertificateFacts, now: Timestamp) -> Value {
    let months = (facts.not_after.as_second() - facts.not_before.as_second()) / (30 * 24 * 3600);
    let mut key =
        json!({"exportable": true, "kty": facts.key_type, "key_size": facts.key_bits, "reuse_key": false});
    if facts.key_type == "EC" {
        key["crv"] = json!(KeyCurve::of(facts.key_bits).map(KeyCurve::name));
    }
    json!({
        "key_props": key,
        "secret_props": {"contentType": PFX_TYPE},
        "x509_props": {
            "subject": facts.subject,
            "sans": {"dns_names": facts.names},
            "ekus": ["1.3.6.1.5.5.7.3.1"],
            "key_usage": [],
            "validity_months": months,
            "basic_constraints": {"ca": false},
        },
        "lifetime_actions": [{"trigger": {"lifetime_percentage": 80}, "action": {"action_type": "EmailContacts"}}],
        "issuer": {"name": "Unknown"},
        "attributes": {"enabled": true, "created": now.as_second(), "updated": now.as_second()},
    })
}

fn key(vault: &VaultRecord, name: &str) -> String {
    format!("{}|{}", vault.key(), name.to_lowercase())
}
