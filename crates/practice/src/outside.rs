//! `/_emulator/…` for the world outside Azure that a rehearsal needs: DNS records, answered mails, web pages;
//! and the list of purchases. No token, loopback only.

use serde_json::json;

use super::{
    call::{Call, HttpMethod},
    context::CloudContext,
    dns::{self, DnsRecord, DnsRecordKind},
    mail, pages,
    provider::{
        certificate_registration::{self, purchases},
        key_vault,
    },
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

pub(crate) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "_emulator/dns", records),
    Route::new(HttpMethod::Post, "_emulator/dns", change_records),
    Route::new(HttpMethod::Get, "_emulator/mail", mails),
    Route::new(HttpMethod::Post, "_emulator/mail/approve", approve),
    Route::new(HttpMethod::Get, "_emulator/http-token", list_pages),
    Route::new(HttpMethod::Post, "_emulator/http-token", publish),
    Route::new(HttpMethod::Get, "_emulator/purchases", bought),
    Route::new(HttpMethod::Post, "_emulator/vault-issuer", answer_vault),
];

fn records(ctx: &CloudContext<'_>, _: &Call) -> ReplyResult {
    Ok(Reply::ok(json!({"records": dns::all(ctx.tx)?})))
}

/// `{"add": {"name": "contoso.com", "type": "TXT", "value": "…"}}` or `{"remove": {"name": …, "type": …}}`;
/// without a value all records of that name and type are removed.
fn change_records(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let action = ["add", "remove"]
        .into_iter()
        .find(|action| call.body[*action].is_object())
        .ok_or_else(|| Fault::invalid("Give \"add\" or \"remove\" with a record."))?;
    let field = |name: &str| call.need(&format!("/{action}/{name}"));
    let (name, kind) = (field("name")?, field("type")?);
    let kind: DnsRecordKind = serde_json::from_value(kind.to_uppercase().into())
        .map_err(|_| Fault::invalid("type is A, CNAME, TXT or CAA."))?;
    if action == "remove" {
        let gone = dns::remove(ctx.tx, name, kind, field("value").ok())?;
        return Ok(Reply::ok(json!({"removed": gone})));
    }
    let record =
        DnsRecord::new(name, kind, field("value")?).map_err(|error| Fault::invalid(error.to_string()))?;
    dns::add(ctx.tx, &record)?;
    Ok(Reply::ok(json!({"added": record})))
}

fn mails(ctx: &CloudContext<'_>, _: &Call) -> ReplyResult {
    Ok(Reply::ok(json!({"mails": mail::all(ctx.tx)?})))
}

/// `{"domain": "contoso.com"}` or `{"order": "contoso-com"}`: the owner clicks the link in the mail.
fn approve(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let wanted = call.text("/order").map_or_else(|| call.need("/domain"), Ok)?;
    let approved = certificate_registration::approve_mail(ctx, wanted)?;
    if approved == 0 {
        let message = format!("No verification mail for '{wanted}' is waiting for an answer.");
        return Err(Fault::arm(404, "MailNotFound", message));
    }
    Ok(Reply::ok(json!({"approved": approved})))
}

fn list_pages(ctx: &CloudContext<'_>, _: &Call) -> ReplyResult {
    Ok(Reply::ok(json!({"pages": pages::all(ctx.tx)?})))
}

/// `{"host": "contoso.com", "path": "…", "content": "token"}`; without content the page is removed. The path
/// is optional.
fn publish(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let host = call.text("/host").map_or_else(|| call.need("/domain"), Ok)?;
    let path = call.text("/path").unwrap_or("/.well-known/pki-validation/godaddy.html");
    let content = call.text("/content").or_else(|| call.text("/token"));
    let Some(content) = content else {
        let gone = pages::withdraw(ctx.tx, host, path)?;
        return Ok(Reply::ok(json!({"removed": usize::from(gone)})));
    };
    let page = pages::WebPage { host: host.to_owned(), path: path.to_owned(), content: content.to_owned() };
    pages::publish(ctx.tx, &page)?;
    Ok(Reply::ok(json!({"published": page})))
}

fn bought(ctx: &CloudContext<'_>, _: &Call) -> ReplyResult {
    let all = purchases::all(ctx.tx)?;
    Ok(Reply::ok(json!({"count": all.len(), "purchases": all})))
}

/// `{"vault": "kv-shop", "issuer": "digicert", "refuses": "The account is locked."}`: the CA behind an issuer
/// of a vault refuses all orders from now on; without `refuses` it issues again.
fn answer_vault(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let (vault, issuer) = (call.need("/vault")?, call.need("/issuer")?);
    if !key_vault::set_refusal(ctx, vault, issuer, call.text("/refuses"))? {
        return Err(Fault::arm(
            404,
            "IssuerNotFound",
            format!("The vault '{vault}' has no issuer '{issuer}'."),
        ));
    }
    Ok(Reply::ok(json!({"vault": vault, "issuer": issuer, "refuses": call.text("/refuses")})))
}
