//! Where the platform counts, and the count is reached or nearly so: the next order or certificate is refused.

use std::collections::BTreeMap;

use super::all::{Finding, FindingOn};
use super::judgement::{Cause, Judgement, Urgency};
use crate::model::{Basis, Home, Order, ResourceId};
use crate::rules::{Count, Severity};

/// Of ten parts of a limit, so many are nearly all; no rule of the platform.
const NEARLY: i64 = 9;

pub(super) fn crowded(basis: &Basis<'_>) -> impl Iterator<Item = Finding> + use<> {
    let (orders, homes) = (by_subscription(basis), by_home(basis));
    orders.into_iter().chain(homes)
}

/// Orders that are over do not count.
fn by_subscription(basis: &Basis<'_>) -> Vec<Finding> {
    let mut counts: BTreeMap<String, (usize, i64)> = BTreeMap::new();
    let counted = |(_, order): &(usize, &Order)| !order.status.is_over();
    for (place, order) in basis.estate.orders.iter().enumerate().filter(counted) {
        counts.entry(order.id.subscription_id().to_ascii_lowercase()).or_insert((place, 0)).1 += 1;
    }
    let finding = |(place, used): (usize, i64)| {
        let judgement = judged(basis, Count::OrderPurchaseLimit, used)?;
        let id = ResourceId::subscription(basis.estate.orders[place].id.subscription_id());
        Some(Finding { on: FindingOn::Subscription, place, id: Some(id), judgement })
    };
    counts.into_values().filter_map(finding).collect()
}

fn by_home(basis: &Basis<'_>) -> Vec<Finding> {
    let finding = |(place, used): (usize, usize)| {
        let (limit, id) = match &basis.estate.certificates[place].home {
            Home::Webspace(_) => (Count::WebspaceCertificates, None),
            Home::App(app) if basis.estate.app(app).is_some_and(crate::model::App::is_flex) => {
                (Count::FlexCertificates, Some(app.clone()))
            }
            Home::App(_) => return None,
        };
        let judgement = judged(basis, limit, i64::try_from(used).unwrap_or(i64::MAX))?;
        Some(Finding { on: FindingOn::Webspace, place, id, judgement })
    };
    basis.estate.crowds().into_iter().filter_map(finding).collect()
}

/// A reached limit needs action where the platform refuses the next one for certain.
fn judged(basis: &Basis<'_>, limit: Count, used: i64) -> Option<Judgement> {
    let rule = basis.rules.rule(limit, basis.now);
    let most = rule.value?;
    let note = Judgement::note(Cause::Crowded { limit, used, most });
    let is_refused = used >= most && rule.severity == Severity::Error;
    let urgency = if is_refused { Urgency::Soon } else { Urgency::Note };
    (used * 10 >= most * NEARLY).then_some(Judgement { urgency, ..note })
}
