//! New versions of a vault's certificates: imported from a file, or made by the vault.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject as _};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{
    VaultRecord,
    certificate::{self, CertificateRecord, Draft},
    certificates::{bundle, may, need, not_found, tags},
    data::enter,
    issuers,
    pending::PendingCertificate,
    secret::{self, PEM_TYPE, PFX_TYPE},
    secrets::is_object_name,
    wanted,
};
use crate::{
    ca::{
        self, CaError, Issued, KeySource,
        pfx::{self, Opened},
    },
    calendar::{ORDER_LEAF_DAYS, days},
    call::Call,
    context::{CloudContext, merge},
    reply::{Fault, Reply, ReplyResult},
};

pub(super) fn import(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("import"))?;
    let name = valid_name(call)?;
    refuse_taken(ctx, &vault, name, certificate::find(ctx, &vault, name)?.as_ref())?;
    let value = call.text("/value").unwrap_or_default();
    let (opened, kind) = open(value, call.text("/pwd").unwrap_or_default())?;
    let issued = Issued { leaf: opened.leaf, chain: opened.chain, key: Some(opened.key), csr: String::new() };
    if call.body["policy"].is_object() {
        wanted::check(&vault, &call.body["policy"])?;
    }
    let mut policy = json!({"secret_props": {"contentType": kind}});
    if call.body["policy"].is_object() {
        merge(&mut policy, &call.body["policy"]);
    }
    let draft = Draft { name, policy, tags: tags(&call.body) };
    let id = add(ctx, &vault, call, &draft, &issued)?;
    let one = need(ctx, &vault, call)?;
    let version = one.version(&id).ok_or_else(|| not_found(call))?;
    Ok(Reply::ok(bundle(&vault, &one, version)))
}

/// Opens a PFX in base64, or PEM as text or in base64; returns its content type too.
fn open(value: &str, password: &str) -> Result<(Opened, &'static str), Fault> {
    if value.contains("-----BEGIN") {
        return Ok((from_pem(value)?, PEM_TYPE));
    }
    let bytes = BASE64.decode(value.trim()).map_err(|_| bad("The value is not base64."))?;
    match std::str::from_utf8(&bytes) {
        Ok(text) if text.contains("-----BEGIN") => Ok((from_pem(text)?, PEM_TYPE)),
        _ => {
            let opened = pfx::read(&bytes, password).map_err(|error| {
                bad(&format!(
                    "The specified PKCS#12 X.509 certificate content can not be read. Please check if certificate is in valid \
                     PKCS#12 format: {error}."
                ))
            })?;
            Ok((opened, PFX_TYPE))
        }
    }
}

/// Makes a key and a certificate for it by the issuer of the policy: `Self` signs itself, `Unknown` waits for
/// a merge, and for the name of one of the vault's issuers its CA signs.
pub(super) fn create(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("create"))?;
    let name = valid_name(call)?;
    let held = certificate::find(ctx, &vault, name)?;
    refuse_taken(ctx, &vault, name, held.as_ref())?;
    // A request without a policy uses the one that the certificate has.
    let own = call.body.get("policy").filter(|policy| policy.is_object());
    let kept = held.as_ref().map(|one| &one.policy);
    let wanted = own.or(kept).ok_or_else(|| bad("Property policy is required."))?;
    wanted::check(&vault, wanted)?;
    let again = wanted["key_props"]["reuse_key"] == true;
    let key = held.as_ref().filter(|_| again).map(|one| key_of(ctx, &vault, one)).transpose()?.flatten();
    let draft = Draft { name, policy: wanted.clone(), tags: tags(&call.body) };
    match sign(ctx, &vault, wanted, key)? {
        IssuerResult::Certificate(issued) => {
            add(ctx, &vault, call, &draft, &issued)?;
            PendingCertificate::over(ctx, &draft, &pem_bytes(&issued.csr)).begin(ctx, &vault, call)
        }
        IssuerResult::Request(csr, key) => {
            PendingCertificate::waiting(ctx, &draft, &csr, key).begin(ctx, &vault, call)
        }
        IssuerResult::Refused(csr, why) => {
            PendingCertificate::failed(ctx, &draft, &csr, why).begin(ctx, &vault, call)
        }
        IssuerResult::NoIssuer(why) => Err(bad(&why)),
    }
}

/// Makes a new version by the certificate's own policy, as vaults do by themselves. Returns whether there is
/// one.
pub(super) fn again(
    ctx: &CloudContext<'_>,
    vault: &VaultRecord,
    one: &CertificateRecord,
) -> Result<bool, Fault> {
    let again = one.policy["key_props"]["reuse_key"] == true;
    let key = if again { key_of(ctx, vault, one)? } else { None };
    let tags = one.latest().map(|newest| newest.tags.clone()).unwrap_or_default();
    let draft = Draft { name: &one.name, policy: one.policy.clone(), tags };
    let (operation, is_made) = match sign(ctx, vault, &one.policy, key)? {
        IssuerResult::Certificate(issued) => {
            certificate::add_version(ctx, vault, &draft, &issued)?;
            (PendingCertificate::over(ctx, &draft, &pem_bytes(&issued.csr)), true)
        }
        IssuerResult::Request(csr, key) => (PendingCertificate::waiting(ctx, &draft, &csr, key), true),
        IssuerResult::Refused(csr, why) => (PendingCertificate::failed(ctx, &draft, &csr, why), false),
        IssuerResult::NoIssuer(why) => (PendingCertificate::failed(ctx, &draft, &[], why), false),
    };
    operation.keep(ctx, vault)?;
    Ok(is_made)
}

/// The result of asking the issuer of a policy.
enum IssuerResult {
    Certificate(Issued),
    /// DER of the request and its key: an outside CA is to sign.
    Request(Vec<u8>, Zeroizing<Vec<u8>>),
    /// DER of the request, and the words of the CA.
    Refused(Vec<u8>, String),
    NoIssuer(String),
}

fn sign(
    ctx: &CloudContext<'_>,
    vault: &VaultRecord,
    wanted: &Value,
    key: Option<KeySource>,
) -> Result<IssuerResult, Fault> {
    let signer = wanted["issuer"]["name"].as_str().unwrap_or("Self");
    let mut profile = wanted::profile(ctx, wanted, key)?;
    let failed = |error: CaError| bad(&error.to_string());
    if signer.eq_ignore_ascii_case("Unknown") {
        let (csr, key) = ca::request(&profile).map_err(failed)?;
        return Ok(IssuerResult::Request(csr, key));
    }
    if signer.eq_ignore_ascii_case("Self") {
        return Ok(IssuerResult::Certificate(ca::self_signed(&profile).map_err(failed)?));
    }
    match issuers::state(ctx, vault, signer)? {
        None => return Ok(IssuerResult::NoIssuer(format!("Issuer {signer} is not set up in this vault."))),
        Some(false) => return Ok(IssuerResult::NoIssuer(format!("Issuer {signer} is disabled."))),
        Some(true) => {}
    }
    if let Some(why) = issuers::refusal(ctx, vault, signer)? {
        let (csr, _) = ca::request(&profile).map_err(failed)?;
        return Ok(IssuerResult::Refused(csr, why));
    }
    // A public CA issues for as long as the calendar of the CAs allows, regardless of the policy.
    let longest = ctx.now + days(ORDER_LEAF_DAYS.at(ctx.now));
    profile.not_after = profile.not_after.min(longest);
    Ok(IssuerResult::Certificate(ctx.setting.ca.issue(&profile).map_err(failed)?))
}

/// The key of the newest version, for use again.
fn key_of(
    ctx: &CloudContext<'_>,
    vault: &VaultRecord,
    one: &CertificateRecord,
) -> Result<Option<KeySource>, Fault> {
    let kept = secret::find(ctx, vault, &one.name)?;
    let Some(material) = kept.and_then(|kept| kept.latest()?.material(ctx)) else {
        return Ok(None);
    };
    let pair = ca::key_pair(&material.key).map_err(|error| bad(&error.to_string()))?;
    Ok(Some(KeySource::Existing(Arc::new(pair))))
}

/// A deleted certificate holds its name. A certificate keeps its key in a secret of the same name, so no
/// other secret may have that name.
fn refuse_taken(
    ctx: &CloudContext<'_>,
    vault: &VaultRecord,
    name: &str,
    held: Option<&CertificateRecord>,
) -> Result<(), Fault> {
    if held.is_some_and(|one| one.deleted.is_some()) {
        return Err(secret::held_by_deleted("certificate", name));
    }
    let secret = secret::find(ctx, vault, name)?;
    if secret.is_some_and(|one| one.deleted.is_none() && one.latest().is_some_and(|version| !version.managed))
    {
        let message = format!(
            "A secret with the name {name} exists already in this key vault, and no certificate manages it."
        );
        return Err(Fault::vault(409, "Conflict", message, None));
    }
    Ok(())
}

/// Adds a version, disabled if the call asks for it; returns its id.
fn add(
    ctx: &CloudContext<'_>,
    vault: &VaultRecord,
    call: &Call,
    draft: &Draft<'_>,
    issued: &Issued,
) -> Result<String, Fault> {
    let id = certificate::add_version(ctx, vault, draft, issued)?;
    if call.body["attributes"]["enabled"] == json!(false) {
        certificate::set_enabled(ctx, vault, &mut need(ctx, vault, call)?, &id, false)?;
    }
    Ok(id)
}

fn pem_bytes(text: &str) -> Vec<u8> {
    let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    BASE64.decode(body).unwrap_or_default()
}

fn valid_name(call: &Call) -> Result<&str, Fault> {
    let name = call.param("name");
    if is_object_name(name) {
        return Ok(name);
    }
    Err(bad(&format!(
        "The request URI contains an invalid name: {name}. Names may have 1-127 letters, digits and dashes."
    )))
}

fn bad(message: &str) -> Fault {
    Fault::vault(400, "BadParameter", message, None)
}

/// A PKCS#8 key and its certificates, the leaf first.
fn from_pem(text: &str) -> Result<Opened, Fault> {
    if !text.contains("PRIVATE KEY-----") {
        return Err(bad(
            "Private key is not specified in the specified X.509 PEM certificate content. Please specify private key in the X.509 \
             PEM certificate content.",
        ));
    }
    let unread = || {
        bad(
            "The specified PEM X.509 certificate content is in an unexpected format. Please check if certificate is in \
                         valid PEM format, with its private key as unencrypted PKCS#8.",
        )
    };
    let key = PrivatePkcs8KeyDer::from_pem_slice(text.as_bytes()).map_err(|_| unread())?;
    let mut chain: Vec<Vec<u8>> =
        CertificateDer::pem_slice_iter(text.as_bytes()).filter_map(|der| Some(der.ok()?.to_vec())).collect();
    if chain.is_empty() {
        return Err(unread());
    }
    let leaf = chain.remove(0);
    Ok(Opened { leaf, chain, key: Zeroizing::new(key.secret_pkcs8_der().to_vec()), friendly_name: None })
}
