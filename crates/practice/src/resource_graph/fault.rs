//! How Resource Graph refuses a query: a general message first, the cause in `details`, with line, character
//! and token.

use serde_json::{Value, json};

use super::token::QueryPosition;
use crate::{context::CloudContext, reply::Fault};

/// Why a query cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct QueryError {
    code: &'static str,
    message: String,
    pub place: Option<QueryPosition>,
    token: Option<String>,
}

impl QueryError {
    /// The query cannot be parsed at this token.
    pub(super) fn parser(place: QueryPosition, token: &str) -> Self {
        Self {
            code: "ParserFailure",
            message: "ParserFailure".to_owned(),
            place: Some(place),
            token: Some(token.to_owned()),
        }
    }

    /// Part of Kusto, but not of this cloud: refused by its name.
    pub(super) fn unknown(what: &str, place: QueryPosition, token: &str) -> Self {
        Self {
            code: "InvalidQueryLanguage",
            message: format!("The practice cloud does not have the {what} '{token}'."),
            place: Some(place),
            token: Some(token.to_owned()),
        }
    }

    /// A name that is no column of the rows.
    pub(super) fn unresolved(operator: &str, name: &str, place: QueryPosition) -> Self {
        Self {
            code: "SemanticError",
            message: format!(
                "'{operator}' operator: Failed to resolve column or scalar expression named '{name}'"
            ),
            place: Some(place),
            token: Some(name.to_owned()),
        }
    }

    /// A limit of the service is exceeded.
    pub(super) fn limit(message: String) -> Self {
        Self { code: "QueryLimitExceeded", message, place: None, token: None }
    }

    /// The response to the client.
    pub(super) fn fault(self, ctx: &CloudContext<'_>) -> Fault {
        let mut cause = json!({"code": self.code, "message": self.message});
        if let Some(place) = self.place {
            cause["line"] = json!(place.line);
            cause["characterPositionInLine"] = json!(place.character);
        }
        if let Some(token) = self.token {
            cause["token"] = json!(token);
        }
        let general = "Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the \
                       error before retrying.";
        bad_request(ctx, &[json!({"code": "InvalidQuery", "message": general}), cause])
    }
}

/// 400 in the service's envelope, with these details.
pub(super) fn bad_request(ctx: &CloudContext<'_>, details: &[Value]) -> Fault {
    refusal(ctx, 400, "BadRequest", details)
}

/// The caller may see none of the subscriptions or management groups in the request.
pub(super) fn access_denied(ctx: &CloudContext<'_>) -> Fault {
    let message = "Access is denied to the requested resource. The user might not have enough permission.";
    refusal(ctx, 403, "Forbidden", &[json!({"code": "AccessDenied", "message": message})])
}

/// Any other error in a request.
pub(super) fn invalid(ctx: &CloudContext<'_>, code: &str, message: &str) -> Fault {
    bad_request(ctx, &[json!({"code": code, "message": message})])
}

fn refusal(ctx: &CloudContext<'_>, status: u16, code: &str, details: &[Value]) -> Fault {
    let message = format!(
        "Please provide below info when asking for support: timestamp = {}, correlationId = {}.",
        ctx.now,
        uuid::Uuid::new_v4()
    );
    let mut fault = Fault::arm(status, code, message);
    fault.body["error"]["details"] = json!(details);
    fault
}
