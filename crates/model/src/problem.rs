//! A problem in words for an administrator: what failed, on what, why, and what to do.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A refusal or failure that a person has to read. It is built where the error is understood, and shown the
/// same everywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What could not be done, on what: `Buy the certificate order contoso-www`.
    pub what: String,
    /// The reason, in a sentence or half of one.
    pub why: String,
    /// What to do about it; empty if nothing is known.
    pub remedy: String,
    /// The service's own code, such as `ScopeLocked`, or the id of the rule that says so.
    pub code: Option<Box<str>>,
    /// For support: `x-ms-request-id` of the answer.
    pub request_id: Option<Box<str>>,
    /// For support as well: the id that all requests of this run share.
    pub correlation_id: Option<Box<str>>,
}

impl Problem {
    /// A problem without a remedy, a code or ids.
    pub fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into(), ..Self::default() }
    }

    /// Sets what to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// Sets the service's code or the id of a rule.
    #[must_use]
    pub fn code(mut self, code: impl Into<Box<str>>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Sets the `x-ms-request-id` of the answer; `None` if there was no answer or no id in it.
    #[must_use]
    pub fn request_id(mut self, id: Option<String>) -> Self {
        self.request_id = id.map(Into::into);
        self
    }

    /// Sets the id that all requests of this run share; `None` if nothing was sent.
    #[must_use]
    pub fn correlation_id(mut self, id: Option<String>) -> Self {
        self.correlation_id = id.map(Into::into);
        self
    }

    /// The code as far as a person can look it up: that of a service. The number of a rule, such as `A51`, means
    /// nothing to an admin.
    pub fn service_code(&self) -> Option<&str> {
        let is_rule = |code: &str| {
            let digits = code.get(1..).unwrap_or_default();
            code.starts_with(['A', 'C']) && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
        };
        self.code.as_deref().filter(|code| !is_rule(code))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)?;
        if !self.remedy.is_empty() {
            write!(f, "\nWhat to do: {}", self.remedy)?;
        }
        let code = self.service_code().map(str::to_owned);
        let request = self.request_id.as_ref().map(|id| format!("request {id}"));
        let correlation = self.correlation_id.as_ref().map(|id| format!("correlation {id}"));
        let ids: Vec<String> = [code, request, correlation].into_iter().flatten().collect();
        if ids.is_empty() { Ok(()) } else { write!(f, "\n({})", ids.join(", ")) }
    }
}
