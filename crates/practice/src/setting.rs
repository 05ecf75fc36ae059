//! What does not change while a practice cloud runs: its identity, addresses, pace and keys.

use std::{net::SocketAddr, sync::Arc};

use rcgen::KeyPair;

use super::{
    arm::propagation::Propagation,
    ca::{Ca, KeySource},
    entra::TokenIssuer,
    pace::Pace,
};

/// Shared by every request and job.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Where ARM, Entra and Graph answer.
    pub address: SocketAddr,
    pub dns: SocketAddr,
    pub front_door: SocketAddr,
    pub edge: SocketAddr,
    pub tenant_id: String,
    /// Issues and checks tokens.
    pub authority: TokenIssuer,
    pub pace: Pace,
    /// How long role assignments take to become effective.
    pub propagation: Propagation,
    /// The maximum length of one page of a list.
    pub page_size: usize,
    pub ca: Ca,
    /// RSA-2048 keys, made at the first start; for certificates whose key does not matter.
    pub keys: Vec<Arc<KeyPair>>,
}

impl Setting {
    /// Scheme and authority of ARM: `https://127.0.0.1:8443`.
    pub(crate) fn origin(&self) -> String {
        format!("https://{}", self.address)
    }

    /// The suffix after a vault's name: `.vault.localhost:8443`.
    pub(crate) fn vault_suffix(&self) -> String {
        format!(".vault.localhost:{}", self.address.port())
    }

    /// A vault's `vaultUri`.
    pub(crate) fn vault_uri(&self, name: &str) -> String {
        format!("https://{}{}/", name.to_lowercase(), self.vault_suffix())
    }

    /// One key of the pool; the same `seed` gives the same key.
    pub(crate) fn pooled_key(&self, seed: usize) -> KeySource {
        let key = self.keys.get(seed % self.keys.len().max(1));
        key.map_or(KeySource::NewRsa(2048), |key| KeySource::Existing(Arc::clone(key)))
    }
}
