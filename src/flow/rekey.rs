//! Rekey an order (A187–A194): a new key and a new certificate with the same end, for a key that may be known
//! to others.

use jiff::SignedDuration;

use super::succession::{self, Stage, barren, consequences, follow_up, keeps_own_key, own_key, stage};
use super::{
    Again, Case, Consent, Field, FieldKind, Flow, FlowCommand, FlowName, Inputs, Key, Observed, Step, StepId,
    StepStatus, Subject, row,
};
use crate::azure::orders;
use crate::model::{Estate, Revokes, day};
use crate::rules::Period;

const REVOCATION: &[(&str, &str, &str)] = &[
    (
        "later",
        "Later",
        "Apps have the new certificate long before the old one is revoked. For a change of keys as a habit.",
    ),
    (
        "at-once",
        "At once",
        "For a key that others may know: the old certificate is revoked as soon as the new one is issued.",
    ),
];

pub(super) static FLOW: Flow = Flow {
    name: "rekey",
    title: "Rekey",
    summary: "Give the order a new key and certificate with the same end.",
    done: "The certificate is rekeyed.",
    pages: &[FlowName::Rekey, FlowName::Sync],
    about: Subject::Order,
    leaves: Subject::Order,
    changes: "Has the certificate authority issue a new certificate for a new key, and revoke the old one.",
    permissions: &[
        "Microsoft.CertificateRegistration/certificateOrders/reissue/action",
        "Microsoft.CertificateRegistration/certificateOrders/retrieveCertificateActions/action",
        "Microsoft.CertificateRegistration/certificateOrders/verifyDomainOwnership/action",
        "Microsoft.CertificateRegistration/certificateOrders/resendRequestEmails/action",
        "Microsoft.Web/sites/domainOwnershipIdentifiers/write",
        "Microsoft.DomainRegistration/domains/domainOwnershipIdentifiers/write",
    ],
    checklist: &["A170-A172", "A187-A192", "C11"],
    command: Some(FlowCommand::changing(
        "rekey",
        "",
        "Give an order a new key and certificate with the same end.",
    )),
    fits: row::of_an_order,
    keys: "3, :rekey",
    fields: |observed, inputs| fields(observed, inputs),
    suggest,
    refusals: succession::refusals,
    observe: |client, inputs| Box::pin(succession::observe(client, inputs)),
    steps,
};

impl StepId {
    pub const REKEY: Self = Self("rekey");
}

fn fields(observed: &Observed, inputs: &Inputs) -> Vec<Field> {
    let mut fields = succession::fields(observed, inputs);
    fields.insert(
        1,
        Field::new(
            Key::RevokeOld,
            "Revoke the old one",
            "When the certificate that is replaced stops being valid.",
            FieldKind::Choice(REVOCATION),
        ),
    );
    fields
}

fn suggest(estate: &Estate, inputs: &mut Inputs) {
    inputs.suggest(Key::RevokeOld, "later");
    succession::suggest(estate, inputs);
}

fn steps(case: &Case<'_>) -> Vec<Step> {
    let mut steps = vec![rekey(case)];
    steps.extend(follow_up(case));
    steps
}

fn rekey(case: &Case<'_>) -> Step {
    let title = case
        .observed
        .order
        .here()
        .map_or_else(|| "Rekey".to_owned(), |order| format!("Rekey {}", order.id.name()));
    let step = |status| {
        Step::new(StepId::REKEY, &*title, status)
            .explained(
                "Rolls the certificate: a new key in the vault and a new certificate for it, with the same end. Do it when others \
                 may know the key. Apps keep the old one until Sync.",
            )
            .again(Again::Never)
    };
    let Some(order) = case.observed.order.here() else {
        return step(
            case.needs_any()
                .unwrap_or(StepStatus::NeedsInput { key: Key::Order, why: "choose the order".to_owned() }),
        );
    };
    match stage(order, case.inputs) {
        Stage::Barren => return step(StepStatus::Blocked(barren("Rekey", order))),
        Stage::UnderWay => {
            return step(StepStatus::Done(format!("it was asked for; the order is '{}'", order.status)));
        }
        Stage::Followed => {
            let issued = order.last_issued.map(|at| format!(", issued on {}", day(at))).unwrap_or_default();
            return step(StepStatus::Done(format!("the order has another certificate than that{issued}")));
        }
        Stage::Present | Stage::Unnamed if keeps_own_key(order) => {
            return step(StepStatus::Blocked(own_key("Rekey", order)));
        }
        Stage::Present | Stage::Unnamed => {}
    }
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    let grace = case.rules.span(Period::OrderRekeyGrace, case.now);
    let (hours, revoked) = match case.inputs.get(Key::RevokeOld) {
        Some("at-once") => (
            0,
            "as soon as the new one is issued: sync at once, or apps serve a revoked certificate".to_owned(),
        ),
        _ => (grace.hours(), format!("{grace} later: sync within that time")),
    };
    let ready = order.expires.into_iter().fold(step(StepStatus::Ready), |step, at| {
        step.fact("Expires", format!("{}, as before: a rekey does not extend it", day(at)))
    });
    let notice = format!(
        "The certificate that the order has now is revoked {revoked}. This cannot be undone; it costs nothing."
    );
    consequences(case, order, ready.fact("Old certificate", format!("revoked {revoked}")))
        .showed(order.last_issued)
        .sending(vec![orders::rekey(&order.id, order.key_size, hours)])
        .revoking(Revokes::by(order, SignedDuration::from_hours(hours)))
        .consent(Consent::Typed { notice, word: "rekey".to_owned() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::super::sample::{LEAF, NOW, find, inputs, order, renewal_sent, stand};
    use super::*;
    use crate::flow::Seen;
    use crate::model::OrderStatus;

    fn seen(status: OrderStatus) -> Observed {
        let mut order = order(OrderStatus::Issued);
        order.status = status;
        order.expires = Some("2027-03-01T00:00:00Z".parse().unwrap());
        let proven = "2026-11-01T00:00:00Z".parse().unwrap();
        Observed { order: Seen::Here(order), proven: Seen::Here(proven), ..Observed::default() }
    }

    fn given(revoke: &str) -> Inputs {
        inputs().with(Key::Current, LEAF).with(Key::RevokeOld, revoke)
    }

    #[test]
    fn the_end_stays_and_when_the_old_one_is_revoked_is_chosen_and_said_a187_c12() {
        for (choice, hours, word) in [("later", 24, "24 hours later"), ("at-once", 0, "as soon as")] {
            let steps = stand(FlowName::Rekey, &seen(OrderStatus::Issued), &given(choice));
            let step = find(&steps, StepId::REKEY);
            assert_eq!(step.status, StepStatus::Ready);
            let body = step.requests[0].body.as_ref().unwrap().shown();
            assert_eq!(body["properties"]["delayExistingRevokeInHours"], hours);
            let Consent::Typed { notice, .. } = &step.consent else { panic!("no consent asked") };
            assert!(notice.contains(word), "{notice}");
            assert!(step.facts[0].1.contains("2027-03-01, as before"));
        }
    }

    #[test]
    fn a_rekey_under_way_is_waited_for_and_not_asked_for_again_a190() {
        let just =
            Observed { sent: vec![renewal_sent(NOW.parse().unwrap())], ..seen(OrderStatus::PendingRekey) };
        let steps = stand(FlowName::Rekey, &just, &given("later"));
        assert!(matches!(find(&steps, StepId::REKEY).status, StepStatus::Done(_)));
        assert!(matches!(find(&steps, StepId::ISSUED).status, StepStatus::Waiting { .. }));
        let other = given("later").with(Key::Current, "B".repeat(40));
        let steps = stand(FlowName::Rekey, &seen(OrderStatus::Issued), &other);
        assert!(crate::flow::current(&steps).is_none());
    }
}
