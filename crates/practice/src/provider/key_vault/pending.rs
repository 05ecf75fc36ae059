//! Pending certificates: the vault made a key and a request, and waits for the certificate from an outside
//! CA.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{
    VaultRecord,
    certificate::{self, Draft},
    certificates::{bundle, may, need, not_found},
    data::{attributes, enter},
    secret::new_version_id,
};
use crate::{
    ca::{Issued, is_for_key},
    calendar::days,
    call::{Call, HttpMethod},
    context::CloudContext,
    material::base64_bytes,
    reply::{Fault, Reply, ReplyBody, ReplyResult},
    route::Route,
    store::Collection,
};

/// Holds a private key until the merge.
const PENDING: Collection<PendingCertificate> = Collection::private("vault-pending");

pub(super) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "certificates/{name}/pending", get),
    Route::new(HttpMethod::Patch, "certificates/{name}/pending", cancel),
    Route::new(HttpMethod::Delete, "certificates/{name}/pending", forget),
    Route::new(HttpMethod::Post, "certificates/{name}/pending/merge", merge),
];

/// An operation on a certificate: the request and key that it made, or only the fact that it is over.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct PendingCertificate {
    name: String,
    issuer: Value,
    /// Base64 DER.
    csr: String,
    /// PKCS#8; empty once the certificate exists.
    #[serde(with = "base64_bytes")]
    key: Zeroizing<Vec<u8>>,
    policy: Value,
    tags: BTreeMap<String, String>,
    cancelled: bool,
    done: bool,
    /// Why the issuer made no certificate.
    #[serde(default)]
    error: Option<String>,
    since: Timestamp,
    request_id: String,
}

impl PendingCertificate {
    /// An operation that waits for a certificate of an outside CA.
    pub(super) fn waiting(
        ctx: &CloudContext<'_>,
        draft: &Draft,
        csr: &[u8],
        key: Zeroizing<Vec<u8>>,
    ) -> Self {
        Self {
            name: draft.name.to_owned(),
            issuer: draft.policy["issuer"].clone(),
            csr: BASE64.encode(csr),
            key,
            policy: draft.policy.clone(),
            tags: draft.tags.clone(),
            cancelled: false,
            done: false,
            error: None,
            since: ctx.now,
            request_id: new_version_id(),
        }
    }

    /// An operation that the vault completed at once.
    pub(super) fn over(ctx: &CloudContext<'_>, draft: &Draft, csr: &[u8]) -> Self {
        Self { done: true, ..Self::waiting(ctx, draft, csr, Zeroizing::default()) }
    }

    /// An operation that the issuer refused.
    pub(super) fn failed(ctx: &CloudContext<'_>, draft: &Draft, csr: &[u8], why: String) -> Self {
        Self { error: Some(why), ..Self::waiting(ctx, draft, csr, Zeroizing::default()) }
    }

    /// Saves the operation in place of the previous one.
    pub(super) fn keep(&self, ctx: &CloudContext<'_>, vault: &VaultRecord) -> Result<(), Fault> {
        Ok(ctx.tx.put(&PENDING, &key(vault, &self.name), self)?)
    }

    /// Answers 202 with the operation as it began, even if it has ended since: clients fetch the certificate
    /// only after they saw the state change.
    pub(super) fn begin(&self, ctx: &CloudContext<'_>, vault: &VaultRecord, call: &Call) -> ReplyResult {
        self.keep(ctx, vault)?;
        let began = Self { done: false, error: None, ..self.clone() };
        let location = format!(
            "{}certificates/{}/pending?api-version={}&request_id={}",
            vault.uri(),
            self.name,
            call.api_version(),
            self.request_id
        );
        Ok(Reply::new(202, ReplyBody::Json(began.show(vault))).header("location", location))
    }

    fn show(&self, vault: &VaultRecord) -> Value {
        let base = format!("{}certificates/{}", vault.uri(), self.name);
        let mut shown = json!({
            "id": format!("{base}/pending"),
            "issuer": self.issuer,
            "csr": self.csr,
            "cancellation_requested": self.cancelled,
            "status": match (self.done, self.cancelled, &self.error) {
                (true, ..) => "completed",
                (false, true, _) => "cancelled",
                (false, false, Some(_)) => "failed",
                (false, false, None) => "inProgress",
            },
            "request_id": self.request_id,
        });
        if self.done {
            shown["target"] = base.into();
        } else if let Some(why) = &self.error {
            shown["error"] = json!({"code": "BadParameter", "message": why});
        } else if self.waits() {
            shown["status_details"] =
                "Pending certificate created. Please Perform Merge to complete the request.".into();
        } else {
            shown["status_details"] =
                "Pending certificate created. Certificate request is in progress. This may take some time based on the issuer \
                 provider. Please check again later."
                    .into();
        }
        shown
    }

    fn waits(&self) -> bool {
        !self.key.is_empty()
    }
}

impl std::fmt::Debug for PendingCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The value may hold a private key, so only the name is printed.
        write!(f, "PendingCertificate({})", self.name)
    }
}

/// The list entries of certificates that consist of only a request so far (`includePending=true`).
pub(super) fn items(ctx: &CloudContext<'_>, vault: &VaultRecord) -> Result<Vec<Value>, Fault> {
    let all = ctx.tx.scan(&PENDING, &key(vault, ""))?;
    let mut shown = Vec::new();
    for (_, one) in all.into_iter().filter(|(_, one)| !one.done) {
        if certificate::find(ctx, vault, &one.name)?.is_none() {
            shown.push(json!({
                "id": format!("{}certificates/{}", vault.uri(), one.name),
                "attributes": attributes(vault, false, [Some(one.since), Some(one.since + days(365))], [one.since, one.since]),
                "subject": "",
                "tags": one.tags,
            }));
        }
    }
    Ok(shown)
}

/// The address of the last operation on a certificate, if there was one.
pub(super) fn id(ctx: &CloudContext<'_>, vault: &VaultRecord, name: &str) -> Result<Option<String>, Fault> {
    let found = ctx.tx.get(&PENDING, &key(vault, name))?;
    Ok(found.map(|one| format!("{}certificates/{}/pending", vault.uri(), one.name)))
}

fn find(ctx: &CloudContext<'_>, vault: &VaultRecord, call: &Call) -> Result<PendingCertificate, Fault> {
    let found = ctx.tx.get(&PENDING, &key(vault, call.param("name")))?;
    found.ok_or_else(|| {
        let message = format!("Pending certificate not found: {}", call.param("name"));
        Fault::vault(404, "PendingCertificateNotFound", message, None)
    })
}

fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("get"))?;
    Ok(Reply::ok(find(ctx, &vault, call)?.show(&vault)))
}

/// `{"cancellation_requested": true}`
fn cancel(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("update"))?;
    let mut one = find(ctx, &vault, call)?;
    if one.done {
        let message = "The certificate operation is completed and cannot be cancelled.";
        return Err(Fault::vault(409, "Conflict", message, None));
    }
    // The cancellation is only requested here; the next read shows it completed.
    let mut shown = one.show(&vault);
    shown["cancellation_requested"] = call.body["cancellation_requested"].clone();
    one.cancelled = call.body["cancellation_requested"] == true;
    ctx.tx.put(&PENDING, &key(&vault, &one.name), &one)?;
    Ok(Reply::ok(shown))
}

fn forget(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("delete"))?;
    let one = find(ctx, &vault, call)?;
    ctx.tx.remove(&PENDING, &key(&vault, &one.name))?;
    Ok(Reply::ok(one.show(&vault)))
}

/// `{"x5c": [leaf, intermediates …]}`, base64 of DER or of PEM: the certificate for the pending key.
fn merge(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("create"))?;
    let mut one = find(ctx, &vault, call)?;
    if one.done || one.cancelled || !one.waits() {
        return Err(bad("There is no pending certificate request to merge this certificate with."));
    }
    let sent = call.body["x5c"].as_array().ok_or_else(|| bad("Property x5c is required."))?;
    let mut chain = Vec::new();
    for text in sent {
        chain.extend(
            certificates_of(text.as_str().unwrap_or_default())
                .ok_or_else(|| bad("Property x5c has invalid content."))?,
        );
    }
    if chain.is_empty() {
        return Err(bad("Property x5c is empty."));
    }
    let leaf = chain.remove(0);
    if !is_for_key(&leaf, &one.key) {
        return Err(bad(
            "Public key of x509 certificate does not match the public key of the pending certificate request.",
        ));
    }
    let issued = Issued { leaf, chain, key: Some(std::mem::take(&mut one.key)), csr: String::new() };
    let mut tags = one.tags.clone();
    tags.extend(super::certificates::tags(&call.body));
    let draft = Draft { name: &one.name, policy: one.policy.clone(), tags };
    let id = certificate::add_version(ctx, &vault, &draft, &issued)?;
    one.done = true;
    ctx.tx.put(&PENDING, &key(&vault, &one.name), &one)?;
    let made = need(ctx, &vault, call)?;
    let version = made.version(&id).ok_or_else(|| not_found(call))?;
    Ok(Reply::created(bundle(&vault, &made, version)))
}

/// The certificates in one entry of `x5c`; the az CLI sends a whole PEM file in base64.
fn certificates_of(text: &str) -> Option<Vec<Vec<u8>>> {
    let bytes = BASE64.decode(text.trim()).ok()?;
    if !bytes.starts_with(b"-----BEGIN") {
        return Some(vec![bytes]);
    }
    CertificateDer::pem_slice_iter(&bytes).map(|der| Some(der.ok()?.to_vec())).collect()
}

fn bad(message: &str) -> Fault {
    Fault::vault(400, "BadParameter", message, None)
}

fn key(vault: &VaultRecord, name: &str) -> String {
    format!("{}|{}", vault.key(), name.to_lowercase())
}

/// Removes the pending operations of a vault.
pub(super) fn purge_vault(ctx: &CloudContext<'_>, vault_name: &str) -> Result<(), Fault> {
    for (key, _) in ctx.tx.scan(&PENDING, &format!("{}|", vault_name.to_lowercase()))? {
        ctx.tx.remove(&PENDING, &key)?;
    }
    Ok(())
}
