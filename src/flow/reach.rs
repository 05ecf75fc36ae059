//! How the internet gets to a hostname of an app, and what that means for a free managed certificate: it is issued, and
//! renewed, only while DNS leads straight to the app (A46–A52) and, at times, while everybody may come (A14, A47, C8, C9).

use super::{Case, Seen};
use crate::azure::exposure::Exposure;
use crate::health::dns::Way;
use crate::model::{App, DomainName, Hostname, Problem};
use crate::rules::Names;

/// What was seen of it in one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    pub way: Seen<Way>,
    pub exposure: Exposure,
    /// The hostname is an endpoint of Traffic Manager, as the binding says.
    pub by_traffic_manager: bool,
}

/// The name of a root domain has an A record, every other a CNAME record: which of the two decides how it is proved.
pub(super) fn is_apex(host: &Hostname) -> bool {
    DomainName(host.clone()).is_naked()
}

/// Each step of the way in words: `www.contoso.com CNAME shop.azurewebsites.net`.
pub(super) fn hops(host: &Hostname, way: &Way) -> Vec<String> {
    let names: Vec<&str> = std::iter::once(host.as_str()).chain(way.hops.iter().map(String::as_str)).collect();
    let mut hops: Vec<String> = names.windows(2).map(|pair| format!("{} CNAME {}", pair[0], pair[1])).collect();
    let end = names.last().copied().unwrap_or_default();
    hops.extend(way.addresses.iter().map(|address| format!("{end} {} {address}", if address.is_ipv4() { "A" } else { "AAAA" })));
    hops
}

/// Whether DNS leads straight to the app: the evidence, or why not and what to do. `what` could not be done.
pub(super) fn judge_way(case: &Case<'_>, host: &Hostname, app: &App, way: &Way, what: &str) -> Result<String, Problem> {
    let own = app.default_hostname.to_ascii_lowercase();
    let address = app.inbound_ip.as_deref().unwrap_or("unknown");
    let apex = is_apex(host);
    let cname = || format!("make it one record: {host} CNAME {own}");
    let a_record = || format!("make it one record: {host} A {address}");
    let found: Vec<String> = way.addresses.iter().map(ToString::to_string).collect();
    let Some(first) = way.hops.first() else {
        return match (apex, found.iter().any(|one| one == address)) {
            (true, true) => Ok(format!("its A record is the app's address {address}")),
            _ if found.is_empty() => Err(Problem::new(
                what,
                format!("DNS knows no address of {host}; names that are known only in private DNS cannot be proved"),
            )
            .remedy(if apex { a_record() } else { cname() })
            .code("A42")),
            (true, false) => {
                Err(Problem::new(what, format!("{host} leads to {}, not to the app's address {address}", found.join(", ")))
                    .remedy(a_record())
                    .code("A46"))
            }
            (false, _) => {
                Err(Problem::new(what, format!("{host} has an A record; a subdomain needs a CNAME record straight to the app"))
                    .remedy(cname())
                    .code("A50"))
            }
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
        format!("{host} leads to {own} over {}; an intermediate name stops issuance and renewal", detours.join(", ")),
    )
    .remedy(cname())
    .code("A51"))
}

fn is_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// Whether the authority gets in: the evidence, or why not.
pub(super) fn judge_exposure(case: &Case<'_>, host: &Hostname, reach: &Reach, what: &str) -> Result<String, Problem> {
    let kind = if is_apex(host) { "apex" } else { "subdomain" };
    let matters = case.rules.lists(Names::ManagedOpenToAll, case.now, kind);
    let Exposure { is_private, restrictions } = &reach.exposure;
    let closed = match (is_private, restrictions.as_slice()) {
        (false, []) => return Ok("everybody may reach the app".to_owned()),
        (true, _) => "public network access of the app is switched off".to_owned(),
        (false, rules) => format!("the app has access restrictions: {}", rules.join("; ")),
    };
    if !matters {
        return Ok(format!("{closed}; the platform answers the authority all the same, since November 2025 (C9)"));
    }
    Err(Problem::new(what, format!("{closed}, and the authority has to reach it, now and at every renewal"))
        .remedy("lift the restrictions, or use another kind of certificate")
        .code(case.rules.reference(Names::ManagedOpenToAll, case.now)))
}
