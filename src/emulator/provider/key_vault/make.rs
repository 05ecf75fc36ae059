//! New versions of a vault's certificates: imported from a file, or made by the vault.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject as _};
use zeroize::Zeroizing;

use super::{
    certificate,
    certificates::{bundle, may, need, not_found, operation, tags},
    data::enter,
    secrets::is_object_name,
};
use crate::emulator::{
    ca::{
        Issued, KeySource, Profile, Role,
        pfx::{self, Opened},
        policy::days,
    },
    call::Call,
    context::{Context, merge},
    reply::{Body, Fault, Outcome, Reply},
};

pub(super) fn import(ctx: &Context<'_>, call: &Call) -> Outcome {
    let vault = enter(ctx, call, may("import"))?;
    let name = valid_name(call)?;
    let value = call.text("/value").unwrap_or_default();
    let password = call.text("/pwd").unwrap_or_default();
    let opened = if value.contains("-----BEGIN") {
        from_pem(value)?
    } else {
        let bytes = BASE64.decode(value.trim()).map_err(|_| bad("The value is not base64."))?;
        pfx::read(&bytes, password)
            .map_err(|error| bad(&format!("The specified PKCS#12 X.509 certificate content can not be read: {error}.")))?
    };
    let issued = Issued { leaf: opened.leaf, chain: opened.chain, key: Some(opened.key), csr: String::new() };
    let id = certificate::add_version(ctx, &vault, name, &issued, "Unknown", tags(&call.body))?;
    let mut one = need(ctx, &vault, call)?;
    if call.body["policy"].is_object() {
        merge(&mut one.policy, &call.body["policy"]);
        certificate::save(ctx, &vault, &one)?;
    }
    let version = one.version(&id).ok_or_else(|| not_found(call))?;
    Ok(Reply::ok(bundle(&vault, &one, version)))
}

/// Makes a self-signed certificate (in this cloud: signed by its own CA); other issuers are not set up here.
pub(super) fn create(ctx: &Context<'_>, call: &Call) -> Outcome {
    let vault = enter(ctx, call, may("create"))?;
    let name = valid_name(call)?;
    let wanted = &call.body["policy"];
    let issuer_name = wanted["issuer"]["name"].as_str().unwrap_or("Self");
    if !issuer_name.eq_ignore_ascii_case("Self") {
        return Err(bad(&format!("Issuer {issuer_name} is not set up in this vault.")));
    }
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
    let bits = wanted["key_props"]["key_size"].as_u64().unwrap_or(2048);
    let key = match wanted["key_props"]["kty"].as_str() {
        Some("EC") => KeySource::NewEc,
        _ => KeySource::NewRsa(u16::try_from(bits).unwrap_or_default()),
    };
    let profile = Profile {
        common_name: common_name.to_owned(),
        names,
        key,
        not_before: ctx.now,
        not_after: ctx.now + days(months.clamp(1, 1200) * 365 / 12),
        issuer: Role::DigiCert,
    };
    let issued = ctx.setting.ca.issue(&profile).map_err(|error| bad(&error.to_string()))?;
    certificate::add_version(ctx, &vault, name, &issued, "Self", tags(&call.body))?;
    let mut one = need(ctx, &vault, call)?;
    merge(&mut one.policy, wanted);
    certificate::save(ctx, &vault, &one)?;
    // Clients fetch the certificate only after they saw the operation go from one state to the other.
    let mut shown = operation(&vault, &one);
    shown["status"] = "inProgress".into();
    let location = format!("{}certificates/{name}/pending?api-version={}", vault.uri(), call.api_version());
    Ok(Reply::new(202, Body::Json(shown)).header("location", location))
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
