//! A certificate that was written to a file: an unmanaged copy, which no renewal updates (A196).

use jiff::Timestamp;

use super::{ResourceId, Thumbprint};

/// The record of an export: enough to report later that the file is out of date, without a secret.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Export {
    /// The time of the export.
    pub at: Timestamp,
    /// The order whose certificate was written.
    pub order: ResourceId,
    /// The certificate in the file; the file is out of date once the order has another one.
    pub thumbprint: Thumbprint,
    /// The file, as an absolute path if that could be determined.
    pub path: String,
}
