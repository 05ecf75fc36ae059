//! Claims that a service requires in a token: how it asks for them (a claims challenge, `WWW-Authenticate` of
//! a 401), and what a client asks for when it passes them on to the sign-in (OpenID Connect Core 5.5; learn:
//! claims-challenge).

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{grants, grants::FormFields, refusal, tenants};
use crate::reply::Fault;

/// The authentication context by which ARM asks a person for multi-factor authentication.
const MFA: &str = "p1";
/// The capability of a client that can answer a claims challenge in the middle of its work.
const CAN_ANSWER: &str = "cp1";

/// What a token carries besides its subject and audience.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Carries {
    /// The person gave a second factor.
    pub mfa: bool,
    /// The client can answer challenges, so services check whether the sign-in was revoked.
    pub cae: bool,
    /// The person signed in to the tenant where they are a guest.
    #[serde(default)]
    pub guest: bool,
}

impl Carries {
    /// What the `claims` of a form ask for in a tenant; the default when the form has none.
    pub(crate) fn asked(tenant: &str, form: &FormFields) -> Result<Self, Fault> {
        let (text, guest) = (grants::field(form, "claims"), tenants::is_guests(tenant));
        if text.is_empty() {
            return Ok(Self { guest, ..Self::default() });
        }
        let claims: Value = serde_json::from_str(text).unwrap_or_default();
        if !claims.is_object() {
            return Err(refusal(
                400,
                "invalid_request",
                50_151,
                "The 'claims' parameter is not valid JSON, sent by app",
            ));
        }
        let asks = |claim: &str, value: &str| {
            let claim = &claims["access_token"][claim];
            claim["value"] == value
                || claim["values"].as_array().is_some_and(|all| all.iter().any(|one| one == value))
        };
        Ok(Self { mfa: asks("acrs", MFA), cae: asks("xms_cc", CAN_ANSWER), guest })
    }

    /// The claims that two requests of one sign-in ask for together.
    #[must_use]
    pub(crate) fn and(self, later: Self) -> Self {
        Self { mfa: self.mfa || later.mfa, cae: self.cae || later.cae, ..self }
    }

    /// Reads them from an existing token.
    pub(crate) fn of(claims: &Value) -> Self {
        let has = |claim: &str, value: &str| {
            claims[claim].as_array().is_some_and(|all| all.iter().any(|one| one == value))
        };
        Self {
            mfa: has("acrs", MFA),
            cae: has("xms_cc", CAN_ANSWER),
            guest: claims["tid"] == tenants::GUEST.id,
        }
    }

    pub(crate) fn write(self, token: &mut Value) {
        if self.mfa {
            token["acrs"] = json!([MFA]);
            token["amr"] = json!(["pwd", "mfa"]);
        }
        if self.cae {
            token["xms_cc"] = json!([CAN_ANSWER]);
        }
    }
}

/// The claims by which ARM asks for a second factor.
pub(crate) fn mfa() -> Value {
    json!({"access_token": {"acrs": {"essential": true, "values": [MFA]}}})
}

/// The claims by which a service asks for a sign-in that is newer than a revocation, in seconds.
pub(crate) fn newer_than(moment: i64) -> Value {
    json!({"access_token": {"nbf": {"essential": true, "value": moment.to_string()}}})
}

/// `WWW-Authenticate` with these claims.
pub(crate) fn challenge(origin: &str, claims: &Value) -> String {
    let claims = BASE64.encode(claims.to_string());
    format!(
        "Bearer realm=\"\", authorization_uri=\"{origin}/common/oauth2/authorize\", error=\"insufficient_claims\", claims=\"{claims}\""
    )
}
