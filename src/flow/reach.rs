//! How the internet gets to a hostname of an app, and what that means for a free managed certificate: it is
//! issued, and renewed, only while DNS leads straight to the app (A46–A52) and, at times, while every client
//! may come (A14, A47, C8, C9).

use serde_json::Value;

use super::{Case, Seen};
use crate::azure::exposure::Exposure;
use crate::health::dns::Way;
use crate::model::{App, DomainName, Hostname, Problem};
use crate::rules::{Names, Severity};

/// What was seen of it in one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    pub way: Seen<Way>,
    pub exposure: Exposure,
    /// The hostname is an endpoint of Traffic Manager, as the binding says.
    pub by_traffic_manager: bool,
    /// Which record maps it, as the binding says.
    pub record: Option<Record>,
}

/// The record by which a hostname leads to its app, as the service saw it: it decides how Azure has it
/// proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    A,
    Cname,
}

impl Record {
    /// As a binding says it (`customHostNameDnsRecordType`).
    pub fn of_binding(binding: &Value) -> Option<Self> {
        match binding.pointer("/properties/customHostNameDnsRecordType")?.as_str()? {
            word if word.eq_ignore_ascii_case("A") => Some(Self::A),
            word if word.eq_ignore_ascii_case("CName") => Some(Self::Cname),
            _ => None,
        }
    }
}

/// Whether the hostname is proved by the address that its record has, as every root domain is, and not by a
/// CNAME record. What the binding does not say is read off DNS, and at last off the name.
pub(super) fn is_by_address(host: &Hostname, reach: Option<&Reach>) -> bool {
    let by_dns = || {
        let way = reach?.way.here().filter(|way| !way.hops.is_empty() || !way.addresses.is_empty())?;
        Some(way.hops.is_empty())
    };
    let by_binding = reach.and_then(|reach| reach.record).map(|record| record == Record::A);
    by_binding.or_else(by_dns).unwrap_or_else(|| is_root(host))
}

/// Whether the name is a domain as it was registered, which can have no CNAME record.
pub(super) fn is_root(host: &Hostname) -> bool {
    DomainName(host.clone()).is_naked()
}

/// Each step of the way in words: `www.contoso.com CNAME shop.azurewebsites.net`.
pub(super) fn hops(host: &Hostname, way: &Way) -> Vec<String> {
    let names: Vec<&str> =
        std::iter::once(host.as_str()).chain(way.hops.iter().map(String::as_str)).collect();
    let mut hops: Vec<String> =
        names.windows(2).map(|pair| format!("{} CNAME {}", pair[0], pair[1])).collect();
    let end = names.last().copied().unwrap_or_default();
    hops.extend(
        way.addresses
            .iter()
            .map(|address| format!("{end} {} {address}", if address.is_ipv4() { "A" } else { "AAAA" })),
    );
    hops
}

/// Whether DNS leads straight to the app: the evidence, or why not and what to do. `what` could not be done.
pub(super) fn judge_way(
    case: &Case<'_>,
    host: &Hostname,
    app: &App,
    reach: &Reach,
    way: &Way,
    what: &str,
) -> Result<String, Problem> {
    let own = app.default_hostname.to_ascii_lowercase();
    let address = app.inbound_ip.as_deref().unwrap_or("unknown");
    let by_address = is_by_address(host, Some(reach));
    let cname = || format!("make it one record: {host} CNAME {own}");
    let a_record = || format!("make it one record: {host} A {address}");
    let found: Vec<String> = way.addresses.iter().map(ToString::to_string).collect();
    let Some(first) = way.hops.first() else {
        if found.is_empty() {
            let why = format!(
                "DNS knows no address of {host}; names that are known only in private DNS cannot be proved"
            );
            return Err(Problem::new(what, why)
                .remedy(if by_address { a_record() } else { cname() })
                .code("A42"));
        }
        if needs_cname(case, host) == Some(Severity::Error) {
            let why = format!("{host} has an A record; a subdomain needs a CNAME record straight to the app");
            return Err(Problem::new(what, why).remedy(cname()).code("A50"));
        }
        return if found.iter().any(|one| one == address) {
            Ok(format!("its A record is the app's address {address}"))
        } else {
            let why = format!("{host} leads to {}, not to the app's address {address}", found.join(", "));
            Err(Problem::new(what, why).remedy(a_record()).code("A46"))
        };
    };
    if *first == own {
        return Ok(format!("it leads straight to {own}"));
    }
    let Some(end) = way.hops.iter().position(|hop| *hop == own) else {
        let last = way.hops.last().map_or(first.as_str(), String::as_str);
        return Err(Problem::new(what, format!("{host} leads to {last}, not to the app's own name {own}"))
            .remedy(cname())
            .code("A50"));
    };
    let detours = &way.hops[..end];
    let allowed = case.rules.names(Names::ManagedDetours, case.now);
    if detours.iter().all(|hop| allowed.iter().any(|domain| is_below(hop, domain))) {
        return Ok(format!("it leads to {own} over {}", detours.join(", ")));
    }
    Err(Problem::new(
        what,
        format!(
            "{host} leads to {own} over {}; an intermediate name stops issuance and renewal",
            detours.join(", ")
        ),
    )
    .remedy(cname())
    .code("A51"))
}

/// How much it matters that the hostname has no CNAME record; a root domain can have none.
fn needs_cname(case: &Case<'_>, host: &Hostname) -> Option<Severity> {
    let concerned = !is_root(host) && case.rules.lists(Names::ManagedCnameOnly, case.now, "subdomain");
    concerned.then(|| case.rules.rule(Names::ManagedCnameOnly, case.now).severity)
}

/// What the article asks for although Azure issues without it.
pub(super) fn warn_of_record(case: &Case<'_>, host: &Hostname, way: &Way) -> Option<String> {
    let by_address = way.hops.is_empty() && !way.addresses.is_empty();
    (by_address && needs_cname(case, host) == Some(Severity::Warning)).then(|| {
        format!(
            "{host} has an A record. It is proved by an HTTP token all the same, but Microsoft's article asks a subdomain for a CNAME \
             record ({}): if issuance or a renewal fails, change it",
            case.rules.reference(Names::ManagedCnameOnly, case.now)
        )
    })
}

fn is_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// Whether the authority gets in: the evidence, or why not.
pub(super) fn judge_exposure(
    case: &Case<'_>,
    host: &Hostname,
    reach: &Reach,
    what: &str,
) -> Result<String, Problem> {
    let kind = if is_by_address(host, Some(reach)) { "apex" } else { "subdomain" };
    let matters = case.rules.lists(Names::ManagedOpenToAll, case.now, kind);
    let Exposure { is_private, restrictions, asks_for_sign_in } = &reach.exposure;
    let closed = match (is_private, restrictions.as_slice(), asks_for_sign_in) {
        (false, [], false) => return Ok("everybody may reach the app".to_owned()),
        (true, ..) => "public network access of the app is switched off".to_owned(),
        (false, [], true) => "the app asks visitors to sign in".to_owned(),
        (false, rules, _) => format!("the app has access restrictions: {}", rules.join("; ")),
    };
    if !matters {
        return Ok(format!("{closed}; the platform answers the authority all the same, since November 2025"));
    }
    Err(Problem::new(what, format!("{closed}, and the authority has to reach it, now and at every renewal"))
        .remedy("lift the restrictions, or use another kind of certificate")
        .code(case.rules.reference(Names::ManagedOpenToAll, case.now)))
}
