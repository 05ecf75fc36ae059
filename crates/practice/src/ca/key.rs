//! The keys of the practice CA and of the certificates that it signs: the kinds, how each is made, and one
//! key used under several names.

use std::sync::Arc;

use rcgen::{KeyPair, RsaKeySize};
use rustls::pki_types::PrivatePkcs8KeyDer;
use zeroize::Zeroizing;

use super::CaError;

/// The elliptic curves that keys may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyCurve {
    P256,
    P384,
    P521,
}

impl KeyCurve {
    const ALL: [Self; 3] = [Self::P256, Self::P384, Self::P521];

    /// The name in a vault's policy.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// The size of the key in bits.
    const fn bits(self) -> usize {
        match self {
            Self::P256 => 256,
            Self::P384 => 384,
            Self::P521 => 521,
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| curve.name() == name)
    }

    /// The curve with keys of this size.
    pub(crate) fn of(bits: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| curve.bits() == bits)
    }

    fn generate(self) -> Result<KeyPair, rcgen::Error> {
        KeyPair::generate_for(match self {
            Self::P256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            Self::P384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            Self::P521 => &rcgen::PKCS_ECDSA_P521_SHA512,
        })
    }
}

/// Where the key of a new certificate comes from.
#[derive(Debug, Clone)]
pub(crate) enum KeySource {
    /// A new RSA key of 2048, 3072 or 4096 bits.
    NewRsa(u16),
    /// A new key on an elliptic curve.
    NewEc(KeyCurve),
    /// The public key of a PEM signing request; the private key stays with the requester.
    Csr(String),
    /// An existing key.
    Existing(Arc<KeyPair>),
}

/// A new RSA key in PKCS#8 form.
pub(crate) fn new_rsa_key(bits: u16) -> Result<Zeroizing<Vec<u8>>, CaError> {
    Ok(Zeroizing::new(own_key(&KeySource::NewRsa(bits))?.serialize_der()))
}

/// The key of this source; a new one is made where there is none yet.
pub(super) fn own_key(source: &KeySource) -> Result<Arc<KeyPair>, CaError> {
    let rsa = |size| KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, size);
    Ok(Arc::new(match source {
        KeySource::NewRsa(2048) => rsa(RsaKeySize::_2048)?,
        KeySource::NewRsa(3072) => rsa(RsaKeySize::_3072)?,
        KeySource::NewRsa(4096) => rsa(RsaKeySize::_4096)?,
        KeySource::NewRsa(bits) => return Err(CaError::KeySize(*bits)),
        KeySource::Existing(key) => return Ok(Arc::clone(key)),
        KeySource::NewEc(curve) => curve.generate()?,
        KeySource::Csr(_) => KeyPair::generate()?,
    }))
}

/// A PKCS#8 key, ready to sign. Checking an RSA key takes a millisecond, so callers with many leaves do it
/// once.
pub(crate) fn key_pair(pkcs8: &[u8]) -> Result<KeyPair, CaError> {
    Ok(KeyPair::try_from(&PrivatePkcs8KeyDer::from(pkcs8))?)
}

/// One key used under several names. Checking an RSA key takes as long as several signatures, so it is
/// checked once.
#[derive(Clone)]
pub(super) struct SigningKey(pub Arc<KeyPair>);

impl rcgen::PublicKeyData for SigningKey {
    fn der_bytes(&self) -> &[u8] {
        self.0.der_bytes()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        self.0.algorithm()
    }
}

impl rcgen::SigningKey for SigningKey {
    fn sign(&self, text: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        rcgen::SigningKey::sign(self.0.as_ref(), text)
    }
}
