//! Certificate files, offline: their contents, whether Azure accepts them, and how to repair them.
//!
//! `read` extracts the facts from PKCS#12, PEM, DER and PKCS#7 and refuses with a reason; the other files
//! check, sort and build. Nothing here uses the network, and no input makes it panic, hang or exceed
//! `limits`.

#![warn(missing_docs)]

mod algorithm;
mod armour;
mod build;
mod chain;
mod check;
mod constraints;
mod contents;
mod der;
mod effort;
mod key;
mod name;
mod password;
mod pem;
mod pkcs12;
mod pkcs7;
mod read;
mod refused;
mod signature;
mod strict;
mod trust;
mod verdict;
mod x509;

pub use algorithm::{Cipher, Curve, Encryption, KeyKind, SignatureAlgorithm};
pub use build::{BuildError, Bundle, fit_password, missing_root};
pub use chain::{CertificateChain, ChainOrder, Leaf, chain, leaf};
pub use check::{Question, check, check_chain, check_no_pfx, check_refused};
pub use contents::{
    Certificate, Contents, Kind, Mac, MacKind, PasswordForm, Pkcs12, PrivateKey, PublicKey, San,
};
pub use password::{NoRandomness, generate_password};
pub use pem::TextPlace;
pub use pkcs12::{Wrapping, WriteError, write_pkcs12};
pub use read::{certificates, read, read_key};
pub use refused::{ReadError, Refused, UnreadParts};
pub use trust::Roots;
pub use verdict::{FileFinding, Report, Verdict};

/// The limits on what a hostile file can demand.
pub mod limits {
    /// The size of a file in bytes. The trust store of a whole system is a quarter of one MiB.
    pub const FILE: usize = 4 * 1024 * 1024;
    /// The size of one certificate in bytes.
    pub const CERTIFICATE: usize = 1024 * 1024;
    /// Certificates in one file: a whole trust store fits.
    pub const CERTIFICATES: usize = 2_000;
    /// Private keys in one file.
    pub const KEYS: usize = 100;
    /// Subject alternative names in one file.
    pub const NAMES: usize = 50_000;
    /// Rounds of one key derivation.
    pub const ITERATIONS: u64 = 5_000_000;
}
