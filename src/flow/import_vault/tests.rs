//! Imports from a vault, as they stand over what can be seen.

#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::flow::sample::{
    LEAF, app, find, imported, inputs, needed, plan, secret, stand, stand_under, vault, vault_certificate,
    with_principals,
};
use crate::model::{SecretStatus, Thumbprint, VaultSecret};
use crate::rules::Profile;

fn seen(rbac: bool) -> Observed {
    with_principals(Observed {
        app: Seen::Here(app(&["contoso.com"])),
        plan: Seen::Here(plan("Standard")),
        certificates: Seen::Here(Vec::new()),
        namesake: Seen::Absent,
        vault: Seen::Here(vault(rbac)),
        vault_roles: Seen::Here(Vec::new()),
        vault_contents: Seen::Here(Ok(vec![vault_certificate("api"), vault_certificate("login")])),
        ..Observed::default()
    })
}

fn wanting(certificate: &str) -> Inputs {
    let mut inputs =
        inputs().with(Key::App, "shop").with(Key::Vault, "kv-web").with(Key::VaultCertificate, certificate);
    suggest(&Estate::default(), &mut inputs);
    inputs
}

fn import_of(certificate: &str, thumbprint: &str) -> PrivateCertificate {
    let secret = VaultSecret { secret: certificate.into(), ..secret(SecretStatus::Succeeded) };
    PrivateCertificate { vault: Some(secret), thumbprint: Thumbprint::parse(thumbprint).ok(), ..imported() }
}

#[test]
fn app_service_is_granted_what_it_needs_in_either_model_and_nobody_else_anything_a118_c15() {
    for (rbac, place) in [(false, "accessPolicies/add"), (true, "roleAssignments")] {
        let steps = stand(FlowName::ImportVault, &seen(rbac), &wanting("api"));
        let access = find(&steps, StepId::APP_ACCESS);
        assert!(
            access.status == StepStatus::Ready
                && access.plan().len() == 1
                && access.plan()[0].contains(place),
            "{access:?}"
        );
        assert!(matches!(find(&steps, StepId::VAULT_ACCESS).status, StepStatus::NotNeeded(_)));
    }
}

#[test]
fn the_certificate_service_is_shown_and_granted_on_request_only_a119_a120() {
    let steps = stand(FlowName::ImportVault, &seen(false), &wanting("api").with(Key::ForOrders, "yes"));
    let access = find(&steps, StepId::VAULT_ACCESS);
    assert_eq!(access.status, StepStatus::Ready);
    assert!(access.facts[0].1.contains("secret permissions get, list, set, delete"), "{:?}", access.facts);
}

#[test]
fn nothing_is_granted_before_it_is_known_what_for() {
    let steps = stand(FlowName::ImportVault, &seen(false), &wanting("nothing"));
    let (key, why) = needed(find(&steps, StepId::APP_ACCESS));
    assert!(
        key == Key::VaultCertificate && why.contains("there is no certificate 'nothing' in kv-web"),
        "{why}"
    );
    let none = stand(FlowName::ImportVault, &seen(false), &wanting(""));
    assert!(needed(find(&none, StepId::IMPORT)).1.contains("api, login"));
}

#[test]
fn the_import_names_vault_certificate_and_webspace_e6() {
    let steps = stand(FlowName::ImportVault, &seen(false), &wanting("api"));
    let import = find(&steps, StepId::IMPORT);
    assert!(
        import.plan()[0].ends_with("/Microsoft.Web/certificates/kv-web-api-web-WestEuropewebspace"),
        "{:?}",
        import.plan()
    );
}

#[test]
fn what_is_imported_is_done_and_what_lags_behind_the_vault_is_read_again() {
    let mut observed = Observed { certificates: Seen::Here(vec![import_of("api", LEAF)]), ..seen(false) };
    let steps = stand(FlowName::ImportVault, &observed, &wanting("API"));
    assert!(matches!(find(&steps, StepId::IMPORT).status, StepStatus::Done(_)));
    observed.certificates = Seen::Here(vec![import_of("api", &"A".repeat(40))]);
    let steps = stand(FlowName::ImportVault, &observed, &wanting("api"));
    assert!(find(&steps, StepId::IMPORT).plan()[0].ends_with("/contoso-www-web-WestEuropewebspace"));
}

#[test]
fn another_certificate_of_that_name_is_not_replaced() {
    let observed = Observed { namesake: Seen::Here(imported()), ..seen(false) };
    let steps = stand(FlowName::ImportVault, &observed, &wanting("api"));
    assert!(matches!(find(&steps, StepId::IMPORT).status, StepStatus::Blocked(_)));
}

#[test]
fn a_firewall_without_exception_blocks_and_rbac_did_until_2025_c21_a115() {
    let mut observed = seen(false);
    observed.vault = Seen::Here(Vault { public_network: false, trusted_services: false, ..vault(false) });
    let StepStatus::Blocked(problem) = &stand(FlowName::ImportVault, &observed, &wanting("api"))[0].status
    else {
        panic!()
    };
    assert_eq!(problem.code.as_deref(), Some("C21"));
    let steps = stand_under(FlowName::ImportVault, &seen(true), &wanting("api"), Profile::Seed);
    let StepStatus::Blocked(problem) = &steps[0].status else { panic!() };
    assert!(problem.code.as_deref().unwrap().contains("import-vault-models"));
}

#[test]
fn a_vault_of_another_subscription_is_imported_from_with_a_warning() {
    let elsewhere = "/subscriptions/other/resourceGroups/platform/providers/Microsoft.KeyVault/vaults/kv-web";
    let mut observed = seen(false);
    observed.vault = Seen::Here(Vault { id: ResourceId::parse(elsewhere).unwrap(), ..vault(false) });
    let inputs = wanting("api").with(Key::Vault, elsewhere);
    let steps = stand(FlowName::ImportVault, &observed, &inputs);
    assert!(
        steps[0]
            .facts
            .iter()
            .any(|(label, words)| label == "Warning" && words.contains("another subscription")),
        "{steps:?}"
    );
    let import = find(&steps, StepId::IMPORT);
    assert_eq!(import.status, StepStatus::Ready);
    assert!(import.requests[0].body.as_ref().unwrap().shown().to_string().contains("/subscriptions/other/"));
    let mut suggested = Inputs::default().with(Key::App, app(&[]).id.as_str()).with(Key::Vault, elsewhere);
    suggest(&Estate::default(), &mut suggested);
    assert_eq!(suggested.get(Key::VaultSubscription), Some("other"));
}

#[test]
fn who_may_not_look_into_the_vault_types_the_name_and_imports_all_the_same() {
    let refused = Problem::new("List the certificates of kv-web", "you lack certificates list");
    let observed = Observed { vault_contents: Seen::Here(Err(refused)), ..seen(false) };
    assert_eq!(fields(&observed, &wanting(""))[3].kind, FieldKind::Text);
    let steps = stand(FlowName::ImportVault, &observed, &wanting("api"));
    assert_eq!(find(&steps, StepId::IMPORT).status, StepStatus::Ready);
    assert!(
        matches!(&find(&steps, StepId::IN_VAULT).status, StepStatus::NotNeeded(why) if why.contains("certificates list"))
    );
}
