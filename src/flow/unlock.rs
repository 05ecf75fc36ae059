//! Unlock an order (A206–A209, C18): the management locks that keep it from being deleted, wherever they are
//! set, and the removal of those that may go. A lock's name says nothing; each is removed by its id.

use super::target::{order_id, vault_id};
use super::{
    Case, Consent, Field, FieldKind, Flow, FlowCommand, FlowName, Inputs, Key, Observed, Pick, Seen, Step,
    StepId, StepStatus, Subject, row,
};
use crate::azure::locks::{self, Lock};
use crate::azure::{AzureError, Client, orders};
use crate::model::{Estate, Problem, ResourceId};

const REACH: &[(&str, &str, &str)] = &[
    ("order", "Those on the order", "What is set above it stays, and goes on to protect everything there."),
    (
        "all",
        "Inherited ones, too",
        "Everything else in the group or subscription loses this protection, too.",
    ),
];

pub(super) static FLOW: Flow = Flow {
    name: "unlock",
    title: "Unlock",
    summary: "See the locks that keep an order from being deleted, and remove them.",
    done: "The order is unlocked.",
    pages: &[FlowName::Unlock],
    about: Subject::Order,
    leaves: Subject::Order,
    changes: "Removes management locks of a certificate order; of its group or subscription only where that is asked for.",
    permissions: &["Microsoft.Authorization/locks/read", "Microsoft.Authorization/locks/delete"],
    checklist: &["A206-A209", "C18"],
    command: Some(FlowCommand::changing("unlock", "", "See and remove the management locks of an order.")),
    fits: row::of_an_order,
    keys: "3, l",
    fields: |observed, _| fields(observed),
    suggest: |_: &Estate, _| {},
    refusals: |observed, inputs, _, _| order_refusals(observed, inputs),
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps: |case| vec![look(case), unlock(case), unlock_above(case)],
};

impl StepId {
    pub const UNLOCK: Self = Self("unlock");
    pub const UNLOCK_ABOVE: Self = Self("unlock-above");
}

fn fields(observed: &Observed) -> Vec<Field> {
    let mut fields = vec![order_field()];
    if inherited(observed).next().is_some() {
        fields.push(Field::new(
            Key::Locks,
            "Locks",
            "Some of the locks are set on the group or the subscription, and protect more than this order.",
            FieldKind::Choice(REACH),
        ));
    }
    fields
}

pub(super) fn order_field() -> Field {
    let kind = FieldKind::Pick { of: Pick::Order, or_new: false };
    Field::new(Key::Order, "Order", "An App Service certificate order.", kind)
}

/// An order that is not there is no reason to refuse: what was to be done with it is done.
pub(super) fn order_refusals(_: &Observed, inputs: &Inputs) -> Vec<(Key, String)> {
    match order_id(inputs) {
        None => vec![(Key::Order, "choose the order".to_owned())],
        Some(_) => Vec::new(),
    }
}

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = Observed::default();
    if let Some(order) = order_id(inputs) {
        observe_locked(client, &order, inputs, &mut seen).await?;
    }
    Ok(seen)
}

/// The order, and the locks that hold for it and for the vaults that keep its certificate.
pub(super) async fn observe_locked(
    client: &Client,
    id: &ResourceId,
    inputs: &Inputs,
    seen: &mut Observed,
) -> Result<(), AzureError> {
    seen.order = orders::get(client, id).await?.into();
    let Some(order) = seen.order.here() else { return Ok(()) };
    seen.locks = Seen::Here(locks::list(client, id).await?);
    let mut vaults: Vec<ResourceId> = order.stored.iter().map(|stored| stored.secret.vault.clone()).collect();
    vaults.extend(vault_id(inputs));
    vaults.sort();
    vaults.dedup();
    let mut found = Vec::new();
    for vault in vaults {
        // The vault may be in a subscription that this account does not see; it is told of for completeness
        // only.
        found.extend(
            locks::list(client, &vault)
                .await
                .unwrap_or_default()
                .into_iter()
                .filter(|lock| is_on(lock, &vault)),
        );
    }
    seen.vault_locks = Seen::Here(found);
    Ok(())
}

fn is_on(lock: &Lock, scope: &ResourceId) -> bool {
    lock.scope().eq_ignore_ascii_case(scope.as_str())
}

/// Every lock that holds at the order forbids its deletion, whichever of the two levels it has.
pub(super) fn in_the_way(observed: &Observed) -> &[Lock] {
    observed.locks.here().map_or(&[], Vec::as_slice)
}

fn own(observed: &Observed) -> impl Iterator<Item = &Lock> {
    let id = observed.order.here().map(|order| &order.id);
    in_the_way(observed).iter().filter(move |lock| id.is_some_and(|id| is_on(lock, id)))
}

fn inherited(observed: &Observed) -> impl Iterator<Item = &Lock> {
    let id = observed.order.here().map(|order| &order.id);
    in_the_way(observed).iter().filter(move |lock| id.is_some_and(|id| !is_on(lock, id)))
}

/// `Delete lock 'keep' on the resource group rg-shop: Please remove…`
pub(super) fn words(lock: &Lock) -> String {
    let level = if lock.level.eq_ignore_ascii_case("CanNotDelete") { "Delete" } else { "Read-only" };
    let on =
        ResourceId::parse(lock.scope()).map_or_else(|_| lock.scope().to_owned(), |scope| scope_words(&scope));
    let notes = if lock.notes.is_empty() { String::new() } else { format!(": {}", lock.notes) };
    format!("{level} lock '{}' on {on}{notes}", lock.id.name())
}

fn scope_words(scope: &ResourceId) -> String {
    if scope.as_str().to_ascii_lowercase().contains("/providers/") {
        scope.name().to_owned()
    } else if scope.resource_group().is_empty() {
        format!("the whole subscription {}", scope.subscription_id())
    } else {
        format!("the resource group {}", scope.resource_group())
    }
}

fn look(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::LOCKS, "See the locks", status).explained(
            "Azure puts a Delete lock on an order when it is bought, so that it is not deleted by mistake. Locks of the resource group and the subscription hold for the order, too. The lock on its vault protects the vault, and stays.",
        )
    };
    if let Some(status) = case.needs(&[Key::Order]) {
        return step(status);
    }
    match &case.observed.order {
        Seen::NotAsked => return step(follows("the cloud is looked at")),
        Seen::Absent => return step(StepStatus::NotNeeded("there is no such order".to_owned())),
        Seen::Here(_) => {}
    }
    let found = in_the_way(case.observed);
    let status = StepStatus::Done(match found.len() {
        0 => "no lock holds for the order".to_owned(),
        1 => "one lock holds for the order".to_owned(),
        many => format!("{many} locks hold for the order"),
    });
    let shown = found.iter().map(|lock| ("Lock", words(lock)));
    let vault = case.observed.vault_locks.here().into_iter().flatten().map(|lock| ("Stays", words(lock)));
    shown.chain(vault).fold(step(status), |step, (label, words)| step.fact(label, words))
}

pub(super) fn follows(once: &str) -> StepStatus {
    StepStatus::NeedsInput { key: Key::Order, why: format!("follows once {once}") }
}

fn unlock(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::UNLOCK, "Remove the locks on the order", status)
            .explained("Only effect: the order can be deleted. A lock can be set again at any time.")
    };
    if let Some(status) = case.needs(&[Key::Order]) {
        return step(status);
    }
    if case.observed.order.here().is_none() {
        return step(follows("the order is seen"));
    }
    match own(case.observed).map(locks::remove).collect::<Vec<_>>() {
        none if none.is_empty() => step(StepStatus::Done("the order itself has no lock".to_owned())),
        requests => {
            let order = case.observed.order.here().map(|order| order.id.name().to_owned());
            let ready = own(case.observed)
                .fold(step(StepStatus::Ready), |step, lock| step.fact("Removes", words(lock)));
            ready.sending(requests).consent(Consent::interrupting(
                "It weakens the order: it can be deleted afterwards, by mistake too. A lock can be set again at any time.",
                order,
            ))
        }
    }
}

fn unlock_above(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::UNLOCK_ABOVE, "Deal with inherited locks", status)
            .explained("They hold for the whole group or subscription: ask its owner before you remove them.")
    };
    let inherited: Vec<&Lock> = inherited(case.observed).collect();
    if case.observed.order.here().is_none() {
        return step(follows("the order is seen"));
    }
    let Some(first) = inherited.first() else {
        return step(StepStatus::NotNeeded("none is inherited".to_owned()));
    };
    let shown = |status| inherited.iter().fold(step(status), |step, lock| step.fact("Lock", words(lock)));
    match case.inputs.get(Key::Locks) {
        Some("all") => {
            let on: Vec<String> = inherited
                .iter()
                .filter_map(|lock| ResourceId::parse(lock.scope()).ok())
                .map(|id| scope_words(&id))
                .collect();
            let notice = format!(
                "Everything in {} loses the protection of this lock, not only the order.",
                on.join(" and ")
            );
            shown(StepStatus::Ready)
                .sending(inherited.iter().map(|lock| locks::remove(lock)).collect())
                .consent(Consent::Typed { notice, word: first.id.name().to_owned() })
        }
        Some(_) => {
            let why = format!("{} is left as it is", words(first));
            let remedy = "its owner can remove it; or choose to remove inherited locks, too";
            shown(StepStatus::Blocked(
                Problem::new("Unlock the order", why).remedy(remedy).code("ScopeLocked"),
            ))
        }
        None => shown(StepStatus::NeedsInput {
            key: Key::Locks,
            why: format!("{}: remove it, too?", words(first)),
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::super::sample::{find, id, inputs, needed, order, stand};
    use super::*;
    use crate::model::OrderStatus;

    fn lock(scope: &ResourceId, level: &str) -> Lock {
        Lock {
            id: scope.resource("Microsoft.Authorization/locks", "keep"),
            level: level.to_owned(),
            notes: String::new(),
        }
    }

    fn seen(locks: Vec<Lock>) -> Observed {
        let vault = lock(&id("Microsoft.KeyVault/vaults/kv-web"), "CanNotDelete");
        Observed {
            order: Seen::Here(order(OrderStatus::Issued)),
            locks: Seen::Here(locks),
            vault_locks: Seen::Here(vec![vault]),
            ..Observed::default()
        }
    }

    #[test]
    fn removing_the_lock_of_an_order_weakens_it() {
        let observed = seen(vec![lock(
            &id("Microsoft.CertificateRegistration/certificateOrders/contoso-www"),
            "CanNotDelete",
        )]);
        let steps = stand(FlowName::Unlock, &observed, &inputs());
        let Consent::Interrupts { notice, names } = &find(&steps, StepId::UNLOCK).consent else {
            panic!("it weakens nothing")
        };
        assert!(notice.contains("deleted") && names == &["contoso-www"], "{notice}");
    }

    #[test]
    fn the_lock_on_the_order_goes_by_its_id_and_that_of_the_vault_stays_c18() {
        let own = lock(&order(OrderStatus::Issued).id, "CanNotDelete");
        let steps = stand(FlowName::Unlock, &seen(vec![own.clone()]), &inputs());
        assert_eq!(find(&steps, StepId::UNLOCK).plan(), [format!("DELETE {}", own.id)]);
        assert!(
            find(&steps, StepId::LOCKS)
                .facts
                .iter()
                .any(|(label, words)| label == "Stays" && words.contains("kv-web"))
        );
        assert!(
            super::super::current(&stand(FlowName::Unlock, &seen(vec![]), &inputs())).is_none(),
            "done without locks"
        );
    }

    #[test]
    fn a_lock_that_protects_more_than_the_order_is_removed_only_where_that_is_asked_for() {
        let group = lock(&order(OrderStatus::Issued).id.group(), "ReadOnly");
        let observed = seen(vec![group]);
        let steps = stand(FlowName::Unlock, &observed, &inputs());
        let (key, why) = needed(find(&steps, StepId::UNLOCK_ABOVE));
        assert!(
            key == Key::Locks && why.contains("Read-only lock 'keep' on the resource group web"),
            "{why}"
        );
        let left = stand(FlowName::Unlock, &observed, &inputs().with(Key::Locks, "order"));
        assert!(matches!(find(&left, StepId::UNLOCK_ABOVE).status, StepStatus::Blocked(_)));
        let all = stand(FlowName::Unlock, &observed, &inputs().with(Key::Locks, "all"));
        let above = find(&all, StepId::UNLOCK_ABOVE);
        assert_eq!(above.requests.len(), 1);
        assert!(
            matches!(&above.consent, Consent::Typed { notice, .. } if notice.contains("resource group web"))
        );
    }
}
