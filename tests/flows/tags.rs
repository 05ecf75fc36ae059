//! Tags: what exists keeps its own through every write, and what is created has those that were asked for. An
//! Azure Policy that demands one is in force throughout.

use certdeck::flow::engine::Ending;
use certdeck::flow::{FlowName, Key};
use serde_json::{Value, json};

use crate::common::Practice;
use crate::replace::{certificate, pfx};

const TAGS: (Key, &str) = (Key::Tags, r"costcenter=42,owner=web\, shop");

fn tags() -> Value {
    json!({"costcenter": "42", "owner": "web, shop"})
}

async fn practice() -> Practice {
    let practice = Practice::start().await;
    practice.control_post("policy", json!({"tag": "costcenter"})).await;
    practice
}

fn path(practice: &Practice, group: &str, rest: &str) -> String {
    format!(
        "/subscriptions/{}/resourceGroups/{group}{rest}",
        practice.emulator.connection().subscription_ids[0]
    )
}

/// Puts tags on a resource as somebody else does.
async fn tag(practice: &Practice, id: &str, tags: &Value) {
    let body = json!({"properties": {"tags": tags}});
    let put =
        practice.arm_send("PUT", &format!("{id}/providers/Microsoft.Resources/tags/default"), &body).await;
    assert!(put["error"].is_null(), "{put}");
}

#[tokio::test]
async fn a_sync_and_an_import_over_an_existing_certificate_keep_its_tags() {
    let practice = practice().await;
    let seen = certdeck::azure::inventory::load(&practice.client, &[]).await.unwrap();
    let order = seen.orders.iter().find(|order| order.id.name() == "fabrikam").unwrap();
    let behind = seen.imports_of(order).next().unwrap();
    let own = json!({"CostCenter": "7", "odd\u{200b}name": "a=b,c\\d"});
    tag(&practice, behind.id.as_str(), &own).await;
    practice.complete(FlowName::Sync, &[(Key::Certificate, behind.id.as_str())]).await;
    let after = practice.arm(behind.id.as_str()).await;
    assert_ne!(
        after["properties"]["thumbprint"],
        behind.thumbprint.as_ref().unwrap().as_str(),
        "it was synced"
    );
    assert_eq!(after["tags"], own);
}

#[tokio::test]
async fn a_certificate_takes_the_tags_of_the_one_that_it_replaces() {
    let practice = practice().await;
    let old = path(&practice, "rg-shop", "/providers/Microsoft.Web/certificates/blog-2025");
    tag(&practice, &old, &json!({"costcenter": "7", "env": "prod"})).await;
    let (_dir, file) = pfx(&["blog.contoso.com"]);
    let given = [
        (Key::Certificate, "blog-2025"),
        (Key::File, file.as_str()),
        (Key::Password, "hunter2 and more"),
        (Key::FriendlyName, "blog-2027"),
        (Key::Tags, "costcenter=8"),
    ];
    practice.complete(FlowName::Replace, &given).await;
    assert_eq!(certificate(&practice, "blog-2027").await["tags"], json!({"env": "prod", "costcenter": "8"}));
}

#[tokio::test]
async fn whatever_is_created_has_the_tags_that_were_given() {
    let practice = practice().await;
    let (_dir, file) = pfx(&["shop.contoso.com"]);
    let upload = [
        (Key::App, "contoso-shop"),
        (Key::File, file.as_str()),
        (Key::Password, "hunter2 and more"),
        (Key::FriendlyName, "new"),
    ];
    match practice.run(FlowName::Upload, &upload).await {
        Err(problem) => assert!(problem.remedy.contains("--set tags="), "{problem}"),
        other => panic!("{other:?}"),
    }
    practice.complete(FlowName::Upload, &[&upload[..], &[TAGS]].concat()).await;
    assert_eq!(certificate(&practice, "new").await["tags"], tags());

    practice
        .complete(FlowName::Managed, &[(Key::App, "contoso-shop"), (Key::Hostname, "pay.contoso.com"), TAGS])
        .await;
    assert_eq!(certificate(&practice, "pay.contoso.com").await["tags"], tags());

    let vault = [
        (Key::App, "contoso-shop"),
        (Key::Vault, "kv-contoso-vault"),
        (Key::VaultCertificate, "pay-2026"),
        TAGS,
    ];
    practice.complete(FlowName::ImportVault, &vault).await;
    let imported = certificate(&practice, "kv-contoso-vault-pay-2026-rg-shop-WestEuropewebspace").await;
    assert_eq!(imported["tags"], tags(), "{imported}");
}

#[tokio::test]
async fn a_purchase_tags_its_group_and_order_and_a_store_its_vault_and_link() {
    let practice = practice().await;
    let order = [
        (Key::ResourceGroup, "rg-new"),
        (Key::Location, "westeurope"),
        (Key::Domain, "contoso.com"),
        (Key::Order, "contoso-tagged"),
        TAGS,
    ];
    practice.complete(FlowName::Purchase, &order).await;
    let orders = "/providers/Microsoft.CertificateRegistration/certificateOrders/contoso-tagged";
    assert_eq!(practice.arm(&path(&practice, "rg-new", "")).await["tags"], tags());
    assert_eq!(practice.arm(&path(&practice, "rg-new", orders)).await["tags"], tags());
    let store = [
        (Key::ResourceGroup, "rg-new"),
        (Key::Order, "contoso-tagged"),
        (Key::VaultChoice, "new"),
        (Key::Vault, "kv-contoso-tagged"),
        (Key::VaultResourceGroup, "rg-new"),
        (Key::VaultLocation, "westeurope"),
        TAGS,
    ];
    practice.complete(FlowName::Store, &store).await;
    let vault = path(&practice, "rg-new", "/providers/Microsoft.KeyVault/vaults/kv-contoso-tagged");
    assert_eq!(practice.arm(&vault).await["tags"], tags());
    let link = path(&practice, "rg-new", &format!("{orders}/certificates/contoso-tagged"));
    assert_eq!(practice.arm(&link).await["tags"], tags());
}

#[tokio::test]
async fn tags_that_azure_would_not_take_are_refused_at_their_field() {
    let practice = practice().await;
    let before = practice.changes().await;
    let given =
        [(Key::App, "contoso-shop"), (Key::Hostname, "pay.contoso.com"), (Key::Tags, "cost/center=42")];
    match practice.run(FlowName::Managed, &given).await {
        Ok(Ending::NeedsInput { key, why }) => {
            assert!(key == Key::Tags && why.contains("cost/center"), "{why}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(practice.changes().await, before);
}
