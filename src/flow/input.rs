//! What a flow asks for: typed keys, the values given so far, and how each is asked for on screen.

use std::collections::BTreeMap;

/// Every input of every flow; `--set KEY=VALUE` and the fields on screen use the same names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    Subscription,
    ResourceGroup,
    /// For a resource group that does not exist yet.
    Location,
    Product,
    Domain,
    /// The order's name: what Purchase creates and the later flows are about.
    Order,
    AutoRenew,
    /// `existing` or `new`.
    VaultChoice,
    Vault,
    VaultResourceGroup,
    VaultLocation,
    VaultTier,
    VaultRbac,
    VaultNetwork,
    VaultRetention,
    VaultPurgeProtection,
    Method,
    App,
    Hostname,
    Certificate,
    SslType,
}

impl Key {
    pub const ALL: [Self; 21] = [
        Self::Subscription,
        Self::ResourceGroup,
        Self::Location,
        Self::Product,
        Self::Domain,
        Self::Order,
        Self::AutoRenew,
        Self::VaultChoice,
        Self::Vault,
        Self::VaultResourceGroup,
        Self::VaultLocation,
        Self::VaultTier,
        Self::VaultRbac,
        Self::VaultNetwork,
        Self::VaultRetention,
        Self::VaultPurgeProtection,
        Self::Method,
        Self::App,
        Self::Hostname,
        Self::Certificate,
        Self::SslType,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Subscription => "subscription",
            Self::ResourceGroup => "resource-group",
            Self::Location => "location",
            Self::Product => "product",
            Self::Domain => "domain",
            Self::Order => "order",
            Self::AutoRenew => "auto-renew",
            Self::VaultChoice => "vault-choice",
            Self::Vault => "vault",
            Self::VaultResourceGroup => "vault-resource-group",
            Self::VaultLocation => "vault-location",
            Self::VaultTier => "vault-tier",
            Self::VaultRbac => "vault-rbac",
            Self::VaultNetwork => "vault-network",
            Self::VaultRetention => "vault-retention",
            Self::VaultPurgeProtection => "vault-purge-protection",
            Self::Method => "method",
            Self::App => "app",
            Self::Hostname => "hostname",
            Self::Certificate => "certificate",
            Self::SslType => "ssl-type",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.as_str() == text)
    }
}

/// The values so far, as typed. An empty text is no value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs(BTreeMap<Key, Value>);

/// A suggestion gives way to a better one; what a person gave stays.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Value {
    text: String,
    is_suggestion: bool,
}

impl Inputs {
    pub fn get(&self, key: Key) -> Option<&str> {
        Some(self.typed(key).trim()).filter(|text| !text.is_empty())
    }

    /// The text exactly as typed, for editing.
    pub fn typed(&self, key: Key) -> &str {
        self.0.get(&key).map_or("", |value| value.text.as_str())
    }

    pub fn set(&mut self, key: Key, value: impl Into<String>) {
        self.0.insert(key, Value { text: value.into(), is_suggestion: false });
    }

    #[must_use]
    pub fn with(mut self, key: Key, value: impl Into<String>) -> Self {
        self.set(key, value);
        self
    }

    /// Fills a value in, unless a person gave one.
    pub fn suggest(&mut self, key: Key, value: impl Into<String>) {
        let is_free = self.get(key).is_none() || self.0.get(&key).is_some_and(|value| value.is_suggestion);
        if is_free {
            self.0.insert(key, Value { text: value.into(), is_suggestion: true });
        }
    }

    /// Takes a suggestion back; what a person gave stays.
    pub fn withdraw(&mut self, key: Key) {
        self.0.retain(|kept, value| *kept != key || !value.is_suggestion);
    }

    pub fn is_yes(&self, key: Key) -> bool {
        self.get(key).is_some_and(|text| matches!(text, "yes" | "true" | "on"))
    }

    pub fn iter(&self) -> impl Iterator<Item = (Key, &str)> {
        self.0.iter().map(|(key, value)| (*key, value.text.as_str()))
    }
}

/// A list to choose from that is made of what was read of the cloud; the screen fills it from the estate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    Subscription,
    ResourceGroup,
    Location,
    Order,
    Vault,
    App,
    /// Custom hostnames of the chosen app.
    Hostname,
    /// Private key certificates in the app's webspace; never public ones (A7).
    Certificate,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    Text,
    /// Yes or no.
    Toggle,
    /// One of fixed values: value, label, what it means.
    Choice(&'static [(&'static str, &'static str, &'static str)]),
    /// One of what exists; free text is taken too where `or_new`.
    Pick {
        of: Pick,
        or_new: bool,
    },
}

/// One line of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub key: Key,
    pub label: &'static str,
    /// One sentence that teaches: what this is and what follows from it.
    pub help: &'static str,
    pub kind: FieldKind,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggestion_gives_way_to_a_better_one_and_never_replaces_what_was_given() {
        let mut inputs = Inputs::default();
        inputs.suggest(Key::ResourceGroup, "first");
        inputs.suggest(Key::ResourceGroup, "better");
        assert_eq!(inputs.get(Key::ResourceGroup), Some("better"));
        inputs.set(Key::ResourceGroup, "mine");
        inputs.suggest(Key::ResourceGroup, "yet another");
        assert_eq!(inputs.get(Key::ResourceGroup), Some("mine"));
    }
}
