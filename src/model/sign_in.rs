//! Asking a person to sign in.

use jiff::Timestamp;

/// A code that a person types on the sign-in page, on whichever machine has a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCode {
    pub code: String,
    pub address: String,
    pub expires: Timestamp,
    /// Why somebody is asked.
    pub why: String,
}
