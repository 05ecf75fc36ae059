//! Validated names: resource ids, and the names that users choose. Limits that a platform may change
//! (lengths, character sets) are in `rules`; here is only what makes a text a name.

use std::fmt;
use std::hash::{Hash, Hasher};

use hashbrown::HashSet;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Text, typed};

/// Why a text is not a valid name. The words are shown beside the field.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdError {
    /// No resource id of ARM; contains the text.
    #[error("'{}' is not an Azure resource id: it starts with /subscriptions/ and names type and resource in turn", typed(.0))]
    ResourceId(String),
    /// No SHA-1 thumbprint; contains the text.
    #[error("'{}' is not a thumbprint: 40 hexadecimal digits", typed(.0))]
    Thumbprint(String),
    /// The text for a hostname is empty.
    #[error("enter a domain name, such as contoso.com")]
    EmptyHostname,
    /// No hostname; contains the text and the reason.
    #[error("'{}' is not a hostname: {}", typed(.0), .1)]
    Hostname(String, &'static str),
    /// An international name; contains the text and its form in DNS (`xn--…`).
    #[error("'{}' is an international name: write it as {}, which is the same in DNS", typed(.0), typed(.1))]
    Unicode(String, String),
    /// No name for a certificate order; contains the text.
    #[error("a certificate name has 3 to 50 letters, digits or dashes; '{}' does not", typed(.0))]
    OrderName(String),
    /// No name for a key vault; contains the text.
    #[error(
        "a vault name has 3 to 24 letters, digits or single dashes, starts with a letter and ends with a letter or digit; '{}' does not",
        typed(.0)
    )]
    VaultName(String),
}

/// The id of a resource in ARM, such as
/// `/subscriptions/S/resourceGroups/G/providers/Microsoft.Web/sites/shop`.
///
/// The casing is kept for showing, but two ids that differ only in casing are the same resource: the service
/// itself answers with varying casing.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResourceId(Text);

impl ResourceId {
    /// Accepts any path that starts with `/subscriptions/` and has no empty segment; slashes at its end are
    /// removed. Types and names are not checked.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let trimmed = text.trim_end_matches('/');
        let mut parts = trimmed.split('/');
        let rooted =
            parts.next() == Some("") && parts.next().is_some_and(|p| p.eq_ignore_ascii_case("subscriptions"));
        if !rooted || trimmed.split('/').skip(1).any(str::is_empty) {
            return Err(IdError::ResourceId(text.to_owned()));
        }
        Ok(Self(trimmed.into()))
    }

    /// The id of a subscription from its GUID.
    pub fn subscription(id: &str) -> Self {
        Self(format!("/subscriptions/{id}").into())
    }

    /// The id with the casing in which it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Shares the memory of the first equal text.
    pub(super) fn share(&mut self, known: &mut HashSet<Text>) {
        self.0.share(known);
    }

    /// The value that follows the segment `key`, regardless of casing: `id.segment("sites")`.
    pub fn segment(&self, key: &str) -> Option<&str> {
        let mut parts = self.0.split('/').skip(1);
        while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
            if name.eq_ignore_ascii_case(key) {
                return Some(value);
            }
        }
        None
    }

    /// The GUID of the subscription; empty if the id has none.
    pub fn subscription_id(&self) -> &str {
        self.segment("subscriptions").unwrap_or_default()
    }

    /// The name of the resource group; empty if the id names none, such as that of a subscription.
    pub fn resource_group(&self) -> &str {
        self.segment("resourceGroups").unwrap_or_default()
    }

    /// The last segment: the resource's own name.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The name of a site: `shop`, or `shop/staging` for a slot.
    pub fn site_label(&self) -> String {
        let site = self.segment("sites").unwrap_or_default();
        self.segment("slots").map_or_else(|| site.to_owned(), |slot| format!("{site}/{slot}"))
    }

    /// The id of a resource below this one: `site.child("hostNameBindings", "www.contoso.com")`.
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
        Self(
            format!("/subscriptions/{}/resourceGroups/{}", self.subscription_id(), self.resource_group())
                .into(),
        )
    }

    /// The id of a resource of `provider` below this scope: a subscription, a group or another resource.
    #[must_use]
    pub fn resource(&self, provider: &str, name: &str) -> Self {
        Self(format!("{}/providers/{provider}/{name}", self.0).into())
    }

    /// The site that this id names or lies below; a slot counts as a site of its own.
    pub fn site(&self) -> Option<Self> {
        let site = self.segment("sites")?;
        let app = self.sibling("Microsoft.Web/sites", site);
        Some(self.segment("slots").map_or_else(|| app.clone(), |slot| app.child("slots", slot)))
    }
}

/// A text for look-ups regardless of casing.
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
        // A hasher takes many bytes at once much faster than one by one.
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
        let lower = |id| -> std::iter::Map<std::str::Bytes<'_>, fn(u8) -> u8> {
            str::bytes(id).map(|byte| byte.to_ascii_lowercase())
        };
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

fn dashed(text: &str, shortest: usize, longest: usize) -> bool {
    (shortest..=longest).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// The friendly name of a certificate order (A78); 3 to 50 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderName(String);

impl OrderName {
    /// Accepts letters, digits and dashes within the length limits.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        if dashed(text, 3, 50) { Ok(Self(text.to_owned())) } else { Err(IdError::OrderName(text.to_owned())) }
    }
    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of a key vault (A85): globally unique, part of a DNS name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultName(String);

impl VaultName {
    /// Accepts letters, digits and single dashes within the length limits; it starts with a letter and does
    /// not end with a dash.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let ends = text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic()) && !text.ends_with('-');
        if dashed(text, 3, 24) && ends && !text.contains("--") {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError::VaultName(text.to_owned()))
        }
    }
    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn ids_that_differ_in_case_are_one_resource() {
        let mixed =
            ResourceId::parse("/subscriptions/S/resourceGroups/G/providers/Microsoft.Web/sites/Shop/")
                .unwrap();
        let lower = ResourceId::parse("/subscriptions/s/resourcegroups/g/providers/microsoft.web/sites/shop")
            .unwrap();
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
    fn vault_names_follow_the_rules_of_a_dns_label() {
        assert!(VaultName::parse("kv-contoso-1").is_ok());
        for text in ["ab", "1kv", "kv-", "kv--x", "kv_x", "a-name-that-is-far-too-long-x"] {
            assert!(VaultName::parse(text).is_err(), "{text}");
        }
    }
}
