//! The errors between certdeck and Azure, and how they are read from answers. Their words for people are in
//! `words`.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use thiserror::Error;

use super::credential::Tried;
use super::{json, words};
use certdeck_model::Problem;

/// A service's refusal, from either error envelope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status of the answer.
    pub status: u16,
    /// `ScopeLocked`, `Conflict` …; empty if the answer contains none.
    pub code: String,
    /// The Web provider's five digits, such as `04035`.
    pub extended: Option<String>,
    /// The service's sentence, printable; empty if the answer contains none.
    pub message: String,
    /// The `x-ms-request-id` of the answer, for support.
    pub request_id: Option<String>,
    /// The `x-ms-correlation-request-id` of the answer, for support.
    pub correlation_id: Option<String>,
    /// The pause that the service asks for.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// The more specific of the two codes.
    pub fn shown_code(&self) -> String {
        match &self.extended {
            Some(extended) => format!("{} {extended}", self.code).trim().to_owned(),
            None if self.code.is_empty() => format!("HTTP {}", self.status),
            None => self.code.clone(),
        }
    }

    /// Whether this is the code or the extended code of the refusal; the casing of the code does not matter.
    pub fn is(&self, code: &str) -> bool {
        self.code.eq_ignore_ascii_case(code) || self.extended.as_deref() == Some(code)
    }

    /// Reads the envelopes of ARM, the Web provider, Key Vault, Graph and the sign-in service.
    pub fn read(status: u16, body: &Value) -> Self {
        let error = ["/error", "/odata.error"]
            .iter()
            .find_map(|pointer| body.pointer(pointer))
            .filter(|error| error.is_object());
        let envelope = error.unwrap_or(body);
        let any = |pointers: &[&str]| pointers.iter().find_map(|pointer| json::text(envelope, pointer));
        let details = envelope.get("Details").or_else(|| envelope.get("details")).and_then(Value::as_array);
        let extended =
            details.into_iter().flatten().find_map(|detail| json::text(detail, "/ErrorEntity/ExtendedCode"));
        // Key Vault says "Forbidden" and puts the reason one level deeper.
        let inner = any(&["/innererror/code", "/innerError/code", "/Innererror/code"]);
        let code = any(&["/code", "/Code"]).or_else(|| json::text(body, "/error"));
        Self {
            status,
            code: inner.or(code).unwrap_or_default(),
            extended: extended.or_else(|| any(&["/ExtendedCode"])),
            message: any(&["/message", "/Message", "/message/value", "/error_description"])
                .unwrap_or_default(),
            request_id: None,
            correlation_id: None,
            retry_after: None,
        }
    }
}

/// Why a request to Azure, or the sign-in for it, did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AzureError {
    /// The settings cannot be used, so nothing was sent; contains a sentence about them.
    #[error("{0}")]
    Setup(String),
    /// Nothing was sent.
    #[error("{host} cannot be reached: {why}")]
    Unreachable {
        /// The host, or the proxy on the way to it.
        host: String,
        /// The reason of the network.
        why: String,
    },
    /// The TLS handshake failed, so nothing was sent.
    #[error("the connection to {host} is not secure: {why}")]
    Tls {
        /// The host, and the proxy on the way to it if there is one.
        host: String,
        /// The reason of the TLS library.
        why: String,
    },
    /// The request was sent, and whether it took effect is not known.
    #[error("the answer of {host} was lost: {why}")]
    AnswerLost {
        /// The host that was asked.
        host: String,
        /// How the connection ended.
        why: String,
    },
    /// The sign-in service refused, or the person did not sign in.
    #[error("sign-in failed: {message}")]
    SignIn {
        /// The code of the sign-in service, such as `AADSTS50173`; `None` if it was not its answer.
        code: Option<String>,
        /// The sentence of the sign-in service, or half a sentence about what happened instead.
        message: String,
    },
    /// A service requires more of the sign-in than this way can give; with the commands that help, if any.
    #[error("Azure asks for {wants}")]
    MoreWanted {
        /// The name of the way to sign in ([`Identity::name`](crate::Identity::name)).
        way: &'static str,
        /// What the service requires, in half a sentence.
        wants: String,
        /// Shell commands, one per element; empty if none can help.
        commands: Vec<String>,
    },
    /// The service requires the same again of the sign-in that was made for it.
    #[error("the new sign-in does not satisfy {host} either: it asks for {wants}")]
    Unsatisfied {
        /// The host that asked again.
        host: String,
        /// What it requires, in half a sentence.
        wants: String,
    },
    /// No way to sign in worked; with the reason for each.
    #[error("there is no sign-in")]
    NobodySignedIn(Vec<Tried>),
    /// The identity has no role in any subscription of the context.
    #[error("the signed-in identity sees no subscription")]
    NoSubscription,
    /// The service answered with an error status.
    #[error("{}", .0.message)]
    Refused(Box<Refusal>),
    /// A long-running operation that was accepted and then failed.
    #[error("{}", .0.message)]
    OperationFailed(Box<Refusal>),
    /// The change was accepted, and its result could not be determined.
    #[error("it was accepted; then {0}")]
    LostSight(Box<AzureError>),
    /// The operation was accepted and is not over after the time for which it is followed.
    #[error("the operation still runs after {minutes} minutes")]
    StillRunning {
        /// How long the operation was followed.
        minutes: u64,
    },
    /// Nothing was sent: the place has kept failing while others answered, and no person waits for this
    /// request.
    #[error("{what} keeps failing ({why}) while others answer, so it is not asked until {}", clock(*until))]
    KeepsFailing {
        /// The place, such as `the subscription ID`.
        what: String,
        /// Its last failure, in half a sentence.
        why: String,
        /// The time from which it is asked again, by this machine's clock.
        until: Timestamp,
    },
    /// Nothing was sent: the service asked for a longer pause than requests wait.
    #[error("for {what} Azure takes no requests until {}", clock(*until))]
    LeftAlone {
        /// The place, such as `the subscription ID`.
        what: String,
        /// The time from which it is asked again, by this machine's clock.
        until: Timestamp,
    },
    /// The deadline has passed; with the reason for the last pause.
    #[error("no answer within {seconds} s{}", reason_of(why.as_deref()))]
    NotInTime {
        /// The length of the whole period, rounded up.
        seconds: u128,
        /// The reason for the last pause; `None` if no request paused.
        why: Option<String>,
    },
    /// A vault or a link in an answer is at a host to which no token of this cloud may be sent.
    #[error("{found} is not {expected}, so nothing was sent to it")]
    HostRefused {
        /// The address that was found, or a description of it.
        found: String,
        /// The kind of address that is allowed.
        expected: String,
    },
    /// The service answered with a redirect.
    #[error("the service redirects ({status}) to {to}; redirects are never followed")]
    Redirected {
        /// The HTTP status, from 300 to 399.
        status: u16,
        /// The host to which it redirects.
        to: String,
    },
    /// The answer cannot be used: no JSON, too large, or without what was asked for.
    #[error("the answer of {host} is not what the API describes: {why}")]
    Malformed {
        /// The host that answered.
        host: String,
        /// What is wrong with the answer.
        why: String,
    },
}

fn reason_of(why: Option<&str>) -> String {
    why.map(|why| format!(" ({why})")).unwrap_or_default()
}

fn clock(at: Timestamp) -> impl std::fmt::Display {
    at.strftime("%H:%M:%S UTC")
}

impl AzureError {
    /// The error for a refusal by a service.
    pub fn refused(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }

    /// The refusal in this error, if a service sent one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) | Self::OperationFailed(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Whether the change may have taken effect although no answer says so: read again before repeating it.
    pub fn is_ambiguous(&self) -> bool {
        match self {
            Self::AnswerLost { .. }
            | Self::LostSight(_)
            | Self::StillRunning { .. }
            | Self::Malformed { .. } => true,
            Self::Refused(refusal) => refusal.status >= 500 || refusal.status == 408,
            _ => false,
        }
    }

    /// Whether the service accepted the change, and only its end was not seen.
    pub fn is_under_way(&self) -> bool {
        matches!(self, Self::LostSight(_) | Self::StillRunning { .. })
    }

    /// Whether the answer is withheld because of the caller's roles, or because the subscription has not
    /// registered the provider: what can do without the answer continues.
    pub fn is_withheld(&self) -> bool {
        const UNREGISTERED: [&str; 2] = ["MissingSubscriptionRegistration", "SubscriptionNotRegistered"];
        self.refusal()
            .is_some_and(|refusal| refusal.status == 403 || UNREGISTERED.iter().any(|code| refusal.is(code)))
    }

    /// Whether the roles of the signed-in identity lack an action of Azure Resource Manager.
    pub fn is_forbidden(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.status == 403 && refusal.is("AuthorizationFailed"))
    }

    /// Whether a service of Azure may not use the vault: it has no permission, or one that has not taken
    /// effect yet.
    pub fn lacks_vault_access(&self) -> bool {
        self.refusal().is_some_and(|refusal| {
            refusal.message.contains("does not have access to")
                && refusal.message.to_ascii_lowercase().contains("key vault")
        })
    }

    /// The words for an administrator. `what` could not be done, as an imperative: `Bind www.contoso.com`.
    pub fn problem(&self, what: &str) -> Problem {
        words::problem(self, what)
    }
}

#[cfg(test)]
mod tests {
    use super::Refusal;
    use serde_json::json;

    #[test]
    fn both_envelopes_are_understood() {
        let arm = Refusal::read(404, &json!({"error": {"code": "ResourceNotFound", "message": "gone"}}));
        assert_eq!((arm.code.as_str(), arm.message.as_str()), ("ResourceNotFound", "gone"));
        let web = json!({"Code": "Conflict", "Message": "in use", "Target": null, "Innererror": null, "Details": [
            {"Message": "in use"}, {"Code": "Conflict"}, {"ErrorEntity": {"ExtendedCode": "04035", "Code": "Conflict"}}]});
        let web = Refusal::read(409, &web);
        assert_eq!((web.shown_code().as_str(), web.message.as_str()), ("Conflict 04035", "in use"));
    }

    #[test]
    fn the_other_services_envelopes_are_understood_too() {
        let vault =
            json!({"error": {"code": "Forbidden", "message": "no", "innererror": {"code": "AccessDenied"}}});
        assert_eq!(Refusal::read(403, &vault).code, "AccessDenied");
        let graph =
            json!({"odata.error": {"code": "Request_BadRequest", "message": {"lang": "en", "value": "bad"}}});
        assert_eq!(Refusal::read(400, &graph).message, "bad");
        let entra = json!({"error": "invalid_client", "error_description": "AADSTS7000215: no"});
        assert_eq!(Refusal::read(401, &entra).code, "invalid_client");
        let odd =
            json!({"Code": "X", "Message": "m", "Details": [{"ErrorEntity": [{"code": "INVALID_RECORDS"}]}]});
        assert_eq!(Refusal::read(400, &odd).extended, None);
    }
}
