//! Entra ID as far as clients of ARM need it: one file per way to sign in, discovery, and the check of every
//! bearer token.
//!
//! Tokens have the shape of Entra's (clients read `oid` and `tid` from them) and are signed with a secret of
//! the data directory. They expire by the real clock, not the practice clock: moving the calendar must not
//! sign anyone out.

mod assertion;
pub(crate) mod authorize;
pub(crate) mod claims;
pub(crate) mod control;
mod device_code;
mod discovery;
mod grants;
pub(crate) mod imds;
mod switches;
pub(crate) mod tenants;

pub(crate) use device_code::{approve_by_hand, begin as device_code};
pub(crate) use grants::token;
pub(crate) use switches::SignInSwitches;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;

use claims::Carries;

use super::{
    call::Caller,
    principals::{self, ServicePrincipal},
    reply::Fault,
};

/// The clocks of two services may differ by this many seconds.
const LEEWAY: i64 = 300;

/// The service that a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    Arm,
    Vault,
    Graph,
}

/// Why a token is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenFault {
    Missing,
    /// Not a token of this authority.
    Invalid,
    Expired(Timestamp),
    /// The sign-in was revoked, and the client can handle this in the middle of its work.
    Revoked,
    /// The token is not valid yet, so one of the two clocks is wrong.
    NotYet(Timestamp),
    /// Issued for another audience.
    WrongAudience(String),
}

/// Issues tokens and checks them.
#[derive(Debug)]
pub(crate) struct TokenIssuer {
    pub tenant_id: String,
    /// `https://127.0.0.1:8443`
    pub origin: String,
    pub client_secret: SecretString,
    pub signing_key: SecretString,
    pub switches: SignInSwitches,
}

/// The identity that signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignInSubject {
    Application(ServicePrincipal),
    ManagedIdentity,
    Person,
}

impl SignInSubject {
    /// A managed identity has no rights in the directory by default; the person has the rights of the first
    /// application.
    pub(crate) fn principal(self) -> ServicePrincipal {
        match self {
            Self::Application(principal) => principal,
            Self::ManagedIdentity => principals::PLAIN,
            Self::Person => principals::CERTDECK,
        }
    }
}

/// The person who signs in by device code or browser.
pub(crate) const PERSON: &str = "ada.admin@contoso.example";

impl TokenIssuer {
    /// The secret of an application; of no use outside of the data directory.
    pub(crate) fn secret_of(&self, application: &ServicePrincipal) -> SecretString {
        if application.app_id == principals::CERTDECK.app_id {
            return self.client_secret.clone();
        }
        let tag = self
            .mac(&format!("secret of {}", application.app_id))
            .map(|mac| BASE64URL.encode(mac.finalize().into_bytes()));
        // It begins with a letter: `az login -p` would take a dash for another option.
        format!("p8Q~{}", tag.unwrap_or_default()).into()
    }

    /// [`Self::caller_at`] by this machine's clock.
    #[cfg(test)]
    pub(crate) fn caller(&self, header: Option<&str>, audience: Audience) -> Result<Caller, TokenFault> {
        self.caller_at(header, audience, Timestamp::now())
    }

    /// The caller that the `Authorization` header speaks for at `now`.
    pub(crate) fn caller_at(
        &self,
        header: Option<&str>,
        audience: Audience,
        now: Timestamp,
    ) -> Result<Caller, TokenFault> {
        let header = header.ok_or(TokenFault::Missing)?;
        let (scheme, token) = header.split_once(' ').ok_or(TokenFault::Invalid)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(TokenFault::Missing);
        }
        let claims = self.open(token.trim()).ok_or(TokenFault::Invalid)?;
        let text = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
        let expiry = claims["exp"].as_i64().unwrap_or(0);
        let carries = Carries::of(&claims);
        let made = claims["gen"].as_u64().unwrap_or_default();
        if carries.cae && self.switches.revoked(made) {
            return Err(TokenFault::Revoked);
        }
        let recalled = self.switches.recalled(made);
        if recalled || expiry <= now.as_second() {
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
        Ok(Caller {
            object_id: text("oid"),
            app_id: text("appid"),
            tenant_id: text("tid"),
            is_person: claims["idtyp"] == "user",
            has_mfa: carries.mfa,
        })
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
                // The host suffix with its port, as the metadata gives it, or without.
                let host = aud.trim_start_matches("https://");
                aud == "https://vault.azure.net" || host.split(':').next() == Some("vault.localhost")
            }
            Audience::Graph => {
                aud == "https://graph.microsoft.com"
                    || aud == self.origin
                    || aud == format!("{}/graph", self.origin)
            }
        }
    }

    /// An access token for an audience, and its life in seconds.
    fn access(&self, subject: SignInSubject, audience: &str, carries: Carries) -> (String, i64) {
        let (now, lifetime) = (Timestamp::now().as_second(), self.switches.lifetime());
        let me = subject.principal();
        let tenant = self.tenant(carries.guest);
        let mut claims = json!({
            "aud": audience,
            "iss": format!("{}/{tenant}/", self.origin),
            "iat": now,
            "nbf": now,
            "exp": now + lifetime,
            "appid": me.app_id,
            "oid": me.object_id,
            "sub": me.object_id,
            "tid": tenant,
            "idtyp": if subject == SignInSubject::Person { "user" } else { "app" },
            "ver": "1.0",
            "gen": self.switches.generation(),
        });
        if subject == SignInSubject::Person {
            claims["upn"] = PERSON.into();
            claims["name"] = "Ada Admin".into();
        }
        carries.write(&mut claims);
        (self.sign(&claims), lifetime)
    }

    /// Tells the client who signed in (OpenID Connect Core 2).
    fn id_token(&self, client_id: &str, guest: bool) -> String {
        let (now, me, tenant) =
            (Timestamp::now().as_second(), SignInSubject::Person.principal(), self.tenant(guest));
        self.sign(&json!({
            "aud": client_id,
            "iss": format!("{}/{tenant}/v2.0", self.origin),
            "iat": now,
            "nbf": now,
            "exp": now + self.switches.lifetime(),
            "oid": me.object_id,
            "sub": me.object_id,
            "tid": tenant,
            "preferred_username": PERSON,
            "name": "Ada Admin",
            "ver": "2.0",
        }))
    }

    /// Microsoft's libraries ask for this to recognise the account later.
    fn client_info(&self, guest: bool) -> String {
        let (person, tenant) = (SignInSubject::Person.principal().object_id, self.tenant(guest));
        BASE64URL.encode(json!({"uid": person, "utid": tenant}).to_string())
    }

    fn tenant(&self, guest: bool) -> &str {
        if guest { tenants::GUEST.id } else { &self.tenant_id }
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
}

/// ARM's 401 for a token fault.
pub(crate) fn arm_refusal(fault: &TokenFault, authority: &TokenIssuer) -> Fault {
    let (code, message) = match fault {
        TokenFault::Missing => (
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing.".to_owned(),
        ),
        TokenFault::Invalid => ("InvalidAuthenticationToken", "The access token is invalid.".to_owned()),
        TokenFault::Expired(at) => (
            "ExpiredAuthenticationToken",
            format!(
                "The access token expiry UTC time '{}' is earlier than current UTC time '{}'.",
                american(*at),
                american(Timestamp::now())
            ),
        ),
        TokenFault::NotYet(at) => (
            "InvalidAuthenticationToken",
            format!("The access token is not valid before UTC time '{}'.", american(*at)),
        ),
        TokenFault::Revoked => {
            let message = "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: \
                           TokenIssuedBeforeRevocationTimestamp";
            return Fault::arm(401, "InvalidAuthenticationToken", message)
                .header("www-authenticate", revoked(authority));
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

/// The challenge for a token whose sign-in was revoked; the same for ARM and Key Vault.
pub(crate) fn revoked(authority: &TokenIssuer) -> String {
    claims::challenge(&authority.origin, &claims::newer_than(Timestamp::now().as_second()))
}

/// `8/17/2017 10:54:41 PM`, as ARM writes times in this message.
fn american(time: Timestamp) -> String {
    time.strftime("%-m/%-d/%Y %-I:%M:%S %p").to_string()
}

/// This many random bytes as text without special characters.
fn random(length: usize) -> String {
    let mut bytes = vec![0_u8; length];
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    BASE64URL.encode(bytes)
}

/// Entra's refusal: `AADSTS7000215: …` with trace ids.
fn refusal(status: u16, error: &str, number: u32, text: &str) -> Fault {
    let trace = uuid::Uuid::new_v4().to_string();
    let correlation = uuid::Uuid::new_v4().to_string();
    let now = Timestamp::now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let client = principals::CERTDECK.app_id;
    Fault {
        status,
        headers: Vec::new(),
        body: json!({
            "error": error,
            "error_description": format!("AADSTS{number}: {text} '{client}'. Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}"),
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
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn authority(key: &str) -> TokenIssuer {
        TokenIssuer {
            tenant_id: "t".to_owned(),
            origin: "https://127.0.0.1:1".to_owned(),
            client_secret: "right".into(),
            signing_key: key.into(),
            switches: SignInSwitches::default(),
        }
    }

    fn header(authority: &TokenIssuer, audience: &str) -> String {
        format!(
            "Bearer {}",
            authority
                .access(SignInSubject::Application(principals::CERTDECK), audience, Carries::default())
                .0
        )
    }

    #[test]
    fn a_token_opens_only_what_it_was_made_for() {
        let authority = authority("k");
        let arm = header(&authority, "https://127.0.0.1:1");
        let caller = authority.caller(Some(&arm), Audience::Arm).unwrap();
        assert_eq!(caller.object_id, principals::CERTDECK.object_id);
        assert!(matches!(authority.caller(Some(&arm), Audience::Vault), Err(TokenFault::WrongAudience(_))));
        let vault = header(&authority, "https://vault.localhost:1");
        assert!(authority.caller(Some(&vault), Audience::Vault).is_ok());
    }

    #[test]
    fn a_token_of_another_authority_is_invalid() {
        let arm = header(&authority("other"), "https://management.azure.com");
        assert_eq!(authority("k").caller(Some(&arm), Audience::Arm), Err(TokenFault::Invalid));
        assert_eq!(authority("k").caller(None, Audience::Arm), Err(TokenFault::Missing));
    }

    #[test]
    fn a_token_that_was_recalled_has_expired() {
        let authority = authority("k");
        let before = header(&authority, "https://management.azure.com");
        authority.switches.recall_tokens();
        assert!(matches!(authority.caller(Some(&before), Audience::Arm), Err(TokenFault::Expired(_))));
        assert!(
            authority
                .caller(Some(&header(&authority, "https://management.azure.com")), Audience::Arm)
                .is_ok()
        );
    }
}
