//! Certificates from outside: uploaded PFX files, and secrets of a vault.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{
    SiteJob,
    certificates::{self, CertificateOrigin, Placement},
};
use crate::{
    ca::{
        facts::CertificateFacts,
        pfx::{self, PfxError},
    },
    context::{CloudContext, text},
    id::ArmId,
    index, jobs,
    material::Material,
    principals::WEB_SITES,
    provider::{
        certificate_registration::STATE_TAG,
        key_vault::{
            first_party::{self, SecretRefusal},
            secret::{PFX_TYPE, SecretVersion},
        },
    },
    reply::{Fault, Reply, ReplyResult},
    store::Collection,
};

/// The service's message about a vault or a secret that it cannot find.
pub(crate) const INVALID_SECRET: &str = "The parameter KeyVaultId & KeyVaultSecretName has an invalid value.";
/// How often the service reads every vault again.
const SYNC_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// The minimum length of an RSA key in bits (A20).
const SHORTEST_KEY: usize = 2048;
const STATUS: &str = "/properties/keyVaultSecretStatus";
/// The secret version that a certificate was made of, so that a round without changes costs nothing.
const TAKEN: Collection<String> = Collection::new("certificate-version");

/// An uploaded PFX, checked as the service does: it has a password, opens with it, and holds a key that is
/// long enough. Self-signed and expired ones are accepted, with a warning header (recorded traffic).
pub(crate) fn upload(ctx: &CloudContext<'_>, place: &Placement, blob: &str, password: &str) -> ReplyResult {
    let invalid = || Fault::web(400, "The parameter pfxBlob has an invalid value.");
    let bytes = BASE64.decode(blob).map_err(|_| invalid())?;
    if password.is_empty() {
        return Err(Fault::web(400, "Parameter password is null or empty."));
    }
    let opened = pfx::read(&bytes, password).map_err(|error| match error {
        PfxError::NotPfx => invalid(),
        PfxError::WrongPassword => Fault::web(400, "The password for the certificate is incorrect."),
        other => Fault::web(400, format!("The certificate file could not be opened: {other}.")),
    })?;
    let facts = CertificateFacts::read(&opened.leaf).map_err(|_| invalid())?;
    if facts.key_type == "RSA" && facts.key_bits < SHORTEST_KEY {
        return Err(Fault::web(
            400,
            format!("The private key has {} bits; at least {SHORTEST_KEY} are needed.", facts.key_bits),
        ));
    }
    let origin =
        CertificateOrigin::Upload { friendly_name: opened.friendly_name.clone().unwrap_or_default() };
    let material = Material::from(opened);
    let certificate = certificates::save(ctx, place, &material, &origin)?;
    let reply = Reply::ok(certificate);
    Ok(match warning(ctx, &material) {
        Some(warning) => reply.header("warning", warning),
        None => reply,
    })
}

fn warning(ctx: &CloudContext<'_>, material: &Material) -> Option<String> {
    let facts = CertificateFacts::read(&material.leaf).ok()?;
    let trusted = material.chain.iter().any(|one| one.0 == ctx.setting.ca.root_der());
    let mut warnings = Vec::new();
    if facts.self_signed || facts.not_after < ctx.now {
        warnings.push("199 Some of the uploaded certificates are either self-signed or expired.");
    }
    if !trusted {
        warnings.push("199 Some of the uploaded certificates cannot be validated to a trusted CA");
    }
    (!warnings.is_empty()).then(|| warnings.join(","))
}

/// Imports a vault's secret, or reads it again: a new version replaces the old one (Sync).
pub(crate) fn import(ctx: &CloudContext<'_>, place: &Placement, vault: &ArmId, secret: &str) -> ReplyResult {
    match first_party::read(ctx, &WEB_SITES, vault, secret)? {
        // Only secrets of an order must be in the subscription of the order.
        Ok(version) if version.tags.contains_key(STATE_TAG) && !same_subscription(vault, &place.id) => {
            Err(Fault::web(400, INVALID_SECRET))
        }
        Ok(version) => take(ctx, place, vault, secret, &version).map(Reply::ok),
        Err(SecretRefusal::Unauthorized | SecretRefusal::NotPermitted) => Err(Fault::web(
            400,
            format!(
                "The service does not have access to '{}' Key Vault. Please make sure that you have granted necessary \
                 permissions to the service to perform the request operation.",
                vault.key()
            ),
        )),
        Err(SecretRefusal::VaultMissing | SecretRefusal::SecretMissing) => {
            Err(Fault::web(400, INVALID_SECRET))
        }
    }
}

fn same_subscription(one: &ArmId, other: &ArmId) -> bool {
    let key = |id: &ArmId| id.subscription().unwrap_or_default().to_lowercase();
    key(one) == key(other)
}

/// Makes a certificate from a version of a secret, and remembers the version.
fn take(
    ctx: &CloudContext<'_>,
    place: &Placement,
    vault: &ArmId,
    secret: &str,
    version: &SecretVersion,
) -> Result<Value, Fault> {
    let refuse = |reason: &str| Fault::web(400, format!("The secret '{secret}' {reason}."));
    let no_pfx = || refuse("is not a certificate of content type application/x-pkcs12");
    if version.content_type.as_deref() != Some(PFX_TYPE) {
        return Err(no_pfx());
    }
    let material = if let Some(material) = version.material(ctx).filter(|_| !version.key_stays) {
        material
    } else {
        let value = Some(version.value(ctx)?).filter(|value| !value.is_empty()).ok_or_else(no_pfx)?;
        let bytes = BASE64.decode(value).map_err(|_| refuse("is not base64"))?;
        pfx::read(&bytes, "").map_err(|error| refuse(&format!("could not be opened: {error}")))?.into()
    };
    let facts = CertificateFacts::read(&material.leaf)
        .map_err(|_| refuse("holds a certificate that cannot be read"))?;
    if facts.key_type != "RSA" {
        // A file with such a key can be uploaded, but not imported from a vault.
        return Err(refuse(&format!(
            "has a key of type {}, which cannot be imported from a vault",
            facts.key_type
        )));
    }
    let origin = CertificateOrigin::Vault { vault: vault.clone(), secret: secret.to_owned() };
    let certificate = certificates::save(ctx, place, &material, &origin)?;
    taken(ctx, &place.id, &version.id)?;
    Ok(certificate)
}

/// Remembers the secret version that a certificate was made of.
pub(crate) fn taken(ctx: &CloudContext<'_>, certificate: &ArmId, version: &str) -> Result<(), Fault> {
    Ok(ctx.tx.put(&TAKEN, &certificate.key(), &version.to_owned())?)
}

/// Vault and secret of a certificate that came from one.
pub(crate) fn vault_of(certificate: &Value) -> Option<(ArmId, String)> {
    let vault = text(certificate, "/properties/keyVaultId");
    let secret = text(certificate, "/properties/keyVaultSecretName");
    (!vault.is_empty()).then(|| (ArmId::parse(vault), secret.to_owned()))
}

/// The service's own round: reads every vault again and reports the results in `keyVaultSecretStatus`.
pub(crate) fn sync_all(ctx: &CloudContext<'_>) -> Result<(), Fault> {
    for certificate in ctx.having_any(&index::FROM_VAULT)? {
        if let Some((vault, secret)) = vault_of(&certificate) {
            sync(ctx, certificate, &vault, &secret)?;
        }
    }
    schedule_sync(ctx)
}

fn sync(ctx: &CloudContext<'_>, mut certificate: Value, vault: &ArmId, secret: &str) -> Result<(), Fault> {
    let place = certificates::place_of(&certificate);
    let taken = ctx.tx.get(&TAKEN, &place.id.key())?;
    let status = match first_party::read(ctx, &WEB_SITES, vault, secret)? {
        Ok(version) if taken.as_ref() == Some(&version.id) => "Succeeded",
        Ok(version) => match take(ctx, &place, vault, secret, &version) {
            Ok(_) => return Ok(()),
            Err(fault) if fault.status == 500 => return Err(fault),
            Err(_) => "UnknownError",
        },
        Err(refusal) => refusal.state(),
    };
    if text(&certificate, STATUS) != status {
        certificate["properties"]["keyVaultSecretStatus"] = json!(status);
        ctx.save(&place.id, &certificate)?;
    }
    Ok(())
}

/// Schedules the next round in a day.
pub(crate) fn schedule_sync(ctx: &CloudContext<'_>) -> Result<(), Fault> {
    ctx.at(jobs::moment(ctx.now, SYNC_EVERY), &jobs::ScheduledJob::Web(SiteJob::SyncAll))
}
