//! Sign-in by device code (RFC 8628): the code is typed on another machine.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::time::Instant;

use super::super::error::AzureError;
use super::super::json;
use super::desk::{Desk, SignIn};
use super::party::{SignInParty, TokenRequest, failed};
use super::sdk::sign_in;
use certdeck_model::{DeviceCode, printable};

/// How many codes are shown in succession, each valid for a quarter of an hour, before it gives up.
const CODES: usize = 4;

/// Shows codes until one was typed; returns the answer with the tokens.
pub(super) async fn converse(
    party: &SignInParty<'_>,
    desk: &Desk,
    wanted: TokenRequest<'_>,
    why: &str,
) -> Result<Value, AzureError> {
    for _ in 0..CODES {
        let form = [("client_id", party.client_id), ("scope", &wanted.scope()), ("claims", &wanted.claims())];
        let answer = party.post("devicecode", &form).await?;
        if !answer.is_success() {
            return Err(failed(&answer));
        }
        let begun = answer.body;
        let text = |pointer: &str| json::text(&begun, pointer).map(|text| printable(&text).into_owned());
        let number =
            |pointer: &str, usual: u64| begun.pointer(pointer).and_then(Value::as_u64).unwrap_or(usual);
        let (Some(device_code), Some(code), Some(address)) =
            (json::text(&begun, "/device_code"), text("/user_code"), text("/verification_uri"))
        else {
            return Err(sign_in("the sign-in service gave no code"));
        };
        let lifetime = number("/expires_in", 900).min(3600);
        let expires = Timestamp::now() + SignedDuration::from_secs(i64::try_from(lifetime).unwrap_or(900));
        desk.tell(SignIn::Asked(DeviceCode { code, address, expires, why: why.to_owned() }));
        let until = Instant::now() + Duration::from_secs(lifetime);
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("client_id", party.client_id),
            ("device_code", &device_code),
            ("claims", &wanted.claims()),
        ];
        if let Some(answer) = wait(party, &form, number("/interval", 5), until).await? {
            return Ok(answer);
        }
    }
    Err(sign_in("the code was not typed in time"))
}

/// Polls until the code was typed; `None` once it has expired.
async fn wait(
    party: &SignInParty<'_>,
    form: &[(&str, &str)],
    interval: u64,
    until: Instant,
) -> Result<Option<Value>, AzureError> {
    let mut pause = Duration::from_secs(interval.clamp(1, 60));
    while Instant::now() + pause < until {
        tokio::time::sleep(pause).await;
        let answer = match party.post("token", form).await {
            Ok(answer) => answer,
            // The connection may recover before the code expires.
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
            Some("authorization_declined" | "access_denied") => {
                return Err(sign_in("the sign-in was declined"));
            }
            _ => return Err(failed(&answer)),
        }
    }
    Ok(None)
}
