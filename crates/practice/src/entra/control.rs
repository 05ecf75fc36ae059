//! `/_emulator/entra/…`: how a test or a rehearsal controls the sign-in service. No token, loopback only.

use serde_json::json;

use super::{assertion, device_code};
use crate::{
    call::{Call, HttpMethod},
    context::CloudContext,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

pub(crate) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Post, "_emulator/entra/device-code", decide),
    Route::new(HttpMethod::Post, "_emulator/entra/expire", expire),
    Route::new(HttpMethod::Post, "_emulator/entra/lifetime", lifetime),
    Route::new(HttpMethod::Post, "_emulator/entra/revoke", revoke),
    Route::new(HttpMethod::Post, "_emulator/entra/mfa", mfa),
    Route::new(HttpMethod::Post, "_emulator/entra/certificates", register),
    Route::new(HttpMethod::Post, "_emulator/entra/federated-token", federated_token),
];

/// `{"approve": true}` enters the waiting codes, `false` declines them, `{"expire": true}` expires them;
/// `"userCode"` selects one. `{"blocked": true}`: a policy forbids sign-in by device code.
fn decide(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    if let Some(blocked) = call.body["blocked"].as_bool() {
        ctx.setting.authority.switches.block_device_codes(blocked);
        return Ok(Reply::ok(json!({"blocked": blocked})));
    }
    if call.body["expire"] == true {
        return Ok(Reply::ok(json!({"expired": device_code::run_out(ctx)?})));
    }
    let yes = call.body["approve"]
        .as_bool()
        .ok_or_else(|| Fault::invalid("Give \"approve\", \"expire\" or \"blocked\"."))?;
    Ok(Reply::ok(json!({"decided": device_code::decide(ctx, call.text("/userCode"), yes)?})))
}

/// Expires every token issued so far; with `{"sessions": true}` every sign-in as well.
fn expire(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let switches = &ctx.setting.authority.switches;
    switches.recall_tokens();
    if call.body["sessions"] == true {
        switches.end_sessions();
    }
    Ok(Reply::ok(json!({"expired": true})))
}

/// `{"seconds": 60}`: the life of the tokens that are issued from now on.
fn lifetime(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let seconds = call.body["seconds"].as_i64().ok_or_else(|| Fault::invalid("Give \"seconds\"."))?;
    ctx.setting.authority.switches.set_lifetime(seconds);
    Ok(Reply::ok(json!({"seconds": seconds})))
}

/// Revokes every sign-in so far: services refuse its tokens with a claims challenge.
fn revoke(ctx: &CloudContext<'_>, _: &Call) -> ReplyResult {
    ctx.setting.authority.switches.revoke();
    Ok(Reply::ok(json!({"revoked": true})))
}

/// `{"postponed": true}`: the tenant has postponed multi-factor authentication for changes.
fn mfa(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let postponed = call.body["postponed"].as_bool().ok_or_else(|| Fault::invalid("Give \"postponed\"."))?;
    ctx.setting.authority.switches.postpone_mfa(postponed);
    Ok(Reply::ok(json!({"postponed": postponed})))
}

/// `{"pem": "-----BEGIN CERTIFICATE-----…"}`: the application may sign in with this certificate.
fn register(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    Ok(Reply::ok(json!({"thumbprint": assertion::register(ctx, call.need("/pem")?)?})))
}

fn federated_token(ctx: &CloudContext<'_>, _: &Call) -> ReplyResult {
    Ok(Reply::ok(json!({"token": assertion::federated_token(&ctx.setting.authority)})))
}
