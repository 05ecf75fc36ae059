//! Renew an order (A167–A182, C10–C13): near the end of the paid term another year is bought, earlier a certificate is
//! issued anew for what is paid. What comes of it is said before it is asked for; `succession` knows when it happened.

use jiff::{SignedDuration, Timestamp};

use super::succession::{self, Stage, barren, consequences, day, follow_up, stage};
use super::{Case, Consent, Flow, FlowName, Key, Step, StepId, StepStatus, Subject};
use crate::azure::orders;
use crate::model::{DomainName, Hostname, Order, Problem};
use crate::rules::Limit;

pub(super) static FLOW: Flow = Flow {
    name: "renew",
    title: "Renew",
    summary: "Renew the certificate of an order: look what comes of it, then ask for it.",
    done: "The certificate is renewed.",
    pages: &[FlowName::Renew, FlowName::Sync],
    about: Subject::Order,
    leaves: Subject::Order,
    changes: "Has Azure issue a new certificate with a new key for the order; in the last days of the paid term this buys another year.",
    permissions: &[
        "Microsoft.CertificateRegistration/certificateOrders/renew/action",
        "Microsoft.CertificateRegistration/certificateOrders/verifyDomainOwnership/action",
    ],
    checklist: &["A154", "A157", "A167-A173", "A178-A180", "C10-C13"],
    keys: "3, r",
    fields: succession::fields,
    suggest: succession::suggest,
    refusals: succession::refusals,
    observe: |client, inputs| Box::pin(succession::observe(client, inputs)),
    steps,
};

fn steps(case: &Case<'_>) -> Vec<Step> {
    let mut steps = vec![window(case), renew(case)];
    steps.extend(follow_up(case));
    steps
}

fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

/// Azure's own word comes first; our arithmetic only says when the window opens (C12).
fn window(case: &Case<'_>) -> Step {
    let reach = case.rules.number(Limit::OrderManualRenewal, case.now).unwrap_or_default();
    let lead = case.rules.number(Limit::OrderAutoRenewal, case.now).unwrap_or_default();
    let step = |status| {
        Step::new(StepId::Window, "Check that it can be renewed", status).explained(format!(
            "An order can be renewed by hand from {reach} days before its paid term ends. With auto renewal on, Azure does it by \
             itself {lead} days before the end."
        ))
    };
    let Some(order) = case.observed.order.here() else {
        return step(case.needs_any().unwrap_or(StepStatus::NeedsInput { key: Key::Order, why: "choose the order".to_owned() }));
    };
    match stage(order, case.inputs) {
        Stage::Barren => step(StepStatus::Blocked(barren("Renew", order))),
        Stage::UnderWay | Stage::Followed => step(StepStatus::NotNeeded("it was asked for".to_owned())),
        Stage::Present | Stage::Unnamed if order.not_renewable.is_empty() => {
            step(StepStatus::Done("Azure lets it be renewed now".to_owned()))
        }
        Stage::Present | Stage::Unnamed => step(StepStatus::Blocked(closed(case, order, reach))),
    }
}

/// Why Azure does not renew it now, in its own codes and in words.
fn closed(case: &Case<'_>, order: &Order, reach: i64) -> Problem {
    let what = format!("Renew {}", order.id.name());
    let code = order.not_renewable.join(", ");
    let problem = if order.not_renewable.iter().any(|code| code == "ExpirationNotInRenewalTimeRange") {
        let opens = order.term_ends.map(|end| (day(end - days(reach)), day(end)));
        let why = opens.map_or_else(
            || "it is too early".to_owned(),
            |(opens, end)| format!("it can be renewed from {opens} on, {reach} days before its paid term ends on {end}"),
        );
        let by_itself = order.next_auto_renewal.map(|at| format!("Azure renews it by itself on {}; ", day(at))).unwrap_or_default();
        Problem::new(what, why)
            .remedy(format!("{by_itself}a rekey (:rekey) gives a new key and certificate at any time, with the same end"))
    } else if order.not_renewable.iter().any(|code| code == "SubscriptionNotActive") {
        Problem::new(what, "its subscription is not active").remedy("reactivate the subscription in Azure, then renew")
    } else {
        Problem::new(what, format!("its status is '{}'", order.status)).remedy(format!(
            "look what the order waits for; the rules of today: {}",
            case.rules.reference(Limit::OrderManualRenewal, case.now)
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
    let lead = case.rules.number(Limit::OrderAutoRenewal, case.now).unwrap_or_default();
    let is_early = order.term_ends.is_some_and(|end| case.now < end - days(lead));
    let is_charged = !(is_early && case.rules.text(Limit::OrderEarlyRenewal, case.now) == Some("free"));
    let year = case.rules.number(Limit::OrderTerm, case.now).unwrap_or_default();
    let life = case.rules.number(Limit::OrderCertificateLifetime, case.now).unwrap_or_default();
    let term = order.term_ends.map(|end| (end, if is_charged { end + days(year) } else { end }));
    let expires = term.map(|(_, end)| end.min(case.now + days(life)));
    Outlook { is_charged, term, expires }
}

fn renew(case: &Case<'_>) -> Step {
    let title = case.observed.order.here().map_or_else(|| "Renew".to_owned(), |order| format!("Renew {}", order.id.name()));
    let step = |status| {
        Step::new(StepId::Renew, &*title, status)
            .explained(
                "Azure has a new certificate issued. The old one stays in use until Sync, so nothing goes down. What follows is \
                 written below.",
            )
            .settles_within(succession::SETTLES)
    };
    let Some(order) = case.observed.order.here() else {
        return step(case.needs_any().unwrap_or(StepStatus::NeedsInput { key: Key::Order, why: "choose the order".to_owned() }));
    };
    match stage(order, case.inputs) {
        Stage::UnderWay => return step(StepStatus::Done(format!("it was asked for; the order is '{}'", order.status))),
        Stage::Followed => {
            let issued = order.last_issued.map(|at| format!(", issued on {}", day(at))).unwrap_or_default();
            return step(StepStatus::Done(format!("the order has another certificate than that{issued}")));
        }
        Stage::Barren => return step(StepStatus::NotNeeded("the order has no certificate to renew".to_owned())),
        Stage::Present | Stage::Unnamed => {}
    }
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    if !order.not_renewable.is_empty() {
        return with_outlook(case, order, step(StepStatus::NeedsInput { key: Key::Order, why: "not now; see above".to_owned() }));
    }
    let ready = with_outlook(case, order, step(StepStatus::Ready)).sending(vec![orders::renew(&order.id)]);
    if outlook(case, order).is_charged {
        let notice = "This charges one more year of the App Service certificate to the subscription, and is not refunded. For the \
                      price see Azure pricing.";
        ready.consent(Consent::Typed { notice: notice.to_owned(), word: "renew".to_owned() })
    } else {
        ready
    }
}

fn with_outlook(case: &Case<'_>, order: &Order, mut step: Step) -> Step {
    let outlook = outlook(case, order);
    let life = case.rules.number(Limit::OrderCertificateLifetime, case.now).unwrap_or_default();
    let lead = case.rules.number(Limit::OrderAutoRenewal, case.now).unwrap_or_default();
    if let Some((old, new)) = outlook.term {
        let words = if old == new { format!("{}, as before", day(old)) } else { format!("{} instead of {}", day(new), day(old)) };
        step = step.fact("Paid until", words);
    }
    if let (Some(old), Some(new)) = (order.expires, outlook.expires) {
        let share = outlook.term.is_some_and(|(_, end)| new < end);
        let note =
            if share { format!(" (a certificate lives {life} days; Azure issues the next one in time)") } else { String::new() };
        step = step.fact("Expires", format!("{} instead of {}{note}", day(new), day(old)));
    }
    step = step.fact(
        "Charged",
        if outlook.is_charged {
            "yes: one year".to_owned()
        } else {
            format!("no: earlier than {lead} days before the paid term ends, Azure issues anew for what is paid (C12)")
        },
    );
    consequences(case, order, with_names(order, step))
}

/// Which names the certificate keeps; those that it never had are named, so that nobody hopes for them (A105).
fn with_names(order: &Order, step: Step) -> Step {
    if order.names.is_empty() {
        return step;
    }
    let wanted = Hostname::parse(&order.domain).map(|host| DomainName(host).secured_names()).unwrap_or_default();
    let lost: Vec<String> = wanted.into_iter().filter(|name| !order.names.contains(name)).collect();
    let step = step.fact("Names", format!("{}, as before", order.names.join(", ")));
    if lost.is_empty() {
        return step;
    }
    step.fact("Left out", format!("{}: unless the domain is verified anew by TXT record, Domain or Mail", lost.join(", ")))
}
