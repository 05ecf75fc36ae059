//! Look-ups in DNS: the CAA records that apply to a name, the TXT records at it, and the way from it to its
//! addresses. A practice cloud has a zone of its own, which is asked instead of the system's resolver.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};

use crate::azure::Cloud;
use crate::model::{Seen, printable};

/// A look-up that takes longer than this is as good as impossible from here.
const TIMEOUT: Duration = Duration::from_secs(3);

/// No sane chain of CNAME records is longer; a loop ends here.
const MOST_HOPS: usize = 8;

/// The way that DNS takes from a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Way {
    /// The target of each CNAME record in turn, in lower case; empty where the name has addresses of its own.
    pub hops: Vec<String>,
    /// The addresses at its end, IPv4 first.
    pub addresses: Vec<IpAddr>,
}

/// Follows the CNAME records of `name` one by one to its addresses. `Absent`: DNS gave no answer.
pub async fn way(cloud: &Cloud, name: &str) -> Seen<Way> {
    let Some(resolver) = resolver(cloud) else { return Seen::Absent };
    walk(&resolver, name).await.into()
}

async fn walk(resolver: &TokioResolver, name: &str) -> Option<Way> {
    let mut way = Way::default();
    let mut here = name.to_owned();
    while way.hops.len() < MOST_HOPS {
        let records = lookup(resolver, &here, RecordType::CNAME).await?;
        let target = records
            .iter()
            .find_map(|data| if let RData::CNAME(target) = data { Some(target.to_utf8()) } else { None });
        let Some(target) = target else { break };
        here = printable(&target).trim_end_matches('.').to_ascii_lowercase();
        way.hops.push(here.clone());
    }
    for kind in [RecordType::A, RecordType::AAAA] {
        way.addresses.extend(lookup(resolver, &here, kind).await?.iter().filter_map(|data| match data {
            RData::A(address) => Some(IpAddr::V4(address.0)),
            RData::AAAA(address) => Some(IpAddr::V6(address.0)),
            _ => None,
        }));
    }
    Some(way)
}

/// The issuers that CAA allows for `name`, climbing to the closest ancestor that has records (RFC 8659, 3).
/// Empty: no issuer is excluded. `Absent`: DNS gave no answer.
pub async fn caa_issuers(cloud: &Cloud, name: &str) -> Seen<Vec<String>> {
    let Some(resolver) = resolver(cloud) else { return Seen::Absent };
    let labels: Vec<&str> = name.split('.').collect();
    for start in 0..labels.len() {
        let Some(records) = lookup(&resolver, &labels[start..].join("."), RecordType::CAA).await else {
            return Seen::Absent;
        };
        if records.iter().any(|data| matches!(data, RData::CAA(_))) {
            return Seen::Here(records.iter().filter_map(issuer).collect());
        }
    }
    Seen::Here(Vec::new())
}

/// The texts of the TXT records at `name`, made printable.
pub async fn txt(cloud: &Cloud, name: &str) -> Seen<Vec<String>> {
    let Some(resolver) = resolver(cloud) else { return Seen::Absent };
    let Some(records) = lookup(&resolver, name, RecordType::TXT).await else { return Seen::Absent };
    let texts = records.iter().filter_map(|data| match data {
        RData::TXT(txt) => {
            let bytes: Vec<u8> = txt.txt_data.iter().flatten().copied().collect();
            Some(printable(&String::from_utf8_lossy(&bytes)).into_owned())
        }
        _ => None,
    });
    Seen::Here(texts.collect())
}

fn issuer(data: &RData) -> Option<String> {
    let RData::CAA(caa) = data else { return None };
    let value = caa.value_as_issue().ok()?;
    (caa.tag.eq_ignore_ascii_case("issue"))
        .then(|| value.0.map_or_else(|| ";".to_owned(), |name| name.to_string()))
}

fn resolver(cloud: &Cloud) -> Option<TokioResolver> {
    let mut builder = match &cloud.practice {
        Some(practice) => {
            TokioResolver::builder_with_config(only(practice.dns), TokioRuntimeProvider::default())
        }
        None => TokioResolver::builder_tokio().ok()?,
    };
    let options = builder.options_mut();
    options.timeout = TIMEOUT;
    options.attempts = 1;
    options.cache_size = 0;
    builder.build().ok()
}

fn only(server: SocketAddr) -> ResolverConfig {
    let mut config = NameServerConfig::udp_and_tcp(server.ip());
    for connection in &mut config.connections {
        connection.port = server.port();
    }
    ResolverConfig::from_parts(None, Vec::new(), vec![config])
}

/// The records, empty where the name or the type does not exist; none where the answer is unknown.
async fn lookup(resolver: &TokioResolver, name: &str, kind: RecordType) -> Option<Vec<RData>> {
    let absolute = format!("{}.", name.trim_end_matches('.'));
    match resolver.lookup(absolute, kind).await {
        Ok(found) => Some(found.answers().iter().map(|record| record.data.clone()).collect()),
        Err(error) if is_no_records(&error) => Some(Vec::new()),
        Err(error) => {
            tracing::info!(name, %kind, %error, "a DNS look-up failed");
            None
        }
    }
}

fn is_no_records(error: &NetError) -> bool {
    error.is_no_records_found() || error.is_nx_domain()
}
