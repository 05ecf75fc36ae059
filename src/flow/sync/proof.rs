//! What came of a Sync: the bindings as they are now, what the hostnames serve, and what no Sync can bring.

use super::{POLL, certificates_words, linked};
use crate::flow::linked::Standing;
use crate::flow::{Case, Seen, Step, StepId, StepStatus};
use crate::model::Problem;

pub(super) fn moved(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::Moved, "See that the bindings moved", status).explained(
            "Reads the bindings of all apps and slots of the webspace again: each has to name the certificate as it is now.",
        )
    };
    let left: Vec<&str> = linked(case).iter().flat_map(|one| &one.left_behind).map(|binding| binding.host.as_str()).collect();
    if !left.is_empty() {
        let on = format!("App Service to move {}; if that does not happen, bind it again (b)", left.join(", "));
        return step(StepStatus::Waiting { on, since: None, next_poll: POLL });
    }
    match linked(case).iter().map(|one| one.bound.len()).sum() {
        0 => step(StepStatus::NotNeeded("no hostname is bound".to_owned())),
        1 => step(StepStatus::Done("1 hostname is bound to it".to_owned())),
        count => step(StepStatus::Done(format!("{count} hostnames are bound to what App Service has now"))),
    }
}

pub(super) fn served(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::Served, "See what the hostnames serve", status)
            .explained("A TLS handshake of certdeck's own with each hostname: the proof that the change arrived.")
    };
    let mut facts = Vec::new();
    let (mut proven, mut unreached, mut lagging) = (0, 0, None);
    for one in linked(case) {
        for bound in &one.bound {
            let host = bound.binding.host.as_str();
            let words = match &bound.served {
                Seen::Here(served) if Some(served) == one.certificate.thumbprint.as_ref() => {
                    proven += 1;
                    format!("serves {}", served.short())
                }
                Seen::Here(served) => {
                    lagging = Some(format!("the front end of {host}, which still serves {}", served.short()));
                    format!("still serves {}; a CDN or proxy before the app has a certificate of its own", served.short())
                }
                Seen::Absent | Seen::NotAsked => {
                    unreached += 1;
                    "could not be reached from here".to_owned()
                }
            };
            facts.push((host.to_owned(), words));
        }
    }
    let status = match (lagging, proven, unreached) {
        (Some(on), ..) => StepStatus::Waiting { on, since: None, next_poll: POLL },
        (None, 0, 0) => StepStatus::NotNeeded("no hostname is bound".to_owned()),
        (None, 0, _) => StepStatus::NotNeeded("no hostname could be reached from here".to_owned()),
        (None, 1, 0) => StepStatus::Done("it serves this certificate".to_owned()),
        (None, proven, 0) => StepStatus::Done(format!("all {proven} serve the certificate they are bound to")),
        (None, proven, unreached) => StepStatus::Done(format!("{proven} do; {unreached} could not be reached from here")),
    };
    facts.into_iter().fold(step(status), |step, (host, words)| step.fact(host, words))
}

/// Last, so that what can be synced is synced whatever is in the way of the rest.
pub(super) fn stuck(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::Stuck, "See what stays behind", status)
            .explained("What no Sync can bring: the service's own words for it, and what to do.")
    };
    let problems: Vec<Problem> = linked(case)
        .iter()
        .filter_map(|one| if let Standing::Stuck(problem) = one.standing() { Some(problem) } else { None })
        .collect();
    match problems.as_slice() {
        [] => step(StepStatus::NotNeeded("nothing does".to_owned())),
        [only] => step(StepStatus::Blocked(only.clone())),
        several => {
            let why: Vec<String> = several.iter().map(|problem| format!("{}: {}", problem.what, problem.why)).collect();
            let mut remedies: Vec<&str> = several.iter().map(|problem| problem.remedy.as_str()).collect();
            remedies.dedup();
            let what = format!("Sync {}", certificates_words(several.len()));
            step(StepStatus::Blocked(Problem::new(what, why.join("; ")).remedy(remedies.join("; "))))
        }
    }
}
