//! A request as a value: what would be sent, before anything is sent (DESIGN.md, idea 2).
//! One value can be sent, shown as a plan, written as a script, put in the journal or compared in a test.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::model::ResourceId;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Put,
    Patch,
    Post,
    Delete,
}

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// Which service a path belongs to; the cloud knows the host and the audience of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plane {
    Arm,
    /// The data plane of one vault, by its `vaultUri`.
    Vault(String),
    Graph,
}

/// Whether the same request may be sent again when its answer was lost (API.md 17).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Reads, and writes that say the whole state: repeating them changes nothing more.
    Safe,
    /// Asks for something to happen: look before sending it again. Renewing twice is charged twice.
    LookFirst,
}

/// A JSON body whose secret parts are kept apart until the moment of sending.
#[derive(Debug, Clone, Default)]
pub struct Body {
    json: Value,
    secrets: Vec<(&'static str, SecretString)>,
}

impl Body {
    pub fn new(json: Value) -> Self {
        Self { json, secrets: Vec::new() }
    }

    /// Adds a secret at a JSON pointer, such as `/properties/password`; the place must exist in the body.
    #[must_use]
    pub fn secret(mut self, pointer: &'static str, value: SecretString) -> Self {
        self.secrets.push((pointer, value));
        self
    }

    /// The body for plans, scripts and the journal: secrets struck out.
    pub fn shown(&self) -> Value {
        self.filled(|_| Value::from("•••"))
    }

    /// The bytes to send; wiped when dropped.
    pub fn wire(&self) -> Zeroizing<Vec<u8>> {
        let whole = self.filled(|secret| Value::from(secret.expose_secret()));
        Zeroizing::new(whole.to_string().into_bytes())
    }

    fn filled(&self, with: impl Fn(&SecretString) -> Value) -> Value {
        let mut json = self.json.clone();
        for (pointer, secret) in &self.secrets {
            if let Some(place) = json.pointer_mut(pointer) {
                *place = with(secret);
            }
        }
        json
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        let places = |body: &Self| body.secrets.iter().map(|(pointer, _)| *pointer).collect::<Vec<_>>();
        self.json == other.json && places(self) == places(other)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What it is for, as an imperative sentence without a full stop: `Buy the certificate order contoso-www`.
    pub what: String,
    pub method: Method,
    pub plane: Plane,
    /// Starts with `/`; not percent-encoded.
    pub path: String,
    pub api_version: &'static str,
    pub query: Vec<(&'static str, String)>,
    pub body: Option<Body>,
    pub repeat: Repeat,
}

impl Request {
    /// A read in ARM.
    pub fn get(what: impl Into<String>, path: impl Into<String>, api_version: &'static str) -> Self {
        Self::new(what, Method::Get, path.into(), api_version)
    }

    /// A write of a whole resource in ARM.
    pub fn put(what: impl Into<String>, id: &ResourceId, api_version: &'static str, body: Value) -> Self {
        Self::new(what, Method::Put, id.as_str().to_owned(), api_version).with_body(Body::new(body))
    }

    pub fn patch(what: impl Into<String>, id: &ResourceId, api_version: &'static str, body: Value) -> Self {
        Self::new(what, Method::Patch, id.as_str().to_owned(), api_version).with_body(Body::new(body))
    }

    pub fn delete(what: impl Into<String>, id: &ResourceId, api_version: &'static str) -> Self {
        Self::new(what, Method::Delete, id.as_str().to_owned(), api_version)
    }

    /// An action in ARM, such as `…/verifyDomainOwnership`: never repeated blindly.
    pub fn post(what: impl Into<String>, path: impl Into<String>, api_version: &'static str) -> Self {
        let mut request = Self::new(what, Method::Post, path.into(), api_version);
        request.repeat = Repeat::LookFirst;
        request
    }

    fn new(what: impl Into<String>, method: Method, path: String, api_version: &'static str) -> Self {
        Self {
            what: what.into(),
            method,
            plane: Plane::Arm,
            path,
            api_version,
            query: Vec::new(),
            body: None,
            repeat: Repeat::Safe,
        }
    }

    #[must_use]
    pub fn with_body(mut self, body: Body) -> Self {
        self.body = Some(body);
        self
    }

    #[must_use]
    pub fn with_query(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.query.push((key, value.into()));
        self
    }

    #[must_use]
    pub fn on(mut self, plane: Plane) -> Self {
        self.plane = plane;
        self
    }

    #[must_use]
    pub fn repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }

    pub fn is_read(&self) -> bool {
        self.method == Method::Get
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_secret_is_sent_but_never_shown() {
        let body = Body::new(json!({"properties": {"password": null}})).secret("/properties/password", "hunter2".into());
        assert!(!body.shown().to_string().contains("hunter2"));
        assert!(!format!("{body:?}").contains("hunter2"));
        assert!(String::from_utf8_lossy(&body.wire()).contains("hunter2"));
    }
}
