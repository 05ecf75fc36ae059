//! A request as a value: what will be sent, before anything is sent. One value can be sent, shown as a plan,
//! written as a script, stored in the journal or compared in a test.

use std::borrow::Cow;
use std::io::Write;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::answer::AsItIs;
use certdeck_model::ResourceId;

/// The HTTP method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "UPPERCASE")]
pub enum Method {
    /// Reads a resource or a list.
    Get,
    /// Writes a whole resource; members that the body leaves out are erased.
    Put,
    /// Changes the members that the body contains.
    Patch,
    /// Requests an action, or asks a question that needs a body.
    Post,
    /// Deletes a resource; the request has no body.
    Delete,
}

impl Method {
    /// The method in capital letters, as HTTP writes it.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The service that a path belongs to; the cloud knows the host and the audience of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plane {
    /// Azure Resource Manager: subscriptions and the resources in them.
    Arm,
    /// The data plane of one vault, by its `vaultUri`.
    Vault(String),
    /// Microsoft Graph: the objects of the directory.
    Graph,
}

/// Whether the same request may be sent again when its answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Reads, and writes of a complete state: repeating them changes nothing more.
    Safe,
    /// Requests an action: read before repeating it. Renewing twice is charged twice.
    LookFirst,
}

/// A JSON body whose secrets are stored separately until it is sent.
#[derive(Debug, Clone, Default)]
pub struct Body {
    json: Value,
    secrets: Vec<(Cow<'static, str>, SecretString)>,
}

impl Body {
    /// A body without secrets.
    pub fn new(json: Value) -> Self {
        Self { json, secrets: Vec::new() }
    }

    /// Adds a secret at a JSON pointer, such as `/properties/password`; its place must exist in the body.
    #[must_use]
    pub fn secret(mut self, pointer: impl Into<Cow<'static, str>>, value: SecretString) -> Self {
        self.secrets.push((pointer.into(), value));
        self
    }

    /// The body for plans, scripts and the journal: secrets are masked.
    pub fn shown(&self) -> Value {
        self.filled(|_| "•••".to_owned())
    }

    /// The bytes to send; wiped when dropped. Secrets are written straight into them, so that no copy stays
    /// in memory.
    pub fn wire(&self) -> Zeroizing<Vec<u8>> {
        // The placeholder contains a random id, so that no text in the body can equal it.
        let id = Uuid::new_v4();
        let whole = self.filled(|nth| format!("{id}{nth}")).to_string();
        let mark = format!("\"{id}");
        // An escaped character takes at most six bytes; a buffer that has to grow would leave a copy behind.
        let room: usize = self.secrets.iter().map(|(_, secret)| 6 * secret.expose_secret().len() + 2).sum();
        let mut wire = Zeroizing::new(Vec::with_capacity(whole.len() + room));
        let mut rest = whole.as_str();
        while let Some((before, marked)) = rest.split_once(&mark) {
            let (nth, after) = marked.split_once('"').unwrap_or((marked, ""));
            wire.extend_from_slice(before.as_bytes());
            if let Some((_, secret)) = nth.parse().ok().and_then(|nth: usize| self.secrets.get(nth)) {
                // Writing into memory does not fail.
                let _ = serde_json::to_writer(wire.by_ref(), secret.expose_secret());
            }
            rest = after;
        }
        wire.extend_from_slice(rest.as_bytes());
        wire
    }

    /// The readable part of the body: without the secrets, and without their names.
    fn legible(&self) -> Value {
        let mut json = self.json.clone();
        for (pointer, _) in &self.secrets {
            let Some((parent, name)) = pointer.rsplit_once('/') else { continue };
            if let Some(Value::Object(members)) = json.pointer_mut(parent) {
                members.remove(&name.replace("~1", "/").replace("~0", "~"));
            }
        }
        json
    }

    /// The JSON pointers of the secrets.
    pub fn secret_places(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().map(|(place, _)| place.as_ref())
    }

    /// The body with a text of the caller instead of the nth secret.
    pub fn filled(&self, with: impl Fn(usize) -> String) -> Value {
        let mut json = self.json.clone();
        for (nth, (pointer, _)) in self.secrets.iter().enumerate() {
            if let Some(place) = json.pointer_mut(pointer) {
                *place = Value::from(with(nth));
            }
        }
        json
    }
}

impl Eq for Body {}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        let places =
            |body: &Self| body.secrets.iter().map(|(pointer, _)| pointer.clone()).collect::<Vec<_>>();
        self.json == other.json && places(self) == places(other)
    }
}

/// One request to a service of Azure, complete but for the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its purpose, as an imperative sentence without a full stop: `Buy the certificate order contoso-www`.
    pub what: String,
    /// The HTTP method; it also decides how a long-running operation is followed.
    pub method: Method,
    /// The service that the path belongs to.
    pub plane: Plane,
    /// Starts with `/`; not percent-encoded.
    pub path: String,
    /// The `api-version` of the query; empty for a service that has its version in the path.
    pub api_version: &'static str,
    /// Further parameters of the query, not percent-encoded.
    pub query: Vec<(&'static str, String)>,
    /// The JSON body; `None` for a request without one.
    pub body: Option<Body>,
    /// Whether it may be sent again after a lost answer.
    pub repeat: Repeat,
    /// The resource as it was read, whose ETag is sent as `If-Match`. The service may ignore it, so the
    /// sender also reads again first (`still_applies`).
    pub condition: Option<Box<AsItIs>>,
    /// An optional check: it is skipped if the caller's roles do not allow it.
    pub if_allowed: bool,
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

    /// A change of some members of a resource in ARM.
    pub fn patch(what: impl Into<String>, id: &ResourceId, api_version: &'static str, body: Value) -> Self {
        Self::new(what, Method::Patch, id.as_str().to_owned(), api_version).with_body(Body::new(body))
    }

    /// The deletion of a resource in ARM.
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
            condition: None,
            if_allowed: false,
        }
    }

    /// Sets the JSON body in place of an earlier one.
    #[must_use]
    pub fn with_body(mut self, body: Body) -> Self {
        self.body = Some(body);
        self
    }

    /// Adds a parameter of the query; the value is not percent-encoded.
    #[must_use]
    pub fn with_query(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.query.push((key, value.into()));
        self
    }

    /// Sends the request to another service than ARM.
    #[must_use]
    pub fn on(mut self, plane: Plane) -> Self {
        self.plane = plane;
        self
    }

    /// Marks the request as an optional check ([`Self::if_allowed`](field@Self::if_allowed)).
    #[must_use]
    pub fn if_allowed(mut self) -> Self {
        self.if_allowed = true;
        self
    }

    /// Sets whether the request may be sent again after a lost answer.
    #[must_use]
    pub fn repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }

    /// Makes the request conditional: only while the resource is unchanged.
    #[must_use]
    pub fn while_as(mut self, read: Option<&AsItIs>) -> Self {
        self.condition = read.cloned().map(Box::new);
        self
    }

    /// Whether the resource has not changed, as far as the request affects it: a PUT replaces everything, a
    /// PATCH its members. The ETag alone is not enough, because that of an app changes with everything below
    /// the app.
    pub fn still_applies(&self, now: &Value) -> bool {
        let Some(then) = self.condition.as_ref().map(|read| &read.body) else { return true };
        let [then, now] = [then, now].map(|body| body.get("properties").unwrap_or(&Value::Null));
        match (&self.body, self.method) {
            (Some(body), Method::Patch) => {
                let members = body.json.get("properties").and_then(Value::as_object);
                members.into_iter().flatten().all(|(name, _)| then.get(name) == now.get(name))
            }
            _ => then == now,
        }
    }

    /// Whether consent to the other request covers this one. A later reading may have brought another ETag,
    /// and secrets of the cloud that are sent back unchanged: no person reads those.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let legible = |request: &Self| request.body.as_ref().map(Body::legible);
        let plain = |request: &Self| Self { body: None, condition: None, ..request.clone() };
        plain(self) == plain(other) && legible(self) == legible(other)
    }

    /// The last segment of the path: the name of the resource.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Whether the request only reads, judged by its method.
    pub(super) fn is_read(&self) -> bool {
        self.method == Method::Get
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_secret_is_sent_but_never_shown() {
        let body = Body::new(json!({"properties": {"password": null}}))
            .secret("/properties/password", "hunter2".into());
        assert!(!body.shown().to_string().contains("hunter2"));
        assert!(!format!("{body:?}").contains("hunter2"));
        assert!(String::from_utf8_lossy(&body.wire()).contains("hunter2"));
    }

    #[test]
    fn what_was_agreed_to_is_what_could_be_read() {
        let id = ResourceId::subscription("s");
        let settings = |own: &str, others: &[(&'static str, &str)]| {
            let mut json = json!({"properties": {"LOAD": own}});
            for (name, _) in others {
                json["properties"][name.replace("~1", "/")] = Value::Null;
            }
            let body = others.iter().fold(Body::new(json), |body, (name, value)| {
                body.secret(format!("/properties/{name}"), (*value).into())
            });
            Request::put("Set it", &id, "1", Value::Null).with_body(body)
        };
        let shown = settings("*", &[("DB", "hunter2")]);
        let read = AsItIs { body: Value::Null, etag: Some("2".to_owned()) };
        let later = settings("*", &[("DB", "hunter3"), ("A~1B", "new")]).while_as(Some(&read));
        assert!(later.says_the_same(&shown), "what others changed of their own is sent back as it is");
        assert!(!settings("A", &[("DB", "hunter2")]).says_the_same(&shown));
    }

    #[test]
    fn a_change_of_something_else_below_the_same_app_is_no_reason_to_stop() {
        let read = |properties: Value| AsItIs { body: json!({ "properties": properties }), etag: None };
        let id = ResourceId::subscription("s");
        let site = read(json!({"httpsOnly": false, "lastModifiedTimeUtc": "1"}));
        let patch =
            Request::patch("", &id, "1", json!({"properties": {"httpsOnly": true}})).while_as(Some(&site));
        assert!(patch.still_applies(&read(json!({"httpsOnly": false, "lastModifiedTimeUtc": "2"})).body));
        assert!(!patch.still_applies(&read(json!({"httpsOnly": true})).body));
        let binding = read(json!({"sslState": "SniEnabled", "thumbprint": "A"}));
        let put = Request::put("", &id, "1", json!({"properties": {"sslState": "Disabled"}}))
            .while_as(Some(&binding));
        assert!(put.still_applies(&binding.body), "the same");
        assert!(!put.still_applies(&read(json!({"sslState": "SniEnabled", "thumbprint": "B"})).body));
    }

    #[test]
    fn what_is_sent_is_the_same_json_whatever_characters_a_secret_has() {
        let secrets = ["\" \\ \u{1}0\u{1} \n π🔑", ""];
        let body = Body::new(json!({"a": null, "b": "\u{1}", "c/d": [null]}))
            .secret("/a", secrets[0].into())
            .secret("/c~1d/0".to_owned(), secrets[1].into());
        let sent: Value = serde_json::from_slice(&body.wire()).unwrap();
        assert_eq!(sent, json!({"a": secrets[0], "b": "\u{1}", "c/d": [secrets[1]]}));
    }
}
