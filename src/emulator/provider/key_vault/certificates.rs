//! `/certificates` and `/deletedcertificates` of the data plane.

use std::collections::BTreeMap;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64URL},
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject as _};
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use zeroize::Zeroizing;

use super::{
    Vault,
    access::{Contents, Permission},
    certificate::{self, Certificate, CertificateVersion},
    data::{attributes, enter, mark_deleted, page, refuse_purge},
    secret::{self, Deleted},
    secrets::is_object_name,
};
use crate::emulator::{
    ca::{
        Issued, KeySource, Profile, Role,
        facts::Facts,
        pfx::{self, Opened},
        policy::days,
    },
    call::{Call, Method},
    context::{Context, merge},
    reply::{Body, Fault, Outcome, Reply},
    route::Route,
};

pub(super) const ROUTES: &[Route] = &[
    Route::new(Method::Get, "certificates", list),
    Route::new(Method::Get, "certificates/{name}", get),
    Route::new(Method::Get, "certificates/{name}/versions", versions),
    Route::new(Method::Get, "certificates/{name}/policy", get_policy),
    Route::new(Method::Patch, "certificates/{name}/policy", update_policy),
    Route::new(Method::Get, "certificates/{name}/pending", pending),
    Route::new(Method::Post, "certificates/{name}/import", import),
    Route::new(Method::Post, "certificates/{name}/create", create),
    Route::new(Method::Get, "certificates/{name}/{version}", get),
    Route::new(Method::Patch, "certificates/{name}", update),
    Route::new(Method::Patch, "certificates/{name}/{version}", update),
    Route::new(Method::Delete, "certificates/{name}", delete),
    Route::new(Method::Get, "deletedcertificates", list_deleted),
    Route::new(Method::Get, "deletedcertificates/{name}", get_deleted),
    Route::new(Method::Delete, "deletedcertificates/{name}", purge),
    Route::new(Method::Post, "deletedcertificates/{name}/recover", recover),
];

const fn may(verb: &'static str) -> Permission {
    Permission(Contents::Certificates, verb)
}

fn list(ctx: &Context<'_>, call: &Call) -> Outcome {
    let vault = enter(ctx, call, may("list"))?;
    let all = certificate::all(ctx, &vault)?;
    let items =
        all.iter().filter(|one| one.deleted.is_none()).filter_map(|one| Some(item(&vault, one, one.latest()?, ""))).collect();
    Ok(page(&vault, call, items))
}

fn versions(ctx: &Context<'_>, call: &Call) -> Outcome {
    let vault = enter(ctx, call, may("list"))?;
    let one = need(ctx, &vault, call)?;
    let versions = one.versions.iter();
    let items = versions.map(|version| item(&vault, &one, version, &version.id)).collect();
    Ok(page(&vault, call, items))
}

fn get(ctx: &Context<'_>, call: &Call) -> Outcome {
    let vault = enter(ctx, call, may("get"))?;
    let one = need(ctx, &vault, call)?;
    let version = one.version(call.param("version")).ok_or_else(|| not_found(call))?;
    Ok(Reply::ok(bundle(&vault, &one, version)))
}

fn get_policy(ctx: &Context<'_>, call: &Call) -> Outcome {
    let vault = enter(ctx, call, may("get"))?;
    let one = need(ctx, &vault, call)?;
    Ok(Reply::ok(policy(&vault, &one)))
}

fn update_policy(ctx: &Context<'_>, call: &Call) -> Outcome {
    let vault = enter(ctx, call, may("update"))?;
    let mut one = need(ctx, &vault, call)?;
    merge(&mut one.policy, &call.body);
    certificate::save(ctx, &vault, &one)?;
    Ok(Reply::ok(policy(&vault, &one)))
}

/// What a vault signs itself is ready at once.
fn pending(ctx: &Context<'_>, call: &Call) -> Outcome {
    let vault = enter(ctx, call, may("get"))?;
    let one = need(ctx, &vault, call)?;
    Ok(Reply::ok(operation(&vault, &one)))
}

fn import(ctx: &Context<'_>, call: &Call) -> Outcome {
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
fn create(ctx: &Context<'_>, call: &Call) -> Outcome {
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

fn update(ctx: &Context<'_>, call: &Call) -> Outcome {
    let vault = enter(ctx, call, may("update"))?;
    let mut one = need(ctx, &vault, call)?;
    let id = one.version(call.param("version")).ok_or_else(|| not_found(call))?.id.clone();
    for version in one.versions.iter_mut().filter(|version| version.id == id) {
        if call.body["tags"].is_object() {
            version.tags = tags(&call.body);
        }
        if let Some(enabled) = call.body["attributes"]["enabled"].as_bool() {
            version.enabled = enabled;
        }
        version.updated = ctx.now;
    }
    certificate::save(ctx, &vault, &one)?;
    let version = one.version(&id).ok_or_else(|| not_found(call))?;
    Ok(Reply::ok(bundle(&vault, &one, version)))
}

fn delete(ctx: &Context<'_>, call: &Call) -> Outcome {
    let vault = enter(ctx, call, may("delete"))?;
    let mut one = need(ctx, &vault, call)?;
    set_deleted(ctx, &vault, &mut one, Some(Deleted::now(ctx, &vault)))?;
    Ok(Reply::ok(show_deleted(&vault, &one)))
}

fn list_deleted(ctx: &Context<'_>, call: &Call) -> Outcome {
    let vault = enter(ctx, call, may("list"))?;
    let all = certificate::all(ctx, &vault)?;
    let deleted = all.iter().filter(|one| one.deleted.is_some());
    let items = deleted.map(|one| show_deleted(&vault, one)).collect();
    Ok(page(&vault, call, items))
}

fn get_deleted(ctx: &Context<'_>, call: &Call) -> Outcome {
    let vault = enter(ctx, call, may("get"))?;
    let one = need_deleted(ctx, &vault, call)?;
    Ok(Reply::ok(show_deleted(&vault, &one)))
}

fn purge(ctx: &Context<'_>, call: &Call) -> Outcome {
    let vault = enter(ctx, call, may("purge"))?;
    refuse_purge(&vault)?;
    let one = need_deleted(ctx, &vault, call)?;
    certificate::purge(ctx, &vault, &one.name)?;
    Ok(Reply::empty(204))
}

fn recover(ctx: &Context<'_>, call: &Call) -> Outcome {
    let vault = enter(ctx, call, may("recover"))?;
    let mut one = need_deleted(ctx, &vault, call)?;
    set_deleted(ctx, &vault, &mut one, None)?;
    let shown = one.latest().map(|version| bundle(&vault, &one, version));
    Ok(Reply::ok(shown.unwrap_or_default()))
}

/// A certificate takes its secret with it, and brings it back.
fn set_deleted(ctx: &Context<'_>, vault: &Vault, one: &mut Certificate, deleted: Option<Deleted>) -> Result<(), Fault> {
    one.deleted = deleted;
    certificate::save(ctx, vault, one)?;
    if let Some(mut secret) = secret::find(ctx, vault, &one.name)? {
        secret.deleted = deleted;
        secret::save(ctx, vault, &secret)?;
    }
    Ok(())
}

fn need(ctx: &Context<'_>, vault: &Vault, call: &Call) -> Result<Certificate, Fault> {
    certificate::find(ctx, vault, call.param("name"))?.filter(|one| one.deleted.is_none()).ok_or_else(|| not_found(call))
}

fn need_deleted(ctx: &Context<'_>, vault: &Vault, call: &Call) -> Result<Certificate, Fault> {
    certificate::find(ctx, vault, call.param("name"))?.filter(|one| one.deleted.is_some()).ok_or_else(|| not_found(call))
}

fn not_found(call: &Call) -> Fault {
    Fault::vault(
        404,
        "CertificateNotFound",
        format!(
            "A certificate with (name/id) {} was not found in this key vault. If you recently deleted this certificate \
             you may be able to recover it using the correct recovery command. For help resolving this issue, please \
             see https://go.microsoft.com/fwlink/?linkid=2125182",
            call.param("name")
        ),
        None,
    )
}

fn bad(message: &str) -> Fault {
    Fault::vault(400, "BadParameter", message, None)
}

fn valid_name(call: &Call) -> Result<&str, Fault> {
    let name = call.param("name");
    if is_object_name(name) {
        return Ok(name);
    }
    Err(bad(&format!("The request URI contains an invalid name: {name}. Names may have 1-127 letters, digits and dashes.")))
}

fn tags(body: &Value) -> BTreeMap<String, String> {
    let tags = body["tags"].as_object();
    tags.into_iter().flatten().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
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

/// The fields that lists and bundles share; without `version` the id names no version, as in lists.
fn item(vault: &Vault, one: &Certificate, version: &CertificateVersion, id: &str) -> Value {
    let der = version.der();
    let facts = Facts::read(&der).ok();
    let mut path = format!("{}certificates/{}", vault.uri(), one.name);
    if !id.is_empty() {
        path = format!("{path}/{id}");
    }
    json!({
        "id": path,
        "x5t": BASE64URL.encode(Sha1::digest(&der)),
        "attributes": attributes(
            vault,
            version.enabled,
            [facts.as_ref().map(|f| f.not_before), facts.as_ref().map(|f| f.not_after)],
            [version.created, version.updated],
        ),
        "subject": facts.map(|facts| facts.subject),
        "tags": version.tags,
    })
}

fn bundle(vault: &Vault, one: &Certificate, version: &CertificateVersion) -> Value {
    let mut shown = item(vault, one, version, &version.id);
    if let Some(members) = shown.as_object_mut() {
        members.remove("subject");
    }
    for (member, kind) in [("kid", "keys"), ("sid", "secrets")] {
        shown[member] = format!("{}{kind}/{}/{}", vault.uri(), one.name, version.id).into();
    }
    shown["cer"] = version.der.clone().into();
    shown["policy"] = policy(vault, one);
    shown
}

fn policy(vault: &Vault, one: &Certificate) -> Value {
    let mut shown = json!({"id": format!("{}certificates/{}/policy", vault.uri(), one.name)});
    merge(&mut shown, &one.policy);
    shown
}

fn operation(vault: &Vault, one: &Certificate) -> Value {
    let base = format!("{}certificates/{}", vault.uri(), one.name);
    json!({
        "id": format!("{base}/pending"),
        "issuer": one.policy["issuer"],
        "cancellation_requested": false,
        "status": "completed",
        "target": base,
        "request_id": one.latest().map(|version| version.id.clone()),
    })
}

fn show_deleted(vault: &Vault, one: &Certificate) -> Value {
    let (Some(version), Some(deleted)) = (one.latest(), one.deleted) else {
        return Value::Null;
    };
    let mut shown = item(vault, one, version, &version.id);
    mark_deleted(&mut shown, vault, &format!("deletedcertificates/{}", one.name), deleted);
    shown
}
