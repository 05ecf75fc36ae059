//! HTTPS only, the minimum TLS version, and the certificates that code may load.

use certdeck::flow::{FlowName, Key, observe, steps};

use crate::cloud::Cloud;
use crate::common::Practice;
use crate::pty::Pty;
use crate::replace::site;

#[tokio::test]
async fn what_is_asked_for_is_set_once_and_all_else_stays() {
    let practice = Practice::start().await;
    let given = [
        (Key::App, "contoso-blog"),
        (Key::HttpsOnly, "yes"),
        (Key::MinTls, "1.3"),
        (Key::LoadCertificates, "*"),
    ];
    let before = practice.changes().await;
    let inputs = practice.inputs(FlowName::Settings, &given);
    let seen = observe(&practice.client, FlowName::Settings, &inputs).await.unwrap();
    let planned = steps(FlowName::Settings, &seen, &inputs, &practice.rules, jiff::Timestamp::now());
    assert_eq!(planned.iter().map(|step| step.requests.len()).sum::<usize>(), 3);
    assert!(
        planned[0].requests[0].condition.is_some() && planned[1].requests[0].condition.is_some(),
        "only while it is as it was read"
    );
    assert_eq!(practice.changes().await, before);

    practice.complete(FlowName::Settings, &given).await;
    let after = site(&practice, "contoso-blog").await;
    assert_eq!(after["properties"]["httpsOnly"], true);
    let id = after["id"].as_str().unwrap();
    assert_eq!(practice.arm(&format!("{id}/config/web")).await["properties"]["minTlsVersion"], "1.3");
    let changes = practice.changes().await;
    practice.complete(FlowName::Settings, &given).await;
    assert_eq!(practice.changes().await, changes);
    practice.complete(FlowName::Settings, &[given[0], (Key::HttpsOnly, "no")]).await;
    assert_eq!(
        practice.arm(&format!("{id}/config/web")).await["properties"]["minTlsVersion"],
        "1.3",
        "what is not asked for stays"
    );
}

#[test]
fn on_screen_old_and_new_are_shown_before_anything_is_sent() {
    let cloud = Cloud::start();
    let mut screen = Pty::start(&[env!("CARGO_BIN_EXE_certdeck")], &cloud.environment());
    screen.wait_for("shop-2026");
    screen.keys("4/blog<Enter>");
    screen.wait_for("Bindings 1/");
    screen.keys(",");
    screen.wait_for("Minimum TLS version");
    screen.wait_for("stays 1.2");
    screen.keys("<Right>");
    screen.wait_for("Enter choose");
    screen.keys("<PgDn>");
    screen.wait_for("Enter HTTPS only...");
    screen.keys("<Enter>");
    screen.wait_for("Enter Send");
    assert!(screen.screen().contains("off \u{2192} on"), "{}", screen.screen());
    screen.keys("<Enter>");
    screen.wait_for("The settings are applied");
    let log = cloud.control("requests");
    assert!(log["value"].as_array().unwrap().iter().any(|entry| entry["method"] == "PATCH"));
}
