//! Free managed certificates: 202 first, the certificate some minutes later, renewed automatically (A28–A57).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    SiteJob, bindings,
    certificates::{self, CertificateOrigin, Placement},
    plans::{self, Tls},
    site,
    site_certificates::is_of_site,
};
use crate::{
    ca::{CommercialCa, KeySource, LeafProfile, facts::CertificateFacts},
    calendar::{MANAGED_LEAF_DAYS, MANAGED_RENEWAL_DAYS, days},
    call::Call,
    context::{CloudContext, text},
    dns,
    id::ArmId,
    index, jobs,
    material::Material,
    operations::{self, OperationId},
    reply::{Fault, Reply, ReplyResult},
};

/// How long Azure takes.
const TAKES: SignedDuration = SignedDuration::from_mins(3);

/// A pending first issue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Issue {
    id: String,
    region: String,
    webspace: String,
    tags: Value,
    #[serde(default)]
    own: Value,
    host: String,
    method: Option<String>,
    operation: OperationId,
}

/// Accepts the request; the certificate does not exist before the operation has ended.
pub(crate) fn begin(
    ctx: &CloudContext<'_>,
    call: &Call,
    place: Placement,
    host: &str,
    method: Option<String>,
    before: Option<Value>,
) -> ReplyResult {
    if let Some(before) = before {
        return Ok(Reply::ok(before));
    }
    check(ctx, &place, host, method.as_deref())?;
    let operation = operations::start(ctx, &place.id)?;
    let location = operations::location(call, &place.id, &operation);
    let issue = Issue {
        id: place.id.to_string(),
        region: place.region,
        webspace: place.webspace,
        tags: place.tags,
        own: place.own,
        host: host.to_owned(),
        method,
        operation,
    };
    ctx.soon(TAKES, &jobs::ScheduledJob::Web(SiteJob::Issue(Box::new(issue))))?;
    Ok(Reply::empty(202).header("location", location))
}

/// The job: issues the certificate, or fails the operation with the reason.
pub(crate) fn issue(ctx: &CloudContext<'_>, issue: Issue) -> Result<(), Fault> {
    let id = ArmId::parse(&issue.id);
    let place =
        Placement { id, region: issue.region, webspace: issue.webspace, tags: issue.tags, own: issue.own };
    if ctx.find(&place.id)?.is_some() {
        return operations::finish(ctx, &issue.operation);
    }
    // The preconditions may have changed in the meantime.
    match check(ctx, &place, &issue.host, issue.method.as_deref()) {
        Ok(()) => {
            make(ctx, &place, &issue.host, issue.method)?;
            operations::finish(ctx, &issue.operation)
        }
        Err(fault) => operations::fail(ctx, &issue.operation, fault),
    }
}

/// Some time before the end: issues again while the preconditions hold (A31), otherwise tries again a day
/// later.
pub(crate) fn renew(ctx: &CloudContext<'_>, id: &ArmId) -> Result<(), Fault> {
    let Some(certificate) = ctx.find(id)? else {
        return Ok(());
    };
    let host = text(&certificate, "/properties/canonicalName");
    let method = text(&certificate, "/properties/domainValidationMethod");
    let method = (!method.is_empty()).then(|| method.to_owned());
    let place = certificates::place_of(&certificate);
    let material = certificates::material(ctx, id)?;
    let due = material
        .and_then(|material| CertificateFacts::read(&material.leaf).ok())
        .map(|facts| due(facts.not_before, facts.not_after));
    if host.is_empty() || due.is_some_and(|due| due.duration_since(ctx.now) > days(1)) {
        // It was replaced since; its successor has its own job.
        return Ok(());
    }
    match check(ctx, &place, host, method.as_deref()) {
        Ok(()) => make(ctx, &place, host, method),
        Err(_) => schedule(ctx, id, ctx.now + days(1)),
    }
}

/// Schedules the renewal of a managed certificate.
pub(crate) fn schedule_renewal(
    ctx: &CloudContext<'_>,
    id: &ArmId,
    issued: Timestamp,
    end: Timestamp,
) -> Result<(), Fault> {
    schedule(ctx, id, due(issued, end))
}

/// When a certificate is renewed; the rules of the day of issue decide.
fn due(issued: Timestamp, end: Timestamp) -> Timestamp {
    end - days(MANAGED_RENEWAL_DAYS.at(issued))
}

fn schedule(ctx: &CloudContext<'_>, id: &ArmId, when: Timestamp) -> Result<(), Fault> {
    ctx.at(when, &jobs::ScheduledJob::Web(SiteJob::Renew(id.to_string())))
}

fn make(ctx: &CloudContext<'_>, place: &Placement, host: &str, method: Option<String>) -> Result<(), Fault> {
    let end = ctx.now + days(MANAGED_LEAF_DAYS.at(ctx.now));
    let profile = LeafProfile {
        common_name: host.to_owned(),
        names: vec![host.to_owned()],
        key: KeySource::NewRsa(2048),
        not_before: ctx.now,
        not_after: end,
        issuer: CommercialCa::DigiCert,
        particulars: None,
    };
    let material = ctx
        .setting
        .ca
        .certify(&profile)
        .and_then(Material::try_from)
        .map_err(|error| Fault::web(500, error.to_string()))?;
    let origin = CertificateOrigin::Managed { host: host.to_owned(), method };
    certificates::save(ctx, place, &material, &origin)?;
    schedule_renewal(ctx, &place.id, ctx.now, end)
}

/// Checks every precondition that the service itself can see.
fn check(ctx: &CloudContext<'_>, place: &Placement, host: &str, method: Option<&str>) -> Result<(), Fault> {
    let invalid = |reason: String| {
        Fault::web_coded(400, "51021", "{0} is invalid.  {1}", &["Properties.CanonicalName", &reason])
    };
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    if !plain {
        return Err(invalid(format!(
            "Canonical name {host} includes at least one special character. Only letters and numbers are allowed."
        )));
    }
    let site = bindings::find_host(ctx, host)?
        .map(|binding| bindings::site_of(&binding))
        .filter(|site| site.subscription() == place.id.subscription());
    let Some(site) = site else {
        return Err(invalid(format!(
            "Canonical name {host} is not a hostname of an app in this subscription."
        )));
    };
    let owner = site::show(ctx, ctx.need(&site)?)?;
    if is_of_site(&place.id) {
        if place.id.parent().key() != site.key() {
            return Err(invalid(format!("Canonical name {host} is not a hostname of the app.")));
        }
    } else if !text(&owner, "/properties/webSpace").eq_ignore_ascii_case(&place.webspace) {
        return Err(invalid(format!("Canonical name {host} belongs to an app in another webspace.")));
    }
    let farm = plans::named(ctx, text(&owner, "/properties/serverFarmId"))?;
    if plans::tls(&farm) == Tls::None {
        return Err(Fault::web(409, "Managed Certificate is not supported on Free and Shared tier."));
    }
    for other in ctx.having(&index::MANAGED, host)? {
        if ArmId::parse(text(&other, "/id")).key() != place.id.key() {
            return Err(Fault::web(
                409,
                format!("A managed certificate for {host} exists already: {}.", text(&other, "/name")),
            ));
        }
    }
    let way = dns::follow(ctx.tx, host)?;
    let by_cname = way.hops.first().is_some_and(|hop| hop.eq_ignore_ascii_case(&site::default_host(&site)));
    let address = text(&owner, "/properties/inboundIpAddress");
    let by_address = way.hops.is_empty() && way.addresses.iter().any(|own| own.to_string() == address);
    if method == Some("http-token") {
        if !by_address && !by_cname {
            return Err(invalid(format!(
                "Canonical name {host} has no A record for the address {address} of its app."
            )));
        }
    } else if !by_cname {
        return Err(invalid(format!(
            "Canonical name {host} is not a subdomain. This validation method only supports subdomains"
        )));
    }
    if !dns::caa_allows(ctx.tx, host, "digicert.com")? {
        return Err(Fault::web(
            400,
            format!("Certificate creation failed unexpectedly for canonical name {host}"),
        ));
    }
    Ok(())
}
