//! Everything the program can ask of the world, as plain data. `runtime` performs it; nothing is performed
//! here.

use std::time::Duration;

use jiff::Timestamp;

use super::message::AskId;
use crate::flow::script::ScriptKind;
use crate::flow::{FlowName, Inputs, MarkedLook, MarkedRow, Step, WantedRecord};
use crate::model::custody::About;
use crate::model::{ResourceId, SignInReply};
use crate::workbench::Job;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Bring the rows of an earlier run, if any are kept: before the inventory that is read under the same
    /// question.
    RecallEstate {
        ask: AskId,
    },
    /// Keep the estate, which was just read to its end, for the next start.
    KeepEstate,
    /// Read the inventory; if a person asked for it, also what keeps failing and is otherwise left out.
    ReadEstate {
        ask: AskId,
        by_hand: bool,
    },
    /// Read again what changes at these places can have touched.
    ReadTouched {
        ask: AskId,
        places: Vec<ResourceId>,
    },
    /// Do the long work on many rows (`App::building`) beside the loop.
    Build {
        ask: AskId,
    },
    /// Free what is not shown any more (`App::discarded`), beside the loop.
    Discard,
    /// Ask these apps for their public certificates.
    ReadPublic {
        ask: AskId,
        apps: Vec<ResourceId>,
    },
    /// Ask the vaults what they do about the certificates that the estate imports from them.
    ReadUpkeep {
        ask: AskId,
    },
    /// Look at what a flow is about.
    Observe {
        ask: AskId,
        flow: FlowName,
        inputs: Inputs,
    },
    /// Observe, and if the step still stands as it was agreed to, send its requests, follow them, and observe
    /// again.
    PerformStep {
        ask: AskId,
        flow: FlowName,
        inputs: Inputs,
        step: Box<Step>,
    },
    /// Look at what a flow would do with each of these rows.
    LookAtMarked {
        ask: AskId,
        rows: Vec<MarkedRow>,
    },
    /// Send what was agreed to for each row, one after the other, and stop at the first that fails.
    PerformMarked {
        ask: AskId,
        agreed: Vec<MarkedLook>,
    },
    /// Read the chain of custody, from the order to what is served.
    Explain {
        ask: AskId,
        about: About,
    },
    ReadRaw {
        ask: AskId,
        id: ResourceId,
    },
    /// Read what was sent from this machine lately.
    ReadJournal {
        ask: AskId,
    },
    /// Read a directory of this machine: its directories, and the files whose names end so. An empty path is
    /// where certdeck was started.
    ReadFolder {
        ask: AskId,
        path: String,
        endings: &'static [&'static str],
    },
    /// Inspect, check, build or rewrap certificate files of this machine.
    Work {
        ask: AskId,
        job: Box<Job>,
    },
    /// Only against a practice cloud: play a part that a person outside of Azure has.
    Practise {
        ask: AskId,
        act: PracticeAct,
    },
    /// Only against a practice cloud: ask how its task stands. The newest answer counts.
    ReadGoal,
    /// Ask in which other tenants the account sees subscriptions.
    ReadTenants {
        ask: AskId,
    },
    /// Go to another cloud, or sign in as another person.
    OpenContext(Opening),
    /// What the person says to being asked to sign in.
    AnswerSignIn(SignInReply),
    /// Stop caring about an answer; an unsent request is not sent.
    Forget {
        ask: AskId,
    },
    Copy(String),
    /// Write the steps of a flow as a script, and copy it.
    CopyScript {
        kind: ScriptKind,
        flow: FlowName,
        inputs: Inputs,
        steps: Vec<Step>,
    },
    /// Make a password for a file that is written, and copy it: a person has to keep a password that they did
    /// not choose.
    MakePassword,
    /// Send `Message::Woken` with the moment `at` after this pause. A later request does not take back an
    /// earlier one.
    Wake {
        at: Timestamp,
        after: Duration,
    },
    Suspend,
    Repaint,
    Quit,
}

/// Where to go, and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// A context of the settings.
    Context(String),
    /// Another tenant of the account, in the same cloud.
    Tenant(String),
    /// The public cloud, as a person who is asked now.
    SignIn,
    /// The public cloud, as the person who ran `az login`.
    AzureCli,
    /// The practice cloud inside this process.
    Practice,
}

/// Parts that only the owner of a domain can play, and that the practice cloud plays on request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PracticeAct {
    /// Publish a record in the practice zone.
    PublishRecord(WantedRecord),
    /// Put the token page on the domain's web server.
    PublishPage { domain: String, token: String },
    /// Click the link in the newest verification mail.
    ApproveMail { domain: String },
}
