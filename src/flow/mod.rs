//! Guided operations. A flow observes the resources it is about, derives the status of every step from what
//! it saw, and makes the one next change; it keeps no progress of its own.
//!
//! One file a flow, each with the same four parts: `fields`, `refusals`, `observe`, `steps`.

mod access;
mod arrival;
mod auto_renew;
mod bind;
mod by_hand;
mod caa;
pub mod catalogue;
pub mod certificate_file;
mod chosen;
mod consent;
mod definition;
mod delete_order;
mod delete_private;
mod delete_public;
mod destination;
pub mod engine;
mod export;
mod exports;
mod hostname;
mod import_order;
mod import_vault;
pub mod input;
pub mod linked;
pub mod load;
mod managed;
mod marked;
mod named;
mod new_file;
pub mod observed;
pub mod outside;
mod principals;
pub mod proof;
mod public;
mod purchase;
mod pursuit;
mod reach;
mod rebind_all;
mod rekey;
mod renew;
mod replace;
pub mod resolve;
mod route;
mod row;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod sample;
pub mod script;
mod secret_name;
mod settings;
pub mod step;
mod store;
mod succession;
mod sync;
mod tags;
mod target;
mod unbind;
mod unlock;
mod unsent;
mod upload;
pub mod usage;
mod vault_chain;
mod vault_contents;
mod verify;
mod wanted_record;

use jiff::Timestamp;

pub use arrival::Arrival;
pub use bind::{first_covered, misfits};
pub use by_hand::ByHand;
pub use consent::{Consent, ConsentQuestion};
pub use definition::{Flow, FlowCommand, Subject};
pub use input::{Field, FieldKind, InputKey, Inputs, Key, Offer, Pick};
pub use marked::{MarkedLook, MarkedOutcome, MarkedRow};
pub use new_file::{NewFile, Seal};
pub use observed::{Observed, Principal, Sent};
pub use purchase::secures;
pub use pursuit::Pursuit;
pub use row::order_of;
pub use step::{Again, Asked, Step, StepId, StepStatus, current, hold_proofs};
pub use target::{app_id, order_id, vault_id};
use upload::uploaded;
pub use wanted_record::{RecordKind, WantedRecord};

use crate::azure::Client;
pub use crate::model::Seen;
use crate::model::{Estate, PrivateCertificate, Problem, quoted};
use crate::rules::Rules;

macro_rules! flows {
    ($($name:ident = $module:ident),+ $(,)?) => {
        /// Every guided operation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum FlowName {
            $($name),+
        }

        impl FlowName {
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            pub fn definition(self) -> &'static Flow {
                match self {
                    $(Self::$name => &$module::FLOW),+
                }
            }
        }
    };
}

flows! {
    Purchase = purchase,
    Store = store,
    Verify = verify,
    ImportOrder = import_order,
    Bind = bind,
    Upload = upload,
    Public = public,
    Renew = renew,
    AutoRenew = auto_renew,
    Rekey = rekey,
    Sync = sync,
    Export = export,
    Unlock = unlock,
    DeleteOrder = delete_order,
    Unbind = unbind,
    Replace = replace,
    RebindAll = rebind_all,
    Settings = settings,
    DeletePrivate = delete_private,
    DeletePublic = delete_public,
    Managed = managed,
    ImportVault = import_vault,
    Hostname = hostname,
}

/// Why a flow of orders cannot be had in a national cloud (A65).
pub const NO_ORDERS: &str =
    "App Service certificates are not sold in national clouds: create a free one, import one or upload one";

impl FlowName {
    /// Whether it makes or needs a certificate order, which only the public cloud sells (A65).
    pub fn needs_orders(self) -> bool {
        self == Self::Purchase || self.definition().about == Subject::Order
    }

    /// The life of an order, in the portal's sequence.
    pub const OF_AN_ORDER: &'static [Self] =
        &[Self::Purchase, Self::Store, Self::Verify, Self::ImportOrder, Self::Bind];

    /// The name that people type: `:purchase`, `certdeck run purchase`.
    pub fn as_str(self) -> &'static str {
        self.definition().name
    }

    pub fn title(self) -> &'static str {
        self.definition().title
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|flow| flow.as_str() == text)
    }
}

/// All that is derived from one look and one set of inputs.
#[derive(Debug)]
pub struct Standing {
    /// What the flow asks for, in the order of the form; fields appear and disappear with the choices made and
    /// with what exists already.
    pub fields: Vec<Field>,
    /// Every input that is missing or cannot work, with the reason.
    pub refusals: Vec<(Key, String)>,
    pub steps: Vec<Step>,
}

/// Where the flow stands: form, refusals and the status of every step, derived from what was seen. Pure and
/// quick, for use while a person types.
pub fn standing(
    flow: FlowName,
    observed: &Observed,
    inputs: &Inputs,
    rules: &Rules,
    now: Timestamp,
) -> Standing {
    let fields = (flow.definition().fields)(observed, inputs);
    let refusals = refuse(flow, &fields, observed, inputs, rules, now);
    let case = Case { observed, inputs, rules, now, refusals };
    let mut steps = (flow.definition().steps)(&case);
    for step in &mut steps {
        step.settle(observed.asked(step), now);
        give_reason(step, inputs, &case.refusals);
    }
    // What was not looked at is said beside the step that the person is at.
    let at = steps.iter().position(|step| !step.status.is_over()).or_else(|| steps.len().checked_sub(1));
    if let Some(step) = at.and_then(|at| steps.get_mut(at)) {
        step.facts.extend(observed.left_out.iter().map(|what| ("Not looked at".to_owned(), what.clone())));
    }
    Standing { fields, refusals: case.refusals, steps }
}

/// [`Standing::fields`] alone.
pub fn fields(flow: FlowName, observed: &Observed, inputs: &Inputs) -> Vec<Field> {
    (flow.definition().fields)(observed, inputs)
}

/// [`Standing::refusals`] alone.
pub fn refusals(
    flow: FlowName,
    observed: &Observed,
    inputs: &Inputs,
    rules: &Rules,
    now: Timestamp,
) -> Vec<(Key, String)> {
    refuse(flow, &fields(flow, observed, inputs), observed, inputs, rules, now)
}

/// [`Standing::steps`] alone.
pub fn steps(
    flow: FlowName,
    observed: &Observed,
    inputs: &Inputs,
    rules: &Rules,
    now: Timestamp,
) -> Vec<Step> {
    standing(flow, observed, inputs, rules, now).steps
}

fn refuse(
    flow: FlowName,
    fields: &[Field],
    observed: &Observed,
    inputs: &Inputs,
    rules: &Rules,
    now: Timestamp,
) -> Vec<(Key, String)> {
    if let Some(refusal) = inputs.misplaced_key() {
        return vec![refusal];
    }
    let mut refusals = (flow.definition().refusals)(observed, inputs, rules, now);
    refusals.extend(fields.iter().filter_map(|field| unknown_value(field, inputs)));
    refusals
}

/// A fixed choice given a value that it does not have, as `--set` can: it must not be taken for another one.
fn unknown_value(field: &Field, inputs: &Inputs) -> Option<(Key, String)> {
    let value = inputs.get(field.key)?;
    let known: Vec<&str> = match field.kind {
        FieldKind::Toggle => vec!["yes", "no", "true", "false", "on", "off"],
        FieldKind::Choice(choices) => choices.iter().map(|(name, ..)| *name).collect(),
        FieldKind::Text
        | FieldKind::Secret
        | FieldKind::File(_)
        | FieldKind::Pick { .. }
        | FieldKind::Offer(_) => return None,
    };
    (!known.contains(&value))
        .then(|| (field.key, format!("'{}' is none of {}", quoted(value), known.join(", "))))
}

/// What a step waits for is said as the reason why its input was refused, where something was given that
/// cannot work.
fn give_reason(step: &mut Step, inputs: &Inputs, refusals: &[(Key, String)]) {
    let StepStatus::NeedsInput { key, why } = &mut step.status else { return };
    let refused = refusals.iter().find(|(refused, _)| refused == key && inputs.has(*key));
    if let Some((_, reason)) = refused.filter(|_| why.starts_with(step::FOLLOWS)) {
        why.clone_from(reason);
    }
}

/// Looks at what the flow is about. Reads only; what the inputs do not name yet is not asked about.
pub async fn observe(client: &Client, flow: FlowName, inputs: &Inputs) -> Result<Observed, Problem> {
    let seen = (flow.definition().observe)(client, inputs).await;
    let mut seen =
        seen.map_err(|error| error.problem(&format!("Look at what '{}' is about", flow.title())))?;
    if let Some(error) = seen.usage.here().and_then(|usage| usage.left_out.clone()) {
        seen.leave_out("Look at the apps and certificates of the other resource groups", &error);
    }
    Ok(seen)
}

/// The certificate that a flow has put into the webspace, for the binding that is offered next (A58).
pub fn added<'a>(flow: FlowName, observed: &'a Observed, inputs: &Inputs) -> Option<&'a PrivateCertificate> {
    match flow {
        FlowName::Upload | FlowName::Replace => uploaded(observed),
        FlowName::Managed => observed.managed.here(),
        FlowName::ImportVault => import_vault::imported(observed, inputs),
        _ => None,
    }
}

/// Fills in what the estate already suggests, as the portal prefills its forms (A72, A86, A87); what a person
/// gave stays.
pub fn suggest(flow: FlowName, estate: &Estate, inputs: &mut Inputs) {
    (flow.definition().suggest)(estate, inputs);
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rules::Profile;

    /// Subscription and group belong to every flow: they say where the rest is. An order is given with what
    /// is about one.
    #[test]
    fn no_flow_asks_for_an_input_that_it_does_not_have() {
        let rules = Rules::load(Profile::Current).unwrap();
        for flow in FlowName::ALL.iter().copied() {
            for given in Key::ALL.iter().filter(|key| !key.is_secret()) {
                let inputs = Inputs::default().with(*given, "x");
                let observed = Observed::default();
                let mut known: Vec<Key> =
                    fields(flow, &observed, &inputs).iter().map(|field| field.key).collect();
                known.extend([Key::Subscription, Key::ResourceGroup]);
                known.extend((flow.definition().about == Subject::Order).then_some(Key::Order));
                let steps = steps(flow, &observed, &inputs, &rules, Timestamp::UNIX_EPOCH);
                if let Some(StepStatus::NeedsInput { key, why }) = current(&steps).map(|step| &step.status) {
                    assert!(
                        known.contains(key),
                        "{}, given {}: {} ({why})",
                        flow.as_str(),
                        given.as_str(),
                        key.as_str()
                    );
                }
            }
        }
    }
}
