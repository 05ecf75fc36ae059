//! Backups of certificates and secrets. A client gets an opaque value, as in Azure: a number that has a
//! meaning only in this cloud.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    access::{ContentKind, VaultPermission},
    certificate::{self, CertificateRecord},
    certificates,
    data::enter,
    secret::{self, SecretRecord},
    secrets,
};
use crate::{
    call::{Call, HttpMethod},
    context::CloudContext,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
    store::Collection,
};

const BACKUPS: Collection<Backup> = Collection::private("vault-backup");

pub(super) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Post, "certificates/restore", restore_certificate),
    Route::new(HttpMethod::Post, "certificates/{name}/backup", back_up_certificate),
    Route::new(HttpMethod::Post, "secrets/restore", restore_secret),
    Route::new(HttpMethod::Post, "secrets/{name}/backup", back_up_secret),
];

/// Every version of one object at the time of the backup.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Backup {
    /// Present for a certificate.
    certificate: Option<CertificateRecord>,
    secret: Option<SecretRecord>,
}

fn back_up_certificate(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, certificates::may("backup"))?;
    let certificate = certificates::need(ctx, &vault, call)?;
    let secret = secret::find(ctx, &vault, &certificate.name)?;
    keep(ctx, &Backup { certificate: Some(certificate), secret })
}

fn back_up_secret(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, VaultPermission(ContentKind::Secrets, "backup"))?;
    let secret = secrets::need(ctx, &vault, call)?;
    secrets::refuse_managed(&secret, "backup")?;
    keep(ctx, &Backup { certificate: None, secret: Some(secret) })
}

fn keep(ctx: &CloudContext<'_>, backup: &Backup) -> ReplyResult {
    let id = uuid::Uuid::new_v4().simple().to_string();
    ctx.tx.put(&BACKUPS, &id, backup)?;
    Ok(Reply::ok(json!({"value": BASE64URL.encode(format!("practice-cloud-backup.{id}"))})))
}

fn read(ctx: &CloudContext<'_>, call: &Call) -> Result<Backup, Fault> {
    let value = call.text("/value").unwrap_or_default();
    let text =
        BASE64URL.decode(value.trim_end_matches('=')).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let id = text.as_deref().and_then(|text| text.strip_prefix("practice-cloud-backup."));
    let found = id.map(|id| ctx.tx.get(&BACKUPS, id)).transpose()?.flatten();
    found.ok_or_else(|| {
        Fault::vault(400, "BadParameter", "The backup cannot be read: it was not made by this cloud.", None)
    })
}

fn restore_certificate(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, certificates::may("restore"))?;
    let Backup { certificate: Some(certificate), secret: Some(secret) } = read(ctx, call)? else {
        return Err(Fault::vault(400, "BadParameter", "The backup is not one of a certificate.", None));
    };
    if certificate::find(ctx, &vault, &certificate.name)?.is_some() {
        return Err(taken("certificate", &certificate.name));
    }
    secret::save(ctx, &vault, &secret)?;
    certificate::save(ctx, &vault, &certificate)?;
    let shown = certificate.latest().map(|version| certificates::bundle(&vault, &certificate, version));
    Ok(Reply::ok(shown.unwrap_or_default()))
}

fn restore_secret(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, VaultPermission(ContentKind::Secrets, "restore"))?;
    let Backup { certificate: None, secret: Some(secret) } = read(ctx, call)? else {
        return Err(Fault::vault(400, "BadParameter", "The backup is not one of a secret.", None));
    };
    if secret::find(ctx, &vault, &secret.name)?.is_some() {
        return Err(taken("secret", &secret.name));
    }
    secret::save(ctx, &vault, &secret)?;
    let shown = secret.latest().map(|version| secrets::item(&vault, &secret, version, &version.id));
    Ok(Reply::ok(shown.unwrap_or_default()))
}

fn taken(what: &str, name: &str) -> Fault {
    Fault::vault(
        409,
        "Conflict",
        format!("A {what} with the name {name} exists already in this key vault."),
        None,
    )
}
