//! A person who signs in by device code (RFC 8628): the code is typed on another machine, and what comes back is kept,
//! so that the next start asks nobody.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde_json::Value;
use url::Url;
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

use super::super::answer::Answer;
use super::super::error::AzureError;
use super::super::{json, send, words};
use super::chain::Miss;
use super::saved::{Kept, Saved, SignedIn};
use super::sdk::sign_in;
use super::{Access, Desk, Means, SignIn, Token};
use crate::model::{DeviceCode, printable};

/// The application that Microsoft's own developer tools sign in as; every tenant knows it.
const TOOLS: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
/// Any work or school account.
const ANY_TENANT: &str = "organizations";
/// How many codes are shown one after the other, each good for a quarter of an hour, before nobody is there.
const CODES: usize = 4;

/// With what is kept of an earlier sign-in.
pub(super) async fn quietly(means: &Means, tenant: Option<&str>, client_id: Option<&str>, audience: &str) -> Result<Access, Miss> {
    let nobody = || Miss::Absent("nobody has signed in yet".to_owned());
    let saved = means.saved.as_ref().ok_or_else(nobody)?;
    let party = Party::new(means, tenant, client_id)?;
    let kept = saved.of(party.authority, party.tenant, party.client_id).map_err(|error| Miss::Absent(error.to_string()))?;
    let (scope, mut refused) = (scope(audience), None);
    for one in kept {
        let answer = party
            .post(&[
                ("grant_type", "refresh_token"),
                ("client_id", party.client_id),
                ("refresh_token", one.refresh_token.expose_secret()),
                ("scope", &scope),
            ])
            .await?;
        if answer.is_success() {
            return Ok(party.take(&answer.body, Some(saved))?.0);
        }
        refused = Some(failed(&answer));
    }
    match refused {
        // It was good once and is no more: as if nobody had signed in, with the reason.
        Some(AzureError::SignIn { code, message }) => Err(Miss::Absent(words::why_not_signed_in(code.as_deref(), &message))),
        Some(error) => Err(Miss::Failed(error)),
        None => Err(nobody()),
    }
}

/// By showing a code and waiting until it was typed. `why` says why somebody is asked.
pub(super) async fn ask(
    means: &Means,
    tenant: Option<&str>,
    client_id: Option<&str>,
    audience: &str,
    why: &str,
) -> Result<Access, Miss> {
    let Some(desk) = &means.desk else {
        return Err(Miss::Absent(format!("{why}, and there is nobody here to ask")));
    };
    let party = Party::new(means, tenant, client_id)?;
    let mut shown = Shown { desk, is_over: false };
    let signed_in = tokio::select! {
        signed_in = converse(&party, desk, audience, why) => signed_in,
        () = means.given_up.notified() => Err(AzureError::SignIn { code: None, message: "it was given up".to_owned() }),
    };
    let taken = signed_in.and_then(|answer| party.take(&answer, means.saved.as_ref()));
    shown.end(taken.as_ref().map(|(_, who)| who.clone()).map_err(Clone::clone));
    Ok(taken?.0)
}

/// Shows codes until one was typed.
async fn converse(party: &Party<'_>, desk: &Desk, audience: &str, why: &str) -> Result<Value, AzureError> {
    for _ in 0..CODES {
        let form = [("client_id", party.client_id), ("scope", &scope(audience))];
        let begun = party.begin(&form).await?;
        let text = |pointer: &str| json::text(&begun, pointer).map(|text| printable(&text).into_owned());
        let number = |pointer: &str, usual: u64| begun.pointer(pointer).and_then(Value::as_u64).unwrap_or(usual);
        let (Some(device_code), Some(code), Some(address)) =
            (json::text(&begun, "/device_code"), text("/user_code"), text("/verification_uri"))
        else {
            return Err(sign_in("the sign-in service gave no code"));
        };
        let lifetime = number("/expires_in", 900).min(3600);
        let expires = Timestamp::now() + SignedDuration::from_secs(i64::try_from(lifetime).unwrap_or(900));
        // Nobody listens where the screen has ended; then nobody types the code either.
        let _ = desk.send(SignIn::Asked(DeviceCode { code, address, expires, why: why.to_owned() }));
        let until = tokio::time::Instant::now() + Duration::from_secs(lifetime);
        if let Some(answer) = wait(party, &device_code, number("/interval", 5), until).await? {
            return Ok(answer);
        }
    }
    Err(sign_in("the code was not typed in time"))
}

/// Asks whether the code was typed; nothing once it has run out.
async fn wait(
    party: &Party<'_>,
    device_code: &str,
    interval: u64,
    until: tokio::time::Instant,
) -> Result<Option<Value>, AzureError> {
    let mut pause = Duration::from_secs(interval.clamp(1, 60));
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", party.client_id),
        ("device_code", device_code),
    ];
    while tokio::time::Instant::now() + pause < until {
        tokio::time::sleep(pause).await;
        let answer = match party.post(&form).await {
            Ok(answer) => answer,
            // The line may come back before the code runs out.
            Err(AzureError::Unreachable { .. } | AzureError::AnswerLost { .. }) => continue,
            Err(error) => return Err(error),
        };
        if answer.is_success() {
            return Ok(Some(answer.body));
        }
        match json::text(&answer.body, "/error").as_deref() {
            Some("authorization_pending") => {}
            Some("slow_down") => pause += Duration::from_secs(5),
            Some("expired_token" | "code_expired") => return Ok(None),
            Some("authorization_declined" | "access_denied") => return Err(sign_in("the sign-in was declined")),
            _ => return Err(failed(&answer)),
        }
    }
    Ok(None)
}

/// The end is told whatever happens, also when nobody waits for the token any more.
struct Shown<'d> {
    desk: &'d Desk,
    is_over: bool,
}

impl Shown<'_> {
    fn end(&mut self, outcome: Result<String, AzureError>) {
        self.is_over = true;
        let _ = self.desk.send(SignIn::Ended(outcome));
    }
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.end(Err(sign_in("nothing waits for it any more")));
        }
    }
}

/// Who talks to whom: the person's directory and the application that they sign in to.
struct Party<'m> {
    http: &'m reqwest::Client,
    authority: &'m Url,
    tenant: &'m str,
    client_id: &'m str,
}

impl<'m> Party<'m> {
    fn new(means: &'m Means, tenant: Option<&'m str>, client_id: Option<&'m str>) -> Result<Self, AzureError> {
        let tenant = tenant.unwrap_or(ANY_TENANT);
        if tenant.is_empty() || !tenant.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.') {
            return Err(AzureError::Setup(format!("'{}' is neither the id nor a domain of a tenant", printable(tenant))));
        }
        Ok(Self { http: &means.http, authority: &means.authority, tenant, client_id: client_id.unwrap_or(TOOLS) })
    }

    async fn begin(&self, form: &[(&str, &str)]) -> Result<Value, AzureError> {
        let answer = self.send("devicecode", form).await?;
        if answer.is_success() { Ok(answer.body) } else { Err(failed(&answer)) }
    }

    async fn post(&self, form: &[(&str, &str)]) -> Result<Answer, AzureError> {
        self.send("token", form).await
    }

    async fn send(&self, endpoint: &str, form: &[(&str, &str)]) -> Result<Answer, AzureError> {
        let path = format!("/{}/oauth2/v2.0/{endpoint}", self.tenant);
        let url = self.authority.join(&path).map_err(|why| AzureError::Setup(why.to_string()))?;
        let body = Serializer::new(String::new()).extend_pairs(form).finish();
        send::form(self.http, url, Zeroizing::new(body.into_bytes())).await
    }

    /// The token of an answer and who it is for; what the next one is got with is kept.
    fn take(&self, answer: &Value, saved: Option<&Saved>) -> Result<(Access, String), AzureError> {
        let access = json::text(answer, "/access_token").map(Zeroizing::new);
        let access = access.ok_or_else(|| sign_in("the sign-in service gave no token"))?;
        let claims = json::text(answer, "/id_token").as_deref().and_then(claims).unwrap_or_default();
        let claim = |name: &str| claims.get(name).and_then(Value::as_str).map(|text| printable(text).into_owned());
        let who = claim("preferred_username").or_else(|| claim("name")).unwrap_or_else(|| "somebody".to_owned());
        if let (Some(saved), Some(refresh_token)) = (saved, json::text(answer, "/refresh_token")) {
            let who = SignedIn {
                user: who.clone(),
                authority: self.authority.as_str().to_owned(),
                tenant: self.tenant.to_owned(),
                client_id: self.client_id.to_owned(),
                at: Timestamp::now(),
            };
            let kept = Kept { who, refresh_token: refresh_token.into() };
            // Not being able to keep it only means being asked again.
            if let Err(error) = saved.keep(kept) {
                tracing::warn!(%error, "the sign-in is not kept");
            }
        }
        let lifetime = Duration::from_secs(answer.get("expires_in").and_then(Value::as_u64).unwrap_or(0));
        Ok((Access { token: Token::from(access.as_str()), lifetime }, who))
    }
}

/// What is asked for: the audience, a token to get the next one with, and who it is.
fn scope(audience: &str) -> String {
    format!("{audience}/.default openid profile offline_access")
}

/// What a token says of its owner. It came straight from the sign-in service over TLS and decides nothing here.
pub(super) fn claims(token: &str) -> Option<Value> {
    serde_json::from_slice(&BASE64URL.decode(token.split('.').nth(1)?).ok()?).ok()
}

fn failed(answer: &Answer) -> AzureError {
    match json::text(&answer.body, "/error_description") {
        Some(text) => sign_in(&text),
        None => AzureError::refused(answer.refusal()),
    }
}
