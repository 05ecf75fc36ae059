//! Requests that did not come to their end: what became of them, and whose right was missing.

use super::ByHand;
use crate::azure::AzureError;
use crate::model::Problem;

/// A request that did not come to its end.
#[derive(Debug)]
pub(super) struct Unsent {
    pub(super) problem: Problem,
    pub(super) fate: Fate,
    pub(super) lack: Option<Lack>,
}

impl Unsent {
    pub(super) fn new(problem: Problem, error: &AzureError) -> Self {
        Self { problem, fate: Fate::of(error), lack: Lack::of(error) }
    }

    pub(super) fn refused(problem: Problem) -> Self {
        Self { problem, fate: Fate::Refused, lack: None }
    }

    /// With what an admin can do about it.
    pub(super) fn with_commands(mut self, by_hand: &ByHand) -> Self {
        if !by_hand.is_empty() {
            self.problem.remedy = format!("{}\n{}", self.problem.remedy, by_hand.remedy());
        }
        self
    }
}

/// What became of such a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It had no effect.
    Refused,
    /// The resource is not as it was looked at, so it was not sent, or refused for that: perhaps changed by
    /// this very request, of which an earlier try arrived without an answer.
    Outdated,
    /// It may have happened all the same.
    Lost,
    /// It was accepted; only its end was not seen.
    UnderWay,
}

impl Fate {
    fn of(error: &AzureError) -> Self {
        match error.refusal() {
            Some(refusal) if refusal.status == 412 => Self::Outdated,
            _ if error.is_under_way() => Self::UnderWay,
            _ if error.is_ambiguous() => Self::Lost,
            _ => Self::Refused,
        }
    }
}

/// Whose right was missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lack {
    /// The signed-in identity's, in Azure Resource Manager.
    Caller,
    /// The service's, on the vault.
    Service,
}

impl Lack {
    fn of(error: &AzureError) -> Option<Self> {
        let service = error.lacks_vault_access().then_some(Self::Service);
        service.or_else(|| error.is_forbidden().then_some(Self::Caller))
    }
}
