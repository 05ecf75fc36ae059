//! What is to be synced: one certificate, an order's, or all of a subscription.

use crate::flow::chosen::no_order;
use crate::flow::named;
use crate::flow::target::{group_id, order_id, subscription_id};
use crate::flow::usage::{certificate_named, no_certificate};
use crate::flow::{Field, FieldKind, Inputs, Key, Observed, Pick};
use crate::model::{Estate, PrivateCertificate, ResourceId};

const SCOPES: &[(&str, &str, &str)] = &[
    (
        "certificate",
        "One certificate",
        "This certificate in its webspace, with every hostname that it secures.",
    ),
    ("order", "One order", "Every certificate that was imported from the order, in whichever webspace."),
    ("all", "Every certificate from a vault", "All certificates of the subscription that come from a vault."),
];

pub(super) fn fields(inputs: &Inputs) -> Vec<Field> {
    let pick = |of| FieldKind::Pick { of, or_new: false };
    let what = match inputs.get(Key::Scope) {
        Some("all") => Field::new(
            Key::Subscription,
            "Subscription",
            "Its certificates from vaults are synced.",
            pick(Pick::Subscription),
        ),
        Some("order") => Field::new(
            Key::Order,
            "Order",
            "The certificates that were imported from it are synced.",
            pick(Pick::Order),
        ),
        _ => Field::new(
            Key::Certificate,
            "Certificate",
            "A certificate that was imported from a vault.",
            pick(Pick::Certificate),
        ),
    };
    vec![
        Field::new(
            Key::Scope,
            "What to sync",
            "One certificate, or several at once.",
            FieldKind::Choice(SCOPES),
        ),
        what,
    ]
}

pub(super) fn suggest(estate: &Estate, inputs: &mut Inputs) {
    let scope = match (inputs.get(Key::Certificate), inputs.get(Key::Order)) {
        (Some(_), _) => "certificate",
        (None, Some(_)) => "order",
        (None, None) => "all",
    };
    inputs.suggest(Key::Scope, scope);
    if let [only] = estate.subscriptions.as_slice() {
        inputs.suggest(Key::Subscription, only.id.subscription_id());
    }
}

/// Whether the certificate is meant, in whichever form.
pub(super) fn names(certificate: &PrivateCertificate, inputs: &Inputs) -> bool {
    certificate_named(inputs).is_some_and(|(_, named)| named.is_certificate(certificate))
}

/// Where to look: a whole id names its subscription.
pub(super) fn subscription(inputs: &Inputs) -> Option<ResourceId> {
    let named = match inputs.get(Key::Scope)? {
        "certificate" => inputs.get(Key::Certificate).and_then(|typed| ResourceId::parse(typed).ok()),
        "order" => order_id(inputs),
        _ => None,
    };
    named.map(|id| ResourceId::subscription(id.subscription_id())).or_else(|| subscription_id(inputs))
}

/// What is meant, or the resource group that it is looked for in, where the roles reach no further.
pub(super) fn near(inputs: &Inputs) -> Option<ResourceId> {
    let named = match inputs.get(Key::Scope)? {
        "certificate" => inputs.get(Key::Certificate).and_then(|typed| ResourceId::parse(typed).ok()),
        "order" => order_id(inputs),
        _ => None,
    };
    named.or_else(|| group_id(inputs))
}

pub(super) fn refusals(observed: &Observed, inputs: &Inputs) -> Vec<(Key, String)> {
    let mut refusals = Vec::new();
    let mut refuse = |key, why: String| refusals.push((key, why));
    match inputs.get(Key::Scope) {
        Some("all") => {}
        Some("order") => {
            if order_id(inputs).is_none() {
                refuse(Key::Order, "choose the order".to_owned());
            } else if observed.order.is_absent() {
                refuse(Key::Order, no_order(inputs));
            }
        }
        _ => match (inputs.get(Key::Certificate), observed.certificates.here()) {
            (None, _) => refuse(Key::Certificate, "choose the certificate".to_owned()),
            (Some(_), None) => {}
            (Some(typed), Some(all)) => {
                match all.iter().filter(|one| names(one, inputs)).collect::<Vec<_>>().as_slice() {
                    [] => refuse(Key::Certificate, no_certificate(inputs)),
                    [one] => refusals.extend(no_vault(one).map(|why| (Key::Certificate, why.to_owned()))),
                    several => {
                        let ids: Vec<&ResourceId> = several.iter().map(|one| &one.id).collect();
                        refuse(Key::Certificate, named::several("certificate", typed, &ids));
                    }
                }
            }
        },
    }
    if subscription(inputs).is_none() {
        refusals.push((Key::Subscription, "choose the subscription".to_owned()));
    }
    refusals
}

/// Why there is nothing that the certificate could be synced with.
fn no_vault(certificate: &PrivateCertificate) -> Option<&'static str> {
    match (&certificate.canonical_name, &certificate.vault) {
        (Some(_), _) => {
            Some("Azure issues this managed certificate and renews it by itself: there is nothing to sync")
        }
        (None, None) => Some(
            "it was uploaded, so there is no vault to sync it with: bring the renewed file with 'replace' (r) instead",
        ),
        (None, Some(_)) => None,
    }
}
