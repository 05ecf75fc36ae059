//! Guided operations. A flow observes the resources it is about, derives the status of every step from what it saw,
//! and makes the one next change; it keeps no progress of its own (DESIGN.md, idea 1).
//!
//! One file a flow, each with the same four parts: `fields`, `refusals`, `observe`, `steps`.

mod access;
mod bind;
pub mod certificate_file;
pub mod engine;
mod import_order;
pub mod input;
pub mod observed;
mod public;
mod purchase;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod sample;
pub mod step;
mod store;
mod target;
mod upload;
mod verify;

use jiff::Timestamp;

pub use input::{Field, FieldKind, Inputs, Key, Pick};
pub use observed::{Observed, Principal};
pub use purchase::secures;
pub use step::{Consent, Step, StepId, StepStatus, current, poll_after};
pub use target::{app_id, order_id, vault_id};
pub use upload::uploaded;

use crate::azure::Client;
pub use crate::model::Seen;
use crate::model::{Estate, Problem};
use crate::rules::Rules;

/// Every guided operation, by the name that people type: `:purchase`, `certdeck run purchase`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FlowName {
    Purchase,
    Store,
    Verify,
    ImportOrder,
    Bind,
    Upload,
    Public,
}

impl FlowName {
    pub const ALL: [Self; 7] =
        [Self::Purchase, Self::Store, Self::Verify, Self::ImportOrder, Self::Bind, Self::Upload, Self::Public];

    /// The life of an order, in the portal's sequence.
    pub const OF_AN_ORDER: [Self; 5] = [Self::Purchase, Self::Store, Self::Verify, Self::ImportOrder, Self::Bind];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::Store => "store",
            Self::Verify => "verify",
            Self::ImportOrder => "import-order",
            Self::Bind => "bind",
            Self::Upload => "upload",
            Self::Public => "public",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flow| flow.as_str() == text)
    }

    /// The title on screen; the wizard's steps keep the portal's names (DESIGN.md, Words).
    pub fn title(self) -> &'static str {
        match self {
            Self::Purchase => "Purchase",
            Self::Store => "Step 1: Store",
            Self::Verify => "Step 2: Verify",
            Self::ImportOrder => "Step 3: Import",
            Self::Bind => "Bind",
            Self::Upload => "Upload",
            Self::Public => "Upload public",
        }
    }

    /// What it is for, in one sentence.
    pub fn summary(self) -> &'static str {
        match self {
            Self::Purchase => "Buy an App Service certificate: a private certificate that Azure manages and renews.",
            Self::Store => "Link the order to a key vault, where Azure will keep the certificate and its private key.",
            Self::Verify => "Prove that the domain is yours, so that the certificate authority issues the certificate.",
            Self::ImportOrder => "Import the issued certificate from the vault into the app's webspace.",
            Self::Bind => "Secure a hostname of an app with a certificate.",
            Self::Upload => "Upload a private certificate: a PFX file, checked before it is sent.",
            Self::Public => "Upload a public certificate that the code of an app loads.",
        }
    }

    /// What follows, which the wizard offers next (A58, A93, A147).
    pub fn next(self) -> Option<Self> {
        match self {
            Self::Purchase => Some(Self::Store),
            Self::Store => Some(Self::Verify),
            Self::Verify => Some(Self::ImportOrder),
            Self::ImportOrder | Self::Upload => Some(Self::Bind),
            Self::Bind | Self::Public => None,
        }
    }
}

/// What the flow asks for, in the order of the form; fields appear and disappear with the choices made and with what
/// exists already.
pub fn fields(flow: FlowName, observed: &Observed, inputs: &Inputs) -> Vec<Field> {
    match flow {
        FlowName::Purchase => purchase::fields(observed),
        FlowName::Store => store::fields(inputs),
        FlowName::Verify => verify::fields(inputs),
        FlowName::ImportOrder => import_order::fields(),
        FlowName::Bind => bind::fields(inputs),
        FlowName::Upload => upload::fields(observed, inputs),
        FlowName::Public => public::fields(),
    }
}

/// Every input that is missing or cannot work, with the reason. Pure and quick, for use while somebody types.
pub fn refusals(flow: FlowName, observed: &Observed, inputs: &Inputs, rules: &Rules, now: Timestamp) -> Vec<(Key, String)> {
    let mut refusals = match flow {
        FlowName::Purchase => purchase::refusals(observed, inputs),
        FlowName::Store => store::refusals(observed, inputs, rules, now),
        FlowName::Verify => verify::refusals(observed, inputs),
        FlowName::ImportOrder => import_order::refusals(observed, inputs),
        FlowName::Bind => bind::refusals(observed, inputs, rules, now),
        FlowName::Upload => upload::refusals(observed, inputs, rules, now),
        FlowName::Public => public::refusals(observed, inputs),
    };
    refusals.extend(fields(flow, observed, inputs).iter().filter_map(|field| unknown_value(field, inputs)));
    refusals
}

/// A fixed choice given a value that it does not have, as `--set` can: it must not be taken for another one.
fn unknown_value(field: &Field, inputs: &Inputs) -> Option<(Key, String)> {
    let value = inputs.get(field.key)?;
    let known: Vec<&str> = match field.kind {
        FieldKind::Toggle => vec!["yes", "no", "true", "false", "on", "off"],
        FieldKind::Choice(choices) => choices.iter().map(|(name, ..)| *name).collect(),
        FieldKind::Text | FieldKind::Secret | FieldKind::File(_) | FieldKind::Pick { .. } => return None,
    };
    (!known.contains(&value)).then(|| (field.key, format!("'{value}' is none of {}", known.join(", "))))
}

/// Where the flow stands: the status of every step, derived from what was seen.
pub fn steps(flow: FlowName, observed: &Observed, inputs: &Inputs, rules: &Rules, now: Timestamp) -> Vec<Step> {
    let refusals = refusals(flow, observed, inputs, rules, now);
    let case = Case { observed, inputs, rules, now, refusals };
    match flow {
        FlowName::Purchase => purchase::steps(&case),
        FlowName::Store => store::steps(&case),
        FlowName::Verify => verify::steps(&case),
        FlowName::ImportOrder => import_order::steps(&case),
        FlowName::Bind => bind::steps(&case),
        FlowName::Upload => upload::steps(&case),
        FlowName::Public => public::steps(&case),
    }
}

/// Looks at what the flow is about. Reads only; what the inputs do not name yet is not asked about.
pub async fn observe(client: &Client, flow: FlowName, inputs: &Inputs) -> Result<Observed, Problem> {
    let seen = match flow {
        FlowName::Purchase => purchase::observe(client, inputs).await,
        FlowName::Store => store::observe(client, inputs).await,
        FlowName::Verify => verify::observe(client, inputs).await,
        FlowName::ImportOrder => import_order::observe(client, inputs).await,
        FlowName::Bind => bind::observe(client, inputs).await,
        FlowName::Upload => upload::observe(client, inputs).await,
        FlowName::Public => public::observe(client, inputs).await,
    };
    seen.map_err(|error| error.problem(&format!("Look at what '{}' is about", flow.title())))
}

/// Fills in what the estate already suggests, as the portal prefills its forms (A72, A86, A87); what a person gave stays.
pub fn suggest(flow: FlowName, estate: &Estate, inputs: &mut Inputs) {
    match flow {
        FlowName::Purchase => purchase::suggest(estate, inputs),
        FlowName::Store => store::suggest(estate, inputs),
        FlowName::Verify => verify::suggest(estate, inputs),
        FlowName::ImportOrder => import_order::suggest(estate, inputs),
        FlowName::Bind => bind::suggest(estate, inputs),
        FlowName::Upload => upload::suggest(estate, inputs),
        FlowName::Public => public::suggest(estate, inputs),
    }
}

/// All that the steps of a flow are derived from.
struct Case<'a> {
    observed: &'a Observed,
    inputs: &'a Inputs,
    rules: &'a Rules,
    now: Timestamp,
    refusals: Vec<(Key, String)>,
}

impl Case<'_> {
    /// The status of a step that cannot start before these inputs are right.
    fn needs(&self, keys: &[Key]) -> Option<StepStatus> {
        let (key, why) = self.refusals.iter().find(|(key, _)| keys.contains(key))?;
        Some(StepStatus::NeedsInput { key: *key, why: why.clone() })
    }

    /// The status of a step that cannot start before every input of the flow is right.
    fn needs_any(&self) -> Option<StepStatus> {
        let (key, why) = self.refusals.first()?;
        Some(StepStatus::NeedsInput { key: *key, why: why.clone() })
    }
}
