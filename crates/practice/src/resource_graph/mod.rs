//! Microsoft.ResourceGraph: one query over all subscriptions, in Kusto.
//!
//! The part of the language that queries about certificates need: `where`, `extend`, `project`,
//! `project-away`, `project-rename`, `order by`, `take`, `top`, `count`, `summarize`, `distinct`, `mv-expand`
//! and `join`; everything else is refused by its name, in the service's own form. The index lags behind
//! changes (`lag`).
//!
//! `token` and `grammar` read a query, `parse` resolves its names into a `query`, `run` returns pages of its
//! rows.

mod expression;
mod fault;
mod function;
mod gather;
mod grammar;
mod needs;
mod operator;
mod parse;
mod query;
mod run;
mod scalar;
mod table;
mod token;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};

use self::{
    fault::{access_denied, invalid},
    query::Query,
    run::{Position, RowPage},
    scalar::Scalar,
    table::QueryScope,
};
use super::{
    arm::subscriptions,
    call::{Call, HttpMethod},
    context::{CloudContext, View},
    entra::tenants::GUEST,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

/// The maximum number of rows in one response.
const LARGEST_PAGE: usize = 1000;
/// The maximum number of subscriptions in a request.
const SUBSCRIPTIONS: usize = 1000;

pub(crate) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Post, "providers/Microsoft.ResourceGraph/resources", resources),
    Route::new(HttpMethod::Get, "providers/Microsoft.ResourceGraph/operations", operations),
];

fn resources(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let ctx = &CloudContext { view: View::Indexed, ..*ctx };
    let text = call.text("/query").ok_or_else(|| invalid(ctx, "InvalidPayload", "The query is missing."))?;
    if call.body["facets"].as_array().is_some_and(|facets| !facets.is_empty()) {
        return Err(invalid(ctx, "NotSupported", "The practice cloud has no facets."));
    }
    let query = parse::parse(text).map_err(|refused| refused.fault(ctx))?;
    let scope = scope(ctx, call)?;
    let options = &call.body["options"];
    let size = size(ctx, options)?;
    let from = position(ctx, options, text)?;
    let page = run::page(ctx, &query, &scope, &from, size)?;
    let format = options["resultFormat"].as_str().unwrap_or("objectArray");
    Ok(Reply::ok(answer(&query, text, page, format.eq_ignore_ascii_case("table"))))
}

/// The scope of a request: subscriptions, a management group (only the root exists, named like the tenant),
/// or all.
fn scope(ctx: &CloudContext<'_>, call: &Call) -> Result<QueryScope, Fault> {
    let body = &call.body;
    if call.caller.is_guest() {
        return Ok(QueryScope::Subscriptions(vec![GUEST.subscription.0.to_owned()]));
    }
    let words = |member: &str| -> Option<Vec<&str>> {
        let all = body[member].as_array().filter(|all| !all.is_empty())?;
        Some(all.iter().filter_map(Value::as_str).collect())
    };
    if let Some(groups) = words("managementGroups") {
        let root = groups.iter().any(|group| group.eq_ignore_ascii_case(&ctx.setting.tenant_id));
        return if root { Ok(QueryScope::Tenant) } else { Err(access_denied(ctx)) };
    }
    let Some(wanted) = words("subscriptions") else {
        return Ok(QueryScope::Tenant);
    };
    if wanted.len() > SUBSCRIPTIONS {
        let message =
            format!("A request may name {SUBSCRIPTIONS} subscriptions; this one names {}.", wanted.len());
        return Err(invalid(ctx, "TooManySubscriptions", &message));
    }
    let known = subscriptions::all(ctx)?;
    let known: Vec<String> =
        known.iter().filter_map(|one| one.subscription()).map(str::to_lowercase).collect();
    let mut seen: Vec<String> =
        wanted.iter().map(|id| id.to_lowercase()).filter(|id| known.contains(id)).collect();
    seen.sort();
    seen.dedup();
    match seen.len() {
        0 => Err(access_denied(ctx)),
        all if all == known.len() => Ok(QueryScope::Tenant),
        _ => Ok(QueryScope::Subscriptions(seen)),
    }
}

fn size(ctx: &CloudContext<'_>, options: &Value) -> Result<usize, Fault> {
    let Some(top) = options.get("$top").filter(|top| !top.is_null()) else {
        return Ok(LARGEST_PAGE);
    };
    let size =
        top.as_u64().and_then(|top| usize::try_from(top).ok()).filter(|top| (1..=LARGEST_PAGE).contains(top));
    size.ok_or_else(|| invalid(ctx, "InvalidTop", &format!("$top must be between 1 and {LARGEST_PAGE}.")))
}

/// Where the page begins: at the position in `$skipToken`, otherwise after `$skip` rows.
fn position(ctx: &CloudContext<'_>, options: &Value, query: &str) -> Result<Position, Fault> {
    let wrong = || invalid(ctx, "InvalidSkipToken", "The $skipToken is not one of this query.");
    if let Some(token) = options["$skipToken"].as_str().filter(|token| !token.is_empty()) {
        let bytes = BASE64.decode(token).map_err(|_| wrong())?;
        let held: Value = serde_json::from_slice(&bytes).map_err(|_| wrong())?;
        let number = |name: &str| held[name].as_u64().and_then(|number| usize::try_from(number).ok());
        if held["query"] != json!(fingerprint(query)) {
            return Err(wrong());
        }
        let (skip, total) = (number("skip").ok_or_else(wrong)?, number("total"));
        return Ok(Position { after: held["after"].as_str().map(str::to_owned), skip, total });
    }
    match options.get("$skip").filter(|skip| !skip.is_null()) {
        None => Ok(Position::default()),
        Some(skip) => {
            let skip = skip.as_u64().and_then(|skip| usize::try_from(skip).ok());
            let skip = skip.ok_or_else(|| invalid(ctx, "InvalidSkip", "$skip must be a number of rows."))?;
            Ok(Position { skip, ..Position::default() })
        }
    }
}

/// A token is valid only for the query that it was issued for.
fn fingerprint(query: &str) -> u32 {
    query.bytes().fold(2_166_136_261, |sum: u32, byte| (sum ^ u32::from(byte)).wrapping_mul(16_777_619))
}

fn answer(query: &Query, text: &str, page: RowPage, table: bool) -> Value {
    let mut answer = json!({
        "totalRecords": page.total,
        "count": page.rows.len(),
        "data": null,
        "facets": [],
        "resultTruncated": "false",
    });
    if let Some(next) = page.next {
        // Pages need the id, by which the service sorts them; without it only the first page can be read.
        if query.columns.iter().any(|column| column == "id") {
            let held = json!({"after": next.after, "skip": next.skip, "total": next.total, "query": fingerprint(text)});
            answer["$skipToken"] = BASE64.encode(held.to_string()).into();
        } else {
            answer["resultTruncated"] = "true".into();
        }
    }
    answer["data"] = if table { as_table(query, page.rows) } else { as_objects(query, page.rows) };
    answer
}

fn as_objects(query: &Query, rows: Vec<Vec<Scalar>>) -> Value {
    let object = |row: Vec<Scalar>| -> Value {
        query.columns.iter().cloned().zip(row.into_iter().map(Scalar::into_json)).collect()
    };
    rows.into_iter().map(object).collect()
}

fn as_table(query: &Query, rows: Vec<Vec<Scalar>>) -> Value {
    let kind = |at: usize| {
        rows.iter().map(|row| &row[at]).find(|cell| **cell != Scalar::Null).map_or("string", Scalar::kind)
    };
    let columns: Vec<Value> =
        query.columns.iter().enumerate().map(|(at, name)| json!({"name": name, "type": kind(at)})).collect();
    let rows: Vec<Value> =
        rows.into_iter().map(|row| row.into_iter().map(Scalar::into_json).collect()).collect();
    json!({"columns": columns, "rows": rows})
}

fn operations(_: &CloudContext<'_>, _: &Call) -> ReplyResult {
    Ok(Reply::ok(json!({"value": [{
        "name": "Microsoft.ResourceGraph/resources/read",
        "display": {
            "provider": "Microsoft Resource Graph",
            "resource": "Resources",
            "operation": "Query resources",
            "description": "Submits a query on resources within specified subscriptions, management groups or tenant scope.",
        },
    }]})))
}

#[cfg(test)]
mod tests;
