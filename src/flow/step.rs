//! A step of a flow as it stands now: a pure view of what was observed.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Arrival, ByHand, Consent, Key, NewFile, WantedRecord};
use crate::azure::{Repeat, Request};
use crate::model::{Problem, ResourceId, Revokes};

/// The name of a step, which it keeps in every status, so that screens and tests can name it. Each flow names
/// its own steps beside its definition; here are those that several flows have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StepId(pub(super) &'static str);

impl StepId {
    pub const VAULT: Self = Self("vault");
    pub const VAULT_ACCESS: Self = Self("vault-access");
    pub const IN_VAULT: Self = Self("in-vault");
    pub const APP_ACCESS: Self = Self("app-access");
    pub const IMPORT: Self = Self("import");
    pub const TIER: Self = Self("tier");
    pub const REBIND: Self = Self("rebind");
    pub const LOAD: Self = Self("load");
    pub const DELETE: Self = Self("delete");
    pub const READ_FILE: Self = Self("read-file");
    pub const UPLOAD: Self = Self("upload");
    pub const IN_USE: Self = Self("in-use");
    pub const LOCKS: Self = Self("locks");
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepStatus {
    /// With the evidence for it, as a sentence.
    Done(String),
    Ready,
    /// On what; nothing to do but look again after `next_poll`.
    Waiting {
        on: String,
        since: Option<Timestamp>,
        next_poll: SignedDuration,
    },
    /// Something to fill in, or to fill in differently: the field and the reason.
    NeedsInput {
        key: Key,
        why: String,
    },
    /// Stopped by something outside. What certdeck itself can mend is a step of its own, and ready.
    Blocked(Problem),
    NotNeeded(String),
}

/// How the words of a step begin that an earlier one comes before.
pub(super) const FOLLOWS: &str = "follows once";

impl StepStatus {
    /// An earlier step comes first, or else this input is missing. `once` is a clause: `the hostname is
    /// bound`.
    pub fn follows(key: Key, once: &str) -> Self {
        Self::NeedsInput { key, why: format!("{FOLLOWS} {once}") }
    }

    pub fn is_over(&self) -> bool {
        matches!(self, Self::Done(_) | Self::NotNeeded(_))
    }
}

/// How long the effect of an accepted request may take to show: ARM answers from replicas, which lag behind
/// by seconds and now and then by a minute.
pub const SHOWS_WITHIN: SignedDuration = SignedDuration::from_mins(2);

/// How long a request whose answer was lost is looked for before it counts as never arrived.
const LOST_WITHIN: SignedDuration = SignedDuration::from_secs(30);

/// The code of a problem that says: sent, and nothing of it is to be seen.
pub const UNSEEN: &str = "UNSEEN";

/// What is known of requests that were sent: when, by the service's clock, and whether an answer said that it
/// took them on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub at: Timestamp,
    pub is_accepted: bool,
    /// By this run of certdeck, which sends nothing twice by itself.
    pub by_this_run: bool,
}

impl Asked {
    pub fn accepted(at: Timestamp) -> Self {
        Self { at, is_accepted: true, by_this_run: true }
    }
}

/// Whether the same run sends a step again that was sent, while nothing of it is to be seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Again {
    /// Where the answer was lost, so that it may never have arrived.
    #[default]
    IfLost,
    /// Never: it costs money, or makes a new key.
    Never,
    /// Also where it was accepted: asking once more can help.
    Helps,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub id: StepId,
    /// Imperative: `Buy the certificate`.
    pub title: String,
    pub status: StepStatus,
    /// What this step is for and what follows from it, for a person who does it the first time.
    pub explanation: String,
    /// Facts worth reading beside the status: label and value. Values can be copied (A102).
    pub facts: Vec<(String, String)>,
    /// The DNS records that the domain's owner has to publish; each is among the facts, too.
    pub wanted: Vec<WantedRecord>,
    /// The exact changes, in order; empty where there is nothing to send.
    pub requests: Vec<Request>,
    /// The file that it writes on this machine, after the requests.
    pub writes: Option<NewFile>,
    /// The certificate that is not trusted any more after it.
    pub revokes: Option<Revokes>,
    pub consent: Consent,
    /// Whether it looks what came of the steps before it.
    pub proves: bool,
    /// Commands for an admin who may grant what it needs: said where Azure refuses it for the lack of that.
    pub by_hand: ByHand,
    /// How long a refusal for the lack of a permission that is granted is waited for.
    pub arrival: Option<Arrival>,
    /// Whether requests about different apps may be under way at the same time.
    pub in_parallel: bool,
    /// How long the effect may take to show after the requests were accepted; until then the step counts as
    /// waiting instead of ready, so that it is not asked for again at once.
    pub settles_within: SignedDuration,
    pub again: Again,
    /// When something of this kind showed last: what was sent before has had its effect.
    pub showed: Option<Timestamp>,
    /// What an accepted request proves by itself, where nothing that can be read would show it; empty
    /// elsewhere.
    pub accepted_means: String,
}

impl Step {
    pub fn new(id: StepId, title: impl Into<String>, status: StepStatus) -> Self {
        Self {
            id,
            title: title.into(),
            status,
            explanation: String::new(),
            facts: Vec::new(),
            wanted: Vec::new(),
            requests: Vec::new(),
            writes: None,
            revokes: None,
            consent: Consent::Plain,
            proves: false,
            in_parallel: false,
            settles_within: SHOWS_WITHIN,
            again: Again::default(),
            showed: None,
            accepted_means: String::new(),
            by_hand: ByHand::default(),
            arrival: None,
        }
    }

    /// It looks what came of the steps before it.
    #[must_use]
    pub fn proof(mut self) -> Self {
        self.proves = true;
        self
    }

    #[must_use]
    pub fn explained(mut self, text: impl Into<String>) -> Self {
        self.explanation = text.into();
        self
    }

    #[must_use]
    pub fn fact(mut self, label: impl Into<String>, value: impl Into<String>) -> Self {
        self.facts.push((label.into(), value.into()));
        self
    }

    /// A record that the domain's owner has to publish.
    #[must_use]
    pub(super) fn wanting(mut self, label: &str, record: WantedRecord) -> Self {
        self.facts.push((label.to_owned(), record.to_string()));
        self.wanted.push(record);
        self
    }

    #[must_use]
    pub fn sending(mut self, requests: Vec<Request>) -> Self {
        self.requests = requests;
        self
    }

    #[must_use]
    pub fn by_hand(mut self, commands: ByHand) -> Self {
        self.by_hand.extend(commands);
        self
    }

    #[must_use]
    pub fn arriving(mut self, arrival: Option<Arrival>) -> Self {
        self.arrival = arrival;
        self
    }

    #[must_use]
    pub fn writing(mut self, file: NewFile) -> Self {
        self.writes = Some(file);
        self
    }

    #[must_use]
    pub fn revoking(mut self, what: Option<Revokes>) -> Self {
        self.revokes = what;
        self
    }

    #[must_use]
    pub fn in_parallel(mut self) -> Self {
        self.in_parallel = true;
        self
    }

    /// The requests in lanes: one after the other in a lane, lanes side by side. The service takes the
    /// changes of one app, slots included, one at a time.
    pub fn lanes(&self) -> Vec<Vec<&Request>> {
        let app = |request: &Request| {
            let id = ResourceId::parse(&request.path).ok().filter(|_| self.in_parallel)?;
            Some(id.sibling("Microsoft.Web/sites", id.segment("sites")?))
        };
        let mut lanes: Vec<(Option<ResourceId>, Vec<&Request>)> = Vec::new();
        for request in &self.requests {
            let app = app(request);
            match lanes.iter_mut().find(|(lane, _)| *lane == app) {
                Some((_, lane)) => lane.push(request),
                None => lanes.push((app, vec![request])),
            }
        }
        lanes.into_iter().map(|(_, lane)| lane).collect()
    }

    #[must_use]
    pub fn consent(mut self, consent: Consent) -> Self {
        self.consent = consent;
        self
    }

    #[must_use]
    pub fn settles_within(mut self, time: SignedDuration) -> Self {
        self.settles_within = time;
        self
    }

    #[must_use]
    pub fn accepted_means(mut self, proof: impl Into<String>) -> Self {
        self.accepted_means = proof.into();
        self
    }

    #[must_use]
    pub fn again(mut self, again: Again) -> Self {
        self.again = again;
        self
    }

    #[must_use]
    pub fn showed(mut self, at: Option<Timestamp>) -> Self {
        self.showed = at;
        self
    }

    /// The step as it counts some time after its requests were sent. That nothing of them shows yet says
    /// little: they are waited for, and what was accepted is not sent again.
    pub fn settle(&mut self, asked: Option<Asked>, now: Timestamp) {
        // The service's seconds and this machine's do not agree to the last.
        const SLACK: SignedDuration = SignedDuration::from_secs(5);
        // A form may be refused for what was just made: its name is taken, and the look does not show by
        // whom.
        let is_refused = |asked: &Asked| {
            asked.by_this_run && asked.is_accepted && matches!(self.status, StepStatus::NeedsInput { .. })
        };
        let is_open =
            |asked: &Asked| self.writes.is_none() && (self.status == StepStatus::Ready || is_refused(asked));
        let has_shown = |asked: &Asked| self.showed.is_some_and(|showed| showed + SLACK >= asked.at);
        let Some(asked) = asked.filter(|asked| is_open(asked) && !has_shown(asked)) else { return };
        if self.status == StepStatus::Ready && asked.is_accepted && !self.accepted_means.is_empty() {
            self.status = StepStatus::Done(self.accepted_means.clone());
            return;
        }
        let (patience, on) = if asked.is_accepted {
            (self.settles_within, "what Azure accepted to show, which can take some minutes")
        } else {
            (self.lost_within(), "whether what was sent arrived: no answer came")
        };
        if now.duration_since(asked.at) < patience {
            let next_poll = SignedDuration::from_secs(10);
            self.status = StepStatus::Waiting { on: on.to_owned(), since: Some(asked.at), next_poll };
        } else if self.status == StepStatus::Ready
            && asked.by_this_run
            && (self.again == Again::Never || (asked.is_accepted && self.again == Again::IfLost))
        {
            self.status = StepStatus::Blocked(self.unseen(asked.is_accepted));
        }
    }

    /// What may be sent twice without harm is not waited for.
    fn lost_within(&self) -> SignedDuration {
        let has_to_look = self.requests.iter().any(|request| request.repeat == Repeat::LookFirst);
        if has_to_look { LOST_WITHIN.min(self.settles_within) } else { SignedDuration::ZERO }
    }

    fn unseen(&self, is_accepted: bool) -> Problem {
        let (why, then) = if is_accepted {
            ("Azure accepted it, and shows nothing of it", "Look at the resource in the portal.")
        } else {
            (
                "its answer was lost, and nothing of it is to be seen",
                "It costs money or makes a new key, so one run sends it once.",
            )
        };
        let remedy = format!(
            "{then} Nothing was sent again; the same command, run later, goes on from what is there then."
        );
        Problem::new(self.title.clone(), why).remedy(remedy).code(UNSEEN)
    }

    /// Whether a person who agreed to the step as it was shown has agreed to it as it is now.
    pub fn is_as_agreed(&self, shown: &Self) -> bool {
        let words = |step: &Self| Self { requests: Vec::new(), ..step.clone() };
        let same = |(one, other): (&Request, &Request)| one.says_the_same(other);
        words(self) == words(shown)
            && self.requests.len() == shown.requests.len()
            && self.requests.iter().zip(&shown.requests).all(same)
    }

    /// Why it is not sent although a person agreed to it as it was shown.
    pub fn changed_since(&self, shown: &Self) -> Problem {
        let was =
            |label: &str| shown.facts.iter().find(|(own, _)| own == label).map(|(_, value)| value.as_str());
        let changes: Vec<String> = self
            .facts
            .iter()
            .filter(|(label, value)| was(label).is_some_and(|was| was != value))
            .map(|(label, value)| format!("{label}: {value} instead of {}", was(label).unwrap_or_default()))
            .collect();
        let what = if changes.is_empty() { String::new() } else { format!(" ({})", changes.join("; ")) };
        Problem::new(self.title.clone(), format!("it was changed since it was shown{what}"))
            .remedy("Nothing was sent and nothing overwritten. Look at it as it is now, and agree again if it is still right.")
    }

    /// Whether there is something to agree to.
    pub fn acts(&self) -> bool {
        !self.requests.is_empty() || self.writes.is_some()
    }

    /// What would be sent, one line a request: `PUT  /subscriptions/…  Buy the certificate order`.
    pub fn plan(&self) -> Vec<String> {
        let requests =
            self.requests.iter().map(|request| format!("{} {}", request.method.as_str(), request.path));
        requests.chain(self.writes.iter().flat_map(NewFile::plan)).collect()
    }
}

/// The fact that says what a state told of the last try.
pub const LAST_TIME: &str = "Last time";

/// How long to wait before the `attempt`-th look at something that is waited for: soon at first, because most
/// things take seconds, then less and less often up to what the step asks for.
pub fn poll_after(attempt: u32, next_poll: SignedDuration) -> Duration {
    const FIRST: Duration = Duration::from_millis(500);
    FIRST.saturating_mul(1 << attempt.min(10)).min(next_poll.unsigned_abs())
}

/// The step that decides where a flow stands: the first that is not over.
pub fn current(steps: &[Step]) -> Option<&Step> {
    steps.iter().find(|step| !step.status.is_over())
}

/// A proof is one of the change: before that it would tick what was there before.
pub fn hold_proofs(steps: &mut [Step]) {
    let changes = steps.iter_mut().skip_while(|step| step.status.is_over()).skip(1);
    for proof in changes.filter(|step| step.proves && step.status.is_over()) {
        proof.status = StepStatus::follows(Key::Hostname, "the change is made");
        proof.facts.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::orders;

    const THEN: Timestamp = Timestamp::constant(1_795_000_000, 0);

    fn id() -> ResourceId {
        ResourceId::subscription("s")
            .resource("Microsoft.CertificateRegistration/certificateOrders", "contoso")
    }

    /// A verification may be asked for twice; what costs money may not.
    fn ready(again: Again) -> Step {
        Step::new(StepId::RENEW, "Renew", StepStatus::Ready)
            .sending(vec![orders::renew(&id(), None)])
            .again(again)
    }

    fn after(seconds: i64, mut step: Step, is_accepted: bool, by_this_run: bool) -> StepStatus {
        let asked = Asked { at: THEN, is_accepted, by_this_run };
        step.settle(Some(asked), THEN + SignedDuration::from_secs(seconds));
        step.status
    }

    fn is_waiting(status: &StepStatus) -> bool {
        matches!(status, StepStatus::Waiting { since: Some(at), .. } if *at == THEN)
    }

    fn is_unseen(status: &StepStatus) -> bool {
        matches!(status, StepStatus::Blocked(problem) if problem.code.as_deref() == Some(UNSEEN))
    }

    #[test]
    fn what_was_accepted_is_waited_for_and_then_not_sent_again_by_the_same_run() {
        for again in [Again::IfLost, Again::Never] {
            assert!(is_waiting(&after(119, ready(again), true, true)));
            assert!(is_unseen(&after(121, ready(again), true, true)), "{again:?}");
        }
        assert_eq!(after(121, ready(Again::Helps), true, true), StepStatus::Ready);
        assert_eq!(
            after(121, ready(Again::Never), true, false),
            StepStatus::Ready,
            "a later run offers it after a look"
        );
        assert!(
            is_waiting(&after(60, ready(Again::Never), true, false)),
            "and waits for what an earlier one sent just now"
        );
    }

    #[test]
    fn what_got_no_answer_is_looked_for_and_sent_again_only_where_that_does_no_harm() {
        for again in [Again::IfLost, Again::Never] {
            assert!(is_waiting(&after(29, ready(again), false, true)));
        }
        assert_eq!(after(31, ready(Again::IfLost), false, true), StepStatus::Ready);
        assert!(is_unseen(&after(31, ready(Again::Never), false, true)));
        let harmless =
            Step::new(StepId::DELETE, "Delete", StepStatus::Ready).sending(vec![orders::delete(&id())]);
        assert_eq!(after(0, harmless, false, true), StepStatus::Ready);
    }

    #[test]
    fn what_showed_since_has_had_its_effect() {
        let renewed = ready(Again::Never).showed(Some(THEN + SignedDuration::from_secs(40)));
        assert_eq!(after(60, renewed, true, true), StepStatus::Ready, "the next renewal is another one");
        let before = ready(Again::Never).showed(Some(THEN - SignedDuration::from_hours(9)));
        assert!(is_waiting(&after(60, before, true, true)));
    }
}
