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

/// A command of another program whose sign-in is borrowed, and which has to sign in again by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCommand {
    /// `Azure CLI`
    pub tool: &'static str,
    /// As typed into a shell, one a line.
    pub lines: Vec<String>,
    /// Why somebody is asked.
    pub why: String,
}

/// What a person is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInAsk {
    Code(DeviceCode),
    Tool(ToolCommand),
}

/// What the person says to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInReply {
    /// Not now.
    GiveUp,
    /// The command was run.
    GoOn,
}
