//! The inventory within Azure's own limits: Resource Graph and ARM's lists are read side by side, no resource
//! is asked for or told twice, and neither a spent window nor a silent index holds a reading up.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::common::Practice;
use certdeck::azure::inventory;
use certdeck::model::Estate;
use certdeck::practice::Rate;
use serde_json::{Value, json};

const INDEX: &str = "/providers/Microsoft.ResourceGraph/resources";

/// A cloud that counts as Azure does.
async fn limited(fleet: &str) -> Practice {
    let fleet = fleet.parse().unwrap();
    Practice::with(|options| {
        options.fleet = Some(fleet);
        options.rate = Some(Rate::Azure);
    })
    .await
}

/// Reads the estate; returns the requests to ARM that it took, and how long.
async fn read(practice: &Practice) -> (Estate, Vec<Value>, Duration) {
    let last = practice.control_get("requests").await["last"].as_u64().unwrap();
    let start = Instant::now();
    let estate = inventory::load(&practice.client, &[]).await.unwrap();
    let took = start.elapsed();
    let log = practice.control_get(&format!("requests?since={last}")).await;
    let is_counted = |one: &&Value| one["left"].is_string();
    (estate, log["value"].as_array().unwrap().iter().filter(is_counted).cloned().collect(), took)
}

fn path(request: &Value) -> &str {
    request["path"].as_str().unwrap()
}

fn is_query(request: &Value) -> bool {
    path(request).starts_with(INDEX)
}

/// Takes this many queries out of the window, as another program with the same sign-in does.
async fn spend(practice: &Practice, queries: usize) {
    let body = json!({"query": "resources | where type =~ 'x' | project id"});
    for _ in 0..queries {
        practice.arm_send("POST", INDEX, &body).await;
    }
}

fn has_all_once(estate: &Estate, certificates: usize, apps: usize) {
    let names: BTreeSet<&str> = estate.certificates.iter().map(|one| one.id.as_str()).collect();
    assert_eq!((estate.certificates.len(), names.len()), (certificates, certificates));
    assert_eq!((estate.apps.len(), estate.gaps.len()), (apps, 0));
}

/// 15 queries in 5 seconds (API.md 10) are fewer than the pages of this fleet.
#[tokio::test]
async fn what_the_window_of_the_index_cannot_carry_is_listed_beside_it_and_no_list_is_read_twice() {
    let practice = limited("apps=600,certificates=9500,subscriptions=40,seed=3").await;
    let (estate, requests, took) = read(&practice).await;
    has_all_once(&estate, 9500, 600);
    let (queries, others): (Vec<&Value>, Vec<&Value>) = requests.iter().partition(|one| is_query(one));
    // Three quarters of each window that the reading lasted.
    let most = 11 * (1 + usize::try_from(took.as_secs() / 5).unwrap());
    assert!((8..=most).contains(&queries.len()), "{} queries in {took:?}", queries.len());
    let lists: BTreeSet<&str> = others.iter().map(|one| path(one)).collect();
    assert_eq!(lists.len(), others.len(), "each page of a list once");
    assert!(lists.iter().any(|one| one.contains("/providers/Microsoft.Web/certificates")));
    assert!(!lists.iter().any(|one| one.contains("certificateOrders")), "the index has those");
    assert!(others.len() <= 8 * 40, "{} reads", others.len());
    for one in &requests {
        assert!(one["status"] == 200 && one["left"] != "0", "{one}");
    }
}

#[tokio::test]
async fn a_window_that_another_run_has_spent_does_not_hold_up_a_reading() {
    let practice = limited("apps=60,certificates=900,subscriptions=4,seed=5").await;
    spend(&practice, 12).await;
    let (estate, requests, took) = read(&practice).await;
    has_all_once(&estate, 900, 60);
    assert!(took < Duration::from_secs(6), "{took:?}");
    assert_eq!(requests.iter().filter(|one| is_query(one)).count(), 1, "the first finds out");
    assert!(requests.iter().all(|one| one["status"] == 200 && one["left"] != "0"));
}

#[tokio::test]
async fn a_query_that_is_refused_does_not_hold_up_a_reading_either() {
    let practice = limited("apps=60,certificates=900,subscriptions=4,seed=5").await;
    spend(&practice, 15).await;
    let (estate, requests, took) = read(&practice).await;
    has_all_once(&estate, 900, 60);
    assert!(took < Duration::from_secs(6), "{took:?}");
    assert_eq!(requests.iter().filter(|one| one["status"] == 429).count(), 1);
}

#[tokio::test]
async fn the_lists_begin_within_a_second_where_the_index_does_not_answer() {
    for fault in [json!({"kind": "status", "status": 503}), json!({"kind": "delay", "ms": 60_000})] {
        let practice = limited("apps=60,certificates=900,subscriptions=4,seed=5").await;
        practice.control_post("faults", json!({"path": format!("*{INDEX}"), "fault": fault})).await;
        let (estate, requests, took) = read(&practice).await;
        has_all_once(&estate, 900, 60);
        // Half a minute goes by where the index is waited for.
        assert!(took < Duration::from_secs(10), "{took:?} with {fault}");
        assert!(requests.iter().filter(|one| is_query(one)).count() <= 4);
    }
}
