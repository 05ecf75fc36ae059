//! A change that was sent from this machine earlier, as the journal tells of it: for people to read.

use jiff::Timestamp;

use super::text::printable;

/// One line before a change, with what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastChange {
    /// This machine's time.
    pub at: Timestamp,
    /// `Bind contoso.com`.
    pub what: String,
    /// The method and the path of the resource, or the file that was written.
    pub target: String,
    /// `done`, `refused`, `unknown`, `unsent`; `unknown` too where nothing was written afterwards.
    pub outcome: String,
    /// Of a change request, where one was given.
    pub reference: Option<String>,
    /// The id by which the service knows the request.
    pub request_id: Option<String>,
}

impl PastChange {
    /// Everything that is known of it, in one line for a ticket.
    pub fn line(&self) -> String {
        let first = format!("{} {}: {}; {}", self.at, self.outcome, self.what, self.target);
        let known = [("reference", &self.reference), ("request id", &self.request_id)];
        let known = known.into_iter().filter_map(|(label, text)| Some(format!("{label} {}", text.as_ref()?)));
        let line: Vec<String> = std::iter::once(first).chain(known).collect();
        printable(&line.join("; ")).into_owned()
    }
}
