//! The names of algorithms: object identifiers translated to the names that OpenSSL uses.

use std::fmt;

/// A cipher, as far as the rules about encryption distinguish them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cipher {
    /// Not encrypted at all.
    None,
    /// Triple DES with three keys (168 bits).
    TripleDes,
    /// Triple DES with the first key used twice.
    TwoKeyTripleDes,
    /// The effective key length in bits.
    Rc2(u16),
    /// RC4, a stream cipher of old PKCS#12 writers.
    Rc4,
    /// DES with a key of 56 bits, from old PKCS#5 and PEM encryption.
    Des,
    /// The key length in bits.
    Aes(u16),
    /// A cipher that certdeck cannot decrypt; [`Encryption::name`] names it.
    Other,
}

impl Cipher {
    /// Whether the cipher is one of the two forms of triple DES.
    pub fn is_triple_des(self) -> bool {
        matches!(self, Self::TripleDes | Self::TwoKeyTripleDes)
    }
}

/// How one part of a file is encrypted; known without the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encryption {
    /// The cipher that protects the part.
    pub cipher: Cipher,
    /// Such as `pbeWithSHA1And3-KeyTripleDES-CBC` or `PBES2/PBKDF2-hmac-sha256/aes-256-cbc`; `none` for an
    /// unencrypted part.
    pub name: String,
    /// The object identifier of the scheme, empty for an unencrypted part.
    pub oid: String,
    /// Rounds of the key derivation.
    pub iterations: Option<u64>,
}

impl Encryption {
    pub(super) fn none() -> Self {
        Self { cipher: Cipher::None, name: "none".into(), oid: String::new(), iterations: None }
    }
}

impl fmt::Display for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The kind of key: `RSA 2048`, `EC P-256`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// The length of the modulus in bits.
    Rsa(u32),
    /// RSA restricted to RSASSA-PSS by its object identifier (RFC 4055): programs treat it as another type of
    /// key than RSA.
    RsaPss(u32),
    /// An elliptic curve key (ECDSA), by its curve.
    Ec(Curve),
    /// The length of the prime in bits.
    Dsa(u32),
    /// An Edwards curve key with 256 bits.
    Ed25519,
    /// An Edwards curve key with 456 bits.
    Ed448,
    /// The name or object identifier.
    Other(String),
}

impl KeyKind {
    /// `RSA`, `RSASSA-PSS`, `EC`, `DSA`, `Ed25519`, `Ed448`, or the name of another.
    pub fn type_name(&self) -> &str {
        match self {
            Self::Rsa(_) => "RSA",
            Self::RsaPss(_) => "RSASSA-PSS",
            Self::Ec(_) => "EC",
            Self::Dsa(_) => "DSA",
            Self::Ed25519 => "Ed25519",
            Self::Ed448 => "Ed448",
            Self::Other(name) => name,
        }
    }

    /// The size in bits: of the modulus, the prime or the field; `None` for a kind or curve that is not
    /// known.
    pub fn bits(&self) -> Option<u32> {
        match self {
            Self::Rsa(bits) | Self::RsaPss(bits) | Self::Dsa(bits) => Some(*bits),
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
            Self::RsaPss(bits) => write!(f, "RSASSA-PSS {bits}"),
            Self::Dsa(bits) => write!(f, "DSA {bits}"),
            Self::Ec(curve) => write!(f, "EC {}", curve.name),
            other => f.write_str(other.type_name()),
        }
    }
}

/// A curve.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Curve {
    /// Such as `P-256`; an object identifier if it is not known, [`Curve::EXPLICIT`] if its parameters are
    /// explicit.
    pub name: String,
    /// The size of its field; `None` if it is not known.
    pub bits: Option<u32>,
}

/// The algorithm of a certificate's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureAlgorithm {
    /// The object identifier of the algorithm, in dotted form.
    pub oid: String,
    /// Such as `sha256WithRSAEncryption`; the object identifier if it is not known.
    pub name: String,
    /// `md5`, `sha1`, `sha256` …; `None` if the algorithm has none of its own (Ed25519) or is not known.
    pub digest: Option<&'static str>,
}

pub(super) const RSASSA_PSS: &str = "1.2.840.113549.1.1.10";

impl SignatureAlgorithm {
    /// `parameter` is the digest in the parameters, for the algorithms that state it there.
    pub(super) fn new(oid: String, parameter: Option<&'static str>) -> Self {
        let (name, digest) = match oid.as_str() {
            "1.2.840.113549.1.1.2" => ("md2WithRSAEncryption", Some("md2")),
            "1.2.840.113549.1.1.4" => ("md5WithRSAEncryption", Some("md5")),
            "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => ("sha1WithRSAEncryption", Some("sha1")),
            "1.2.840.113549.1.1.14" => ("sha224WithRSAEncryption", Some("sha224")),
            "1.2.840.113549.1.1.11" => ("sha256WithRSAEncryption", Some("sha256")),
            "1.2.840.113549.1.1.12" => ("sha384WithRSAEncryption", Some("sha384")),
            "1.2.840.113549.1.1.13" => ("sha512WithRSAEncryption", Some("sha512")),
            RSASSA_PSS => ("rsassaPss", parameter),
            "1.2.840.10045.4.1" => ("ecdsa-with-SHA1", Some("sha1")),
            "1.2.840.10045.4.3.1" => ("ecdsa-with-SHA224", Some("sha224")),
            "1.2.840.10045.4.3.2" => ("ecdsa-with-SHA256", Some("sha256")),
            "1.2.840.10045.4.3.3" => ("ecdsa-with-SHA384", Some("sha384")),
            "1.2.840.10045.4.3.4" => ("ecdsa-with-SHA512", Some("sha512")),
            "1.2.840.10040.4.3" => ("dsa-with-SHA1", Some("sha1")),
            "2.16.840.1.101.3.4.3.1" => ("dsa-with-SHA224", Some("sha224")),
            "2.16.840.1.101.3.4.3.2" => ("dsa-with-SHA256", Some("sha256")),
            "2.16.840.1.101.3.4.3.9" => ("ecdsa-with-SHA3-224", Some("sha3-224")),
            "2.16.840.1.101.3.4.3.10" => ("ecdsa-with-SHA3-256", Some("sha3-256")),
            "2.16.840.1.101.3.4.3.11" => ("ecdsa-with-SHA3-384", Some("sha3-384")),
            "2.16.840.1.101.3.4.3.12" => ("ecdsa-with-SHA3-512", Some("sha3-512")),
            "1.3.101.112" => ("Ed25519", None),
            "1.3.101.113" => ("Ed448", None),
            other => (other_name(other).unwrap_or(other), None),
        };
        Self { name: name.to_owned(), digest, oid }
    }
}

impl Curve {
    /// The curve is given by its parameters instead of its name.
    pub const EXPLICIT: &str = "explicit parameters";

    pub(super) fn is_explicit(&self) -> bool {
        self.name == Self::EXPLICIT
    }

    pub(super) fn from_oid(oid: &str) -> Self {
        let (name, bits) = match oid {
            "1.2.840.10045.3.1.1" => ("P-192", Some(192)),
            "1.3.132.0.33" => ("P-224", Some(224)),
            "1.2.840.10045.3.1.7" => ("P-256", Some(256)),
            "1.3.132.0.34" => ("P-384", Some(384)),
            "1.3.132.0.35" => ("P-521", Some(521)),
            "1.3.132.0.10" => ("secp256k1", Some(256)),
            "1.3.36.3.3.2.8.1.1.7" => ("brainpoolP256r1", Some(256)),
            "1.3.36.3.3.2.8.1.1.11" => ("brainpoolP384r1", Some(384)),
            "1.3.36.3.3.2.8.1.1.13" => ("brainpoolP512r1", Some(512)),
            other => (other, None),
        };
        Self { name: name.to_owned(), bits }
    }
}

/// The name of a known algorithm that certdeck does not use.
pub(super) fn other_name(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "1.3.101.110" => "X25519",
        "1.3.101.111" => "X448",
        "2.16.840.1.101.3.4.3.17" => "ML-DSA-44",
        "2.16.840.1.101.3.4.3.18" => "ML-DSA-65",
        "2.16.840.1.101.3.4.3.19" => "ML-DSA-87",
        "2.16.840.1.101.3.4.4.1" => "ML-KEM-512",
        "2.16.840.1.101.3.4.4.2" => "ML-KEM-768",
        "2.16.840.1.101.3.4.4.3" => "ML-KEM-1024",
        "1.2.643.2.2.21" => "GOST 28147-89",
        "1.2.643.2.2.9" => "the digest GOST R 34.11-94",
        "1.2.643.2.2.10" => "HMAC with GOST R 34.11-94",
        "1.2.643.7.1.1.2.2" => "the digest Streebog-256",
        "1.2.643.7.1.1.2.3" => "the digest Streebog-512",
        "1.2.643.7.1.1.4.1" => "HMAC with Streebog-256",
        "1.2.643.7.1.1.4.2" => "HMAC with Streebog-512",
        "1.2.840.113549.2.2" => "the digest MD2",
        "1.2.840.113549.2.4" => "the digest MD4",
        "1.3.14.3.18.26" | "1.3.36.3.2.1" => "the digest RIPEMD-160",
        "2.16.840.1.101.3.4.2.7" => "the digest SHA3-224",
        "2.16.840.1.101.3.4.2.8" => "the digest SHA3-256",
        "2.16.840.1.101.3.4.2.9" => "the digest SHA3-384",
        "2.16.840.1.101.3.4.2.10" => "the digest SHA3-512",
        "1.2.156.10197.1.401" => "the digest SM3",
        "1.2.156.10197.1.104.2" => "the cipher SM4-CBC",
        "1.2.392.200011.61.1.1.1.2" => "the cipher Camellia-128-CBC",
        "1.2.392.200011.61.1.1.1.3" => "the cipher Camellia-192-CBC",
        "1.2.392.200011.61.1.1.1.4" => "the cipher Camellia-256-CBC",
        "1.2.410.200046.1.1.2" => "the cipher ARIA-128-CBC",
        "1.2.410.200046.1.1.7" => "the cipher ARIA-192-CBC",
        "1.2.410.200046.1.1.12" => "the cipher ARIA-256-CBC",
        "1.3.6.1.4.1.3029.1.2" => "the cipher Blowfish-CBC",
        "1.2.840.113533.7.66.10" => "the cipher CAST5-CBC",
        "2.16.840.1.101.3.4.1.6" => "the cipher AES-128-GCM",
        "2.16.840.1.101.3.4.1.26" => "the cipher AES-192-GCM",
        "2.16.840.1.101.3.4.1.46" => "the cipher AES-256-GCM",
        "1.3.6.1.4.1.11591.4.11" => "the key derivation scrypt",
        "1.2.840.113549.1.5.1" => "pbeWithMD2AndDES",
        "1.2.840.113549.1.5.4" => "pbeWithMD2AndRC2",
        "1.2.840.113549.1.7.3" => "a section encrypted for a certificate instead of a password",
        _ => return None,
    })
}

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digest {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512_224,
    Sha512_256,
}

impl Digest {
    pub(crate) fn from_oid(oid: &str) -> Option<Self> {
        Some(match oid {
            "1.2.840.113549.2.5" => Self::Md5,
            "1.3.14.3.2.26" => Self::Sha1,
            "2.16.840.1.101.3.4.2.4" => Self::Sha224,
            "2.16.840.1.101.3.4.2.1" => Self::Sha256,
            "2.16.840.1.101.3.4.2.2" => Self::Sha384,
            "2.16.840.1.101.3.4.2.3" => Self::Sha512,
            "2.16.840.1.101.3.4.2.5" => Self::Sha512_224,
            "2.16.840.1.101.3.4.2.6" => Self::Sha512_256,
            _ => return None,
        })
    }

    /// The digest of an HMAC, by the HMAC's object identifier.
    pub(crate) fn from_hmac_oid(oid: &str) -> Option<Self> {
        Some(match oid {
            "1.2.840.113549.2.6" => Self::Md5,
            "1.2.840.113549.2.7" => Self::Sha1,
            "1.2.840.113549.2.8" => Self::Sha224,
            "1.2.840.113549.2.9" => Self::Sha256,
            "1.2.840.113549.2.10" => Self::Sha384,
            "1.2.840.113549.2.11" => Self::Sha512,
            "1.2.840.113549.2.12" => Self::Sha512_224,
            "1.2.840.113549.2.13" => Self::Sha512_256,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha224 => "sha224",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
            Self::Sha512_224 => "sha512_224",
            Self::Sha512_256 => "sha512_256",
        }
    }

    /// The block size in bytes.
    pub(crate) fn block(self) -> usize {
        match self {
            Self::Md5 | Self::Sha1 | Self::Sha224 | Self::Sha256 => 64,
            Self::Sha384 | Self::Sha512 | Self::Sha512_224 | Self::Sha512_256 => 128,
        }
    }

    /// The length of the digest in bytes.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 | Self::Sha512_224 => 28,
            Self::Sha256 | Self::Sha512_256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}
