//! Following a long-running operation: which URL to poll next and when it is over, as pure decisions on
//! answers.

use std::time::Duration;

use serde_json::Value;

use super::answer::ServiceAnswer;
use super::error::Refusal;
use super::json;
use super::request::Method;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PollTarget {
    /// `Azure-AsyncOperation`: its answers contain a status.
    Operation(String),
    /// `Location`: answers 202 until the operation is over.
    Location(String),
    /// The resource itself, by its `provisioningState`.
    Resource,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    Done(Option<Value>),
    /// The operation is over; the resource itself has the result.
    ReadResource,
    Poll {
        target: PollTarget,
        after: Option<Duration>,
        /// The service's name of the state.
        state: String,
    },
    Failed(Refusal),
}

/// The states in which a resource is still being changed. Every other state is an end, known or not: the
/// stored certificate of an order stays `Initialized` until the order is issued, which may take days.
pub const RUNNING: [&str; 12] = [
    "InProgress",
    "Running",
    "Accepted",
    "Pending",
    "NotStarted",
    "Creating",
    "Updating",
    "Deleting",
    "Provisioning",
    "Resolving",
    "RegisteringDns",
    "Started",
];
/// The states of a failed operation.
pub const FAILED: [&str; 3] = ["Failed", "Canceled", "Cancelled"];

/// The decision after the change was accepted.
pub(crate) fn begin(method: Method, answer: &ServiceAnswer) -> Next {
    let after = answer.retry_after;
    if let Some(url) = &answer.operation {
        return Next::Poll {
            target: PollTarget::Operation(url.clone()),
            after,
            state: "accepted".to_owned(),
        };
    }
    if let (202, Some(url)) = (answer.status, &answer.location) {
        return Next::Poll { target: PollTarget::Location(url.clone()), after, state: "accepted".to_owned() };
    }
    if makes_resource(method) { resource(answer) } else { Next::Done(answer.clone().into_body()) }
}

/// The decision after an answer to a poll.
pub(crate) fn go_on(method: Method, target: PollTarget, answer: &ServiceAnswer) -> Next {
    match target {
        PollTarget::Resource if answer.status == 404 => wait(PollTarget::Resource, answer, "not there yet"),
        _ if !answer.is_success() => Next::Failed(answer.refusal()),
        PollTarget::Resource => resource(answer),
        PollTarget::Location(_) if answer.status == 202 => {
            // A newer Location replaces the old one; both are followed verbatim.
            let target = answer.location.clone().map_or(target, PollTarget::Location);
            wait(target, answer, "in progress")
        }
        PollTarget::Location(_) if makes_resource(method) => {
            if answer.body.is_null() {
                Next::ReadResource
            } else {
                resource(answer)
            }
        }
        PollTarget::Location(_) => Next::Done(answer.clone().into_body()),
        PollTarget::Operation(_) => operation(method, target, answer),
    }
}

/// Whether an answer concerns only the poll itself, not the operation.
pub(crate) fn says_nothing(status: u16) -> bool {
    matches!(status, 401 | 403 | 408 | 429 | 500..)
}

fn operation(method: Method, target: PollTarget, answer: &ServiceAnswer) -> Next {
    let over = || {
        if makes_resource(method) {
            Next::ReadResource
        } else {
            Next::Done(answer.body.get("properties").cloned())
        }
    };
    match json::text(&answer.body, "/status") {
        Some(status) if status.eq_ignore_ascii_case("Succeeded") => over(),
        Some(status) if is_one_of(&status, &FAILED) => Next::Failed(failure(answer, &status)),
        Some(status) => wait(target, answer, &status),
        None if answer.status == 202 => wait(target, answer, "in progress"),
        None => over(),
    }
}

fn resource(answer: &ServiceAnswer) -> Next {
    match json::text(&answer.body, "/properties/provisioningState") {
        Some(state) if is_one_of(&state, &RUNNING) => wait(PollTarget::Resource, answer, &state),
        Some(state) if is_one_of(&state, &FAILED) => Next::Failed(failure(answer, &state)),
        // The specification's Location with a 201 adds nothing: the final result is the resource.
        _ if answer.body.is_null() => Next::ReadResource,
        _ => Next::Done(answer.clone().into_body()),
    }
}

fn wait(target: PollTarget, answer: &ServiceAnswer, state: &str) -> Next {
    Next::Poll { target, after: answer.retry_after, state: state.to_owned() }
}

fn failure(answer: &ServiceAnswer, state: &str) -> Refusal {
    let mut refusal = answer.refusal();
    if refusal.code.is_empty() {
        state.clone_into(&mut refusal.code);
    }
    if refusal.message.is_empty() {
        refusal.message =
            format!("the operation was accepted and then ended as {state}; the service gives no reason");
    }
    refusal
}

fn makes_resource(method: Method) -> bool {
    matches!(method, Method::Put | Method::Patch)
}

fn is_one_of(state: &str, states: &[&str]) -> bool {
    states.iter().any(|known| known.eq_ignore_ascii_case(state))
}

/// The pause before the next poll: what the service asks for, otherwise short at first and longer later.
pub(crate) fn pause(after: Option<Duration>, polls: u32) -> Duration {
    const STEPS: [u64; 4] = [1, 2, 3, 5];
    let steady = Duration::from_secs(STEPS[(polls as usize).min(STEPS.len() - 1)]);
    after.unwrap_or(steady).clamp(Duration::from_millis(100), Duration::from_secs(300))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;
    use serde_json::json;

    fn answer(status: u16, body: Value) -> ServiceAnswer {
        ServiceAnswer {
            status,
            body,
            rows: None,
            request_id: None,
            correlation_id: None,
            retry_after: None,
            told: None,
            location: None,
            operation: None,
            etag: None,
            warning: None,
            challenge: None,
        }
    }

    #[test]
    fn the_stored_certificate_of_an_order_is_not_waited_for() {
        for state in ["Initialized", "WaitingOnCertificateOrder", "Succeeded", "SomethingNew"] {
            let stored = answer(200, json!({"properties": {"provisioningState": state}}));
            assert!(matches!(begin(Method::Put, &stored), Next::Done(Some(_))), "{state}");
        }
    }

    #[test]
    fn a_resource_that_is_being_made_is_asked_until_it_is() {
        let vault = |state: &str| answer(200, json!({"properties": {"provisioningState": state}}));
        let Next::Poll { target, .. } = begin(Method::Put, &vault("RegisteringDns")) else {
            panic!("it is not over")
        };
        assert!(matches!(go_on(Method::Put, target.clone(), &vault("Succeeded")), Next::Done(Some(_))));
        assert!(matches!(go_on(Method::Put, target.clone(), &vault("Failed")), Next::Failed(_)));
        assert!(matches!(go_on(Method::Put, target, &answer(404, Value::Null)), Next::Poll { .. }));
    }

    #[test]
    fn a_location_is_followed_verbatim_until_it_answers() {
        let link = "https://management.azure.com/op?t=1&s=a%2Bb";
        let accepted = ServiceAnswer { location: Some(link.to_owned()), ..answer(202, Value::Null) };
        let Next::Poll { target, .. } = begin(Method::Put, &accepted) else { panic!("it is not over") };
        assert_eq!(target, PollTarget::Location(link.to_owned()));
        assert!(matches!(go_on(Method::Put, target.clone(), &answer(202, Value::Null)), Next::Poll { .. }));
        assert_eq!(go_on(Method::Put, target.clone(), &answer(200, Value::Null)), Next::ReadResource);
        assert_eq!(go_on(Method::Delete, target, &answer(204, Value::Null)), Next::Done(None));
    }

    #[test]
    fn an_operation_is_over_by_its_status_alone() {
        let accepted =
            ServiceAnswer { operation: Some("/op".to_owned()), ..answer(201, json!({"properties": {}})) };
        let Next::Poll { target, .. } = begin(Method::Put, &accepted) else { panic!("it is not over") };
        let poll = |body: Value| go_on(Method::Put, target.clone(), &answer(200, body));
        assert!(matches!(poll(json!({"status": "InProgress"})), Next::Poll { .. }));
        assert_eq!(poll(json!({"status": "Succeeded"})), Next::ReadResource);
        let failed = poll(json!({"status": "Failed", "error": {"code": "Conflict", "message": "no"}}));
        assert!(
            matches!(failed, Next::Failed(refusal) if refusal.code == "Conflict" && refusal.message == "no")
        );
    }

    #[test]
    fn an_action_that_answers_at_once_is_over() {
        assert_eq!(begin(Method::Post, &answer(204, Value::Null)), Next::Done(None));
    }

    #[test]
    fn polls_are_neither_frantic_nor_days_apart() {
        assert_eq!(pause(Some(Duration::ZERO), 0), Duration::from_millis(100));
        assert_eq!(pause(Some(Duration::from_secs(u64::MAX)), 0), Duration::from_secs(300));
        assert_eq!([0, 1, 2, 3, 900].map(|polls| pause(None, polls).as_secs()), [1, 2, 3, 5, 5]);
    }
}
