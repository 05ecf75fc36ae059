//! Asking a person to sign in.

use jiff::Timestamp;
use zeroize::Zeroizing;

/// A code that a person types on the sign-in page, on whichever machine has a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCode {
    pub code: String,
    pub address: String,
    pub expires: Timestamp,
    /// Why somebody is asked.
    pub why: String,
}

/// A page on which a person signs in with a browser, which then goes to a port of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserPage {
    pub address: String,
    pub port: u16,
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
    Browser(BrowserPage),
    Tool(ToolCommand),
}

/// What the person says to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInReply {
    /// Not now.
    GiveUp,
    /// The command was run.
    GoOn,
    /// Where the browser ended, copied from it.
    Pasted(Redirected),
    /// By device code instead.
    ByCode,
    /// By browser instead.
    ByBrowser,
}

/// The address that a browser was sent to after a sign-in. A code is in it: it is never shown, and wiped.
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
