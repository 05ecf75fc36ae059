//! One budget for all requests, with the real client against the practice cloud and its limits: nothing fails, nobody is
//! refused, and the last request of a limit is never taken (RELIABILITY.md R5, R6).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::HashMap;
use std::time::Instant;

use certdeck::azure::{inventory, orders};
use certdeck::emulator::Rate;
use certdeck::flow::{FlowName, Key, order_id};
use common::Practice;
use serde_json::{Value, json};

const ORDER: (Key, &str) = (Key::Order, "contoso-www");
const RENEWED: (Key, &str) = (Key::Order, "apifabrikam");
const SHOP: (Key, &str) = (Key::App, "contoso-shop");
const VAULT: (Key, &str) = (Key::Vault, "kv-budget");

/// Every kind of flow that needs no file, in an order in which each can be done.
const FLOWS: [(FlowName, &[(Key, &str)]); 16] = [
    (FlowName::Purchase, &[ORDER, (Key::Domain, "contoso.com"), (Key::Product, "standard")]),
    (FlowName::Store, &[ORDER, VAULT, (Key::VaultLocation, "westeurope")]),
    (FlowName::Verify, &[ORDER, (Key::Method, "app-service"), SHOP]),
    (FlowName::ImportOrder, &[ORDER, SHOP]),
    (FlowName::Bind, &[ORDER, SHOP, (Key::Hostname, "contoso.com"), (Key::SslType, "sni")]),
    (FlowName::Managed, &[SHOP, (Key::Hostname, "pay.contoso.com")]),
    (FlowName::ImportVault, &[SHOP, (Key::Vault, "kv-contoso-vault"), (Key::VaultCertificate, "pay-2026")]),
    (FlowName::RebindAll, &[(Key::Certificate, "wildcard-contoso"), (Key::Which, "all")]),
    (FlowName::Unbind, &[(Key::App, "contoso-blog"), (Key::Hostname, "blog.contoso.com")]),
    (FlowName::DeletePrivate, &[(Key::Certificate, "blog-2025")]),
    (FlowName::DeletePublic, &[(Key::App, "contoso-api"), (Key::Name, "legacy-partner")]),
    (FlowName::Settings, &[(Key::App, "contoso-blog"), (Key::HttpsOnly, "yes"), (Key::MinTls, "1.3")]),
    (FlowName::AutoRenew, &[RENEWED, (Key::AutoRenew, "yes")]),
    (FlowName::Sync, &[RENEWED]),
    (FlowName::Unlock, &[RENEWED]),
    (FlowName::DeleteOrder, &[RENEWED]),
];

/// What was asked of ARM, the vaults and the directory, each with what came of it.
async fn exchanges(practice: &Practice) -> Vec<Value> {
    let log = practice.control_get("requests").await;
    let all = log["value"].as_array().unwrap().iter();
    all.filter(|one| !one["path"].as_str().unwrap().contains("/oauth2/") && one["request"].is_string()).cloned().collect()
}

/// Past the harness, which would keep the words of a test that passes to itself.
fn say(words: &str) {
    use std::io::Write;
    std::io::stderr().write_all(format!("{words}\n").as_bytes()).unwrap();
}

async fn nobody_was_refused_and_the_last_request_never_taken(practice: &Practice) -> usize {
    let all = exchanges(practice).await;
    for one in &all {
        assert_ne!(one["status"], 429, "{one}");
        assert_ne!(one["left"], "0", "{one}");
    }
    all.len()
}

async fn read_everything(practice: &Practice) {
    let mut estate = inventory::load(&practice.client, &[]).await.unwrap();
    inventory::public::add(&practice.client, &mut estate, |_| ()).await;
    assert_eq!(estate.gaps, []);
    assert!(estate.certificates.len() >= 5 && estate.apps.len() >= 10 && !estate.public_certificates.is_empty());
}

#[tokio::test]
async fn at_five_requests_a_second_everything_is_done_and_nobody_is_refused() {
    let practice = Practice::with(|options| options.rate = Some(Rate::PerSecond(5))).await;
    let start = Instant::now();
    read_everything(&practice).await;
    let read = nobody_was_refused_and_the_last_request_never_taken(&practice).await;
    let words = format!("everything read with {read} requests in {:.1} s", start.elapsed().as_secs_f64());
    for (flow, given) in FLOWS {
        practice.complete(flow, given).await;
    }
    let order = orders::get(&practice.client, &order_id(&practice.inputs(FlowName::Rekey, &[ORDER])).unwrap()).await.unwrap();
    let current = order.unwrap().thumbprint.unwrap();
    practice.complete(FlowName::Rekey, &[ORDER, (Key::Current, current.as_str())]).await;
    let all = nobody_was_refused_and_the_last_request_never_taken(&practice).await;
    say(&format!("{words}; with {} flows {all} requests in {:.1} s", FLOWS.len() + 1, start.elapsed().as_secs_f64()));
    assert_eq!(practice.purchases().await, 1);
}

#[tokio::test]
async fn azures_own_limits_are_not_run_into_by_many_looks_at_once() {
    let practice = Practice::with(|options| options.rate = Some(Rate::Azure)).await;
    futures::future::join_all((0..12).map(|_| read_everything(&practice))).await;
    say(&format!("{} requests within Azure's limits", nobody_was_refused_and_the_last_request_never_taken(&practice).await));
}

/// 30 % of all requests are told to come back in a second.
#[tokio::test]
async fn in_a_storm_of_refusals_nobody_comes_back_early_and_everything_is_done() {
    let ideal = {
        let practice = Practice::start().await;
        work(&practice).await;
        exchanges(&practice).await.len()
    };
    let practice = Practice::start().await;
    let fault = json!({"kind": "status", "status": 429, "retry_after": 1});
    for host in ["127.0.0.1*", "*.vault.*"] {
        practice.control_post("faults", json!({"host": host, "path": "*", "probability": 0.3, "seed": 11, "fault": fault})).await;
    }
    // Signing in is no request of the budget.
    work(&practice).await;
    let all = exchanges(&practice).await;
    let mut may_come_back: HashMap<&str, u64> = HashMap::new();
    for one in &all {
        let (request, at) = (one["request"].as_str().unwrap(), one["milliseconds"].as_u64().unwrap());
        let earliest = may_come_back.get(request).copied().unwrap_or(0);
        assert!(at >= earliest, "{} ms early: {one}", earliest - at);
        if one["status"] == 429 {
            let pause: u64 = one["retryAfter"].as_str().unwrap().parse().unwrap();
            may_come_back.insert(request, at + 1000 * pause);
        }
    }
    let refused = all.iter().filter(|one| one["status"] == 429).count();
    say(&format!("{} requests instead of {ideal}, {refused} of them refused", all.len()));
    assert!(2 * all.len() <= 3 * ideal, "{} requests instead of {ideal}", all.len());
}

/// Reads everything and takes one certificate from its purchase to its binding.
async fn work(practice: &Practice) {
    read_everything(practice).await;
    for (flow, given) in &FLOWS[..5] {
        practice.complete(*flow, given).await;
    }
}
