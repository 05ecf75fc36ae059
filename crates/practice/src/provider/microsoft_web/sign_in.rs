//! `config/authsettingsV2`: whether an app requires its visitors to sign in.

use serde_json::{Value, json};

use super::bindings::both;
use crate::{
    call::{Call, HttpMethod},
    context::{CloudContext, envelope, text},
    id::ArmId,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

pub(crate) const ROUTES: &[Route] = [
    both!(Get, "config/authsettingsV2", get),
    both!(Post, "config/authsettingsV2/list", list),
    both!(Put, "config/authsettingsV2", put),
]
.as_flattened();

/// Whether a visitor without an account is refused.
pub(crate) fn is_required(ctx: &CloudContext<'_>, site: &ArmId) -> Result<bool, Fault> {
    let settings = of(ctx, site)?;
    let properties = &settings["properties"];
    let lets_in = text(properties, "/globalValidation/unauthenticatedClientAction")
        .eq_ignore_ascii_case("AllowAnonymous");
    Ok(properties["platform"]["enabled"] == json!(true)
        && properties["globalValidation"]["requireAuthentication"] != json!(false)
        && !lets_in)
}

fn of(ctx: &CloudContext<'_>, site: &ArmId) -> Result<Value, Fault> {
    let owner = ctx.need(site)?;
    let id = site.child("config", "authsettingsV2");
    let off = json!({"platform": {"enabled": false}});
    Ok(ctx
        .find(&id)?
        .unwrap_or_else(|| envelope(&id, "Microsoft.Web/sites/config", text(&owner, "/location"), off)))
}

fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    Ok(Reply::ok(of(ctx, &call.target().parent())?))
}

fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let site = ArmId::from_segments(&call.segments[..call.segments.len() - 3]);
    Ok(Reply::ok(of(ctx, &site)?))
}

fn put(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let site = call.target().parent();
    let mut settings = of(ctx, &site)?;
    settings["properties"] = call.body["properties"].clone();
    ctx.save(&site.child("config", "authsettingsV2"), &settings)?;
    Ok(Reply::ok(settings))
}
