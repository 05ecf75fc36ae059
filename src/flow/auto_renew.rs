//! Auto renewal of an order (A175–A177): on or off, at any time; what is there and what comes of it are said
//! first.

use super::chosen::order_refusal;
use super::succession::exports;
use super::target::order_id;
use super::{
    Case, Consent, Field, FieldKind, Flow, FlowCommand, FlowName, Inputs, Key, Observed, Seen, Step, StepId,
    StepStatus, Subject, row,
};
use crate::azure::{AzureError, Client, orders};
use crate::model::{Estate, Order, Problem, day};
use crate::rules::{Period, Span};

pub(super) static FLOW: Flow = Flow {
    name: "auto-renew",
    title: "Auto renewal",
    summary: "Let Azure renew the order by itself, or not.",
    done: "The setting is saved.",
    pages: &[FlowName::AutoRenew],
    about: Subject::Order,
    leaves: Subject::Order,
    changes: "Switches automatic renewal of an order on or off.",
    permissions: &["Microsoft.CertificateRegistration/certificateOrders/write"],
    checklist: &["A175-A177"],
    command: Some(FlowCommand::changing("auto-renew", "", "Let Azure renew an order by itself, or not.")),
    fits: row::of_an_order,
    keys: "3, A",
    fields: |_, _| fields(),
    suggest,
    refusals: |observed, inputs, _, _| refusals(observed, inputs),
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps: |case| vec![auto_renew(case)],
};

impl StepId {
    pub const AUTO_RENEW: Self = Self("auto-renew");
}

fn fields() -> Vec<Field> {
    vec![Field::new(
        Key::AutoRenew,
        "Auto renewal",
        "On: Azure buys another term before the paid one ends, and charges it. Off: a person has to renew by hand.",
        FieldKind::Toggle,
    )]
}

/// Suggests the opposite value once: a person who opens this wants a change. What is saved is not suggested
/// to be undone.
fn suggest(estate: &Estate, inputs: &mut Inputs) {
    let Some(order) = order_id(inputs).and_then(|id| estate.order(&id)) else { return };
    if inputs.get(Key::AutoRenew).is_none() {
        inputs.suggest(Key::AutoRenew, if order.auto_renew { "no" } else { "yes" });
    }
}

fn refusals(observed: &Observed, inputs: &Inputs) -> Vec<(Key, String)> {
    let mut refusals: Vec<_> = order_refusal(observed, inputs).into_iter().collect();
    let mut refuse = |key, why: &str| refusals.push((key, why.to_owned()));
    if inputs.get(Key::AutoRenew).is_none() {
        refuse(Key::AutoRenew, "say yes or no");
    }
    refusals
}

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let order = match order_id(inputs) {
        Some(id) => orders::get(client, &id).await?.into(),
        None => Seen::NotAsked,
    };
    Ok(Observed { order, ..Observed::default() })
}

fn words(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

fn auto_renew(case: &Case<'_>) -> Step {
    let wanted = case.inputs.is_yes(Key::AutoRenew);
    let lead = case.rules.span(Period::OrderAutoRenewal, case.now);
    let step = |status| {
        Step::new(StepId::AUTO_RENEW, format!("Switch auto renewal {}", words(wanted)), status).explained(format!(
            "With auto renewal on, Azure starts to renew {lead} before the paid term ends. It does not verify the domain for \
             you: if the last proof is too old by then, the order stays pending until you verify the domain."
        ))
    };
    let (None, Some(order)) = (case.needs_any(), case.observed.order.here()) else {
        let waiting = StepStatus::NeedsInput { key: Key::Order, why: "choose the order".to_owned() };
        return step(case.needs_any().unwrap_or(waiting));
    };
    if order.auto_renew == wanted {
        return consequence(
            case,
            step(StepStatus::Done(format!("it is {}", words(wanted)))),
            order,
            wanted,
            lead,
        );
    }
    if order.status.is_over() {
        return step(StepStatus::Blocked(
            Problem::new(
                format!("Switch auto renewal of {}", order.id.name()),
                format!("its status is '{}'", order.status),
            )
            .remedy("this order can no longer be renewed: buy a new certificate"),
        ));
    }
    let ready = step(StepStatus::Ready)
        .fact("Auto renewal", format!("{} instead of {}", words(wanted), words(order.auto_renew)))
        .sending(vec![orders::set_auto_renew(&order.id, order.product, wanted)]);
    let stops = (!wanted).then(|| order.id.name().to_owned());
    let notice = "Azure no longer renews the order. Renew it by hand in time, or apps will serve an expired certificate.";
    let ready = ready.consent(Consent::interrupting(notice, stops));
    consequence(case, ready, order, wanted, lead)
}

fn consequence(case: &Case<'_>, step: Step, order: &Order, on: bool, lead: Span) -> Step {
    let Some(end) = order.term_ends else { return step };
    let start = day(end - lead.duration());
    if on {
        step.fact("Renews", format!("from {start} on, {lead} before the paid term ends"))
            .fact("Charged", format!("{}, at each renewal", case.rules.span(Period::OrderTerm, case.now)))
            .fact("Exports", exports(case, order))
    } else {
        step.fact("Ends", format!("{}: renew by hand before, or apps serve an expired certificate", day(end)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::{inputs, order, stand};
    use super::*;
    use crate::model::OrderStatus;

    fn seen(status: OrderStatus) -> Observed {
        let mut order = order(status);
        order.term_ends = Some("2027-06-01T00:00:00Z".parse().unwrap());
        Observed { order: Seen::Here(order), ..Observed::default() }
    }

    fn wanting(value: &str) -> Inputs {
        inputs().with(Key::AutoRenew, value)
    }

    #[test]
    fn old_and_new_and_what_comes_of_it_are_shown_and_the_product_goes_along_a176() {
        let step = stand(FlowName::AutoRenew, &seen(OrderStatus::Issued), &wanting("no")).remove(0);
        assert_eq!(step.status, StepStatus::Ready);
        assert_eq!(step.facts[0].1, "off instead of on");
        assert!(
            matches!(&step.consent, Consent::Interrupts { names, .. } if names == &["contoso-www"]),
            "{:?}",
            step.consent
        );
        assert!(step.facts[1].1.contains("2027-06-01"));
        let body = step.requests[0].body.as_ref().unwrap().shown();
        assert_eq!(body["properties"]["productType"], "StandardDomainValidatedSsl");
        assert_eq!(body["properties"]["autoRenew"], false);
    }

    #[test]
    fn what_is_so_already_sends_nothing_and_says_when_it_renews_a177() {
        let step = stand(FlowName::AutoRenew, &seen(OrderStatus::Issued), &wanting("yes")).remove(0);
        assert!(matches!(step.status, StepStatus::Done(_)) && step.requests.is_empty());
        assert!(step.facts[0].1.contains("from 2027-04-30 on, 32 days"), "{:?}", step.facts);
    }

    #[test]
    fn an_order_that_is_over_is_not_switched() {
        let step = stand(FlowName::AutoRenew, &seen(OrderStatus::Expired), &wanting("no")).remove(0);
        assert!(matches!(step.status, StepStatus::Blocked(_)));
    }
}
