//! Whether an app answers a certificate authority that asks over plain HTTP, without any cookie or
//! certificate.

use serde_json::{Value, json};

use super::sign_in;
use crate::{
    context::{CloudContext, text},
    id::ArmId,
    reply::Fault,
};

/// Whether every client on the internet gets the app's own response at `http://HOST/…`.
pub(crate) fn answers_plainly(ctx: &CloudContext<'_>, id: &ArmId) -> Result<bool, Fault> {
    let site = ctx.need(id)?;
    let properties = &site["properties"];
    let web = ctx.need(&id.child("config", "web"))?;
    let rules = web["properties"]["ipSecurityRestrictions"].as_array();
    let is_disabled = |value: &Value| text(value, "/publicNetworkAccess").eq_ignore_ascii_case("Disabled");
    let lets_all_in = |rule: &Value| {
        text(rule, "/action").eq_ignore_ascii_case("Allow")
            && text(rule, "/ipAddress").eq_ignore_ascii_case("Any")
    };
    let is_restricted = rules.into_iter().flatten().any(|rule| !lets_all_in(rule))
        || text(&web, "/properties/ipSecurityRestrictionsDefaultAction").eq_ignore_ascii_case("Deny");
    // The app redirects a plain request to HTTPS (A103).
    let is_redirected = properties["httpsOnly"] == json!(true);
    let is_stopped = text(properties, "/state").eq_ignore_ascii_case("Stopped");
    Ok(!is_redirected
        && !is_stopped
        && !is_restricted
        && !is_disabled(properties)
        && !is_disabled(&web["properties"])
        && !sign_in::is_required(ctx, id)?)
}
