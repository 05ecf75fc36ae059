//! What is remembered between two looks of a flow, and what follows from it: what was sent, how often, and what is
//! waited for. Pure, and the same for the screen, where a person agrees to each sending, and for the command line,
//! where a run goes on by itself. Nothing of it is kept: another run begins with a look.

use std::collections::HashMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::arrival::Sign;
use super::step::{Again, Asked, LAST_TIME, UNSEEN, poll_after};
use super::unsent::{Fate, Lack, Unsent};
use super::{Arrival, Key, Step, StepId, StepStatus, current, hold_proofs};
use crate::model::Problem;

/// How often a run by itself sends one step before it stops believing that it helps.
const TRIES: u32 = 3;

/// Between two looks at a resource that shows an older state.
const OUTDATED_POLL: SignedDuration = SignedDuration::from_secs(10);

/// How long a resource may go on showing an older state than the one that a change has to name (HTTP 412).
const OUTDATED_WITHIN: SignedDuration = SignedDuration::from_mins(1);

#[derive(Debug, Clone, Default)]
pub struct Pursuit {
    /// Whether a run goes on by itself, so that nothing is sent twice without a reason.
    is_alone: bool,
    sent: HashMap<StepId, (Asked, u32)>,
    refused: HashMap<StepId, NotInForce>,
    outdated_since: HashMap<StepId, Timestamp>,
    /// How often was looked since something was done.
    looks: u32,
    /// The step that was agreed to and is still to be sent.
    agreed: Option<Step>,
}

/// A permission that is granted and not in force: since when it is waited for, and what Azure said last.
#[derive(Debug, Clone)]
struct NotInForce {
    since: Timestamp,
    problem: Problem,
    /// Whether it was waited since.
    is_waited: bool,
    /// Whether it was said that it is waited for.
    is_told: bool,
}

/// What to do now.
#[derive(Debug)]
pub(super) enum Next<'s> {
    /// Every step is over.
    Over,
    NeedsInput {
        key: Key,
        why: &'s str,
    },
    Blocked(&'s Problem),
    /// It cannot go on.
    Fail(Problem),
    Wait(Pause),
    /// Ask for consent to this step, then send it.
    Ask(&'s Step),
    /// It was agreed to.
    Send(&'s Step),
}

/// A pause before the next look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pause {
    pub(super) on: String,
    pub(super) length: Duration,
    /// Whether it was not said before.
    pub(super) is_news: bool,
}

/// What follows from what came of a step.
#[derive(Debug)]
pub(super) enum Came {
    /// Look again; with what the service warns of.
    Accepted(Vec<String>),
    /// Whether it happened, only the next looks can tell; `is_accepted` where Azure goes on with it.
    Unknown {
        problem: Problem,
        is_accepted: bool,
    },
    /// A permission is not in force: the next look waits.
    NotInForce,
    /// Another look may show a newer state; until it does, this change cannot be made.
    Outdated(Problem, Pause),
    Fail(Problem),
}

impl Pursuit {
    /// For a run that goes on by itself.
    pub(super) fn alone() -> Self {
        Self { is_alone: true, ..Self::default() }
    }

    /// The steps as they count after what was sent.
    pub fn settle(&self, steps: &mut [Step], now: Timestamp) {
        for step in &mut *steps {
            let Some((asked, tries)) = self.sent.get(&step.id) else { continue };
            // Asked for often enough: what takes time to show is waited for, as long as the person has patience.
            if self.is_alone && *tries >= TRIES && step.again == Again::Helps {
                step.settles_within = SignedDuration::MAX;
            }
            step.settle(Some(*asked), now);
        }
        hold_proofs(steps);
    }

    /// When something was sent last.
    pub fn last_sent_at(&self) -> Option<Timestamp> {
        self.sent.values().map(|(asked, _)| asked.at).max()
    }

    /// How long to wait before the next look at a step that is waited for.
    pub fn pause(&self, next_poll: SignedDuration) -> Duration {
        poll_after(self.looks, next_poll)
    }

    /// It was looked once more without anything being done.
    pub fn looked(&mut self) {
        self.looks += 1;
    }

    /// The requests of a step were accepted. A person who agrees to each sending may agree again.
    pub fn accepted(&mut self, id: StepId, now: Timestamp) {
        self.note(id, Asked { by_this_run: self.is_alone, ..Asked::accepted(now) });
    }

    fn note(&mut self, id: StepId, asked: Asked) {
        let tries = self.sent.get(&id).map_or(0, |(_, tries)| *tries);
        self.sent.insert(id, (asked, tries + 1));
        self.looks = 0;
    }

    /// What to do with the steps as they stand.
    pub(super) fn next<'s>(&mut self, steps: &'s [Step], now: Timestamp) -> Next<'s> {
        let Some(step) = current(steps) else { return Next::Over };
        match &step.status {
            StepStatus::Done(_) | StepStatus::NotNeeded(_) => Next::Over,
            StepStatus::NeedsInput { key, why } => Next::NeedsInput { key: *key, why },
            StepStatus::Blocked(problem) if problem.code.as_deref() == Some(UNSEEN) => {
                Next::Fail(problem.clone())
            }
            StepStatus::Blocked(problem) => Next::Blocked(problem),
            StepStatus::Waiting { on, next_poll, .. } => Next::Wait(self.wait(on.clone(), *next_poll)),
            StepStatus::Ready => self.ready(step, now),
        }
    }

    fn ready<'s>(&mut self, step: &'s Step, now: Timestamp) -> Next<'s> {
        if let Some(arrival) = step.arrival
            && let Some(waited) = self.wait_for_arrival(step, arrival, now)
        {
            self.agreed = Some(step.clone());
            return waited.map_or_else(Next::Fail, Next::Wait);
        }
        if self.sent.get(&step.id).is_some_and(|(_, tries)| *tries >= TRIES) {
            return Next::Fail(without_effect(step));
        }
        let is_agreed = self.agreed.take().is_some_and(|shown| step.is_as_agreed(&shown));
        if is_agreed { Next::Send(step) } else { Next::Ask(step) }
    }

    /// A person agreed to this step, which is sent after another look.
    pub(super) fn agree(&mut self, step: &Step) {
        self.agreed = Some(step.clone());
    }

    /// The pause before a step is tried again that was refused for a permission which is granted; none where it
    /// was not refused since the last pause, and the refusal itself where it was waited for long enough.
    pub(super) fn wait_for_arrival(
        &mut self,
        step: &Step,
        arrival: Arrival,
        now: Timestamp,
    ) -> Option<Result<Pause, Problem>> {
        let refused = self.refused.get_mut(&step.id).filter(|refused| !refused.is_waited)?;
        refused.is_waited = true;
        if now.duration_since(refused.since) >= arrival.within.duration() {
            return Some(Err(arrival.given_up(refused.problem.clone())));
        }
        let is_news = !std::mem::replace(&mut refused.is_told, true);
        if is_news {
            self.looks = 0;
        }
        Some(Ok(Pause { is_news, ..self.wait(arrival.on(), arrival.poll) }))
    }

    fn wait(&mut self, on: String, next_poll: SignedDuration) -> Pause {
        let length = self.pause(next_poll);
        self.looked();
        Pause { on, length, is_news: false }
    }

    /// Takes in what came of a step.
    pub(super) fn take(&mut self, step: &Step, sent: Result<Vec<String>, Unsent>, now: Timestamp) -> Came {
        if let Some(problem) = not_in_force(step, &sent) {
            let before = self.refused.get(&step.id);
            let (since, is_told) = before.map_or((now, false), |before| (before.since, before.is_told));
            self.refused.insert(step.id, NotInForce { since, problem, is_waited: false, is_told });
            return Came::NotInForce;
        }
        let (problem, is_accepted) = match sent {
            Ok(warnings) => {
                self.accepted(step.id, now);
                return Came::Accepted(warnings);
            }
            Err(Unsent { fate: Fate::Refused, problem, .. }) => return Came::Fail(problem),
            Err(Unsent { fate: Fate::Outdated, problem, .. }) => return self.outdated(step.id, problem, now),
            Err(Unsent { fate: Fate::Lost, problem, .. }) => (problem, false),
            Err(Unsent { fate: Fate::UnderWay, problem, .. }) => (problem, true),
        };
        self.note(step.id, Asked { at: now, is_accepted, by_this_run: self.is_alone });
        Came::Unknown { problem, is_accepted }
    }

    fn outdated(&mut self, id: StepId, problem: Problem, now: Timestamp) -> Came {
        let since = *self.outdated_since.entry(id).or_insert(now);
        if now.duration_since(since) > OUTDATED_WITHIN {
            return Came::Fail(problem);
        }
        let on = "the newest state of what is to be changed".to_owned();
        Came::Outdated(problem, self.wait(on, OUTDATED_POLL))
    }
}

/// What Azure said, if it is what a permission that has not arrived looks like.
fn not_in_force(step: &Step, sent: &Result<Vec<String>, Unsent>) -> Option<Problem> {
    match (step.arrival?.sign, sent) {
        (Sign::Refusal, Err(unsent)) if unsent.lack == Some(Lack::Service) => Some(unsent.problem.clone()),
        (Sign::State, Ok(_)) => {
            let last =
                step.facts.iter().find(|(label, _)| label == LAST_TIME).map(|(_, words)| words.clone());
            Some(Problem::new(step.title.clone(), last.unwrap_or_default()))
        }
        _ => None,
    }
}

fn without_effect(step: &Step) -> Problem {
    let remedy = "look at the resource in Azure; running this again later does no harm".to_owned();
    let remedy =
        if step.by_hand.is_empty() { remedy } else { format!("{remedy}\n{}", step.by_hand.remedy()) };
    Problem::new(step.title.clone(), format!("it was sent {TRIES} times, and nothing of it is to be seen"))
        .remedy(remedy)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::azure::orders;
    use crate::model::ResourceId;

    const THEN: Timestamp = Timestamp::constant(1_795_000_000, 0);

    fn ready(again: Again) -> Step {
        let id = ResourceId::subscription("s")
            .resource("Microsoft.CertificateRegistration/certificateOrders", "contoso");
        Step::new(StepId::REBIND, "Bind again", StepStatus::Ready)
            .sending(vec![orders::renew(&id, None)])
            .again(again)
    }

    /// The step as it stands so many seconds later, and what is to be done with it.
    fn after(pursuit: &mut Pursuit, seconds: i64, step: Step) -> (Step, String) {
        let now = THEN + SignedDuration::from_secs(seconds);
        let mut steps = [step];
        pursuit.settle(&mut steps, now);
        let next = format!("{:?}", pursuit.next(&steps, now));
        let [step] = steps;
        (step, next.split([' ', '(']).next().unwrap().to_owned())
    }

    fn unsent(fate: Fate) -> Unsent {
        Unsent { fate, ..Unsent::refused(Problem::new("Bind again", "no answer came")) }
    }

    #[test]
    fn what_was_agreed_to_is_asked_for_once_and_sent_after_another_look_only_if_it_is_the_same() {
        let mut pursuit = Pursuit::alone();
        assert_eq!(after(&mut pursuit, 0, ready(Again::Helps)).1, "Ask");
        pursuit.agree(&ready(Again::Helps));
        assert_eq!(after(&mut pursuit, 4, ready(Again::Helps)).1, "Send");
        pursuit.agree(&ready(Again::Helps));
        assert_eq!(after(&mut pursuit, 8, ready(Again::Helps).fact("Domain", "other.contoso.com")).1, "Ask");
    }

    #[test]
    fn what_is_accepted_is_waited_for_and_a_run_by_itself_sends_it_so_many_times_at_most() {
        let mut pursuit = Pursuit::alone();
        for round in 0..i64::from(TRIES) {
            let now = THEN + SignedDuration::from_secs(300 * round);
            let came = pursuit.take(&ready(Again::Helps), Ok(Vec::new()), now);
            assert!(matches!(came, Came::Accepted(_)));
            assert_eq!(after(&mut pursuit, 300 * round + 60, ready(Again::Helps)).1, "Wait");
        }
        assert_eq!(after(&mut pursuit, 9_000, ready(Again::Helps)).1, "Wait", "and waits from then on");
        assert_eq!(after(&mut pursuit, 9_000, ready(Again::IfLost)).1, "Fail");
    }

    #[test]
    fn a_person_may_agree_again_to_what_shows_no_effect() {
        let mut pursuit = Pursuit::default();
        pursuit.accepted(StepId::REBIND, THEN);
        assert_eq!(after(&mut pursuit, 60, ready(Again::Never)).1, "Wait");
        assert_eq!(after(&mut pursuit, 121, ready(Again::Never)).1, "Ask");
    }

    #[test]
    fn an_older_state_is_waited_for_a_minute_and_a_lost_answer_is_looked_for() {
        let mut pursuit = Pursuit::alone();
        let outdated = |pursuit: &mut Pursuit, seconds| {
            let now = THEN + SignedDuration::from_secs(seconds);
            pursuit.take(&ready(Again::Helps), Err(unsent(Fate::Outdated)), now)
        };
        assert!(matches!(outdated(&mut pursuit, 0), Came::Outdated(..)));
        assert!(matches!(outdated(&mut pursuit, 60), Came::Outdated(..)));
        assert!(matches!(outdated(&mut pursuit, 61), Came::Fail(_)));
        let came = pursuit.take(&ready(Again::IfLost), Err(unsent(Fate::Lost)), THEN);
        assert!(matches!(came, Came::Unknown { is_accepted: false, .. }));
        assert_eq!(after(&mut pursuit, 10, ready(Again::IfLost)).1, "Wait");
        assert_eq!(after(&mut pursuit, 40, ready(Again::IfLost)).1, "Ask");
        assert!(matches!(
            pursuit.take(&ready(Again::Helps), Err(unsent(Fate::Refused)), THEN),
            Came::Fail(_)
        ));
    }

    #[test]
    fn looks_become_rarer_until_something_is_done() {
        let mut pursuit = Pursuit::default();
        let most = SignedDuration::from_secs(10);
        let first = pursuit.pause(most);
        pursuit.looked();
        assert!(pursuit.pause(most) > first);
        (0..20).for_each(|_| pursuit.looked());
        assert_eq!(pursuit.pause(most), Duration::from_secs(10));
        pursuit.accepted(StepId::REBIND, THEN);
        assert_eq!(pursuit.pause(most), first);
    }
}
