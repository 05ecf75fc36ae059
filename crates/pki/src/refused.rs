//! Why a file, or a part of one, cannot be read: a word for programs, a sentence for people.

use thiserror::Error;

use super::algorithm;
use super::contents::{Kind, Pkcs12};
use super::pem::Place;
use certdeck_model::quoted;

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
    /// One block of a text.
    #[error("line {}{}: {why}", place.line, called(&place.label))]
    InBlock { place: Place, why: Box<ReadError> },
}

/// The name of a block as it may be shown.
fn called(label: &str) -> String {
    if label.is_empty() { String::new() } else { format!(", {}", quoted(label)) }
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
            Self::InBlock { why, .. } => why.code(),
        }
    }

    /// The reason, wherever in the file it is.
    pub fn cause(&self) -> &Self {
        if let Self::InBlock { why, .. } = self { why.cause() } else { self }
    }

    /// Where in a text the part is.
    pub fn place(&self) -> Option<&Place> {
        if let Self::InBlock { place, .. } = self { Some(place) } else { None }
    }

    /// No password was given, and the part is encrypted.
    pub fn needs_password(&self) -> bool {
        matches!(self.cause(), Self::PasswordNeeded { .. })
    }

    /// No password was given, or another than the file's.
    pub fn is_about_password(&self) -> bool {
        matches!(self.cause(), Self::PasswordNeeded { .. } | Self::WrongPassword { .. })
    }

    /// The part is a private key: who wants certificates alone does without it.
    pub fn is_about_key(&self) -> bool {
        let part = match self.cause() {
            Self::PasswordNeeded { part }
            | Self::UnsupportedAlgorithm { part, .. }
            | Self::Damaged { part, .. }
            | Self::TooManyIterations { part, .. } => *part,
            _ => "",
        };
        part == "the private key" || self.place().is_some_and(Place::is_private_key)
    }

    pub(super) fn in_block(self, place: Place) -> Self {
        Self::InBlock { place, why: Box::new(self) }
    }

    pub(super) fn unsupported(oid: &str, part: &'static str) -> Self {
        let name = algorithm::other_name(oid).unwrap_or("an algorithm that is not known here");
        Self::UnsupportedAlgorithm { name: name.to_owned(), oid: oid.to_owned(), part }
    }

    pub(super) fn malformed(what: impl Into<String>) -> Self {
        Self::Malformed { what: what.into() }
    }
}

/// Parts of a file that cannot be read: the first, and how many more.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a part of the file cannot be read: {first}{}", if *more > 0 { format!(" (and {more} more)") } else { String::new() })]
pub struct Unread {
    pub first: ReadError,
    pub more: usize,
}

impl Unread {
    pub(super) fn of<'a>(parts: impl IntoIterator<Item = &'a ReadError>) -> Option<Self> {
        let mut parts = parts.into_iter();
        Some(Self { first: parts.next()?.clone(), more: parts.count() })
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
