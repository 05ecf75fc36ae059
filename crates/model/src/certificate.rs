//! Private key certificates and public certificates as App Service shows them.

use hashbrown::HashSet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Home, Hostname, ResourceId, SecretStatus, Tags, Text, Thumbprint};

/// The secret of a key vault that a site certificate or an order's stored certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultSecret {
    /// The key vault (`keyVaultId`).
    pub vault: ResourceId,
    /// The name of the secret (`keyVaultSecretName`), without a version.
    pub secret: Text,
    /// The result of the service's last access to the secret.
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
    /// A person uploaded a PFX; a person has to upload its successor.
    Uploaded,
    /// App Service imported it from a vault's secret that belongs to no order.
    KeyVault,
    /// An App Service certificate, by its order.
    Order(ResourceId),
    /// A free managed certificate, which Azure issues and renews.
    Managed,
}

impl Source {
    /// A word or two for the source, as the lists show it.
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
    /// The id of the certificate resource.
    pub id: ResourceId,
    /// The region as the service writes it; it is sent back with every change.
    pub location: Text,
    /// The webspace or the app that the certificate belongs to.
    pub home: Home,
    /// Absent while a managed certificate is being issued.
    pub thumbprint: Option<Thumbprint>,
    /// The subject's names (`subjectName`); empty if the answer has none.
    pub subject: Text,
    /// The hostnames that it secures (`hostNames`, or the subject if the answer has no hostnames).
    pub hosts: Vec<Hostname>,
    /// The name of the issuer; empty if the answer has none.
    pub issuer: Text,
    /// The time from which it is valid (`issueDate`); `None` if the answer has none.
    #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::optional")]
    pub issued: Option<Timestamp>,
    /// The time at which it ends (`expirationDate`); `None` if the answer has none.
    #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::optional")]
    pub expires: Option<Timestamp>,
    /// The secret that it was imported from; `None` for an uploaded or a managed certificate.
    pub vault: Option<VaultSecret>,
    /// Set for a free managed certificate: its only hostname.
    pub canonical_name: Option<Text>,
    /// The tags; every change sends them back, because a PUT without them erases them.
    pub tags: Tags,
    /// The settings that only the certificate of one app has.
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
    /// The id of the `publicCertificates` resource below the app.
    pub id: ResourceId,
    /// The app or slot that the certificate was added to.
    pub app: ResourceId,
    /// The thumbprint in the service's answer; `None` if it has no valid one.
    pub thumbprint: Option<Thumbprint>,
    /// `CurrentUserMy` or `LocalMachineMy`.
    pub store: String,
    /// Read from the certificate itself; absent if it could not be decoded.
    pub subject: Option<String>,
    /// The time at which it ends, read from the certificate itself; `None` if it could not be decoded.
    pub expires: Option<Timestamp>,
}
