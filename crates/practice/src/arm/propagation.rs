//! Role assignments are listed at once but take effect later. The pace decides how much later, or a rehearsal
//! sets it.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    call::{Call, HttpMethod},
    context::{CloudContext, text},
    control,
    reply::{Reply, ReplyResult},
    route::Route,
};

/// How long Azure usually takes; its documentation says up to ten minutes.
const TAKES: SignedDuration = SignedDuration::from_mins(2);
const BY_THE_PACE: i64 = -1;

/// The delay that a rehearsal set, in seconds. It is not stored: a restart forgets it.
#[derive(Debug)]
pub(crate) struct Propagation(AtomicI64);

impl Default for Propagation {
    fn default() -> Self {
        Self(AtomicI64::new(BY_THE_PACE))
    }
}

pub(crate) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "_emulator/grants", show),
    Route::new(HttpMethod::Post, "_emulator/grants", set),
];

/// Whether a role assignment has taken effect.
pub(crate) fn has_arrived(ctx: &CloudContext<'_>, assignment: &Value) -> bool {
    let made = text(assignment, "/properties/createdOn").parse::<Timestamp>();
    made.is_ok_and(|made| ctx.now.duration_since(made) >= takes(ctx))
}

/// The time at which a new estate's roles were assigned: before anything else in its past.
pub(crate) fn long_ago(ctx: &CloudContext<'_>) -> Timestamp {
    ctx.now.checked_sub(SignedDuration::from_hours(24 * 365 * 5)).unwrap_or(Timestamp::MIN)
}

fn takes(ctx: &CloudContext<'_>) -> SignedDuration {
    match ctx.setting.propagation.0.load(Ordering::Relaxed) {
        BY_THE_PACE => ctx.setting.pace.of(TAKES),
        seconds => SignedDuration::from_secs(seconds),
    }
}

fn show(ctx: &CloudContext<'_>, _: &Call) -> ReplyResult {
    Ok(Reply::ok(json!({"take": takes(ctx).to_string()})))
}

/// `{"take": "10m"}`: role assignments take effect this long after they were made, by the practice clock.
/// `null`: the pace decides.
fn set(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let seconds = match call.text("/take") {
        Some(span) => control::duration(span)?.as_secs().max(0),
        None => BY_THE_PACE,
    };
    ctx.setting.propagation.0.store(seconds, Ordering::Relaxed);
    show(ctx, call)
}
