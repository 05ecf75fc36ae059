//! What the table of flows holds of each: its words, what it needs and covers, and the five functions that
//! are the flow.

use futures::future::BoxFuture;
use jiff::Timestamp;

use super::{Case, Field, FlowName, Inputs, Key, Observed, Step};
use crate::azure::{AzureError, Client};
use crate::model::{Basis, Estate, Row};
use crate::rules::Rules;

/// What a flow is opened on and what it leaves behind: the screen fills it in from the row under the cursor,
/// and shows it when the flow is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Nothing,
    Order,
    /// A private key certificate.
    Certificate,
    PublicCertificate,
    Binding,
    /// A hostname of an app, secured or not.
    Hostname,
    App,
    /// A private key certificate, or the order that it comes from.
    Renewable,
}

/// The words of the command that opens a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowCommand {
    /// What the palette and the key map call it.
    pub name: &'static str,
    /// Two words at most for the hint bar; empty where it is not worth the room.
    pub hint: &'static str,
    /// One sentence for help and palette.
    pub words: &'static str,
    /// Changes the cloud: refused in read-only mode.
    pub changes: bool,
}

impl FlowCommand {
    pub(super) const fn changing(name: &'static str, hint: &'static str, words: &'static str) -> Self {
        Self { name, hint, words, changes: true }
    }

    pub(super) const fn reading(name: &'static str, hint: &'static str, words: &'static str) -> Self {
        Self { name, hint, words, changes: false }
    }
}

/// Every input that is missing or cannot work, with the reason.
type Refuse = fn(&Observed, &Inputs, &Rules, Timestamp) -> Vec<(Key, String)>;

/// A right in the directory, named beside the actions of roles. Without it flows do not look up the two
/// services, and do what needs no grant.
pub(super) const GRAPH: &str = "graph:Application.Read.All";

#[derive(Debug)]
pub struct Flow {
    /// What people type: `:purchase`, `certdeck run purchase`.
    pub name: &'static str,
    /// The title on screen; the wizard's steps keep the portal's names.
    pub title: &'static str,
    /// What it is for, in one sentence.
    pub summary: &'static str,
    /// Said once every step is done, as a sentence.
    pub done: &'static str,
    /// The pages of the wizard that its name opens: this flow and what is offered after it (A58, A93, A147).
    pub pages: &'static [FlowName],
    pub about: Subject,
    pub leaves: Subject,
    /// What it changes in the cloud, in words for the table of flows.
    pub changes: &'static str,
    /// The actions that its caller must be allowed to do, as Azure's role definitions name them; data actions
    /// of a vault as `data:certificates/get` (permission) and rights of Microsoft Graph as
    /// `graph:Application.Read.All` beside them.
    pub permissions: &'static [&'static str],
    /// The rules of the checklist that it carries out: single ids and ranges (`A67-A80`).
    pub checklist: &'static [&'static str],
    /// The command that opens it on screen; none where another command leads to it.
    pub command: Option<FlowCommand>,
    /// Why it cannot be done on the row under the cursor. Where the row is of another kind, the form asks.
    pub fits: fn(&Basis<'_>, Option<Row<'_>>) -> Result<(), String>,
    /// How it is reached by keyboard, from the pane where the thing is.
    pub keys: &'static str,
    pub(super) fields: fn(&Observed, &Inputs) -> Vec<Field>,
    pub(super) suggest: fn(&Estate, &mut Inputs),
    pub(super) refusals: Refuse,
    pub(super) observe: for<'a> fn(&'a Client, &'a Inputs) -> BoxFuture<'a, Result<Observed, AzureError>>,
    pub(super) steps: fn(&Case<'_>) -> Vec<Step>,
}
