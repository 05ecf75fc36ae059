//! The life of a certificate order through the real client and the practice cloud, without a screen.

use crate::common::Practice;
use certdeck::flow::engine::Ending;
use certdeck::flow::{FlowName, Key, StepId, StepStatus};
use certdeck::health::tls;
use certdeck::model::{Hostname, Seen};
use serde_json::json;

const ORDER: (Key, &str) = (Key::Order, "contoso-www");
const VAULT: &[(Key, &str)] = &[ORDER, (Key::Vault, "kv-journey"), (Key::VaultLocation, "westeurope")];

fn purchase(domain: &'static str) -> Vec<(Key, &'static str)> {
    vec![
        ORDER,
        (Key::Domain, domain),
        (Key::Product, if domain.starts_with('*') { "wildcard" } else { "standard" }),
    ]
}

async fn names_issued(practice: &Practice) -> Vec<String> {
    let order = certdeck::flow::order_id(&practice.inputs(FlowName::Verify, &[ORDER])).unwrap();
    certdeck::azure::orders::get(&practice.client, &order).await.unwrap().unwrap().names
}

#[tokio::test]
async fn an_order_is_bought_stored_verified_imported_and_bound_and_nothing_is_done_twice() {
    let practice = Practice::start().await;
    let app = practice.emulator.connection().app.clone();
    let flows: Vec<(FlowName, Vec<(Key, &str)>)> = vec![
        (FlowName::Purchase, purchase("contoso.com")),
        (FlowName::Store, VAULT.to_vec()),
        (FlowName::Verify, vec![ORDER, (Key::Method, "app-service"), (Key::App, &app)]),
        (FlowName::ImportOrder, vec![ORDER, (Key::App, &app)]),
        (
            FlowName::Bind,
            vec![ORDER, (Key::App, &app), (Key::Hostname, "contoso.com"), (Key::SslType, "sni")],
        ),
    ];
    let mut last = Vec::new();
    for (flow, given) in &flows {
        last = practice.complete(*flow, given).await;
    }
    let bound = last.iter().find(|step| step.id == StepId::BIND).unwrap().facts[0].1.clone();
    let served =
        tls::served_thumbprint(practice.client.cloud(), &Hostname::parse("contoso.com").unwrap()).await;
    assert_eq!(served.here().unwrap().as_str(), bound, "the front door serves what the binding says");
    assert!(last.iter().any(|step| step.id == StepId::SERVED && matches!(step.status, StepStatus::Done(_))));

    let changes = practice.changes().await;
    for (flow, given) in &flows {
        practice.complete(*flow, given).await;
    }
    assert_eq!(practice.changes().await, changes, "running every flow again changes nothing");
    assert_eq!(practice.purchases().await, 1);
}

#[tokio::test]
async fn looking_at_a_flow_changes_nothing() {
    let practice = Practice::start().await;
    let before = practice.changes().await;
    let inputs = practice.inputs(FlowName::Purchase, &purchase("contoso.com"));
    certdeck::flow::observe(&practice.client, FlowName::Purchase, &inputs).await.unwrap();
    let inputs = practice.inputs(FlowName::Store, VAULT);
    certdeck::flow::observe(&practice.client, FlowName::Store, &inputs).await.unwrap();
    assert_eq!(practice.changes().await, before);
}

#[tokio::test]
async fn a_txt_record_verifies_and_keeps_www() {
    let practice = Practice::start().await;
    practice.complete(FlowName::Purchase, &purchase("contoso.com")).await;
    practice.complete(FlowName::Store, VAULT).await;
    let by_txt = [ORDER, (Key::Method, "manual-txt")];
    let observed = certdeck::flow::observe(
        &practice.client,
        FlowName::Verify,
        &practice.inputs(FlowName::Verify, &by_txt),
    )
    .await
    .unwrap();
    assert!(matches!(observed.txt, Seen::Here(_)), "the practice zone is really asked");
    let token = observed.order.here().unwrap().token.clone().unwrap();
    practice
        .control_post("dns", json!({"add": {"name": "contoso.com", "type": "TXT", "value": token}}))
        .await;
    practice.complete(FlowName::Verify, &by_txt).await;
    assert_eq!(names_issued(&practice).await, ["contoso.com", "www.contoso.com"]);
}

#[tokio::test]
async fn a_page_verifies_and_leaves_www_out() {
    let practice = Practice::start().await;
    practice.complete(FlowName::Purchase, &purchase("contoso.com")).await;
    practice.complete(FlowName::Store, VAULT).await;
    let by_page = [ORDER, (Key::Method, "manual-html")];
    let observed = certdeck::flow::observe(
        &practice.client,
        FlowName::Verify,
        &practice.inputs(FlowName::Verify, &by_page),
    )
    .await
    .unwrap();
    let token = observed.order.here().unwrap().token.clone().unwrap();
    practice.control_post("http-token", json!({"domain": "contoso.com", "token": token})).await;
    practice.complete(FlowName::Verify, &by_page).await;
    assert_eq!(names_issued(&practice).await, ["contoso.com"]);
}

#[tokio::test]
async fn a_mail_verifies_once_its_link_is_followed() {
    let practice = Practice::start().await;
    practice.complete(FlowName::Purchase, &purchase("*.contoso.com")).await;
    practice.complete(FlowName::Store, VAULT).await;
    let inputs = practice.inputs(FlowName::Verify, &[ORDER, (Key::Method, "mail")]);
    let agreed = practice.shown(FlowName::Verify, &inputs, StepId::EVIDENCE).await;
    let seen = practice.engine().perform(FlowName::Verify, &inputs, &agreed, &mut |_| ()).await.unwrap();
    assert!(!seen.mails.here().unwrap().is_empty(), "the mail was sent");
    practice.control_post("mail/approve", json!({"domain": "contoso.com"})).await;
    practice.complete(FlowName::Verify, &[ORDER, (Key::Method, "mail")]).await;
    assert_eq!(names_issued(&practice).await, ["*.contoso.com", "contoso.com"]);
}

#[tokio::test]
async fn what_cannot_work_is_refused_at_its_field_and_nothing_is_sent() {
    let practice = Practice::start().await;
    practice.complete(FlowName::Purchase, &purchase("contoso.com")).await;
    let before = practice.changes().await;
    let cases = [
        (FlowName::Purchase, vec![(Key::Order, "new-one"), (Key::Domain, "no hostname")], Key::Domain),
        (
            FlowName::Purchase,
            vec![(Key::Order, "new-one"), (Key::Domain, "*.contoso.com"), (Key::Product, "standard")],
            Key::Domain,
        ),
        (FlowName::Purchase, vec![ORDER, (Key::Domain, "fabrikam.com")], Key::Order),
        (
            FlowName::Store,
            vec![ORDER, (Key::Vault, "production"), (Key::VaultLocation, "westeurope")],
            Key::Vault,
        ),
        (FlowName::Store, vec![ORDER, (Key::Vault, "-kv"), (Key::VaultLocation, "westeurope")], Key::Vault),
        (
            FlowName::Store,
            vec![ORDER, (Key::VaultChoice, "existing"), (Key::Vault, "kv-nowhere")],
            Key::Vault,
        ),
        (FlowName::Verify, vec![(Key::Order, "no-such-order"), (Key::Method, "mail")], Key::Order),
    ];
    for (flow, given, field) in cases {
        match practice.run(flow, &given).await {
            Ok(Ending::NeedsInput { key, why }) => {
                assert!(key == field && !why.is_empty(), "{given:?}: {key:?} {why}");
            }
            other => panic!("{given:?} was not refused: {other:?}"),
        }
    }
    assert_eq!(practice.changes().await, before);
}

#[tokio::test]
async fn every_change_leaves_two_lines_in_the_journal_and_no_token() {
    let practice = Practice::start().await;
    practice.complete(FlowName::Purchase, &purchase("contoso.com")).await;
    let text = practice.journal_text();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().filter(|line| line["phase"] == "before").count(), 2, "validate and buy");
    assert_eq!(lines.iter().filter(|line| line["phase"] == "after" && line["outcome"] == "done").count(), 2);
    assert!(!text.contains(&practice.emulator.connection().client_secret) && !text.contains("Bearer"));
}
