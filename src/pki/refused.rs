//! Why a file, or a part of one, cannot be read: a word for programs, a sentence for people.

use thiserror::Error;

use super::algorithm;
use super::contents::{Kind, Pkcs12};

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// Proven: by the MAC, or (`by_mac` is false: there is none) by what the decryption gives.
    #[error("{}", if *by_mac { "wrong password: the MAC does not verify with it (or the file was altered)" }
        else { "wrong password, or a damaged file: what the decryption gives makes no sense, and there is no MAC to tell the two apart" })]
    WrongPassword { by_mac: bool },
    #[error("a password is needed: {part} is encrypted, and not with an empty password")]
    PasswordNeeded { part: &'static str },
    #[error("{part} uses {name}{}, which certdeck cannot read", if oid.is_empty() { String::new() } else { format!(" (OID {oid})") })]
    UnsupportedAlgorithm { name: String, oid: String, part: &'static str },
    /// The file as a whole is not what it claims to be.
    #[error("{what}")]
    Malformed { what: String },
    /// A MAC that must not be trusted, whatever the password (RFC 9579).
    #[error("the MAC is malformed: {what}")]
    BadMac { what: String },
    /// One part of a file does not decrypt or parse; the rest may.
    #[error("{part} is damaged: {what}")]
    Damaged { part: &'static str, what: String },
    #[error("the file is larger than {} MiB, the limit for certificate files", limit / (1024 * 1024))]
    TooLarge { limit: usize },
    #[error("{what}: more than {limit}, the limit")]
    TooMany { what: &'static str, limit: usize },
    #[error("{part} asks for {asked} rounds of key derivation; the limit is {limit}")]
    TooManyIterations { part: &'static str, asked: u64, limit: u64 },
    /// Readable, but nothing in it is a certificate.
    #[error("no certificate in it: {what}")]
    NoCertificate { what: String },
}

impl ReadError {
    /// The word that scripts may rely on (`error_code` of `-o json`).
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrongPassword { .. } => "wrong-password",
            Self::PasswordNeeded { .. } => "password-needed",
            Self::UnsupportedAlgorithm { .. } => "unsupported-algorithm",
            Self::Malformed { .. } | Self::BadMac { .. } | Self::Damaged { .. } => "malformed",
            Self::TooLarge { .. } | Self::TooMany { .. } => "too-large",
            Self::TooManyIterations { .. } => "too-many-iterations",
            Self::NoCertificate { .. } => "no-certificate",
        }
    }

    pub(super) fn unsupported(oid: &str, part: &'static str) -> Self {
        let name = algorithm::other_name(oid).unwrap_or("an algorithm that is not known here");
        Self::UnsupportedAlgorithm { name: name.to_owned(), oid: oid.to_owned(), part }
    }

    pub(super) fn malformed(what: impl Into<String>) -> Self {
        Self::Malformed { what: what.into() }
    }
}

/// A file that was refused, with what is known of it all the same.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{error}")]
pub struct Refused {
    pub kind: Kind,
    pub error: ReadError,
    /// Known without the password: the MAC, the ciphers of what lies open.
    pub container: Option<Pkcs12>,
    pub trailing_bytes: usize,
}

impl Refused {
    pub(super) fn new(kind: Kind, error: ReadError) -> Box<Self> {
        Box::new(Self { kind, error, container: None, trailing_bytes: 0 })
    }
}
