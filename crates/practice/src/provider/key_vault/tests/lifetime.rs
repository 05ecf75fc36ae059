//! What a vault does by itself at the trigger of a policy.

use jiff::Timestamp;

use super::*;
use crate::ca::{CommercialCa, LeafProfile, facts::CertificateFacts, pfx};
use crate::calendar::days;

fn get(cloud: &Fixture, path: &str) -> Value {
    json_of(cloud.vault("kv-shop", HttpMethod::Get, path, &Value::Null))
}

/// Imports a certificate of a CA that ends after 100 days.
fn import(cloud: &Fixture) {
    let from: Timestamp = NOW.parse().unwrap();
    let profile = LeafProfile {
        common_name: "api.contoso.com".into(),
        names: vec!["api.contoso.com".into()],
        key: cloud.setting.pooled_key(0),
        not_before: from,
        not_after: from + days(100),
        issuer: CommercialCa::GoDaddy,
        particulars: None,
    };
    let file = pfx::write_with_password(&cloud.setting.ca.issue(&profile).unwrap(), "api", "pw").unwrap();
    let body = json!({"value": BASE64.encode(&file), "pwd": "pw"});
    assert_eq!(cloud.vault("kv-shop", HttpMethod::Post, "/certificates/api/import", &body).status, 200);
}

/// Sets the issuer of the next version, to be made when ten days are left.
fn patch(cloud: &Fixture, issuer: &str, action: &str) {
    let actions = json!([{"trigger": {"days_before_expiry": 10}, "action": {"action_type": action}}]);
    let policy =
        json!({"issuer": {"name": issuer}, "lifetime_actions": actions, "key_props": {"reuse_key": true}});
    assert_eq!(cloud.vault("kv-shop", HttpMethod::Patch, "/certificates/api/policy", &policy).status, 200);
}

fn versions(cloud: &Fixture) -> usize {
    get(cloud, "/certificates/api/versions")["value"].as_array().unwrap().len()
}

fn newest(cloud: &Fixture) -> CertificateFacts {
    CertificateFacts::read(&BASE64.decode(text(&get(cloud, "/certificates/api"), "/cer")).unwrap()).unwrap()
}

#[test]
fn what_was_imported_is_never_renewed_and_neither_is_what_only_sends_mail() {
    for (issuer, action) in
        [("Unknown", "EmailContacts"), ("Unknown", "AutoRenew"), ("Self", "EmailContacts")]
    {
        let mut cloud = cloud();
        import(&cloud);
        patch(&cloud, issuer, action);
        cloud.advance(days(200));
        assert_eq!(versions(&cloud), 1, "{issuer} {action}");
    }
}

#[test]
fn self_and_auto_renew_write_a_self_signed_version_over_that_of_a_ca_at_the_trigger() {
    let mut cloud = cloud();
    import(&cloud);
    patch(&cloud, "Self", "AutoRenew");
    cloud.advance(days(89));
    assert_eq!(versions(&cloud), 1);
    cloud.advance(days(1));
    assert_eq!(versions(&cloud), 2);
    let facts = newest(&cloud);
    assert_eq!(facts.issuer_common_name, "api.contoso.com");
    assert_eq!(get(&cloud, "/certificates/api/pending")["status"], "completed");
}

#[test]
fn a_policy_that_was_mended_in_time_makes_nothing() {
    let mut cloud = cloud();
    import(&cloud);
    patch(&cloud, "Self", "AutoRenew");
    cloud.advance(days(80));
    patch(&cloud, "Self", "EmailContacts");
    cloud.advance(days(100));
    assert_eq!(versions(&cloud), 1);
}

#[test]
fn a_partner_ca_issues_for_as_long_as_cas_may_or_says_why_not_and_is_asked_again() {
    let mut cloud = cloud();
    let issuer = json!({"provider": "DigiCert", "credentials": {"account_id": "1", "pwd": "x"}});
    assert_eq!(cloud.vault("kv-shop", HttpMethod::Put, "/certificates/issuers/ours", &issuer).status, 200);
    import(&cloud);
    patch(&cloud, "ours", "AutoRenew");
    let policy = json!({"x509_props": {"validity_months": 12}});
    assert_eq!(cloud.vault("kv-shop", HttpMethod::Patch, "/certificates/api/policy", &policy).status, 200);
    assert!(
        cloud
            .with(|ctx| issuers::set_refusal(ctx, "kv-shop", "ours", Some("The account is locked.")))
            .unwrap()
    );
    assert_eq!(get(&cloud, "/certificates/issuers/ours").get("refuses"), None, "that is the CA's to know");
    cloud.advance(days(91));
    let pending = get(&cloud, "/certificates/api/pending");
    assert_eq!(
        (&pending["status"], &pending["error"]["message"]),
        (&json!("failed"), &json!("The account is locked."))
    );
    assert_eq!((versions(&cloud), get(&cloud, "/certificates/api")["pending"].is_object()), (1, true));
    assert!(cloud.with(|ctx| issuers::set_refusal(ctx, "kv-shop", "ours", None)).unwrap());
    cloud.advance(days(1));
    assert_eq!(
        (versions(&cloud), get(&cloud, "/certificates/api/pending")["status"].clone()),
        (2, json!("completed"))
    );
    let facts = newest(&cloud);
    assert_ne!(facts.issuer_common_name, "api.contoso.com");
    let life = facts.not_after.duration_since(facts.not_before);
    assert!(life < days(366) && life > days(90), "a CA issues for no year any more: {life}");
}
