//! One request as a provider sees it: path, query and body, already checked for token and api-version.

use serde_json::Value;

use super::{entra::tenants, id::ArmId, reply::Fault};

/// The caller: the claims of a bearer token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Caller {
    pub object_id: String,
    pub app_id: String,
    pub tenant_id: String,
    /// A person, not an application or a machine.
    pub is_person: bool,
    /// The person signed in with a second factor.
    pub has_mfa: bool,
}

impl Caller {
    /// Whether the token is of the tenant where the person is a guest.
    pub(crate) fn is_guest(&self) -> bool {
        tenants::is_guests(&self.tenant_id)
    }
}

/// The methods that ARM and Key Vault use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HttpMethod {
    Get,
    Head,
    Put,
    Patch,
    Post,
    Delete,
}

impl HttpMethod {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "PUT" => Self::Put,
            "PATCH" => Self::Patch,
            "POST" => Self::Post,
            "DELETE" => Self::Delete,
            _ => return None,
        })
    }

    /// The word ARM uses for it in the names of actions.
    pub(crate) fn verb(self) -> &'static str {
        match self {
            Self::Get | Self::Head => "read",
            Self::Put | Self::Patch => "write",
            Self::Post => "action",
            Self::Delete => "delete",
        }
    }
}

/// A request. `params` holds what the route's `{…}` segments matched.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub method: HttpMethod,
    /// Percent-decoded, empty segments dropped: `//` and a trailing `/` make no difference.
    pub segments: Vec<String>,
    pub query: Vec<(String, String)>,
    /// `Value::Null` when there is none.
    pub body: Value,
    pub caller: Caller,
    /// `If-Match`, if sent.
    pub if_match: Option<String>,
    /// Scheme and authority the client used, for absolute links: `https://127.0.0.1:8443`.
    pub origin: String,
    pub params: Vec<(&'static str, String)>,
}

impl Call {
    /// What the path names: the resource, or for a collection or an action the resource (or scope) that it
    /// belongs to.
    pub(crate) fn target(&self) -> ArmId {
        self.path_id().whole()
    }

    /// The whole path as an id.
    pub(crate) fn path_id(&self) -> ArmId {
        ArmId::from_segments(&self.segments)
    }

    /// What the route's `{name}` segment matched, in the casing of the request.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value)
    }

    /// A query parameter; its name in any casing.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The text at a JSON pointer of the body: `call.text("/properties/keyVaultId")`.
    pub(crate) fn text(&self, pointer: &str) -> Option<&str> {
        self.body.pointer(pointer)?.as_str()
    }

    /// The same, or the fault that names the missing member.
    pub(crate) fn need(&self, pointer: &str) -> Result<&str, Fault> {
        self.text(pointer).ok_or_else(|| {
            let field = pointer.trim_start_matches('/').replace('/', ".");
            Fault::invalid(format!("Parameter {field} is null or empty."))
        })
    }

    /// An absolute link to a path on this server.
    pub(crate) fn link(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.origin)
    }

    pub(crate) fn api_version(&self) -> &str {
        self.query("api-version").unwrap_or_default()
    }
}
