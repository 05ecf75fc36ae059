//! What a certificate policy can ask for, and what vaults do not reveal.

use super::*;

/// A policy of a self-signed certificate, with `more` merged into it.
fn own(more: &Value) -> Value {
    let mut policy = json!({
        "issuer": {"name": "Self"},
        "key_props": {"kty": "EC", "crv": "P-256", "exportable": true, "reuse_key": false},
        "x509_props": {"subject": "CN=shop.example", "validity_months": 6},
    });
    crate::context::merge(&mut policy, more);
    json!({"policy": policy})
}

fn create(cloud: &Fixture, name: &str, more: &Value) -> crate::reply::Reply {
    cloud.vault("kv-shop", HttpMethod::Post, &format!("/certificates/{name}/create"), &own(more))
}

fn message(reply: crate::reply::Reply) -> String {
    text(&json_of(reply), "/error/message").to_owned()
}

#[test]
fn a_policy_that_no_vault_accepts_is_refused_by_its_property() {
    let cloud = cloud();
    for (more, word) in [
        (json!({"x509_props": {"subject": "nonsense"}}), "x509_props.subject"),
        (json!({"x509_props": {"subject": ""}}), "alternative names"),
        (json!({"x509_props": {"validity_months": 2000}}), "validity_months"),
        (json!({"x509_props": {"ekus": ["9.9"]}}), "9.9"),
        (json!({"key_props": {"kty": "RSA-HSM"}}), "premium"),
        (json!({"key_props": {"crv": "P-256K"}}), "P-256K"),
        (json!({"secret_props": {"contentType": "text/plain"}}), "contentType"),
        (json!({"lifetime_actions": [{"trigger": {}, "action": {"action_type": "AutoRenew"}}]}), "trigger"),
        (json!({"issuer": {"name": "nobody"}}), "nobody"),
    ] {
        let refused = create(&cloud, "shop", &more);
        assert_eq!(refused.status, 400, "{more}");
        let said = message(refused);
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn a_key_that_may_not_be_exported_never_leaves_its_vault() {
    let cloud = cloud();
    for kind in ["application/x-pkcs12", "application/x-pem-file"] {
        let name = kind.replace('/', "-");
        assert_eq!(
            create(
                &cloud,
                &name,
                &json!({"key_props": {"exportable": false}, "secret_props": {"contentType": kind}})
            )
            .status,
            202
        );
        let secret =
            json_of(cloud.vault("kv-shop", HttpMethod::Get, &format!("/secrets/{name}"), &Value::Null));
        let value = text(&secret, "/value");
        if kind.ends_with("pem-file") {
            assert!(value.starts_with("-----BEGIN CERTIFICATE") && !value.contains("PRIVATE"));
        } else {
            let opened = crate::ca::pfx::read(&BASE64.decode(value).unwrap(), "");
            assert_eq!(opened.unwrap_err(), crate::ca::pfx::PfxError::NoKey);
        }
    }
}

#[test]
fn a_key_is_used_again_only_where_the_policy_wants_it() {
    let cloud = cloud();
    let key = || {
        let shown = json_of(cloud.vault("kv-shop", HttpMethod::Get, "/keys/shop", &Value::Null));
        shown["key"]["x"].as_str().unwrap().to_owned()
    };
    let mut seen = Vec::new();
    for reuse in [false, true, false] {
        assert_eq!(create(&cloud, "shop", &json!({"key_props": {"reuse_key": reuse}})).status, 202);
        seen.push(key());
    }
    assert_eq!(seen[0], seen[1]);
    assert_ne!(seen[1], seen[2]);
}

#[test]
fn what_belongs_to_a_certificate_is_changed_with_it_alone() {
    let cloud = cloud();
    assert_eq!(create(&cloud, "shop", &json!({})).status, 202);
    let secret = |method, path: &str| code(cloud.vault("kv-shop", method, path, &json!({"value": "1"})));
    for method in [HttpMethod::Put, HttpMethod::Patch, HttpMethod::Delete] {
        assert_eq!(secret(method, "/secrets/shop"), (403, "Forbidden".to_owned()));
    }
    assert_eq!(secret(HttpMethod::Put, "/secrets/plain").0, 200);
    assert_eq!(code(create(&cloud, "plain", &json!({}))), (409, "Conflict".to_owned()));
}

#[test]
fn a_cancelled_request_takes_no_certificate() {
    let cloud = cloud();
    assert_eq!(create(&cloud, "shop", &json!({"issuer": {"name": "Unknown"}})).status, 202);
    let path = "/certificates/shop/pending";
    let asked =
        json_of(cloud.vault("kv-shop", HttpMethod::Patch, path, &json!({"cancellation_requested": true})));
    assert_eq!((&asked["status"], &asked["cancellation_requested"]), (&json!("inProgress"), &json!(true)));
    assert_eq!(json_of(cloud.vault("kv-shop", HttpMethod::Get, path, &Value::Null))["status"], "cancelled");
    let merge = cloud.vault("kv-shop", HttpMethod::Post, &format!("{path}/merge"), &json!({"x5c": []}));
    assert_eq!(code(merge).0, 400);
}

#[test]
fn what_was_said_of_a_vault_is_not_taken_back() {
    let cloud = cloud();
    for (properties, word) in [
        (json!({"enableSoftDelete": false}), "enableSoftDelete"),
        (json!({"enablePurgeProtection": false}), "enablePurgeProtection"),
        (json!({"softDeleteRetentionInDays": 30}), "can't be modified"),
        (json!({"sku": {"name": "gold"}}), "'sku'"),
        (json!({"accessPolicies": [{"objectId": "somebody"}]}), "'accessPolicies'"),
    ] {
        let refused = cloud.arm(HttpMethod::Patch, &vault_id("kv-shop"), &json!({"properties": properties}));
        assert_eq!(refused.status, 400);
        let said = message(refused);
        assert!(said.contains(word), "{said}");
    }
    let same = json!({"properties": {"softDeleteRetentionInDays": 90}});
    assert_eq!(cloud.arm(HttpMethod::Patch, &vault_id("kv-shop"), &same).status, 200);
}

#[test]
fn a_page_has_one_to_twenty_five_entries() {
    let cloud = cloud();
    for (size, status) in [("1", 200), ("25", 200), ("0", 400), ("26", 400), ("x", 400)] {
        let list =
            cloud.vault("kv-shop", HttpMethod::Get, &format!("/secrets?maxresults={size}"), &Value::Null);
        assert_eq!(list.status, status, "{size}");
    }
}
