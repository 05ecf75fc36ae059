//! Records every exchange with the practice cloud, bodies included. Only for tests: bodies may contain
//! secrets.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    reply::{Reply, ReplyBody},
    service::IncomingRequest,
};

/// Cloned into `Options`; the test keeps the other end.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<Exchange>>>);

/// A request and its response, in the order of the responses.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The HTTP method in capital letters.
    pub method: String,
    /// Host and port.
    pub host: String,
    /// Still percent-encoded.
    pub path: String,
    /// Without `?`; still percent-encoded.
    pub query: String,
    /// The body of the request; empty if it has none.
    pub body: Vec<u8>,
    /// The HTTP status of the response.
    pub status: u16,
    /// Lower-case names.
    pub headers: Vec<(&'static str, String)>,
    /// JSON as text; empty if the response has no body.
    pub answer: Vec<u8>,
}

impl Recorder {
    /// All exchanges so far.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn add(&self, incoming: IncomingRequest, reply: &Reply) {
        let answer = match &reply.body {
            ReplyBody::Empty => Vec::new(),
            ReplyBody::Json(value) => serde_json::to_vec(value).unwrap_or_default(),
            ReplyBody::Text(_, text) => text.clone().into_bytes(),
            ReplyBody::Bytes(_, bytes) => bytes.clone(),
        };
        let IncomingRequest { method, host, path, query, body, .. } = incoming;
        let exchange = Exchange {
            method,
            host,
            path,
            query,
            body,
            status: reply.status,
            headers: reply.headers.clone(),
            answer,
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    }
}
