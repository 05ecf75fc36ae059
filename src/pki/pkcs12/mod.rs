//! PKCS#12 (PFX), RFC 7292, in every form that people really have.

mod write;

pub use write::{Wrapping, WriteError, write_pkcs12};
