//! The one thread that owns the practice cloud's state. It runs one request or one due job at a time, each in
//! one transaction, so that every response shows a state that really existed, and a change is on disk before
//! its response is sent: requests that arrive together share one sync, and their responses wait for it.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{self, RecvTimeoutError, TryRecvError},
    thread::{self, JoinHandle},
    time::Duration,
};

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::{
    clock::Clock,
    context::{CloudContext, View},
    error::{EmulatorError, StoreError},
    jobs,
    log::Log,
    reply::Fault,
    setting::Setting,
    store::{Store, Transaction},
    throttle::{Rate, Throttle},
};

type WorldTask = Box<dyn FnOnce(&mut PracticeWorld) -> Completion + Send>;
/// Sends the result to the caller.
type Completion = Box<dyn FnOnce() + Send>;

/// The longest sleep when nothing is due.
const IDLE: Duration = Duration::from_secs(3600);

/// The maximum number of responses that wait for one sync.
const TOGETHER: usize = 64;

/// The expressions of a query may be nested a thousand deep; only the used part takes memory.
const STACK: usize = 16 << 20;

/// The name of the thread. A panic in it fails only the current request.
pub const THREAD: &str = "practice-cloud";

/// State, clock and jobs.
#[derive(Debug)]
pub(crate) struct PracticeWorld {
    store: Store,
    /// The clock as of the last transaction.
    clock: Cell<Clock>,
    /// Whether a change is not on disk yet.
    unsynced: Cell<bool>,
    pub setting: Setting,
    pub log: Log,
    pub throttle: Throttle,
}

impl PracticeWorld {
    pub(crate) fn new(store: Store, setting: Setting, rate: Rate) -> Self {
        let (clock, unsynced) = (Cell::default(), Cell::default());
        Self { store, clock, unsynced, setting, log: Log::default(), throttle: Throttle::new(rate) }
    }

    /// Runs `work` in one transaction, which is committed on success and undone on a fault. It is on disk
    /// after `sync`.
    pub(crate) fn run<T>(
        &self,
        work: impl FnOnce(&CloudContext<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let tx = self.store.begin()?;
        let now = Clock::load(&tx)?.now();
        let ctx = CloudContext { tx: &tx, now, setting: &self.setting, view: View::Now, stale: None };
        let done = unbroken(|| work(&ctx))?;
        self.clock.set(Clock::load(&tx)?);
        self.commit(tx)?;
        Ok(done)
    }

    fn commit(&self, tx: Transaction) -> Result<(), StoreError> {
        if tx.commit_unsynced()? {
            self.unsynced.set(true);
        }
        Ok(())
    }

    /// Writes all changes to disk.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        if self.unsynced.get() {
            self.store.sync()?;
            self.unsynced.set(false);
        }
        Ok(())
    }

    /// Runs every job that is due; returns the time until the next one.
    fn run_due_jobs(&self) -> Result<Duration, StoreError> {
        loop {
            let tx = self.store.begin()?;
            self.clock.set(Clock::load(&tx)?);
            let now = self.now();
            let Some((key, due, job)) = jobs::next(&tx)? else {
                return Ok(IDLE);
            };
            if due > now {
                let wait = due.duration_since(now);
                return Ok(Duration::try_from(wait).unwrap_or(IDLE).min(IDLE));
            }
            jobs::take(&tx, &key)?;
            let ctx =
                CloudContext { tx: &tx, now: due, setting: &self.setting, view: View::Now, stale: None };
            match unbroken(|| job.clone().run(&ctx)) {
                Ok(()) => self.commit(tx)?,
                Err(fault) => {
                    tracing::warn!(?job, ?fault, "a job failed and is dropped");
                    drop(tx);
                    let tx = self.store.begin()?;
                    jobs::take(&tx, &key)?;
                    self.commit(tx)?;
                }
            }
        }
    }

    /// Serves tasks until the last handle is dropped; due jobs come first.
    fn live(mut self, tasks: &mpsc::Receiver<WorldTask>) {
        let mut answers = Vec::new();
        loop {
            let wait = self.run_due_jobs().unwrap_or_else(|error| {
                tracing::error!(%error, "the job list cannot be read");
                Duration::from_secs(1)
            });
            let another = if answers.len() < TOGETHER { tasks.try_recv() } else { Err(TryRecvError::Empty) };
            let task = if let Ok(task) = another {
                task
            } else {
                self.tell(&mut answers);
                match tasks.recv_timeout(wait) {
                    Ok(task) => task,
                    Err(RecvTimeoutError::Timeout) => continue,
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            };
            answers.push(task(&mut self));
        }
    }

    /// Sends the responses once their changes are on disk. If that fails they are dropped, and the listener
    /// answers that the service is not available.
    fn tell(&self, answers: &mut Vec<Completion>) {
        match self.sync() {
            Ok(()) => answers.drain(..).for_each(|answer| answer()),
            Err(error) => {
                tracing::error!(%error, "changes cannot be written to the disk");
                answers.clear();
            }
        }
    }

    /// Starts the world's own thread.
    pub(crate) fn start(self) -> Result<(Handle, JoinHandle<()>), EmulatorError> {
        let (tasks, inbox) = mpsc::channel();
        let thread = thread::Builder::new()
            .name(THREAD.to_owned())
            .stack_size(STACK)
            .spawn(move || self.live(&inbox))
            .map_err(|source| EmulatorError::File {
                action: "start",
                path: "the practice cloud's thread".into(),
                source,
            })?;
        Ok((Handle { tasks }, thread))
    }

    /// The practice cloud's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.get().now()
    }
}

/// Turns a panic in one operation into a fault: its transaction is undone, and the world continues. A user
/// who practises keeps their earlier work, and the screen.
fn unbroken<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    // State that `work` leaves half done is in the transaction, which is dropped with the fault.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let words =
            "The practice cloud made a mistake and undid this request. Please report it with the log.";
        Err(Fault::arm(500, "InternalServerError", words))
    })
}

/// The way of the listeners to the world; the world ends when the last handle is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Handle {
    tasks: mpsc::Sender<WorldTask>,
}

impl Handle {
    /// Runs a task in the world and waits for the result.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut PracticeWorld) -> T + Send + 'static,
    ) -> Result<T, EmulatorError> {
        let (answer, wait) = oneshot::channel();
        let task: WorldTask = Box::new(move |world| {
            let found = question(world);
            Box::new(move || {
                // The caller may be gone; the work is done in any case.
                let _ = answer.send(found);
            })
        });
        self.tasks.send(task).map_err(|_| EmulatorError::Stopped)?;
        wait.await.map_err(|_| EmulatorError::Stopped)
    }
}
