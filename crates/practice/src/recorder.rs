//! A test's ear at the practice cloud: every exchange as it was, bodies included. Nobody else listens: bodies
//! may hold secrets.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    door::Incoming,
    reply::{Body, Reply},
};

/// Cloned into `Options`; the test keeps the other end.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<Exchange>>>);

/// A request and its answer, in the order in which they were answered.
#[derive(Debug, Clone)]
pub struct Exchange {
    pub method: String,
    /// Host and port.
    pub host: String,
    /// Still percent-encoded.
    pub path: String,
    /// Without `?`; still percent-encoded.
    pub query: String,
    pub body: Vec<u8>,
    pub status: u16,
    /// Lower-case names.
    pub headers: Vec<(&'static str, String)>,
    /// JSON as text; empty where the answer has no body.
    pub answer: Vec<u8>,
}

impl Recorder {
    /// Everything so far.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn add(&self, incoming: Incoming, reply: &Reply) {
        let answer = match &reply.body {
            Body::Empty => Vec::new(),
            Body::Json(value) => serde_json::to_vec(value).unwrap_or_default(),
            Body::Text(_, text) => text.clone().into_bytes(),
            Body::Octets(_, octets) => octets.clone(),
        };
        let Incoming { method, host, path, query, body, .. } = incoming;
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
