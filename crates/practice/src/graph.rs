//! Microsoft Graph, only to look up service principals.

use serde_json::{Value, json};

use super::{
    call::{Call, HttpMethod},
    context::CloudContext,
    principals::{self, ServicePrincipal},
    reply::{Fault, Reply, ReplyResult},
    route::{self, Route, RouteMatch},
};

const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "v1.0/me", me),
    Route::new(HttpMethod::Get, "v1.0/servicePrincipals", list),
    // `servicePrincipals(appId='…')` is one segment, and so is an object id.
    Route::new(HttpMethod::Get, "v1.0/servicePrincipals/{id}", get),
    // This directory contains only service principals.
    Route::new(HttpMethod::Get, "v1.0/users", empty_list),
    Route::new(HttpMethod::Get, "v1.0/users/{id}", no_such),
    Route::new(HttpMethod::Get, "v1.0/groups", empty_list),
    Route::new(HttpMethod::Get, "v1.0/groups/{id}", no_such),
    Route::new(HttpMethod::Get, "v1.0/applications", empty_list),
    Route::new(HttpMethod::Get, "v1.0/{call}", by_app_id),
];

fn show(principal: &ServicePrincipal) -> Value {
    json!({
        "id": principal.object_id,
        "appId": principal.app_id,
        "appDisplayName": principal.display_name,
        "displayName": principal.display_name,
        "servicePrincipalType": "Application",
        "accountEnabled": true,
        "servicePrincipalNames": [principal.app_id, principal.service_name],
    })
}

fn error(status: u16, code: &str, message: String) -> Fault {
    let mut fault = Fault::arm(status, code, message);
    let id = uuid::Uuid::new_v4().to_string();
    fault.body["error"]["innerError"] = json!({
        "date": jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        "request-id": id,
        "client-request-id": id,
    });
    fault
}

fn missing(id: &str) -> Fault {
    let message = format!(
        "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
    );
    error(404, "Request_ResourceNotFound", message)
}

/// Answers one request, if the caller may read the directory.
pub(crate) fn dispatch(ctx: &CloudContext<'_>, call: &mut Call) -> ReplyResult {
    let may = principals::account(&call.caller.object_id).is_some_and(|account| account.reads_directory);
    if !may {
        return Err(error(
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.".to_owned(),
        ));
    }
    match route::find(&[ROUTES], call.method, &call.segments) {
        RouteMatch::Operation(run, params) => {
            call.params = params;
            run(ctx, call)
        }
        RouteMatch::OtherMethod => Err(error(
            405,
            "Request_BadRequest",
            "Specified HTTP method is not allowed for the request target.".to_owned(),
        )),
        RouteMatch::Nothing => {
            let segment = call.segments.get(1).map_or("", String::as_str);
            Err(error(400, "BadRequest", format!("Resource not found for the segment '{segment}'.")))
        }
    }
}

/// There is no "me" for a service principal; az relies on the error.
fn me(_: &CloudContext<'_>, _: &Call) -> ReplyResult {
    Err(error(400, "BadRequest", "/me request is only valid with delegated authentication flow.".to_owned()))
}

fn empty_list(_: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let kind = call.segments.last().map_or("", String::as_str);
    Ok(Reply::ok(json!({"@odata.context": call.link(&format!("/v1.0/$metadata#{kind}")), "value": []})))
}

fn no_such(_: &CloudContext<'_>, call: &Call) -> ReplyResult {
    Err(missing(call.param("id")))
}

/// `$filter=appId eq '…'`, `servicePrincipalNames/any(c:c eq '…')`, `displayName eq '…'`, `id eq '…'`,
/// `startswith(displayName,'…')`
fn list(_: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let filter = call.query("$filter").unwrap_or_default();
    let wanted = filter.split('\'').nth(1);
    let by_start = filter.starts_with("startswith(displayName");
    let fits = |principal: &&ServicePrincipal| {
        wanted.is_none_or(|wanted| {
            if by_start {
                return principal.display_name.to_lowercase().starts_with(&wanted.to_lowercase());
            }
            [principal.app_id, principal.object_id, principal.service_name, principal.display_name]
                .iter()
                .any(|own| own.eq_ignore_ascii_case(wanted))
        })
    };
    let value: Vec<Value> = principals::ALL.iter().filter(fits).map(show).collect();
    Ok(Reply::ok(json!({
        "@odata.context": call.link("/v1.0/$metadata#servicePrincipals"),
        "value": value,
    })))
}

fn get(_: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = call.param("id");
    principals::ALL
        .iter()
        .find(|principal| principal.object_id.eq_ignore_ascii_case(id))
        .map(|principal| Reply::ok(show(principal)))
        .ok_or_else(|| missing(id))
}

/// `servicePrincipals(appId='…')`
fn by_app_id(_: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let text = call.param("call");
    let id = text
        .strip_prefix("servicePrincipals(appId='")
        .and_then(|rest| rest.strip_suffix("')"))
        .ok_or_else(|| error(400, "BadRequest", format!("Resource not found for the segment '{text}'.")))?;
    principals::ALL
        .iter()
        .find(|principal| principal.app_id.eq_ignore_ascii_case(id))
        .map(|principal| Reply::ok(show(principal)))
        .ok_or_else(|| missing(id))
}
