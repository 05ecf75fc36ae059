//! Everything that can happen to the program, as facts. `App::update` takes them one at a time.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::building::Built;
use super::dialog::Folder;
use super::goal::Goal;
use super::key::Key;
use super::place::TenantChoice;
use crate::flow::{MarkedLook, MarkedOutcome, Observed, StepId};
use crate::model::custody::Custody;
use crate::model::{Estate, EstateRows, PastChange, Problem, Reread, ResourceId, SignInAsk, Upkeep};
use crate::workbench::{JobResult, Password, Trouble};

/// Tells the answers to one question from those to another; a late answer to a question no longer asked is
/// dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AskId(pub u64);

#[derive(Debug)]
pub enum Message {
    KeyPressed(Key),
    Pasted(String),
    Resized {
        width: u16,
        height: u16,
    },
    /// Time passed on this machine; asked for by `Effect::Wake`, and sent along with every answer that
    /// carries a time.
    Ticked(Timestamp),
    /// What the cloud's clock shows, and in words how far off this machine's is, where that matters.
    ServiceTime {
        now: Timestamp,
        difference: Option<String>,
    },
    /// The pause of `Effect::Wake` up to this time is over, independent of the clock.
    Woken(Timestamp),
    /// The estate as an earlier run read it (`Effect::RecallEstate`).
    EstateRecalled {
        ask: AskId,
        estate: Arc<Estate>,
    },
    /// A part of the estate that was not told before, usable while the rest is still being read.
    EstateProgressed {
        ask: AskId,
        part: Box<EstateRows>,
        note: String,
    },
    /// Whose rights the reading had: a name, and the tenant where it is known.
    SignedIn {
        ask: AskId,
        name: String,
        tenant: Option<String>,
    },
    /// A request of the reading waits before it is tried again.
    ReadingWaits {
        ask: AskId,
        pause: SignedDuration,
        why: String,
    },
    /// All parts of the estate were told, or why there are no more.
    EstateRead {
        ask: AskId,
        result: Result<(), Problem>,
    },
    /// What `Effect::ReadTouched` asked for.
    TouchedRead {
        ask: AskId,
        result: Result<Box<Reread>, Problem>,
    },
    /// What `Effect::Build` asked for.
    EstateBuilt {
        ask: AskId,
        built: Box<Built>,
    },
    /// What some of the apps answered that were asked for their public certificates.
    PublicRead {
        ask: AskId,
        apps: Vec<ResourceId>,
        part: Box<EstateRows>,
    },
    /// What some vaults answered about their certificates (`Effect::ReadUpkeep`).
    UpkeepRead {
        ask: AskId,
        part: Vec<Upkeep>,
        is_over: bool,
    },
    Observed {
        ask: AskId,
        result: Result<Box<Observed>, Problem>,
    },
    /// A change was accepted by the service, or waits for a long-running operation: one line of progress.
    StepProgressed {
        ask: AskId,
        note: String,
    },
    /// The requests of a step were sent; the new observation, or what stopped it.
    StepPerformed {
        ask: AskId,
        step: StepId,
        result: Result<Box<Observed>, Problem>,
    },
    /// What a look at the marked rows found (`Effect::LookAtMarked`).
    MarkedSeen {
        ask: AskId,
        result: Result<Vec<MarkedLook>, Problem>,
    },
    /// What came of the marked rows, or what kept all of them from being begun (`Effect::PerformMarked`).
    MarkedPerformed {
        ask: AskId,
        outcome: Box<MarkedOutcome>,
    },
    /// The chain of custody (`Effect::Explain`).
    Explained {
        ask: AskId,
        result: Result<Custody, Problem>,
    },
    /// The JSON of one resource, indented, made printable line by line.
    RawRead {
        ask: AskId,
        result: Result<Vec<String>, Problem>,
    },
    /// What was sent from this machine lately, the newest first (`Effect::ReadJournal`).
    JournalRead {
        ask: AskId,
        changes: Vec<PastChange>,
    },
    /// The entries of a directory (`Effect::ReadFolder`).
    FolderRead {
        ask: AskId,
        result: Result<Folder, Problem>,
    },
    /// What came of certificate files (`Effect::Work`).
    Worked {
        ask: AskId,
        result: Result<Box<JobResult>, Trouble>,
    },
    /// What the practice cloud did on request (`Effect::Practise`).
    Practised {
        ask: AskId,
        result: Result<String, Problem>,
    },
    /// How the task of a practice cloud stands; nothing where there is none (`Effect::ReadGoal`).
    GoalRead(Result<Option<Goal>, Problem>),
    /// A request waits until the person has signed in.
    SignInAsked(SignInAsk),
    /// Who signed in, or why the sign-in failed.
    SignInEnded(Result<String, Problem>),
    /// The other tenants of the account (`Effect::ReadTenants`).
    TenantsRead {
        ask: AskId,
        result: Result<Vec<TenantChoice>, Problem>,
    },
    /// Another context could not be opened; this one stays.
    ContextRefused(Problem),
    /// Whether the text reached the clipboard; where the terminal cannot say, that it was sent.
    Copied(Result<String, Problem>),
    /// A new password, on its way to the clipboard already (`Effect::MakePassword`).
    PasswordMade(Result<Password, Problem>),
    /// A signal asks the program to end; nothing may be asked any more.
    Ended,
}
