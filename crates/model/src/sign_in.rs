//! What a person who signs in is shown, and their replies.

use jiff::Timestamp;
use zeroize::Zeroizing;

/// A code that a person types on the sign-in page, on any machine with a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCode {
    /// The short code that the person types.
    pub code: String,
    /// The address of the sign-in page.
    pub address: String,
    /// The time after which the code is no longer accepted.
    pub expires: Timestamp,
    /// The reason for asking.
    pub why: String,
}

/// A page on which a person signs in with a browser, which then returns to a port of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserPage {
    /// The address of the page, with all parameters of this sign-in.
    pub address: String,
    /// The port on the loopback address to which the browser returns.
    pub port: u16,
    /// The time after which certdeck no longer waits for the browser.
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
    /// To type a code on a sign-in page.
    Code(DeviceCode),
    /// To sign in on a page in a browser on this machine, or to paste the address at which it ended.
    Browser(BrowserPage),
    /// To run a command of another program.
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
    /// The whole address, for the sign-in alone; never for the screen or a log.
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
