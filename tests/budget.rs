//! One budget for all requests, with the real client against the practice cloud and its limits: nothing
//! fails, nobody is refused, and the last request of a limit is never taken (RELIABILITY.md R5, R6).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
#[path = "support/files.rs"]
mod files;

use std::collections::HashMap;
use std::time::Instant;

use certdeck::azure::{inventory, orders};
use certdeck::flow::{FlowName, Key, order_id};
use certdeck::practice::Rate;
use common::Practice;
use serde_json::{Value, json};

const ORDER: (Key, &str) = (Key::Order, "contoso-www");
const RENEWED: (Key, &str) = (Key::Order, "apifabrikam");
const SHOP: (Key, &str) = (Key::App, "contoso-shop");
const VAULT: (Key, &str) = (Key::Vault, "kv-budget");

type Run<'r> = (FlowName, Vec<(Key, &'r str)>);

/// From a purchase to its binding.
fn purchase() -> Vec<Run<'static>> {
    vec![
        (FlowName::Purchase, vec![ORDER, (Key::Domain, "contoso.com"), (Key::Product, "standard")]),
        (FlowName::Store, vec![ORDER, VAULT, (Key::VaultLocation, "westeurope")]),
        (FlowName::Verify, vec![ORDER, (Key::Method, "app-service"), SHOP]),
        (FlowName::ImportOrder, vec![ORDER, SHOP]),
        (FlowName::Bind, vec![ORDER, SHOP, (Key::Hostname, "contoso.com"), (Key::SslType, "sni")]),
    ]
}

/// What an order goes through later, up to its end.
fn life_of_an_order<'r>(current: &'r str, out: &'r str) -> Vec<Run<'r>> {
    let password = [Key::NewPassword, Key::RepeatPassword].map(|key| (key, files::PASSWORD));
    let export = vec![RENEWED, (Key::Out, out), password[0], password[1]];
    let renew =
        vec![RENEWED, (Key::Current, current), (Key::Method, "app-service"), (Key::App, "contoso-api")];
    vec![
        (FlowName::Renew, renew),
        (FlowName::Sync, vec![RENEWED]),
        (FlowName::Export, export),
        (FlowName::AutoRenew, vec![RENEWED, (Key::AutoRenew, "yes")]),
        (FlowName::Unlock, vec![RENEWED]),
        (FlowName::DeleteOrder, vec![RENEWED]),
    ]
}

/// Everything that no order has to do with. The files are a PFX and a public certificate.
fn of_apps<'r>(new: &'r str, uploaded: &'r str, public: &'r str) -> Vec<Run<'r>> {
    let password = (Key::Password, files::PASSWORD);
    let blog = (Key::App, "contoso-blog");
    let replace =
        vec![(Key::Certificate, "shop-2026"), (Key::File, new), password, (Key::FriendlyName, "shop-2027")];
    let import = vec![SHOP, (Key::Vault, "kv-contoso-vault"), (Key::VaultCertificate, "pay-2026")];
    vec![
        (FlowName::Upload, vec![SHOP, (Key::File, uploaded), password]),
        (FlowName::Public, vec![SHOP, (Key::Name, "partner"), (Key::File, public)]),
        (FlowName::Replace, replace),
        (FlowName::Hostname, vec![SHOP, (Key::Hostname, "new.contoso.com")]),
        (FlowName::Managed, vec![SHOP, (Key::Hostname, "pay.contoso.com")]),
        (FlowName::ImportVault, import),
        (FlowName::RebindAll, vec![(Key::Certificate, "wildcard-contoso"), (Key::Which, "all")]),
        (FlowName::Unbind, vec![blog, (Key::Hostname, "blog.contoso.com")]),
        (FlowName::DeletePrivate, vec![(Key::Certificate, "blog-2025")]),
        (FlowName::DeletePublic, vec![(Key::App, "contoso-api"), (Key::Name, "legacy-partner")]),
        (FlowName::Settings, vec![blog, (Key::HttpsOnly, "yes"), (Key::MinTls, "1.3")]),
    ]
}

/// What was asked of ARM, the vaults and the directory, each with what came of it.
async fn exchanges(practice: &Practice) -> Vec<Value> {
    let log = practice.control_get("requests").await;
    let all = log["value"].as_array().unwrap().iter();
    all.filter(|one| !one["path"].as_str().unwrap().contains("/oauth2/") && one["request"].is_string())
        .cloned()
        .collect()
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
    assert!(
        estate.certificates.len() >= 5 && estate.apps.len() >= 10 && !estate.public_certificates.is_empty()
    );
}

/// What every flow costs is bounded by the limit, not by this machine; so those of orders and those of apps
/// have a cloud each, at the same time.
async fn at_five_a_second() -> (Practice, Instant) {
    (Practice::with(|options| options.rate = Some(Rate::PerSecond(5))).await, Instant::now())
}

async fn complete(practice: &Practice, runs: &[Run<'_>]) {
    for (flow, given) in runs {
        practice.complete(*flow, given).await;
    }
}

async fn thumbprint(practice: &Practice, order: (Key, &str)) -> String {
    let id = order_id(&practice.inputs(FlowName::Rekey, &[order])).unwrap();
    orders::get(&practice.client, &id).await.unwrap().unwrap().thumbprint.unwrap().as_str().to_owned()
}

async fn say_what_it_took(what: &str, practice: &Practice, start: Instant) {
    let all = nobody_was_refused_and_the_last_request_never_taken(practice).await;
    say(&format!("{what}: {all} requests in {:.1} s", start.elapsed().as_secs_f64()));
}

#[test]
fn every_flow_is_run_at_five_requests_a_second() {
    let runs = [purchase(), life_of_an_order("", ""), of_apps("", "", "")].concat();
    let run = |flow: &FlowName| *flow == FlowName::Rekey || runs.iter().any(|(known, _)| known == flow);
    let left: Vec<_> = FlowName::ALL.iter().filter(|flow| !run(flow)).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn at_five_requests_a_second_orders_are_done_and_nobody_is_refused() {
    let (practice, start) = at_five_a_second().await;
    complete(&practice, &purchase()).await;
    let current = thumbprint(&practice, ORDER).await;
    practice.complete(FlowName::Rekey, &[ORDER, (Key::Current, &current)]).await;
    say_what_it_took("a purchase with its rekey", &practice, start).await;
    assert_eq!(practice.purchases().await, 1);
}

#[tokio::test]
async fn at_five_requests_a_second_an_order_lives_to_its_end_and_nobody_is_refused() {
    let (practice, start) = at_five_a_second().await;
    let dir = tempfile::tempdir().unwrap();
    let (current, out) = (thumbprint(&practice, RENEWED).await, dir.path().join("x.pfx"));
    complete(&practice, &life_of_an_order(&current, out.to_str().unwrap())).await;
    say_what_it_took("an order to its end", &practice, start).await;
    assert!(out.exists());
}

#[tokio::test]
async fn at_five_requests_a_second_apps_are_done_and_nobody_is_refused() {
    let (practice, start) = at_five_a_second().await;
    let files = files::make();
    let [new, uploaded, public] =
        ["shop.pfx", "contoso.pfx", "partner.cer"].map(|name| files.path().join(name));
    let [new, uploaded, public] = [&new, &uploaded, &public].map(|path| path.to_str().unwrap());
    complete(&practice, &of_apps(new, uploaded, public)).await;
    say_what_it_took("flows of apps", &practice, start).await;
}

#[tokio::test]
async fn at_five_requests_a_second_everything_is_read_again_and_again_while_somebody_binds_and_nobody_is_refused()
 {
    let (practice, start) = at_five_a_second().await;
    read_everything(&practice).await;
    say_what_it_took("everything read", &practice, start).await;
    let runs = of_apps("", "", "").split_off(4);
    tokio::join!(complete(&practice, &runs[..2]), read_everything(&practice), read_everything(&practice));
    say_what_it_took("and twice more beside two flows", &practice, start).await;
}

#[tokio::test]
async fn azures_own_limits_are_not_run_into_by_many_looks_at_once() {
    let practice = Practice::with(|options| options.rate = Some(Rate::Azure)).await;
    futures::future::join_all((0..12).map(|_| read_everything(&practice))).await;
    say(&format!(
        "{} requests within Azure's limits",
        nobody_was_refused_and_the_last_request_never_taken(&practice).await
    ));
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
        practice
            .control_post(
                "faults",
                json!({"host": host, "path": "*", "probability": 0.3, "seed": 11, "fault": fault}),
            )
            .await;
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
    complete(practice, &purchase()).await;
}
