//! The names of algorithms: what object identifiers mean, said as OpenSSL says it.

use std::fmt;

/// A cipher, as far as rules about encryption need to tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cipher {
    /// Not encrypted at all.
    None,
    TripleDes,
    /// Triple DES with the first key used twice.
    TwoKeyTripleDes,
    /// The effective key length in bits.
    Rc2(u16),
    Rc4,
    Des,
    /// The key length in bits.
    Aes(u16),
    Other,
}

impl Cipher {
    pub fn is_triple_des(self) -> bool {
        matches!(self, Self::TripleDes | Self::TwoKeyTripleDes)
    }
}

/// How one part of a file is encrypted; known without the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encryption {
    pub cipher: Cipher,
    /// Such as `pbeWithSHA1And3-KeyTripleDES-CBC` or `PBES2/PBKDF2-hmac-sha256/aes-256-cbc`; `none` for an open part.
    pub name: String,
    /// The object identifier of the scheme, empty for an open part.
    pub oid: String,
    /// Rounds of the key derivation.
    pub iterations: Option<u64>,
}

impl Encryption {
    pub fn none() -> Self {
        Self { cipher: Cipher::None, name: "none".into(), oid: String::new(), iterations: None }
    }
}

impl fmt::Display for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// What sort of key: `RSA 2048`, `EC P-256`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// The length of the modulus in bits.
    Rsa(u32),
    Ec(Curve),
    /// The length of the prime in bits.
    Dsa(u32),
    Ed25519,
    Ed448,
    /// By name or object identifier.
    Other(String),
}

impl KeyKind {
    /// `RSA`, `EC`, `DSA`, `Ed25519`, `Ed448`, or the name of another.
    pub fn type_name(&self) -> &str {
        match self {
            Self::Rsa(_) => "RSA",
            Self::Ec(_) => "EC",
            Self::Dsa(_) => "DSA",
            Self::Ed25519 => "Ed25519",
            Self::Ed448 => "Ed448",
            Self::Other(name) => name,
        }
    }

    pub fn bits(&self) -> Option<u32> {
        match self {
            Self::Rsa(bits) | Self::Dsa(bits) => Some(*bits),
            Self::Ec(curve) => curve.bits,
            Self::Ed25519 => Some(256),
            Self::Ed448 => Some(456),
            Self::Other(_) => None,
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "RSA {bits}"),
            Self::Dsa(bits) => write!(f, "DSA {bits}"),
            Self::Ec(curve) => write!(f, "EC {}", curve.name),
            other => f.write_str(other.type_name()),
        }
    }
}

/// A named curve.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Curve {
    /// Such as `P-256`; an object identifier if it is not known.
    pub name: String,
    /// The size of its field; `None` if it is not known.
    pub bits: Option<u32>,
}

/// How a certificate is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureAlgorithm {
    pub oid: String,
    /// Such as `sha256WithRSAEncryption`; the object identifier if it is not known.
    pub name: String,
    /// `md5`, `sha1`, `sha256` …; `None` where the algorithm has none of its own (Ed25519) or is not known.
    pub digest: Option<&'static str>,
}
