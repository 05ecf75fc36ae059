//! What vaults allow, hide, keep and delete.

#![allow(clippy::unwrap_used)]

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};

use super::{first_party::SecretRefusal, secret::SecretVersion, *};
use crate::{
    arm::authorization::{BuiltInRole, grant},
    fixture::{Fixture, GROUP, SUBSCRIPTION, json_of},
    principals::{CERTDECK, CERTIFICATE_REGISTRATION, WEB_SITES},
};

mod lifetime;
mod wanted;

const NOW: &str = "2026-11-23T08:00:00Z";

fn vault_id(name: &str) -> String {
    format!("{GROUP}/providers/Microsoft.KeyVault/vaults/{name}")
}

fn policy(object_id: &str, secrets: &[&str], certificates: &[&str]) -> Value {
    json!({
        "tenantId": "22222222-2222-2222-2222-222222222222",
        "objectId": object_id,
        "permissions": {"keys": ["get"], "secrets": secrets, "certificates": certificates},
    })
}

fn body(policies: &[Value]) -> Value {
    json!({
        "location": "West Europe",
        "properties": {
            "tenantId": "22222222-2222-2222-2222-222222222222",
            "sku": {"family": "A", "name": "standard"},
            "accessPolicies": policies,
        },
    })
}

/// A cloud with the vault `kv-shop`, in which the caller has all permissions.
fn cloud() -> Fixture {
    let mut cloud = Fixture::new(NOW);
    let own = policy(CERTDECK.object_id, &["all"], &["All"]);
    let reply = cloud.arm(HttpMethod::Put, &vault_id("kv-shop"), &body(&[own]));
    assert_eq!(reply.status, 200);
    cloud.settle();
    cloud
}

fn code(reply: crate::reply::Reply) -> (u16, String) {
    let status = reply.status;
    (status, text(&json_of(reply), "/error/code").to_owned())
}

#[test]
fn a_new_vault_is_ready_after_its_name_is_registered() {
    let mut cloud = Fixture::new(NOW);
    let made = json_of(cloud.arm(HttpMethod::Put, &vault_id("KV-Shop"), &body(&[])));
    assert_eq!(made["properties"]["provisioningState"], "RegisteringDns");
    assert_eq!(made["properties"]["vaultUri"], "https://kv-shop.vault.localhost:8443/");
    cloud.settle();
    let vault = cloud.get(&vault_id("kv-SHOP").to_uppercase());
    assert_eq!(vault["properties"]["provisioningState"], "Succeeded");
    assert_eq!(vault["name"], "KV-Shop");
}

#[test]
fn a_taken_or_malformed_name_is_refused_before_and_at_creation() {
    let cloud = cloud();
    let check = |name: &str| {
        let path = format!("{SUBSCRIPTION}/providers/Microsoft.KeyVault/checkNameAvailability");
        json_of(cloud.arm(HttpMethod::Post, &path, &json!({"name": name})))["reason"].clone()
    };
    assert_eq!(check("KV-shop"), "AlreadyExists");
    assert_eq!(check("contoso"), "AlreadyExists");
    assert_eq!(check("a--b"), "AccountNameInvalid");
    assert_eq!(check("kv-free"), Value::Null);
    let put = |name: &str| code(cloud.arm(HttpMethod::Put, &vault_id(name), &body(&[])));
    assert_eq!(put("contoso"), (409, "VaultAlreadyExists".to_owned()));
    assert_eq!(put("9lives"), (400, "VaultNameNotValid".to_owned()));
}

#[test]
fn adding_a_policy_keeps_the_others_and_merges_the_own() {
    let cloud = cloud();
    let put = |operation: &str, one: Value| {
        let path = format!("{}/accessPolicies/{operation}", vault_id("kv-shop"));
        let body = json!({"properties": {"accessPolicies": [one]}});
        json_of(cloud.arm(HttpMethod::Put, &path, &body))["properties"]["accessPolicies"].clone()
    };
    put("add", policy(WEB_SITES.object_id, &["Get"], &[]));
    let after = put("add", policy(WEB_SITES.object_id, &["get", "list"], &["get"]));
    assert_eq!(after.as_array().unwrap().len(), 2);
    assert_eq!(after[1]["permissions"]["secrets"], json!(["Get", "list"]));
    let after = put("remove", policy(WEB_SITES.object_id, &["get", "list"], &["get"]));
    assert_eq!(after.as_array().unwrap().len(), 1);
}

#[test]
fn a_policy_with_a_permission_that_there_is_not_is_refused_as_azure_does() {
    let cloud = cloud();
    let refused = |reply| {
        let said = json_of(reply);
        assert_eq!(said["error"]["code"], "BadRequest", "{said}");
        assert_eq!(said["error"]["message"], "An invalid value was provided for 'accessPolicies'.");
    };
    let add = format!("{}/accessPolicies/add", vault_id("kv-shop"));
    for (secrets, certificates) in
        [(&["get"][..], &["get", "set"][..]), (&["import"], &["get"]), (&["gett"], &[])]
    {
        let one = policy(CERTIFICATE_REGISTRATION.object_id, secrets, certificates);
        refused(cloud.arm(HttpMethod::Put, &add, &json!({"properties": {"accessPolicies": [one]}})));
        refused(cloud.arm(HttpMethod::Put, &vault_id("kv-new"), &body(std::slice::from_ref(&one))));
        refused(cloud.arm(
            HttpMethod::Patch,
            &vault_id("kv-shop"),
            &json!({"properties": {"accessPolicies": [one]}}),
        ));
    }
    let known = policy(CERTIFICATE_REGISTRATION.object_id, &["Get", "SET"], &["ManageIssuers"]);
    assert_eq!(
        cloud.arm(HttpMethod::Put, &add, &json!({"properties": {"accessPolicies": [known]}})).status,
        200
    );
}

#[test]
fn a_vault_says_no_to_words_that_its_settings_do_not_have() {
    let cloud = cloud();
    for wanted in [
        json!({"networkAcls": {"bypass": "Azure", "defaultAction": "Deny"}}),
        json!({"networkAcls": {"bypass": "None", "defaultAction": "Refuse"}}),
        json!({"sku": {"family": "B", "name": "standard"}}),
        json!({"sku": {"family": "A", "name": "gold"}}),
        json!({"createMode": "again"}),
        json!({"tenantId": "contoso"}),
    ] {
        let patch = cloud.arm(HttpMethod::Patch, &vault_id("kv-shop"), &json!({"properties": wanted}));
        assert_eq!(code(patch), (400, "BadRequest".to_owned()), "{wanted}");
    }
}

#[test]
fn a_new_vault_that_says_nothing_of_it_uses_what_its_api_version_has_by_default_c42() {
    let cloud = cloud();
    let make = |name: &str, version: &str, said: Option<bool>| {
        let mut wanted = body(&[]);
        if let Some(said) = said {
            wanted["properties"]["enableRbacAuthorization"] = said.into();
        }
        let made = cloud.arm(HttpMethod::Put, &format!("{}?api-version={version}", vault_id(name)), &wanted);
        json_of(made)["properties"]["enableRbacAuthorization"].clone()
    };
    assert_eq!(make("kv-old", "2023-07-01", None), Value::Null);
    assert_eq!(make("kv-new", "2026-02-01", None), true);
    assert_eq!(make("kv-newer", "2026-05-15", None), true);
    assert_eq!(make("kv-said", "2026-02-01", Some(false)), false);
    // An update does not change this, and an update without the setting keeps access policies.
    let update = format!("{}?api-version=2026-02-01", vault_id("kv-old"));
    assert_eq!(
        json_of(cloud.arm(HttpMethod::Put, &update, &body(&[])))["properties"]["enableRbacAuthorization"],
        Value::Null
    );
    let own = policy(CERTDECK.object_id, &["list"], &[]);
    cloud.arm(
        HttpMethod::Put,
        &format!("{}/accessPolicies/add", vault_id("kv-old")),
        &json!({"properties": {"accessPolicies": [own]}}),
    );
    assert_eq!(cloud.vault("kv-old", HttpMethod::Get, "/secrets", &Value::Null).status, 200);
}

#[test]
fn the_contents_of_a_vault_are_served_by_dated_versions_too_and_by_none_that_there_is_not_c43() {
    let cloud = cloud();
    let ask = |version: &str| {
        cloud.vault("kv-shop", HttpMethod::Get, &format!("/secrets?api-version={version}"), &Value::Null)
    };
    for version in ["7.4", "7.6", "2025-07-01", "2026-04-01", "7.7-preview.1"] {
        assert_eq!(ask(version).status, 200, "{version}");
    }
    assert_eq!(code(ask("7.9")), (400, "BadParameter".to_owned()));
}

#[test]
fn a_service_gets_as_far_as_its_policy_goes() {
    let cloud = cloud();
    let id = ArmId::parse(&vault_id("kv-shop"));
    let version = || SecretVersion::new(NOW.parse().unwrap(), "value".into());
    let write = || {
        cloud.with(|ctx| first_party::write(ctx, &CERTIFICATE_REGISTRATION, &id, "order", version()).unwrap())
    };
    let add = |verbs: &[&str]| {
        let path = format!("{id}/accessPolicies/add");
        let one = policy(CERTIFICATE_REGISTRATION.object_id, verbs, &[]);
        cloud.arm(HttpMethod::Put, &path, &json!({"properties": {"accessPolicies": [one]}}));
    };
    assert_eq!(write(), Err(SecretRefusal::Unauthorized));
    add(&["get", "list"]);
    assert_eq!(write(), Err(SecretRefusal::NotPermitted));
    add(&["set", "delete"]);
    assert_eq!(write(), Ok(()));
    let read = cloud.with(|ctx| first_party::read(ctx, &WEB_SITES, &id, "order").unwrap());
    assert_eq!(read.unwrap_err(), SecretRefusal::Unauthorized);
    let nowhere = ArmId::parse(&vault_id("kv-gone"));
    let read = cloud.with(|ctx| first_party::read(ctx, &WEB_SITES, &nowhere, "order").unwrap());
    assert_eq!(read.unwrap_err(), SecretRefusal::VaultMissing);
}

#[test]
fn a_vault_with_roles_ignores_policies_and_asks_for_roles_at_or_above_it() {
    let cloud = cloud();
    let id = ArmId::parse(&vault_id("kv-shop"));
    let patch = json!({"properties": {"enableRbacAuthorization": true}});
    cloud.arm(HttpMethod::Patch, &vault_id("kv-shop"), &patch);
    let list = || cloud.vault("kv-shop", HttpMethod::Get, "/secrets", &Value::Null);
    assert_eq!(code(list()), (403, "Forbidden".to_owned()));
    cloud.with(|ctx| {
        grant(ctx, &ArmId::parse(GROUP), CERTDECK.object_id, BuiltInRole::KeyVaultSecretsUser).unwrap();
        grant(ctx, &id, WEB_SITES.object_id, BuiltInRole::KeyVaultCertificateUser).unwrap();
    });
    assert_eq!(list().status, 200);
    let set = cloud.vault("kv-shop", HttpMethod::Put, "/secrets/a", &json!({"value": "1"}));
    assert_eq!(code(set), (403, "Forbidden".to_owned()));
    let read = cloud.with(|ctx| first_party::read(ctx, &WEB_SITES, &id, "a").unwrap());
    assert_eq!(read.unwrap_err(), SecretRefusal::SecretMissing);
}

#[test]
fn a_firewall_stops_the_caller_and_lets_trusted_services_pass() {
    let cloud = cloud();
    let id = ArmId::parse(&vault_id("kv-shop"));
    let acls = |bypass: &str| {
        let patch = json!({"properties": {"publicNetworkAccess": "Disabled", "networkAcls": {"bypass": bypass, "defaultAction": "Deny"}}});
        cloud.arm(HttpMethod::Patch, &vault_id("kv-shop"), &patch);
    };
    let path = format!("{id}/accessPolicies/add");
    let one = policy(WEB_SITES.object_id, &["get"], &[]);
    cloud.arm(HttpMethod::Put, &path, &json!({"properties": {"accessPolicies": [one]}}));
    cloud.vault("kv-shop", HttpMethod::Put, "/secrets/a", &json!({"value": "1"}));
    let read = || cloud.with(|ctx| first_party::read(ctx, &WEB_SITES, &id, "a").unwrap());

    acls("AzureServices");
    let list = cloud.vault("kv-shop", HttpMethod::Get, "/secrets", &Value::Null);
    assert_eq!(json_of(list)["error"]["innererror"]["code"], "ForbiddenByFirewall");
    assert!(read().is_ok());
    acls("None");
    assert_eq!(read().unwrap_err(), SecretRefusal::Unauthorized);
}

#[test]
fn a_secret_keeps_its_versions_and_comes_back_after_deletion() {
    let cloud = cloud();
    let kv = |method, path: &str, body: Value| cloud.vault("kv-shop", method, path, &body);
    let first = json_of(kv(HttpMethod::Put, "/secrets/token", json!({"value": "one"})));
    kv(HttpMethod::Put, "/secrets/token", json!({"value": "two", "contentType": "text/plain"}));
    assert_eq!(json_of(kv(HttpMethod::Get, "/secrets/token/", Value::Null))["value"], "two");
    let old = text(&first, "/id").split_once("8443").map(|(_, path)| path).unwrap().to_owned();
    assert_eq!(json_of(kv(HttpMethod::Get, &old, Value::Null))["value"], "one");

    assert_eq!(kv(HttpMethod::Delete, "/secrets/token", Value::Null).status, 200);
    let again = kv(HttpMethod::Put, "/secrets/token", json!({"value": "three"}));
    assert_eq!(json_of(again)["error"]["innererror"]["code"], "ObjectIsDeletedButRecoverable");
    let gone = kv(HttpMethod::Get, "/secrets/token", Value::Null);
    assert_eq!(code(gone), (404, "SecretNotFound".to_owned()));
    assert_eq!(kv(HttpMethod::Post, "/deletedsecrets/token/recover", Value::Null).status, 200);
    assert_eq!(json_of(kv(HttpMethod::Get, "/secrets/token", Value::Null))["value"], "two");
}

#[test]
fn an_imported_certificate_has_a_managed_secret_of_the_same_version() {
    let cloud = cloud();
    let issued = cloud
        .setting
        .ca
        .issue(&crate::ca::LeafProfile {
            common_name: "api.contoso.com".into(),
            names: vec!["api.contoso.com".into()],
            key: cloud.setting.pooled_key(0),
            not_before: NOW.parse().unwrap(),
            not_after: "2027-02-01T00:00:00Z".parse().unwrap(),
            issuer: crate::ca::CommercialCa::DigiCert,
            particulars: None,
        })
        .unwrap();
    let file = crate::ca::pfx::write_with_password(&issued, "api", "pw").unwrap();
    let import = |password: &str| {
        let body = json!({"value": BASE64.encode(&file), "pwd": password});
        cloud.vault("kv-shop", HttpMethod::Post, "/certificates/api/import", &body)
    };
    assert_eq!(code(import("no")), (400, "BadParameter".to_owned()));
    let bundle = json_of(import("pw"));
    assert_eq!(bundle["cer"], BASE64.encode(&issued.leaf));
    let secret = text(&bundle, "/sid").split_once("8443").map(|(_, path)| path).unwrap().to_owned();
    let secret = json_of(cloud.vault("kv-shop", HttpMethod::Get, &secret, &Value::Null));
    assert_eq!(secret["managed"], true);
    assert_eq!(secret["kid"], bundle["kid"]);
    let list = json_of(cloud.vault("kv-shop", HttpMethod::Get, "/certificates", &Value::Null));
    assert_eq!(list["value"][0]["x5t"], bundle["x5t"]);
}

#[test]
fn a_deleted_vault_holds_its_name_until_its_retention_is_over() {
    let mut cloud = cloud();
    let id = vault_id("kv-shop");
    cloud.vault("kv-shop", HttpMethod::Put, "/secrets/a", &json!({"value": "1"}));
    assert_eq!(cloud.arm(HttpMethod::Delete, &id, &Value::Null).status, 200);
    assert_eq!(cloud.arm(HttpMethod::Put, &id, &body(&[])).status, 409);
    let mut recover = body(&[]);
    recover["properties"]["createMode"] = "recover".into();
    assert_eq!(cloud.arm(HttpMethod::Put, &id, &recover).status, 200);
    assert_eq!(cloud.vault("kv-shop", HttpMethod::Get, "/secrets/a", &Value::Null).status, 200);

    cloud.arm(HttpMethod::Delete, &id, &Value::Null);
    cloud.advance(crate::calendar::days(91));
    assert_eq!(cloud.arm(HttpMethod::Put, &id, &body(&[])).status, 200);
    let gone = cloud.vault("kv-shop", HttpMethod::Get, "/secrets/a", &Value::Null);
    assert_eq!(gone.status, 403, "a new vault knows nothing of the old one's policies");
}

#[test]
fn a_group_takes_its_vaults_with_it_and_they_can_be_recovered() {
    let cloud = cloud();
    cloud.vault("kv-shop", HttpMethod::Put, "/secrets/a", &json!({"value": "1"}));
    assert_eq!(cloud.arm(HttpMethod::Delete, GROUP, &Value::Null).status, 202);
    let deleted = cloud.get(&format!("{SUBSCRIPTION}/providers/Microsoft.KeyVault/deletedVaults"));
    let names: Vec<&str> =
        deleted["value"].as_array().unwrap().iter().map(|one| text(one, "/name")).collect();
    assert_eq!(names, ["kv-shop"]);
    cloud.arm(HttpMethod::Put, GROUP, &json!({"location": "westeurope"}));
    let mut recover = body(&[]);
    recover["properties"]["createMode"] = "recover".into();
    assert_eq!(cloud.arm(HttpMethod::Put, &vault_id("kv-shop"), &recover).status, 200);
    assert_eq!(cloud.vault("kv-shop", HttpMethod::Get, "/secrets/a", &Value::Null).status, 200);
}

#[test]
fn a_disabled_certificate_gives_its_secret_to_nobody() {
    let cloud = cloud();
    let wanted = json!({
        "policy": {"issuer": {"name": "Self"}, "x509_props": {"subject": "CN=api.contoso.com"}},
        "attributes": {"enabled": false},
    });
    assert_eq!(cloud.vault("kv-shop", HttpMethod::Post, "/certificates/api/create", &wanted).status, 202);
    let secret = || code(cloud.vault("kv-shop", HttpMethod::Get, "/secrets/api", &Value::Null));
    assert_eq!(secret().0, 403);
    let enable = json!({"attributes": {"enabled": true}});
    let shown = json_of(cloud.vault("kv-shop", HttpMethod::Get, "/certificates/api", &Value::Null));
    let version = text(&shown, "/id").rsplit('/').next().unwrap().to_owned();
    cloud.vault("kv-shop", HttpMethod::Patch, &format!("/certificates/api/{version}"), &enable);
    assert_eq!(cloud.vault("kv-shop", HttpMethod::Get, "/secrets/api", &Value::Null).status, 200);
}
