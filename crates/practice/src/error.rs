//! Why the practice cloud cannot start or continue. Responses to clients are `reply::Fault` instead.

use std::path::PathBuf;

use super::clock::OutOfRange;

/// What went wrong with the practice cloud itself.
#[derive(Debug, thiserror::Error)]
pub enum EmulatorError {
    /// Another process has the data directory open; contains the directory.
    #[error(
        "the data directory {} is in use by another practice cloud; stop that one or choose another --data-dir",
        .0.display()
    )]
    InUse(PathBuf),
    /// The store has the format of another version.
    #[error(
        "the data directory {} was written by another version of the practice cloud (format {found}, this one reads {expected}); start it with --fresh",
        .dir.display()
    )]
    Version {
        /// The data directory.
        dir: PathBuf,
        /// The format of its store.
        found: u32,
        /// The format that this version reads.
        expected: u32,
    },
    /// The store is damaged, or is no store.
    #[error(
        "the data directory {} holds a cloud.redb that cannot be read ({source}); begin again with --fresh or choose another --data-dir",
        .dir.display()
    )]
    Unreadable {
        /// The data directory.
        dir: PathBuf,
        /// The error of the database.
        source: StoreError,
    },
    /// A file, a directory or a thread cannot be used.
    #[error("cannot {action} {}: {source}", .path.display())]
    File {
        /// The failed operation, such as `create` or `write`, as it stands before the path in the message.
        action: &'static str,
        /// The file or directory, or what could not be started.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// A listener cannot be opened, mostly because another program uses the port.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address and port.
        address: String,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The store failed while the cloud was prepared.
    #[error("the practice cloud's store: {0}")]
    Store(#[from] StoreError),
    /// The CA or a certificate of its own cannot be made or read; contains the reason.
    #[error("the practice cloud's certificates: {0}")]
    Certificate(String),
    /// The data directory was created from another estate than the one in the options.
    #[error(
        "the data directory {} holds {holds}, not {wanted}; start it without naming an estate, begin again with --fresh, or choose another --data-dir",
        .dir.display()
    )]
    OtherEstate {
        /// The data directory.
        dir: PathBuf,
        /// The estate in it, such as `the scenario contoso`.
        holds: String,
        /// The estate that the options name.
        wanted: String,
    },
    /// The vaults of an earlier start cannot be moved to the new port; contains the response of the store.
    #[error("the vaults cannot be given their new addresses: {0}")]
    Address(String),
    /// The estate of a new data directory cannot be built.
    #[error("the scenario {name}: {reason}")]
    Scenario {
        /// The name of the scenario in the options.
        name: String,
        /// Why it cannot be built.
        reason: String,
    },
    /// The options set the clock to a time that it cannot show.
    #[error(transparent)]
    Clock(#[from] OutOfRange),
    /// A request was given to a practice cloud whose thread has ended.
    #[error("the practice cloud has stopped")]
    Stopped,
}

/// What went wrong in the durable store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// An error of the database file.
    #[error("the database: {0}")]
    Database(Box<redb::Error>),
    /// A record does not have the form that this version expects.
    #[error("the record {key} cannot be read or written as JSON: {source}")]
    Json {
        /// The key of the record.
        key: String,
        /// The error of the conversion.
        source: serde_json::Error,
    },
}

impl<E: Into<redb::Error>> From<E> for StoreError {
    fn from(error: E) -> Self {
        Self::Database(Box::new(error.into()))
    }
}
