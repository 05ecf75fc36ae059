//! Identities that may not read the directory, grants that take minutes to be in force, and contributors of
//! one group only.

use std::time::Duration;

use certdeck::azure::{Chain, LibrarySignIn};
use certdeck::flow::engine::{Conductor, Ending};
use certdeck::flow::{FlowName, Key, Step, StepId, StepStatus};
use certdeck::model::Problem;
use certdeck::practice::principals;
use serde_json::{Value, json};

use crate::common::Practice;

const EVENTS: (Key, &str) = (Key::Order, "events2026");
const LOGIN: [(Key, &str); 3] =
    [(Key::App, "contoso-shop"), (Key::Vault, "kv-contoso-rbac"), (Key::VaultCertificate, "login")];

fn group(practice: &Practice, name: &str) -> String {
    format!("/subscriptions/{}/resourceGroups/{name}", practice.emulator.connection().subscription_ids[0])
}

/// Agrees to everything, lets the cloud's clock run while it waits, and notes what was said.
struct Patient<'p> {
    practice: &'p Practice,
    waits: usize,
    said: Vec<String>,
}

impl<'p> Patient<'p> {
    fn new(practice: &'p Practice) -> Self {
        Self { practice, waits: 0, said: Vec::new() }
    }

    async fn run(&mut self, flow: FlowName, given: &[(Key, &str)]) -> Result<Ending, Problem> {
        let inputs = self.practice.inputs(flow, given);
        self.practice.engine().run(flow, &inputs, self).await
    }
}

impl Conductor for Patient<'_> {
    fn stands(&mut self, _: &[Step]) {}

    fn says(&mut self, _: &str) {}

    fn warns(&mut self, warning: &str) {
        self.said.push(warning.to_owned());
    }

    fn consents(&mut self, _: &Step) -> bool {
        true
    }

    async fn waits(&mut self, _: &str, _: Duration) -> bool {
        self.waits += 1;
        self.practice.control_post("clock", json!({"advance": "30s"})).await;
        self.waits < 100
    }
}

fn step(steps: &[Step], id: StepId) -> &Step {
    steps.iter().find(|step| step.id == id).unwrap()
}

async fn flows_without_graph(practice: &Practice) {
    let stored = practice
        .complete(FlowName::Store, &[EVENTS, (Key::VaultChoice, "existing"), (Key::Vault, "kv-contoso-shop")])
        .await;
    let access = step(&stored, StepId::VAULT_ACCESS);
    assert!(
        matches!(&access.status, StepStatus::NotNeeded(why) if why.contains("may not read the directory")),
        "{access:?}"
    );
    assert!(access.facts.iter().any(|(_, command)| command.contains("az keyvault set-policy")), "{access:?}");
    practice
        .complete(FlowName::ImportOrder, &[(Key::Order, "apifabrikam"), (Key::App, "contoso-shop")])
        .await;
    practice.complete(FlowName::ImportVault, &LOGIN).await;
    let fabrikam = format!(
        "{}/providers/Microsoft.Web/certificates/fabrikam-NorthEurope",
        group(practice, "rg-intranet")
    );
    practice.complete(FlowName::Sync, &[(Key::Certificate, &fabrikam)]).await;
    practice.complete(FlowName::Sync, &[(Key::Scope, "all")]).await;
}

#[tokio::test]
async fn an_application_without_any_right_in_graph_stores_imports_and_syncs_where_all_is_granted() {
    flows_without_graph(&Practice::start().await.without_graph().await).await;
}

#[tokio::test]
async fn a_managed_identity_without_any_right_in_graph_does_too() {
    let practice = Practice::start().await;
    let host = practice.emulator.connection().imds.parse().unwrap();
    let practice = practice
        .signed_in(Chain::just(LibrarySignIn::ManagedIdentity { client_id: None, host: Some(host) }))
        .await;
    flows_without_graph(&practice).await;
}

#[tokio::test]
async fn a_cloud_whose_graph_cannot_be_reached_ends_no_flow() {
    let practice = Practice::start().await;
    for fault in [
        json!({"kind": "reset"}),
        json!({"kind": "status", "status": 401}),
        json!({"kind": "status", "status": 404}),
    ] {
        practice.control_post("faults", json!({"path": "*/servicePrincipals*", "fault": fault})).await;
    }
    practice
        .complete(FlowName::Store, &[EVENTS, (Key::VaultChoice, "existing"), (Key::Vault, "kv-contoso-shop")])
        .await;
}

#[tokio::test]
async fn where_a_grant_is_needed_and_cannot_be_made_the_commands_for_an_admin_are_printed() {
    let practice = Practice::start().await.without_graph().await;
    let new = [
        EVENTS,
        (Key::VaultChoice, "new"),
        (Key::Vault, "kv-events-plain"),
        (Key::VaultLocation, "westeurope"),
    ];
    let Ok(Ending::Blocked(problem)) = practice.run(FlowName::Store, &new).await else {
        panic!("not blocked")
    };
    for part in [
        "object id is not known",
        "--name kv-events-plain --spn f3c21649-0979-4721-ac85-b0216b2cf413 --secret-permissions get list set delete",
        "--name kv-events-plain --spn abfa0a7c-a6b6-4736-8310-5855508787cd --secret-permissions get --certificate-permissions get",
        "Set-AzKeyVaultAccessPolicy",
    ] {
        assert!(problem.to_string().contains(part), "{part}: {problem}");
    }
    let before = practice.changes().await;
    // The admin does so.
    let policy = |principal: &principals::ServicePrincipal, secrets: &[&str]| {
        let permissions = json!({"secrets": secrets, "certificates": ["all"]});
        json!({"tenantId": practice.emulator.connection().tenant_id, "objectId": principal.object_id, "permissions": permissions})
    };
    let policies = [
        policy(&principals::CERTIFICATE_REGISTRATION, &["get", "list", "set", "delete"]),
        policy(&principals::WEB_SITES, &["get"]),
    ];
    let vault =
        format!("{}/providers/Microsoft.KeyVault/vaults/kv-events-plain", group(&practice, "rg-shop"));
    let body = json!({"properties": {"accessPolicies": policies}});
    practice.arm_send("PUT", &format!("{vault}/accessPolicies/add"), &body).await;
    practice.complete(FlowName::Store, &new).await;
    assert_eq!(practice.changes().await, before + 2, "the admin's grant, and the link");
}

#[tokio::test]
async fn who_may_not_grant_is_given_the_commands_too() {
    let practice = Practice::start().await;
    contribute(&practice, &group(&practice, "rg-platform")).await;
    contribute(&practice, &group(&practice, "rg-shop")).await;
    take_roles_away(&practice).await;
    let reader = practice.by_reader().await;
    let ids = certdeck::azure::graph::Principals {
        app_service: Some(principals::WEB_SITES.object_id.to_owned()),
        certificate_registration: Some(principals::CERTIFICATE_REGISTRATION.object_id.to_owned()),
    };
    let reader = reader.knowing(ids).await;
    let Err(problem) = reader.run(FlowName::ImportVault, &LOGIN).await else { panic!("granted") };
    assert_eq!(problem.code.as_deref(), Some("AuthorizationFailed"), "{problem}");
    let command = "az role assignment create --assignee abfa0a7c-a6b6-4736-8310-5855508787cd --role 'Key Vault Certificate User'";
    assert!(problem.remedy.contains(command), "{problem}");
}

#[tokio::test]
async fn object_ids_of_the_settings_grant_without_graph() {
    let practice = Practice::start().await;
    take_roles_away(&practice).await;
    let ids = certdeck::azure::graph::Principals {
        app_service: Some(principals::WEB_SITES.object_id.to_owned()),
        certificate_registration: Some(principals::CERTIFICATE_REGISTRATION.object_id.to_owned()),
    };
    let practice = practice.without_graph().await.knowing(ids).await;
    let before = practice.changes().await;
    practice.complete(FlowName::ImportVault, &LOGIN).await;
    assert_eq!(practice.changes().await, before + 2, "one grant, one import");
}

#[tokio::test]
async fn a_role_that_takes_minutes_is_waited_for_and_is_no_try_when_orders_are_stored() {
    let practice = Practice::start().await;
    practice.control_post("grants", json!({"take": "4m"})).await;
    let new = [
        EVENTS,
        (Key::VaultChoice, "new"),
        (Key::Vault, "kv-events-late"),
        (Key::VaultLocation, "westeurope"),
        (Key::VaultRbac, "rbac"),
    ];
    let mut patient = Patient::new(&practice);
    let ended = patient.run(FlowName::Store, &new).await;
    assert!(matches!(ended, Ok(Ending::Done(_))), "{ended:?}");
    assert!(patient.waits > 3, "more than the tries of a step: {}", patient.waits);
    assert_eq!(
        patient
            .said
            .iter()
            .filter(|said| said.contains("the permission on the vault to be in force"))
            .count(),
        1
    );
}

#[tokio::test]
async fn a_role_that_takes_minutes_is_waited_for_when_certificates_are_imported_and_synced() {
    let practice = Practice::start().await;
    take_roles_away(&practice).await;
    practice.control_post("grants", json!({"take": "4m"})).await;
    // Into a webspace that has no import of it.
    let elsewhere = [(Key::App, "contoso-intranet"), (Key::ResourceGroup, "rg-intranet"), LOGIN[1], LOGIN[2]];
    let mut patient = Patient::new(&practice);
    let ended = patient.run(FlowName::ImportVault, &elsewhere).await;
    assert!(
        matches!(ended, Ok(Ending::Done(_))) && patient.waits > 3,
        "{} {:?} {ended:?}",
        patient.waits,
        patient.said
    );

    take_roles_away(&practice).await;
    let wild = format!(
        "{}/providers/Microsoft.Web/certificates/wildfabrikam-NorthEurope",
        group(&practice, "rg-intranet")
    );
    practice.complete(FlowName::Rekey, &rekey(&practice).await).await;
    let mut patient = Patient::new(&practice);
    let ended = patient.run(FlowName::Sync, &[(Key::Certificate, &wild)]).await;
    assert!(matches!(ended, Ok(Ending::Done(_))) && patient.waits > 3, "{ended:?}");
}

#[tokio::test]
async fn a_role_that_takes_minutes_is_waited_for_when_an_order_is_imported() {
    let practice = Practice::start().await;
    take_roles_away(&practice).await;
    practice.control_post("grants", json!({"take": "4m"})).await;
    let mut patient = Patient::new(&practice);
    let ended = patient.run(FlowName::ImportOrder, &wildfabrikam(&practice)).await;
    assert!(
        matches!(ended, Ok(Ending::Done(_))) && patient.waits > 3,
        "{} {:?} {ended:?}",
        patient.waits,
        patient.said
    );
}

#[tokio::test]
async fn a_role_that_never_arrives_ends_the_wait_with_what_azure_said_and_since_when() {
    let practice = Practice::start().await;
    take_roles_away(&practice).await;
    practice.control_post("grants", json!({"take": "2h"})).await;
    let mut patient = Patient::new(&practice);
    let ended = patient.run(FlowName::ImportOrder, &wildfabrikam(&practice)).await;
    let problem = match ended {
        Ok(Ending::Blocked(problem)) | Err(problem) => problem,
        other => panic!("{other:?}"),
    };
    for part in [
        "App Service may not read the key vault",
        "the permission is granted, and was not in force after 15 minutes",
    ] {
        assert!(problem.to_string().contains(part), "{part}: {problem}");
    }
    assert!(
        (28..40).contains(&patient.waits),
        "a quarter of an hour in halves of a minute: {}",
        patient.waits
    );
}

/// An import of the order `wildfabrikam`, whose vault has roles, into an app that has no certificate of it.
fn wildfabrikam(practice: &Practice) -> [(Key, &'static str); 2] {
    let order = format!(
        "{}/providers/Microsoft.CertificateRegistration/certificateOrders/wildfabrikam",
        group(practice, "rg-intranet")
    );
    [(Key::Order, order.leak()), (Key::App, "contoso-shop")]
}

/// The inputs of a rekey of `wildfabrikam`.
pub(crate) async fn rekey(practice: &Practice) -> [(Key, &'static str); 3] {
    let order = format!(
        "{}/providers/Microsoft.CertificateRegistration/certificateOrders/wildfabrikam",
        group(practice, "rg-intranet")
    );
    let now = practice.arm(&order).await;
    let thumbprint = now["properties"]["signedCertificate"]["thumbprint"].as_str().unwrap().to_owned();
    [(Key::Order, "wildfabrikam"), (Key::ResourceGroup, "rg-intranet"), (Key::Current, thumbprint.leak())]
}

/// What App Service had on the vault with roles.
async fn take_roles_away(practice: &Practice) {
    let vault =
        format!("{}/providers/Microsoft.KeyVault/vaults/kv-contoso-rbac", group(practice, "rg-platform"));
    // The lock on its group protects its role assignments too.
    let locks = format!("{}/providers/Microsoft.Authorization/locks", group(practice, "rg-platform"));
    let locks = practice.arm(&locks).await;
    for one in locks["value"].as_array().unwrap() {
        practice.arm_send("DELETE", one["id"].as_str().unwrap(), &Value::Null).await;
    }
    let all = practice.arm(&format!("{vault}/providers/Microsoft.Authorization/roleAssignments")).await;
    for one in all["value"].as_array().unwrap() {
        if one["properties"]["principalId"] == principals::WEB_SITES.object_id {
            practice.arm_send("DELETE", one["id"].as_str().unwrap(), &Value::Null).await;
        }
    }
}

/// Makes the reader a contributor of one resource group.
async fn contribute(practice: &Practice, group: &str) {
    let id = format!("{group}/providers/Microsoft.Authorization/roleAssignments/{}", uuid::Uuid::new_v4());
    let subscription = &practice.emulator.connection().subscription_ids[0];
    let role = "b24988ac-6180-42a0-ab88-20f7382dd24c";
    let role =
        format!("/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}");
    let body = json!({"properties": {"roleDefinitionId": role, "principalId": principals::READER.object_id}});
    practice.arm_send("PUT", &id, &body).await;
}

#[tokio::test]
async fn a_contributor_of_one_group_buys_and_stores_and_is_told_what_was_not_checked() {
    let practice = Practice::start().await;
    contribute(&practice, &group(&practice, "rg-shop")).await;
    let practice = practice.by_reader().await;
    let mut patient = Patient::new(&practice);
    let order = [(Key::Order, "contosowww"), (Key::Domain, "contoso.com"), (Key::Product, "standard")];
    let ended = patient.run(FlowName::Purchase, &order).await;
    assert!(matches!(ended, Ok(Ending::Done(_))), "{ended:?}");
    let unchecked = "validateCertificateRegistrationInformation/action";
    assert!(
        patient.said.iter().any(|said| said.contains("not checked") && said.contains(unchecked)),
        "{:?}",
        patient.said
    );
    assert_eq!(practice.purchases().await, 1);
    practice
        .control_post(
            "faults",
            json!({"path": "*/checkNameAvailability", "fault": {"kind": "status", "status": 403}}),
        )
        .await;
    let ids = certdeck::azure::graph::Principals {
        app_service: Some(principals::WEB_SITES.object_id.to_owned()),
        certificate_registration: Some(principals::CERTIFICATE_REGISTRATION.object_id.to_owned()),
    };
    let practice = practice.knowing(ids).await;
    let given = [
        order[0],
        (Key::VaultChoice, "new"),
        (Key::Vault, "kv-contosowww-own"),
        (Key::VaultLocation, "westeurope"),
    ];
    practice.complete(FlowName::Store, &given).await;
    let faults = practice.control_get("faults").await;
    assert!(faults["value"][0]["disturbed"] == 1, "the name was asked for and refused: {faults}");
}

#[tokio::test]
async fn what_may_not_be_listed_in_the_subscription_is_listed_in_the_group_or_done_without() {
    let practice = Practice::start().await;
    let subscription =
        format!("/subscriptions/{}/providers", practice.emulator.connection().subscription_ids[0]);
    for (list, code) in [
        ("Microsoft.Web/certificates", "AuthorizationFailed"),
        ("Microsoft.Web/sites", "AuthorizationFailed"),
        ("Microsoft.CertificateRegistration/certificateOrders", "MissingSubscriptionRegistration"),
    ] {
        let status = if code == "AuthorizationFailed" { 403 } else { 409 };
        let fault = json!({"kind": "status", "status": status, "code": code});
        practice
            .control_post("faults", json!({"path": format!("{subscription}/{list}"), "fault": fault}))
            .await;
    }
    practice.complete(FlowName::ImportVault, &LOGIN).await;
    let fabrikam = format!(
        "{}/providers/Microsoft.Web/certificates/fabrikam-NorthEurope",
        group(&practice, "rg-intranet")
    );
    let mut patient = Patient::new(&practice);
    let ended = patient.run(FlowName::Sync, &[(Key::Certificate, &fabrikam)]).await;
    assert!(matches!(ended, Ok(Ending::Done(_))), "{ended:?}");
    for left_out in ["List the orders", "List the apps of the other resource groups"] {
        assert!(patient.said.iter().any(|said| said.contains(left_out)), "{left_out}: {:?}", patient.said);
    }
}

#[tokio::test]
async fn an_order_is_not_stored_over_a_secret_that_holds_something_else() {
    let practice = Practice::start().await;
    let given = [EVENTS, (Key::VaultChoice, "existing"), (Key::Vault, "kv-contoso-shop")];
    let inputs = practice.inputs(FlowName::Store, &given);
    let seen = certdeck::flow::observe(&practice.client, FlowName::Store, &inputs).await.unwrap();
    let uri = &seen.vault.here().unwrap().uri;
    let put = certdeck::azure::Request::put(
        "Set the secret",
        &certdeck::model::ResourceId::subscription("s"),
        "7.4",
        json!({"value": "hunter2"}),
    );
    let put = certdeck::azure::Request { path: "/secrets/events2026".to_owned(), ..put }
        .on(certdeck::azure::Plane::Vault(uri.clone()));
    practice.client.change(&put, &mut |_| ()).await.unwrap();
    practice.complete(FlowName::Store, &given).await;
    let order = format!(
        "{}/providers/Microsoft.CertificateRegistration/certificateOrders/events2026",
        group(&practice, "rg-shop")
    );
    let stored = practice.arm(&order).await["properties"]["certificates"]["events2026"]["keyVaultSecretName"]
        .to_string();
    assert!(stored.contains("events2026-") && stored.len() > 40, "{stored}");
    let changes = practice.changes().await;
    practice.complete(FlowName::Store, &given).await;
    assert_eq!(practice.changes().await, changes, "a second run finds it");
}
