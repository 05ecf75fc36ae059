//! Why a file, or a part of one, cannot be read: a code for programs, a sentence for people.

use thiserror::Error;

use super::algorithm;
use super::contents::{Kind, Pkcs12};
use super::pem::TextPlace;
use certdeck_model::quoted;

/// Why something cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// Proven by the MAC, or (`by_mac` is false, because there is none) by the result of the decryption.
    #[error("{}", if *by_mac { "wrong password" }
        else { "wrong password, or a damaged file: what the decryption gives makes no sense, and there is no MAC to tell the two apart" })]
    WrongPassword {
        /// Whether the MAC proves it.
        by_mac: bool,
    },
    /// The part is encrypted, and no password was given.
    #[error("a password is needed: {part} is encrypted, and not with an empty password")]
    PasswordNeeded {
        /// The encrypted part, such as `the file` or `the private key`.
        part: &'static str,
    },
    /// The part uses a cipher, digest or key derivation that certdeck does not have.
    #[error("{part} uses {name}{}, which certdeck cannot read", if oid.is_empty() { String::new() } else { format!(" (OID {oid})") })]
    UnsupportedAlgorithm {
        /// The name of the algorithm, or words that say that it is not known.
        name: String,
        /// The object identifier in dotted form; empty if the file states none.
        oid: String,
        /// The part that needs the algorithm.
        part: &'static str,
    },
    /// The file as a whole does not have the format that it claims.
    #[error("{what}")]
    Malformed {
        /// What the file is instead, or what is wrong with it.
        what: String,
    },
    /// A MAC that must not be trusted with any password (RFC 9579).
    #[error("the MAC is malformed: {what}")]
    BadMac {
        /// What is wrong with its parameters.
        what: String,
    },
    /// One part of a file cannot be decrypted or parsed; the others may be readable.
    #[error("{part} is damaged: {what}")]
    Damaged {
        /// The part, such as `a certificate`.
        part: &'static str,
        /// What is wrong with it.
        what: String,
    },
    /// The file has more bytes than [`limits::FILE`](crate::limits::FILE).
    #[error("the file is larger than {} MiB, the limit for certificate files", limit / (1024 * 1024))]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The file has more parts of one kind than [`limits`](crate::limits) allows.
    #[error("{what}: more than {limit}, the limit")]
    TooMany {
        /// The kind of part, in the plural.
        what: &'static str,
        /// The number that is allowed.
        limit: usize,
    },
    /// The part would take too long to decrypt.
    #[error("{part} asks for {asked} rounds of key derivation; the limit is {limit}")]
    TooManyIterations {
        /// The encrypted part, or the MAC.
        part: &'static str,
        /// The rounds that the file states.
        asked: u64,
        /// The rounds that are allowed.
        limit: u64,
    },
    /// Readable, but without any certificate.
    #[error("no certificate in it: {what}")]
    NoCertificate {
        /// What the file has instead.
        what: String,
    },
    /// The error of one block of a text.
    #[error("line {}{}: {why}", place.line, called(&place.label))]
    InBlock {
        /// The position and the label of the block.
        place: TextPlace,
        /// The reason.
        why: Box<ReadError>,
    },
}

/// The label of a block in a form that may be shown.
fn called(label: &str) -> String {
    if label.is_empty() { String::new() } else { format!(", {}", quoted(label)) }
}

impl ReadError {
    /// The code that scripts may rely on (`error_code` of `-o json`).
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

    /// The reason, without its position in the file.
    pub fn cause(&self) -> &Self {
        if let Self::InBlock { why, .. } = self { why.cause() } else { self }
    }

    /// The position of the part in a text.
    pub fn place(&self) -> Option<&TextPlace> {
        if let Self::InBlock { place, .. } = self { Some(place) } else { None }
    }

    /// The part is encrypted, and no password was given.
    pub fn needs_password(&self) -> bool {
        matches!(self.cause(), Self::PasswordNeeded { .. })
    }

    /// No password was given, or a wrong one.
    pub fn is_about_password(&self) -> bool {
        matches!(self.cause(), Self::PasswordNeeded { .. } | Self::WrongPassword { .. })
    }

    /// The part is a private key, which is not needed for reading certificates.
    pub fn is_about_key(&self) -> bool {
        let part = match self.cause() {
            Self::PasswordNeeded { part }
            | Self::UnsupportedAlgorithm { part, .. }
            | Self::Damaged { part, .. }
            | Self::TooManyIterations { part, .. } => *part,
            _ => "",
        };
        part == "the private key" || self.place().is_some_and(TextPlace::is_private_key)
    }

    pub(super) fn in_block(self, place: TextPlace) -> Self {
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

/// Parts of a file that cannot be read: the first, and the number of others.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a part of the file cannot be read: {first}{}", if *more > 0 { format!(" (and {more} more)") } else { String::new() })]
pub struct UnreadParts {
    /// The first part in the order of the file.
    pub first: ReadError,
    /// The number of other parts that cannot be read.
    pub more: usize,
}

impl UnreadParts {
    pub(super) fn of<'a>(parts: impl IntoIterator<Item = &'a ReadError>) -> Option<Self> {
        let mut parts = parts.into_iter();
        Some(Self { first: parts.next()?.clone(), more: parts.count() })
    }
}

/// A refused file, with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{error}")]
pub struct Refused {
    /// The format of the file, as far as it was detected.
    pub kind: Kind,
    /// The reason for the refusal.
    pub error: ReadError,
    /// What is known without the password: the MAC, the ciphers of unencrypted parts.
    pub container: Option<Pkcs12>,
    /// The bytes after the end of the structure; 0 if there are none or they were not reached.
    pub trailing_bytes: usize,
}

impl Refused {
    pub(super) fn new(kind: Kind, error: ReadError) -> Box<Self> {
        Box::new(Self { kind, error, container: None, trailing_bytes: 0 })
    }
}
