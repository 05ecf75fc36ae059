//! PKCS#12 (PFX), RFC 7292, in every form that people really have.
//!
//! The reader is our own: the `p12` crate panics in debug builds on what OpenSSL 3 writes by default, knows
//! neither AES nor BER in pieces, and has no limit to rounds (CRATES.md 3). Its structures write what we
//! make.

mod encryption;
mod kdf;
mod mac;
mod password;
mod rc4;
mod read;
mod write;

pub(super) use encryption::{Scheme, undo_dek_info};
pub(super) use kdf::Work;
pub(super) use password::Password;
pub(super) use read::read;
pub use write::{Wrapping, WriteError, write_pkcs12};
