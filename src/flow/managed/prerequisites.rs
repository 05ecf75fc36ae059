//! What has to hold before Azure can issue a managed certificate, and at each of its renewals: a step each,
//! by name.

use super::form::host;
use super::what;
use crate::flow::caa::{Authority, issuer_is_allowed};
use crate::flow::import_order::tier_problem;
use crate::flow::reach::{hops, is_by_address, is_root, judge_exposure, judge_way, warn_of_record};
use crate::flow::{Case, Key, Step, StepId, StepStatus};
use crate::model::Problem;
use crate::rules::{Count, Name, Names};

impl StepId {
    pub const ELIGIBLE: Self = Self("eligible");
    pub const WAY: Self = Self("way");
    pub const REACHABLE: Self = Self("reachable");
}

const DIGICERT: Authority = Authority {
    name: "DigiCert",
    certificates: "Managed certificates",
    issuer: Name::ManagedCaaIssuer,
    asked: Key::Hostname,
};

pub(super) fn tier(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::TIER, "Check the App Service plan", status)
            .explained("A managed certificate needs the Basic tier or higher, and an app outside of an App Service Environment.")
    };
    let (Some(app), None) = (case.observed.app.here(), case.needs(&[Key::App])) else {
        return step(follows(case, Key::App));
    };
    if let Some(problem) = tier_problem(case, &what(case)) {
        return step(StepStatus::Blocked(problem));
    }
    if app.in_environment {
        let problem = Problem::new(
            what(case),
            "the app is in an App Service Environment, which has no managed certificates",
        )
        .remedy("buy a certificate, import one from a key vault, or upload one")
        .code("A44");
        return step(StepStatus::Blocked(problem));
    }
    match case.observed.plan.here() {
        Some(plan) => step(StepStatus::Done(format!("{} is in the {} tier", plan.id.name(), plan.tier)))
            .fact("Environment", "none: it is on the shared platform"),
        None => step(StepStatus::NotNeeded("the plan could not be read".to_owned())),
    }
}

/// A check that follows once the form is right.
pub(super) fn follows(case: &Case<'_>, key: Key) -> StepStatus {
    case.needs(&[Key::App, Key::Hostname]).unwrap_or_else(|| StepStatus::NeedsInput {
        key,
        why: "the check follows once app and hostname are chosen".to_owned(),
    })
}

pub(super) fn eligible(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::ELIGIBLE, "Check the hostname", status).explained(
            "A managed certificate is for one mapped hostname of letters, digits, dashes and dots: no wildcard. There is one for each hostname.",
        )
    };
    let (Some(host), Some(app), None) =
        (host(case.inputs), case.observed.app.here(), case.needs(&[Key::App, Key::Hostname]))
    else {
        return step(follows(case, Key::Hostname));
    };
    let longest = case.rules.count(Count::ManagedHostnameLength, case.now);
    let length = host.as_str().len();
    let step = step(StepStatus::Done(format!("{host} is mapped to {}", app.label())))
        .fact("Wildcard", "no")
        .fact("Characters", "letters, digits, dashes, dots")
        .fact(
            "Length",
            longest.map_or_else(|| length.to_string(), |longest| format!("{length} of at most {longest}")),
        );
    match case.observed.managed.here() {
        Some(managed) => step.fact("One for each", format!("it is {}", managed.id.name())),
        None => step.fact("One for each", "there is none for this hostname yet"),
    }
}

pub(super) fn way(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::WAY, "Follow the hostname in DNS", status).explained(
            "The authority proves the hostname by reaching the app over it. A root domain needs an A record with the app's address, \
             a subdomain a CNAME record straight to the app's own name. The same holds at every renewal. This machine's DNS is \
             asked; Azure asks the public one.",
        )
    };
    let seen = (host(case.inputs), case.observed.app.here(), case.observed.reach.here());
    let ((Some(host), Some(app), Some(reach)), None) = (seen, case.needs(&[Key::App, Key::Hostname])) else {
        return step(follows(case, Key::Hostname));
    };
    let Some(way) = reach.way.here() else {
        return step(StepStatus::NotNeeded(
            "DNS could not be asked from here; Azure looks for itself".to_owned(),
        ));
    };
    let mut step = match judge_way(case, &host, app, reach, way, &what(case)) {
        Ok(evidence) => step(StepStatus::Done(evidence)),
        Err(problem) => step(StepStatus::Blocked(problem)),
    };
    for (nth, hop) in hops(&host, way).into_iter().enumerate() {
        step = step.fact(format!("Hop {}", nth + 1), hop);
    }
    if let Some(warning) = warn_of_record(case, &host, way) {
        step = step.fact("Warning", warning);
    }
    let own = app.default_hostname.as_str();
    match app.inbound_ip.as_deref().filter(|_| way.hops.is_empty() && is_by_address(&host, Some(reach))) {
        Some(address) => step.fact("Record needed", format!("{host} A {address}")),
        None => step.fact("Record needed", format!("{host} CNAME {own}")),
    }
}

pub(super) fn caa(case: &Case<'_>) -> Step {
    let host = host(case.inputs).map_or_else(|| "the domain".to_owned(), |host| host.to_string());
    issuer_is_allowed(case, &DIGICERT, &host, &what(case))
}

pub(super) fn reachable(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::REACHABLE, "Check who may reach the app", status).explained(
            "The authority fetches a token from the app. Restrictions used to stop it; since November 2025 the platform answers for \
             the app, so they are shown and no longer stand in the way.",
        )
    };
    let (Some(host), Some(reach), None) =
        (host(case.inputs), case.observed.reach.here(), case.needs(&[Key::App, Key::Hostname]))
    else {
        return step(follows(case, Key::Hostname));
    };
    let detours = case.rules.names(Names::ManagedDetours, case.now);
    if reach.by_traffic_manager && is_root(&host) && detours.is_empty() {
        let problem = Problem::new(what(case), "the root domain is integrated with Traffic Manager")
            .remedy("use another kind of certificate")
            .code("A48");
        return step(StepStatus::Blocked(problem));
    }
    let step = match judge_exposure(case, &host, reach, &what(case)) {
        Ok(evidence) => step(StepStatus::Done(evidence)),
        Err(problem) => step(StepStatus::Blocked(problem)),
    };
    if reach.by_traffic_manager {
        return step.fact("Traffic Manager", "only its Azure endpoints work, not nested or external ones");
    }
    step
}
