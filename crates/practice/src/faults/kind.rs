//! What a fault does to a request and its answer.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{control, entra::claims, lag::Stale, reply::Fault, service::CloudService};

/// The sign-in endpoint that services of the public cloud name in their challenges.
const ELSEWHERE: &str = "https://login.windows.net";

/// No client waits longer than this.
const LONGEST_DELAY: Duration = Duration::from_secs(600);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum FaultKind {
    /// A response with this status replaces the real one.
    Status {
        status: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// Seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u32>,
        #[serde(default)]
        when: When,
    },
    /// The response arrives this many milliseconds late.
    Delay { ms: u64 },
    /// The connection breaks, and no response arrives.
    Reset {
        #[serde(default)]
        when: When,
    },
    /// The request is carried out, and its response breaks off in the middle.
    Truncated,
    /// The response arrives one byte at a time, with this many milliseconds between bytes.
    Trickle { ms: u64 },
    /// The token is refused as one that has just expired.
    ExpiredToken,
    /// The token is refused with a claims challenge. Without `claims` it asks for a newer sign-in, as after a
    /// revocation (continuous access evaluation).
    ClaimsChallenge {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        claims: Option<Value>,
    },
    /// The change is made, but for this many seconds some reads of the changed resource return the earlier
    /// state, as ARM's do now and then. For each path this many reads are up to date before one is not.
    StaleReads {
        seconds: u32,
        #[serde(default)]
        fresh: u32,
    },
    /// The service's clock is off by a span such as `-10m`: its `Date` says so, and tokens are judged by it.
    ClockSkew { by: String },
}

/// Whether the fault comes before or after the work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum When {
    /// The request is not carried out.
    #[default]
    Before,
    /// The change is made, and the client is not told.
    After,
}

impl FaultKind {
    /// Checks that the fault is possible; the error says in words why not.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self {
            Self::Status { status, .. } if !(400..600).contains(status) => {
                Err(format!("status is {status}; a fault has one from 400 to 599."))
            }
            Self::Delay { ms } | Self::Trickle { ms } if Duration::from_millis(*ms) > LONGEST_DELAY => {
                Err(format!(
                    "{ms} ms is longer than anybody waits; at most {} are possible.",
                    LONGEST_DELAY.as_millis()
                ))
            }
            Self::ClockSkew { by } => {
                control::duration(by).map(|_| ()).map_err(|_| format!("'{by}' is no time span such as -10m."))
            }
            _ => Ok(()),
        }
    }

    /// Whether the request is carried out at all.
    pub(crate) fn lets_through(&self) -> bool {
        !matches!(
            self,
            Self::Status { when: When::Before, .. }
                | Self::Reset { when: When::Before }
                | Self::ClaimsChallenge { .. }
        )
    }

    /// How long changes stay invisible, for a fault that makes them stale.
    pub(crate) fn stale(&self) -> Option<Stale> {
        let Self::StaleReads { seconds, fresh } = self else { return None };
        Some(Stale { span: SignedDuration::from_secs(i64::from(*seconds)), fresh: *fresh })
    }

    /// The error of the service's clock.
    pub(crate) fn skew(&self) -> Option<SignedDuration> {
        match self {
            Self::ClockSkew { by } => control::duration(by).ok(),
            // No token lives this long.
            Self::ExpiredToken => Some(SignedDuration::from_hours(24)),
            _ => None,
        }
    }

    /// The response that replaces the real one, in the envelope of the service.
    pub(crate) fn answer(&self, service: &CloudService) -> Option<Fault> {
        if let Self::ClaimsChallenge { claims: asked } = self {
            let asked = asked.clone().unwrap_or_else(|| claims::newer_than(Timestamp::now().as_second()));
            let refused = challenged(service, "The practice cloud was asked to answer so.");
            return Some(refused.header("www-authenticate", claims::challenge(ELSEWHERE, &asked)));
        }
        let Self::Status { status, code, message, retry_after, .. } = self else { return None };
        let code = code.as_deref().unwrap_or(default_code(*status));
        let message = message.as_deref().unwrap_or("The practice cloud was asked to answer so.");
        let fault = match service {
            CloudService::Vault(_) => Fault::vault(*status, code, message, None),
            _ => Fault::arm(*status, code, message),
        };
        Some(match retry_after {
            Some(seconds) => fault.header("retry-after", seconds.to_string()),
            None => fault,
        })
    }
}

/// A 401 whose header says what the token lacks.
fn challenged(service: &CloudService, message: &str) -> Fault {
    match service {
        CloudService::Vault(_) => Fault::vault(401, "Unauthorized", message, None),
        _ => Fault::arm(401, "InvalidAuthenticationToken", message),
    }
}

fn default_code(status: u16) -> &'static str {
    match status {
        403 => "Forbidden",
        404 => "ResourceNotFound",
        408 => "RequestTimeout",
        409 => "Conflict",
        412 => "PreconditionFailed",
        429 => "TooManyRequests",
        500 => "InternalServerError",
        502 => "BadGateway",
        503 => "ServiceUnavailable",
        504 => "GatewayTimeout",
        _ => "PracticeFault",
    }
}
