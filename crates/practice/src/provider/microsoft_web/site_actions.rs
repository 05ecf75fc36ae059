//! Actions on a site besides changing it: stop and start, and checking whether a name is free.

use serde_json::{Value, json};

use super::{
    bindings::{self, both},
    site,
};
use crate::{
    call::{Call, HttpMethod},
    context::CloudContext,
    id::ArmId,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

pub(crate) const ROUTES: &[Route] = [
    both!(Post, "stop", stop),
    both!(Post, "start", start),
    both!(Post, "restart", start),
    [
        Route::new(HttpMethod::Post, "{sub}/providers/Microsoft.Web/checknameavailability", check_name),
        Route::new(
            HttpMethod::Post,
            "{sub}/providers/Microsoft.Web/listSitesAssignedToHostName",
            sites_of_host,
        ),
    ],
]
.as_flattened();

fn stop(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    set_state(ctx, call, "Stopped")
}

fn start(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    set_state(ctx, call, "Running")
}

fn set_state(ctx: &CloudContext<'_>, call: &Call, state: &str) -> ReplyResult {
    let id = call.target();
    let mut site = ctx.need(&id)?;
    site["properties"]["state"] = json!(state);
    ctx.save(&id, &site)?;
    Ok(Reply::empty(200))
}

/// `{"name": "shop", "type": "Site"}`, or with `isFqdn` a whole hostname.
fn check_name(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let name = call.need("/name")?;
    let host = match call.body["isFqdn"] {
        Value::Bool(true) => name.to_owned(),
        _ => site::default_host(&ArmId::parse("").under("Microsoft.Web", "sites", name)),
    };
    let taken = bindings::find_host(ctx, &host)?.is_some();
    Ok(Reply::ok(if taken {
        let message = format!("Hostname '{name}' already exists. Please select a different name.");
        json!({"nameAvailable": false, "reason": "AlreadyExists", "message": message})
    } else if is_site_name(name) {
        json!({"nameAvailable": true, "reason": "", "message": ""})
    } else {
        let message =
            format!("The name '{name}' is not valid: an app's name has 2 to 60 letters, digits and dashes.");
        json!({"nameAvailable": false, "reason": "Invalid", "message": message})
    }))
}

/// 2 to 60 letters, digits and dashes, without a dash at either end.
pub(crate) fn is_site_name(name: &str) -> bool {
    (2..=60).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// Refuses a name that a site cannot have.
pub(crate) fn require_name(id: &ArmId) -> Result<(), Fault> {
    if is_site_name(id.name()) {
        return Ok(());
    }
    Err(Fault::web(400, format!("The parameter name has an invalid value: '{}'.", id.name())))
}

/// `{"name": "www.contoso.com"}`: the apps of the subscription that have the hostname.
fn sites_of_host(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let found = bindings::find_host(ctx, call.need("/name")?)?.map(|binding| bindings::site_of(&binding));
    let of = found.filter(|site| site.is_under(&call.target()));
    let value: Vec<Value> =
        of.iter().map(|site| json!({"name": site.name(), "id": site.to_string()})).collect();
    Ok(Reply::ok(json!({"value": value, "nextLink": null, "id": null})))
}
