//! A hostname of an app and the certificate that secures it, if any.

use hashbrown::HashSet;
use serde::{Deserialize, Serialize};

use super::{Hostname, ResourceId, Text, Thumbprint};

/// How a hostname is secured (`sslState` in the answer).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SslState {
    /// No certificate is bound to the hostname.
    Disabled,
    /// Bound by SNI: the service selects the certificate by the hostname in the TLS handshake.
    Sni,
    /// Bound by a dedicated IP address, of which an app has one.
    IpBased,
}

impl SslState {
    /// The value in requests and answers.
    pub fn as_wire(self) -> &'static str {
        match self {
            Self::Disabled => "Disabled",
            Self::Sni => "SniEnabled",
            Self::IpBased => "IpBasedEnabled",
        }
    }

    /// The portal's words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Disabled => "No binding",
            Self::Sni => "SNI SSL",
            Self::IpBased => "IP-based SSL",
        }
    }
}

/// The entry of an app for one hostname (`hostNameBindings`), with or without a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The app or slot that answers for the hostname.
    pub app: ResourceId,
    /// The hostname that is mapped to the app.
    pub host: Hostname,
    /// Whether a certificate is bound to the hostname, and by which method.
    pub ssl: SslState,
    /// The certificate that is bound; `None` if the answer has no valid thumbprint.
    pub thumbprint: Option<Thumbprint>,
    /// The dedicated address of an IP-based binding.
    pub virtual_ip: Option<String>,
}

impl Binding {
    /// Shares the memory of equal texts that are known.
    pub(super) fn share(&mut self, known: &mut HashSet<Text>) {
        self.app.share(known);
        self.host.share(known);
    }

    /// The id of the `hostNameBindings` resource below the app.
    pub fn id(&self) -> ResourceId {
        Self::id_of(&self.app, &self.host)
    }

    /// The id of a hostname's binding, whether it exists or not.
    pub fn id_of(app: &ResourceId, host: &Hostname) -> ResourceId {
        app.child("hostNameBindings", host.as_str())
    }
}
