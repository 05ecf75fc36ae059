//! The workbench for certificate files: inspect, check, build and rewrap, offline. The command line and the
//! screen both do it here; `pki` knows the formats, this room knows files and words.

mod assemble;
mod examined;
mod job;
pub mod openssl;
mod words;
mod written;

pub use assemble::{Gathered, gather, read_key, roots};
pub use examined::{Examined, Failure};
pub use job::{Job, JobResult, OutputFile, Password, held};
pub use words::{FactLine, facts, verdict};
pub use written::{must_not_exist, replace, write_new};

use std::io;

use thiserror::Error;

use crate::model::reason;

pub use crate::model::shown;

/// What stands in the way of a piece of work.
#[derive(Debug, Error)]
pub enum Trouble {
    /// A file that cannot be used, and why.
    #[error("{file}: {why}")]
    Unusable { file: String, why: String },
    /// A private key of this file is encrypted, and no password or a wrong one was given.
    #[error("{file}: {why}")]
    Closed { file: String, why: String },
    /// What was asked for would not work, and the words say what to change.
    #[error("{0}")]
    Refused(String),
    #[error("{0} exists; it is not overwritten. Name another file")]
    Exists(String),
    #[error("write {file}: {}", reason(why))]
    Unwritten { file: String, why: io::Error },
}
