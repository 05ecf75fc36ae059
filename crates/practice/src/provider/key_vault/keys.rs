//! `/keys` of the data plane, read-only: every certificate has a key of its own name, and there are no
//! others.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde_json::{Value, json};
use x509_parser::{prelude::parse_x509_certificate, public_key::PublicKey};

use super::{
    VaultRecord,
    access::{ContentKind, VaultPermission},
    certificate::{self, CertificateRecord, CertificateVersion},
    data::{attributes, enter, page},
};
use crate::{
    call::{Call, HttpMethod},
    context::CloudContext,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

pub(super) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "keys", list),
    Route::new(HttpMethod::Get, "deletedkeys", list_deleted),
    Route::new(HttpMethod::Get, "keys/{name}", get),
    Route::new(HttpMethod::Get, "keys/{name}/versions", versions),
    Route::new(HttpMethod::Get, "keys/{name}/{version}", get),
    Route::new(HttpMethod::Post, "keys/{name}/create", refuse),
    Route::new(HttpMethod::Put, "keys/{name}", refuse),
];

const fn may(verb: &'static str) -> VaultPermission {
    VaultPermission(ContentKind::Keys, verb)
}

fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("list"))?;
    let all = certificate::all(ctx, &vault)?;
    let here = all.iter().filter(|one| one.deleted.is_none());
    let items = here.filter_map(|one| Some(item(&vault, one, one.latest()?, ""))).collect();
    Ok(page(&vault, call, items))
}

fn list_deleted(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("list"))?;
    Ok(page(&vault, call, Vec::new()))
}

fn versions(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("list"))?;
    let one = need(ctx, &vault, call)?;
    let items = one.versions.iter().map(|version| item(&vault, &one, version, &version.id)).collect();
    Ok(page(&vault, call, items))
}

fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("get"))?;
    let one = need(ctx, &vault, call)?;
    let version = one.version(call.param("version")).ok_or_else(|| not_found(call))?;
    let mut shown = item(&vault, &one, version, &version.id);
    let mut key = public_part(&version.der()).unwrap_or_default();
    key["kid"] = shown["kid"].take();
    key["key_ops"] = json!(["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"]);
    if let Some(members) = shown.as_object_mut() {
        members.remove("kid");
        members.insert("key".to_owned(), key);
    }
    Ok(Reply::ok(shown))
}

/// The practice cloud has no keys without certificates.
fn refuse(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    enter(ctx, call, may("create"))?;
    let words = "The practice cloud keeps no keys but those of certificates.";
    Err(Fault::vault(400, "NotSupported", words, None))
}

fn need(ctx: &CloudContext<'_>, vault: &VaultRecord, call: &Call) -> Result<CertificateRecord, Fault> {
    certificate::find(ctx, vault, call.param("name"))?
        .filter(|one| one.deleted.is_none())
        .ok_or_else(|| not_found(call))
}

fn not_found(call: &Call) -> Fault {
    Fault::vault(
        404,
        "KeyNotFound",
        format!(
            "A key with (name/id) {} was not found in this key vault. If you recently deleted this key you may be able to recover \
             it using the correct recovery command. For help resolving this issue, please see \
             https://go.microsoft.com/fwlink/?linkid=2125182",
            call.param("name")
        ),
        None,
    )
}

fn item(vault: &VaultRecord, one: &CertificateRecord, version: &CertificateVersion, id: &str) -> Value {
    let path = if id.is_empty() { one.name.clone() } else { format!("{}/{id}", one.name) };
    json!({
        "kid": format!("{}keys/{path}", vault.uri()),
        "attributes": attributes(vault, version.enabled, [None, None], [version.created, version.updated]),
        "tags": version.tags,
        "managed": true,
    })
}

/// The public key of a certificate as a JSON web key.
fn public_part(der: &[u8]) -> Option<Value> {
    let (_, certificate) = parse_x509_certificate(der).ok()?;
    match certificate.public_key().parsed().ok()? {
        PublicKey::RSA(key) => {
            let modulus = key.modulus.strip_prefix(&[0]).unwrap_or(key.modulus);
            Some(json!({"kty": "RSA", "n": BASE64URL.encode(modulus), "e": BASE64URL.encode(key.exponent)}))
        }
        PublicKey::EC(point) => {
            // Uncompressed: one byte, then both coordinates.
            let (x, y) = point.data().get(1..).map(|both| both.split_at(both.len() / 2))?;
            let curve = match x.len() {
                32 => "P-256",
                48 => "P-384",
                _ => "P-521",
            };
            Some(json!({"kty": "EC", "crv": curve, "x": BASE64URL.encode(x), "y": BASE64URL.encode(y)}))
        }
        _ => None,
    }
}
