//! `/_emulator/…`: how a test or a rehearsal controls the practice cloud itself. No token, loopback only.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    call::{Call, HttpMethod},
    clock::Clock,
    context::CloudContext,
    reply::{Fault, Reply, ReplyBody, ReplyResult},
    route::Route,
};

pub(crate) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "_emulator/ca.pem", ca),
    Route::new(HttpMethod::Get, "_emulator/clock", clock),
    Route::new(HttpMethod::Post, "_emulator/clock", set_clock),
];

fn ca(ctx: &CloudContext<'_>, _: &Call) -> ReplyResult {
    let pem = ctx.setting.ca.root_pem();
    Ok(Reply::new(200, ReplyBody::Text("application/x-pem-file", pem)))
}

fn clock(ctx: &CloudContext<'_>, _: &Call) -> ReplyResult {
    Ok(Reply::ok(show(ctx.now)))
}

/// `{"now": "2026-12-01T00:00:00Z"}` or `{"advance": "3d"}`. Every job due by then runs before the next
/// request is served.
fn set_clock(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let now = match (call.text("/now"), call.text("/advance")) {
        (Some(now), None) => {
            now.parse::<Timestamp>().map_err(|error| Fault::invalid(format!("now: {error}")))?
        }
        (None, Some(advance)) => ctx
            .now
            .checked_add(duration(advance)?)
            .map_err(|error| Fault::invalid(format!("advance: {error}")))?,
        _ => {
            return Err(Fault::invalid(
                "Give either \"now\", a time such as 2026-12-01T00:00:00Z, or \"advance\", a time span such as 3d or 90m.",
            ));
        }
    };
    Clock::reading(now).map_err(|error| Fault::invalid(error.to_string()))?.save(ctx.tx)?;
    Ok(Reply::ok(show(now)))
}

fn show(now: Timestamp) -> Value {
    json!({"now": now.to_string()})
}

/// `3d`, `36h`, `1d 12h`: days are 24 hours here.
pub(crate) fn duration(text: &str) -> Result<SignedDuration, Fault> {
    let span: jiff::Span =
        text.parse().map_err(|error| Fault::invalid(format!("{text} is no time span: {error}")))?;
    span.to_duration(jiff::SpanRelativeTo::days_are_24_hours())
        .map_err(|error| Fault::invalid(format!("{text} is no time span: {error}")))
}
