//! Effects that take time, each as a task of its own whose outcome comes back as a message under the id it
//! answers.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;

use super::kept::KeptRows;
use super::place::Opener;
use super::world::{Soon, World};
use super::{Happened, folder, marked, place, practice};
use crate::app::building::Building;
use crate::app::effect::{Opening, PracticeAct};
use crate::app::message::{AskId, Message};
use crate::azure::{Listener, Who, inventory, raw, tenants};
use crate::flow::script::{Script, ScriptKind};
use crate::flow::{FlowName, Inputs, MarkedLook, MarkedOutcome, MarkedRow, Step};
use crate::health::custody;
use crate::model::custody::About;
use crate::model::{Estate, EstateRows, Problem, ResourceId, SignInReply};
use crate::snapshot::SnapshotHeading;
use crate::workbench::{Job, Trouble};

/// Apps whose public certificates are told together.
const APPS_A_PART: usize = 16;
/// Answers of vaults that are told together.
const ANSWERS_A_PART: usize = 32;

pub(crate) struct Tasks {
    world: Soon,
    kept: KeptRows,
    opener: Opener,
    answers: Answers,
    running: HashMap<AskId, Running>,
}

impl std::fmt::Debug for Tasks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tasks").field("running", &self.running).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Running {
    task: AbortHandle,
    /// A request of it is on its way: dropping it now would lose the answer and undo nothing.
    sent: Arc<AtomicBool>,
    /// It is not cared about any more: of several changes no further one is begun.
    forgotten: Arc<AtomicBool>,
}

impl Tasks {
    pub(crate) fn new(world: Soon, kept: KeptRows, opener: Opener, to: UnboundedSender<Happened>) -> Self {
        Self { world, kept, opener, answers: Answers(to), running: HashMap::new() }
    }

    pub(crate) fn open(&self, opening: Opening) {
        let (answers, opened) = (self.answers.clone(), (self.opener)(opening));
        tokio::spawn(async move {
            let moved = Happened::Moved(Box::new(opened.await));
            let _ = answers.0.send(moved);
        });
    }

    /// What was asked of the old world is not cared about any more.
    pub(crate) fn move_to(&mut self, world: Soon, kept: KeptRows) {
        let asked: Vec<AskId> = self.running.keys().copied().collect();
        for ask in asked {
            self.forget(ask);
        }
        (self.world, self.kept) = (world, kept);
    }

    /// What the cloud's clock shows and, where this machine's is far off, that in words; nothing before its
    /// first answer.
    pub(crate) fn service_time(&self) -> Option<Message> {
        let client = &self.world.now()?.client;
        client
            .clock()
            .ahead()
            .map(|_| Message::ServiceTime { now: client.now(), difference: client.clock_difference() })
    }

    pub(crate) fn answer_sign_in(&self, reply: SignInReply) {
        if let Some(world) = self.world.now() {
            world.client.answer_sign_in(reply);
        }
    }

    pub(crate) fn read_tenants(&mut self, ask: AskId) {
        let (world, answers) = self.both();
        self.run(ask, async move {
            let read = async {
                let others = tenants::others(&world.there().await?.client).await;
                others.map_err(|error| error.problem("List the tenants of the account"))
            };
            let result = read.await.map(|(others, _)| others.into_iter().filter_map(place::tenant).collect());
            answers.say(Message::TenantsRead { ask, result });
        });
    }

    pub(crate) fn recall_estate(&mut self, ask: AskId) {
        let (kept, answers) = (self.kept.clone(), self.answers.clone());
        // Under no question of its own: it belongs to the reading, which takes its place in the list of what
        // runs.
        tokio::task::spawn_blocking(move || {
            if let Some(estate) = kept.load() {
                answers.say(Message::EstateRecalled { ask, estate: Arc::new(estate) });
            }
        });
    }

    pub(crate) fn read_estate(&mut self, ask: AskId, by_hand: bool) {
        let (world, answers) = self.both();
        self.run(ask, async move {
            let read = async {
                let world = world.there().await?;
                if by_hand {
                    world.client.try_again();
                }
                read(&world, ask, &answers).await
            };
            let result = read.await;
            answers.say(Message::EstateRead { ask, result });
        });
    }

    pub(crate) fn read_touched(&mut self, ask: AskId, places: Vec<ResourceId>) {
        let (world, answers) = self.both();
        self.run(ask, async move {
            let read = async {
                let world = world.there().await?;
                let read = inventory::touched::read(&world.client, &places).await;
                let mut reread = read.map_err(|error| error.problem("Read again what was changed"))?;
                (reread.exports, reread.revocations) = (world.journal.exports(), world.journal.revocations());
                Ok(Box::new(reread))
            };
            answers.say(Message::TouchedRead { ask, result: read.await });
        });
    }

    pub(crate) fn build(&mut self, ask: AskId, building: Building) {
        let answers = self.answers.clone();
        tokio::task::spawn_blocking(move || {
            answers.say(Message::EstateBuilt { ask, built: Box::new(building.build()) });
        });
    }

    pub(crate) fn read_public(&mut self, ask: AskId, apps: Vec<ResourceId>) {
        let (world, answers) = self.both();
        self.run(ask, async move {
            // It is there: it told the apps.
            let Ok(world) = world.there().await else { return };
            let mut rest = apps.as_slice();
            let (mut part, mut answered) = (EstateRows::default(), 0);
            inventory::public::read(&world.client, &apps, |of_app| {
                part.public_certificates.extend(of_app.certificates);
                part.gaps.extend(of_app.gap);
                answered += 1;
                // Some at a time: an app alone is hardly worth a message.
                if answered == rest.len().min(APPS_A_PART) {
                    let (these, others) = rest.split_at(answered);
                    (rest, answered) = (others, 0);
                    let part = Box::new(std::mem::take(&mut part));
                    answers.say(Message::PublicRead { ask, apps: these.to_vec(), part });
                }
            })
            .await;
        });
    }

    /// Asks the vaults of these certificates; what they answered lately is on disk.
    pub(crate) fn read_upkeep(&mut self, ask: AskId, estate: &Estate) {
        let (world, answers) = self.both();
        let Some(now_there) = self.world.now() else { return };
        let (wanted, kept) = (inventory::upkeep::wanted(&now_there.client, estate), self.kept.clone());
        self.run(ask, async move {
            // It is there: it told the certificates.
            let Ok(world) = world.there().await else { return };
            let files = kept.clone();
            let before = tokio::task::spawn_blocking(move || files.upkeep()).await.unwrap_or_default();
            let (mut all, mut told) = (Vec::with_capacity(wanted.len()), 0);
            inventory::upkeep::read(&world.client, wanted, &before, world.client.now(), |answer| {
                all.push(answer);
                // Some at a time: one alone is hardly worth a message.
                if all.len() - told == ANSWERS_A_PART {
                    answers.say(Message::UpkeepRead { ask, part: all[told..].to_vec(), is_over: false });
                    told = all.len();
                }
            })
            .await;
            answers.say(Message::UpkeepRead { ask, part: all[told..].to_vec(), is_over: true });
            if all != before {
                tokio::task::spawn_blocking(move || kept.save_upkeep(&all));
            }
        });
    }

    /// Keeps what was read for the next start; nothing waits for that.
    pub(crate) fn keep_estate(&self, estate: Arc<Estate>) {
        let (kept, Some(world)) = (self.kept.clone(), self.world.now()) else { return };
        tokio::task::spawn_blocking(move || {
            let cloud = world.client.cloud();
            let (practice, national) = (cloud.practice.is_some(), cloud.national);
            let context = world.context.clone();
            kept.save(&SnapshotHeading { context, as_of: estate.as_of, practice, national }, &estate);
        });
    }

    pub(crate) fn observe(&mut self, ask: AskId, flow: FlowName, inputs: Inputs) {
        let (world, answers) = self.both();
        self.run(ask, async move {
            let observe = async { world.there().await?.engine().observe(flow, &inputs).await };
            let result = observe.await.map(Box::new);
            answers.say(Message::Observed { ask, result });
        });
    }

    pub(crate) fn perform_step(&mut self, ask: AskId, flow: FlowName, inputs: Inputs, agreed: Box<Step>) {
        let (world, answers) = self.both();
        let sent = Arc::new(AtomicBool::new(false));
        let sending = sent.clone();
        let task = async move {
            let step = agreed.id;
            let mut say = |note: String| {
                sending.store(true, Ordering::Relaxed);
                answers.say(Message::StepProgressed { ask, note });
            };
            let perform = async {
                let world = world.there().await?;
                world.may_change(flow.title())?;
                world.engine().perform(flow, &inputs, &agreed, &mut say).await
            };
            let result = perform.await.map(Box::new);
            answers.say(Message::StepPerformed { ask, step, result });
        };
        self.keep(ask, task, sent, Arc::default());
    }

    pub(crate) fn look_at_marked(&mut self, ask: AskId, rows: Vec<MarkedRow>) {
        let (world, answers) = self.both();
        self.run(ask, async move {
            let result = async { Ok(marked::look(&*world.there().await?, rows).await) }.await;
            answers.say(Message::MarkedSeen { ask, result });
        });
    }

    pub(crate) fn perform_marked(&mut self, ask: AskId, agreed: Vec<MarkedLook>) {
        let (world, answers) = self.both();
        let (sent, forgotten) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (sending, stop) = (sent.clone(), forgotten.clone());
        let task = async move {
            let mut say = |note: String| {
                sending.store(true, Ordering::Relaxed);
                answers.say(Message::StepProgressed { ask, note });
            };
            let outcome = match world.there().await {
                Ok(world) => marked::perform(&world, agreed, &stop, &mut say).await,
                Err(problem) => MarkedOutcome::not_begun(problem, &agreed),
            };
            answers.say(Message::MarkedPerformed { ask, outcome: Box::new(outcome) });
        };
        self.keep(ask, task, sent, forgotten);
    }

    pub(crate) fn explain(&mut self, ask: AskId, about: About) {
        let (world, answers) = self.both();
        self.run(ask, async move {
            let explain = async {
                let client = &world.there().await?.client;
                let told = custody::explain(client, &about, client.now()).await;
                told.map_err(|error| error.problem("Explain the chain of custody"))
            };
            let result = explain.await;
            answers.say(Message::Explained { ask, result });
        });
    }

    pub(crate) fn read_raw(&mut self, ask: AskId, id: ResourceId) {
        let (world, answers) = self.both();
        self.run(ask, async move {
            let result = async { raw::read(&world.there().await?.client, &id).await }.await;
            answers.say(Message::RawRead { ask, result });
        });
    }

    pub(crate) fn read_journal(&mut self, ask: AskId) {
        let (world, answers) = self.both();
        self.run(ask, async move {
            let changes = match world.there().await {
                Ok(world) => tokio::task::spawn_blocking(move || world.journal.history()).await,
                Err(_) => Ok(Vec::new()),
            };
            answers.say(Message::JournalRead { ask, changes: changes.unwrap_or_default() });
        });
    }

    pub(crate) fn read_folder(&mut self, ask: AskId, path: String, endings: &'static [&'static str]) {
        let answers = self.answers.clone();
        self.run(ask, async move {
            // A directory of a network file system may take its time.
            let read = tokio::task::spawn_blocking(move || folder::read(&path, endings)).await;
            let result =
                read.unwrap_or_else(|_| Err(Problem::new("Read the directory", "it could not be read")));
            answers.say(Message::FolderRead { ask, result });
        });
    }

    pub(crate) fn work(&mut self, ask: AskId, job: Box<Job>) {
        let (world, answers) = self.both();
        self.run(ask, async move {
            let world = match world.there().await {
                Ok(world) => world,
                Err(problem) => {
                    return answers.say(Message::Worked { ask, result: Err(Trouble::Refused(problem.why)) });
                }
            };
            // Deriving keys from passwords takes up to seconds.
            let work = move || job.perform(&world.rules, world.client.now()).map(Box::new);
            let result = tokio::task::spawn_blocking(work).await;
            let result =
                result.unwrap_or_else(|_| Err(Trouble::Refused("the work was broken off".to_owned())));
            answers.say(Message::Worked { ask, result });
        });
    }

    /// The steps of a flow as a script for the cloud that is open.
    pub(crate) fn script(
        &self,
        kind: ScriptKind,
        flow: FlowName,
        inputs: &Inputs,
        steps: &[Step],
    ) -> Result<String, Problem> {
        let not_there = || {
            Problem::new("Write the script", "the cloud is not reached yet, and its addresses are part of it")
        };
        let world = self.world.now().ok_or_else(not_there)?;
        let script =
            Script { kind, flow, steps, inputs, cloud: world.client.cloud(), at: world.client.now() };
        script.text().map_err(|error| error.problem("Write the script"))
    }

    pub(crate) fn practise(&mut self, ask: AskId, act: PracticeAct) {
        let (world, answers) = self.both();
        self.run(ask, async move {
            let result = async { practice::play(&world.there().await?.client, &act).await }.await;
            answers.say(Message::Practised { ask, result });
        });
    }

    pub(crate) fn read_goal(&self) {
        let (world, answers) = self.both();
        tokio::spawn(async move {
            let result = async { practice::goal(&world.there().await?.client).await }.await;
            answers.say(Message::GoalRead(result));
        });
    }

    pub(crate) fn forget(&mut self, ask: AskId) {
        if let Some(running) = self.running.remove(&ask) {
            running.forgotten.store(true, Ordering::Relaxed);
            if !running.sent.load(Ordering::Relaxed) {
                running.task.abort();
            }
        }
    }

    pub(crate) fn wake(&self, at: Timestamp, after: Duration) {
        let answers = self.answers.clone();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            let _ = answers.0.send(Happened::Woken(at));
        });
    }

    fn both(&self) -> (Soon, Answers) {
        (self.world.clone(), self.answers.clone())
    }

    fn run(&mut self, ask: AskId, task: impl Future<Output = ()> + Send + 'static) {
        self.keep(ask, task, Arc::default(), Arc::default());
    }

    fn keep(
        &mut self,
        ask: AskId,
        task: impl Future<Output = ()> + Send + 'static,
        sent: Arc<AtomicBool>,
        forgotten: Arc<AtomicBool>,
    ) {
        self.running.retain(|_, running| !running.task.is_finished());
        let task = tokio::spawn(task).abort_handle();
        self.running.insert(ask, Running { task, sent, forgotten });
    }
}

/// Tells every part as it comes.
async fn read(world: &World, ask: AskId, answers: &Answers) -> Result<(), Problem> {
    // What was exported and revoked from here is known to this machine alone; it comes with the first part.
    let (mut exports, mut revocations) = (world.journal.exports(), world.journal.revocations());
    let say = |mut part: EstateRows, note| {
        part.exports.append(&mut exports);
        part.revocations.append(&mut revocations);
        answers.say(Message::EstateProgressed { ask, part: Box::new(part), note });
    };
    // The journal is stamped by this machine's clock.
    let changed = world.journal.changed_since(Timestamp::now() - inventory::LAG);
    let told = answers.clone();
    let client = world.client.telling(Listener::new(move |wait| {
        let pause = SignedDuration::try_from(wait.pause).unwrap_or(SignedDuration::MAX);
        told.say(Message::ReadingWaits { ask, pause, why: wait.why.clone() });
    }));
    let result = inventory::read(&client, &changed, say).await;
    // The token that it read with is there; where it has just ended, nothing is asked for this.
    if result.is_ok()
        && let Some(Ok(Who { name, tenant, .. })) = client.sign_in().now_or_never()
    {
        answers.say(Message::SignedIn { ask, name, tenant });
    }
    result.map_err(|error| error.problem("Read the certificates, orders and bindings"))
}

/// The way back into the loop.
#[derive(Debug, Clone)]
struct Answers(UnboundedSender<Happened>);

impl Answers {
    fn say(&self, message: Message) {
        // Once the loop has ended, it does not listen any more, and the answer is not needed.
        let _ = self.0.send(Happened::Message(message));
    }
}
