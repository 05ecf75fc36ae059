//! Bringing what the vaults hold to the apps.

use certdeck::azure::request::Plane;
use certdeck::azure::{Request, inventory};
use certdeck::flow::engine::Ending;
use certdeck::flow::{FlowName, Key, StepId, StepStatus};
use certdeck::health::tls;
use certdeck::model::{Estate, Hostname, Source, Vault};
use serde_json::json;

use crate::cloud::Cloud;
use crate::common::Practice;
use crate::pty::Pty;
use crate::renewal::send;
use crate::state;

async fn estate(practice: &Practice) -> Estate {
    inventory::load(&practice.client, &[]).await.unwrap()
}

#[tokio::test]
async fn a_rekeyed_order_is_synced_its_bindings_move_and_its_hostnames_prove_it_b3_2() {
    let practice = Practice::start().await;
    let before = estate(&practice).await;
    let order = before.orders.iter().find(|order| order.id.name() == "fabrikam").unwrap();
    let old = before.imports_of(order).next().unwrap();
    assert_ne!(old.thumbprint, order.thumbprint, "the import is out of sync");
    let hosts: Vec<Hostname> = before.bindings_of(old).map(|binding| binding.host.clone()).collect();
    assert_eq!(hosts.len(), 2);

    let given = [(Key::Certificate, old.id.as_str())];
    let changes = practice.changes().await;
    let inputs = practice.inputs(FlowName::Sync, &given);
    certdeck::flow::observe(&practice.client, FlowName::Sync, &inputs).await.unwrap();
    assert_eq!(practice.changes().await, changes, "looking changes nothing");
    let steps = practice.complete(FlowName::Sync, &given).await;
    let served = steps.iter().find(|step| step.id == StepId::SERVED).unwrap();
    assert!(matches!(&served.status, StepStatus::Done(words) if words.contains('2')), "{served:?}");
    for host in &hosts {
        assert_eq!(
            tls::served_thumbprint(practice.client.cloud(), host).await.here(),
            order.thumbprint.as_ref()
        );
    }
    assert_eq!(practice.changes().await, changes + 1, "one request moved them all");
}

/// The import of the order `fabrikam`, whose hostnames are fabrikam.com and www.fabrikam.com.
async fn fabrikam(practice: &Practice) -> (String, String) {
    let estate = estate(practice).await;
    let order = estate.orders.iter().find(|order| order.id.name() == "fabrikam").unwrap();
    (order.id.as_str().to_owned(), estate.imports_of(order).next().unwrap().id.as_str().to_owned())
}

#[tokio::test]
async fn a_sync_ends_for_hostnames_behind_something_with_a_certificate_of_its_own() {
    let practice = Practice::start().await;
    let (_, import) = fabrikam(&practice).await;
    practice.control_post("edge", json!({"host": "www.fabrikam.com"})).await;
    let steps = practice.complete(FlowName::Sync, &[(Key::Certificate, &import)]).await;
    let served = steps.iter().find(|step| step.id == StepId::SERVED).unwrap();
    assert!(
        matches!(&served.status, StepStatus::Done(words) if words.contains("behind something else")),
        "{served:?}"
    );
}

#[tokio::test]
async fn a_name_that_the_new_certificate_lost_is_told_before_and_is_not_called_moved() {
    let practice = Practice::start().await;
    let (order, import) = fabrikam(&practice).await;
    practice.complete(FlowName::Sync, &[(Key::Certificate, &import)]).await;
    // The next certificate is proved by a page, which costs the name www (A105).
    practice.control_post("switches", json!({"proof_always_wanted": true})).await;
    practice
        .arm_send(
            "POST",
            &format!("{order}/reissue"),
            &json!({"properties": {"delayExistingRevokeInHours": 24, "keySize": 2048}}),
        )
        .await;
    let token = practice.arm(&order).await["properties"]["domainVerificationToken"].clone();
    practice.control_post("http-token", json!({"host": "fabrikam.com", "content": token})).await;
    practice.arm_send("POST", &format!("{order}/verifyDomainOwnership"), &json!({})).await;
    assert_eq!(practice.arm(&order).await["properties"]["status"], "Issued");

    let given = [(Key::Certificate, import.as_str())];
    let before = practice.shown(FlowName::Sync, &practice.inputs(FlowName::Sync, &given), StepId::SYNC).await;
    assert!(
        before
            .facts
            .iter()
            .any(|(label, words)| label == "Stays behind" && words.starts_with("www.fabrikam.com:")),
        "{before:?}"
    );
    for _ in 0..2 {
        match practice.run(FlowName::Sync, &given).await {
            Ok(Ending::Blocked(problem)) => {
                assert!(problem.why.starts_with("www.fabrikam.com stays on the old"), "{problem}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_certificate_renewed_in_its_vault_is_seen_and_brought_to_its_app_a183_a185() {
    let practice = Practice::start().await;
    let before = estate(&practice).await;
    let (certificate, vault) = before
        .certificates
        .iter()
        .filter(|one| before.source(one) == Source::KeyVault)
        .find_map(|one| {
            let secret = one.vault.as_ref()?;
            let vault = before.vaults.iter().find(|vault| vault.id == secret.vault && !vault.rbac)?;
            Some((one, vault))
        })
        .unwrap();
    let secret = &certificate.vault.as_ref().unwrap().secret;
    let given = [(Key::Certificate, certificate.id.as_str())];
    let steps = practice.complete(FlowName::Sync, &given).await;
    let newest = &steps.iter().find(|step| step.id == StepId::NEWEST).unwrap().status;
    assert!(matches!(newest, StepStatus::Done(words) if words.contains("nothing newer")), "{newest:?}");

    let create = new_version(vault, secret, "api.contoso.com");
    practice.client.change(&create, &mut |_| ()).await.unwrap();
    practice.complete(FlowName::Sync, &given).await;
    let after = estate(&practice).await;
    let now = after.certificates.iter().find(|one| one.id == certificate.id).unwrap();
    assert_ne!(now.thumbprint, certificate.thumbprint);
    let host = before.bindings_of(certificate).next().unwrap().host.clone();
    assert_eq!(tls::served_thumbprint(practice.client.cloud(), &host).await.here(), now.thumbprint.as_ref());
}

/// What a vault does when it renews a certificate of its own.
fn new_version(vault: &Vault, secret: &str, host: &str) -> Request {
    let policy = json!({"policy": {"issuer": {"name": "Self"}, "secret_props": {"contentType": "application/x-pkcs12"},
        "x509_props": {"subject": format!("CN={host}"), "sans": {"dns_names": [host]}}}});
    Request::post("Renew it in the vault", format!("/certificates/{secret}/create"), "7.4")
        .on(Plane::Vault(vault.uri.clone()))
        .with_body(certdeck::azure::request::Body::new(policy))
}

#[test]
fn on_screen_the_sync_key_brings_what_the_vault_has_to_the_app_a157_a183() {
    let cloud = Cloud::start();
    let old = cloud.served_thumbprint("api.contoso.com");
    let estate = state::estate(&cloud);
    let vault = estate.vaults.iter().find(|vault| vault.id.name() == "kv-contoso-shop").unwrap();
    cloud.runtime().block_on(async {
        let create = new_version(vault, "api", "api.contoso.com");
        state::client(&cloud).await.change(&create, &mut |_| ()).await.unwrap();
    });
    let mut screen = Pty::start(&[env!("CARGO_BIN_EXE_certdeck")], &cloud.environment());
    screen.wait_for("shop-2026");
    screen.keys("/kv-contoso-shop-api<Enter>");
    screen.wait_for("Private Key Certificates 1/");
    screen.keys("y");
    send(&mut screen, "Sync");
    screen.wait_for("App Service has what the vault holds");
    let host = Hostname::parse("api.contoso.com").unwrap();
    let served = cloud.runtime().block_on(async {
        let client = state::client(&cloud).await;
        tls::served_thumbprint(client.cloud(), &host).await
    });
    // The vault signed it itself, so no chain is checked here.
    assert_ne!(served.here().unwrap().as_str(), old);
}

#[tokio::test]
async fn everything_from_vaults_is_synced_at_once_and_then_nothing_is_left_to_do() {
    let practice = Practice::start().await;
    let given = [(Key::Scope, "all")];
    let steps = practice.complete(FlowName::Sync, &given).await;
    assert!(steps.iter().all(|step| step.status.is_over()), "{steps:?}");
    let after = estate(&practice).await;
    for order in &after.orders {
        for import in after.imports_of(order) {
            assert_eq!(import.thumbprint, order.thumbprint, "{}", order.id.name());
        }
    }
    let changes = practice.changes().await;
    practice.complete(FlowName::Sync, &given).await;
    assert_eq!(practice.changes().await, changes);
}

#[tokio::test]
async fn what_was_uploaded_is_refused_with_the_way_that_fits() {
    let practice = Practice::start().await;
    let uploaded = estate(&practice)
        .await
        .certificates
        .iter()
        .find(|one| one.id.name() == "shop-2026")
        .unwrap()
        .id
        .clone();
    match practice.run(FlowName::Sync, &[(Key::Certificate, uploaded.as_str())]).await {
        Ok(Ending::NeedsInput { key: Key::Certificate, why }) => assert!(why.contains("uploaded"), "{why}"),
        other => panic!("{other:?}"),
    }
}
