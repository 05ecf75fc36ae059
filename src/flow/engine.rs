//! Drives a flow: look, send, follow, journal, look again. The same for the screen (one step) and the command line
//! (all). What to do next is decided by `pursuit`; here it is done.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::stream::{self, StreamExt};
use jiff::SignedDuration;

use super::arrival::Sign;
use super::pursuit::{Came, Next, Pause, Pursuit};
use super::unsent::{Fate, Lack, Unsent};
use super::{FlowName, Inputs, Key, NewFile, Observed, Step, StepId, StepStatus, observe, steps};
use crate::azure::{Changed, Client, Request};
use crate::journal::{ChangeOutcome, Journal};
use crate::model::Problem;
use crate::rules::Rules;

/// How often a request is sent that holds only while its resource is as it was read.
const TRIES: u32 = 3;

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
        let mut pursuit = Pursuit::alone();
        let mut left_out = Vec::new();
        loop {
            let observed = self.observe(flow, inputs).await?;
            for note in observed.left_out.iter().filter(|note| !left_out.contains(*note)) {
                conductor.warns(&format!("not looked at: {note}"));
            }
            left_out.clone_from(&observed.left_out);
            let now = self.client.now();
            let mut steps = steps(flow, &observed, inputs, self.rules, now);
            pursuit.settle(&mut steps, now);
            conductor.stands(&steps);
            let step = match pursuit.next(&steps, now) {
                Next::Over => return Ok(Ending::Done(steps)),
                Next::NeedsInput { key, why } => return Ok(Ending::NeedsInput { key, why: why.to_owned() }),
                Next::Blocked(problem) => return Ok(Ending::Blocked(problem.clone())),
                Next::Fail(problem) => return Err(problem),
                Next::Wait(Pause { on, length, is_news }) => {
                    if is_news {
                        conductor.warns(&format!("waiting for {on}"));
                    }
                    if !conductor.waits(&on, length).await {
                        return Ok(Ending::StillWaiting { on });
                    }
                    continue;
                }
                Next::Ask(step) if !conductor.consents(step) => return Ok(Ending::Declined(step.id)),
                Next::Ask(step) if self.client.now().duration_since(now) > FRESH => {
                    pursuit.agree(step);
                    continue;
                }
                Next::Ask(step) | Next::Send(step) => step,
            };
            let sent = self.carry_out(flow, step, &mut |note| conductor.says(&note)).await;
            match pursuit.take(step, sent, self.client.now()) {
                Came::Accepted(warnings) => warnings.iter().for_each(|warning| conductor.warns(warning)),
                Came::Unknown { problem, .. } => conductor.says(&problem.to_string()),
                Came::NotInForce => {}
                Came::Fail(problem) => return Err(problem),
                Came::Outdated(problem, Pause { on, length, .. }) => {
                    conductor.says(&problem.to_string());
                    if !conductor.waits(&on, length).await {
                        return Ok(Ending::StillWaiting { on: problem.why });
                    }
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
        let mut pursuit = Pursuit::default();
        let came = loop {
            let observed = self.observe(flow, inputs).await?;
            let Some(ready) = self.ready(flow, &observed, inputs, agreed.id) else { return Ok(observed) };
            if !ready.is_as_agreed(agreed) {
                return Err(ready.changed_since(agreed));
            }
            let sent = self.carry_out(flow, &ready, say).await;
            let came = pursuit.take(&ready, sent, self.client.now());
            let (Some(arrival), Came::NotInForce) = (ready.arrival, &came) else { break came };
            if arrival.sign == Sign::State {
                let observed = self.observe(flow, inputs).await?;
                if self.ready(flow, &observed, inputs, agreed.id).is_none() {
                    return Ok(observed);
                }
            }
            if let Some(waited) = pursuit.wait_for_arrival(&ready, arrival, self.client.now()) {
                let Pause { on, length, .. } = waited?;
                say(format!("waiting for {on}"));
                tokio::time::sleep(length).await;
            }
        };
        let lost = match came {
            Came::Fail(problem) => return Err(problem),
            Came::Unknown { problem, is_accepted: false } | Came::Outdated(problem, _) => Some(problem),
            Came::Accepted(warnings) => {
                warnings.into_iter().for_each(&mut *say);
                None
            }
            // Azure goes on with it, and the step waits for the effect as if an answer had come.
            Came::Unknown { is_accepted: true, .. } | Came::NotInForce => None,
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
        sent.map_err(|error| Unsent::new(error.problem(&request.what), &error))
    }
}

/// What several lanes share, for a moment each; none of them waits while it has it.
fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
