//! Sign-in by device code: a program shows a code, a person enters it elsewhere, and the program polls until
//! then.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{SignInSubject, claims::Carries, grants, grants::FormFields, random, refusal};
use crate::{
    context::CloudContext,
    pace::Pace,
    reply::{Fault, Reply, ReplyBody, ReplyResult},
    store::Collection,
};

/// The life of a device code in seconds, as in Entra.
const LIFETIME: i64 = 900;
/// In a demonstration the code is never entered: it counts as entered after this many seconds.
const TYPED_AFTER: i64 = 8;

/// Codes that wait to be entered, by device code. They expire by the real clock.
const CODES: Collection<WaitingCode> = Collection::private("device-codes");

#[derive(Debug, Clone, Serialize, Deserialize)]
struct WaitingCode {
    user_code: String,
    scope: String,
    begun: i64,
    decided: Option<bool>,
    #[serde(default)]
    carries: Carries,
}

/// POST `/{tenant}/oauth2/v2.0/devicecode`
pub(crate) fn begin(ctx: &CloudContext<'_>, tenant: &str, form: &FormFields) -> ReplyResult {
    let scope = grants::field(form, "scope").to_owned();
    if grants::field(form, "client_id").is_empty() || scope.is_empty() {
        let text = "The request body must contain the following parameter: 'client_id' and 'scope'.";
        return Err(refusal(400, "invalid_request", 900_144, text));
    }
    let (device_code, user_code) =
        (random(32), random(16).to_uppercase().replace(['-', '_'], "X")[..9].to_owned());
    let (begun, carries) = (Timestamp::now().as_second(), Carries::asked(tenant, form)?);
    let waiting = WaitingCode { user_code: user_code.clone(), scope, begun, decided: None, carries };
    ctx.tx.put(&CODES, &device_code, &waiting)?;
    let address = format!("{}/devicelogin", ctx.setting.authority.origin);
    let message = format!(
        "To sign in, use a web browser to open the page {address} and enter the code {user_code} to authenticate."
    );
    Ok(Reply::ok(json!({
        "user_code": user_code,
        "device_code": device_code,
        "verification_uri": address,
        "expires_in": LIFETIME,
        "interval": if ctx.setting.pace == Pace::Real { 5 } else { 1 },
        "message": message,
    })))
}

/// The token endpoint for a device code.
pub(super) fn redeem(ctx: &CloudContext<'_>, tenant: &str, form: &FormFields) -> ReplyResult {
    let code = grants::field(form, "device_code");
    let Some(waiting) = ctx.tx.get(&CODES, code)? else {
        return Err(refusal(
            400,
            "bad_verification_code",
            70_020,
            "The provided device code is not known for app",
        ));
    };
    let age = Timestamp::now().as_second() - waiting.begun;
    let typed = ctx.setting.pace == Pace::Demo && age >= TYPED_AFTER;
    match waiting.decided {
        _ if age >= LIFETIME => {
            Err(refusal(400, "expired_token", 70_020, "The provided device code has expired for app"))
        }
        Some(false) => {
            Err(refusal(400, "authorization_declined", 70_018, "The person declined to sign in to app"))
        }
        None if !typed => Err(refusal(
            400,
            "authorization_pending",
            70_016,
            "OAuth 2.0 device flow error. Authorization is pending for app",
        )),
        // A policy is evaluated once it is known who signs in.
        Some(true) | None if ctx.setting.authority.switches.blocks_device_codes() => {
            let text = "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance \
                        to app";
            Err(refusal(400, "invalid_grant", 53_003, text))
        }
        Some(true) | None => {
            ctx.tx.remove(&CODES, code)?;
            let scope = [("scope".to_owned(), waiting.scope)];
            // A second factor is required if either request asks for it.
            let carries = waiting.carries.and(Carries::asked(tenant, form)?);
            grants::answer(&ctx.setting.authority, SignInSubject::Person, &scope, carries)
        }
    }
}

/// Decides on the waiting codes, or on the one that is named; returns how many there were.
pub(super) fn decide(ctx: &CloudContext<'_>, user_code: Option<&str>, yes: bool) -> Result<usize, Fault> {
    let mut decided = 0;
    for (key, mut waiting) in ctx.tx.scan(&CODES, "")? {
        if waiting.decided.is_none()
            && user_code.is_none_or(|code| code.eq_ignore_ascii_case(&waiting.user_code))
        {
            waiting.decided = Some(yes);
            ctx.tx.put(&CODES, &key, &waiting)?;
            decided += 1;
        }
    }
    Ok(decided)
}

/// Expires every waiting code.
pub(super) fn run_out(ctx: &CloudContext<'_>) -> Result<usize, Fault> {
    let all = ctx.tx.scan(&CODES, "")?;
    for (key, mut waiting) in all.iter().cloned() {
        waiting.begun -= LIFETIME;
        ctx.tx.put(&CODES, &key, &waiting)?;
    }
    Ok(all.len())
}

/// GET `/devicelogin?code=…`: the page on which the person enters the code, as far as practice needs it.
pub(crate) fn approve_by_hand(ctx: &CloudContext<'_>, code: Option<&str>) -> ReplyResult {
    let words = match code {
        Some(code) if decide(ctx, Some(code), true)? > 0 => {
            "You are signed in. Go back to the program that showed you the code."
        }
        Some(_) => "No sign-in waits for this code; it may have run out.",
        None => "Add the code to this address: ?code=ABCDEFGHI",
    };
    Ok(Reply::new(200, ReplyBody::Text("text/plain; charset=utf-8", format!("{words}\n"))))
}
