//! A certificate that was written to a file: an unmanaged copy, which no renewal updates (A196).

use jiff::Timestamp;

use super::{ResourceId, Thumbprint};

/// The record of an export: enough to report later that the file is out of date, without a secret.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Export {
    pub at: Timestamp,
    pub order: ResourceId,
    pub thumbprint: Thumbprint,
    /// The file, as an absolute path if that could be determined.
    pub path: String,
}
