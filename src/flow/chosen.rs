//! The app and the order that a flow is about, as its form asks for them: the field, its first value, and why
//! a choice cannot work.

use super::named;
use super::target::{app_id, order_id};
use super::{Field, FieldKind, Inputs, Key, Observed, Pick};
use crate::model::{Estate, typed as shown};

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
    if app_id(inputs).is_none() {
        return Some(unnamed_app(inputs));
    }
    observed.app.is_absent().then(|| (Key::App, no_app(inputs)))
}

/// What was looked for, and where, of an app that is not there.
pub(super) fn no_app(inputs: &Inputs) -> String {
    let Some(id) = app_id(inputs) else { return "there is no such app".to_owned() };
    let place = format!("the subscription {}", id.subscription_id());
    named::unknown(
        if id.segment("slots").is_some() { "slot" } else { "app" },
        &id.site_label(),
        Some(id.resource_group()),
        &place,
    )
}

/// What is missing to know which app is meant: a name alone says it only within a resource group.
pub(super) fn unnamed_app(inputs: &Inputs) -> (Key, String) {
    match (inputs.get(Key::App), inputs.get(Key::Subscription)) {
        (None, _) => (Key::App, "choose the app".to_owned()),
        (Some(typed), _) if named::Named::site(typed).is_none() => {
            (Key::App, named::no_name_of_an_app(typed))
        }
        (Some(name), None) => {
            (Key::Subscription, format!("say in which subscription the app '{}' is", shown(name)))
        }
        (Some(name), Some(_)) => {
            (Key::ResourceGroup, format!("say in which resource group the app '{}' is", shown(name)))
        }
    }
}

pub(super) fn order_refusal(observed: &Observed, inputs: &Inputs) -> Option<(Key, String)> {
    if order_id(inputs).is_none() {
        return Some((Key::Order, "choose the order".to_owned()));
    }
    observed.order.is_absent().then(|| (Key::Order, no_order(inputs)))
}

/// What was looked for, and where, of an order that is not there.
pub(super) fn no_order(inputs: &Inputs) -> String {
    let Some(id) = order_id(inputs) else { return "there is no such order".to_owned() };
    named::unknown(
        "order",
        id.name(),
        Some(id.resource_group()),
        &format!("the subscription {}", id.subscription_id()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_alone_is_no_app_and_the_flow_says_what_goes_with_it() {
        let inputs = Inputs::default().with(Key::App, "shop");
        assert_eq!(unnamed_app(&Inputs::default()).0, Key::App);
        assert_eq!(unnamed_app(&inputs).0, Key::Subscription);
        let (key, why) = unnamed_app(&inputs.with(Key::Subscription, "s"));
        assert_eq!(
            (key, why.as_str()),
            (Key::ResourceGroup, "say in which resource group the app 'shop' is")
        );
    }
}
