//! The CAA records of a domain, before an authority is asked that they do not let in (A36, A69).

use jiff::SignedDuration;

use super::{Case, Key, RecordKind, Seen, Step, StepId, StepStatus, WantedRecord};
use crate::model::Problem;
use crate::rules::Name;

impl StepId {
    pub const CAA_RECORD: Self = Self("caa-record");
}

/// Who issues, and for whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Authority {
    pub name: &'static str,
    /// What it issues, in the plural.
    pub certificates: &'static str,
    /// The rule that names it as CAA records do.
    pub issuer: Name,
    /// The input that names the domain.
    pub asked: Key,
}

/// The step that checks it. `what` could not be done otherwise: `Buy a certificate for contoso.com`.
pub(super) fn issuer_is_allowed(case: &Case<'_>, authority: &Authority, domain: &str, what: &str) -> Step {
    const POLL: SignedDuration = SignedDuration::from_secs(5);
    let issuer = case.rules.name(authority.issuer, case.now);
    let status = match &case.observed.caa {
        Seen::Here(allowed) if allowed.is_empty() => {
            StepStatus::Done(format!("no CAA record limits who may issue for {domain}"))
        }
        Seen::Here(allowed) if allowed.iter().any(|name| name.eq_ignore_ascii_case(issuer)) => {
            StepStatus::Done(format!("CAA allows {issuer}"))
        }
        Seen::Here(allowed) => StepStatus::Blocked(
            Problem::new(
                what,
                format!(
                    "the CAA records of the domain allow {} only, and these certificates are issued by {}",
                    allowed.join(", "),
                    authority.name
                ),
            )
            .remedy(format!("add the CAA record  {domain}  0 issue {issuer}"))
            .code(case.rules.reference(authority.issuer, case.now)),
        ),
        Seen::NotAsked if case.needs(&[authority.asked]).is_some() => {
            StepStatus::follows(authority.asked, "the domain is entered")
        }
        Seen::NotAsked => {
            StepStatus::Waiting { on: "a look at DNS".to_owned(), since: None, next_poll: POLL }
        }
        Seen::Absent => StepStatus::NotNeeded("CAA records could not be looked up from here".to_owned()),
    };
    let (name, certificates) = (authority.name, authority.certificates);
    let step = Step::new(StepId::CAA_RECORD, "Check that the issuer is allowed", status).explained(format!(
        "A CAA record in DNS says which authorities may issue for a domain. {certificates} come from {name}."
    ));
    match &case.observed.caa {
        Seen::Here(allowed) if !allowed.is_empty() => step.fact("CAA allows", allowed.join(", ")).wanting(
            "Record needed",
            WantedRecord::new(domain, RecordKind::Caa, format!("0 issue {issuer}")),
        ),
        _ => step,
    }
}
