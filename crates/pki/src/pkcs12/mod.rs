//! PKCS#12 (PFX), RFC 7292, in all forms that occur in practice.
//!
//! The reader is certdeck's own: the `p12` crate panics in debug builds on OpenSSL 3's default output,
//! supports neither AES nor segmented BER, and does not limit rounds. Its structures are used for writing.

mod encryption;
mod kdf;
mod mac;
mod password;
mod read;
mod write;

pub(super) use encryption::{Scheme, undo_dek_info};
pub(super) use kdf::Work;
pub(super) use password::PasswordCandidates;
pub(super) use read::read;
pub use write::{Wrapping, WriteError, write_pkcs12};
