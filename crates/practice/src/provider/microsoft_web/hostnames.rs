//! Whether DNS allows a hostname to be mapped to a site.

use serde_json::{Value, json};

use super::{
    bindings::{self, both},
    plans, site,
};
use crate::{
    call::Call,
    call::HttpMethod,
    context::{CloudContext, text},
    dns,
    id::ArmId,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

pub(crate) const ROUTES: &[Route] = [both!(Get, "analyzeCustomHostname", analyze)].as_flattened();

/// The zone's records about a hostname and a site.
#[derive(Debug)]
struct HostnameRecords {
    cnames: Vec<String>,
    addresses: Vec<String>,
    texts: Vec<String>,
    asuid: Vec<String>,
    /// A CNAME leads straight to the site.
    points_by_cname: bool,
    /// The `asuid.` TXT record has the right value.
    owned: bool,
}

fn look(ctx: &CloudContext<'_>, site: &ArmId, host: &str) -> Result<HostnameRecords, Fault> {
    let shown = site::show(ctx, ctx.need(site)?)?;
    let way = dns::follow(ctx.tx, host)?;
    let addresses: Vec<String> = way.addresses.iter().map(ToString::to_string).collect();
    let texts = dns::txt(ctx.tx, host)?;
    let asuid = dns::txt(ctx.tx, &proof(host))?;
    let own = site::default_host(site);
    let verification = text(&shown, "/properties/customDomainVerificationId");
    Ok(HostnameRecords {
        points_by_cname: way.hops.first().is_some_and(|hop| hop.eq_ignore_ascii_case(&own)),
        owned: asuid.iter().any(|value| value.eq_ignore_ascii_case(verification)),
        cnames: way.hops,
        addresses,
        texts,
        asuid,
    })
}

/// The name of the ownership record. A wildcard has it at its parent: `asuid.contoso.com` for
/// `*.contoso.com`.
fn proof(host: &str) -> String {
    format!("asuid.{}", host.strip_prefix("*.").unwrap_or(host))
}

/// Letters, digits and dashes between dots; the first label may be a wildcard.
fn is_hostname(host: &str) -> bool {
    let labels: Vec<&str> = host.strip_prefix("*.").unwrap_or(host).split('.').collect();
    let is_label = |label: &&str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= 253 && labels.len() > 1 && labels.iter().all(is_label)
}

/// The record type that maps the hostname to the site, or the fault that names what is missing.
pub(crate) fn require_mapped(
    ctx: &CloudContext<'_>,
    site: &ArmId,
    host: &str,
) -> Result<&'static str, Fault> {
    if let Some(other) = bindings::find_host(ctx, host)? {
        let owner = bindings::site_of(&other);
        return Err(Fault::web(
            409,
            format!("Hostname '{host}' already exists. It is mapped to the site '{}'.", owner.name()),
        ));
    }
    let plan = plans::named(ctx, text(&ctx.need(site)?, "/properties/serverFarmId"))?;
    if !plans::takes_hostnames(&plan) {
        let tier = text(&plan, "/sku/tier");
        return Err(Fault::web(
            409,
            format!("Custom hostnames are not supported in the {tier} tier of the App Service plan."),
        ));
    }
    if !is_hostname(host) {
        return Err(Fault::web(400, format!("The hostname '{host}' is not valid.")));
    }
    let seen = look(ctx, site, host)?;
    if seen.points_by_cname {
        return Ok("CName");
    }
    if seen.owned {
        return Ok("A");
    }
    let shown = ctx.need(site)?;
    Err(Fault::web_coded(
        400,
        "04006",
        "A TXT record pointing from asuid.{0} to {1} was not found.",
        &[host.strip_prefix("*.").unwrap_or(host), text(&shown, "/properties/customDomainVerificationId")],
    ))
}

/// GET `…/analyzeCustomHostname?hostName=`
fn analyze(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let site = call.target();
    let owner = ctx.need(&site)?;
    let host = call
        .query("hostName")
        .ok_or_else(|| Fault::web(400, "Parameter hostName is null or empty."))?
        .to_lowercase();
    let seen = look(ctx, &site, &host)?;
    let passed = seen.points_by_cname || seen.owned;
    let mapped = bindings::find_host(ctx, &host)?;
    let elsewhere = mapped.as_ref().map(bindings::site_of).filter(|other| other.key() != site.key());
    let failure = if passed {
        Value::Null
    } else {
        let verification = text(&owner, "/properties/customDomainVerificationId");
        json!({
            "extendedCode": "04006",
            "messageTemplate": "A TXT record pointing from asuid.{0} to {1} was not found.",
            "parameters": [host.strip_prefix("*.").unwrap_or(&host), verification],
            "code": "BadRequest",
            "message": format!("A TXT record pointing from {} to {verification} was not found.", proof(&host)),
        })
    };
    // The analysis is no resource of its own: it has the site's id, and neither location nor tags.
    let mut answer = json!({"id": owner["id"], "name": owner["name"], "type": owner["type"]});
    answer["properties"] = json!({
        "isHostnameAlreadyVerified": mapped.is_some() && elsewhere.is_none(),
        "customDomainVerificationTest": if passed { "Passed" } else { "Failed" },
        "customDomainVerificationFailureInfo": failure,
        "hasConflictOnScaleUnit": elsewhere.is_some(),
        "hasConflictAcrossSubscription": elsewhere.as_ref().is_some_and(|other| other.subscription() != site.subscription()),
        "conflictingAppResourceId": elsewhere.map(|other| other.to_string()),
        "cNameRecords": seen.cnames,
        "txtRecords": seen.texts,
        "aRecords": seen.addresses,
        "alternateCNameRecords": [],
        "alternateTxtRecords": seen.asuid,
    });
    Ok(Reply::ok(answer))
}
