//! The dates in the life of an order: denial, replacement, renewal, expiry; and orders with a past.

use serde_json::{Value, json};

use super::{super::purchases, *};
use crate::{
    calendar::days,
    call::HttpMethod,
    context::text,
    dns::{self, DnsRecordKind},
    fixture::{Fixture, json_of},
    id::ArmId,
};

/// Early in the period of 198-day certificates, so that a whole paid year fits into it.
const SPRING: &str = "2026-04-01T08:00:00Z";

#[test]
fn nobody_verifies_for_fifteen_days_and_the_order_is_denied() {
    let mut cloud = cloud();
    buy(&mut cloud, "shop-cert", &standard("contoso.com"));
    store(&cloud, "shop-cert");
    cloud.advance(days(14));
    assert_eq!(order(&cloud, "shop-cert")["status"], "Pendingissuance");
    cloud.advance(days(2));
    let denied = order(&cloud, "shop-cert");
    assert_eq!(denied["status"], "Denied");
    assert_eq!(denied["certificates"]["shop-cert"]["provisioningState"], "CertificateOrderFailed");
    assert_eq!(post(&cloud, "shop-cert", "verifyDomainOwnership", &Value::Null).status, 400);
}

#[test]
fn a_rekey_changes_key_and_thumbprint_and_keeps_the_end() {
    let mut cloud = cloud();
    let before = issued(&mut cloud, "shop-cert");
    store(&cloud, "shop-cert");
    let old = secret(&cloud, "shop-cert");
    cloud.advance(days(10));
    assert_eq!(post(&cloud, "shop-cert", "reissue", &json!({"properties": {"keySize": 3072}})).status, 204);
    assert_eq!(order(&cloud, "shop-cert")["status"], "PendingRekey");
    cloud.settle();
    let after = order(&cloud, "shop-cert");
    assert_eq!(after["status"], "Issued");
    assert_eq!(after["expirationTime"], before["expirationTime"]);
    assert_ne!(after["signedCertificate"]["thumbprint"], before["signedCertificate"]["thumbprint"]);
    assert_ne!(secret(&cloud, "shop-cert")["id"], old["id"], "a new version of the same secret");
}

#[test]
fn an_old_proof_makes_a_rekey_wait_for_a_new_one() {
    let mut cloud = cloud_on(SPRING);
    issued(&mut cloud, "shop-cert");
    // The free reissue within the paid year would need a proof too; without the token none can be found.
    cloud.with(|ctx| dns::remove(ctx.tx, "contoso.com", DnsRecordKind::Txt, None).unwrap());
    cloud.advance(days(160));
    assert_eq!(post(&cloud, "shop-cert", "reissue", &json!({"properties": {"keySize": 2048}})).status, 204);
    cloud.settle();
    let fresh = order(&cloud, "shop-cert");
    assert_eq!(fresh["status"], "Issued");
    cloud.advance(days(60));
    post(&cloud, "shop-cert", "reissue", &json!({"properties": {"keySize": 2048}}));
    cloud.settle();
    let waiting = order(&cloud, "shop-cert");
    assert_eq!(waiting["status"], "Pendingissuance");
    add_txt(&cloud, "contoso.com", text(&waiting, "/domainVerificationToken"));
    verify(&mut cloud, "shop-cert");
    assert_eq!(order(&cloud, "shop-cert")["status"], "Issued");
}

#[test]
fn the_paid_year_holds_two_certificates_and_then_renewal_buys_another() {
    let mut cloud = cloud_on(SPRING);
    let first = issued(&mut cloud, "shop-cert");
    let bought = |cloud: &Fixture| cloud.with(|ctx| purchases::all(ctx.tx).unwrap().len());
    cloud.advance(days(198 - 31));
    let second = order(&cloud, "shop-cert");
    assert_eq!(second["status"], "Issued");
    assert_ne!(second["serialNumber"], first["serialNumber"]);
    assert_eq!(second["expirationTime"], first["expirationTime"]);
    assert_eq!(bought(&cloud), 1);

    cloud.advance(days(365 - 31 - 198 + 31));
    let waiting = order(&cloud, "shop-cert");
    assert_eq!(waiting["status"], "Pendingissuance", "the proof is older than 198 days");
    verify(&mut cloud, "shop-cert");
    let third = order(&cloud, "shop-cert");
    assert_eq!(third["status"], "Issued");
    assert_eq!(third["expirationTime"], "2028-03-31T08:00:00");
    assert_eq!(bought(&cloud), 2);
}

#[test]
fn without_automatic_renewal_the_order_expires() {
    let mut cloud = cloud();
    issued(&mut cloud, "shop-cert");
    let body = json!({"properties": {"productType": "StandardDomainValidatedSsl", "autoRenew": false}});
    assert_eq!(cloud.arm(HttpMethod::Patch, &order_id("shop-cert"), &body).status, 200);
    cloud.advance(days(366));
    let over = order(&cloud, "shop-cert");
    assert_eq!(over["status"], "Expired");
    assert_eq!(over["nextAutoRenewalTimeStamp"], Value::Null);
    assert_eq!(timeline(&cloud, "shop-cert").last().unwrap(), "CertificateExpired");
    assert_eq!(post(&cloud, "shop-cert", "renew", &json!({"properties": {"keySize": 2048}})).status, 400);
}

#[test]
fn a_manual_renewal_waits_for_its_window_and_is_free_while_early() {
    let mut cloud = cloud_on(SPRING);
    let before = issued(&mut cloud, "shop-cert");
    let refused = json_of(post(&cloud, "shop-cert", "renew", &json!({"properties": {"keySize": 2048}})));
    assert!(text(&refused, "/Message").contains("ExpirationNotInRenewalTimeRange"));
    cloud.advance(days(365 - 80));
    assert_eq!(order(&cloud, "shop-cert")["appServiceCertificateNotRenewableReasons"], json!([]));
    post(&cloud, "shop-cert", "renew", &json!({"properties": {"keySize": 2048}}));
    verify(&mut cloud, "shop-cert");
    let after = order(&cloud, "shop-cert");
    assert_eq!(after["status"], "Issued");
    assert_eq!(after["expirationTime"], before["expirationTime"]);
    assert_eq!(cloud.with(|ctx| purchases::all(ctx.tx).unwrap().len()), 1);
}

#[test]
fn an_order_of_the_past_stands_where_its_days_put_it() {
    use super::super::{
        names::{Product, VerificationMethod as Proof},
        plant::{Past, plant},
    };
    let mut cloud = cloud();
    let ago = |count: i64| cloud.now - days(count);
    let past = |name: &str, bought: i64, issued: &[i64]| Past {
        id: ArmId::parse(&order_id(name)),
        common_name: format!("{name}.com"),
        product: Product::Standard,
        auto_renew: false,
        bought: ago(bought),
        method: Proof::Txt,
        issued: issued.iter().map(|count| ago(*count)).collect(),
        stored: Some((ArmId::parse(&vault_id()), name.to_owned())),
        keys: vec![cloud.setting.pooled_key(0)],
    };
    let estate = [
        past("waiting", 3, &[]),
        past("denied", 20, &[]),
        past("issued", 40, &[40, 5]),
        past("expired", 400, &[400]),
    ];
    cloud.with(|ctx| {
        for one in &estate {
            plant(ctx, one).unwrap();
        }
    });
    cloud.settle();
    let status = |name: &str| order(&cloud, name)["status"].clone();
    assert_eq!(status("waiting"), "Pendingissuance");
    assert_eq!(status("denied"), "Denied");
    assert_eq!(status("issued"), "Issued");
    assert_eq!(status("expired"), "Expired");
    let versions = cloud.vault("kv-shop", HttpMethod::Get, "/secrets/issued/versions", &Value::Null);
    assert_eq!(json_of(versions)["value"].as_array().unwrap().len(), 3);
    assert!(cloud.with(|ctx| purchases::all(ctx.tx).unwrap()).is_empty());
}

#[test]
fn a_renewal_that_nobody_verifies_is_given_up_and_not_billed() {
    let mut cloud = cloud_on(SPRING);
    issued(&mut cloud, "shop-cert");
    cloud.with(|ctx| dns::remove(ctx.tx, "contoso.com", DnsRecordKind::Txt, None).unwrap());
    cloud.advance(days(365 - 80));
    assert_eq!(post(&cloud, "shop-cert", "renew", &json!({"properties": {"keySize": 2048}})).status, 204);
    assert_eq!(order(&cloud, "shop-cert")["status"], "Pendingissuance");
    cloud.advance(days(16));
    assert_eq!(order(&cloud, "shop-cert")["status"], "Issued");
    assert_eq!(cloud.with(|ctx| purchases::all(ctx.tx).unwrap().len()), 1);
}

#[test]
fn a_mail_proves_the_domain_until_the_authorities_give_that_up_c47() {
    let by_mail = |day: &str| {
        let mut cloud = cloud();
        cloud.now = format!("{day}T08:00:00Z").parse().unwrap();
        buy(&mut cloud, "by-mail", &standard("contoso.com"));
        let sent = post(&cloud, "by-mail", "resendRequestEmails", &json!({"name": "contoso.com"})).status;
        cloud.with(|ctx| super::super::approve_mail(ctx, "contoso.com").unwrap());
        cloud.settle();
        (sent, order(&cloud, "by-mail")["status"].clone())
    };
    assert_eq!(by_mail("2028-03-14"), (204, json!("Issued")));
    assert_eq!(by_mail("2028-03-15"), (400, json!("Pendingissuance")));
}
