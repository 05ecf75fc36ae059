//! Reads that lag behind: after a change some of them tell for a while how it was before, as ARM's replicas
//! do. Whatever they show, nothing is sent twice.

use std::collections::HashSet;

use certdeck::flow::{FlowName, Key};
use serde_json::{Value, json};

use crate::common::Practice;
use crate::files;
use crate::grants::rekey;
use crate::renewal::current;

const ORDER: (Key, &str) = (Key::Order, "contoso-www");
const APP: (Key, &str) = (Key::App, "rg-shop/contoso-shop");
const PASSWORD: (Key, &str) = (Key::Password, files::PASSWORD);

/// Runs them one after the other. Each begins when what the one before did is to be seen everywhere.
async fn run_all(practice: &Practice, flows: &[(FlowName, &[(Key, &str)])]) -> u64 {
    let mut count = 0;
    for (flow, given) in flows {
        let stale = json!({"kind": "stale-reads", "seconds": 20, "fresh": 1});
        practice.control_post("faults", json!({"path": "/subscriptions/*", "fault": stale})).await;
        let before = requests(practice).await.len();
        practice.complete(*flow, given).await;
        assert_eq!(
            sent_twice(&requests(practice).await[before..]),
            Vec::<String>::new(),
            "{}",
            flow.as_str()
        );
        count += practice.disturbed().await;
        practice.clear_faults().await;
    }
    count
}

async fn requests(practice: &Practice) -> Vec<Value> {
    practice.control_get("requests").await["value"].as_array().unwrap().clone()
}

#[tokio::test]
async fn every_flow_of_an_order_ends_as_ever_and_sends_nothing_twice() {
    let practice = Practice::start().await;
    let count = run_all(
        &practice,
        &[
            (FlowName::Purchase, &[ORDER, (Key::Domain, "contoso.com"), (Key::Product, "standard")]),
            (FlowName::Store, &[ORDER, (Key::Vault, "kv-stale"), (Key::VaultLocation, "westeurope")]),
            (FlowName::Verify, &[ORDER, (Key::Method, "app-service"), APP]),
            (FlowName::ImportOrder, &[ORDER, APP]),
            (FlowName::Bind, &[ORDER, APP, (Key::Hostname, "contoso.com"), (Key::SslType, "sni")]),
            (FlowName::Unbind, &[APP, (Key::Hostname, "contoso.com")]),
            (FlowName::AutoRenew, &[ORDER, (Key::AutoRenew, "no")]),
            (FlowName::Unlock, &[ORDER]),
            (FlowName::DeleteOrder, &[ORDER]),
        ],
    )
    .await;
    assert!(count > 20, "{count}");
    assert_eq!(practice.purchases().await, 1);
}

#[tokio::test]
async fn renewals_rekeys_and_syncs_end_as_ever_and_send_nothing_twice() {
    let practice = Practice::start().await;
    let (id, now) = current(&practice, "apifabrikam").await;
    let count = run_all(
        &practice,
        &[
            (
                FlowName::Renew,
                &[
                    (Key::Order, &id),
                    (Key::Current, &now),
                    (Key::Method, "app-service"),
                    (Key::App, "rg-shop/contoso-api"),
                ],
            ),
            (FlowName::Rekey, &rekey(&practice).await),
            (FlowName::Sync, &[(Key::Scope, "all")]),
        ],
    )
    .await;
    assert!(count > 3, "{count}");
}

#[tokio::test]
async fn every_flow_without_an_order_ends_as_ever_and_sends_nothing_twice() {
    let practice = Practice::start().await;
    let folder = files::make();
    let partner = folder.path().join("partner.cer").display().to_string();
    let own = folder.path().join("contoso.pfx").display().to_string();
    let shop = folder.path().join("shop.pfx").display().to_string();
    let blog = (Key::App, "rg-shop/contoso-blog");
    let count = run_all(
        &practice,
        &[
            (FlowName::Managed, &[APP, (Key::Hostname, "pay.contoso.com")]),
            (
                FlowName::ImportVault,
                &[APP, (Key::Vault, "kv-contoso-vault"), (Key::VaultCertificate, "pay-2026")],
            ),
            (FlowName::Upload, &[APP, (Key::File, &own), PASSWORD, (Key::FriendlyName, "own")]),
            (FlowName::Public, &[APP, (Key::File, &partner), (Key::Name, "partner")]),
            (
                FlowName::Replace,
                &[
                    (Key::Certificate, "shop-2026"),
                    (Key::File, &shop),
                    PASSWORD,
                    (Key::FriendlyName, "shop-2027"),
                ],
            ),
            (FlowName::RebindAll, &[(Key::Certificate, "wildcard-contoso"), (Key::Which, "all")]),
            (
                FlowName::Settings,
                &[blog, (Key::HttpsOnly, "yes"), (Key::MinTls, "1.3"), (Key::LoadCertificates, "*")],
            ),
            (FlowName::Unbind, &[blog, (Key::Hostname, "blog.contoso.com")]),
            (FlowName::DeletePrivate, &[(Key::Certificate, "blog-2025")]),
            (FlowName::DeletePublic, &[(Key::App, "rg-shop/contoso-api"), (Key::Name, "legacy-partner")]),
        ],
    )
    .await;
    assert!(count > 20, "{count}");
}

/// Change requests by method and path. A vault's policies are added to under one path, and a proof is asked
/// for again.
fn sent_twice(requests: &[Value]) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut twice = Vec::new();
    for entry in requests {
        let (method, path) = (entry["method"].as_str().unwrap(), entry["path"].as_str().unwrap());
        let is_question = [
            "/_emulator",
            "oauth2",
            "verifyDomainOwnership",
            "ResourceGraph",
            "retrieve",
            "/list",
            "validate",
            "checkName",
        ];
        let is_change = method != "GET" && !is_question.iter().any(|word| path.contains(word));
        if is_change && !seen.insert(format!("{method} {path}")) {
            twice.push(format!("{method} {path}"));
        }
    }
    twice
}
