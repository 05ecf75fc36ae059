//! What a request counts towards: where it goes, what kind it is, and who waits for it.

use super::super::cloud::host_of;
use super::super::request::Method;
use super::super::send::Call;

/// Who waits for an answer, in the order in which they go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// One question of somebody at the screen, or of a script.
    #[default]
    Person,
    /// One of the many of a look at everything, for which somebody waits as a whole.
    Look,
    /// One of the many that nobody waits for.
    Background,
}

/// What fails and recovers as one: a subscription, or a host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    pub host: String,
    /// Empty for what belongs to no subscription.
    pub subscription: String,
}

/// The kinds of requests that are counted apart (API.md 1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Read,
    Write,
    Delete,
    /// Resource Graph.
    Query,
}

#[derive(Debug, Clone)]
pub struct Errand {
    pub place: Place,
    pub kind: Kind,
    pub urgency: Urgency,
}

impl Errand {
    pub fn of(call: &Call) -> Self {
        let path = call.url.path().to_ascii_lowercase();
        let kind = match call.method {
            _ if path.contains("/providers/microsoft.resourcegraph/") => Kind::Query,
            Method::Get => Kind::Read,
            Method::Delete => Kind::Delete,
            Method::Put | Method::Patch | Method::Post => Kind::Write,
        };
        let subscription =
            path.strip_prefix("/subscriptions/").and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let place = Place { host: host_of(&call.url), subscription: subscription.to_owned() };
        Self { place, kind, urgency: call.urgency }
    }

    /// Whether somebody waits for this one answer.
    pub fn is_awaited(&self) -> bool {
        self.urgency == Urgency::Person
    }

    /// What it is about, for a person.
    pub fn about(&self) -> String {
        match self.place.subscription.as_str() {
            "" => self.place.host.clone(),
            id => format!("the subscription {id}"),
        }
    }
}
