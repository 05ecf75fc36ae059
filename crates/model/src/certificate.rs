//! Private key certificates and public certificates as App Service shows them.

use hashbrown::HashSet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Home, Hostname, ResourceId, SecretStatus, Tags, Text, Thumbprint};

/// The secret of a key vault that a site certificate or an order's stored certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultSecret {
    pub vault: ResourceId,
    pub secret: Text,
    pub status: SecretStatus,
}

impl VaultSecret {
    /// Whether both name the same secret; ids and names differ in casing between answers.
    pub fn same_secret(&self, other: &Self) -> bool {
        self.vault == other.vault && self.secret.eq_ignore_ascii_case(&other.secret)
    }
}

/// How a certificate came to App Service, which decides who renews it (A156, A157).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    Uploaded,
    KeyVault,
    /// An App Service certificate, by its order.
    Order(ResourceId),
    Managed,
}

impl Source {
    pub fn words(&self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::KeyVault => "key vault",
            Self::Order(_) => "order",
            Self::Managed => "managed",
        }
    }
}

/// The settings with which the certificate of one app was created, besides its source. Like tags they are
/// sent back with every write, because a PUT without them removes them (azure-cli 2.91, `functionapp config
/// ssl import`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnSettings {
    /// The app's managed identity reads the vault, instead of App Service.
    pub by_identity: Option<bool>,
    /// The app's code may load it.
    pub for_code: Option<bool>,
}

/// A certificate with its private key: a `Microsoft.Web/certificates` resource in a webspace, or a
/// `certificates` resource of one app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateCertificate {
    pub id: ResourceId,
    pub location: Text,
    pub home: Home,
    /// Absent while a managed certificate is being issued.
    pub thumbprint: Option<Thumbprint>,
    pub subject: Text,
    pub hosts: Vec<Hostname>,
    pub issuer: Text,
    #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::optional")]
    pub issued: Option<Timestamp>,
    #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::optional")]
    pub expires: Option<Timestamp>,
    pub vault: Option<VaultSecret>,
    /// Set for a free managed certificate: its only hostname.
    pub canonical_name: Option<Text>,
    pub tags: Tags,
    pub own: OwnSettings,
}

impl PrivateCertificate {
    /// Shares the memory of equal texts that are known.
    pub(super) fn share(&mut self, known: &mut HashSet<Text>) {
        self.id.share(known);
        self.home.share(known);
        self.tags.share(known);
        for word in [&mut self.location, &mut self.issuer, &mut self.subject] {
            word.share(known);
        }
        self.hosts.iter_mut().for_each(|host| host.share(known));
        self.canonical_name.iter_mut().for_each(|name| name.share(known));
        if let Some(secret) = &mut self.vault {
            secret.vault.share(known);
            secret.secret.share(known);
        }
    }
}

/// A `.cer` that an app's code loads; it secures no hostname (A7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicCertificate {
    pub id: ResourceId,
    pub app: ResourceId,
    pub thumbprint: Option<Thumbprint>,
    /// `CurrentUserMy` or `LocalMachineMy`.
    pub store: String,
    /// Read from the certificate itself; absent if it could not be decoded.
    pub subject: Option<String>,
    pub expires: Option<Timestamp>,
}
