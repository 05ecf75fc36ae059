//! Renew an order (A167–A182, C10–C13): near the end of the paid term another one is bought, earlier a
//! certificate is issued again for what is paid. What comes of it is said before it is asked for;
//! `succession` knows when it happened.

use jiff::Timestamp;

use super::succession::{self, Stage, barren, consequences, follow_up, keeps_own_key, own_key, stage};
use super::{
    Again, Case, Consent, Flow, FlowName, Inputs, Key, Observed, Step, StepId, StepStatus, Subject, route,
    row,
};
use crate::azure::{AzureError, Client, orders};
use crate::model::{DomainName, Hostname, Order, Problem, day};
use crate::rules::{Name, Period, Rules, Span};

pub(super) static FLOW: Flow = Flow {
    name: "renew",
    title: "Renew",
    summary: "Renew the certificate of an order: look what comes of it, then ask for it.",
    done: "The certificate is renewed.",
    pages: &[FlowName::Renew, FlowName::Sync],
    about: Subject::Order,
    leaves: Subject::Order,
    changes: "Has Azure issue a new certificate with a new key for the order; in the last days of the paid term this buys another term.",
    permissions: &[
        "Microsoft.CertificateRegistration/certificateOrders/renew/action",
        "Microsoft.CertificateRegistration/certificateOrders/retrieveCertificateActions/action",
        "Microsoft.CertificateRegistration/certificateOrders/verifyDomainOwnership/action",
        "Microsoft.CertificateRegistration/certificateOrders/resendRequestEmails/action",
        "Microsoft.Web/sites/domainOwnershipIdentifiers/write",
        "Microsoft.DomainRegistration/domains/domainOwnershipIdentifiers/write",
    ],
    checklist: &["A154", "A157", "A167-A173", "A178-A180", "A183", "C10-C13"],
    command: None,
    fits: row::of_an_order,
    keys: "3, r",
    fields: succession::fields,
    suggest: succession::suggest,
    refusals,
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps,
};

impl StepId {
    pub const WINDOW: Self = Self("window");
    pub const RENEW: Self = Self("renew");
}

fn refusals(observed: &Observed, inputs: &Inputs, rules: &Rules, now: Timestamp) -> Vec<(Key, String)> {
    if route::is_asked(inputs) {
        return vec![route::refusal(observed, inputs)];
    }
    succession::refusals(observed, inputs, rules, now)
}

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    if route::is_asked(inputs) {
        route::observe(client, inputs).await
    } else {
        succession::observe(client, inputs).await
    }
}

fn steps(case: &Case<'_>) -> Vec<Step> {
    let mut steps = vec![window(case), renew(case)];
    steps.extend(follow_up(case));
    steps
}

/// Azure's own word comes first; our arithmetic only says when the window opens (C12).
fn window(case: &Case<'_>) -> Step {
    let reach = case.rules.span(Period::OrderManualRenewal, case.now);
    let lead = case.rules.span(Period::OrderAutoRenewal, case.now);
    let step = |status| {
        Step::new(StepId::WINDOW, "Check that it can be renewed", status).explained(format!(
            "An order can be renewed by hand from {reach} before its paid term ends. With auto renewal on, Azure does it by \
             itself {lead} before the end."
        ))
    };
    if route::is_asked(case.inputs) {
        return step(route::status(case));
    }
    let Some(order) = case.observed.order.here() else {
        return step(
            case.needs_any()
                .unwrap_or(StepStatus::NeedsInput { key: Key::Order, why: "choose the order".to_owned() }),
        );
    };
    match stage(order, case.inputs) {
        Stage::Barren => step(StepStatus::Blocked(barren("Renew", order))),
        Stage::Present | Stage::Unnamed if keeps_own_key(order) => {
            step(StepStatus::Blocked(own_key("Renew", order)))
        }
        Stage::UnderWay | Stage::Followed => step(StepStatus::NotNeeded("it was asked for".to_owned())),
        Stage::Present | Stage::Unnamed if order.not_renewable.is_empty() => {
            step(StepStatus::Done("Azure lets it be renewed now".to_owned()))
        }
        Stage::Present | Stage::Unnamed => step(StepStatus::Blocked(closed(case, order, reach))),
    }
}

/// Why Azure does not renew it now, in its own codes and in words.
fn closed(case: &Case<'_>, order: &Order, reach: Span) -> Problem {
    let what = format!("Renew {}", order.id.name());
    let code = order.not_renewable.join(", ");
    let problem = if order.not_renewable.iter().any(|code| code == "ExpirationNotInRenewalTimeRange") {
        let opens = order.term_ends.map(|end| (day(end - reach.duration()), day(end)));
        let why = opens.map_or_else(
            || "it is too early".to_owned(),
            |(opens, end)| {
                format!("it can be renewed from {opens} on, {reach} before its paid term ends on {end}")
            },
        );
        let by_itself = order
            .next_auto_renewal
            .map(|at| format!("Azure renews it by itself on {}; ", day(at)))
            .unwrap_or_default();
        Problem::new(what, why).remedy(format!(
            "{by_itself}a rekey (:rekey) gives a new key and certificate at any time, with the same end"
        ))
    } else if order.not_renewable.iter().any(|code| code == "SubscriptionNotActive") {
        Problem::new(what, "its subscription is not active")
            .remedy("reactivate the subscription in Azure, then renew")
    } else {
        Problem::new(what, format!("its status is '{}'", order.status)).remedy(format!(
            "look what the order waits for; the rules of today: {}",
            case.rules.reference(Period::OrderManualRenewal, case.now)
        ))
    };
    problem.code(code)
}

/// What a renewal would do to term, expiry and bill.
struct Outlook {
    is_charged: bool,
    term: Option<(Timestamp, Timestamp)>,
    expires: Option<Timestamp>,
}

fn outlook(case: &Case<'_>, order: &Order) -> Outlook {
    let lead = case.rules.span(Period::OrderAutoRenewal, case.now);
    let is_early = order.term_ends.is_some_and(|end| case.now < end - lead.duration());
    let is_charged = !(is_early && case.rules.name(Name::OrderEarlyRenewal, case.now) == "free");
    let paid = case.rules.span(Period::OrderTerm, case.now);
    let life = case.rules.span(Period::OrderCertificateLifetime, case.now);
    let term = order.term_ends.map(|end| (end, if is_charged { end + paid.duration() } else { end }));
    let expires = term.map(|(_, end)| end.min(case.now + life.duration()));
    Outlook { is_charged, term, expires }
}

fn renew(case: &Case<'_>) -> Step {
    let title = case
        .observed
        .order
        .here()
        .map_or_else(|| "Renew".to_owned(), |order| format!("Renew {}", order.id.name()));
    let step = |status| {
        Step::new(StepId::RENEW, &*title, status)
            .explained(
                "Azure has a new certificate issued. The old one stays in use until Sync, so nothing goes down. What follows is \
                 written below.",
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
        Stage::UnderWay => {
            return step(StepStatus::Done(format!("it was asked for; the order is '{}'", order.status)));
        }
        Stage::Followed => {
            let issued = order.last_issued.map(|at| format!(", issued on {}", day(at))).unwrap_or_default();
            return step(StepStatus::Done(format!("the order has another certificate than that{issued}")));
        }
        Stage::Barren => {
            return step(StepStatus::NotNeeded("the order has no certificate to renew".to_owned()));
        }
        Stage::Present | Stage::Unnamed => {}
    }
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    if !order.not_renewable.is_empty() || keeps_own_key(order) {
        return with_outlook(
            case,
            order,
            step(StepStatus::NeedsInput { key: Key::Order, why: "not now; see above".to_owned() }),
        );
    }
    let ready = with_outlook(case, order, step(StepStatus::Ready))
        .showed(order.last_issued)
        .sending(vec![orders::renew(&order.id, order.key_size)]);
    if outlook(case, order).is_charged {
        let term = case.rules.span(Period::OrderTerm, case.now);
        let notice = format!(
            "This charges another term of the App Service certificate ({term}) to the subscription, and is not refunded. For the \
             price see Azure pricing."
        );
        ready.consent(Consent::Typed { notice, word: "renew".to_owned() })
    } else {
        ready
    }
}

fn with_outlook(case: &Case<'_>, order: &Order, mut step: Step) -> Step {
    let outlook = outlook(case, order);
    let life = case.rules.span(Period::OrderCertificateLifetime, case.now);
    let lead = case.rules.span(Period::OrderAutoRenewal, case.now);
    if let Some((old, new)) = outlook.term {
        let words = if old == new {
            format!("{}, as before", day(old))
        } else {
            format!("{} instead of {}", day(new), day(old))
        };
        step = step.fact("Paid until", words);
    }
    if let (Some(old), Some(new)) = (order.expires, outlook.expires) {
        let share = outlook.term.is_some_and(|(_, end)| new < end);
        let note = if share {
            format!(" (a certificate lives {life}; Azure issues the next one in time)")
        } else {
            String::new()
        };
        step = step.fact("Expires", format!("{} instead of {}{note}", day(new), day(old)));
    }
    step = step.fact(
        "Charged",
        if outlook.is_charged {
            format!("yes: {}", case.rules.span(Period::OrderTerm, case.now))
        } else {
            format!("no: earlier than {lead} before the paid term ends, Azure issues a new certificate within the paid term")
        },
    );
    consequences(case, order, with_names(order, step))
}

/// Which names the certificate keeps; those that it never had are named, so that no person expects them
/// (A105).
fn with_names(order: &Order, step: Step) -> Step {
    if order.names.is_empty() {
        return step;
    }
    let wanted =
        Hostname::parse(&order.domain).map(|host| DomainName(host).secured_names()).unwrap_or_default();
    let lost: Vec<String> = wanted.into_iter().filter(|name| !order.names.contains(name)).collect();
    let step = step.fact("Names", format!("{}, as before", order.names.join(", ")));
    if lost.is_empty() {
        return step;
    }
    step.fact(
        "Left out",
        format!("{}: unless the domain is verified again by TXT record, Domain or Mail", lost.join(", ")),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::super::sample::{
        LEAF, NOW, find, imported, inputs, needed, order, renewal_sent, secret, stand, stand_under,
    };
    use super::*;
    use crate::flow::Seen;
    use crate::model::{Export, OrderStatus, SecretStatus, Thumbprint};
    use crate::rules::Profile;

    fn in_days(count: i64) -> Timestamp {
        NOW.parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(24 * count)
    }

    /// An issued order whose paid term, and with it the certificate, ends in so many days.
    fn ending(count: i64) -> Observed {
        let mut order = super::super::sample::stored(order(OrderStatus::Issued), SecretStatus::Succeeded);
        order.term_ends = Some(in_days(count));
        order.expires = Some(in_days(count));
        order.names = vec!["contoso.com".to_owned()];
        assert!(imported().vault.unwrap().same_secret(&secret(SecretStatus::Succeeded)));
        Observed {
            order: Seen::Here(order),
            proven: Seen::Here(in_days(-20)),
            certificates: Seen::Here(vec![imported()]),
            ..Observed::default()
        }
    }

    fn naming(thumbprint: &str) -> Inputs {
        inputs().with(Key::Current, thumbprint)
    }

    fn facts(step: &Step) -> String {
        step.facts.iter().map(|(label, words)| format!("{label}: {words}")).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn near_the_end_another_year_is_bought_and_everything_that_follows_is_said_first_a167_a169() {
        let mut observed = ending(10);
        let order = observed.order.here().unwrap();
        observed.exports = vec![Export {
            at: in_days(-30),
            order: order.id.clone(),
            thumbprint: order.thumbprint.clone().unwrap(),
            path: "/srv/copy.pfx".to_owned(),
        }];
        let steps = stand(FlowName::Renew, &observed, &naming(LEAF));
        let step = find(&steps, StepId::RENEW);
        assert_eq!(step.status, StepStatus::Ready);
        assert!(
            matches!(&step.consent, Consent::Typed { word, notice } if word == "renew" && !notice.contains('$'))
        );
        let said = facts(step);
        assert!(
            said.contains("Paid until: 2027-12-03 instead of 2026-12-03"),
            "a year from the old end: {said}"
        );
        assert!(
            said.contains("Expires: 2027-06-09 instead of 2026-12-03 (a certificate lives 198 days"),
            "{said}"
        );
        for word in [
            "Charged: yes",
            "Key: changes",
            "Exports: go stale",
            "/srv/copy.pfx of 2026-10-24",
            "Left out: www.contoso.com",
            "contoso-www-web",
            "nothing to verify",
        ] {
            assert!(said.contains(word), "{word} is missing in {said}");
        }
    }

    #[test]
    fn earlier_than_the_automatic_renewal_it_is_free_and_keeps_the_term_c12() {
        let steps = stand(FlowName::Renew, &ending(60), &naming(LEAF));
        let step = find(&steps, StepId::RENEW);
        assert_eq!((&step.status, &step.consent), (&StepStatus::Ready, &Consent::Plain));
        assert!(facts(step).contains("as before") && facts(step).contains("Charged: no"));
        let steps = stand_under(FlowName::Renew, &ending(60), &naming(LEAF), Profile::Seed);
        assert!(
            facts(find(&steps, StepId::RENEW)).contains("Charged: yes"),
            "by the article of 2022 every renewal is charged"
        );
    }

    #[test]
    fn outside_the_window_nothing_is_sent_and_the_day_is_said_a179() {
        let mut early = ending(120);
        if let Seen::Here(order) = &mut early.order {
            order.not_renewable = vec!["ExpirationNotInRenewalTimeRange".to_owned()];
        }
        let steps = stand(FlowName::Renew, &early, &naming(LEAF));
        let StepStatus::Blocked(problem) = &find(&steps, StepId::WINDOW).status else {
            panic!("not blocked")
        };
        assert!(problem.why.contains("from 2026-12-23 on, 90 days"), "{problem}");
        assert!(problem.remedy.contains("rekey") && find(&steps, StepId::RENEW).requests.is_empty());
        let steps = stand_under(FlowName::Renew, &early, &naming(LEAF), Profile::Seed);
        let StepStatus::Blocked(problem) = &find(&steps, StepId::WINDOW).status else {
            panic!("not blocked")
        };
        assert!(problem.why.contains("60 days"), "{problem}");
    }

    #[test]
    fn an_order_whose_key_is_somebodys_own_is_renewed_by_nobody_here() {
        let mut own = ending(10);
        if let Seen::Here(order) = &mut own.order {
            order.has_external_key = true;
        }
        let steps = stand(FlowName::Renew, &own, &naming(LEAF));
        let StepStatus::Blocked(problem) = &find(&steps, StepId::WINDOW).status else {
            panic!("not blocked")
        };
        assert!(
            problem.why.contains("signing request") && find(&steps, StepId::RENEW).requests.is_empty(),
            "{problem}"
        );
        let steps = stand(FlowName::Rekey, &own, &naming(LEAF).with(Key::RevokeOld, "later"));
        assert!(matches!(find(&steps, StepId::REKEY).status, StepStatus::Blocked(_)));
    }

    #[test]
    fn what_was_asked_for_is_never_asked_for_again() {
        let other = Thumbprint::parse(&"B".repeat(40)).unwrap();
        let steps = stand(FlowName::Renew, &ending(10), &naming(other.as_str()));
        assert!(
            crate::flow::current(&steps).is_none(),
            "the order has another certificate than that: {steps:?}"
        );
        for status in [OrderStatus::PendingIssuance, OrderStatus::PendingRekey] {
            let mut pending = Observed { sent: vec![renewal_sent(in_days(0))], ..ending(10) };
            if let Seen::Here(order) = &mut pending.order {
                order.status = status;
            }
            let steps = stand(FlowName::Renew, &pending, &naming(LEAF));
            assert!(find(&steps, StepId::RENEW).requests.is_empty());
            assert!(matches!(find(&steps, StepId::ISSUED).status, StepStatus::Waiting { .. }));
        }
    }

    #[test]
    fn whoever_names_no_certificate_is_told_its_thumbprint() {
        let steps = stand(FlowName::Renew, &ending(10), &inputs());
        let (key, why) = needed(find(&steps, StepId::RENEW));
        assert!(key == Key::Current && why.contains(LEAF), "{why}");
        let steps = stand(FlowName::Renew, &ending(10), &naming("nonsense"));
        assert_eq!(needed(find(&steps, StepId::RENEW)).0, Key::Current);
    }

    #[test]
    fn a_proof_that_is_too_old_is_announced_and_then_asked_for_a170_c11() {
        let mut old = ending(10);
        old.proven = Seen::Here(in_days(-199));
        let steps = stand(FlowName::Renew, &old, &naming(LEAF));
        assert!(facts(find(&steps, StepId::RENEW)).contains("more than 198 days ago"));
        if let Seen::Here(order) = &mut old.order {
            order.status = OrderStatus::PendingIssuance;
        }
        let steps = stand(FlowName::Renew, &old, &naming(LEAF));
        assert_eq!(needed(crate::flow::current(&steps).unwrap()).0, Key::Method);
        let by_txt = naming(LEAF).with(Key::Method, "manual-txt");
        old.txt = Seen::Here(vec![("contoso.com".to_owned(), vec!["hFyZjnMp".to_owned()])]);
        let steps = stand(FlowName::Renew, &old, &by_txt);
        assert!(find(&steps, StepId::ASK_VERIFICATION).plan()[0].ends_with("/verifyDomainOwnership"));
    }

    #[test]
    fn an_order_that_stays_pending_is_offered_verification_although_its_last_proof_serves() {
        for status in [OrderStatus::PendingIssuance, OrderStatus::PendingRekey] {
            let mut pending = ending(10);
            if let Seen::Here(order) = &mut pending.order {
                order.status = status;
            }
            let minutes = |count| Some(in_days(0) - jiff::SignedDuration::from_mins(count));
            for flow in [FlowName::Renew, FlowName::Rekey] {
                pending.sent = minutes(9).map(renewal_sent).into_iter().collect();
                let steps = stand(flow, &pending, &naming(LEAF));
                assert_eq!(crate::flow::current(&steps).unwrap().id, StepId::ISSUED, "minutes are usual");
                // Ten minutes later, or where it is not known since when: Azure or another machine began it.
                for asked in [minutes(11), None] {
                    pending.sent = asked.map(renewal_sent).into_iter().collect();
                    let steps = stand(flow, &pending, &naming(LEAF));
                    assert_eq!(needed(crate::flow::current(&steps).unwrap()).0, Key::Method);
                    assert!(
                        facts(find(&steps, StepId::EVIDENCE)).contains("the authority may want a new one")
                    );
                    let steps = stand(flow, &pending, &naming(LEAF).with(Key::Method, "mail"));
                    assert_eq!(find(&steps, StepId::EVIDENCE).plan().len(), 1);
                }
            }
            pending.sent = minutes(60).map(renewal_sent).into_iter().collect();
            pending.proven = Seen::Here(in_days(0));
            let steps = stand(FlowName::Renew, &pending, &naming(LEAF));
            assert_eq!(crate::flow::current(&steps).unwrap().id, StepId::ISSUED, "it was just proved");
        }
    }

    #[test]
    fn an_order_that_is_over_cannot_be_renewed_and_says_what_helps() {
        let mut over = ending(-1);
        if let Seen::Here(order) = &mut over.order {
            order.status = OrderStatus::Expired;
        }
        let StepStatus::Blocked(problem) = &stand(FlowName::Renew, &over, &naming(LEAF))[0].status else {
            panic!("not blocked")
        };
        assert!(problem.remedy.contains("buy a new certificate"));
    }
}
