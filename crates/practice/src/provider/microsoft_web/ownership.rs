//! `domainOwnershipIdentifiers`: a token that an app serves so that a CA can see who owns its hostnames.

use serde_json::{Value, json};

use super::{
    bindings::{self, both},
    exposure, site,
};
use crate::{
    call::{Call, HttpMethod},
    context::{CloudContext, envelope, text},
    id::ArmId,
    index,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

const KINDS: [&str; 2] = [
    "microsoft.web/sites/domainownershipidentifiers",
    "microsoft.web/sites/slots/domainownershipidentifiers",
];

pub(crate) const ROUTES: &[Route] = [
    both!(Get, "domainOwnershipIdentifiers", list),
    both!(Get, "domainOwnershipIdentifiers/{name}", get),
    both!(Put, "domainOwnershipIdentifiers/{name}", put),
    both!(Patch, "domainOwnershipIdentifiers/{name}", put),
    both!(Delete, "domainOwnershipIdentifiers/{name}", delete),
]
.as_flattened();

/// Whether an app of the subscription to which `host` is mapped serves `token` to every client.
pub(crate) fn serves(
    ctx: &CloudContext<'_>,
    subscription: &ArmId,
    host: &str,
    token: &str,
) -> Result<bool, Fault> {
    for binding in ctx.having(&index::HOSTS, host)? {
        let site = bindings::site_of(&binding);
        if !site.is_under(subscription) {
            continue;
        }
        let kind = KINDS[usize::from(site.kind() == site::SLOT)];
        let found = ctx.list(kind, &site)?;
        if found.iter().any(|one| text(one, "/properties/id") == token)
            && exposure::answers_plainly(ctx, &site)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let site = call.target();
    ctx.need(&site)?;
    let kind = KINDS[usize::from(site.kind() == site::SLOT)];
    ctx.page(call, kind, &site, |one| Ok(Some(one)))
}

fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    Ok(Reply::ok(ctx.need(&call.target())?))
}

fn put(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = call.target();
    let site = ctx.need(&id.parent())?;
    let token = call
        .text("/properties/id")
        .filter(|token| !token.is_empty())
        .ok_or_else(|| Fault::web(400, "Parameter id is null or empty."))?;
    let mut made: Value = envelope(
        &id,
        "Microsoft.Web/sites/domainOwnershipIdentifiers",
        text(&site, "/location"),
        json!({ "id": token }),
    );
    made["name"] = json!(format!("{}/{}", text(&site, "/name"), id.name()));
    ctx.save(&id, &made)?;
    Ok(Reply::ok(made))
}

fn delete(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    Ok(Reply::empty(if ctx.remove(&call.target())? { 200 } else { 204 }))
}
