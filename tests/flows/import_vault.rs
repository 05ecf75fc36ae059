//! Imports from a key vault.

use certdeck::flow::engine::Ending;
use certdeck::flow::{FlowName, Key, StepId, StepStatus, current, observe, steps};

use crate::cloud::Cloud;
use crate::common::Practice;
use crate::pty::Pty;

const PAY: [(Key, &str); 3] =
    [(Key::App, "contoso-shop"), (Key::Vault, "kv-contoso-vault"), (Key::VaultCertificate, "pay-2026")];
const NAME: &str = "kv-contoso-vault-pay-2026-rg-shop-WestEuropewebspace";

async fn site_certificate(practice: &Practice) -> serde_json::Value {
    let connection = practice.emulator.connection();
    let group = format!(
        "/subscriptions/{}/resourceGroups/{}",
        connection.subscription_ids[0], connection.resource_group
    );
    practice.arm(&format!("{group}/providers/Microsoft.Web/certificates/{NAME}")).await
}

#[tokio::test]
async fn the_vault_is_opened_to_app_service_the_certificate_imported_and_bound_and_nothing_happens_twice() {
    let practice = Practice::start().await;
    let before = practice.changes().await;
    let inputs = practice.inputs(FlowName::ImportVault, &PAY);
    let seen = observe(&practice.client, FlowName::ImportVault, &inputs).await.unwrap();
    let planned = steps(FlowName::ImportVault, &seen, &inputs, &practice.rules, jiff::Timestamp::now());
    let next = current(&planned).unwrap();
    assert_eq!((next.id, practice.changes().await), (StepId::APP_ACCESS, before), "{planned:#?}");

    practice.complete(FlowName::ImportVault, &PAY).await;
    let made = site_certificate(&practice).await;
    assert_eq!(made["properties"]["keyVaultSecretName"], "pay-2026", "{made}");
    let changes = practice.changes().await;
    assert_eq!(changes, before + 2, "one grant, one import");
    practice.complete(FlowName::ImportVault, &PAY).await;
    assert_eq!(practice.changes().await, changes, "what is there is not sent again");

    let bind = [PAY[0], (Key::Hostname, "pay.contoso.com"), (Key::Certificate, NAME), (Key::SslType, "sni")];
    let bound = practice.complete(FlowName::Bind, &bind).await;
    assert!(bound.iter().any(|step| step.id == StepId::SERVED && matches!(step.status, StepStatus::Done(_))));
}

#[tokio::test]
async fn a_vault_with_roles_gets_role_assignments_c15() {
    let practice = Practice::start().await;
    let login =
        [(Key::App, "contoso-shop"), (Key::Vault, "kv-contoso-rbac"), (Key::VaultCertificate, "login")];
    practice.complete(FlowName::ImportVault, &login).await;
    let orders = [login[0], PAY[1], PAY[2], (Key::ForOrders, "yes")];
    let before = practice.changes().await;
    practice.complete(FlowName::ImportVault, &orders).await;
    assert_eq!(practice.changes().await, before + 3, "two grants, one import");
}

#[tokio::test]
async fn what_cannot_be_imported_is_refused_at_its_field_and_nothing_is_sent_a124() {
    let practice = Practice::start().await;
    let before = practice.changes().await;
    for (name, words) in [
        ("news", "ECC"),
        ("proxy", "x-pem-file"),
        ("pay-2025", "EXPIRED"),
        ("none", "there is no certificate"),
    ] {
        match practice.run(FlowName::ImportVault, &[PAY[0], PAY[1], (Key::VaultCertificate, name)]).await {
            Ok(Ending::NeedsInput { key, why }) => {
                assert!(key == Key::VaultCertificate && why.contains(words), "{why}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(practice.changes().await, before);
}

#[test]
fn on_screen_vault_and_certificate_are_picked_and_the_grant_is_agreed_to_by_itself() {
    let cloud = Cloud::start();
    let mut screen = Pty::start(&[env!("CARGO_BIN_EXE_certdeck")], &cloud.environment());
    screen.wait_for("shop-2026");
    screen.keys("4/pay<Enter>");
    screen.wait_for("Bindings 1/");
    screen.keys("a");
    screen.wait_for("Import a certificate from Key Vault");
    screen.keys("3");
    screen.wait_for("kv-contoso-vault");
    screen.keys("contoso-vault<Enter>");
    screen.wait_for("elliptic curve");
    screen.keys("pay-2026<Enter>");
    screen.wait_for("pay-2026 can be imported");
    screen.wait_for("Grant App Service access...");
    screen.keys("<Enter>");
    screen.wait_for("accessPolicies/add");
    screen.keys("<Enter>");
    screen.wait_for("Import the certificate...");
    screen.keys("<Enter>");
    screen.wait_for("PUT /subscriptions");
    screen.keys("<Enter>");
    screen.wait_for("Enter goes on with Bind");
    screen.keys("<Enter>");
    screen.wait_for("PUT /subscriptions");
    screen.keys("<Enter>");
    screen.wait_for("The hostname is secured");
    cloud.served_thumbprint("pay.contoso.com");
}

/// A landing zone has one vault for certificates, in a platform's subscription (F9 of the audit: az,
/// Terraform and Microsoft's module import so).
#[tokio::test]
async fn a_certificate_is_imported_from_a_vault_of_another_subscription_by_its_whole_id() {
    let practice = Practice::start().await;
    let subscriptions = practice.emulator.connection().subscription_ids.clone();
    let vault = format!(
        "/subscriptions/{}/resourceGroups/rg-platform/providers/Microsoft.KeyVault/vaults/kv-contoso-rbac",
        subscriptions[0]
    );
    let given = [
        (Key::Subscription, subscriptions[1].as_str()),
        (Key::ResourceGroup, "rg-test"),
        (Key::App, "contoso-test-shop"),
        (Key::Vault, vault.as_str()),
        (Key::VaultCertificate, "login"),
    ];
    let done = practice.complete(FlowName::ImportVault, &given).await;
    assert!(
        done.iter().any(|step| step.facts.iter().any(|(label, _)| label == "Warning")),
        "it is said: {done:#?}"
    );
    let all = format!(
        "/subscriptions/{}/resourceGroups/rg-test/providers/Microsoft.Web/certificates",
        subscriptions[1]
    );
    let all = practice.arm(&all).await;
    let made = all["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["properties"]["keyVaultSecretName"] == "login")
        .unwrap();
    let from = made["properties"]["keyVaultId"].as_str().unwrap();
    assert!(from.eq_ignore_ascii_case(&vault), "{made}");
    let changes = practice.changes().await;
    practice.complete(FlowName::ImportVault, &given).await;
    assert_eq!(practice.changes().await, changes, "what is there is not sent again");
}
