//! The practice cloud's DNS zone: A, CNAME, TXT and CAA records of every name in it, kept in the store.
//!
//! Providers look names up in their own transaction; all other clients ask the [`server`]. The zone does not
//! forward: a name that it does not contain does not exist.

pub(crate) mod server;

use std::{fmt, net::Ipv4Addr, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    error::StoreError,
    store::{Collection, Transaction},
};

const RECORDS: Collection<DnsRecord> = Collection::new("dns-record");
/// No real chain is longer; a loop ends here.
const MAX_HOPS: usize = 8;

/// The record types of the zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum DnsRecordKind {
    A,
    Cname,
    Txt,
    Caa,
}

impl fmt::Display for DnsRecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "A",
            Self::Cname => "CNAME",
            Self::Txt => "TXT",
            Self::Caa => "CAA",
        })
    }
}

/// One record: `{"name": "contoso.com", "type": "CAA", "value": "0 issue digicert.com"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DnsRecord {
    /// The whole name, without a final dot; kept in lower case.
    pub name: String,
    #[serde(rename = "type")]
    pub kind: DnsRecordKind,
    /// As in a zone file; text without its quotes.
    pub value: String,
}

/// Why a record was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("{0} is not a DNS name")]
    Name(String),
    #[error("{1} is no value for a {0} record")]
    Value(DnsRecordKind, String),
}

/// What a CAA record says: `0 issue digicert.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caa {
    pub critical: bool,
    pub tag: String,
    pub value: String,
}

impl FromStr for Caa {
    type Err = RecordError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || RecordError::Value(DnsRecordKind::Caa, text.to_owned());
        let mut words = text.splitn(3, ' ');
        let flags: u8 = words.next().and_then(|flags| flags.parse().ok()).ok_or_else(wrong)?;
        match (words.next(), words.next()) {
            (Some(tag), Some(value)) if tag.bytes().all(|b| b.is_ascii_alphanumeric()) => Ok(Self {
                critical: flags & 0x80 != 0,
                tag: tag.to_ascii_lowercase(),
                value: value.trim_matches('"').to_owned(),
            }),
            _ => Err(wrong()),
        }
    }
}

impl DnsRecord {
    /// A record that the zone can serve.
    pub(crate) fn new(name: &str, kind: DnsRecordKind, value: &str) -> Result<Self, RecordError> {
        let record = Self { name: plain(name), kind, value: value.trim().trim_matches('"').to_owned() };
        record.check()?;
        Ok(record)
    }

    /// Checks that name and value fit the record's kind; needed after a record was read from JSON.
    pub(crate) fn check(&self) -> Result<(), RecordError> {
        if !is_name(&self.name) {
            return Err(RecordError::Name(self.name.clone()));
        }
        let fits = match self.kind {
            DnsRecordKind::A => self.value.parse::<Ipv4Addr>().is_ok(),
            DnsRecordKind::Cname => is_name(&plain(&self.value)),
            DnsRecordKind::Txt => !self.value.is_empty() && self.value.len() < 1024,
            DnsRecordKind::Caa => self.value.parse::<Caa>().is_ok(),
        };
        fits.then_some(()).ok_or_else(|| RecordError::Value(self.kind, self.value.clone()))
    }

    fn key(&self) -> String {
        format!("{}|{}|{}", from_root(&self.name), self.kind, self.value)
    }
}

/// Adds a record; adding it again changes nothing. A name has at most one CNAME: a new one replaces it.
pub(crate) fn add(tx: &Transaction, record: &DnsRecord) -> Result<(), StoreError> {
    if record.kind == DnsRecordKind::Cname {
        remove(tx, &record.name, DnsRecordKind::Cname, None)?;
    }
    let mut kept = record.clone();
    kept.name = plain(&record.name);
    tx.put(&RECORDS, &record.key(), &kept)
}

/// Removes the records of that name and kind: all of them, or the one with `value`. Returns how many it
/// removed.
pub(crate) fn remove(
    tx: &Transaction,
    name: &str,
    kind: DnsRecordKind,
    value: Option<&str>,
) -> Result<usize, StoreError> {
    let mut gone = 0;
    for (key, record) in tx.scan(&RECORDS, &format!("{}|{kind}|", from_root(name)))? {
        if value.is_none_or(|value| value == record.value) {
            gone += usize::from(tx.remove(&RECORDS, &key)?);
        }
    }
    Ok(gone)
}

/// Every record of the zone, by name.
pub(crate) fn all(tx: &Transaction) -> Result<Vec<DnsRecord>, StoreError> {
    let mut records: Vec<DnsRecord> = tx.scan(&RECORDS, "")?.into_iter().map(|(_, record)| record).collect();
    records.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(records)
}

/// The values of one kind at exactly this name; no CNAME is followed.
pub(crate) fn at(tx: &Transaction, name: &str, kind: DnsRecordKind) -> Result<Vec<String>, StoreError> {
    let records = tx.scan(&RECORDS, &format!("{}|{kind}|", from_root(name)))?;
    Ok(records.into_iter().map(|(_, record)| record.value).collect())
}

/// Whether the zone has any record at this name or below it.
fn exists(tx: &Transaction, name: &str) -> Result<bool, StoreError> {
    let here = from_root(name);
    Ok(tx.first(&RECORDS, &format!("{here}|"))?.is_some()
        || tx.first(&RECORDS, &format!("{here}."))?.is_some())
}

/// The result of resolving a name to its addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Resolution {
    /// Each CNAME target in turn; empty when the name has addresses of its own (A51 asks for the first).
    pub hops: Vec<String>,
    pub addresses: Vec<Ipv4Addr>,
}

/// Follows the CNAMEs of a name to its A records.
pub(crate) fn follow(tx: &Transaction, name: &str) -> Result<Resolution, StoreError> {
    let mut way = Resolution::default();
    let mut here = plain(name);
    while let Some(target) = at(tx, &here, DnsRecordKind::Cname)?.into_iter().next() {
        here = plain(&target);
        way.hops.push(here.clone());
        if way.hops.len() == MAX_HOPS {
            return Ok(way);
        }
    }
    let addresses = at(tx, &here, DnsRecordKind::A)?;
    way.addresses = addresses.iter().filter_map(|a| a.parse().ok()).collect();
    Ok(way)
}

/// The TXT values that a look-up of this name finds, through CNAMEs.
pub(crate) fn txt(tx: &Transaction, name: &str) -> Result<Vec<String>, StoreError> {
    let way = follow(tx, name)?;
    at(tx, way.hops.last().map_or(name, String::as_str), DnsRecordKind::Txt)
}

/// Whether CAA lets `ca` (for example `godaddy.com`) issue for `name`: the nearest name upwards that has CAA
/// records decides (RFC 8659); without any record every CA may issue (A36, A69).
pub(crate) fn caa_allows(tx: &Transaction, name: &str, ca: &str) -> Result<bool, StoreError> {
    let wildcard = name.starts_with("*.");
    let mut here = plain(name.trim_start_matches("*."));
    loop {
        let set: Vec<Caa> =
            at(tx, &here, DnsRecordKind::Caa)?.iter().filter_map(|value| value.parse().ok()).collect();
        if !set.is_empty() {
            let has_wild = set.iter().any(|caa| caa.tag == "issuewild");
            let tag = if wildcard && has_wild { "issuewild" } else { "issue" };
            let mut relevant = set.iter().filter(|caa| caa.tag == tag).peekable();
            return Ok(relevant.peek().is_none()
                || relevant.any(|caa| {
                    let issuer = caa.value.split(';').next().unwrap_or_default();
                    issuer.trim().eq_ignore_ascii_case(ca)
                }));
        }
        match here.split_once('.') {
            Some((_, parent)) => here = parent.to_owned(),
            None => return Ok(true),
        }
    }
}

fn plain(name: &str) -> String {
    name.trim().trim_end_matches('.').to_ascii_lowercase()
}

/// `com.contoso.www`: in this order all names below a name follow it.
fn from_root(name: &str) -> String {
    let plain = plain(name);
    plain.rsplit('.').collect::<Vec<_>>().join(".")
}

fn is_name(name: &str) -> bool {
    name.len() <= 253
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'*'))
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::store::Store;

    fn zone(records: &[(&str, DnsRecordKind, &str)]) -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let tx = store.begin().unwrap();
        for (name, kind, value) in records {
            add(&tx, &DnsRecord::new(name, *kind, value).unwrap()).unwrap();
        }
        tx.commit().unwrap();
        (dir, store)
    }

    #[test]
    fn a_chain_of_cnames_shows_every_hop_and_a_loop_ends() {
        let (_dir, store) = zone(&[
            ("www.contoso.com", DnsRecordKind::Cname, "cdn.example.net."),
            ("cdn.example.net", DnsRecordKind::Cname, "shop.azurewebsites.net"),
            ("shop.azurewebsites.net", DnsRecordKind::A, "203.0.113.7"),
            ("a.loop.test", DnsRecordKind::Cname, "b.loop.test"),
            ("b.loop.test", DnsRecordKind::Cname, "a.loop.test"),
        ]);
        let tx = store.begin().unwrap();
        let way = follow(&tx, "WWW.contoso.com.").unwrap();
        assert_eq!(way.hops, ["cdn.example.net", "shop.azurewebsites.net"]);
        assert_eq!(way.addresses, [Ipv4Addr::new(203, 0, 113, 7)]);
        assert!(follow(&tx, "a.loop.test").unwrap().addresses.is_empty());
    }

    #[test]
    fn the_nearest_caa_set_decides() {
        let (_dir, store) = zone(&[
            ("contoso.com", DnsRecordKind::Caa, "0 issue \"digicert.com\""),
            ("shop.contoso.com", DnsRecordKind::Caa, "0 issue godaddy.com; account=1"),
            ("mail.contoso.com", DnsRecordKind::Caa, "0 iodef mailto:a@contoso.com"),
            ("wild.test", DnsRecordKind::Caa, "0 issue godaddy.com"),
            ("wild.test", DnsRecordKind::Caa, "0 issuewild ;"),
        ]);
        let tx = store.begin().unwrap();
        let allows = |name| caa_allows(&tx, name, "godaddy.com").unwrap();
        assert!(!allows("www.contoso.com"));
        assert!(allows("a.shop.contoso.com"));
        assert!(allows("mail.contoso.com"));
        assert!(allows("wild.test"));
        assert!(!allows("*.wild.test"));
        assert!(allows("nobody.test"));
    }

    #[test]
    fn a_record_that_could_not_be_served_is_refused() {
        assert!(DnsRecord::new("contoso.com", DnsRecordKind::A, "not an address").is_err());
        assert!(DnsRecord::new("con toso.com", DnsRecordKind::Txt, "x").is_err());
        assert!(DnsRecord::new("contoso.com", DnsRecordKind::Caa, "issue").is_err());
        assert!(DnsRecord::new("_dnsauth.contoso.com", DnsRecordKind::Txt, "token").is_ok());
    }

    #[test]
    fn removing_takes_one_value_or_all() {
        let (_dir, store) =
            zone(&[("contoso.com", DnsRecordKind::Txt, "one"), ("contoso.com", DnsRecordKind::Txt, "two")]);
        let tx = store.begin().unwrap();
        assert_eq!(remove(&tx, "contoso.com", DnsRecordKind::Txt, Some("one")).unwrap(), 1);
        assert_eq!(txt(&tx, "contoso.com").unwrap(), ["two"]);
        assert_eq!(remove(&tx, "contoso.com", DnsRecordKind::Txt, None).unwrap(), 1);
        assert!(!exists(&tx, "contoso.com").unwrap());
    }
}
