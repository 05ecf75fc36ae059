//! What a flow asks for: typed keys, the values given so far, and how each is asked for on screen.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use strum::VariantArray;
use zeroize::Zeroize;

use crate::model::{may_be_key, typed};

/// Every input of every flow; `--set KEY=VALUE` and the fields on screen use the same names.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
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
    /// Where the vault is, for an import: mostly the app's own.
    VaultSubscription,
    /// A certificate by its name in a vault.
    VaultCertificate,
    /// Whether the certificate service gets its permissions on the vault as well.
    ForOrders,
    Method,
    App,
    Hostname,
    Certificate,
    SslType,
    /// A certificate file on this machine.
    File,
    /// What opens the file.
    Password,
    /// What the file is rewrapped with, in memory, where Azure would not take it as it is.
    NewPassword,
    /// What an uploaded private certificate is called.
    FriendlyName,
    /// What a public certificate is called within its app.
    Name,
    /// The file that an export writes, whether it is to have no password, and how it is encrypted.
    Out,
    Raw,
    Cipher,
    /// The new password again, as typed a second time.
    RepeatPassword,
    /// Whether inherited locks are removed, too: `order` or `all`.
    Locks,
    /// Whether the certificate that was replaced stays.
    KeepOld,
    /// Which hostnames `rebind-all` is about.
    Which,
    /// Only these hostnames, with commas between.
    Only,
    HttpsOnly,
    MinTls,
    /// Thumbprints that the code of an app may load.
    LoadCertificates,
    /// Whether the app's code is to load the public certificate.
    Load,
    /// The thumbprint of the certificate that a renewal or rekey replaces.
    Current,
    /// When a rekey revokes the old certificate: `later` or `at-once`.
    RevokeOld,
    /// Which certificates a Sync is about: `certificate`, `order` or `all`.
    Scope,
    /// Of what is created: `NAME=VALUE`, with commas between.
    Tags,
}

impl Key {
    pub const ALL: &'static [Self] = Self::VARIANTS;

    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The inputs whose values belong to the value of this one.
    pub fn dependents(self) -> &'static [Self] {
        match self {
            Self::App => &[Self::Hostname, Self::Certificate],
            Self::Vault => &[Self::VaultCertificate],
            _ => &[],
        }
    }

    /// Whether its value is the path of a file that exists, a list or a list of pairs: no name, and judged
    /// where it is read.
    fn is_more_than_a_name(self) -> bool {
        matches!(self, Self::File | Self::LoadCertificates | Self::Tags)
    }

    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// What names the fields of a form and their values.
pub trait InputKey: Copy + Ord {
    /// Whether its value is kept apart from the others, so that nothing shows it.
    fn is_secret(self) -> bool;
    /// Whether it is a new password, which can be made instead of typed.
    fn is_new_password(self) -> bool;
}

impl InputKey for Key {
    fn is_secret(self) -> bool {
        matches!(self, Self::Password | Self::NewPassword | Self::RepeatPassword)
    }

    fn is_new_password(self) -> bool {
        self == Self::NewPassword
    }
}

/// The values so far, as typed. An empty text is no value. Secrets are among them, but nothing that shows,
/// lists or prints values meets them: they leave only by [`Inputs::secret`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inputs<K = Key> {
    values: BTreeMap<K, InputValue>,
    secrets: BTreeMap<K, Secret>,
}

impl<K> Default for Inputs<K> {
    fn default() -> Self {
        Self { values: BTreeMap::new(), secrets: BTreeMap::new() }
    }
}

/// Compares, so that a changed password is a change; prints nothing of itself.
#[derive(Debug, Clone)]
struct Secret(SecretString);

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl Eq for Secret {}

/// A suggestion gives way to a better one; what a person gave stays.
#[derive(Debug, Clone, PartialEq, Eq)]
struct InputValue {
    text: String,
    is_suggestion: bool,
}

impl Inputs {
    /// A key pasted in the place of a name goes no further: requests, messages and the journal repeat names.
    pub fn misplaced_key(&self) -> Option<(Key, String)> {
        let is_key = |(key, value): &(Key, &str)| !key.is_more_than_a_name() && may_be_key(value);
        let (key, value) = self.iter().find(is_key)?;
        Some((key, format!("'{}' looks like a private key and is not sent: give a name here", typed(value))))
    }
}

impl<K: InputKey> Inputs<K> {
    pub fn get(&self, key: K) -> Option<&str> {
        Some(self.typed(key).trim()).filter(|text| !text.is_empty())
    }

    /// The text exactly as typed, for editing.
    pub fn typed(&self, key: K) -> &str {
        self.values.get(&key).map_or("", |value| value.text.as_str())
    }

    pub fn set(&mut self, key: K, value: impl Into<String>) {
        let mut text = value.into();
        if key.is_secret() {
            self.set_secret(key, SecretString::from(text.as_str()));
            text.zeroize();
        } else {
            self.values.insert(key, InputValue { text, is_suggestion: false });
        }
    }

    #[must_use]
    pub fn with(mut self, key: K, value: impl Into<String>) -> Self {
        self.set(key, value);
        self
    }

    /// A password, exactly as given; an empty one is none.
    pub fn secret(&self, key: K) -> Option<&SecretString> {
        self.secrets.get(&key).map(|Secret(value)| value)
    }

    pub fn set_secret(&mut self, key: K, value: SecretString) {
        if value.expose_secret().is_empty() {
            self.secrets.remove(&key);
        } else {
            self.secrets.insert(key, Secret(value));
        }
    }

    /// Forgets the passwords, once they are not needed any more.
    pub fn forget_secrets(&mut self) {
        self.secrets.clear();
    }

    /// Whether there is a value, be it a secret.
    pub fn has(&self, key: K) -> bool {
        self.get(key).is_some() || self.secrets.contains_key(&key)
    }

    /// Fills a value in, unless a person gave one.
    pub fn suggest(&mut self, key: K, value: impl Into<String>) {
        let is_free =
            self.get(key).is_none() || self.values.get(&key).is_some_and(|value| value.is_suggestion);
        if is_free && !key.is_secret() {
            self.values.insert(key, InputValue { text: value.into(), is_suggestion: true });
        }
    }

    /// Takes a suggestion back; what a person gave stays.
    pub fn withdraw(&mut self, key: K) {
        self.values.retain(|kept, value| *kept != key || !value.is_suggestion);
    }

    pub fn is_yes(&self, key: K) -> bool {
        self.get(key).is_some_and(|text| matches!(text, "yes" | "true" | "on"))
    }

    /// Everything but the secrets.
    pub fn iter(&self) -> impl Iterator<Item = (K, &str)> {
        self.values.iter().map(|(key, value)| (*key, value.text.as_str()))
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
    /// The same, to secure the chosen hostname: what cannot says why.
    CoveringCertificate,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    Text,
    /// A text that is never shown.
    Secret,
    /// A file of this machine whose name ends in one of these, in lower case and without the dot.
    File(&'static [&'static str]),
    /// Yes or no.
    Toggle,
    /// One of fixed values: value, label, what it means.
    Choice(&'static [(&'static str, &'static str, &'static str)]),
    /// One of what exists; free text is taken too where `or_new`.
    Pick {
        of: Pick,
        or_new: bool,
    },
    /// One of what a look at the cloud found; none before it has looked. What the flow would refuse is shown
    /// with the reason.
    Offer(Option<Vec<Offer>>),
}

/// One thing that a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What the field is filled with.
    pub value: String,
    pub label: String,
    pub note: String,
}

/// One line of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field<K = Key> {
    pub key: K,
    pub label: &'static str,
    /// One sentence that teaches: what this is and what follows from it.
    pub help: &'static str,
    pub kind: FieldKind,
    /// The choice that leaves it as it is, and what it is now; nothing before it was looked at.
    pub present: Option<(&'static str, String)>,
    /// Whether the form is as good without it.
    pub is_optional: bool,
    /// Whether it has the keys when the form opens, although nothing is missing.
    pub is_first: bool,
}

impl<K> Field<K> {
    pub const fn new(key: K, label: &'static str, help: &'static str, kind: FieldKind) -> Self {
        Self { key, label, help, kind, present: None, is_optional: false, is_first: false }
    }

    #[must_use]
    pub(crate) const fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    #[must_use]
    pub(crate) fn first(mut self) -> Self {
        self.is_first = true;
        self
    }

    /// A choice by its label, with what it is now where that is what the choice leaves.
    pub fn labelled(&self, choice: &str, label: &str) -> String {
        match &self.present {
            Some((leaves, now)) if *leaves == choice => format!("{label} ({now})"),
            _ => label.to_owned(),
        }
    }

    #[must_use]
    pub fn present(mut self, now: Option<(&'static str, impl Into<String>)>) -> Self {
        self.present = now.map(|(choice, now)| (choice, now.into()));
        self
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
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

    #[test]
    fn a_password_is_given_only_to_whoever_asks_for_a_secret() {
        let inputs = Inputs::default().with(Key::Password, " hunter2 ").with(Key::App, "shop");
        assert_eq!(inputs.secret(Key::Password).unwrap().expose_secret(), " hunter2 ");
        assert_eq!((inputs.get(Key::Password), inputs.typed(Key::Password)), (None, ""));
        assert!(!format!("{inputs:?}").contains("hunter2"));
        assert!(inputs.iter().all(|(key, _)| key == Key::App));
        assert_ne!(inputs, inputs.clone().with(Key::Password, "hunter3"));
        assert!(!inputs.clone().with(Key::Password, "").has(Key::Password));
    }
}
