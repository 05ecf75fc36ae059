//! Public certificates (.cer): trusted by code in one app, never bound (A7).

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::json;

use super::{bindings::both, site};
use crate::{
    ca::facts::CertificateFacts,
    call::{Call, HttpMethod},
    context::{CloudContext, envelope, text},
    id::ArmId,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

/// The Windows certificate stores that can hold one.
const STORES: [&str; 2] = ["CurrentUserMy", "LocalMachineMy"];
const KINDS: [&str; 2] =
    ["microsoft.web/sites/publiccertificates", "microsoft.web/sites/slots/publiccertificates"];

pub(crate) const ROUTES: &[Route] = [
    both!(Get, "publicCertificates", list),
    both!(Get, "publicCertificates/{name}", get),
    both!(Put, "publicCertificates/{name}", put),
    both!(Delete, "publicCertificates/{name}", delete),
]
.as_flattened();

/// Adds a public certificate to an app; `der` is the certificate.
pub(crate) fn add(
    ctx: &CloudContext<'_>,
    id: &ArmId,
    der: &[u8],
    location: &str,
) -> Result<serde_json::Value, Fault> {
    let site = ctx.need(&id.parent())?;
    let facts = CertificateFacts::read(der)
        .map_err(|_| Fault::web(400, "The parameter blob has an invalid value."))?;
    let mut made = envelope(
        id,
        "Microsoft.Web/sites/publicCertificates",
        text(&site, "/location"),
        json!({
            "blob": BASE64.encode(der),
            "publicCertificateLocation": location,
            "thumbprint": facts.thumbprint,
        }),
    );
    made["name"] = json!(format!("{}/{}", text(&site, "/name"), id.name()));
    ctx.save(id, &made)?;
    Ok(made)
}

/// Exchanges the public certificates of two sites of an app.
pub(crate) fn swap(ctx: &CloudContext<'_>, both: [&ArmId; 2]) -> Result<(), Fault> {
    let of = |site: &ArmId| ctx.list(KINDS[usize::from(site.kind() == site::SLOT)], site);
    let [one, other] = [of(both[0])?, of(both[1])?];
    for resource in one.iter().chain(&other) {
        ctx.remove(&ArmId::parse(text(resource, "/id")))?;
    }
    for (site, comes) in [(both[0], other), (both[1], one)] {
        for resource in comes {
            let name = ArmId::parse(text(&resource, "/id")).name().to_owned();
            let der = BASE64.decode(text(&resource, "/properties/blob")).unwrap_or_default();
            add(
                ctx,
                &site.child("publicCertificates", &name),
                &der,
                text(&resource, "/properties/publicCertificateLocation"),
            )?;
        }
    }
    Ok(())
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
    let blob = call
        .text("/properties/blob")
        .filter(|blob| !blob.is_empty())
        .ok_or_else(|| Fault::web(400, "Parameter publicCertificateEnv is null or empty."))?;
    if ctx.find(&id)?.is_some() {
        return Err(Fault::web(400, "The parameter location,thumbprint has an invalid value."));
    }
    let wanted = call.text("/properties/publicCertificateLocation").unwrap_or(STORES[0]);
    let store = STORES.into_iter().find(|store| store.eq_ignore_ascii_case(wanted));
    // Apps outside an App Service Environment have no machine store.
    let has_machine_store = ctx.need(&id.parent())?["properties"]["hostingEnvironmentProfile"].is_object();
    let store = store
        .filter(|store| *store == STORES[0] || has_machine_store)
        .ok_or_else(|| Fault::web(400, "The parameter publicCertificateLocation has an invalid value."))?;
    let der = BASE64.decode(blob).map_err(|_| Fault::web(400, "The parameter blob has an invalid value."))?;
    Ok(Reply::ok(add(ctx, &id, &der, store)?))
}

fn delete(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    Ok(Reply::empty(if ctx.remove(&call.target())? { 200 } else { 204 }))
}
