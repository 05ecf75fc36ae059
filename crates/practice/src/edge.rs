//! A content delivery network in front of apps: a second TLS listener, to which public DNS leads for some
//! hostnames, and which presents its own certificates for them. The binding of such a hostname is visible
//! only at the app's own address.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    ca::{CommercialCa, LeafProfile},
    calendar::days,
    call::{Call, HttpMethod},
    context::CloudContext,
    dns::{self, DnsRecord, DnsRecordKind},
    material::Material,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
    store::Collection,
};

/// The address of the network in the zone, from a documentation range.
pub(crate) const ADDRESS: &str = "192.0.2.80";
/// The suffix of its endpoint names.
const DOMAIN: &str = "azurefd.net";
const LEAF_DAYS: i64 = 180;

const ENDPOINTS: Collection<Endpoint> = Collection::private("edge");

pub(crate) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "_emulator/edge", list),
    Route::new(HttpMethod::Post, "_emulator/edge", set),
];

/// A hostname that the network serves.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Endpoint {
    host: String,
    material: Material,
    /// The records that led to the app before.
    before: Vec<DnsRecord>,
}

/// The certificate that it presents for a hostname.
pub(crate) fn presented(ctx: &CloudContext<'_>, host: &str) -> Result<Option<Material>, Fault> {
    Ok(ctx.tx.get(&ENDPOINTS, host)?.map(|endpoint| endpoint.material))
}

fn list(ctx: &CloudContext<'_>, _: &Call) -> ReplyResult {
    let hosts: Vec<String> =
        ctx.tx.scan(&ENDPOINTS, "")?.into_iter().map(|(_, endpoint)| endpoint.host).collect();
    Ok(Reply::ok(json!({"address": ADDRESS, "hosts": hosts})))
}

/// `{"host": "shop.contoso.com"}` puts a hostname behind the network; with `"behind": false` the hostname
/// leads to its app again.
fn set(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let host = call.need("/host")?.to_lowercase();
    if call.body["behind"] == json!(false) {
        let endpoint = ctx.tx.get(&ENDPOINTS, &host)?;
        let endpoint = endpoint
            .ok_or_else(|| Fault::arm(404, "EndpointNotFound", format!("{host} is not behind it.")))?;
        replace(ctx, &host, &endpoint.before)?;
        ctx.tx.remove(&ENDPOINTS, &host)?;
    } else {
        place(ctx, &host)?;
    }
    list(ctx, call)
}

/// Puts a hostname behind the network.
pub(crate) fn place(ctx: &CloudContext<'_>, host: &str) -> Result<(), Fault> {
    let profile = LeafProfile {
        common_name: host.to_owned(),
        names: vec![host.to_owned()],
        key: ctx.setting.pooled_key(0),
        not_before: ctx.now,
        not_after: ctx.now + days(LEAF_DAYS),
        issuer: CommercialCa::DigiCert,
        particulars: None,
    };
    let failed = |error: &dyn std::fmt::Display| Fault::invalid(error.to_string());
    let material =
        ctx.setting.ca.certify(&profile).and_then(Material::try_from).map_err(|error| failed(&error))?;
    let before =
        dns::all(ctx.tx)?.into_iter().filter(|record| record.name == host && leads(record)).collect();
    let endpoint = format!("{}.{DOMAIN}", host.replace('.', "-"));
    let record =
        |name: &str, kind, value: &str| DnsRecord::new(name, kind, value).map_err(|error| failed(&error));
    replace(ctx, host, &[record(host, DnsRecordKind::Cname, &endpoint)?])?;
    dns::add(ctx.tx, &record(&endpoint, DnsRecordKind::A, ADDRESS)?)?;
    Ok(ctx.tx.put(&ENDPOINTS, host, &Endpoint { host: host.to_owned(), material, before })?)
}

fn leads(record: &DnsRecord) -> bool {
    matches!(record.kind, DnsRecordKind::A | DnsRecordKind::Cname)
}

fn replace(ctx: &CloudContext<'_>, host: &str, records: &[DnsRecord]) -> Result<(), Fault> {
    for kind in [DnsRecordKind::A, DnsRecordKind::Cname] {
        dns::remove(ctx.tx, host, kind, None)?;
    }
    for record in records {
        dns::add(ctx.tx, record)?;
    }
    Ok(())
}
