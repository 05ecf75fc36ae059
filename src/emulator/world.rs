//! The one thread that owns the practice cloud's state. It runs one request or one due job at a time, each in one
//! transaction, so every answer shows a state that really was, and a change is on disk before anybody hears of it.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{self, RecvTimeoutError},
    thread::{self, JoinHandle},
    time::Duration,
};

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::{
    clock::Clock,
    context::{Context, View},
    error::{EmulatorError, StoreError},
    jobs,
    log::Log,
    reply::Fault,
    setting::Setting,
    store::Store,
    throttle::{Rate, Throttle},
};

type Task = Box<dyn FnOnce(&mut World) + Send>;

/// The longest sleep when nothing is due.
const IDLE: Duration = Duration::from_secs(3600);

/// The expressions of a query may lie a thousand deep in each other; only what is used takes memory.
const STACK: usize = 16 << 20;

/// The name of the thread. A panic in it ends the request and nothing else.
pub const THREAD: &str = "practice-cloud";

/// State, clock and jobs.
#[derive(Debug)]
pub struct World {
    store: Store,
    /// As of the last transaction.
    clock: Cell<Clock>,
    pub setting: Setting,
    pub log: Log,
    pub throttle: Throttle,
}

impl World {
    pub fn new(store: Store, setting: Setting, rate: Rate) -> Self {
        Self { store, clock: Cell::default(), setting, log: Log::default(), throttle: Throttle::new(rate) }
    }

    /// Runs `work` in one transaction, committed when it ends well and undone when not.
    pub fn run<T>(&self, work: impl FnOnce(&Context<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let tx = self.store.begin()?;
        let now = Clock::load(&tx)?.now();
        let ctx = Context { tx: &tx, now, setting: &self.setting, view: View::Now };
        let done = unbroken(|| work(&ctx))?;
        self.clock.set(Clock::load(&tx)?);
        tx.commit()?;
        Ok(done)
    }

    /// Runs every job that is due; says how long until the next one. Nobody hears of what they changed before the last
    /// one is done, so one sync for all of them is enough.
    fn run_due_jobs(&self) -> Result<Duration, StoreError> {
        let mut unsynced = false;
        let wait = loop {
            let tx = self.store.begin()?;
            self.clock.set(Clock::load(&tx)?);
            let now = self.now();
            let Some((key, due, job)) = jobs::next(&tx)? else {
                break IDLE;
            };
            if due > now {
                let wait = due.duration_since(now);
                break Duration::try_from(wait).unwrap_or(IDLE).min(IDLE);
            }
            unsynced = true;
            jobs::take(&tx, &key)?;
            let ctx = Context { tx: &tx, now: due, setting: &self.setting, view: View::Now };
            match unbroken(|| job.clone().run(&ctx)) {
                Ok(()) => tx.commit_unsynced()?,
                Err(fault) => {
                    tracing::warn!(?job, ?fault, "a job failed and is dropped");
                    drop(tx);
                    let tx = self.store.begin()?;
                    jobs::take(&tx, &key)?;
                    tx.commit_unsynced()?;
                }
            }
        };
        if unsynced {
            self.store.sync()?;
        }
        Ok(wait)
    }

    /// Serves tasks until the last handle is gone; jobs that are due come first.
    fn live(mut self, tasks: &mpsc::Receiver<Task>) {
        loop {
            let wait = self.run_due_jobs().unwrap_or_else(|error| {
                tracing::error!(%error, "the job list cannot be read");
                Duration::from_secs(1)
            });
            match tasks.recv_timeout(wait) {
                Ok(task) => task(&mut self),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Gives the world a thread of its own.
    pub fn start(self) -> Result<(Handle, JoinHandle<()>), EmulatorError> {
        let (tasks, inbox) = mpsc::channel();
        let thread = thread::Builder::new()
            .name(THREAD.to_owned())
            .stack_size(STACK)
            .spawn(move || self.live(&inbox))
            .map_err(|source| EmulatorError::File { action: "start", path: "the practice cloud's thread".into(), source })?;
        Ok((Handle { tasks }, thread))
    }

    /// The practice cloud's time.
    pub fn now(&self) -> Timestamp {
        self.clock.get().now()
    }
}

/// A mistake in one operation is that operation's fault: its transaction is undone, and the world goes on. Whoever
/// practises keeps what was done before, and the screen.
fn unbroken<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    // What `work` may leave half done is in the transaction, which is dropped with the fault.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let words = "The practice cloud made a mistake and undid this request. Please report it with the log.";
        Err(Fault::arm(500, "InternalServerError", words))
    })
}

/// How the listeners reach the world; the world ends when the last one is dropped.
#[derive(Debug, Clone)]
pub struct Handle {
    tasks: mpsc::Sender<Task>,
}

impl Handle {
    /// Has the world do something and waits for the result.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut World) -> T + Send + 'static,
    ) -> Result<T, EmulatorError> {
        let (answer, wait) = oneshot::channel();
        let task: Task = Box::new(move |world| {
            // Nobody may be waiting any more: the work is done all the same.
            let _ = answer.send(question(world));
        });
        self.tasks.send(task).map_err(|_| EmulatorError::Stopped)?;
        wait.await.map_err(|_| EmulatorError::Stopped)
    }
}
