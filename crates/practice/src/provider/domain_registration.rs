//! Microsoft.DomainRegistration: domains bought in Azure, as far as domain verification needs them.

use serde_json::{Value, json};

use crate::{
    call::{
        Call,
        HttpMethod::{Delete, Get, Patch, Put},
    },
    context::{CloudContext, envelope, text},
    dns::{self, DnsRecord, DnsRecordKind},
    id::ArmId,
    provider::network,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

const KIND: &str = "Microsoft.DomainRegistration/domains";
const KIND_KEY: &str = "microsoft.domainregistration/domains";
/// The type of the tokens of domains.
pub(crate) const IDENTIFIERS: &str = "microsoft.domainregistration/domains/domainownershipidentifiers";

pub(crate) const ROUTES: &[Route] = &[
    Route::new(Get, "{sub}/providers/Microsoft.DomainRegistration/domains", list),
    Route::new(Get, "{rg}/providers/Microsoft.DomainRegistration/domains", list),
    Route::new(Get, "{rg}/providers/Microsoft.DomainRegistration/domains/{domain}", get),
    Route::new(
        Get,
        "{rg}/providers/Microsoft.DomainRegistration/domains/{domain}/domainOwnershipIdentifiers",
        identifiers,
    ),
    Route::new(
        Get,
        "{rg}/providers/Microsoft.DomainRegistration/domains/{domain}/domainOwnershipIdentifiers/{name}",
        get,
    ),
    Route::new(
        Put,
        "{rg}/providers/Microsoft.DomainRegistration/domains/{domain}/domainOwnershipIdentifiers/{name}",
        put_identifier,
    ),
    Route::new(
        Patch,
        "{rg}/providers/Microsoft.DomainRegistration/domains/{domain}/domainOwnershipIdentifiers/{name}",
        put_identifier,
    ),
    Route::new(
        Delete,
        "{rg}/providers/Microsoft.DomainRegistration/domains/{domain}/domainOwnershipIdentifiers/{name}",
        delete_identifier,
    ),
];

/// Adds a domain and its zone to the estate.
pub(crate) fn create(ctx: &CloudContext<'_>, id: &ArmId) -> Result<(), Fault> {
    // A domain has a zone of Azure DNS with the same name.
    let zone = id.parent().under("Microsoft.Network", "dnsZones", id.name());
    network::create(ctx, &zone, &json!({}))?;
    let properties = json!({
        "registrationStatus": "Active",
        "provisioningState": "Succeeded",
        "nameServers": ["ns1-01.azure-dns.com", "ns2-01.azure-dns.net"],
        "privacy": true,
        "createdTime": crate::ca::facts::without_zone(ctx.now),
        "expirationTime": crate::ca::facts::without_zone(
            ctx.now + crate::calendar::days(365),
        ),
        "autoRenew": true,
        "readyForDnsRecordManagement": true,
        "managedHostNames": [],
        "domainNotRenewableReasons": ["ExpirationNotInRenewalTimeRange"],
        "dnsType": "AzureDns",
        "dnsZoneId": zone.to_string(),
        "targetDnsType": null,
    });
    let mut domain = envelope(id, KIND, "global", properties);
    domain["tags"] = json!({});
    ctx.save(id, &domain)
}

fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    ctx.page(call, KIND_KEY, &call.target(), |domain| Ok(Some(domain)))
}

fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    Ok(Reply::ok(ctx.need(&call.target())?))
}

fn identifiers(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    ctx.need(&call.target())?;
    ctx.page(call, IDENTIFIERS, &call.target(), |one| Ok(Some(one)))
}

/// Stores the token and writes it into the domain's zone, as Azure does by itself (A98).
fn put_identifier(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let target = call.target();
    let domain = ctx.need(&target.parent())?;
    let token = call.need("/properties/ownershipId")?;
    let root = text(&domain, "/name");
    let record = DnsRecord::new(root, DnsRecordKind::Txt, token)
        .map_err(|error| Fault::web(400, error.to_string()))?;
    if let Some(before) = ctx.find(&target)? {
        withdraw(ctx, root, &before)?;
    }
    dns::add(ctx.tx, &record)?;
    let id = ArmId::parse(text(&domain, "/id")).child("domainOwnershipIdentifiers", call.param("name"));
    let identifier = json!({
        "id": id.to_string(),
        "name": id.name(),
        "type": format!("{KIND}/domainOwnershipIdentifiers"),
        "properties": {"ownershipId": token},
    });
    ctx.save(&id, &identifier)?;
    Ok(Reply::ok(identifier))
}

fn delete_identifier(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let target = call.target();
    let Some(before) = ctx.find(&target)? else {
        return Ok(Reply::empty(204));
    };
    withdraw(ctx, target.parent().name(), &before)?;
    ctx.remove(&target)?;
    Ok(Reply::empty(200))
}

fn withdraw(ctx: &CloudContext<'_>, root: &str, identifier: &Value) -> Result<(), Fault> {
    let token = text(identifier, "/properties/ownershipId");
    dns::remove(ctx.tx, root, DnsRecordKind::Txt, Some(token))?;
    Ok(())
}
