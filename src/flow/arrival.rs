//! A permission that was granted takes minutes to be in force. Until then the service refuses what it will
//! take: that is waited for, is no try, and ends after the time that the rules give.

use jiff::SignedDuration;

use super::Case;
use crate::model::Problem;
use crate::rules::{Period, Span};

/// How long a step waits for a permission that is there already, and how it is seen that it has not arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    pub sign: Sign,
    /// The longest pause between two tries.
    pub poll: SignedDuration,
    pub within: Span,
}

/// What tells that the permission is not in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// The request is refused.
    Refusal,
    /// The request is accepted, and the state of the resource says that the vault refused.
    State,
}

impl Arrival {
    pub(super) fn new(case: &Case<'_>, sign: Sign) -> Self {
        let span = |period| case.rules.span(period, case.now);
        Self { sign, poll: span(Period::GrantArrivalPoll).duration(), within: span(Period::GrantArrival) }
    }

    /// What is waited for.
    pub fn on(self) -> String {
        format!(
            "the permission on the vault to be in force: it is granted, Azure says that it is not there yet, and that may last {}",
            self.within
        )
    }

    /// What is said when it did not come in time.
    pub fn given_up(self, problem: Problem) -> Problem {
        let why =
            format!("{}; the permission is granted, and was not in force after {}", problem.why, self.within);
        Problem { why, ..problem }
            .remedy("Look at the vault's access control and at its firewall. Running this again waits again and does no harm.")
    }
}
