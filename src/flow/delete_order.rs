//! Delete an order (A204–A211, C18): what breaks is listed first, locks have to be gone, and the exact name
//! is typed. Deleting revokes the certificate; nothing brings it back.

use jiff::SignedDuration;

use super::target::order_id;
use super::unlock::{follows, in_the_way, observe_locked, order_field, order_refusals, words};
use super::usage::{Usage, some_of};
use super::{
    Case, Consent, Flow, FlowCommand, FlowName, Inputs, Observed, Seen, Step, StepId, StepStatus, Subject,
    row,
};
use crate::azure::{AzureError, Client, orders};
use crate::model::{Estate, Order, OrderStatus, PrivateCertificate, Problem, Revokes};

pub(super) static FLOW: Flow = Flow {
    name: "delete",
    title: "Delete order",
    summary: "Delete an App Service certificate order, which revokes its certificate.",
    done: "The order is deleted and its certificate revoked.",
    pages: &[FlowName::Unlock, FlowName::DeleteOrder],
    about: Subject::Order,
    leaves: Subject::Nothing,
    changes: "Deletes a certificate order; the authority revokes its certificate, wherever it is installed.",
    permissions: &[
        "Microsoft.CertificateRegistration/certificateOrders/delete",
        "Microsoft.Authorization/locks/read",
    ],
    checklist: &["A204-A205", "A207", "A210-A211", "C18"],
    command: Some(FlowCommand::changing("delete-order", "", "Delete an order and revoke its certificate.")),
    fits: row::of_an_order,
    keys: "3, d",
    fields: |_, _| vec![order_field()],
    suggest: |_: &Estate, _| {},
    refusals: |observed, inputs, _, _| order_refusals(observed, inputs),
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps: |case| vec![breaks(case), unlocked(case), delete(case)],
};

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = Observed::default();
    let Some(id) = order_id(inputs) else { return Ok(seen) };
    observe_locked(client, &id, inputs, &mut seen).await?;
    if seen.order.here().is_some() {
        seen.usage = Usage::observe(client, inputs).await?.into();
    }
    Ok(seen)
}

/// What was imported from the order: by the secret that it is stored in, or by the thumbprint that it has
/// now.
fn imports<'a>(order: &'a Order, usage: &'a Usage) -> impl Iterator<Item = &'a PrivateCertificate> {
    usage.certificates.iter().filter(|one| {
        let from_secret = one
            .vault
            .as_ref()
            .is_some_and(|secret| order.stored.iter().any(|stored| stored.secret.same_secret(secret)));
        from_secret || (one.thumbprint.is_some() && one.thumbprint == order.thumbprint)
    })
}

/// Hostnames that present the order's certificate, each with its app.
fn hostnames(order: &Order, usage: &Usage) -> Vec<String> {
    imports(order, usage)
        .flat_map(|one| usage.uses(one).map(|use_| use_.words()).collect::<Vec<_>>())
        .collect()
}

fn breaks(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::IN_USE, "See what breaks", status).explained(
            "Deleting revokes the certificate: browsers stop trusting every hostname that presents it, here and wherever it was exported to. Bind these hostnames to another certificate first. Other subscriptions are not looked at.",
        )
    };
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    let order = match &case.observed.order {
        Seen::NotAsked => return step(follows("the cloud is looked at")),
        Seen::Absent => return step(StepStatus::NotNeeded("there is no such order".to_owned())),
        Seen::Here(order) => order,
    };
    let Some(usage) = case.observed.usage.here() else { return step(follows("the apps are looked at")) };
    let hosts = hostnames(order, usage);
    let status = StepStatus::Done(match hosts.len() {
        0 => "no hostname presents its certificate".to_owned(),
        _ => format!("these stop working: {}", some_of(&hosts)),
    });
    let imported = imports(order, usage)
        .map(|one| ("Stays".to_owned(), format!("the imported {}, revoked", one.id.name())));
    let stored = order.stored.iter().map(|one| {
        (
            "Stays".to_owned(),
            format!("the secret {} in the vault {}, revoked", one.secret.secret, one.secret.vault.name()),
        )
    });
    let breaking = hosts.iter().map(|host| ("Breaks".to_owned(), host.clone()));
    breaking.chain(imported).chain(stored).fold(step(status), |step, (label, value)| step.fact(label, value))
}

fn unlocked(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::LOCKS, "Check the locks", status)
            .explained("Azure deletes nothing that a management lock protects; not even for its owner.")
    };
    if case.observed.order.is_absent() {
        return step(StepStatus::NotNeeded("there is no such order".to_owned()));
    }
    if case.observed.locks.here().is_none() {
        return step(follows("the order is seen"));
    }
    let found = in_the_way(case.observed);
    let Some(first) = found.first() else {
        return step(StepStatus::Done("no lock holds for the order".to_owned()));
    };
    let problem = Problem::new("Delete the order", format!("in the way is the {}", words(first)))
        .remedy("remove it first: the page before this one does (S-Tab), l in Orders, or certdeck run unlock")
        .code("ScopeLocked");
    // A lock that was just removed from here may still be listed.
    let part = "providers/Microsoft.Authorization/locks";
    let removed =
        case.observed.order.here().and_then(|order| case.observed.unsettled(&order.id, part, case.now));
    let status = match removed {
        Some(asked) => StepStatus::Waiting {
            on: "the removed lock to go from the list".to_owned(),
            since: Some(asked.at),
            next_poll: SignedDuration::from_secs(10),
        },
        None => StepStatus::Blocked(problem),
    };
    found.iter().fold(step(status), |step, lock| step.fact("Lock", words(lock)))
}

fn delete(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::DELETE, "Delete the order", status).explained(
            "Irreversible and final. The name cannot be changed and the money is not paid back; a new order has to be bought.",
        )
    };
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    let order = match &case.observed.order {
        Seen::NotAsked => return step(follows("the cloud is looked at")),
        Seen::Absent => return step(StepStatus::Done("deleted".to_owned())),
        Seen::Here(order) => order,
    };
    if order.status == OrderStatus::PendingRevocation
        || order.provisioning_state.eq_ignore_ascii_case("Deleting")
    {
        let on = "the authority to revoke the certificate".to_owned();
        return step(StepStatus::Waiting { on, since: None, next_poll: SignedDuration::from_secs(30) });
    }
    if !in_the_way(case.observed).is_empty() {
        return step(follows("the locks are gone"));
    }
    let Some(usage) = case.observed.usage.here() else { return step(follows("the apps are looked at")) };
    let name = order.id.name();
    let hosts = hostnames(order, usage);
    let breaking = if hosts.is_empty() {
        String::new()
    } else {
        format!(" What stops working at once: {}.", some_of(&hosts))
    };
    let notice =
        format!("This deletes {name} for good and revokes its certificate for {}.{breaking}", order.domain);
    step(StepStatus::Ready)
        .fact("Order", name)
        .fact("Status", order.status.to_string())
        .sending(vec![orders::delete(&order.id)])
        .revoking(Revokes::by(order, SignedDuration::ZERO))
        .consent(Consent::Typed { notice, word: name.to_owned() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::super::sample::{find, inputs, order, stand, stored, usage};
    use super::*;
    use crate::azure::locks::Lock;
    use crate::model::SecretStatus;

    fn seen(locks: Vec<Lock>) -> Observed {
        Observed {
            order: Seen::Here(stored(order(OrderStatus::Issued), SecretStatus::Succeeded)),
            locks: Seen::Here(locks),
            usage: Seen::Here(usage()),
            ..Observed::default()
        }
    }

    #[test]
    fn every_hostname_that_breaks_is_listed_before_the_exact_name_is_typed_a205_a211() {
        let steps = stand(FlowName::DeleteOrder, &seen(vec![]), &inputs());
        let breaks = find(&steps, StepId::IN_USE);
        assert!(
            breaks.facts.iter().any(|(label, value)| label == "Breaks" && value == "contoso.com (shop)"),
            "{breaks:?}"
        );
        let delete = find(&steps, StepId::DELETE);
        let Consent::Typed { notice, word } = &delete.consent else { panic!("nothing has to be typed") };
        assert_eq!(word, "contoso-www");
        assert!(notice.contains("revokes") && notice.contains("contoso.com (shop)"), "{notice}");
        assert!(delete.plan()[0].starts_with("DELETE ") && delete.plan().len() == 1);
    }

    #[test]
    fn a_locked_order_is_not_deleted_and_the_remedy_is_named_a207() {
        let id = order(OrderStatus::Issued).id.resource("Microsoft.Authorization/locks", "contoso-www");
        let lock = Lock { id, level: "CanNotDelete".to_owned(), notes: String::new() };
        let steps = stand(FlowName::DeleteOrder, &seen(vec![lock]), &inputs());
        let StepStatus::Blocked(problem) = &find(&steps, StepId::LOCKS).status else { panic!("not blocked") };
        assert!(problem.remedy.contains("unlock"));
        assert!(find(&steps, StepId::DELETE).requests.is_empty());
    }

    #[test]
    fn an_order_that_is_gone_is_done() {
        let steps =
            stand(FlowName::DeleteOrder, &Observed { order: Seen::Absent, ..Observed::default() }, &inputs());
        assert!(super::super::current(&steps).is_none(), "{steps:?}");
    }
}
