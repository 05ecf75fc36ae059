//! Microsoft.Network/dnsZones, as far as proofs of ownership need it: zones, and the record types that the
//! practice zone can serve. The name servers here answer with these records.

use serde_json::{Map, Value, json};

use crate::{
    call::{
        Call,
        HttpMethod::{self, Delete, Get, Patch, Put},
    },
    context::{CloudContext, envelope, text},
    dns::{self, DnsRecord, DnsRecordKind},
    id::ArmId,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

const KIND_KEY: &str = "microsoft.network/dnszones";

pub(crate) const ROUTES: &[Route] = &[
    Route::new(Get, "{sub}/providers/Microsoft.Network/dnsZones", list),
    Route::new(Get, "{rg}/providers/Microsoft.Network/dnsZones", list),
    Route::new(Get, "{rg}/providers/Microsoft.Network/dnsZones/{zone}", get),
    Route::new(Put, "{rg}/providers/Microsoft.Network/dnsZones/{zone}", put),
    Route::new(Patch, "{rg}/providers/Microsoft.Network/dnsZones/{zone}", put),
    Route::new(Delete, "{rg}/providers/Microsoft.Network/dnsZones/{zone}", delete),
    Route::new(Get, "{rg}/providers/Microsoft.Network/dnsZones/{zone}/recordsets", record_sets),
    Route::new(Get, "{rg}/providers/Microsoft.Network/dnsZones/{zone}/all", record_sets),
    Route::new(Get, "{rg}/providers/Microsoft.Network/dnsZones/{zone}/{type}", record_sets),
    Route::new(Get, "{rg}/providers/Microsoft.Network/dnsZones/{zone}/{type}/{name}", get_set),
    Route::new(Put, "{rg}/providers/Microsoft.Network/dnsZones/{zone}/{type}/{name}", put_set),
    Route::new(Patch, "{rg}/providers/Microsoft.Network/dnsZones/{zone}/{type}/{name}", put_set),
    Route::new(Delete, "{rg}/providers/Microsoft.Network/dnsZones/{zone}/{type}/{name}", delete_set),
];

/// Adds a zone to the estate.
pub(crate) fn create(ctx: &CloudContext<'_>, id: &ArmId, tags: &Value) -> Result<Value, Fault> {
    let mut zone = envelope(
        id,
        "Microsoft.Network/dnszones",
        "global",
        json!({
            "maxNumberOfRecordSets": 10_000,
            "maxNumberOfRecordsPerRecordSet": null,
            "nameServers": ["ns1-01.azure-dns.com.", "ns2-01.azure-dns.net.", "ns3-01.azure-dns.org.", "ns4-01.azure-dns.info."],
            "zoneType": "Public",
        }),
    );
    zone["etag"] = json!(uuid::Uuid::new_v4().to_string());
    zone["tags"] = tags.clone();
    ctx.save(id, &zone)?;
    Ok(zone)
}

fn show(ctx: &CloudContext<'_>, mut zone: Value) -> Result<Value, Fault> {
    let sets = sets_of(ctx, &zone)?.len();
    zone["properties"]["numberOfRecordSets"] = json!(sets);
    Ok(zone)
}

fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    ctx.page(call, KIND_KEY, &call.target(), |zone| show(ctx, zone).map(Some))
}

fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    Ok(Reply::ok(show(ctx, ctx.need(&call.target())?)?))
}

fn put(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = call.target();
    let before = ctx.find(&id)?;
    if before.is_none() && call.method == HttpMethod::Patch {
        return Err(Fault::not_found(&id));
    }
    let tags = call.body.get("tags").filter(|tags| tags.is_object()).cloned().unwrap_or_else(|| json!({}));
    let zone = show(ctx, create(ctx, &id, &tags)?)?;
    Ok(if before.is_some() { Reply::ok(zone) } else { Reply::created(zone) })
}

/// Deletes a zone and its records.
fn delete(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = call.target();
    let Some(zone) = ctx.find(&id)? else {
        return Ok(Reply::empty(204));
    };
    for (name, kind) in sets_of(ctx, &zone)? {
        dns::remove(ctx.tx, &name, kind, None)?;
    }
    ctx.remove(&id)?;
    Ok(Reply::empty(200))
}

/// The names and types in a zone, each once.
fn sets_of(ctx: &CloudContext<'_>, zone: &Value) -> Result<Vec<(String, DnsRecordKind)>, Fault> {
    let origin = text(zone, "/name").to_lowercase();
    let mut sets: Vec<(String, DnsRecordKind)> = Vec::new();
    for record in dns::all(ctx.tx)? {
        let inside = record.name == origin
            || record.name.strip_suffix(&origin).is_some_and(|rest| rest.ends_with('.'));
        if inside && !sets.iter().any(|(name, kind)| *name == record.name && *kind == record.kind) {
            sets.push((record.name, record.kind));
        }
    }
    Ok(sets)
}

/// Every record set of a zone, or those of the type that the path names.
fn record_sets(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let target = call.path_id();
    let zone_id = ArmId::from_segments(&target.segments()[..target.segments().len() - 1]);
    let zone = ctx.need(&zone_id)?;
    let wanted = match call.param("type") {
        "" => None,
        word => Some(kind_of(word)?),
    };
    let mut value = Vec::new();
    for (name, kind) in sets_of(ctx, &zone)? {
        if wanted.is_none_or(|wanted| wanted == kind) {
            value.extend(show_set(ctx, &zone, &name, kind)?);
        }
    }
    Ok(Reply::ok(json!({"value": value, "nextLink": null})))
}

fn kind_of(word: &str) -> Result<DnsRecordKind, Fault> {
    serde_json::from_value(word.to_uppercase().into()).map_err(|_| {
        let message = format!(
            "The record type '{word}' is not supported in the practice cloud: it has A, CNAME, TXT and CAA."
        );
        Fault::arm(400, "BadRequest", message)
    })
}

/// Zone, whole name and type of a call for one record set.
fn named(ctx: &CloudContext<'_>, call: &Call) -> Result<(Value, String, DnsRecordKind), Fault> {
    let kind = kind_of(call.param("type"))?;
    let zone = ctx.need(&call.target().parent())?;
    let name = match call.param("name") {
        "@" => text(&zone, "/name").to_lowercase(),
        name => format!("{}.{}", name.to_lowercase(), text(&zone, "/name").to_lowercase()),
    };
    Ok((zone, name, kind))
}

fn get_set(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let (zone, name, kind) = named(ctx, call)?;
    show_set(ctx, &zone, &name, kind)?.map(Reply::ok).ok_or_else(|| {
        let message = format!(
            "The resource record '{}' does not exist in resource group '{}' of subscription '{}'.",
            call.param("name"),
            call.param("group"),
            call.param("subscription")
        );
        Fault::arm(404, "NotFound", message)
    })
}

/// A PUT states all records of the set.
fn put_set(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let (zone, name, kind) = named(ctx, call)?;
    let new = dns::remove(ctx.tx, &name, kind, None)? == 0;
    for value in values(&call.body["properties"], kind) {
        let record = DnsRecord::new(&name, kind, &value)
            .map_err(|error| Fault::arm(400, "BadRequest", error.to_string()))?;
        dns::add(ctx.tx, &record)?;
    }
    let shown = show_set(ctx, &zone, &name, kind)?.unwrap_or_else(|| set(&zone, &name, kind, &[]));
    Ok(if new { Reply::created(shown) } else { Reply::ok(shown) })
}

fn delete_set(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let (_, name, kind) = named(ctx, call)?;
    let gone = dns::remove(ctx.tx, &name, kind, None)?;
    Ok(Reply::empty(if gone > 0 { 200 } else { 204 }))
}

fn show_set(
    ctx: &CloudContext<'_>,
    zone: &Value,
    name: &str,
    kind: DnsRecordKind,
) -> Result<Option<Value>, Fault> {
    let values = dns::at(ctx.tx, name, kind)?;
    Ok((!values.is_empty()).then(|| set(zone, name, kind, &values)))
}

/// The record values in a request; clients spell the members in two ways.
fn values(properties: &Value, kind: DnsRecordKind) -> Vec<String> {
    let members = properties.as_object();
    let member = |wanted: &str| {
        members
            .into_iter()
            .flatten()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value)
    };
    let all = |name: &str| member(name).and_then(Value::as_array).cloned().unwrap_or_default();
    match kind {
        DnsRecordKind::A => all("ARecords").iter().map(|one| text(one, "/ipv4Address").to_owned()).collect(),
        DnsRecordKind::Cname => {
            member("CNAMERecord").map(|one| text(one, "/cname").to_owned()).into_iter().collect()
        }
        DnsRecordKind::Txt => {
            let parts = |one: &Value| {
                one["value"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<String>()
            };
            all("TXTRecords").iter().map(parts).collect()
        }
        DnsRecordKind::Caa => {
            let line =
                |one: &Value| format!("{} {} {}", one["flags"], text(one, "/tag"), text(one, "/value"));
            all("caaRecords").iter().map(line).collect()
        }
    }
}

fn set(zone: &Value, name: &str, kind: DnsRecordKind, values: &[String]) -> Value {
    let origin = text(zone, "/name").to_lowercase();
    let relative = name.strip_suffix(&origin).map_or(name, |rest| rest.trim_end_matches('.'));
    let relative = if relative.is_empty() { "@" } else { relative };
    let mut properties = Map::new();
    properties.insert("fqdn".to_owned(), json!(format!("{name}.")));
    properties.insert("TTL".to_owned(), json!(3600));
    properties.insert("targetResource".to_owned(), json!({}));
    properties.insert("provisioningState".to_owned(), json!("Succeeded"));
    let (member, records) = match kind {
        DnsRecordKind::A => {
            ("ARecords", values.iter().map(|value| json!({"ipv4Address": value})).collect::<Value>())
        }
        DnsRecordKind::Cname => ("CNAMERecord", json!({"cname": values.first()})),
        DnsRecordKind::Txt => ("TXTRecords", values.iter().map(|value| json!({"value": [value]})).collect()),
        DnsRecordKind::Caa => ("caaRecords", values.iter().map(|value| caa(value)).collect()),
    };
    properties.insert(member.to_owned(), records);
    json!({
        "id": format!("{}/{kind}/{relative}", text(zone, "/id")),
        "name": relative,
        "type": format!("Microsoft.Network/dnszones/{kind}"),
        "etag": text(zone, "/etag"),
        "properties": properties,
    })
}

fn caa(text: &str) -> Value {
    let mut words = text.splitn(3, ' ');
    let mut word = || words.next().unwrap_or_default().trim_matches('"');
    json!({"flags": word().parse::<u8>().unwrap_or(0), "tag": word(), "value": word()})
}
