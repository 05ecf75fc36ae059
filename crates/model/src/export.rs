//! A certificate that was written to a file: an unmanaged copy, which no renewal reaches (A196).

use jiff::Timestamp;

use super::{ResourceId, Thumbprint};

/// What is remembered of an export: enough to say later that the file is out of date, and no secret.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Export {
    pub at: Timestamp,
    pub order: ResourceId,
    pub thumbprint: Thumbprint,
    /// The file, as an absolute path where that could be found out.
    pub path: String,
}
