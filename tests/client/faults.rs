//! Whatever goes wrong on the way, certdeck does right: what is safe is sent again, what is not is looked at
//! first, the rest is an error with a name; and nothing is done twice or lost. The practice cloud makes it go
//! wrong on request.

use crate::common::Practice;
use certdeck::azure::{orders, subscriptions};
use certdeck::flow::{FlowName, Key};
use certdeck::model::ResourceId;
use serde_json::{Value, json};

const ORDER: (Key, &str) = (Key::Order, "contoso-www");
const BOUGHT: &[(Key, &str)] = &[ORDER, (Key::Domain, "contoso.com"), (Key::Product, "standard")];
const ORDERS: &str = "*/certificateOrders/contoso-www";

async fn plant(practice: &Practice, rule: Value) {
    practice.control_post("faults", rule).await;
}

async fn purchase_requests(practice: &Practice) -> usize {
    let log = practice.control_get("requests").await;
    let is_purchase = |entry: &&Value| {
        entry["method"] == "PUT" && entry["path"].as_str().unwrap().contains("certificateOrders")
    };
    log["value"].as_array().unwrap().iter().filter(is_purchase).count()
}

fn order(practice: &Practice, name: &str) -> ResourceId {
    let connection = practice.emulator.connection();
    let (subscription, group) = (&connection.subscription_ids[0], &connection.resource_group);
    let place = format!("/subscriptions/{subscription}/resourceGroups/{group}");
    ResourceId::parse(&format!(
        "{place}/providers/Microsoft.CertificateRegistration/certificateOrders/{name}"
    ))
    .unwrap()
}

#[tokio::test]
async fn a_read_is_repeated_whatever_befalls_it() {
    let practice = Practice::start().await;
    let wanted = subscriptions::list(&practice.client).await.unwrap();
    for fault in [
        json!({"kind": "status", "status": 503}),
        json!({"kind": "status", "status": 429, "retry_after": 1}),
        json!({"kind": "status", "status": 500, "when": "after"}),
        json!({"kind": "delay", "ms": 50}),
        json!({"kind": "reset", "when": "before"}),
        json!({"kind": "reset", "when": "after"}),
        json!({"kind": "truncated"}),
        json!({"kind": "expired-token"}),
        json!({"kind": "clock-skew", "by": "-2m"}),
    ] {
        let before = practice.disturbed().await;
        plant(&practice, json!({"method": "GET", "path": "/subscriptions", "count": 1, "fault": fault}))
            .await;
        let found = subscriptions::list(&practice.client).await;
        assert_eq!(found.as_ref().map(Vec::len), Ok(wanted.len()), "{fault}: {found:?}");
        assert_eq!(practice.disturbed().await, before + 1, "{fault}");
    }
}

#[tokio::test]
async fn a_purchase_whose_answer_is_lost_is_looked_for_and_not_sent_again() {
    for fault in [
        json!({"kind": "reset", "when": "after"}),
        json!({"kind": "truncated"}),
        json!({"kind": "status", "status": 502, "when": "after"}),
    ] {
        let practice = Practice::start().await;
        plant(&practice, json!({"method": "PUT", "path": ORDERS, "count": 1, "fault": fault})).await;
        practice.complete(FlowName::Purchase, BOUGHT).await;
        assert_eq!(practice.disturbed().await, 1, "{fault}");
        assert_eq!((practice.purchases().await, purchase_requests(&practice).await), (1, 1), "{fault}");
    }
}

#[tokio::test]
async fn a_purchase_that_never_arrived_is_made_by_the_next_run_after_a_look() {
    for fault in [json!({"kind": "reset", "when": "before"}), json!({"kind": "status", "status": 503})] {
        let practice = Practice::start().await;
        plant(&practice, json!({"method": "PUT", "path": ORDERS, "count": 1, "fault": fault})).await;
        let problem = practice.run(FlowName::Purchase, BOUGHT).await.unwrap_err();
        assert!(
            problem.why.contains("nothing of it is to be seen") && problem.remedy.contains("costs money"),
            "{problem}"
        );
        assert_eq!(
            (practice.purchases().await, purchase_requests(&practice).await),
            (0, 1),
            "one run sends it once: {fault}"
        );
        practice.complete(FlowName::Purchase, BOUGHT).await;
        assert_eq!((practice.purchases().await, purchase_requests(&practice).await), (1, 2), "{fault}");
    }
}

/// After every change, so many reads of what it changed are up to date before one tells how it was before.
fn stale_reads(seconds: u32, fresh: u32) -> Value {
    json!({"path": "/subscriptions/*", "fault": {"kind": "stale-reads", "seconds": seconds, "fresh": fresh}})
}

#[tokio::test]
async fn a_purchase_that_was_accepted_and_does_not_show_is_waited_for_and_never_sent_again() {
    for (seconds, fresh) in [(20, 1), (100, 1), (100, 2)] {
        let practice = Practice::start().await;
        plant(&practice, stale_reads(seconds, fresh)).await;
        practice.complete(FlowName::Purchase, BOUGHT).await;
        assert_eq!(
            (practice.purchases().await, purchase_requests(&practice).await),
            (1, 1),
            "{seconds} s, {fresh} fresh"
        );
        practice.complete(FlowName::Purchase, BOUGHT).await;
        assert_eq!(purchase_requests(&practice).await, 1, "nor by the next run");
    }
}

#[tokio::test]
async fn a_purchase_of_which_nothing_ever_shows_ends_with_words_after_a_while() {
    let practice = Practice::start().await;
    let hidden = json!({"kind": "status", "status": 404, "code": "ResourceNotFound", "message": "Not here."});
    // The look before the purchase and the one that follows it to its end are undisturbed.
    plant(&practice, json!({"method": "GET", "path": ORDERS, "skip": 2, "fault": hidden})).await;
    let problem = practice.run(FlowName::Purchase, BOUGHT).await.unwrap_err();
    assert!(
        problem.why.contains("accepted it") && problem.remedy.contains("Nothing was sent again"),
        "{problem}"
    );
    assert_eq!(purchase_requests(&practice).await, 1);
}

#[tokio::test]
async fn a_token_that_expires_under_a_change_costs_a_sign_in_and_nothing_else() {
    let practice = Practice::start().await;
    plant(
        &practice,
        json!({"method": "PUT", "path": ORDERS, "count": 1, "fault": {"kind": "expired-token"}}),
    )
    .await;
    practice.complete(FlowName::Purchase, BOUGHT).await;
    assert_eq!((practice.disturbed().await, practice.purchases().await), (1, 1));
}

#[tokio::test]
async fn a_service_whose_clock_is_an_hour_slow_is_an_error_with_a_name() {
    let practice = Practice::start().await;
    plant(&practice, json!({"fault": {"kind": "clock-skew", "by": "-1h"}})).await;
    let error = subscriptions::list(&practice.client).await.unwrap_err();
    let problem = error.problem("Read the subscriptions");
    assert_eq!(problem.code.as_deref(), Some("InvalidAuthenticationToken"));
    assert!(problem.why.contains("not valid before"), "{problem}");
}

#[tokio::test]
async fn a_refusal_is_told_with_its_code_and_not_repeated() {
    let practice = Practice::start().await;
    let fault = json!({"kind": "status", "status": 403, "code": "RequestDisallowedByPolicy", "message": "Not in this region."});
    plant(&practice, json!({"method": "PUT", "path": ORDERS, "fault": fault})).await;
    let problem = practice.run(FlowName::Purchase, BOUGHT).await.unwrap_err();
    assert_eq!(problem.code.as_deref(), Some("RequestDisallowedByPolicy"));
    assert_eq!((practice.disturbed().await, practice.purchases().await), (1, 0));
}

#[tokio::test]
async fn faults_outlive_a_look_at_them_and_end_when_they_are_cleared() {
    let practice = Practice::start().await;
    plant(
        &practice,
        json!({"path": "*/certificateOrders/events2026", "fault": {"kind": "status", "status": 404}}),
    )
    .await;
    let hidden = order(&practice, "events2026");
    assert!(orders::get(&practice.client, &hidden).await.unwrap().is_none());
    let cleared = practice.clear_faults().await;
    assert_eq!(cleared["removed"], 1);
    assert!(orders::get(&practice.client, &hidden).await.unwrap().is_some());
}

#[tokio::test]
async fn a_managed_certificate_whose_request_never_arrived_is_not_waited_for_without_end() {
    let practice = Practice::start().await;
    let fault = json!({"kind": "status", "status": 502});
    plant(
        &practice,
        json!({"method": "PUT", "path": "*/Microsoft.Web/certificates/*", "count": 1, "fault": fault}),
    )
    .await;
    practice.complete(FlowName::Managed, &[(Key::App, "contoso-shop"), (Key::Hostname, "contoso.com")]).await;
    assert_eq!(practice.disturbed().await, 1);
}

#[tokio::test]
async fn what_is_waited_for_is_said_on_a_pipe_too() {
    let practice = Practice::start().await;
    plant(&practice, stale_reads(20, 1)).await;
    let connection = practice.emulator.connection();
    let home = tempfile::tempdir().unwrap();
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_certdeck"));
    command.env_clear().env("HOME", home.path()).current_dir(home.path());
    command.env("CERTDECK_ARM_ENDPOINT", &connection.arm).env("CERTDECK_AUTHORITY", &connection.authority);
    command.env("CERTDECK_CA_FILE", &connection.ca_pem).env("AZURE_TENANT_ID", &connection.tenant_id);
    command
        .env("AZURE_CLIENT_ID", &connection.client_id)
        .env("AZURE_CLIENT_SECRET", &connection.client_secret);
    let group = format!("resource-group={}", connection.resource_group);
    let subscription = format!("subscription={}", connection.subscription_ids[0]);
    command.args(["run", "purchase", "--yes"]);
    for setting in ["order=contoso-www", "domain=contoso.com", "product=standard", &group, &subscription] {
        command.args(["--set", setting]);
    }
    let output = command.output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.contains("waiting: what Azure accepted to show"), "{said}");
    assert_eq!((practice.purchases().await, purchase_requests(&practice).await), (1, 1));
}

#[tokio::test]
async fn over_a_bad_line_the_whole_job_is_done_once() {
    let practice = Practice::start().await;
    let kinds = [
        json!({"kind": "status", "status": 503}),
        json!({"kind": "reset", "when": "before"}),
        json!({"kind": "reset", "when": "after"}),
        json!({"kind": "truncated"}),
        json!({"kind": "expired-token"}),
    ];
    // Not the question for a verification: of a lost one certdeck waits for minutes whether it shows.
    for (seed, fault) in (1..).zip(kinds) {
        for method in ["GET", "PUT"] {
            let rule = json!({"method": method, "path": "/subscriptions/*", "probability": 0.04, "seed": seed, "fault": fault});
            plant(&practice, rule).await;
        }
    }
    let vault = [ORDER, (Key::Vault, "kv-bad-line"), (Key::VaultLocation, "westeurope")];
    let app = order(&practice, "x")
        .to_string()
        .replace("CertificateRegistration/certificateOrders/x", "Web/sites/contoso-shop");
    let app = (Key::App, app.as_str());
    for (flow, given) in [
        (FlowName::Purchase, BOUGHT.to_vec()),
        (FlowName::Store, vault.to_vec()),
        (FlowName::Verify, vec![ORDER, (Key::Method, "app-service"), app]),
        (FlowName::ImportOrder, vec![ORDER, app]),
        (FlowName::Bind, vec![ORDER, app, (Key::Hostname, "contoso.com"), (Key::SslType, "sni")]),
    ] {
        // As an admin would: what was given up is run again.
        let mut ended = practice.run(flow, &given).await;
        for _ in 0..4 {
            if matches!(&ended, Ok(certdeck::flow::engine::Ending::Done(_))) {
                break;
            }
            ended = practice.run(flow, &given).await;
        }
        assert!(
            matches!(&ended, Ok(certdeck::flow::engine::Ending::Done(_))),
            "{}: {ended:?}",
            flow.as_str()
        );
    }
    assert!(practice.disturbed().await > 3);
    assert_eq!(practice.purchases().await, 1);
}
