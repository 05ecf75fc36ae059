//! What a person who signs in is shown, and their replies.

use jiff::Timestamp;
use zeroize::Zeroizing;

/// A code that a person types on the sign-in page, on any machine with a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCode {
    pub code: String,
    pub address: String,
    pub expires: Timestamp,
    /// The reason for asking.
    pub why: String,
}

/// A page on which a person signs in with a browser, which then returns to a port of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserPage {
    pub address: String,
    pub port: u16,
    pub expires: Timestamp,
    /// The reason for asking.
    pub why: String,
}

/// A command of another program whose sign-in is used, and which has to sign in again itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCommand {
    /// `Azure CLI`
    pub tool: &'static str,
    /// As typed into a shell, one per line.
    pub lines: Vec<String>,
    /// The reason for asking.
    pub why: String,
}

/// What a person is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInAsk {
    Code(DeviceCode),
    Browser(BrowserPage),
    Tool(ToolCommand),
}

/// The person's reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInReply {
    /// Not now.
    GiveUp,
    /// The command was run.
    GoOn,
    /// The address at which the browser ended, copied from it.
    Pasted(Redirected),
    /// By device code instead.
    ByCode,
    /// By browser instead.
    ByBrowser,
}

/// The address to which a browser was redirected after a sign-in. It contains a code, so it is never shown,
/// and wiped.
#[derive(Clone, PartialEq, Eq)]
pub struct Redirected(Zeroizing<String>);

impl Redirected {
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Redirected {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.trim().to_owned()))
    }
}

impl std::fmt::Debug for Redirected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redirected(…)")
    }
}
