//! A certificate with its private key: what a listener presents and a PFX contains.

use std::{fmt, sync::Arc};

use base64::engine::general_purpose::STANDARD as BASE64;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    ca::{CaError, CommercialCa, Issued, KeySource, pfx},
    error::EmulatorError,
    setting::Setting,
};

/// Leaf, the rest of its chain, and the key in PKCS#8 form. Kept only in the private table.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Material {
    #[serde(with = "base64_bytes")]
    pub leaf: Vec<u8>,
    pub chain: Vec<Base64Bytes>,
    #[serde(with = "base64_bytes")]
    pub key: Zeroizing<Vec<u8>>,
}

/// How the material of a certificate is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum StoredMaterial {
    Whole(Material),
    /// Stored in full, a hundred thousand certificates would take half a gigabyte.
    Shared(PoolLeaf),
}

/// A leaf of the hybrid intermediate for a key of the pool.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PoolLeaf {
    pub leaf: Base64Bytes,
    /// The index of the key in the pool.
    pub pooled: usize,
}

impl StoredMaterial {
    pub(crate) fn whole(self, setting: &Setting) -> Material {
        match self {
            Self::Whole(material) => material,
            Self::Shared(shared) => shared.whole(setting),
        }
    }
}

impl PoolLeaf {
    pub(crate) fn whole(self, setting: &Setting) -> Material {
        Material {
            leaf: self.leaf.0,
            chain: setting.ca.chain(CommercialCa::Hybrid).into_iter().map(Base64Bytes).collect(),
            key: match setting.pooled_key(self.pooled) {
                KeySource::Existing(key) => Zeroizing::new(key.serialize_der()),
                _ => Zeroizing::default(),
            },
        }
    }
}

/// Bytes that JSON carries as base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Base64Bytes(#[serde(with = "base64_bytes")] pub Vec<u8>);

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Material({} certificates)", self.chain.len() + 1)
    }
}

impl From<pfx::Opened> for Material {
    fn from(opened: pfx::Opened) -> Self {
        Self {
            leaf: opened.leaf,
            chain: opened.chain.into_iter().map(Base64Bytes).collect(),
            key: opened.key,
        }
    }
}

impl From<Material> for Issued {
    fn from(Material { leaf, chain, key }: Material) -> Self {
        let chain = chain.into_iter().map(|bytes| bytes.0).collect();
        Self { leaf, chain, key: Some(key), csr: String::new() }
    }
}

impl TryFrom<Issued> for Material {
    type Error = CaError;

    /// Fails for a certificate whose key stayed with the requester.
    fn try_from(issued: Issued) -> Result<Self, CaError> {
        Ok(Self {
            leaf: issued.leaf,
            chain: issued.chain.into_iter().map(Base64Bytes).collect(),
            key: issued.key.ok_or_else(|| CaError::Stored("the private key is not here".to_owned()))?,
        })
    }
}

impl Material {
    /// A TLS server that presents this certificate and offers `protocols` by ALPN.
    pub(crate) fn server(&self, protocols: &[&str]) -> Result<Arc<ServerConfig>, EmulatorError> {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.to_vec()));
        let chain = std::iter::once(&self.leaf)
            .chain(self.chain.iter().map(|bytes| &bytes.0))
            .map(|der| CertificateDer::from(der.clone()))
            .collect();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let failed = |error: rustls::Error| EmulatorError::Certificate(error.to_string());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(failed)?;
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok(Arc::new(config))
    }
}

/// Bytes as base64, for `#[serde(with = …)]`.
pub(super) mod base64_bytes {
    use super::BASE64;
    use base64::Engine as _;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64.encode(bytes))
    }

    pub(crate) fn deserialize<'d, D: Deserializer<'d>, T: From<Vec<u8>>>(from: D) -> Result<T, D::Error> {
        let text = String::deserialize(from)?;
        BASE64.decode(text).map(T::from).map_err(D::Error::custom)
    }
}
