//! `providers/NAMESPACE/operations`: what can be allowed or forbidden, by resource type and verb.

use serde_json::{Value, json};

use super::namespaces::{self, Namespace};
use crate::{
    call::{Call, HttpMethod},
    context::CloudContext,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

pub(super) const ROUTES: &[Route] = &[Route::new(HttpMethod::Get, "providers/{namespace}/operations", list)];

fn list(_: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let wanted = call.param("namespace");
    let Namespace { name: namespace, kinds, .. } = namespaces::named(wanted).ok_or_else(|| {
        Fault::arm(404, "InvalidResourceNamespace", format!("The resource namespace '{wanted}' is invalid."))
    })?;
    let show = |kind: &str, verb: &str| {
        json!({
            "name": format!("{namespace}/{kind}/{verb}"),
            "isDataAction": false,
            "display": {"provider": namespace, "resource": kind, "operation": verb, "description": format!("{verb} {kind}")},
        })
    };
    let value: Vec<Value> =
        kinds.iter().flat_map(|kind| ["read", "write", "delete"].map(|verb| show(kind, verb))).collect();
    Ok(Reply::ok(json!({"value": value, "nextLink": null})))
}
