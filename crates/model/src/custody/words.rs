//! The chain of custody in words, for a ticket or a colleague: the same on screen and without it.

use jiff::Timestamp;

use super::{Custody, Link, Standing};

impl Link {
    /// What is to be said about a link that does not simply have the right certificate.
    pub fn words(&self) -> Option<String> {
        match &self.standing {
            Standing::Whole => None,
            Standing::Broken { why, remedy } => Some(format!("{why}; to do: {remedy}")),
            Standing::Waiting(why) | Standing::Unknown(why) => Some(why.clone()),
        }
    }
}

impl Custody {
    /// Several lines: each chain with its links, and what is to be said about each.
    pub fn text(&self, now: Timestamp) -> String {
        let mut lines = Vec::new();
        for chain in &self.chains {
            lines.push(chain.title());
            for link in &chain.links {
                lines.push(format!("  {}: {} ({})", link.place.words(), link.name, link.facts(now)));
                lines.extend(link.words().map(|words| format!("    {words}")));
            }
        }
        lines.join("\n")
    }
}
