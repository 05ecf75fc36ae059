//! Names that parse or refuse: resource ids, thumbprints, hostnames, and the names that users choose.
//! Limits that a platform may change (lengths, character sets) are in `rules`; here stands only what makes a name one.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use hashbrown::HashSet;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use super::Text;

/// Why a text is not the name it was taken for. The words are shown beside the field.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdError {
    #[error("'{0}' is not an Azure resource id: it starts with /subscriptions/ and names type and resource in turn")]
    ResourceId(String),
    #[error("'{0}' is not a thumbprint: 40 hexadecimal digits")]
    Thumbprint(String),
    #[error("enter a domain name, such as contoso.com")]
    EmptyHostname,
    #[error("'{0}' is not a hostname: {1}")]
    Hostname(String, &'static str),
    #[error("a certificate name has 3 to 50 letters, digits or dashes; '{0}' does not")]
    OrderName(String),
    #[error(
        "a vault name has 3 to 24 letters, digits or single dashes, starts with a letter and ends with a letter or digit; '{0}' does not"
    )]
    VaultName(String),
}

/// The id of a resource in ARM, such as
/// `/subscriptions/S/resourceGroups/G/providers/Microsoft.Web/sites/shop`.
///
/// Casing is kept for showing, but two ids that differ only in case are the same resource:
/// the service itself answers with varying case (API.md, summary 9).
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResourceId(Text);

impl ResourceId {
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let trimmed = text.trim_end_matches('/');
        let mut parts = trimmed.split('/');
        let rooted = parts.next() == Some("") && parts.next().is_some_and(|p| p.eq_ignore_ascii_case("subscriptions"));
        if !rooted || trimmed.split('/').skip(1).any(str::is_empty) {
            return Err(IdError::ResourceId(text.to_owned()));
        }
        Ok(Self(trimmed.into()))
    }

    pub fn subscription(id: &str) -> Self {
        Self(format!("/subscriptions/{id}").into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes the memory of the first equal text.
    pub(super) fn share(&mut self, known: &mut HashSet<Text>) {
        self.0.share(known);
    }

    /// The value that follows the segment `key`, whatever its case: `id.segment("sites")`.
    pub fn segment(&self, key: &str) -> Option<&str> {
        let mut parts = self.0.split('/').skip(1);
        while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
            if name.eq_ignore_ascii_case(key) {
                return Some(value);
            }
        }
        None
    }

    pub fn subscription_id(&self) -> &str {
        self.segment("subscriptions").unwrap_or_default()
    }

    pub fn resource_group(&self) -> &str {
        self.segment("resourceGroups").unwrap_or_default()
    }

    /// The last segment: the resource's own name.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// How a site is called: `shop`, or `shop/staging` for a slot.
    pub fn site_label(&self) -> String {
        let site = self.segment("sites").unwrap_or_default();
        self.segment("slots").map_or_else(|| site.to_owned(), |slot| format!("{site}/{slot}"))
    }

    /// The id of something below this one: `site.child("hostNameBindings", "www.contoso.com")`.
    #[must_use]
    pub fn child(&self, kind: &str, name: &str) -> Self {
        Self(format!("{}/{kind}/{name}", self.0).into())
    }

    /// The id of a resource of `provider` (`Microsoft.Web/sites`) in the resource group that this id is in.
    #[must_use]
    pub fn sibling(&self, provider: &str, name: &str) -> Self {
        self.group().resource(provider, name)
    }

    /// The id of the resource group that this id is in.
    #[must_use]
    pub fn group(&self) -> Self {
        Self(format!("/subscriptions/{}/resourceGroups/{}", self.subscription_id(), self.resource_group()).into())
    }

    /// The id of a resource of `provider` below this scope: a subscription, a group or another resource.
    #[must_use]
    pub fn resource(&self, provider: &str, name: &str) -> Self {
        Self(format!("{}/providers/{provider}/{name}", self.0).into())
    }

    /// The site that this id is, or is below; a slot counts as a site of its own.
    pub fn site(&self) -> Option<Self> {
        let site = self.segment("sites")?;
        let app = self.sibling("Microsoft.Web/sites", site);
        Some(self.segment("slots").map_or_else(|| app.clone(), |slot| app.child("slots", slot)))
    }
}

/// A text that is the same whatever its case, to look things up by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caseless<'t>(pub &'t str);

impl PartialEq for Caseless<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}
impl Eq for Caseless<'_> {}
impl Hash for Caseless<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // A hasher takes many octets at once far sooner than one by one.
        for piece in self.0.as_bytes().chunks(64) {
            let mut lower = [0; 64];
            let lower = &mut lower[..piece.len()];
            lower.copy_from_slice(piece);
            lower.make_ascii_lowercase();
            state.write(lower);
        }
        state.write_u8(0xff);
    }
}

impl PartialEq for ResourceId {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}
impl Eq for ResourceId {}
impl Hash for ResourceId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Caseless(&self.0).hash(state);
    }
}
impl PartialOrd for ResourceId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for ResourceId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let lower =
            |id| -> std::iter::Map<std::str::Bytes<'_>, fn(u8) -> u8> { str::bytes(id).map(|byte| byte.to_ascii_lowercase()) };
        lower(&self.0).cmp(lower(&other.0))
    }
}
impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The SHA-1 of a certificate's DER, 40 upper-case hexadecimal digits, as App Service writes it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Thumbprint([u8; 40]);

const HEX: &[u8; 16] = b"0123456789ABCDEF";

impl Thumbprint {
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let refuse = || IdError::Thumbprint(text.to_owned());
        let mut digits = [0; 40];
        let mut count = 0;
        for c in text.chars().filter(|c| !matches!(c, ':' | ' ' | '\u{200e}')) {
            let digit = u8::try_from(c).ok().filter(u8::is_ascii_hexdigit).ok_or_else(refuse)?;
            *digits.get_mut(count).ok_or_else(refuse)? = digit.to_ascii_uppercase();
            count += 1;
        }
        if count == digits.len() { Ok(Self(digits)) } else { Err(refuse()) }
    }

    /// Writes out a SHA-1 digest.
    pub fn from_sha1(digest: &[u8; 20]) -> Self {
        let mut digits = [0; 40];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(digest) {
            pair.copy_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
        Self(digits)
    }

    pub fn as_str(&self) -> &str {
        // Only hexadecimal digits ever get in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn octets(&self) -> [u8; 20] {
        let value = |digit: u8| if digit.is_ascii_digit() { digit - b'0' } else { digit - b'A' + 10 };
        std::array::from_fn(|at| value(self.0[2 * at]) << 4 | value(self.0[2 * at + 1]))
    }

    /// The first eight digits, enough to tell certificates apart in a list.
    pub fn short(&self) -> &str {
        &self.as_str()[..8]
    }
}
impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl Serialize for Thumbprint {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        // For people in digits, for the disk in octets.
        if to.is_human_readable() { to.serialize_str(self.as_str()) } else { self.octets().serialize(to) }
    }
}
impl<'de> Deserialize<'de> for Thumbprint {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            return Self::parse(&Text::deserialize(from)?).map_err(de::Error::custom);
        }
        Ok(Self::from_sha1(&<[u8; 20]>::deserialize(from)?))
    }
}

/// A DNS name in lower case, possibly with `*` as its first label.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hostname(Text);

impl Hostname {
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let name = text.trim().trim_end_matches('.').to_ascii_lowercase();
        let refuse = |why| Err(IdError::Hostname(text.trim().to_owned(), why));
        if name.is_empty() {
            return Err(IdError::EmptyHostname);
        }
        if name.contains("://") || name.contains('/') {
            return refuse("leave out the scheme and the path");
        }
        if name.len() > 253 {
            return refuse("it is longer than 253 characters");
        }
        let labels: Vec<&str> = name.split('.').collect();
        if labels.len() < 2 {
            return refuse("it needs at least two labels, such as contoso.com");
        }
        for (place, label) in labels.iter().enumerate() {
            if place == 0 && *label == "*" {
                continue;
            }
            if label.is_empty() {
                return refuse("it has an empty label (two dots in a row, or a dot at the start)");
            }
            if label.len() > 63 {
                return refuse("a label is longer than 63 characters");
            }
            if label.contains('*') {
                return refuse("a wildcard may stand only as the whole first label: *.contoso.com");
            }
            if !label.is_ascii() {
                return refuse("write international names in their xn-- form");
            }
            if !label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
                return refuse("only letters, digits, dashes and dots are allowed");
            }
            if label.starts_with('-') || label.ends_with('-') {
                return refuse("a label may not start or end with a dash");
            }
        }
        if labels.last().is_some_and(|tld| tld.bytes().all(|b| b.is_ascii_digit())) {
            return refuse("it looks like an IP address");
        }
        Ok(Self(name.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes the memory of the first equal text.
    pub(super) fn share(&mut self, known: &mut HashSet<Text>) {
        self.0.share(known);
    }

    pub fn is_wildcard(&self) -> bool {
        self.0.starts_with("*.")
    }

    /// The name without its wildcard label.
    #[must_use]
    pub fn base(&self) -> &str {
        self.0.strip_prefix("*.").unwrap_or(&self.0)
    }

    /// Whether a certificate that names `self` secures `host`: a wildcard stands for exactly one label (RFC 6125), and
    /// no client lets one stand for every name of a top level domain.
    pub fn covers(&self, host: &Hostname) -> bool {
        if self == host {
            return true;
        }
        let is_broad = !self.base().contains('.');
        self.is_wildcard()
            && !is_broad
            && !host.is_wildcard()
            && host.0.split_once('.').is_some_and(|(_, rest)| rest == self.base())
    }
}
impl FromStr for Hostname {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::parse(text)
    }
}
impl fmt::Display for Hostname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for Hostname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an order is bought for: a hostname that is judged together with the product (A73–A77).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainName(pub Hostname);

impl DomainName {
    /// Whether this looks like a naked domain, for which a standard certificate also secures `www` (A75).
    ///
    /// Without a public suffix list two labels count as naked, and three where the second-last is one of the
    /// usual registry labels (`contoso.co.uk`). The service decides; this feeds a preview only.
    pub fn is_naked(&self) -> bool {
        const REGISTRY: [&str; 8] = ["co", "com", "org", "net", "ac", "gov", "edu", "ne"];
        let labels: Vec<&str> = self.0.base().split('.').collect();
        match labels.as_slice() {
            [name, tld] => !(tld.len() == 2 && REGISTRY.contains(name)),
            [_, second, tld] => tld.len() == 2 && REGISTRY.contains(second),
            _ => false,
        }
    }

    /// The names that a certificate bought for this domain will carry (A75, A76, API.md 5.5).
    pub fn secured_names(&self) -> Vec<String> {
        let base = self.0.base();
        if self.0.is_wildcard() {
            vec![format!("*.{base}"), base.to_owned()]
        } else if self.is_naked() {
            vec![base.to_owned(), format!("www.{base}")]
        } else {
            vec![base.to_owned()]
        }
    }

    /// The registrable root under which a verification record is placed, even for a subdomain order (C23).
    pub fn root(&self) -> String {
        let labels: Vec<&str> = self.0.base().split('.').collect();
        (0..labels.len())
            .rev()
            .map(|start| labels[start..].join("."))
            .find(|name| Hostname::parse(name).is_ok_and(|host| Self(host).is_naked()))
            .unwrap_or_else(|| self.0.base().to_owned())
    }
}

fn dashed(text: &str, shortest: usize, longest: usize) -> bool {
    (shortest..=longest).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// The friendly name of a certificate order (A78); 3 to 50 characters (API.md 5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderName(String);

impl OrderName {
    pub fn parse(text: &str) -> Result<Self, IdError> {
        if dashed(text, 3, 50) { Ok(Self(text.to_owned())) } else { Err(IdError::OrderName(text.to_owned())) }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of a key vault (A85, API.md 8): globally unique, part of a DNS name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultName(String);

impl VaultName {
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let ends = text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic()) && !text.ends_with('-');
        if dashed(text, 3, 24) && ends && !text.contains("--") {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError::VaultName(text.to_owned()))
        }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn host(text: &str) -> Hostname {
        Hostname::parse(text).unwrap()
    }

    #[test]
    fn ids_that_differ_in_case_are_one_resource() {
        let mixed = ResourceId::parse("/subscriptions/S/resourceGroups/G/providers/Microsoft.Web/sites/Shop/").unwrap();
        let lower = ResourceId::parse("/subscriptions/s/resourcegroups/g/providers/microsoft.web/sites/shop").unwrap();
        assert_eq!(mixed, lower);
        assert_eq!(std::collections::HashSet::from([mixed.clone(), lower]).len(), 1);
        assert_eq!((mixed.name(), mixed.resource_group()), ("Shop", "G"));
    }

    #[test]
    fn a_slot_is_a_site_of_its_own() {
        let id = ResourceId::parse(
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/shop/slots/next/hostNameBindings/a.b",
        )
        .unwrap();
        assert!(id.site().unwrap().as_str().ends_with("/sites/shop/slots/next"));
    }

    #[test]
    fn a_wildcard_stands_for_exactly_one_label() {
        assert!(host("*.contoso.com").covers(&host("www.contoso.com")));
        assert!(!host("*.contoso.com").covers(&host("contoso.com")));
        assert!(!host("*.contoso.com").covers(&host("a.b.contoso.com")));
        assert!(!host("*.com").covers(&host("contoso.com")));
        assert!(host("CONTOSO.com.").covers(&host("contoso.com")));
    }

    #[test]
    fn what_is_no_hostname_is_refused_with_the_reason() {
        for text in ["", "contoso", "https://contoso.com", "a..b", "-a.com", "a.*.com", "bücher.de", "10.0.0.1", "a b.com"] {
            assert!(Hostname::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_preview_names_what_each_product_secures() {
        let names = |text: &str| DomainName(host(text)).secured_names();
        assert_eq!(names("contoso.com"), ["contoso.com", "www.contoso.com"]);
        assert_eq!(names("pay.contoso.com"), ["pay.contoso.com"]);
        assert_eq!(names("*.contoso.com"), ["*.contoso.com", "contoso.com"]);
        assert_eq!(names("contoso.co.uk"), ["contoso.co.uk", "www.contoso.co.uk"]);
    }

    #[test]
    fn the_verification_record_belongs_at_the_root_c23() {
        assert_eq!(DomainName(host("a.b.contoso.com")).root(), "contoso.com");
        assert_eq!(DomainName(host("shop.contoso.co.uk")).root(), "contoso.co.uk");
    }

    #[test]
    fn vault_names_follow_the_rules_of_a_dns_label() {
        assert!(VaultName::parse("kv-contoso-1").is_ok());
        for text in ["ab", "1kv", "kv-", "kv--x", "kv_x", "a-name-that-is-far-too-long-x"] {
            assert!(VaultName::parse(text).is_err(), "{text}");
        }
    }
}
