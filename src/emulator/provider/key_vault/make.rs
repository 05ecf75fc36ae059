//! New versions of a vault's certificates: imported from a file, or made by the vault.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject as _};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{
    Vault,
    certificate::{self, Draft},
    certificates::{bundle, may, need, not_found, tags},
    data::enter,
    issuers,
    pending::Pending,
    secret::{self, PEM_TYPE, PFX_TYPE},
    secrets::is_object_name,
};
use crate::emulator::{
    ca::{
        self, CaError, Curve, Issued, KeySource, Profile, Role,
        pfx::{self, Opened},
        policy::days,
    },
    call::Call,
    context::{Context, merge},
    reply::{Fault, Outcome, Reply},
};

pub(super) fn import(ctx: &Context<'_>, call: &Call) -> Outcome {
    let vault = enter(ctx, call, may("import"))?;
    let name = valid_name(call)?;
    let value = call.text("/value").unwrap_or_default();
    let (opened, kind) = open(value, call.text("/pwd").unwrap_or_default())?;
    let issued = Issued { leaf: opened.leaf, chain: opened.chain, key: Some(opened.key), csr: String::new() };
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

/// A PFX in base64, or PEM as it is or in base64; with the content type that says so.
fn open(value: &str, password: &str) -> Result<(Opened, &'static str), Fault> {
    if value.contains("-----BEGIN") {
        return Ok((from_pem(value)?, PEM_TYPE));
    }
    let bytes = BASE64.decode(value.trim()).map_err(|_| bad("The value is not base64."))?;
    match std::str::from_utf8(&bytes) {
        Ok(text) if text.contains("-----BEGIN") => Ok((from_pem(text)?, PEM_TYPE)),
        _ => {
            let opened = pfx::read(&bytes, password)
                .map_err(|error| bad(&format!("The specified PKCS#12 X.509 certificate content can not be read: {error}.")))?;
            Ok((opened, PFX_TYPE))
        }
    }
}

/// Makes a key and, by the issuer of the policy, a certificate for it: `Self` signs itself, `Unknown` waits for a merge,
/// and the name of an issuer of the vault has its CA sign.
pub(super) fn create(ctx: &Context<'_>, call: &Call) -> Outcome {
    let vault = enter(ctx, call, may("create"))?;
    let name = valid_name(call)?;
    let wanted = &call.body["policy"];
    let signer = wanted["issuer"]["name"].as_str().unwrap_or("Self");
    let profile = profile(ctx, wanted)?;
    let draft = Draft { name, policy: wanted.clone(), tags: tags(&call.body) };
    if certificate::find(ctx, &vault, name)?.is_some_and(|one| one.deleted.is_some()) {
        return Err(secret::held_by_deleted(name));
    }
    let failed = |error: CaError| bad(&error.to_string());
    if signer.eq_ignore_ascii_case("Unknown") {
        let (csr, key) = ca::request(&profile).map_err(failed)?;
        return Pending::waiting(ctx, &draft, &csr, key).begin(ctx, &vault, call);
    }
    let made = if signer.eq_ignore_ascii_case("Self") {
        ca::self_signed(&profile)
    } else if issuers::is_set_up(ctx, &vault, signer)? {
        ctx.setting.ca.issue(&profile)
    } else {
        return Err(bad(&format!("Issuer {signer} is not set up in this vault.")));
    };
    let issued = made.map_err(failed)?;
    add(ctx, &vault, call, &draft, &issued)?;
    let csr = pem_octets(&issued.csr);
    Pending::over(ctx, &draft, &csr).begin(ctx, &vault, call)
}

/// Adds a version, disabled if the call wants it so; answers its id.
fn add(ctx: &Context<'_>, vault: &Vault, call: &Call, draft: &Draft<'_>, issued: &Issued) -> Result<String, Fault> {
    let id = certificate::add_version(ctx, vault, draft, issued)?;
    if call.body["attributes"]["enabled"] == json!(false) {
        certificate::set_enabled(ctx, vault, &mut need(ctx, vault, call)?, &id, false)?;
    }
    Ok(id)
}

fn pem_octets(text: &str) -> Vec<u8> {
    let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    BASE64.decode(body).unwrap_or_default()
}

fn profile(ctx: &Context<'_>, wanted: &Value) -> Result<Profile, Fault> {
    let subject = wanted["x509_props"]["subject"].as_str().unwrap_or_default();
    let common_name = subject
        .split(',')
        .find_map(|part| part.trim().strip_prefix("CN="))
        .ok_or_else(|| bad("Property policy.x509_props.subject has to have a CN."))?;
    let sans = wanted["x509_props"]["sans"]["dns_names"].as_array();
    let mut names: Vec<String> = sans.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect();
    if names.is_empty() {
        names.push(common_name.to_owned());
    }
    let months = wanted["x509_props"]["validity_months"].as_i64().unwrap_or(12);
    let key = key(&wanted["key_props"])?;
    Ok(Profile {
        common_name: common_name.to_owned(),
        names,
        key,
        not_before: ctx.now,
        not_after: ctx.now + days(months.clamp(1, 1200) * 365 / 12),
        issuer: Role::DigiCert,
    })
}

/// The key that a policy asks for.
fn key(wanted: &Value) -> Result<KeySource, Fault> {
    match wanted["kty"].as_str().unwrap_or("RSA") {
        "RSA" | "RSA-HSM" => {
            let bits = wanted["key_size"].as_u64().unwrap_or(2048);
            Ok(KeySource::NewRsa(u16::try_from(bits).unwrap_or_default()))
        }
        "EC" | "EC-HSM" => match wanted["crv"].as_str().unwrap_or("P-256") {
            "P-256K" | "SECP256K1" => Err(bad("The practice cloud makes no keys on the curve P-256K.")),
            name => Curve::named(name)
                .map(KeySource::NewEc)
                .ok_or_else(|| bad(&format!("Property policy.key_props.crv has an unsupported value: {name}."))),
        },
        other => Err(bad(&format!("Property policy.key_props.kty has an unsupported value: {other}."))),
    }
}

fn valid_name(call: &Call) -> Result<&str, Fault> {
    let name = call.param("name");
    if is_object_name(name) {
        return Ok(name);
    }
    Err(bad(&format!("The request URI contains an invalid name: {name}. Names may have 1-127 letters, digits and dashes.")))
}

fn bad(message: &str) -> Fault {
    Fault::vault(400, "BadParameter", message, None)
}

/// A PKCS#8 key and the certificates that go with it, the leaf first.
fn from_pem(text: &str) -> Result<Opened, Fault> {
    let key = PrivatePkcs8KeyDer::from_pem_slice(text.as_bytes()).map_err(|_| bad("The PEM has no PKCS#8 private key."))?;
    let mut chain: Vec<Vec<u8>> =
        CertificateDer::pem_slice_iter(text.as_bytes()).filter_map(|der| Some(der.ok()?.to_vec())).collect();
    if chain.is_empty() {
        return Err(bad("The PEM has no certificate."));
    }
    let leaf = chain.remove(0);
    Ok(Opened { leaf, chain, key: Zeroizing::new(key.secret_pkcs8_der().to_vec()), friendly_name: None })
}
