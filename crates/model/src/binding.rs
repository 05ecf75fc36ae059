//! A hostname of an app and the certificate that secures it, if any.

use hashbrown::HashSet;
use serde::{Deserialize, Serialize};

use super::{Hostname, ResourceId, Text, Thumbprint};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SslState {
    Disabled,
    Sni,
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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The app or slot that answers for the hostname.
    pub app: ResourceId,
    pub host: Hostname,
    pub ssl: SslState,
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

    pub fn id(&self) -> ResourceId {
        Self::id_of(&self.app, &self.host)
    }

    /// The id of a hostname's binding, whether it exists or not.
    pub fn id_of(app: &ResourceId, host: &Hostname) -> ResourceId {
        app.child("hostNameBindings", host.as_str())
    }
}
