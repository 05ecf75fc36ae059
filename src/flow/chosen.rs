//! The app and the order that a flow is about, as its form asks for them: the field, its first value, and why a choice
//! cannot work.

use super::target::{app_id, order_id};
use super::{Field, FieldKind, Inputs, Key, Observed, Pick, Seen};
use crate::model::Estate;

pub(super) fn app_field(help: &'static str) -> Field {
    Field::new(Key::App, "App", help, FieldKind::Pick { of: Pick::App, or_new: false })
}

/// Where there is one app only, it is meant.
pub(super) fn suggest_app(estate: &Estate, inputs: &mut Inputs) {
    if let [only] = estate.apps.as_slice() {
        inputs.suggest(Key::App, only.id.as_str());
    }
}

pub(super) fn app_refusal(observed: &Observed, inputs: &Inputs) -> Option<(Key, String)> {
    refusal(Key::App, app_id(inputs).is_some(), &observed.app, ["choose the app", "there is no such app"])
}

pub(super) fn order_refusal(observed: &Observed, inputs: &Inputs) -> Option<(Key, String)> {
    let words = ["choose the order", "there is no such order in this resource group"];
    refusal(Key::Order, order_id(inputs).is_some(), &observed.order, words)
}

fn refusal<T>(key: Key, is_named: bool, seen: &Seen<T>, [choose, absent]: [&str; 2]) -> Option<(Key, String)> {
    if !is_named {
        return Some((key, choose.to_owned()));
    }
    seen.is_absent().then(|| (key, absent.to_owned()))
}
