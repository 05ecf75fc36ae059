//! `Microsoft.Web/certificates`: private key certificates, each in one webspace.
//!
//! `sources` (upload, Key Vault) and `managed` obtain the certificates; this file has what is common to all.

use serde_json::{Value, json};

use super::{
    bindings::{self, both},
    managed, plans, site,
    site_certificates::{self, KINDS as OF_SITE, is_of_site},
    sources,
};
use crate::{
    ca::facts::{CertificateFacts, with_offset},
    call::{Call, HttpMethod},
    context::{CloudContext, envelope, merge, text},
    id::ArmId,
    index,
    material::{Material, StoredMaterial},
    reply::{Fault, Reply, ReplyResult},
    route::Route,
    store::Collection,
};

pub(crate) const KIND: &str = "microsoft.web/certificates";

/// By thumbprint.
const SUPERSEDED: Collection<Material> = Collection::private("superseded-certificate");

pub(crate) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "{sub}/providers/Microsoft.Web/certificates", list),
    Route::new(HttpMethod::Get, "{rg}/providers/Microsoft.Web/certificates", list),
    Route::new(HttpMethod::Get, "{rg}/providers/Microsoft.Web/certificates/{name}", get),
    Route::new(HttpMethod::Put, "{rg}/providers/Microsoft.Web/certificates/{name}", put),
    Route::new(HttpMethod::Patch, "{rg}/providers/Microsoft.Web/certificates/{name}", patch),
    Route::new(HttpMethod::Delete, "{rg}/providers/Microsoft.Web/certificates/{name}", delete),
];

/// The certificates of a single app or slot.
pub(crate) const OF_SITE_ROUTES: &[Route] = [
    both!(Get, "certificates", list_of_site),
    both!(Get, "certificates/{name}", get),
    both!(Put, "certificates/{name}", put),
    both!(Patch, "certificates/{name}", patch),
    both!(Delete, "certificates/{name}", delete),
]
.as_flattened();

/// Where a certificate is created.
#[derive(Debug, Clone)]
pub(crate) struct Placement {
    pub id: ArmId,
    /// As App Service spells it.
    pub region: String,
    pub webspace: String,
    pub tags: Value,
    /// The members that only a single app's certificates have, as they were sent.
    pub own: Value,
}

/// The origin of a certificate, as its members state it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CertificateOrigin {
    Upload { friendly_name: String },
    Vault { vault: ArmId, secret: String },
    Managed { host: String, method: Option<String> },
}

/// The certificate with this thumbprint to which a site can be bound.
pub(crate) fn for_site(
    ctx: &CloudContext<'_>,
    site: &ArmId,
    thumbprint: &str,
) -> Result<Option<Value>, Fault> {
    let owner = ctx.need(site)?;
    let all = ctx.having(&index::THUMBPRINTS, thumbprint)?;
    let fits = |one: &Value| {
        serves(&ArmId::parse(text(one, "/id")), text(one, "/properties/webSpace"), site, &owner)
    };
    Ok(all.into_iter().find(fits))
}

/// Whether a site can be bound to the certificate with this id: one of its own, or one of its webspace unless
/// the site accepts only its own.
pub(crate) fn serves(certificate: &ArmId, webspace: &str, site: &ArmId, owner: &Value) -> bool {
    if is_of_site(certificate) {
        return certificate.parent().key() == site.key();
    }
    !site::has_own_certificates(owner)
        && text(owner, "/properties/webSpace").eq_ignore_ascii_case(webspace)
        && certificate.subscription_id().is_some_and(|subscription| site.is_under(&subscription))
}

/// Every certificate with this thumbprint in the same webspace, including this one.
pub(crate) fn twins(
    ctx: &CloudContext<'_>,
    one: &ArmId,
    webspace: &str,
    thumbprint: &str,
) -> Result<Vec<ArmId>, Fault> {
    let all = ctx.having(&index::THUMBPRINTS, thumbprint)?;
    let is_near = |other: &Value| {
        let id = ArmId::parse(text(other, "/id"));
        if is_of_site(one) || is_of_site(&id) {
            return id.parent().key() == one.parent().key();
        }
        text(other, "/properties/webSpace").eq_ignore_ascii_case(webspace)
            && one.subscription_id().is_some_and(|subscription| id.is_under(&subscription))
    };
    Ok(all.iter().filter(|other| is_near(other)).map(|twin| ArmId::parse(text(twin, "/id"))).collect())
}

/// Leaf, chain and key of a certificate.
pub(crate) fn material(ctx: &CloudContext<'_>, id: &ArmId) -> Result<Option<Material>, Fault> {
    let kept: Option<StoredMaterial> = ctx.private(id)?;
    Ok(kept.map(|kept| kept.whole(ctx.setting)))
}

/// A certificate without a resource, which front ends continue to present for the hostnames bound to it.
pub(crate) fn superseded(ctx: &CloudContext<'_>, thumbprint: &str) -> Result<Option<Material>, Fault> {
    Ok(ctx.tx.get(&SUPERSEDED, &thumbprint.to_uppercase())?)
}

/// Writes a certificate, either new or in place of the one with that name. Bindings to the old one present
/// the new one from now on, where it covers their hostname.
pub(crate) fn save(
    ctx: &CloudContext<'_>,
    place: &Placement,
    material: &Material,
    origin: &CertificateOrigin,
) -> Result<Value, Fault> {
    let facts = CertificateFacts::read(&material.leaf)
        .map_err(|error| Fault::web(400, format!("The certificate cannot be read: {error}")))?;
    let before = ctx.find(&place.id)?;
    let superseded = self::material(ctx, &place.id)?;
    let certificate = document(place, &facts, origin);
    ctx.save(&place.id, &certificate)?;
    ctx.save_private(&place.id, material)?;
    if let Some(before) = before {
        let old = text(&before, "/properties/thumbprint");
        bindings::move_all(ctx, &place.id, &place.webspace, old, &facts)?;
        if let Some(superseded) = superseded.filter(|_| old != facts.thumbprint)
            && !bindings::presenting(ctx, &place.id, &place.webspace, old)?.is_empty()
        {
            ctx.tx.put(&SUPERSEDED, old, &superseded)?;
        }
    }
    Ok(certificate)
}

/// The resource of a certificate.
pub(crate) fn document(place: &Placement, facts: &CertificateFacts, origin: &CertificateOrigin) -> Value {
    let mut properties = json!({
        "friendlyName": "",
        "subjectName": facts.names.join(","),
        "hostNames": facts.names,
        "pfxBlob": null,
        "siteName": null,
        "selfLink": null,
        "issuer": facts.issuer_common_name,
        "issueDate": with_offset(facts.not_before),
        "expirationDate": with_offset(facts.not_after),
        "password": null,
        "thumbprint": facts.thumbprint,
        "valid": null,
        "toDelete": null,
        "cerBlob": null,
        "publicKeyHash": null,
        "hostingEnvironment": null,
        "hostingEnvironmentProfile": null,
        "keyVaultId": "",
        "keyVaultSecretName": "",
        "keyVaultSecretStatus": "Initialized",
        "webSpace": place.webspace,
        "serverFarmId": null,
        "tags": null,
        "resourceGroup": place.id.group(),
    });
    match origin {
        CertificateOrigin::Upload { friendly_name } => properties["friendlyName"] = json!(friendly_name),
        CertificateOrigin::Vault { vault, secret } => {
            // Recorded traffic: the id comes back in lower case.
            properties["keyVaultId"] = json!(vault.key());
            properties["keyVaultSecretName"] = json!(secret);
            properties["keyVaultSecretStatus"] = json!("Succeeded");
        }
        CertificateOrigin::Managed { host, method } => {
            properties["canonicalName"] = json!(host);
            if let Some(method) = method {
                properties["domainValidationMethod"] = json!(method);
            }
        }
    }
    let of_site = is_of_site(&place.id);
    let kind = if of_site { "Microsoft.Web/sites/certificates" } else { "Microsoft.Web/certificates" };
    let mut certificate = envelope(&place.id, kind, &place.region, properties);
    if of_site {
        certificate["properties"]["siteName"] = json!(place.id.parent().name());
        if place.own.is_object() {
            merge(&mut certificate["properties"], &place.own);
        }
    }
    certificate["tags"] = place.tags.clone();
    certificate
}

/// Where an existing certificate is.
pub(crate) fn place_of(certificate: &Value) -> Placement {
    Placement {
        id: ArmId::parse(text(certificate, "/id")),
        region: text(certificate, "/location").to_owned(),
        webspace: text(certificate, "/properties/webSpace").to_owned(),
        tags: certificate["tags"].clone(),
        own: site_certificates::own(&certificate["properties"]),
    }
}

/// `$filter=ServerFarmId eq '…'` means: in the webspace of that plan.
fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let plan = call
        .query("$filter")
        .filter(|filter| filter.to_lowercase().contains("serverfarmid"))
        .and_then(|filter| filter.split('\'').nth(1));
    let webspace = match plan {
        Some(plan) => {
            let plan = ctx.find(&ArmId::parse(plan))?.unwrap_or(Value::Null);
            Some(text(&plan, "/properties/webSpace").to_owned())
        }
        None => None,
    };
    ctx.page(call, KIND, &call.target(), |one| {
        let here = text(&one, "/properties/webSpace");
        let fits = webspace.as_ref().is_none_or(|webspace| webspace.eq_ignore_ascii_case(here));
        Ok(fits.then_some(one))
    })
}

fn list_of_site(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let site = call.target();
    ctx.need(&site)?;
    ctx.page(call, OF_SITE[usize::from(site.kind() == site::SLOT)], &site, |one| Ok(Some(one)))
}

fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    Ok(Reply::ok(ctx.need(&call.target())?))
}

/// Creates, imports, renews in place or syncs, depending on the body; repeating the same PUT means Sync.
fn put(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let before = ctx.find(&call.target())?;
    if before.is_none() {
        site_certificates::require_room(ctx, &call.target())?;
    }
    let place = place(ctx, call, before.as_ref())?;
    let named = |pointer: &str| call.text(pointer).filter(|value| !value.is_empty());
    if let Some(vault) = named("/properties/keyVaultId") {
        let vault = ArmId::parse(vault);
        let secret = named("/properties/keyVaultSecretName")
            .ok_or_else(|| Fault::web(400, sources::INVALID_SECRET))?;
        return sources::import(ctx, &place, &vault, secret);
    }
    if let Some(blob) = named("/properties/pfxBlob") {
        let password = call.text("/properties/password").unwrap_or_default();
        return sources::upload(ctx, &place, blob, password);
    }
    if let Some(host) = named("/properties/canonicalName") {
        let method = named("/properties/domainValidationMethod").map(str::to_owned);
        return managed::begin(ctx, call, place, &host.to_lowercase(), method, before);
    }
    match before {
        // The body contains nothing new: a vault's certificate is synced, any other keeps its contents.
        Some(before) => match sources::vault_of(&before) {
            Some((vault, secret)) => sources::import(ctx, &place, &vault, &secret),
            None => retag(ctx, call, before),
        },
        None => Err(Fault::web(400, "The parameter pfxBlob is null or empty.")),
    }
}

/// Region and webspace of the certificate that a PUT creates.
fn place(ctx: &CloudContext<'_>, call: &Call, before: Option<&Value>) -> Result<Placement, Fault> {
    let id = call.target();
    let location = call.text("/location").ok_or_else(|| {
        Fault::arm(400, "LocationRequired", "The location property is required for this definition.")
    })?;
    let tags = call.body.get("tags").cloned().unwrap_or(Value::Null);
    let own = site_certificates::own(&call.body["properties"]);
    if is_of_site(&id) && before.is_none() {
        let site = ctx.need(&id.parent())?;
        let of_site = |pointer| text(&site, pointer).to_owned();
        return Ok(Placement {
            id,
            region: of_site("/location"),
            webspace: of_site("/properties/webSpace"),
            tags,
            own,
        });
    }
    if let Some(before) = before {
        if !plans::same_region(location, text(before, "/location")) {
            return Err(Fault::elsewhere(&id, text(before, "/location"), location));
        }
        return Ok(Placement { tags, own, ..place_of(before) });
    }
    let plan = call.text("/properties/serverFarmId").filter(|plan| !plan.is_empty());
    let Some(plan) = plan else {
        let region = plans::region(location).to_owned();
        let webspace = plans::webspace(id.group().unwrap_or_default(), &region, false);
        return Ok(Placement { id, region, webspace, tags, own });
    };
    let plan = plans::named(ctx, plan)?;
    let region = text(&plan, "/location").to_owned();
    if !plans::same_region(location, &region) {
        return Err(Fault::web(
            400,
            format!("The location '{location}' is not the location '{region}' of the App Service plan."),
        ));
    }
    let webspace = text(&plan, "/properties/webSpace").to_owned();
    Ok(Placement { id, region, webspace, tags, own })
}

fn patch(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let before = ctx.need(&call.target())?;
    retag(ctx, call, before)
}

fn retag(ctx: &CloudContext<'_>, call: &Call, mut certificate: Value) -> ReplyResult {
    if let Some(tags) = call.body.get("tags") {
        certificate["tags"] = tags.clone();
        ctx.save(&call.target(), &certificate)?;
    }
    Ok(Reply::ok(certificate))
}

/// A bound certificate cannot be deleted, unless a duplicate (same thumbprint, same webspace) remains.
fn delete(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = call.target();
    let Some(certificate) = ctx.find(&id)? else {
        return Ok(Reply::empty(204));
    };
    let thumbprint = text(&certificate, "/properties/thumbprint");
    let webspace = text(&certificate, "/properties/webSpace");
    ctx.remove(&id)?;
    if twins(ctx, &id, webspace, thumbprint)?.is_empty() {
        let bound = bindings::presenting(ctx, &id, webspace, thumbprint)?;
        if let Some(binding) = bound.first() {
            // The fault undoes the removal.
            return Err(Fault::web_coded(
                409,
                "04035",
                "Cannot remove certificate with thumbprint {0} because it is used for hostname {1}.",
                &[thumbprint, bindings::host(binding)],
            ));
        }
    }
    Ok(Reply::empty(200))
}
