//! Why the practice cloud cannot start or continue. Responses to clients are `reply::Fault` instead.

use std::path::PathBuf;

use super::clock::OutOfRange;

/// What went wrong with the practice cloud itself.
#[derive(Debug, thiserror::Error)]
pub enum EmulatorError {
    #[error(
        "the data directory {} is in use by another practice cloud; stop that one or choose another --data-dir",
        .0.display()
    )]
    InUse(PathBuf),
    #[error(
        "the data directory {} was written by another version of the practice cloud (format {found}, this one reads {expected}); start it with --fresh",
        .dir.display()
    )]
    Version { dir: PathBuf, found: u32, expected: u32 },
    #[error(
        "the data directory {} holds a cloud.redb that cannot be read ({source}); begin anew with --fresh or choose another --data-dir",
        .dir.display()
    )]
    Unreadable { dir: PathBuf, source: StoreError },
    #[error("cannot {action} {}: {source}", .path.display())]
    File { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("cannot listen on {address}: {source}")]
    Listen { address: String, source: std::io::Error },
    #[error("the practice cloud's store: {0}")]
    Store(#[from] StoreError),
    #[error("the practice cloud's certificates: {0}")]
    Certificate(String),
    #[error(
        "the data directory {} holds {holds}, not {wanted}; start it without naming an estate, begin anew with --fresh, or choose another --data-dir",
        .dir.display()
    )]
    OtherEstate { dir: PathBuf, holds: String, wanted: String },
    #[error("the vaults cannot be given their new addresses: {0}")]
    Address(String),
    #[error("the scenario {name}: {reason}")]
    Scenario { name: String, reason: String },
    #[error(transparent)]
    Clock(#[from] OutOfRange),
    #[error("the practice cloud has stopped")]
    Stopped,
}

/// What went wrong in the durable store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database: {0}")]
    Database(Box<redb::Error>),
    #[error("the record {key} cannot be read or written as JSON: {source}")]
    Json { key: String, source: serde_json::Error },
}

impl<E: Into<redb::Error>> From<E> for StoreError {
    fn from(error: E) -> Self {
        Self::Database(Box::new(error.into()))
    }
}
