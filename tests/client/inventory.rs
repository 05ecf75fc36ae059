//! The inventory against the practice cloud: how few questions it takes, what answers where the index does
//! not, and that what cannot be read is named.

use std::collections::BTreeSet;
use std::fmt::Debug;

use crate::common::Practice;
use crate::support::{Reply, Server};
use certdeck::azure::{certificates, inventory, sites};
use certdeck::flow::{FlowName, Key};
use certdeck::model::{Changes, Estate, PrivateCertificate, ResourceId, Subscription};
use certdeck::practice::{Pace, Rate};
use serde_json::{Value, json};

const INDEX: &str = "*/Microsoft.ResourceGraph/resources";

async fn of_fleet(fleet: &str) -> Practice {
    let fleet = fleet.parse().unwrap();
    Practice::with(|options| options.fleet = Some(fleet)).await
}

/// Reads the estate and says which requests that took, as `METHOD path`.
async fn read(practice: &Practice) -> (Estate, Vec<String>) {
    let before = practice.control_get("requests").await["last"].as_u64().unwrap();
    let estate = inventory::load(&practice.client, &[]).await.unwrap();
    let log = practice.control_get(&format!("requests?since={before}")).await;
    let shown =
        |one: &Value| format!("{} {}", one["method"].as_str().unwrap(), one["path"].as_str().unwrap());
    let requests = log["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(shown)
        .filter(|one| !one.contains("/_emulator/"))
        .collect();
    (estate, requests)
}

/// Every member of every row of an estate, whatever order they came in and however ids are spelled.
fn contents(estate: &Estate) -> BTreeSet<String> {
    fn lines<T: Debug>(rows: &[T]) -> impl Iterator<Item = String> {
        rows.iter().map(|row| format!("{row:?}").to_lowercase())
    }
    lines(&estate.groups)
        .chain(lines(&estate.plans))
        .chain(lines(&estate.apps))
        .chain(lines(&estate.bindings))
        .chain(lines(&estate.certificates))
        .chain(lines(&estate.orders))
        .chain(lines(&estate.vaults))
        .collect()
}

#[tokio::test]
async fn an_estate_takes_a_question_a_kind_and_never_one_a_certificate_or_app() {
    let practice = Practice::start().await;
    let (estate, requests) = read(&practice).await;
    assert!(estate.gaps.is_empty() && estate.certificates.len() >= 5);
    assert!(requests.iter().all(|one| one.contains("ResourceGraph")
        || one.contains("GET /subscriptions?")
        || one.contains("oauth2")));
    assert!(requests.len() <= 12, "{requests:#?}");
}

#[tokio::test]
async fn many_certificates_take_a_page_for_a_thousand_and_a_few_more() {
    let practice = of_fleet("apps=600,certificates=9500,subscriptions=40,seed=3").await;
    let (estate, requests) = read(&practice).await;
    assert_eq!((estate.certificates.len(), estate.apps.len(), estate.gaps.len()), (9500, 600, 0));
    let names: BTreeSet<String> = estate.certificates.iter().map(|one| one.id.to_string()).collect();
    assert_eq!(names.len(), 9500, "every certificate is there once");
    assert!(requests.len() <= 9500 / 1000 + 50, "{}", requests.len());
}

#[tokio::test]
async fn where_the_index_is_refused_the_lists_tell_the_same() {
    let practice = Practice::start().await;
    let (by_index, _) = read(&practice).await;
    for status in [403, 404, 501] {
        practice
            .control_post("faults", json!({"path": INDEX, "fault": {"kind": "status", "status": status}}))
            .await;
        let (by_lists, requests) = read(&practice).await;
        assert_eq!(contents(&by_lists), contents(&by_index));
        let changes = Changes::between(&by_index, &by_lists);
        assert!(changes.is_empty(), "nothing is marked as changed: {}", changes.words());
        assert_eq!(by_lists.gaps, []);
        assert!(requests.iter().any(|one| one.contains("/providers/Microsoft.Web/certificates")));
    }
}

#[tokio::test]
async fn a_page_that_is_never_answered_costs_no_row_and_repeats_none() {
    let practice = of_fleet("apps=60,certificates=2500,subscriptions=4,seed=5").await;
    // The first pages come, the ones behind them never.
    practice
        .control_post("faults", json!({"path": INDEX, "skip": 8, "fault": {"kind": "status", "status": 400}}))
        .await;
    let (estate, _) = read(&practice).await;
    let names: BTreeSet<String> =
        estate.certificates.iter().map(|one| one.id.to_string().to_lowercase()).collect();
    assert_eq!((estate.certificates.len(), names.len()), (2500, 2500));
    assert_eq!(estate.gaps, []);
}

#[tokio::test]
async fn what_nobody_answers_is_a_gap_by_name_and_the_rest_is_there() {
    let practice = of_fleet("apps=60,certificates=900,subscriptions=4,seed=5").await;
    let (whole, _) = read(&practice).await;
    let refused = whole.subscriptions[1].clone();
    practice.control_post("faults", json!({"path": INDEX, "fault": {"kind": "status", "status": 403}})).await;
    let list = format!("{}/providers/Microsoft.Web/certificates", refused.id);
    let no_right = json!({"kind": "status", "status": 403, "code": "AuthorizationFailed"});
    practice.control_post("faults", json!({"path": list, "skip": 1, "fault": no_right})).await;
    let (estate, _) = read(&practice).await;
    assert_eq!(estate.gaps.len(), 1);
    assert_eq!(estate.gaps[0].what, format!("private key certificates of {}", refused.name));
    let inside = |estate: &Estate| {
        estate
            .certificates
            .iter()
            .filter(|one| one.id.subscription_id() == refused.id.subscription_id())
            .count()
    };
    assert_eq!(inside(&estate), 100, "the page before the failing one was read");
    assert_eq!(estate.certificates.len(), whole.certificates.len() - inside(&whole) + 100);
    assert_eq!(estate.apps.len(), whole.apps.len());
}

/// How many requests went to a subscription.
async fn asked_of(practice: &Practice, subscription: &ResourceId) -> usize {
    let log = practice.control_get("requests").await;
    let below = format!("{subscription}/").to_ascii_lowercase();
    log["value"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["path"].as_str().unwrap().to_lowercase().starts_with(&below))
        .count()
}

/// A fleet in which one subscription answers nothing but 503 below a path, for ever, and the index is not
/// allowed.
async fn failing_fleet(below: &str) -> (Practice, Estate, Subscription) {
    let practice = of_fleet("apps=60,certificates=900,subscriptions=4,seed=5").await;
    let (whole, _) = read(&practice).await;
    let failing = whole.subscriptions[2].clone();
    practice.control_post("faults", json!({"path": INDEX, "fault": {"kind": "status", "status": 403}})).await;
    let down = json!({"path": format!("{}{below}", failing.id), "fault": {"kind": "status", "status": 503}});
    practice.control_post("faults", down).await;
    (practice, whole, failing)
}

#[tokio::test]
async fn a_subscription_that_keeps_failing_is_left_out_by_name_and_asked_again_when_somebody_refreshes() {
    let (practice, whole, failing) = failing_fleet("/*").await;
    let is_inside = |id: &ResourceId| id.subscription_id() == failing.id.subscription_id();
    let (partial, _) = read(&practice).await;
    assert_eq!(partial.gaps.len(), 1, "{:?}", partial.gaps);
    let gap = &partial.gaps[0];
    assert_eq!(gap.what, failing.name);
    assert!(
        gap.problem.why.contains("keeps failing (HTTP 503)") && gap.problem.remedy.contains("C-r"),
        "{}",
        gap.problem
    );
    let others = whole.certificates.iter().filter(|one| !is_inside(&one.id)).count();
    assert_eq!((partial.certificates.len(), partial.subscriptions.len()), (others, 4));

    let before = asked_of(&practice, &failing.id).await;
    let (again, _) = read(&practice).await;
    assert_eq!((again.gaps.len(), again.certificates.len()), (1, others));
    assert_eq!(asked_of(&practice, &failing.id).await, before, "it is left alone");

    practice.client.try_again();
    let (again, _) = read(&practice).await;
    assert_eq!(
        (again.gaps.len(), asked_of(&practice, &failing.id).await),
        (1, before + 1),
        "one question finds out"
    );

    practice.clear_faults().await;
    practice.client.try_again();
    let (healed, _) = read(&practice).await;
    assert_eq!(healed.gaps, []);
    assert_eq!(contents(&healed), contents(&whole), "the same reading has all of it");
}

#[tokio::test]
async fn what_somebody_asks_of_a_subscription_that_is_left_out_is_asked() {
    let (practice, whole, failing) = failing_fleet("/providers/*").await;
    assert_eq!(read(&practice).await.0.gaps.len(), 1);
    let app = whole.apps.iter().find(|app| app.id.subscription_id() == failing.id.subscription_id()).unwrap();
    let found = sites::get(&practice.client, &app.id).await.unwrap();
    assert_eq!(found.unwrap().app.hostnames, app.hostnames);
}

#[tokio::test]
async fn a_provider_that_a_subscription_has_not_registered_is_named_and_hides_nothing() {
    let practice = Practice::start().await;
    let (whole, _) = read(&practice).await;
    practice.control_post("faults", json!({"path": INDEX, "fault": {"kind": "status", "status": 403}})).await;
    let list = format!(
        "{}/providers/Microsoft.CertificateRegistration/certificateOrders",
        whole.subscriptions[1].id
    );
    let missing = json!({"kind": "status", "status": 409, "code": "MissingSubscriptionRegistration"});
    practice.control_post("faults", json!({"path": list, "fault": missing})).await;
    let (estate, _) = read(&practice).await;
    let gap = &estate.gaps[0];
    assert_eq!((estate.gaps.len(), gap.what.as_str()), (1, "certificate orders of Contoso Test"));
    assert!(!gap.hides_something() && gap.problem.why.contains("not registered"), "{}", gap.problem);
}

#[tokio::test]
async fn a_refresh_after_an_own_change_does_not_bring_the_old_state_back() {
    let practice = Practice::with(|options| {
        options.pace = Pace::Real;
        options.rate = Some(Rate::Unlimited);
    })
    .await;
    let (before, _) = read(&practice).await;
    let unused =
        before.certificates.iter().find(|one| before.bindings_of(one).next().is_none()).unwrap().id.clone();
    practice.client.change(&certificates::delete(&unused), &mut |_| ()).await.unwrap();
    let is_there = |estate: &Estate| estate.certificates.iter().any(|one| one.id == unused);
    let behind = inventory::load(&practice.client, &[]).await.unwrap();
    assert!(is_there(&behind), "the index is behind");
    let changed = [unused.clone()];
    let after = inventory::load(&practice.client, &changed).await.unwrap();
    assert!(!is_there(&after));
    let others = |estate: &Estate| {
        contents(estate)
            .into_iter()
            .filter(|line| !line.contains(&unused.to_string().to_lowercase()))
            .collect::<Vec<_>>()
    };
    assert_eq!(others(&after), others(&before), "nothing else is missing or there twice");
}

/// A certificate belongs to a webspace, and a plan of it may carry apps of other groups: a sync moves their
/// bindings too.
#[tokio::test]
async fn after_a_change_of_a_certificate_apps_of_other_groups_in_its_webspace_are_read_directly() {
    let practice = Practice::with(|options| {
        options.pace = Pace::Real;
        // Only the index is behind; within Azure's limits the lists would answer some of this.
        options.rate = Some(Rate::Unlimited);
    })
    .await;
    let (estate, _) = read(&practice).await;
    let shared = estate.apps.iter().find(|app| app.id.name() == "contoso-blog").unwrap();
    let guest = estate.groups.iter().find(|group| group.id.name() == "rg-platform").unwrap();
    let guest = guest.id.resource("Microsoft.Web/sites", "contoso-guest");
    let site = json!({"location": "westeurope", "properties": {"serverFarmId": shared.plan.as_ref().unwrap().to_string()}});
    let made = practice.arm_send("PUT", guest.as_str(), &site).await;
    assert_eq!(made["properties"]["webSpace"], shared.webspace.as_str(), "{made}");
    practice.control_post("clock", json!({"advance": "10m"})).await;
    let (before, _) = read(&practice).await;
    let of_guest =
        |estate: &Estate| estate.apps.iter().find(|app| app.id == guest).map(|app| app.state.clone());
    assert_eq!(of_guest(&before).as_deref(), Some("Running"), "the index has found it");

    practice.arm_send("POST", &format!("{guest}/stop"), &Value::Null).await;
    let (behind, _) = read(&practice).await;
    assert_eq!(of_guest(&behind).as_deref(), Some("Running"), "the index is behind");
    let in_webspace = |one: &&PrivateCertificate| one.home.serves(shared);
    let changed = [before.certificates.iter().find(in_webspace).unwrap().id.clone()];
    let after = inventory::load(&practice.client, &changed).await.unwrap();
    assert_eq!(of_guest(&after).as_deref(), Some("Stopped"));
    assert_eq!(
        (after.apps.len(), after.bindings.len()),
        (before.apps.len(), before.bindings.len()),
        "nothing twice"
    );
}

const KNOWN: &str = "11111111-aaaa-4aaa-8aaa-000000000001";
const NEW: &str = "11111111-aaaa-4aaa-8aaa-000000000002";

fn certificate_in(subscription: &str) -> Value {
    let id =
        format!("/subscriptions/{subscription}/resourceGroups/web/providers/Microsoft.Web/certificates/shop");
    json!({"id": id, "name": "shop", "location": "West Europe", "properties": {"webSpace": "web-WestEuropewebspace"}})
}

/// A subscription that was made an hour ago, or that the identity was let into just now.
#[tokio::test]
async fn a_subscription_that_the_index_does_not_know_is_listed() {
    let server = Server::start(|seen, _| {
        let answer = if seen.line.contains("ResourceGraph") {
            let mut row = certificate_in(KNOWN);
            row["webSpace"] = row["properties"]["webSpace"].clone();
            let rows = match seen.body.as_str() {
                body if body.contains("microsoft.web/certificates") => vec![row],
                body if body.contains("microsoft.resources/subscriptions'") => {
                    vec![json!({"id": format!("/subscriptions/{KNOWN}")})]
                }
                _ => Vec::new(),
            };
            json!({"totalRecords": rows.len(), "count": rows.len(), "data": rows, "resultTruncated": "false"})
        } else if seen.line.starts_with("GET /subscriptions?") {
            let one = |id: &str| json!({"id": format!("/subscriptions/{id}"), "subscriptionId": id, "displayName": id});
            json!({"value": [one(KNOWN), one(NEW)]})
        } else if seen.line.contains("/certificates?") {
            json!({"value": [certificate_in(NEW)]})
        } else {
            json!({"value": []})
        };
        Reply::json(200, &answer)
    })
    .await;
    let estate = inventory::load(&server.client().await, &[]).await.unwrap();
    let found: BTreeSet<&str> = estate.certificates.iter().map(|one| one.id.subscription_id()).collect();
    assert_eq!(found, BTreeSet::from([KNOWN, NEW]));
    assert_eq!(estate.gaps, []);
    assert!(
        server.seen(&format!("/subscriptions/{KNOWN}/")).is_empty(),
        "what the index knows is not listed as well"
    );
}

#[tokio::test]
async fn public_certificates_take_a_question_an_app_once_they_are_wanted() {
    let practice = Practice::start().await;
    let mut estate = inventory::load(&practice.client, &[]).await.unwrap();
    assert!(estate.public_certificates.is_empty());
    let mut told = Vec::new();
    inventory::public::add(&practice.client, &mut estate, |answered| told.push(answered)).await;
    assert_eq!(told, (1..=estate.apps.len()).collect::<Vec<_>>());
    assert!(!estate.public_certificates.is_empty());
    let site = estate.public_certificates[0].app.clone();
    let refused =
        json!({"path": format!("{site}/publicCertificates"), "fault": {"kind": "status", "status": 403}});
    practice.control_post("faults", refused).await;
    let mut estate = inventory::load(&practice.client, &[]).await.unwrap();
    inventory::public::add(&practice.client, &mut estate, |_| ()).await;
    assert_eq!(estate.gaps[0].what, format!("public certificates of {}", site.site_label()));
}

/// The places of the changes that were sent since, and the number of the last request.
async fn changed_since(practice: &Practice, since: u64) -> (Vec<ResourceId>, u64) {
    let log = practice.control_get(&format!("requests?since={since}")).await;
    let all = log["value"].as_array().unwrap();
    let is_change =
        |one: &&Value| ["PUT", "PATCH", "POST", "DELETE"].contains(&one["method"].as_str().unwrap());
    let place = |one: &Value| {
        let path = one["path"].as_str().unwrap().split('?').next().unwrap();
        ResourceId::parse(path).ok()
    };
    (all.iter().filter(is_change).filter_map(place).collect(), log["last"].as_u64().unwrap())
}

#[tokio::test]
async fn what_a_change_touched_read_again_is_what_a_reading_of_everything_finds() {
    let practice = Practice::start().await;
    let mut estate = inventory::load(&practice.client, &[]).await.unwrap();
    let shop = (Key::App, "contoso-shop");
    let order = (Key::Order, "contoso-www");
    let runs = [
        (FlowName::Unbind, vec![(Key::App, "contoso-blog"), (Key::Hostname, "blog.contoso.com")]),
        (FlowName::DeletePrivate, vec![(Key::Certificate, "blog-2025")]),
        (FlowName::Managed, vec![shop, (Key::Hostname, "pay.contoso.com")]),
        (FlowName::Hostname, vec![shop, (Key::Hostname, "new.contoso.com")]),
        (
            FlowName::ImportVault,
            vec![shop, (Key::Vault, "kv-contoso-vault"), (Key::VaultCertificate, "pay-2026")],
        ),
        (FlowName::Purchase, vec![order, (Key::Domain, "contoso.com"), (Key::Product, "standard")]),
        (FlowName::Store, vec![order, (Key::Vault, "kv-touched"), (Key::VaultLocation, "westeurope")]),
        (FlowName::Verify, vec![order, (Key::Method, "app-service"), shop]),
        (FlowName::ImportOrder, vec![order, shop]),
        (FlowName::Bind, vec![order, shop, (Key::Hostname, "contoso.com"), (Key::SslType, "sni")]),
        (FlowName::DeleteOrder, vec![(Key::Order, "apifabrikam")]),
    ];
    let (_, mut last) = changed_since(&practice, 0).await;
    for (flow, given) in runs {
        if flow == FlowName::DeleteOrder {
            practice.complete(FlowName::Unlock, &given).await;
        }
        practice.complete(flow, &given).await;
        let (places, until) = changed_since(&practice, last).await;
        assert!(!places.is_empty(), "{} sent nothing", flow.as_str());
        let reread = inventory::touched::read(&practice.client, &places).await.unwrap();
        let (_, now) = changed_since(&practice, until).await;
        // One of them asks for the number.
        assert!(now - until <= 11, "{}: {} requests", flow.as_str(), now - until - 1);
        let as_of = estate.as_of;
        estate = estate.with(reread);
        assert_eq!(estate.as_of, as_of, "all other rows are as old as before");
        let whole = inventory::load(&practice.client, &places).await.unwrap();
        let (found, expected) = (contents(&estate), contents(&whole));
        let different: Vec<&String> = found.symmetric_difference(&expected).collect();
        assert!(different.is_empty(), "{}: {different:#?}", flow.as_str());
        last = changed_since(&practice, now).await.1;
    }
}
