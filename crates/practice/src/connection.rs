//! How to reach a running practice cloud: the one JSON object that `certdeck emulator` prints first.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Everything that a client needs, whether certdeck or another Azure client.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// ARM's base URL, without a trailing slash.
    pub arm: String,
    /// Entra's base URL.
    pub authority: String,
    /// The id of the practice tenant, a GUID.
    pub tenant_id: String,
    /// The application (client) id of an application with the role Owner and the right to read the directory.
    pub client_id: String,
    /// Random for each data directory; of no use outside of it.
    pub client_secret: String,
    /// An application with the same rights in Azure and none in the directory: Graph refuses it.
    pub plain_client_id: String,
    /// The secret of that application.
    pub plain_client_secret: String,
    /// An application with the role Reader and no rights in the directory.
    pub reader_client_id: String,
    /// The secret of that application.
    pub reader_client_secret: String,
    /// The GUIDs of all subscriptions of the estate.
    pub subscription_ids: Vec<String>,
    /// The CA file that a client must trust.
    pub ca_pem: PathBuf,
    /// HOST:PORT, UDP and TCP.
    pub dns: String,
    /// HOST:PORT of the TLS listener that serves every bound hostname.
    pub tls_front_door: String,
    /// Base URL of the metadata service that signs in managed identities: the value for
    /// AZURE_POD_IDENTITY_AUTHORITY_HOST.
    pub imds: String,
    /// Where a newcomer begins: a group, an app in it, and the app's custom hostnames.
    pub resource_group: String,
    /// An app in that group.
    pub app: String,
    /// The custom hostnames of the app.
    pub hostnames: Vec<String>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Connection({}, the client secrets are not shown)", self.arm)
    }
}
