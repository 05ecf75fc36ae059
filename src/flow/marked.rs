//! A flow on each of several rows that a person marked: what each would do next, as one plan. Pure; the engine sends
//! one row after the other.

use super::{FlowName, Inputs, Step, StepStatus, current};
use crate::model::{Problem, ResourceId};

/// A marked row, and the flow that is meant for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkedRow {
    pub id: ResourceId,
    /// What people call it: `shop-2026`, `www.contoso.com`.
    pub name: String,
    pub flow: FlowName,
    pub inputs: Inputs,
}

/// What a look at a marked row found: the one step that can be sent now, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkedLook {
    pub row: MarkedRow,
    pub next: Result<Box<Step>, String>,
}

/// What came of the rows that were agreed to, in their order. After the first that fails none is begun.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MarkedOutcome {
    pub done: Vec<ResourceId>,
    /// The row that failed, and why.
    pub failed: Option<(String, Problem)>,
    /// The names of those that were not begun.
    pub left: Vec<String>,
    /// Where something can have changed.
    pub touched: Vec<ResourceId>,
}

impl MarkedOutcome {
    /// Nothing was sent for any of them.
    pub fn not_begun(problem: Problem, agreed: &[MarkedLook]) -> Self {
        let mut names = agreed.iter().map(|look| look.row.name.clone());
        let first = names.next().unwrap_or_default();
        Self { failed: Some((first, problem)), left: names.collect(), ..Self::default() }
    }
}

impl MarkedLook {
    pub fn new(row: MarkedRow, steps: Vec<Step>) -> Self {
        let next = match current(&steps).map(|step| (step.id, &step.status)) {
            None => Err("there is nothing to do".to_owned()),
            Some((_, StepStatus::NeedsInput { why, .. })) => Err(why.clone()),
            Some((_, StepStatus::Blocked(problem))) => Err(problem.why.clone()),
            Some((_, StepStatus::Waiting { on, .. })) => Err(format!("it waits for {on}")),
            Some((id, _)) => {
                let step = steps.into_iter().find(|step| step.id == id && step.acts());
                step.map(Box::new).ok_or_else(|| "there is nothing to send".to_owned())
            }
        };
        Self { row, next }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::StepId;
    use super::super::sample::inputs;
    use super::*;
    use crate::azure::orders;

    fn look(status: StepStatus) -> Result<Box<Step>, String> {
        let id = ResourceId::subscription("s");
        let row = MarkedRow { id: id.clone(), name: "a".into(), flow: FlowName::Unbind, inputs: inputs() };
        let order = id.resource("Microsoft.CertificateRegistration/certificateOrders", "contoso");
        let done = Step::new(StepId::LOCKS, "Look", StepStatus::Done("it is free".into()));
        let step = Step::new(StepId::DELETE, "Delete", status).sending(vec![orders::renew(&order, None)]);
        MarkedLook::new(row, vec![done, step]).next
    }

    #[test]
    fn a_marked_row_offers_its_next_step_or_says_why_there_is_none() {
        assert_eq!(look(StepStatus::Ready).unwrap().id, StepId::DELETE);
        let why = |status| look(status).unwrap_err();
        assert_eq!(why(StepStatus::Done("gone".into())), "there is nothing to do");
        assert_eq!(why(StepStatus::Blocked(Problem::new("Delete", "it is in use"))), "it is in use");
        assert_eq!(why(StepStatus::follows(super::super::Key::App, "x")), "follows once x");
    }
}
