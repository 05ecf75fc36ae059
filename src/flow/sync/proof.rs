//! What came of a Sync: the bindings as they are now, what the hostnames serve, and what no Sync can bring.

use super::{POLL, certificates_words, linked};
use crate::flow::linked::{Bound, VaultStanding};
use crate::flow::proof::served_step;
use crate::flow::{Case, Step, StepId, StepStatus};
use crate::model::{Binding, Problem, Thumbprint};

impl StepId {
    pub const MOVED: Self = Self("moved");
    pub const STUCK: Self = Self("stuck");
}

pub(super) fn moved(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::MOVED, "See that the bindings moved", status).explained(
            "Reads the bindings of all apps and slots of the webspace again: each has to name the certificate as it is now.",
        )
        .proof()
    };
    let hosts =
        |bindings: Vec<&Binding>| bindings.iter().map(|binding| binding.host.to_string()).collect::<Vec<_>>();
    let (mut late, mut left, mut prints) = (Vec::new(), Vec::new(), Vec::new());
    for one in linked(case) {
        let (covered, uncovered) = one.left_behind();
        prints.extend(
            uncovered.iter().filter_map(|binding| Some(binding.thumbprint.as_ref()?.short().to_owned())),
        );
        late.extend(hosts(covered));
        left.extend(hosts(uncovered));
    }
    if !left.is_empty() {
        prints.dedup();
        let (left, prints) = (left.join(", "), prints.join(", "));
        let why =
            format!("{left} stays on the old certificate {prints}, because the new one does not secure it");
        let remedy = "bind another certificate to it (b); or verify the domain of the order by TXT record or Domain, which keep www, \
                      and renew or rekey it again";
        return step(StepStatus::Blocked(Problem::new(format!("Move {left}"), why).remedy(remedy)));
    }
    if !late.is_empty() {
        let on =
            format!("App Service to move {}; if that does not happen, bind it again (b)", late.join(", "));
        return step(StepStatus::Waiting { on, since: None, next_poll: POLL });
    }
    match linked(case).iter().map(|one| one.bound.len()).sum() {
        0 => step(StepStatus::NotNeeded("no hostname is bound".to_owned())),
        1 => step(StepStatus::Done("1 hostname is bound to it".to_owned())),
        count => step(StepStatus::Done(format!("{count} hostnames are bound to what App Service has now"))),
    }
}

pub(super) fn served(case: &Case<'_>) -> Step {
    let known = case.observed.certificates.here().map_or(&[][..], Vec::as_slice);
    let is_own = |served: &Thumbprint| known.iter().any(|one| one.thumbprint.as_ref() == Some(served));
    let proofs = linked(case).iter().flat_map(|one| {
        let proof = move |bound: &Bound| Some(bound.look.proof(one.certificate.thumbprint.as_ref()?, is_own));
        one.bound.iter().filter_map(move |bound| Some((&bound.binding.host, proof(bound)?)))
    });
    served_step(proofs.collect())
}

/// Last, so that what can be synced is synced independent of what is in the way of the rest.
pub(super) fn stuck(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::STUCK, "See what is not synced", status)
            .explained("What Sync cannot change: the service's own words for it, and what to do.")
    };
    let problems: Vec<Problem> = linked(case)
        .iter()
        .filter_map(
            |one| if let VaultStanding::Stuck(problem) = one.standing() { Some(problem) } else { None },
        )
        .collect();
    match problems.as_slice() {
        [] => step(StepStatus::NotNeeded("nothing does".to_owned())),
        [only] => step(StepStatus::Blocked(only.clone())),
        several => {
            let why: Vec<String> =
                several.iter().map(|problem| format!("{}: {}", problem.what, problem.why)).collect();
            let mut remedies: Vec<&str> = several.iter().map(|problem| problem.remedy.as_str()).collect();
            remedies.dedup();
            let what = format!("Sync {}", certificates_words(several.len()));
            step(StepStatus::Blocked(Problem::new(what, why.join("; ")).remedy(remedies.join("; "))))
        }
    }
}
