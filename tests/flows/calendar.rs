//! Fourteen months of the default estate, day by day: what renews by itself does so on the days that the
//! rules say, what nobody does has its effect, and on each of these days the pane says rightly whose turn it
//! is and when.
//!
//! Expected days come from the dated rules and from what the estate says of itself the day before; nothing is
//! taken from the practice cloud's own calendar. What the pane claims is then held against what really came.

use std::collections::HashMap;

use certdeck::azure::{certificates, inventory, orders, sites};
use certdeck::model::{
    Estate, EstateRows, Order, OrderStatus, PrivateCertificate, ResourceId, Source, Thumbprint, WhoActs,
};
use certdeck::rules::{Period, What};
use certdeck::tables::{Basis, PaneName};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::common::Practice;

const DAYS: usize = 426;

/// The order whose owner verifies the domain whenever that is asked for; nobody does for any other.
const TENDED: &str = "wildfabrikam";
/// The managed certificate whose name does not lead straight to its app (A51).
const DETOURED: &str = "docs.contoso.com";

/// One reading.
struct Day {
    now: Timestamp,
    estate: Estate,
}

impl Day {
    fn order(&self, id: &ResourceId) -> &Order {
        self.estate.order(id).unwrap()
    }

    fn certificate(&self, id: &ResourceId) -> &PrivateCertificate {
        self.estate.certificates.iter().find(|one| one.id == *id).unwrap()
    }
}

#[tokio::test]
async fn fourteen_months_pass_as_the_rules_say_and_the_pane_says_whose_turn_it_is() {
    let practice = Practice::start().await;
    let mut yesterday = read(&practice).await;
    let mut proofs: HashMap<ResourceId, Timestamp> = HashMap::new();
    for order in &yesterday.estate.orders {
        let history = orders::actions(&practice.client, &order.id).await.unwrap();
        let given = history
            .iter()
            .filter(|action| action.kind == "DomainValidationComplete")
            .filter_map(|action| action.at)
            .max();
        proofs.extend(given.map(|at| (order.id.clone(), at)));
    }
    let (mut claims, mut seen) = (Vec::new(), Counts::default());
    for _ in 0..DAYS {
        claim(&practice, &yesterday, &mut claims);
        practice.control_post("clock", json!({"advance": "1d"})).await;
        let mut today = read(&practice).await;
        managed(&practice, &yesterday, &today, &mut seen);
        for order in &yesterday.estate.orders {
            orders_day(&practice, order, &yesterday, &today, &proofs, &mut seen);
        }
        synced(&yesterday, &today);
        kept(&claims, &yesterday, &today);
        if tend(&practice, &today, &mut proofs).await {
            // The certificate authority found the proof at once.
            let later = read(&practice).await;
            seen.verified += 1;
            seen.bought +=
                u64::from(later.order(&tended(&later)).term_ends != today.order(&tended(&today)).term_ends);
            today = later;
        }
        yesterday = today;
    }
    assert_eq!(practice.purchases().await, seen.bought);
    assert!(
        seen.managed > 4
            && seen.replaced > 1
            && seen.waited > 2
            && seen.verified > 1
            && seen.expired > 1
            && seen.bought > 0,
        "{seen:?}"
    );
}

/// What happened, so that a test in which nothing did cannot pass.
#[derive(Debug, Default)]
struct Counts {
    managed: u32,
    replaced: u32,
    waited: u32,
    verified: u32,
    expired: u32,
    bought: u64,
}

async fn read(practice: &Practice) -> Day {
    let now = practice.control_get("clock").await["now"].as_str().unwrap().parse().unwrap();
    let mut estate = EstateRows { as_of: now, ..EstateRows::default() };
    for id in &practice.emulator.connection().subscription_ids {
        let subscription = ResourceId::subscription(id);
        let (of_web, of_orders, of_sites) = tokio::try_join!(
            certificates::list(&practice.client, &subscription),
            orders::list(&practice.client, &subscription),
            sites::apps(&practice.client, &subscription)
        )
        .unwrap();
        estate.certificates.extend(of_web);
        estate.orders.extend(of_orders);
        for site in of_sites {
            estate.bindings.extend(site.bindings);
            estate.apps.push(site.app);
        }
    }
    let mut estate = estate.indexed();
    inventory::upkeep::add(&practice.client, &mut estate, &[], now, |_, _| ()).await;
    Day { now, estate }
}

fn span(practice: &Practice, period: Period, now: Timestamp) -> SignedDuration {
    practice.rules.span(period, now).duration()
}

/// Whether a moment lies between the two readings.
fn fell_due(at: Timestamp, yesterday: &Day, today: &Day) -> bool {
    yesterday.now < at && at <= today.now
}

/// A30: renewed so many days before the end, and bound by itself; not while the name takes a detour (A51).
fn managed(practice: &Practice, yesterday: &Day, today: &Day, seen: &mut Counts) {
    for before in yesterday.estate.certificates.iter().filter(|one| one.canonical_name.is_some()) {
        let after = today.certificate(&before.id);
        let due = practice.rules.managed_renewal(before, today.now).1.unwrap();
        let is_due = fell_due(due, yesterday, today) && before.canonical_name.as_deref() != Some(DETOURED);
        assert_eq!(before.thumbprint != after.thumbprint, is_due, "{} on {}", before.id.name(), today.now);
        seen.managed += u32::from(is_due);
        seen.expired += u32::from(fell_due(after.expires.unwrap(), yesterday, today));
        assert!(
            today.estate.bindings_of(after).count() > 0,
            "{} lost its binding on {}",
            before.id.name(),
            today.now
        );
    }
}

/// A170–A173, A177, C10, C11, C14, C35: replaced 32 days before the end if the last proof serves, else it
/// waits for 15 days.
fn orders_day(
    practice: &Practice,
    before: &Order,
    yesterday: &Day,
    today: &Day,
    proofs: &HashMap<ResourceId, Timestamp>,
    seen: &mut Counts,
) {
    let after = today.order(&before.id);
    let name = format!("{} on {}: {before:?}", before.id.name(), today.now);
    let Some(end) = before.expires else {
        // Never issued: denied when nobody verified in time, and nothing else.
        return assert!(matches!(after.status, OrderStatus::PendingIssuance | OrderStatus::Denied), "{name}");
    };
    if fell_due(end, yesterday, today) && before.status != OrderStatus::Expired {
        seen.expired += 1;
        return assert_eq!(
            (&after.status, &after.thumbprint),
            (&OrderStatus::Expired, &before.thumbprint),
            "{name}"
        );
    }
    let due = end - span(practice, Period::OrderAutoRenewal, today.now);
    let ends_with_term =
        end + span(practice, Period::OrderAutoRenewal, today.now) > before.term_ends.unwrap();
    if before.status == OrderStatus::Issued
        && fell_due(due, yesterday, today)
        && (before.auto_renew || !ends_with_term)
    {
        let serves = proofs[&before.id] + span(practice, Period::OrderVerificationReuse, due) >= due;
        if !serves {
            seen.waited += 1;
            return assert_eq!(
                (&after.status, &after.thumbprint),
                (&OrderStatus::PendingIssuance, &before.thumbprint),
                "{name}"
            );
        }
        seen.replaced += 1;
        assert_ne!(after.thumbprint, before.thumbprint, "{name}");
        let year = span(practice, Period::OrderTerm, today.now);
        let term = before.term_ends.unwrap() + if ends_with_term { year } else { SignedDuration::ZERO };
        seen.bought += u64::from(ends_with_term);
        let life = span(practice, Period::OrderCertificateLifetime, due);
        assert_eq!(after.term_ends, Some(term), "{name}");
        let expected = term.min(due + life);
        return assert!(
            after.expires.unwrap().duration_since(expected).abs() < SignedDuration::from_hours(1),
            "{name}: {after:?}"
        );
    }
    assert_eq!(after.thumbprint, before.thumbprint, "{name}");
    if before.status == OrderStatus::PendingIssuance && after.status == OrderStatus::Issued {
        let given_up = due + span(practice, Period::OrderVerificationDeadline, today.now);
        assert!(fell_due(given_up, yesterday, today), "{name}");
    }
}

/// A155, A182: what an order has today, its imports and their bindings have tomorrow at the latest.
fn synced(yesterday: &Day, today: &Day) {
    for order in &yesterday.estate.orders {
        for import in today.estate.imports_of(order) {
            let newest = &today.order(&order.id).thumbprint;
            let is_in_time = import.thumbprint == *newest || import.thumbprint == order.thumbprint;
            assert!(is_in_time, "{} is behind by more than a day on {}", import.id.name(), today.now);
            assert!(
                today.estate.bindings_of(import).count() > 0,
                "{} lost its bindings on {}",
                import.id.name(),
                today.now
            );
        }
    }
}

/// Whoever looks after the one order answers whenever it waits. Whether there was something to do.
async fn tend(practice: &Practice, today: &Day, proofs: &mut HashMap<ResourceId, Timestamp>) -> bool {
    let order = today.order(&tended(today));
    if order.status != OrderStatus::PendingIssuance {
        return false;
    }
    let record = json!({"add": {"name": "fabrikam.com", "type": "TXT", "value": order.token}});
    practice.control_post("dns", record).await;
    practice.client.change(&orders::verify(&order.id), &mut |_| ()).await.unwrap();
    proofs.insert(order.id.clone(), today.now);
    true
}

fn tended(day: &Day) -> ResourceId {
    day.estate.orders.iter().find(|order| order.id.name() == TENDED).unwrap().id.clone()
}

/// What the pane said of a certificate on a day.
struct Claim {
    id: ResourceId,
    said: Timestamp,
    who: WhoActs,
    what: What,
    when: Option<Timestamp>,
    thumbprint: Option<Thumbprint>,
}

/// Notes what the pane says today: the cell names who, the detail also the day.
fn claim(practice: &Practice, day: &Day, claims: &mut Vec<Claim>) {
    claims.retain(|claim: &Claim| claim.when.is_some_and(|when| when > day.now));
    for (place, certificate) in day.estate.certificates.iter().enumerate() {
        let turn = practice.rules.turn(&day.estate, certificate, day.now);
        let basis = Basis::new(&day.estate, &practice.rules, day.now);
        let table = PaneName::Private.table();
        assert_eq!(table.cell(&basis, place, "who_acts").text, turn.who.words());
        let fact = table.facts(&basis, place).into_iter().find(|fact| fact.label == "Who acts").unwrap();
        let date = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
        assert!(fact.value.starts_with(turn.who.words()), "{}", fact.value);
        if let (Some(when), false) =
            (turn.when, matches!(turn.what, What::Sync { .. } | What::Replace | What::Vault(_)))
        {
            assert!(fact.value.contains(&date(when)), "{}: {}", certificate.id.name(), fact.value);
        }
        assert_ne!(turn.who, WhoActs::Unknown, "the vaults answer: {}", fact.value);
        assert_eq!(
            day.estate.source(certificate) == Source::Uploaded,
            matches!(turn.what, What::Bring | What::BringLate),
            "only what was uploaded waits for a file"
        );
        claims.push(Claim {
            id: certificate.id.clone(),
            said: day.now,
            who: turn.who,
            what: turn.what,
            when: turn.when,
            thumbprint: certificate.thumbprint.clone(),
        });
    }
}

/// What Azure was said to do on this day it did, or the order asked for a proof; what you were to do by this
/// day and nobody did has ended.
fn kept(claims: &[Claim], yesterday: &Day, today: &Day) {
    for claim in claims {
        if !claim.when.is_some_and(|when| fell_due(when, yesterday, today)) {
            continue;
        }
        let (before, after) = (yesterday.certificate(&claim.id), today.certificate(&claim.id));
        let name = format!("{} on {}: said on {} {:?}", claim.id.name(), today.now, claim.said, claim.what);
        let order = |day: &Day| match day.estate.source(after) {
            Source::Order(id) => Some(day.order(&id).clone()),
            _ => None,
        };
        match claim.who {
            WhoActs::Azure => {
                let is_stopped = claim.id.name() == DETOURED;
                let is_changed =
                    before.thumbprint != after.thumbprint || after.thumbprint != claim.thumbprint;
                let was_reissued = order(yesterday).zip(order(today)).is_some_and(|(before, after)| {
                    before.thumbprint != after.thumbprint || after.status == OrderStatus::PendingIssuance
                });
                assert!(is_stopped || is_changed || was_reissued, "{name}");
            }
            WhoActs::You => {
                let is_same = after.thumbprint == claim.thumbprint;
                assert!(!is_same || after.expires.unwrap() <= today.now, "{name}");
            }
            WhoActs::Unknown => unreachable!("{name}"),
        }
    }
}
