//! Swapping slots: two of an app's deployments change places, together with the app settings and public
//! certificates that are not bound to a slot. Hostnames, bindings and TLS settings never move.

use jiff::SignedDuration;
use serde_json::json;

use super::{
    bindings::both,
    config, public_certificates,
    site::{KIND, SLOT},
};
use crate::{
    call::{Call, HttpMethod},
    context::CloudContext,
    jobs::ScheduledJob,
    operations,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

pub(crate) const ROUTES: &[Route] = &both!(Post, "slotsswap", swap);

/// `{"targetSlot": "production", "preserveVnet": true}`; the path names the other slot of the swap.
fn swap(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let source = call.target();
    let app = if source.kind() == SLOT { source.parent() } else { source.clone() };
    let wanted = call.need("/targetSlot")?;
    let target =
        if wanted.eq_ignore_ascii_case("production") { app.clone() } else { app.child("slots", wanted) };
    if target.key() == source.key() {
        return Err(Fault::web(
            400,
            "The parameter targetSlot has an invalid value: a slot is swapped with another one.",
        ));
    }
    let label = |id: &crate::id::ArmId| {
        if id.kind() == KIND { "Production".to_owned() } else { id.name().to_owned() }
    };
    let status = json!({
        "timestampUtc": ctx.now.to_string(),
        "sourceSlotName": label(&source),
        "destinationSlotName": label(&target),
    });
    for id in [&source, &target] {
        let mut site = ctx.need(id)?;
        site["properties"]["slotSwapStatus"] = status.clone();
        ctx.save(id, &site)?;
    }
    config::swap(ctx, &app, [&source, &target])?;
    public_certificates::swap(ctx, [&source, &target])?;
    let operation = operations::start(ctx, &source)?;
    ctx.soon(SignedDuration::from_mins(1), &ScheduledJob::Finish(operation.clone()))?;
    Ok(Reply::empty(202)
        .header("location", operations::location(call, &source, &operation))
        .header("retry-after", ctx.setting.pace.retry_after().to_string()))
}
