//! The contacts whom a vault informs about its certificates, and the CAs from which it may order (issuers).

use serde_json::{Value, json};

use super::{
    VaultRecord,
    certificates::may,
    data::{enter, page},
};
use crate::{
    call::{Call, HttpMethod},
    context::{CloudContext, merge},
    reply::{Fault, Reply, ReplyResult},
    route::Route,
    store::Collection,
};

/// The CAs that Key Vault works with, and its own CA for tests.
const PROVIDERS: [&str; 6] =
    ["DigiCert", "GlobalSign", "SslAdminV2", "OneCertV2-PublicCA", "OneCertV2-PrivateCA", "Test"];

/// The member that holds the words of a CA that refuses to issue; never shown.
const REFUSES: &str = "refuses";

const CONTACTS: Collection<Value> = Collection::new("vault-contacts");
/// Holds the passwords of accounts at CAs.
const ISSUERS: Collection<Value> = Collection::private("vault-issuer");

pub(super) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "certificates/contacts", contacts),
    Route::new(HttpMethod::Put, "certificates/contacts", set_contacts),
    Route::new(HttpMethod::Delete, "certificates/contacts", forget_contacts),
    Route::new(HttpMethod::Get, "certificates/issuers", list),
    Route::new(HttpMethod::Get, "certificates/issuers/{issuer}", get),
    Route::new(HttpMethod::Put, "certificates/issuers/{issuer}", put),
    Route::new(HttpMethod::Patch, "certificates/issuers/{issuer}", put),
    Route::new(HttpMethod::Delete, "certificates/issuers/{issuer}", delete),
];

/// Whether the issuer of that name is enabled; `None` if there is no such issuer.
pub(super) fn state(
    ctx: &CloudContext<'_>,
    vault: &VaultRecord,
    issuer: &str,
) -> Result<Option<bool>, Fault> {
    let found = ctx.tx.get(&ISSUERS, &key(vault, issuer))?;
    Ok(found.map(|one| one["attributes"]["enabled"] != false))
}

/// The words with which its CA refuses to issue, as after a change of the account's password there.
pub(super) fn refusal(
    ctx: &CloudContext<'_>,
    vault: &VaultRecord,
    issuer: &str,
) -> Result<Option<String>, Fault> {
    let found = ctx.tx.get(&ISSUERS, &key(vault, issuer))?;
    Ok(found.and_then(|one| Some(one[REFUSES].as_str()?.to_owned())))
}

/// Makes the CA behind an issuer refuse all orders with these words, or issue again. Returns whether there is
/// such an issuer.
pub(crate) fn set_refusal(
    ctx: &CloudContext<'_>,
    vault: &str,
    issuer: &str,
    words: Option<&str>,
) -> Result<bool, Fault> {
    let Some(vault) = VaultRecord::named(ctx, vault)? else { return Ok(false) };
    let Some(mut one) = ctx.tx.get(&ISSUERS, &key(&vault, issuer))? else { return Ok(false) };
    one[REFUSES] = words.into();
    ctx.tx.put(&ISSUERS, &key(&vault, issuer), &one)?;
    Ok(true)
}

fn show_contacts(ctx: &CloudContext<'_>, vault: &VaultRecord) -> ReplyResult {
    let found = ctx.tx.get(&CONTACTS, &vault.key())?;
    found.map(Reply::ok).ok_or_else(|| Fault::vault(404, "ContactsNotFound", "Contacts not found", None))
}

fn contacts(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("managecontacts"))?;
    show_contacts(ctx, &vault)
}

fn set_contacts(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("managecontacts"))?;
    let contacts = call.body["contacts"].as_array().ok_or_else(|| bad("Property contacts is required."))?;
    let shown = json!({"id": format!("{}certificates/contacts", vault.uri()), "contacts": contacts});
    ctx.tx.put(&CONTACTS, &vault.key(), &shown)?;
    Ok(Reply::ok(shown))
}

fn forget_contacts(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("managecontacts"))?;
    let shown = show_contacts(ctx, &vault)?;
    ctx.tx.remove(&CONTACTS, &vault.key())?;
    Ok(shown)
}

fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("listissuers"))?;
    let all = ctx.tx.scan(&ISSUERS, &key(&vault, ""))?;
    let items =
        all.into_iter().map(|(_, one)| json!({"id": one["id"], "provider": one["provider"]})).collect();
    Ok(page(&vault, call, items))
}

fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("getissuers"))?;
    Ok(Reply::ok(show(need(ctx, &vault, call)?)))
}

/// PUT creates an issuer, PATCH changes one.
fn put(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("setissuers"))?;
    let name = call.param("issuer");
    let now = ctx.now.as_second();
    let mut one = match call.method {
        HttpMethod::Patch => need(ctx, &vault, call)?,
        _ => json!({
            "id": format!("{}certificates/issuers/{name}", vault.uri()),
            "attributes": {"enabled": true, "created": now},
        }),
    };
    for member in ["credentials", "org_details", "attributes"] {
        if let Some(wanted) = call.body.get(member).filter(|wanted| wanted.is_object()) {
            merge(&mut one[member], wanted);
        }
    }
    if let Some(provider) = call.text("/provider") {
        one["provider"] = provider.into();
    }
    match one["provider"].as_str() {
        None => return Err(bad("Property provider is required.")),
        Some(provider) if !PROVIDERS.iter().any(|known| known.eq_ignore_ascii_case(provider)) => {
            return Err(bad(&format!("Property provider has an invalid value: '{provider}'.")));
        }
        Some(_) => {}
    }
    one["attributes"]["updated"] = now.into();
    ctx.tx.put(&ISSUERS, &key(&vault, name), &one)?;
    Ok(Reply::ok(show(one)))
}

fn delete(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let vault = enter(ctx, call, may("deleteissuers"))?;
    let one = need(ctx, &vault, call)?;
    ctx.tx.remove(&ISSUERS, &key(&vault, call.param("issuer")))?;
    Ok(Reply::ok(show(one)))
}

fn need(ctx: &CloudContext<'_>, vault: &VaultRecord, call: &Call) -> Result<Value, Fault> {
    let name = call.param("issuer");
    let found = ctx.tx.get(&ISSUERS, &key(vault, name))?;
    found.ok_or_else(|| {
        Fault::vault(404, "CertificateIssuerNotFound", format!("Issuer {name} not found"), None)
    })
}

/// Removes the password, which is never returned.
fn show(mut one: Value) -> Value {
    if let Some(members) = one.as_object_mut() {
        members.remove(REFUSES);
    }
    if let Some(credentials) = one["credentials"].as_object_mut() {
        credentials.remove("pwd");
    }
    one
}

/// Removes the issuers of a vault of this name.
pub(super) fn purge_vault(ctx: &CloudContext<'_>, vault_name: &str) -> Result<(), Fault> {
    let name = vault_name.to_lowercase();
    ctx.tx.remove(&CONTACTS, &name)?;
    for (key, _) in ctx.tx.scan(&ISSUERS, &format!("{name}|"))? {
        ctx.tx.remove(&ISSUERS, &key)?;
    }
    Ok(())
}

fn bad(message: &str) -> Fault {
    Fault::vault(400, "BadParameter", message, None)
}

fn key(vault: &VaultRecord, issuer: &str) -> String {
    format!("{}|{}", vault.key(), issuer.to_lowercase())
}
