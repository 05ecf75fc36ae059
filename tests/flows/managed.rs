//! Free managed certificates.

use certdeck::flow::engine::Ending;
use certdeck::flow::{FlowName, Key, StepId, StepStatus, current, observe, steps};

use crate::cloud::Cloud;
use crate::common::Practice;
use crate::pty::Pty;
use crate::replace::site;

const CERTIFICATES: &str = "providers/Microsoft.Web/certificates";

async fn certificate(practice: &Practice, name: &str) -> serde_json::Value {
    let connection = practice.emulator.connection();
    let (subscription, group) = (&connection.subscription_ids[0], &connection.resource_group);
    practice.arm(&format!("/subscriptions/{subscription}/resourceGroups/{group}/{CERTIFICATES}/{name}")).await
}

#[tokio::test]
async fn a_mapped_hostname_gets_its_certificate_and_then_its_binding_and_nothing_happens_twice() {
    let practice = Practice::start().await;
    let given = [(Key::App, "contoso-shop"), (Key::Hostname, "pay.contoso.com")];
    let before = practice.changes().await;
    let inputs = practice.inputs(FlowName::Managed, &given);
    let seen = observe(&practice.client, FlowName::Managed, &inputs).await.unwrap();
    let planned = steps(FlowName::Managed, &seen, &inputs, &practice.rules, jiff::Timestamp::now());
    let next = current(&planned).unwrap();
    assert_eq!(
        (next.id, next.plan().len(), practice.changes().await),
        (StepId::CREATE, 1, before),
        "{planned:#?}"
    );

    practice.complete(FlowName::Managed, &given).await;
    let made = certificate(&practice, "pay.contoso.com").await;
    assert_eq!(made["properties"]["canonicalName"], "pay.contoso.com");
    let changes = practice.changes().await;
    practice.complete(FlowName::Managed, &given).await;
    assert_eq!(practice.changes().await, changes, "what is there is not asked for again");

    let bind = [given[0], given[1], (Key::Certificate, "pay.contoso.com"), (Key::SslType, "sni")];
    let bound = practice.complete(FlowName::Bind, &bind).await;
    assert!(bound.iter().any(|step| step.id == StepId::SERVED && matches!(step.status, StepStatus::Done(_))));
}

#[tokio::test]
async fn a_root_domain_is_proved_over_http_by_its_a_record_a46() {
    let practice = Practice::start().await;
    practice.complete(FlowName::Managed, &[(Key::App, "contoso-shop"), (Key::Hostname, "contoso.com")]).await;
    let made = certificate(&practice, "contoso.com").await;
    assert_eq!(made["properties"]["domainValidationMethod"], "http-token");
}

#[tokio::test]
async fn a_subdomain_with_an_a_record_gets_its_certificate_with_a_warning_c8() {
    let practice = Practice::start().await;
    let given = [(Key::App, "contoso-partners"), (Key::Hostname, "partners.contoso.com")];
    let steps = practice.complete(FlowName::Managed, &given).await;
    assert!(
        steps.iter().any(|step| step
            .facts
            .iter()
            .any(|(label, words)| label == "Warning" && words.contains("CNAME")))
    );
    let made = certificate(&practice, "partners.contoso.com").await;
    assert_eq!(made["properties"]["domainValidationMethod"], "http-token");
}

#[tokio::test]
async fn an_apex_below_any_registry_is_proved_by_its_a_record_c58() {
    let practice = Practice::start().await;
    let shop = site(&practice, "contoso-shop").await;
    let (id, address) =
        (shop["id"].as_str().unwrap(), shop["properties"]["inboundIpAddress"].as_str().unwrap());
    let proof = shop["properties"]["customDomainVerificationId"].as_str().unwrap();
    for (name, kind, value) in [("example.or.jp", "A", address), ("asuid.example.or.jp", "TXT", proof)] {
        practice
            .control_post("dns", serde_json::json!({"add": {"name": name, "type": kind, "value": value}}))
            .await;
    }
    practice
        .arm_send(
            "PUT",
            &format!("{id}/hostNameBindings/example.or.jp"),
            &serde_json::json!({"properties": {}}),
        )
        .await;
    practice
        .complete(FlowName::Managed, &[(Key::App, "contoso-shop"), (Key::Hostname, "example.or.jp")])
        .await;
    let made = certificate(&practice, "example.or.jp").await;
    assert_eq!(made["properties"]["domainValidationMethod"], "http-token");
}

#[tokio::test]
async fn what_azure_would_refuse_is_blocked_here_and_nothing_is_sent() {
    let practice = Practice::start().await;
    let before = practice.changes().await;
    let docs = [(Key::App, "rg-intranet/contoso-docs"), (Key::Hostname, "docs.contoso.com")];
    match practice.run(FlowName::Managed, &docs).await {
        Ok(Ending::Blocked(problem)) => assert_eq!(problem.code.as_deref(), Some("A51"), "{problem}"),
        other => panic!("{other:?}"),
    }
    practice
        .control_post("dns", serde_json::json!({"add": {"name": "pay.contoso.com", "type": "CAA", "value": "0 issue x.example"}}))
        .await;
    practice
        .control_post("dns", serde_json::json!({"remove": {"name": "pay.contoso.com", "type": "CNAME"}}))
        .await;
    match practice
        .run(FlowName::Managed, &[(Key::App, "contoso-shop"), (Key::Hostname, "pay.contoso.com")])
        .await
    {
        Ok(Ending::Blocked(problem)) => assert_eq!(problem.code.as_deref(), Some("A42"), "{problem}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(practice.changes().await, before);
}

#[test]
fn on_screen_it_goes_from_the_chooser_over_the_form_to_a_served_hostname() {
    let cloud = Cloud::start();
    let mut screen = Pty::start(&[env!("CARGO_BIN_EXE_certdeck")], &cloud.environment());
    screen.wait_for("shop-2026");
    screen.keys("4/pay<Enter>");
    screen.wait_for("Bindings 1/");
    screen.keys("a");
    screen.wait_for("Create a free App Service managed certificate");
    screen.keys("1");
    screen.wait_for("Create the certificate...");
    screen.keys("<Enter>");
    screen.wait_for("PUT /subscriptions");
    screen.keys("<Enter>");
    screen.wait_for("Enter goes on with Bind");
    screen.keys("<Enter>");
    screen.wait_for("PUT /subscriptions");
    screen.keys("<Enter>");
    screen.wait_for("The hostname is secured");
    screen.keys("<Enter>");
    screen.wait_for("Bindings");
    cloud.served_thumbprint("pay.contoso.com");
}

/// A14 of the trial by hand: the dialog listed what may stop it, and its key led nowhere.
#[test]
fn on_screen_the_renewal_key_on_an_overdue_managed_certificate_shows_which_check_fails() {
    let cloud = Cloud::start();
    let mut screen = Pty::start(&[env!("CARGO_BIN_EXE_certdeck")], &cloud.environment());
    screen.wait_until("everything is read", |screen| {
        screen.contains("docs.contoso.com") && screen.contains("just now")
    });
    screen.keys("/docs<Enter>");
    screen.wait_for("/docs");
    screen.keys("r");
    screen.wait_for("Managed certificate: docs.contoso.com");
    screen.wait_for("✗ Follow the hostname in DNS");
    screen.wait_for("edge.cdn.example");
    assert!(screen.screen().contains("App              contoso-docs"), "{}", screen.screen());
}
