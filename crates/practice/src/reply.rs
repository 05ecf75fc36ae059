//! The response to a client: a reply or a fault, each in the envelope of the service that sends it.

use serde_json::{Value, json};

use super::{error::StoreError, id::ArmId};

/// What every provider function returns. A fault undoes all changes of its request.
pub(crate) type ReplyResult = Result<Reply, Fault>;

/// The body of a response.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ReplyBody {
    Empty,
    Json(Value),
    /// Anything else, with its content type.
    Text(&'static str, String),
    Bytes(&'static str, Vec<u8>),
}

/// A successful response.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: ReplyBody,
}

impl Reply {
    pub(crate) fn new(status: u16, body: ReplyBody) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    /// 200 with a body.
    pub(crate) fn ok(body: Value) -> Self {
        Self::new(200, ReplyBody::Json(body))
    }

    /// 201 with a body.
    pub(crate) fn created(body: Value) -> Self {
        Self::new(201, ReplyBody::Json(body))
    }

    /// A status without a body: 200, 202, 204 …
    pub(crate) fn empty(status: u16) -> Self {
        Self::new(status, ReplyBody::Empty)
    }

    /// Adds a header; the name in lower case.
    #[must_use]
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A refusal, or an internal error of the practice cloud (500).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Value,
}

impl Fault {
    fn new(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    /// The envelope of ARM itself and of most providers.
    pub(crate) fn arm(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self::new(status, json!({"error": {"code": code, "message": message.into()}}))
    }

    /// The capitalised envelope of Microsoft.Web and its siblings, without an extended code.
    pub(crate) fn web(status: u16, message: impl Into<String>) -> Self {
        Self::web_entity(status, &message.into(), &json!({}))
    }

    /// The same with an extended code; `{0}`, `{1}` … in `template` are replaced by `parameters`.
    pub(crate) fn web_coded(status: u16, extended: &str, template: &str, parameters: &[&str]) -> Self {
        let message = parameters
            .iter()
            .enumerate()
            .fold(template.to_owned(), |text, (at, value)| text.replace(&format!("{{{at}}}"), value));
        let entity = json!({
            "ExtendedCode": extended,
            "MessageTemplate": template,
            "Parameters": parameters,
            "InnerErrors": null,
            "Code": status_word(status),
            "Message": message,
        });
        Self::web_entity(status, &message, &entity)
    }

    fn web_entity(status: u16, message: &str, entity: &Value) -> Self {
        let code = status_word(status);
        Self::new(
            status,
            json!({
                "Code": code,
                "Message": message,
                "Target": null,
                "Details": [{"Message": message}, {"Code": code}, {"ErrorEntity": entity}],
                "Innererror": null,
            }),
        )
    }

    /// The envelope of Key Vault's data plane; `inner` is the inner error's code, if there is one.
    pub(crate) fn vault(status: u16, code: &str, message: impl Into<String>, inner: Option<&str>) -> Self {
        let mut error = json!({"code": code, "message": message.into()});
        if let Some(inner) = inner {
            error["innererror"] = json!({"code": inner});
        }
        Self::new(status, json!({ "error": error }))
    }

    /// ARM's 404 for a resource that does not exist.
    pub(crate) fn not_found(id: &ArmId) -> Self {
        let path = id.to_string();
        let named = path.rsplit_once("/providers/").map_or("", |(_, rest)| rest);
        Self::arm(
            404,
            "ResourceNotFound",
            format!(
                "The Resource '{named}' under resource group '{}' was not found. For more details \
                 please go to https://aka.ms/ARMResourceNotFoundFix",
                id.group().unwrap_or("<null>"),
            ),
        )
    }

    /// 409 for a PUT whose location differs from the resource's.
    pub(crate) fn elsewhere(id: &ArmId, here: &str, wanted: &str) -> Self {
        let (name, group) = (id.name(), id.group().unwrap_or_default());
        Self::arm(
            409,
            "InvalidResourceLocation",
            format!(
                "The resource '{name}' already exists in location '{here}' in resource group '{group}'. A resource with \
                 the same name cannot be created in location '{wanted}'. Please select a new resource name.",
            ),
        )
    }

    /// 400 for a body that lacks a member or has one in the wrong shape.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::arm(400, "InvalidRequestContent", message)
    }

    #[must_use]
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the practice cloud's store");
        Self::arm(500, "InternalServerError", "The practice cloud's store failed.")
    }
}

impl From<Fault> for Reply {
    fn from(fault: Fault) -> Self {
        Self { status: fault.status, headers: fault.headers, body: ReplyBody::Json(fault.body) }
    }
}

/// The `Code` that Microsoft.Web gives with a status.
fn status_word(status: u16) -> &'static str {
    match status {
        400 => "BadRequest",
        403 => "Forbidden",
        404 => "NotFound",
        409 => "Conflict",
        412 => "PreconditionFailed",
        429 => "429",
        _ => "InternalServerError",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coded_web_fault_carries_template_parameters_and_the_filled_in_message() {
        let fault = Fault::web_coded(
            409,
            "04035",
            "Cannot remove certificate with thumbprint {0} because it is used for hostname {1}.",
            &["40D6", "api.example.com"],
        );
        let entity = &fault.body["Details"][2]["ErrorEntity"];
        assert_eq!(entity["ExtendedCode"], "04035");
        assert_eq!(
            fault.body["Message"],
            "Cannot remove certificate with thumbprint 40D6 because it is used for hostname api.example.com."
        );
        assert_eq!(entity["Message"], fault.body["Message"]);
    }
}
