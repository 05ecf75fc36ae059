//! Certificates that belong to one app: of apps on Flex Consumption, and of others that were created so
//! (C34).

use certdeck::azure::inventory;
use certdeck::flow::engine::Ending;
use certdeck::flow::{FlowName, Key, StepId, StepStatus};
use certdeck::model::{Estate, Home, PrivateCertificate, ResourceId, Source};
use serde_json::{Value, json};

use crate::common::Practice;
use crate::replace::pfx;

const PASSWORD: &str = "hunter2 and more";
const HOST: &str = "flex.contoso.com";
const API: (Key, &str) = (Key::App, "contoso-flex");

fn group(practice: &Practice) -> String {
    let connection = practice.emulator.connection();
    format!("/subscriptions/{}/resourceGroups/{}", connection.subscription_ids[0], connection.resource_group)
}

fn app(practice: &Practice) -> ResourceId {
    ResourceId::parse(&format!("{}/providers/Microsoft.Web/sites/contoso-flex", group(practice))).unwrap()
}

/// Adds an app `contoso-flex` with the hostname `flex.contoso.com`, on a plan of this size.
async fn add_app(practice: &Practice, sku: &str, properties: Value) {
    let plan = format!("{}/providers/Microsoft.Web/serverfarms/plan-api", group(practice));
    let body = json!({"location": "westeurope", "sku": {"name": sku}, "properties": {"reserved": true}});
    assert!(practice.arm_send("PUT", &plan, &body).await["id"].is_string());
    let record = json!({"add": {"name": HOST, "type": "CNAME", "value": "contoso-flex.azurewebsites.net"}});
    practice.control_post("dns", record).await;
    let mut site = json!({"location": "westeurope", "kind": "functionapp", "properties": properties});
    site["properties"]["serverFarmId"] = plan.into();
    let made = practice.arm_send("PUT", app(practice).as_str(), &site).await;
    assert!(made["id"].is_string(), "{made}");
    let host = json!({"properties": {"siteName": "contoso-flex"}});
    let mapped = practice.arm_send("PUT", &format!("{}/hostNameBindings/{HOST}", app(practice)), &host).await;
    assert!(mapped["id"].is_string(), "{mapped}");
}

async fn flex() -> Practice {
    let practice = Practice::start().await;
    add_app(&practice, "FC1", json!({})).await;
    practice
}

/// What the service holds of the app's own certificates.
async fn own(practice: &Practice) -> Vec<Value> {
    let answer = practice.arm(&format!("{}/certificates?api-version=2024-11-01", app(practice))).await;
    answer["value"].as_array().unwrap().clone()
}

async fn bound(practice: &Practice) -> Value {
    practice.arm(&format!("{}/hostNameBindings/{HOST}", app(practice))).await["properties"]["thumbprint"]
        .clone()
}

async fn estate(practice: &Practice) -> Estate {
    inventory::load(&practice.client, &[]).await.unwrap()
}

fn of_app<'e>(estate: &'e Estate, app: &ResourceId) -> Vec<&'e PrivateCertificate> {
    estate.certificates.iter().filter(|one| one.home == Home::App(app.clone())).collect()
}

#[tokio::test]
async fn a_file_goes_to_the_app_alone_is_bound_there_and_replaced_there_and_everything_shows_it() {
    let practice = flex().await;
    let (_dir, old) = pfx(&[HOST]);
    let file = [(Key::File, old.as_str()), (Key::Password, PASSWORD), (Key::FriendlyName, "api-2026")];
    practice.complete(FlowName::Upload, &[&[API][..], &file].concat()).await;
    let made = own(&practice).await;
    assert_eq!((made.len(), made[0]["name"].as_str()), (1, Some("api-2026")), "{made:#?}");

    let bind = [API, (Key::Hostname, HOST), (Key::Certificate, "api-2026"), (Key::SslType, "sni")];
    let steps = practice.complete(FlowName::Bind, &bind).await;
    assert!(steps.iter().any(|step| step.id == StepId::SERVED && matches!(step.status, StepStatus::Done(_))));
    let seen = estate(&practice).await;
    let listed = of_app(&seen, &app(&practice));
    assert_eq!(listed.len(), 1, "the inventory shows it");
    let hosts: Vec<String> = seen.bindings_of(listed[0]).map(|one| one.host.to_string()).collect();
    assert_eq!((hosts, seen.source(listed[0])), (vec![HOST.to_owned()], Source::Uploaded));
    assert_eq!(seen.apps_at(&listed[0].home).map(|one| one.id.clone()).collect::<Vec<_>>(), [app(&practice)]);

    let id = listed[0].id.to_string();
    let (_dir, new) = pfx(&[HOST]);
    let file = [(Key::File, new.as_str()), (Key::Password, PASSWORD), (Key::FriendlyName, "api-2027")];
    practice.complete(FlowName::Replace, &[&[(Key::Certificate, id.as_str())][..], &file].concat()).await;
    let after = own(&practice).await;
    assert_eq!(
        (after.len(), after[0]["name"].as_str()),
        (1, Some("api-2027")),
        "the old one is gone: {after:#?}"
    );
    assert_eq!(bound(&practice).await, after[0]["properties"]["thumbprint"]);

    practice.complete(FlowName::Unbind, &[API, (Key::Hostname, HOST)]).await;
    practice.complete(FlowName::DeletePrivate, &[(Key::Certificate, "api-2027")]).await;
    assert!(own(&practice).await.is_empty());
}

#[tokio::test]
async fn an_import_from_a_vault_and_its_sync_stay_with_the_app() {
    let practice = flex().await;
    let vault = [API, (Key::Vault, "kv-contoso-vault"), (Key::VaultCertificate, "pay-2026")];
    practice.complete(FlowName::ImportVault, &vault).await;
    let made = own(&practice).await;
    assert_eq!(
        (made.len(), &made[0]["properties"]["keyVaultSecretName"]),
        (1, &json!("pay-2026")),
        "{made:#?}"
    );
    let seen = estate(&practice).await;
    let one = of_app(&seen, &app(&practice))[0];
    assert_eq!(seen.source(one), Source::KeyVault);
    let changes = practice.changes().await;
    practice.complete(FlowName::ImportVault, &vault).await;
    practice.complete(FlowName::Sync, &[(Key::Certificate, one.id.as_str())]).await;
    assert_eq!(practice.changes().await, changes, "it is in step");
}

#[tokio::test]
async fn a_free_certificate_is_made_for_the_app_and_bound() {
    let practice = flex().await;
    let given = [API, (Key::Hostname, HOST)];
    practice.complete(FlowName::Managed, &given).await;
    let made = own(&practice).await;
    assert_eq!((made.len(), &made[0]["properties"]["canonicalName"]), (1, &json!(HOST)), "{made:#?}");
    let bind = [given[0], given[1], (Key::Certificate, HOST), (Key::SslType, "sni")];
    practice.complete(FlowName::Bind, &bind).await;
    assert_eq!(bound(&practice).await, made[0]["properties"]["thumbprint"]);
}

#[tokio::test]
async fn what_cannot_work_there_is_refused_with_the_reason_and_nothing_is_sent() {
    let practice = flex().await;
    let (_dir, path) = pfx(&[HOST]);
    let file = [API, (Key::File, path.as_str()), (Key::Password, PASSWORD)];
    let named = |name: &'static str| [&file[..], &[(Key::FriendlyName, name)]].concat();
    practice.complete(FlowName::Upload, &named("first")).await;
    let before = practice.changes().await;
    let shared = [(Key::Hostname, HOST), (Key::Certificate, "shop-2026"), (Key::SslType, "sni")];
    let ip = [(Key::Hostname, HOST), (Key::Certificate, "first"), (Key::SslType, "ip")];
    for (given, at, words) in
        [(shared, Key::Certificate, "its own certificates alone"), (ip, Key::SslType, "Flex")]
    {
        match practice.run(FlowName::Bind, &[&[API][..], &given].concat()).await {
            Ok(Ending::NeedsInput { key, why }) => {
                assert!(key == at && why.contains(words), "{key:?}: {why}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(practice.changes().await, before);
    for name in ["second", "third"] {
        let (_dir, path) = pfx(&[HOST]);
        let given = [API, (Key::File, path.as_str()), (Key::Password, PASSWORD), (Key::FriendlyName, name)];
        practice.complete(FlowName::Upload, &given).await;
    }
    let before = practice.changes().await;
    let (_dir, path) = pfx(&[HOST]);
    for (flow, given) in [
        (FlowName::Upload, vec![API, (Key::File, path.as_str()), (Key::Password, PASSWORD)]),
        (FlowName::Managed, vec![API, (Key::Hostname, HOST)]),
        (
            FlowName::ImportVault,
            vec![API, (Key::Vault, "kv-contoso-vault"), (Key::VaultCertificate, "pay-2026")],
        ),
    ] {
        match practice.run(flow, &given).await {
            Ok(Ending::Blocked(problem)) => assert!(problem.why.contains("at most 3"), "{problem}"),
            other => panic!("{}: {other:?}", flow.as_str()),
        }
    }
    assert!(practice.changes().await <= before + 1, "a grant on the vault at most");
}

#[tokio::test]
async fn an_app_that_was_created_so_is_bound_to_its_own_on_any_plan() {
    let practice = Practice::start().await;
    add_app(&practice, "S1", json!({"siteScopedCertificatesEnabled": true})).await;
    let (_dir, path) = pfx(&[HOST]);
    let file = [API, (Key::File, path.as_str()), (Key::Password, PASSWORD), (Key::FriendlyName, "api")];
    practice.complete(FlowName::Upload, &file).await;
    practice
        .complete(
            FlowName::Bind,
            &[API, (Key::Hostname, HOST), (Key::Certificate, "api"), (Key::SslType, "sni")],
        )
        .await;
    assert_eq!(bound(&practice).await, own(&practice).await[0]["properties"]["thumbprint"]);
}

#[tokio::test]
async fn an_app_whose_own_certificates_may_not_be_read_is_a_gap_by_its_name() {
    let practice = flex().await;
    let fault = json!({"path": "*/sites/contoso-flex/certificates", "fault": {"kind": "status", "status": 403, "code": "AuthorizationFailed"}});
    practice.control_post("faults", fault).await;
    let seen = estate(&practice).await;
    let gaps: Vec<&str> = seen.gaps.iter().map(|gap| gap.what.as_str()).collect();
    assert_eq!(gaps, ["the own certificates of contoso-flex"]);
}

/// No description of App Service has the member that tells it, so an answer may lack it.
#[tokio::test]
async fn a_certificate_of_an_app_that_does_not_say_that_it_has_its_own_is_listed_all_the_same() {
    let practice = Practice::start().await;
    add_app(&practice, "S1", json!({"siteScopedCertificatesEnabled": true})).await;
    let (_dir, file) = pfx(&[HOST]);
    let given = [API, (Key::File, file.as_str()), (Key::Password, PASSWORD), (Key::FriendlyName, "own")];
    practice.complete(FlowName::Upload, &given).await;
    let bind = [API, (Key::Hostname, HOST), (Key::Certificate, "own"), (Key::SslType, "sni")];
    practice.complete(FlowName::Bind, &bind).await;
    practice.control_post("switches", json!({"site_scope_unsaid": true})).await;

    let asked = async || {
        practice
            .control_get("requests")
            .await
            .to_string()
            .matches("/certificates?api-version=2024-11-01")
            .count()
    };
    let before = asked().await;
    let whole = estate(&practice).await;
    let binding = whole.bindings.iter().find(|binding| binding.host.as_str() == HOST).unwrap();
    assert!(
        whole.app(&binding.app).is_some_and(|app| app.home() != Home::App(app.id.clone())),
        "the app does not say so"
    );
    assert_eq!(whole.certificate_of(binding).map(|one| &one.home), Some(&Home::App(app(&practice))));
    assert!(whole.certificate_of(binding).is_some_and(|one| one.expires.is_some()));
    assert_eq!(asked().await, before + 1, "only an app that is bound to an unknown certificate is asked");
}
