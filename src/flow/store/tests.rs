//! Step 1: Store, as it stands over what can be seen.

#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::flow::FlowName;
use crate::flow::sample::{find, inputs, needed, order, stand, stand_under, stored, vault, with_principals};
use crate::model::{AccessPolicy, OrderStatus, SecretStatus};
use crate::rules::Profile;

fn new_vault_inputs() -> Inputs {
    let mut inputs = inputs().with(Key::Vault, "kv-web");
    suggest(&Estate::default(), &mut inputs);
    inputs.with(Key::VaultLocation, "westeurope")
}

fn seen(vault: Seen<Vault>) -> Observed {
    with_principals(Observed {
        order: Seen::Here(order(OrderStatus::PendingIssuance)),
        vault,
        ..Observed::default()
    })
}

fn free() -> Observed {
    Observed { vault_name: Seen::Here(Availability::Free), ..seen(Seen::Absent) }
}

#[test]
fn a_new_vault_is_made_with_what_both_services_need_a119() {
    let steps = stand(FlowName::Store, &free(), &new_vault_inputs());
    let step = find(&steps, StepId::VAULT);
    let body = step.requests[0].body.as_ref().unwrap().shown().to_string();
    assert!(body.contains("registrar") && body.contains("websites") && body.contains("delete"), "{body}");
    assert_eq!(needed(find(&steps, StepId::STORE)).0, Key::Vault);
}

#[test]
fn a_vault_name_that_is_taken_or_malformed_is_refused_at_the_field() {
    let taken =
        Observed { vault_name: Seen::Here(Availability::Taken("the name is in use".to_owned())), ..free() };
    let steps = stand(FlowName::Store, &taken, &new_vault_inputs());
    let (key, why) = needed(&steps[0]);
    assert_eq!((key, why.starts_with("the name is in use. ")), (Key::Vault, true), "{why}");
    assert!(
        why.contains("`az keyvault recover --name kv-web`")
            && why.contains("`az keyvault purge --name kv-web`"),
        "{why}"
    );
    let malformed = new_vault_inputs().with(Key::Vault, "1_kv");
    assert!(needed(&stand(FlowName::Store, &free(), &malformed)[0]).1.contains("3 to 24"));
}

#[test]
fn a_choice_that_does_not_exist_is_not_taken_for_another() {
    for (key, typed) in [
        (Key::VaultChoice, "exsting"),
        (Key::VaultRbac, "roles"),
        (Key::VaultNetwork, "trustd"),
        (Key::VaultPurgeProtection, "Yes"),
    ] {
        let steps = stand(FlowName::Store, &free(), &new_vault_inputs().with(key, typed));
        assert_eq!(needed(&steps[0]).0, key, "{typed}");
    }
}

#[test]
fn retention_stays_within_the_rule_c20() {
    let short = new_vault_inputs().with(Key::VaultRetention, "3");
    assert!(needed(&stand(FlowName::Store, &free(), &short)[0]).1.contains("from 7 to 90"));
}

#[test]
fn missing_permissions_are_named_and_granted_on_consent_a120() {
    let inputs = inputs().with(Key::VaultChoice, "existing").with(Key::Vault, "kv-web");
    let steps = stand(FlowName::Store, &seen(Seen::Here(vault(false))), &inputs);
    let access = find(&steps, StepId::VAULT_ACCESS);
    assert_eq!(access.status, StepStatus::Ready);
    assert_eq!(access.requests.len(), 2);
    assert!(access.facts[0].1.contains("secret permissions get, list, set, delete"), "{:?}", access.facts);
}

/// The portal grants the registrar all of secrets that it needs, and of certificates get and list.
#[test]
fn a_vault_that_the_portal_set_up_lacks_nothing_a119() {
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>();
    let policy = |object_id: &str, secrets: &[&str], certificates: &[&str]| AccessPolicy {
        object_id: object_id.to_owned(),
        secrets: names(secrets),
        certificates: names(certificates),
    };
    let policies = vec![
        policy("registrar", &["Get", "List", "Set", "Delete"], &["Get", "List"]),
        policy("websites", &["Get"], &["Get"]),
    ];
    let observed = seen(Seen::Here(Vault { policies, ..vault(false) }));
    let inputs = inputs().with(Key::VaultChoice, "existing").with(Key::Vault, "kv-web");
    let steps = stand(FlowName::Store, &observed, &inputs);
    assert!(
        matches!(find(&steps, StepId::VAULT_ACCESS).status, StepStatus::Done(_)),
        "{:?}",
        find(&steps, StepId::VAULT_ACCESS)
    );
}

#[test]
fn rbac_vaults_hold_orders_since_2026_and_not_under_the_seed_rules_c16() {
    let inputs = inputs().with(Key::VaultChoice, "existing").with(Key::Vault, "kv-web");
    let observed = Observed { vault_roles: Seen::Here(Vec::new()), ..seen(Seen::Here(vault(true))) };
    let today = stand(FlowName::Store, &observed, &inputs);
    assert!(find(&today, StepId::VAULT_ACCESS).plan().iter().all(|line| line.contains("roleAssignments")));
    let seed = stand_under(FlowName::Store, &observed, &inputs, Profile::Seed);
    assert!(matches!(find(&seed, StepId::VAULT_ACCESS).status, StepStatus::Blocked(_)));
}

#[test]
fn an_order_that_is_stored_is_done_whoever_stored_it() {
    let order = stored(order(OrderStatus::PendingIssuance), SecretStatus::Initialized);
    let observed = Observed { order: Seen::Here(order), ..seen(Seen::Here(vault(false))) };
    let inputs = inputs().with(Key::VaultChoice, "existing").with(Key::Vault, "kv-web");
    assert!(matches!(
        find(&stand(FlowName::Store, &observed, &inputs), StepId::STORE).status,
        StepStatus::Done(_)
    ));
}

/// Key Vault's list of trusted services has App Service for reading, and nothing that writes an order's
/// certificate.
#[test]
fn a_vault_for_trusted_services_only_is_warned_of_before_it_is_made() {
    let steps = stand(FlowName::Store, &free(), &new_vault_inputs().with(Key::VaultNetwork, "trusted"));
    let facts = &find(&steps, StepId::VAULT).facts;
    assert!(
        facts.iter().any(|(label, words)| label == "Warning" && words.contains("storing may fail")),
        "{facts:?}"
    );
    let open = stand(FlowName::Store, &free(), &new_vault_inputs());
    assert!(find(&open, StepId::VAULT).facts.iter().all(|(label, _)| label != "Warning"));
}

#[test]
fn a_model_that_azure_would_not_have_chosen_says_which_it_would_have_c42() {
    let model = |rbac: &str| {
        let steps = stand(FlowName::Store, &free(), &new_vault_inputs().with(Key::VaultRbac, rbac));
        find(&steps, StepId::VAULT).facts[0].1.clone()
    };
    assert_eq!(model("access-policy"), "access policies; without this choice Azure takes Azure RBAC");
    assert_eq!(model("rbac"), "Azure RBAC");
}

#[test]
fn a_tenant_without_the_registrar_is_told_the_provider_to_register() {
    let observed = Observed { registrar: Seen::Absent, ..seen(Seen::Here(vault(false))) };
    let inputs = inputs().with(Key::VaultChoice, "existing").with(Key::Vault, "kv-web");
    let steps = stand(FlowName::Store, &observed, &inputs);
    let StepStatus::Blocked(problem) = &find(&steps, StepId::VAULT_ACCESS).status else {
        panic!("not blocked")
    };
    assert!(
        problem.remedy.contains("az provider register --namespace Microsoft.CertificateRegistration"),
        "{problem}"
    );
}
