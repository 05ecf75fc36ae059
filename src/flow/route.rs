//! The renewal that fits a certificate (A157, A183). `renew` is about orders: a person who names a
//! certificate instead is shown its order, or who renews it where no order does: its vault, Azure by itself,
//! or the person who uploaded it.

use jiff::Timestamp;

use super::target::order_id;
use super::usage::Usage;
use super::{Case, Inputs, Key, Observed, StepStatus};
use crate::azure::{AzureError, Client, inventory, orders};
use crate::model::{Estate, EstateRows, PrivateCertificate, Problem, ResourceId, day};
use crate::rules::{Period, What};

/// Whether a certificate was named, and no order.
pub(super) fn is_asked(inputs: &Inputs) -> bool {
    order_id(inputs).is_none() && inputs.has(Key::Certificate)
}

/// Looks for the certificate, and for the order that it was imported from.
pub(super) async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = Observed { usage: Usage::observe(client, inputs).await?.into(), ..Observed::default() };
    let Some(certificate) = certificate(&seen, inputs).cloned() else { return Ok(seen) };
    let Some(secret) = &certificate.vault else { return Ok(seen) };
    let all = orders::list(client, &ResourceId::subscription(certificate.id.subscription_id())).await;
    if let Some(all) = seen.spare("List the orders", all)? {
        seen.order = all
            .into_iter()
            .find(|order| order.stored.iter().any(|stored| stored.secret.same_secret(secret)))
            .into();
    }
    if seen.order.here().is_none() {
        let mut estate = alone(&certificate);
        // When it was read decides nothing here.
        inventory::upkeep::add(client, &mut estate, &[], Timestamp::UNIX_EPOCH, |_, _| ()).await;
        seen.upkeep = estate.into_rows().upkeep;
    }
    Ok(seen)
}

/// An estate of this certificate and nothing else.
fn alone(certificate: &PrivateCertificate) -> Estate {
    EstateRows { certificates: vec![certificate.clone()], ..EstateRows::default() }.indexed()
}

fn certificate<'a>(observed: &'a Observed, inputs: &Inputs) -> Option<&'a PrivateCertificate> {
    observed.usage.here()?.named(inputs).ok()?
}

/// Why the inputs do not lead to a renewal by an order.
pub(super) fn refusal(observed: &Observed, inputs: &Inputs) -> (Key, String) {
    match observed.usage.here().map(|usage| usage.named(inputs)) {
        None => (Key::Subscription, "choose the subscription".to_owned()),
        Some(Err(several)) => (Key::Certificate, several),
        Some(Ok(None)) => (Key::Certificate, super::usage::no_certificate(inputs)),
        Some(Ok(Some(one))) => (
            Key::Order,
            observed.order.here().map_or_else(
                || "no order renews it".to_owned(),
                |order| format!("{} was imported from an order: renew that one, {}", one.id.name(), order.id),
            ),
        ),
    }
}

/// What bars the renewal by an order: the way that fits instead, or what is not known of the certificate yet.
pub(super) fn status(case: &Case<'_>) -> StepStatus {
    let (key, why) = refusal(case.observed, case.inputs);
    match certificate(case.observed, case.inputs) {
        Some(one) if case.observed.order.here().is_none() => StepStatus::Blocked(other_way(case, one)),
        _ => StepStatus::NeedsInput { key, why },
    }
}

fn other_way(case: &Case<'_>, one: &PrivateCertificate) -> Problem {
    let name = one.id.name();
    let problem = |why: String| Problem::new(format!("Renew {name}"), why);
    match (&one.canonical_name, &one.vault) {
        (Some(host), _) => {
            let (lead, due) = case.rules.managed_renewal(one, case.now);
            let from = due.map(|due| format!(", from {} on", day(due)));
            problem(format!(
                "Azure renews this managed certificate by itself, {lead} before it ends{}, and puts the new one into the bindings",
                from.unwrap_or_default()
            ))
            .remedy(format!(
                "nothing is to be done, as long as {host} leads straight to the app and its CAA records allow digicert.com"
            ))
        }
        (None, Some(secret)) => {
            let interval = case.rules.span(Period::SyncInterval, case.now);
            let mut estate = alone(one);
            estate.renew_upkeep(case.observed.upkeep.clone());
            let turn = case.rules.turn(&estate, one, case.now);
            let remedy = match &turn.what {
                What::InVault(what) => what.remedy(secret.vault.name(), &secret.secret),
                _ => String::new(),
            };
            problem(format!("it was imported from the key vault {}; who acts: {}", secret.vault.name(), turn.words(day))).remedy(
                format!(
                    "{remedy} Once the vault has the new version, App Service takes it over within {interval}; certdeck run sync \
                 --set certificate={name} does it now"
                ),
            )
        }
        (None, None) => problem("it was uploaded, so only a new file renews it".to_owned()).remedy(format!(
            "bring the renewed file: certdeck run replace --set certificate={name} --set file=FILE"
        )),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::super::sample::{find, imported, inputs, needed, order, stand};
    use super::*;
    use crate::flow::{FlowName, Seen, StepId};
    use crate::model::OrderStatus;

    fn seen(certificate: PrivateCertificate) -> Observed {
        let usage = Usage { certificates: vec![certificate], ..Usage::default() };
        Observed { usage: Seen::Here(usage), ..Observed::default() }
    }

    /// Names the certificate of the sample, and no order.
    fn naming() -> Inputs {
        let mut inputs = inputs().with(Key::Certificate, imported().id.as_str());
        inputs.set(Key::Order, "");
        inputs
    }

    #[test]
    fn what_no_order_renews_is_told_who_does_and_what_is_left_to_do_a157_a183() {
        let managed =
            PrivateCertificate { canonical_name: Some("pay.contoso.com".into()), vault: None, ..imported() };
        let uploaded = PrivateCertificate { vault: None, ..imported() };
        for (certificate, who, what) in [
            (imported(), "imported from the key vault", "certdeck run sync --set certificate="),
            (
                managed,
                "Azure renews this managed certificate by itself",
                "pay.contoso.com leads straight to the app",
            ),
            (uploaded, "only a new file", "certdeck run replace"),
        ] {
            let steps = stand(FlowName::Renew, &seen(certificate), &naming());
            let StepStatus::Blocked(problem) = &find(&steps, StepId::WINDOW).status else {
                panic!("{steps:?}")
            };
            assert!(problem.why.contains(who) && problem.remedy.contains(what), "{problem}");
            assert!(steps.iter().all(|step| step.requests.is_empty()));
        }
    }

    #[test]
    fn the_import_of_an_order_leads_to_its_order() {
        let seen = Observed { order: Seen::Here(order(OrderStatus::Issued)), ..seen(imported()) };
        let steps = stand(FlowName::Renew, &seen, &naming());
        let (key, why) = needed(find(&steps, StepId::WINDOW));
        assert!(key == Key::Order && why.contains("/certificateOrders/contoso-www"), "{why}");
        assert!(steps.iter().all(|step| step.requests.is_empty()));
    }
}
