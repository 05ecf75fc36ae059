//! What a request counts towards: its destination, its kind, and its urgency.

use super::super::cloud::host_of;
use super::super::request::Method;
use super::super::send::WireCall;

/// How urgently an answer is needed; requests go in this order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallUrgency {
    /// A single request of a person at the screen, or of a script.
    #[default]
    Person,
    /// One of the many requests of a complete reading, whose result a person waits for.
    Look,
    /// One of the many requests that no person waits for.
    Background,
}

/// A place that fails and recovers as a whole: a subscription, or a host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FailureDomain {
    pub host: String,
    /// Empty if the request belongs to no subscription.
    pub subscription: String,
}

/// The kinds of requests that Azure counts separately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum QuotaKind {
    Read,
    Write,
    Delete,
    /// Resource Graph.
    Query,
}

#[derive(Debug, Clone)]
pub(super) struct Errand {
    pub place: FailureDomain,
    pub kind: QuotaKind,
    pub urgency: CallUrgency,
}

impl Errand {
    pub(super) fn of(call: &WireCall) -> Self {
        let path = call.url.path().to_ascii_lowercase();
        let kind = match call.method {
            _ if path.contains("/providers/microsoft.resourcegraph/") => QuotaKind::Query,
            Method::Get => QuotaKind::Read,
            Method::Delete => QuotaKind::Delete,
            Method::Put | Method::Patch | Method::Post => QuotaKind::Write,
        };
        let subscription =
            path.strip_prefix("/subscriptions/").and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let place = FailureDomain { host: host_of(&call.url), subscription: subscription.to_owned() };
        Self { place, kind, urgency: call.urgency }
    }

    /// Whether a person waits for this single answer.
    pub(super) fn is_awaited(&self) -> bool {
        self.urgency == CallUrgency::Person
    }

    /// Describes the place for a person.
    pub(super) fn about(&self) -> String {
        match self.place.subscription.as_str() {
            "" => self.place.host.clone(),
            id => format!("the subscription {id}"),
        }
    }
}
