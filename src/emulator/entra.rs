//! Entra ID as far as a service principal needs it: the token endpoint, discovery, and the check of every bearer token.
//!
//! Tokens are shaped like Entra's (clients read `oid` and `tid` from them) and signed with a secret of the data
//! directory. They live by the real clock, not the practice one: moving the calendar must not sign anybody out.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{
    call::Caller,
    principals,
    reply::{Fault, Outcome, Reply},
};

/// How long a token is good, in seconds; what Entra gives service principals.
const LIFETIME: i64 = 3599;
/// By how many seconds the clocks of two services may differ.
const LEEWAY: i64 = 300;

/// Whom a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    Arm,
    Vault,
    Graph,
}

/// Why a token does not open the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenFault {
    Missing,
    /// Not a token of this authority.
    Invalid,
    Expired(Timestamp),
    /// One of the two clocks is wrong.
    NotYet(Timestamp),
    /// Made for somebody else.
    WrongAudience(String),
}

/// The issuer of tokens.
#[derive(Debug)]
pub struct Authority {
    pub tenant_id: String,
    /// `https://127.0.0.1:8443`
    pub origin: String,
    pub client_secret: SecretString,
    pub signing_key: SecretString,
}

impl Authority {
    /// POST `/{tenant}/oauth2/v2.0/token`, form-encoded (client credentials only); also the older `/oauth2/token`.
    pub fn token(&self, form: &[(String, String)]) -> Outcome {
        let field = |name: &str| {
            let found = form.iter().find(|(key, _)| key == name);
            found.map_or("", |(_, value)| value.as_str())
        };
        if field("grant_type") != "client_credentials" {
            return Err(refusal(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type."));
        }
        if !field("client_id").eq_ignore_ascii_case(principals::CERTDECK.app_id) {
            let text = format!("Application with identifier '{}' was not found in the directory 'Contoso'.", field("client_id"));
            return Err(refusal(400, "unauthorized_client", 700_016, &text));
        }
        if field("client_secret") != self.client_secret.expose_secret() {
            let text = "Invalid client secret provided. Ensure the secret being sent in the request is the client \
                 secret value, not the client secret ID, for a secret added to app";
            return Err(refusal(401, "invalid_client", 7_000_215, text));
        }
        let scope = match field("scope") {
            "" => field("resource"),
            scope => scope,
        };
        let audience = scope.trim_end_matches(".default").trim_end_matches('/');
        if audience.is_empty() {
            return Err(refusal(
                400,
                "invalid_request",
                900_144,
                "The request body must contain the following parameter: 'scope'.",
            ));
        }
        let now = Timestamp::now().as_second();
        let me = principals::CERTDECK;
        let token = self.sign(&json!({
            "aud": audience,
            "iss": format!("{}/{}/", self.origin, self.tenant_id),
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
            "appid": me.app_id,
            "oid": me.object_id,
            "sub": me.object_id,
            "tid": self.tenant_id,
            "idtyp": "app",
            "ver": "1.0",
        }));
        Ok(Reply::ok(json!({
            "token_type": "Bearer",
            "expires_in": LIFETIME,
            "ext_expires_in": LIFETIME,
            "access_token": token,
        })))
    }

    /// Whom the `Authorization` header speaks for.
    pub fn caller(&self, header: Option<&str>, audience: Audience) -> Result<Caller, TokenFault> {
        self.caller_at(header, audience, Timestamp::now())
    }

    /// The same by another clock.
    pub fn caller_at(&self, header: Option<&str>, audience: Audience, now: Timestamp) -> Result<Caller, TokenFault> {
        let header = header.ok_or(TokenFault::Missing)?;
        let (scheme, token) = header.split_once(' ').ok_or(TokenFault::Invalid)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(TokenFault::Missing);
        }
        let claims = self.open(token.trim()).ok_or(TokenFault::Invalid)?;
        let text = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
        let expiry = claims["exp"].as_i64().unwrap_or(0);
        if expiry <= now.as_second() {
            return Err(TokenFault::Expired(Timestamp::from_second(expiry).unwrap_or_default()));
        }
        let begin = claims["nbf"].as_i64().unwrap_or(0);
        if begin > now.as_second() + LEEWAY {
            return Err(TokenFault::NotYet(Timestamp::from_second(begin).unwrap_or_default()));
        }
        let aud = text("aud");
        if !self.accepts(audience, &aud) {
            return Err(TokenFault::WrongAudience(aud));
        }
        Ok(Caller { object_id: text("oid"), app_id: text("appid"), tenant_id: text("tid") })
    }

    fn accepts(&self, audience: Audience, aud: &str) -> bool {
        let aud = aud.trim_end_matches('/');
        match audience {
            Audience::Arm => {
                aud == self.origin
                    || aud == self.origin.replace("127.0.0.1", "localhost")
                    || ["https://management.azure.com", "https://management.core.windows.net"].contains(&aud)
            }
            Audience::Vault => {
                // The suffix with the port, as the metadata gives it, or without.
                let host = aud.trim_start_matches("https://");
                aud == "https://vault.azure.net" || host.split(':').next() == Some("vault.localhost")
            }
            Audience::Graph => {
                aud == "https://graph.microsoft.com" || aud == self.origin || aud == format!("{}/graph", self.origin)
            }
        }
    }

    fn sign(&self, claims: &Value) -> String {
        let header = BASE64URL.encode(r#"{"typ":"JWT","alg":"HS256","kid":"practice"}"#);
        let body = format!("{header}.{}", BASE64URL.encode(claims.to_string()));
        let tag = self.mac(&body).map(|mac| BASE64URL.encode(mac.finalize().into_bytes()));
        format!("{body}.{}", tag.unwrap_or_default())
    }

    fn open(&self, token: &str) -> Option<Value> {
        let (body, tag) = token.rsplit_once('.')?;
        self.mac(body)?.verify_slice(&BASE64URL.decode(tag).ok()?).ok()?;
        let (_, claims) = body.split_once('.')?;
        serde_json::from_slice(&BASE64URL.decode(claims).ok()?).ok()
    }

    fn mac(&self, body: &str) -> Option<Hmac<Sha256>> {
        let key = self.signing_key.expose_secret().as_bytes();
        let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
        mac.update(body.as_bytes());
        Some(mac)
    }

    /// `/{tenant}/v2.0/.well-known/openid-configuration`
    pub fn openid_configuration(&self) -> Reply {
        let base = format!("{}/{}", self.origin, self.tenant_id);
        Reply::ok(json!({
            "token_endpoint": format!("{base}/oauth2/v2.0/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "jwks_uri": format!("{base}/discovery/v2.0/keys"),
            "issuer": format!("{base}/v2.0"),
            "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
            "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
            "end_session_endpoint": format!("{base}/oauth2/v2.0/logout"),
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "scopes_supported": ["openid"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid", "ver"],
            "tenant_region_scope": "EU",
            "cloud_instance_name": "practice",
        }))
    }

    /// `/common/discovery/instance`
    pub fn instance_discovery(&self) -> Reply {
        let host = self.origin.trim_start_matches("https://");
        Reply::ok(json!({
            "tenant_discovery_endpoint": format!("{}/{}/v2.0/.well-known/openid-configuration", self.origin, self.tenant_id),
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        }))
    }
}

/// ARM's 401 for a token fault (API.md §1.1).
pub fn arm_refusal(fault: &TokenFault, authority: &Authority) -> Fault {
    let (code, message) = match fault {
        TokenFault::Missing => ("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.".to_owned()),
        TokenFault::Invalid => ("InvalidAuthenticationToken", "The access token is invalid.".to_owned()),
        TokenFault::Expired(at) => (
            "ExpiredAuthenticationToken",
            format!(
                "The access token expiry UTC time '{}' is earlier than current UTC time '{}'.",
                american(*at),
                american(Timestamp::now())
            ),
        ),
        TokenFault::NotYet(at) => {
            ("InvalidAuthenticationToken", format!("The access token is not valid before UTC time '{}'.", american(*at)))
        }
        TokenFault::WrongAudience(aud) => (
            "InvalidAuthenticationTokenAudience",
            format!(
                "The access token has been obtained for wrong audience or resource '{aud}'. It should exactly match with one of the allowed audiences '{}/'.",
                authority.origin
            ),
        ),
    };
    let challenge = format!(
        "Bearer authorization_uri=\"{}/{}\", error=\"invalid_token\", error_description=\"{message}\"",
        authority.origin, authority.tenant_id
    );
    Fault::arm(401, code, message).header("www-authenticate", challenge)
}

/// `8/17/2017 10:54:41 PM`, as ARM writes times in this message.
fn american(time: Timestamp) -> String {
    time.strftime("%-m/%-d/%Y %-I:%M:%S %p").to_string()
}

/// Entra's refusal: `AADSTS7000215: …` with trace ids.
fn refusal(status: u16, error: &str, number: u32, text: &str) -> Fault {
    let trace = uuid::Uuid::new_v4().to_string();
    let correlation = uuid::Uuid::new_v4().to_string();
    let now = Timestamp::now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    Fault {
        status,
        headers: Vec::new(),
        body: json!({
            "error": error,
            "error_description": format!("AADSTS{number}: {text} '{}'. Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}", principals::CERTDECK.app_id),
            "error_codes": [number],
            "timestamp": now,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://127.0.0.1/error?code={number}"),
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::emulator::reply::Body;

    fn authority(key: &str) -> Authority {
        Authority {
            tenant_id: "t".to_owned(),
            origin: "https://127.0.0.1:1".to_owned(),
            client_secret: "right".into(),
            signing_key: key.into(),
        }
    }

    fn ask(authority: &Authority, secret: &str, scope: &str) -> Outcome {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", principals::CERTDECK.app_id),
            ("client_secret", secret),
            ("scope", scope),
        ];
        authority.token(&form.map(|(k, v)| (k.to_owned(), v.to_owned())))
    }

    fn header(authority: &Authority, scope: &str) -> String {
        let Body::Json(body) = ask(authority, "right", scope).unwrap().body else {
            panic!("no JSON");
        };
        format!("Bearer {}", body["access_token"].as_str().unwrap())
    }

    #[test]
    fn a_token_opens_only_what_it_was_made_for() {
        let authority = authority("k");
        let arm = header(&authority, "https://127.0.0.1:1/.default");
        let caller = authority.caller(Some(&arm), Audience::Arm).unwrap();
        assert_eq!(caller.object_id, principals::CERTDECK.object_id);
        assert!(matches!(authority.caller(Some(&arm), Audience::Vault), Err(TokenFault::WrongAudience(_))));
        let vault = header(&authority, "https://vault.localhost:1/.default");
        assert!(authority.caller(Some(&vault), Audience::Vault).is_ok());
    }

    #[test]
    fn a_token_of_another_authority_is_invalid() {
        let arm = header(&authority("other"), "https://management.azure.com/.default");
        assert_eq!(authority("k").caller(Some(&arm), Audience::Arm), Err(TokenFault::Invalid));
        assert_eq!(authority("k").caller(None, Audience::Arm), Err(TokenFault::Missing));
    }

    #[test]
    fn a_wrong_secret_is_refused_with_entras_code() {
        let fault = ask(&authority("k"), "wrong", "https://management.azure.com/.default").unwrap_err();
        assert_eq!(fault.status, 401);
        assert!(fault.body["error_description"].as_str().unwrap().starts_with("AADSTS7000215"));
    }
}
