//! Drives a flow: send, follow, journal, observe again. The same for the screen (one step) and the command
//! line (all). Between looks it remembers only what it sent and when: a look that shows nothing of that is no
//! reason to send it again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};

use super::arrival::Sign;
use super::step::{Again, Asked, LAST_TIME, UNSEEN, poll_after};
use super::{
    ByHand, FlowName, Inputs, Key, NewFile, Observed, Step, StepId, StepStatus, current, observe, steps,
};
use crate::azure::{AzureError, Changed, Client, Request};
use crate::journal::{ChangeOutcome, Journal};
use crate::model::Problem;
use crate::rules::Rules;

/// How often one step may be sent before the engine stops believing that it helps.
const TRIES: u32 = 3;

/// Between two looks at a resource that shows an older state.
const AT_MOST: SignedDuration = SignedDuration::from_secs(10);

/// How long a resource may go on showing an older state than the one that a change has to name (HTTP 412).
const OUTDATED: SignedDuration = SignedDuration::from_mins(1);

/// How many apps are changed at the same time.
const LANES: usize = 4;

/// How old a look may be when its requests are sent; after that they are sent from a new one.
const FRESH: SignedDuration = SignedDuration::from_secs(3);

/// How a run ended, short of a failure.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// Every step is done; with the sentences of evidence.
    Done(Vec<Step>),
    NeedsInput {
        key: Key,
        why: String,
    },
    Blocked(Problem),
    /// The person, or a missing `--yes`, did not agree to a change.
    Declined(StepId),
    /// Still waiting when the conductor's patience ended; running the flow again goes on from here.
    StillWaiting {
        on: String,
    },
}

/// The one who listens while a flow runs by itself, and decides.
pub trait Conductor: Send {
    /// The steps as they stand after a look.
    fn stands(&mut self, steps: &[Step]);
    fn says(&mut self, note: &str);
    /// What the service has to say about a change that it made all the same.
    fn warns(&mut self, warning: &str) {
        self.says(warning);
    }
    /// Whether the requests of this step may be sent.
    fn consents(&mut self, step: &Step) -> bool;
    /// Waits before the next look; `false` ends the run.
    fn waits(&mut self, on: &str, pause: Duration) -> impl Future<Output = bool> + Send;
}

#[derive(Debug, Clone, Copy)]
pub struct Engine<'a> {
    pub client: &'a Client,
    pub journal: &'a Journal,
    pub rules: &'a Rules,
}

impl Engine<'_> {
    /// Looks at what a flow is about, and at what this machine knows of it beside the cloud.
    pub async fn observe(&self, flow: FlowName, inputs: &Inputs) -> Result<Observed, Problem> {
        let seen = observe(self.client, flow, inputs).await?;
        Ok(Observed { exports: self.journal.exports(), sent: self.journal.sent(), ..seen })
    }

    /// Runs a flow until it is done or cannot go on alone.
    pub async fn run(
        &self,
        flow: FlowName,
        inputs: &Inputs,
        conductor: &mut impl Conductor,
    ) -> Result<Ending, Problem> {
        let mut asked: HashMap<StepId, (Asked, u32)> = HashMap::new();
        let mut outdated: HashMap<StepId, Timestamp> = HashMap::new();
        let mut awaited: HashMap<StepId, Awaited> = HashMap::new();
        let mut left_out = Vec::new();
        let mut looks = 0;
        let mut agreed: Option<Step> = None;
        loop {
            let observed = self.observe(flow, inputs).await?;
            for note in observed.left_out.iter().filter(|note| !left_out.contains(*note)) {
                conductor.warns(&format!("not looked at: {note}"));
            }
            left_out.clone_from(&observed.left_out);
            let now = self.client.now();
            let steps: Vec<Step> = steps(flow, &observed, inputs, self.rules, now)
                .into_iter()
                .map(|step| match asked.get(&step.id) {
                    // Asked for often enough; what takes time to show is waited for, as long as the person
                    // has patience.
                    Some((sent, tries)) if *tries >= TRIES && step.again == Again::Helps => {
                        step.settles_within(SignedDuration::MAX).settling(Some(*sent), now)
                    }
                    Some((sent, _)) => step.settling(Some(*sent), now),
                    None => step,
                })
                .collect();
            conductor.stands(&steps);
            let Some(step) = current(&steps) else { return Ok(Ending::Done(steps)) };
            match &step.status {
                StepStatus::Done(_) | StepStatus::NotNeeded(_) => {}
                StepStatus::NeedsInput { key, why } => {
                    return Ok(Ending::NeedsInput { key: *key, why: why.clone() });
                }
                StepStatus::Blocked(problem) if problem.code.as_deref() == Some(UNSEEN) => {
                    return Err(problem.clone());
                }
                StepStatus::Blocked(problem) => return Ok(Ending::Blocked(problem.clone())),
                StepStatus::Waiting { on, next_poll, .. } => {
                    if !conductor.waits(on, poll_after(looks, *next_poll)).await {
                        return Ok(Ending::StillWaiting { on: on.clone() });
                    }
                    looks += 1;
                }
                StepStatus::Ready => {
                    if let (Some(arrival), Some(awaited)) = (step.arrival, awaited.get_mut(&step.id))
                        && !std::mem::replace(&mut awaited.is_waited, true)
                    {
                        if now.duration_since(awaited.since) >= arrival.within.duration() {
                            return Err(arrival.given_up(awaited.problem.clone()));
                        }
                        if !std::mem::replace(&mut awaited.is_told, true) {
                            conductor.warns(&format!("waiting for {}", arrival.on()));
                            looks = 0;
                        }
                        if !conductor.waits(&arrival.on(), poll_after(looks, arrival.poll)).await {
                            return Ok(Ending::StillWaiting { on: arrival.on() });
                        }
                        looks += 1;
                        agreed = Some(step.clone());
                        continue;
                    }
                    let tries = asked.get(&step.id).map_or(0, |(_, tries)| *tries);
                    if tries >= TRIES {
                        return Err(without_effect(step));
                    }
                    if !agreed.take().is_some_and(|shown| step.is_as_agreed(&shown)) {
                        if !conductor.consents(step) {
                            return Ok(Ending::Declined(step.id));
                        }
                        if self.client.now().duration_since(now) > FRESH {
                            agreed = Some(step.clone());
                            continue;
                        }
                    }
                    let sent = self.carry_out(flow, step, &mut |note| conductor.says(&note)).await;
                    if let Some(problem) = awaits(step, &sent) {
                        let (since, is_told) = awaited
                            .get(&step.id)
                            .map_or((now, false), |before| (before.since, before.is_told));
                        awaited.insert(step.id, Awaited { since, problem, is_waited: false, is_told });
                        continue;
                    }
                    let is_accepted = match sent {
                        // Another look may show a newer state; until it does, this change cannot be made.
                        Err(Unsent { fate: Fate::Outdated, problem, .. }) => {
                            let since = *outdated.entry(step.id).or_insert_with(|| self.client.now());
                            conductor.says(&problem.to_string());
                            if self.client.now().duration_since(since) > OUTDATED {
                                return Err(problem);
                            }
                            if !conductor
                                .waits(
                                    "the newest state of what is to be changed",
                                    poll_after(looks, AT_MOST),
                                )
                                .await
                            {
                                return Ok(Ending::StillWaiting { on: problem.why });
                            }
                            looks += 1;
                            continue;
                        }
                        // Whether it happened, only the next looks can tell.
                        Err(Unsent { fate: fate @ (Fate::Lost | Fate::UnderWay), problem, .. }) => {
                            conductor.says(&problem.to_string());
                            fate == Fate::UnderWay
                        }
                        sent => {
                            sent.map_err(|unsent| unsent.problem)?
                                .iter()
                                .for_each(|warning| conductor.warns(warning));
                            true
                        }
                    };
                    asked.insert(
                        step.id,
                        (Asked { at: self.client.now(), is_accepted, by_this_run: true }, tries + 1),
                    );
                    looks = 0;
                }
            }
        }
    }

    /// Sends the requests of the step that was agreed to, if it still stands ready, and looks again.
    ///
    /// What is sent comes from a fresh look, never from what the screen showed some time ago; and where that
    /// look says anything else than what was agreed to, nothing is sent.
    pub async fn perform(
        &self,
        flow: FlowName,
        inputs: &Inputs,
        agreed: &Step,
        say: &mut (dyn FnMut(String) + Send),
    ) -> Result<Observed, Problem> {
        let (mut awaited, mut looks) = (None, 0);
        let sent = loop {
            let observed = self.observe(flow, inputs).await?;
            let Some(ready) = self.ready(flow, &observed, inputs, agreed.id) else { return Ok(observed) };
            if !ready.is_as_agreed(agreed) {
                return Err(ready.changed_since(agreed));
            }
            let sent = self.carry_out(flow, &ready, say).await;
            let (Some(arrival), Some(problem)) = (ready.arrival, awaits(&ready, &sent)) else { break sent };
            if arrival.sign == Sign::State {
                let observed = self.observe(flow, inputs).await?;
                if self.ready(flow, &observed, inputs, agreed.id).is_none() {
                    return Ok(observed);
                }
            }
            let now = self.client.now();
            if now.duration_since(*awaited.get_or_insert(now)) >= arrival.within.duration() {
                return Err(arrival.given_up(problem));
            }
            say(format!("waiting for {}", arrival.on()));
            tokio::time::sleep(poll_after(looks, arrival.poll)).await;
            looks += 1;
        };
        let lost = match sent {
            // Azure goes on with it, and the step waits for the effect as if an answer had come.
            Err(Unsent { fate: Fate::UnderWay, .. }) => None,
            Err(Unsent { fate: Fate::Lost | Fate::Outdated, problem, .. }) => Some(problem),
            sent => {
                sent.map_err(|unsent| unsent.problem)?.into_iter().for_each(&mut *say);
                None
            }
        };
        let observed = self.observe(flow, inputs).await?;
        match lost {
            // Nothing to be seen of it: the person who asked for it has to know that no answer came.
            Some(problem) if self.ready(flow, &observed, inputs, agreed.id).is_some() => Err(problem),
            _ => Ok(observed),
        }
    }

    fn ready(&self, flow: FlowName, observed: &Observed, inputs: &Inputs, id: StepId) -> Option<Step> {
        let steps = steps(flow, observed, inputs, self.rules, self.client.now());
        steps.into_iter().find(|step| step.id == id && step.status == StepStatus::Ready)
    }

    /// Sends the requests of a step and writes its file. Returns what the service warns of.
    async fn carry_out(
        &self,
        flow: FlowName,
        step: &Step,
        say: &mut (dyn FnMut(String) + Send),
    ) -> Result<Vec<String>, Unsent> {
        if let Some(revokes) = &step.revokes {
            // Before it is sent: shown it is only where the cloud agrees, and what is sent may not come back
            // to be noted.
            self.journal
                .revoked(&revokes.at(self.client.now()))
                .map_err(|error| Unsent::refused(error.problem(&step.title)))?;
        }
        let sent = self.send_all(flow, step, say).await;
        let warnings =
            sent.map_err(
                |unsent| if unsent.lack.is_some() { unsent.with_commands(&step.by_hand) } else { unsent },
            )?;
        if let Some(file) = &step.writes {
            say(file.what.clone());
            let written = self.write(flow, file, say).await;
            written.map_err(Unsent::refused)?;
        }
        Ok(warnings)
    }

    /// Sends the requests of a step, its lanes side by side. After the first that fails none is begun any
    /// more, and those under way are followed to their end. Returns what the service warns of.
    async fn send_all(
        &self,
        flow: FlowName,
        step: &Step,
        say: &mut (dyn FnMut(String) + Send),
    ) -> Result<Vec<String>, Unsent> {
        let (say, warnings, failed) = (Mutex::new(say), Mutex::new(Vec::new()), Mutex::new(None));
        let (say, warnings, failed) = (&say, &warnings, &failed);
        let run = |lane: Vec<Request>| async move {
            for request in lane {
                if locked(failed).is_some() {
                    return;
                }
                locked(say)(request.what.clone());
                match self.send(flow, &request, &mut |note| locked(say)(note)).await {
                    Ok(changed) => locked(warnings)
                        .extend(changed.warning.map(|warning| format!("Azure warns: {warning}"))),
                    Err(unsent) if unsent.lack == Some(Lack::Caller) && request.if_allowed => {
                        locked(warnings).push(format!("not checked: {}", unsent.problem));
                    }
                    Err(unsent) => drop(locked(failed).get_or_insert(unsent)),
                }
            }
        };
        // Collected, because a stream that holds the closure cannot move to another thread.
        let lanes: Vec<_> =
            step.lanes().into_iter().map(|lane| run(lane.into_iter().cloned().collect())).collect();
        stream::iter(lanes).buffer_unordered(LANES).collect::<()>().await;
        match locked(failed).take() {
            Some(unsent) => Err(unsent),
            None => Ok(std::mem::take(&mut *locked(warnings))),
        }
    }

    /// Writes a file as a change is sent: a line in the journal first. It is remembered before it is there,
    /// because a file without a record is worse than a record without a file.
    async fn write(
        &self,
        flow: FlowName,
        file: &NewFile,
        say: &mut (dyn FnMut(String) + Send),
    ) -> Result<(), Problem> {
        let bytes = file.make(self.client).await?;
        let entry = self
            .journal
            .before_file(flow, &file.what, &file.path)
            .map_err(|error| error.problem(&file.what))?;
        self.journal.exported(&file.record(self.client.now())).map_err(|error| error.problem(&file.what))?;
        let written = file.write(&bytes);
        let outcome = if written.is_ok() { ChangeOutcome::Done } else { ChangeOutcome::Refused };
        if let Err(error) = self.journal.after(entry, None, None, outcome) {
            say(error.to_string());
        }
        written
    }

    /// Sends a request. One that holds only while its resource is as it was read is preceded by another read:
    /// the ETag of an app is that of all its hostnames and settings, so the one before it in the step has
    /// changed it.
    async fn send(
        &self,
        flow: FlowName,
        request: &Request,
        say: &mut (dyn FnMut(String) + Send),
    ) -> Result<Changed, Unsent> {
        if request.condition.is_none() {
            return self.send_once(flow, request, say).await;
        }
        let mut tries = 0;
        loop {
            let sent = self.send_once(flow, &self.read_again(request).await?, say).await;
            tries += 1;
            match sent {
                Err(Unsent { fate: Fate::Outdated, .. }) if tries < TRIES => {}
                sent => return sent,
            }
        }
    }

    /// The request with the resource as it is now, if it is still what it was when the person agreed.
    async fn read_again(&self, request: &Request) -> Result<Request, Unsent> {
        let read = Request::get(
            format!("Read {} again", request.name()),
            request.path.as_str(),
            request.api_version,
        );
        let now = self
            .client
            .read_as_it_is(&read)
            .await
            .map_err(|error| Unsent::refused(error.problem(&request.what)))?;
        if let Some(now) = now.filter(|now| request.still_applies(&now.body)) {
            return Ok(request.clone().while_as(Some(&now)));
        }
        let problem = Problem::new(&*request.what, "it was changed since it was read, and not from here")
            .remedy("Nothing was sent. Look again, and repeat it if it is still right.")
            .code("PreconditionFailed");
        Err(Unsent { problem, fate: Fate::Outdated, lack: None })
    }

    async fn send_once(
        &self,
        flow: FlowName,
        request: &Request,
        say: &mut (dyn FnMut(String) + Send),
    ) -> Result<Changed, Unsent> {
        let before = self.journal.before(flow, request, self.client.now());
        let entry = before.map_err(|error| Unsent::refused(error.problem(&request.what)))?;
        let sent = self.client.change(request, &mut |progress| say(progress.note)).await;
        let (status, id, outcome) = match &sent {
            Ok(changed) => (Some(changed.status), changed.request_id.as_deref(), ChangeOutcome::Done),
            Err(error) => match error.refusal() {
                Some(refusal) => {
                    (Some(refusal.status), refusal.request_id.as_deref(), ChangeOutcome::Refused)
                }
                None if error.is_ambiguous() => (None, None, ChangeOutcome::Unknown),
                None => (None, None, ChangeOutcome::Unsent),
            },
        };
        // A change that happened must not be reported as failed because the line about it could not be
        // written.
        if let Err(error) = self.journal.after(entry, status, id, outcome) {
            say(error.to_string());
        }
        sent.map_err(|error| Unsent {
            problem: error.problem(&request.what),
            fate: Fate::of(&error),
            lack: Lack::of(&error),
        })
    }
}

/// A request that did not come to its end.
struct Unsent {
    problem: Problem,
    fate: Fate,
    lack: Option<Lack>,
}

impl Unsent {
    fn refused(problem: Problem) -> Self {
        Self { problem, fate: Fate::Refused, lack: None }
    }

    /// With what an admin can do about it.
    fn with_commands(mut self, by_hand: &ByHand) -> Self {
        if !by_hand.is_empty() {
            self.problem.remedy = format!("{}\n{}", self.problem.remedy, by_hand.remedy());
        }
        self
    }
}

/// What became of such a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
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
enum Lack {
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

/// A permission that is granted and not in force: since when it is waited for, and what Azure said last.
struct Awaited {
    since: Timestamp,
    problem: Problem,
    /// Whether it was waited since.
    is_waited: bool,
    /// Whether it was said that it is waited for.
    is_told: bool,
}

/// What Azure said, if it is what a permission that has not arrived looks like.
fn awaits(step: &Step, sent: &Result<Vec<String>, Unsent>) -> Option<Problem> {
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

/// What several lanes share, for a moment each; none of them waits while it has it.
fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn without_effect(step: &Step) -> Problem {
    let remedy = "look at the resource in Azure; running this again later does no harm".to_owned();
    let remedy =
        if step.by_hand.is_empty() { remedy } else { format!("{remedy}\n{}", step.by_hand.remedy()) };
    Problem::new(step.title.clone(), format!("it was sent {TRIES} times, and nothing of it is to be seen"))
        .remedy(remedy)
}
