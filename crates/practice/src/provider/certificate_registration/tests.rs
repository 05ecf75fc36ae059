//! The life of an order in the practice cloud, with the clock moved by hand.

#![allow(clippy::unwrap_used, clippy::panic)]

mod calendar;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    ca::{CommercialCa, KeyCurve, KeySource, LeafProfile, facts::CertificateFacts, pfx},
    calendar::days,
    call::HttpMethod,
    context::text,
    dns::{self, DnsRecord, DnsRecordKind},
    fixture::{Fixture, GROUP, SUBSCRIPTION, json_of},
    id::ArmId,
    pages::{self, WebPage},
    principals::{CERTDECK, CERTIFICATE_REGISTRATION},
    provider::{
        domain_registration,
        microsoft_web::{bindings, plans, site},
    },
    reply::Reply,
};

const NOW: &str = "2026-11-23T08:00:00Z";

fn order_id(name: &str) -> String {
    format!("{GROUP}/providers/Microsoft.CertificateRegistration/certificateOrders/{name}")
}

fn vault_id() -> String {
    format!("{GROUP}/providers/Microsoft.KeyVault/vaults/kv-shop")
}

fn order_of(domain: &str, product: &str) -> Value {
    json!({
        "location": "global",
        "properties": {
            "distinguishedName": format!("CN={domain}"),
            "productType": product,
            "validityInYears": 1,
            "keySize": 2048,
            "autoRenew": true,
        },
    })
}

fn standard(domain: &str) -> Value {
    order_of(domain, "StandardDomainValidatedSsl")
}

fn wildcard(domain: &str) -> Value {
    order_of(domain, "StandardDomainValidatedWildCardSsl")
}

fn policy(object_id: &str, secrets: &[&str]) -> Value {
    json!({"tenantId": "22222222-2222-2222-2222-222222222222", "objectId": object_id, "permissions": {"secrets": secrets}})
}

fn cloud() -> Fixture {
    cloud_on(NOW)
}

/// A cloud with a vault into which the order service may write.
fn cloud_on(now: &str) -> Fixture {
    let mut cloud = Fixture::new(now);
    let service = policy(CERTIFICATE_REGISTRATION.object_id, &["get", "list", "set", "delete"]);
    let body = json!({
        "location": "westeurope",
        "properties": {
            "tenantId": "22222222-2222-2222-2222-222222222222",
            "sku": {"family": "A", "name": "standard"},
            "accessPolicies": [policy(CERTDECK.object_id, &["all"]), service],
        },
    });
    assert_eq!(cloud.arm(HttpMethod::Put, &vault_id(), &body).status, 200);
    cloud.settle();
    cloud
}

fn buy(cloud: &mut Fixture, name: &str, body: &Value) -> Value {
    let reply = cloud.arm(HttpMethod::Put, &order_id(name), body);
    assert_eq!(reply.status, 201, "{:?}", reply.body);
    cloud.settle();
    order(cloud, name)
}

fn order(cloud: &Fixture, name: &str) -> Value {
    cloud.get(&order_id(name))["properties"].clone()
}

fn store(cloud: &Fixture, name: &str) -> Reply {
    let body =
        json!({"location": "global", "properties": {"keyVaultId": vault_id(), "keyVaultSecretName": name}});
    cloud.arm(HttpMethod::Put, &format!("{}/certificates/{name}", order_id(name)), &body)
}

fn secret(cloud: &Fixture, name: &str) -> Value {
    json_of(cloud.vault("kv-shop", HttpMethod::Get, &format!("/secrets/{name}"), &Value::Null))
}

fn post(cloud: &Fixture, name: &str, action: &str, body: &Value) -> Reply {
    cloud.arm(HttpMethod::Post, &format!("{}/{action}", order_id(name)), body)
}

fn verify(cloud: &mut Fixture, name: &str) {
    assert_eq!(post(cloud, name, "verifyDomainOwnership", &Value::Null).status, 204);
    cloud.settle();
}

fn add_txt(cloud: &Fixture, name: &str, value: &str) {
    let record = DnsRecord::new(name, DnsRecordKind::Txt, value).unwrap();
    cloud.with(|ctx| dns::add(ctx.tx, &record).unwrap());
}

/// An order for `contoso.com` that was verified by TXT and issued.
fn issued(cloud: &mut Fixture, name: &str) -> Value {
    let fresh = buy(cloud, name, &standard("contoso.com"));
    add_txt(cloud, "contoso.com", text(&fresh, "/domainVerificationToken"));
    verify(cloud, name);
    let done = order(cloud, name);
    assert_eq!(done["status"], "Issued");
    done
}

fn names_of(order: &Value) -> Vec<String> {
    let pem = text(order, "/signedCertificate/rawData");
    let (_, block) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).unwrap();
    CertificateFacts::read(&block.contents).unwrap().names
}

fn timeline(cloud: &Fixture, name: &str) -> Vec<String> {
    let lines = json_of(post(cloud, name, "retrieveCertificateActions", &Value::Null));
    let lines = lines.as_array().unwrap();
    lines.iter().map(|line| text(line, "/actionType").to_owned()).collect()
}

/// An app with a mapped hostname that was given the token. It enforces HTTPS, which affects only the proof by
/// a page of one's own.
fn app_with(cloud: &Fixture, host: &str, token: &str) {
    let web = |kind: &str, name: &str| ArmId::parse(GROUP).under("Microsoft.Web", kind, name);
    let (plan, site) = (web("serverfarms", "plan"), web("sites", "shop"));
    cloud.with(|ctx| {
        plans::save(ctx, &plan, "West Europe", "S1", false).unwrap();
        site::create(ctx, &site, &plan.to_string(), "app").unwrap();
        bindings::add(ctx, &site, host, Some("A")).unwrap();
    });
    let path = format!("{site}/domainOwnershipIdentifiers/order");
    let reply = cloud.arm(HttpMethod::Put, &path, &json!({"properties": {"id": token}}));
    assert_eq!(reply.status, 200);
}

#[test]
fn buying_storing_and_verifying_through_an_app_ends_with_a_pfx_in_the_vault() {
    let mut cloud = cloud();
    let made = cloud.arm(HttpMethod::Put, &order_id("shop-cert"), &standard("contoso.com"));
    let location = made.headers.iter().find(|(name, _)| *name == "location");
    let location = location.unwrap().1.clone();
    let result = location.split_once("8443").map(|(_, path)| path).unwrap();
    assert_eq!(cloud.arm(HttpMethod::Get, result, &Value::Null).status, 202);
    let made = json_of(made);
    assert_eq!(made["properties"]["provisioningState"], "InProgress");
    cloud.settle();
    let fresh = cloud.get(result)["properties"].clone();
    assert_eq!(fresh["provisioningState"], "Succeeded");
    assert_eq!(fresh["status"], "Pendingissuance");
    assert_eq!(fresh["signedCertificate"], Value::Null);

    let stored = store(&cloud, "shop-cert");
    assert_eq!(stored.status, 201);
    assert_eq!(json_of(stored)["properties"]["provisioningState"], "Initialized");
    let placeholder = secret(&cloud, "shop-cert");
    assert_eq!(placeholder["value"], "");
    assert_eq!(placeholder["tags"]["CertificateState"], "Initialize");

    app_with(&cloud, "contoso.com", text(&fresh, "/domainVerificationToken"));
    verify(&mut cloud, "shop-cert");
    let done = order(&cloud, "shop-cert");
    assert_eq!(done["status"], "Issued");
    assert_eq!(names_of(&done), ["contoso.com"], "an app proves no www (A105)");
    assert_eq!(done["certificates"]["shop-cert"]["provisioningState"], "Succeeded");
    assert_eq!(done["certificates"]["shop-cert"]["keyVaultId"], vault_id().to_lowercase());

    let ready = secret(&cloud, "shop-cert");
    assert_eq!(ready["contentType"], "application/x-pkcs12");
    assert_eq!(ready["tags"]["CertificateState"], "Ready");
    assert_eq!(secret(&cloud, "shop-cert")["value"], ready["value"], "a version reads the same each time");
    let opened = pfx::read(&BASE64.decode(text(&ready, "/value")).unwrap(), "").unwrap();
    let facts = CertificateFacts::read(&opened.leaf).unwrap();
    assert_eq!(facts.thumbprint, text(&done, "/signedCertificate/thumbprint"));
    assert_eq!(facts.serial_decimal, text(&done, "/serialNumber"));
    assert_eq!(facts.not_after, NOW.parse::<jiff::Timestamp>().unwrap() + days(198));
    assert_eq!(done["expirationTime"], "2027-11-23T08:00:00");
    assert_eq!(
        timeline(&cloud, "shop-cert"),
        ["CertificateOrderCreated", "DomainValidationComplete", "SanDrop", "CertificateIssued"]
    );
}

#[test]
fn the_same_put_again_is_no_second_purchase_and_another_domain_is_a_conflict() {
    let mut cloud = cloud();
    buy(&mut cloud, "shop-cert", &standard("contoso.com"));
    let again = cloud.arm(HttpMethod::Put, &order_id("SHOP-CERT"), &standard("Contoso.com"));
    assert_eq!(again.status, 200);
    let other = cloud.arm(HttpMethod::Put, &order_id("shop-cert"), &standard("fabrikam.com"));
    assert_eq!(other.status, 409);
    let bought = cloud.with(|ctx| super::purchases::all(ctx.tx).unwrap());
    assert_eq!(bought.len(), 1);
}

#[test]
fn bad_names_are_refused_when_validating_and_when_buying_and_cost_nothing() {
    let cloud = cloud();
    let validate = format!(
        "{SUBSCRIPTION}/providers/Microsoft.CertificateRegistration/validateCertificateRegistrationInformation"
    );
    assert_eq!(cloud.arm(HttpMethod::Post, &validate, &standard("contoso.com")).status, 204);
    for body in [standard("con toso"), standard("*.contoso.com"), wildcard("contoso.com")] {
        for (method, path) in [(HttpMethod::Post, &validate), (HttpMethod::Put, &order_id("shop-cert"))] {
            let reply = cloud.arm(method, path, &body);
            assert_eq!(reply.status, 400);
            assert!(text(&json_of(reply), "/Message").starts_with("Parameter DistinguishedName"));
        }
    }
    let reply = cloud.arm(HttpMethod::Put, &order_id("a_b"), &standard("contoso.com"));
    assert_eq!(reply.status, 400);
    assert!(cloud.with(|ctx| super::purchases::all(ctx.tx).unwrap()).is_empty());
}

#[test]
fn each_method_proves_and_those_that_may_keep_www() {
    let www = vec!["contoso.com".to_owned(), "www.contoso.com".to_owned()];

    let mut txt = cloud();
    assert_eq!(names_of(&issued(&mut txt, "by-txt")), www);

    let mut mail = cloud();
    buy(&mut mail, "by-mail", &standard("contoso.com"));
    let body = json!({"name": "contoso.com"});
    assert_eq!(post(&mail, "by-mail", "resendRequestEmails", &body).status, 204);
    let mails = json_of(post(&mail, "by-mail", "retrieveEmailHistory", &Value::Null));
    assert_eq!(mails[0]["emailId"], "admin@contoso.com");
    assert_eq!(mail.with(|ctx| super::approve_mail(ctx, "contoso.com").unwrap()), 1);
    mail.settle();
    assert_eq!(names_of(&order(&mail, "by-mail")), www);

    let mut domain = cloud();
    let fresh = buy(&mut domain, "by-domain", &standard("contoso.com"));
    let id = ArmId::parse(GROUP).under("Microsoft.DomainRegistration", "domains", "contoso.com");
    domain.with(|ctx| domain_registration::create(ctx, &id).unwrap());
    let body = json!({"properties": {"ownershipId": fresh["domainVerificationToken"]}});
    let path = format!("{id}/domainOwnershipIdentifiers/by-domain");
    assert_eq!(domain.arm(HttpMethod::Put, &path, &body).status, 200);
    verify(&mut domain, "by-domain");
    assert_eq!(names_of(&order(&domain, "by-domain")), www);

    let mut html = cloud();
    let fresh = buy(&mut html, "by-page", &standard("contoso.com"));
    let page = WebPage {
        host: "contoso.com".to_owned(),
        path: "/.well-known/pki-validation/godaddy.html".to_owned(),
        content: text(&fresh, "/domainVerificationToken").to_owned(),
    };
    html.with(|ctx| pages::publish(ctx.tx, &page).unwrap());
    verify(&mut html, "by-page");
    assert_eq!(names_of(&order(&html, "by-page")), ["contoso.com"]);
}

#[test]
fn a_page_behind_https_only_is_not_seen() {
    let mut cloud = cloud();
    let fresh = buy(&mut cloud, "by-page", &standard("contoso.com"));
    app_with(&cloud, "contoso.com", "another token");
    let site = format!("{GROUP}/providers/Microsoft.Web/sites/shop");
    let https_only = |on: bool| json!({"properties": {"httpsOnly": on}});
    assert_eq!(cloud.arm(HttpMethod::Patch, &site, &https_only(true)).status, 200);
    let page = WebPage {
        host: "contoso.com".to_owned(),
        path: "/.well-known/pki-validation/godaddy.html".to_owned(),
        content: text(&fresh, "/domainVerificationToken").to_owned(),
    };
    cloud.with(|ctx| pages::publish(ctx.tx, &page).unwrap());
    verify(&mut cloud, "by-page");
    assert_eq!(order(&cloud, "by-page")["status"], "Pendingissuance");
    assert_eq!(cloud.arm(HttpMethod::Patch, &site, &https_only(false)).status, 200);
    verify(&mut cloud, "by-page");
    assert_eq!(order(&cloud, "by-page")["status"], "Issued");
}

#[test]
fn a_token_in_the_wrong_place_proves_nothing() {
    let mut cloud = cloud();
    let fresh = buy(&mut cloud, "sub", &standard("shop.contoso.com"));
    let token = text(&fresh, "/domainVerificationToken").to_owned();
    add_txt(&cloud, "shop.contoso.com", &token);
    verify(&mut cloud, "sub");
    assert_eq!(order(&cloud, "sub")["status"], "Pendingissuance", "TXT goes to the root (C23)");
    add_txt(&cloud, "contoso.com", &token);
    verify(&mut cloud, "sub");
    assert_eq!(names_of(&order(&cloud, "sub")), ["shop.contoso.com"]);

    let fresh = buy(&mut cloud, "wild", &wildcard("*.fabrikam.com"));
    let token = text(&fresh, "/domainVerificationToken").to_owned();
    app_with(&cloud, "*.fabrikam.com", &token);
    verify(&mut cloud, "wild");
    assert_eq!(order(&cloud, "wild")["status"], "Pendingissuance", "a page is no proof for a wildcard");
    add_txt(&cloud, "fabrikam.com", &token);
    verify(&mut cloud, "wild");
    assert_eq!(names_of(&order(&cloud, "wild")), ["*.fabrikam.com", "fabrikam.com"]);
}

#[test]
fn caa_that_names_another_ca_stops_the_issue() {
    let mut cloud = cloud();
    let fresh = buy(&mut cloud, "shop-cert", &standard("contoso.com"));
    add_txt(&cloud, "contoso.com", text(&fresh, "/domainVerificationToken"));
    let caa = DnsRecord::new("contoso.com", DnsRecordKind::Caa, "0 issue digicert.com").unwrap();
    cloud.with(|ctx| dns::add(ctx.tx, &caa).unwrap());
    verify(&mut cloud, "shop-cert");
    assert_eq!(order(&cloud, "shop-cert")["status"], "Pendingissuance");
    let caa = DnsRecord::new("contoso.com", DnsRecordKind::Caa, "0 issue godaddy.com").unwrap();
    cloud.with(|ctx| dns::add(ctx.tx, &caa).unwrap());
    verify(&mut cloud, "shop-cert");
    assert_eq!(order(&cloud, "shop-cert")["status"], "Issued");
}

#[test]
fn a_vault_that_refuses_shows_why_and_gets_the_certificate_once_it_lets_the_service_in() {
    let mut cloud = cloud();
    let set = |cloud: &Fixture, verbs: &[&str]| {
        let path = format!("{}/accessPolicies/replace", vault_id());
        let one = policy(CERTIFICATE_REGISTRATION.object_id, verbs);
        let body = json!({"properties": {"accessPolicies": [one]}});
        assert_eq!(cloud.arm(HttpMethod::Put, &path, &body).status, 200);
    };
    set(&cloud, &["get"]);
    issued(&mut cloud, "shop-cert");
    let state = |reply: Reply| json_of(reply)["properties"]["provisioningState"].clone();
    assert_eq!(state(store(&cloud, "shop-cert")), "OperationNotPermittedOnKeyVault");
    set(&cloud, &["get", "set"]);
    cloud.advance(SignedDuration::from_hours(9));
    let done = order(&cloud, "shop-cert");
    assert_eq!(done["certificates"]["shop-cert"]["provisioningState"], "Succeeded");

    let body = json!({"properties": {"keyVaultId": vault_id().replace("kv-shop", "kv-gone"), "keyVaultSecretName": "x"}});
    let path = format!("{}/certificates/other", order_id("shop-cert"));
    assert_eq!(state(cloud.arm(HttpMethod::Put, &path, &body)), "KeyVaultDoesNotExist");
}

#[test]
fn with_a_request_of_ones_own_the_key_never_comes_to_the_vault() {
    let mut cloud = cloud();
    let elsewhere = cloud.setting.ca.issue(&LeafProfile {
        common_name: "contoso.com".to_owned(),
        names: vec!["contoso.com".to_owned()],
        key: KeySource::NewEc(KeyCurve::P256),
        not_before: cloud.now,
        not_after: cloud.now + days(1),
        issuer: CommercialCa::GoDaddy,
        particulars: None,
    });
    let csr = elsewhere.unwrap().csr;
    let mut body = standard("");
    body["properties"]["distinguishedName"] = "".into();
    body["properties"]["csr"] = csr.clone().into();
    let fresh = buy(&mut cloud, "own-key", &body);
    assert_eq!(fresh["distinguishedName"], "CN=contoso.com");
    store(&cloud, "own-key");
    add_txt(&cloud, "contoso.com", text(&fresh, "/domainVerificationToken"));
    verify(&mut cloud, "own-key");
    let done = order(&cloud, "own-key");
    assert_eq!(done["isPrivateKeyExternal"], true);
    assert_eq!(done["csr"], csr);
    assert_eq!(done["certificates"]["own-key"]["provisioningState"], "ExternalPrivateKey");
    assert_eq!(secret(&cloud, "own-key")["value"], "");
}

#[test]
fn locks_guard_the_order_and_its_vault() {
    let mut cloud = cloud();
    buy(&mut cloud, "shop-cert", &standard("contoso.com"));
    store(&cloud, "shop-cert");
    for (path, lock) in [(order_id("shop-cert"), "shop-cert"), (vault_id(), "AppServiceCertificateLock")] {
        let refused = cloud.arm(HttpMethod::Delete, &path, &Value::Null);
        assert_eq!(json_of(refused)["error"]["code"], "ScopeLocked");
        let lock = format!("{path}/providers/Microsoft.Authorization/locks/{lock}");
        assert_eq!(cloud.arm(HttpMethod::Delete, &lock, &Value::Null).status, 200);
        assert_eq!(cloud.arm(HttpMethod::Delete, &path, &Value::Null).status, 200);
    }
    let gone = cloud.arm(HttpMethod::Get, &order_id("shop-cert"), &Value::Null);
    assert_eq!(gone.status, 404);
    cloud.advance(days(20));
}

#[test]
fn a_deleted_order_takes_back_every_certificate_that_was_issued_for_it() {
    let mut cloud = cloud();
    let first = issued(&mut cloud, "shop");
    let later = json!({"properties": {"delayExistingRevokeInHours": 168, "keySize": 2048}});
    assert_eq!(post(&cloud, "shop", "reissue", &later).status, 204);
    cloud.settle();
    let second = order(&cloud, "shop");
    assert_ne!(first["serialNumber"], second["serialNumber"]);
    let taken_back = |cloud: &Fixture| {
        let reply = cloud.list_of_revoked("go-daddy.crl");
        let (_, list) = x509_parser::parse_x509_crl(&reply).unwrap();
        list.iter_revoked_certificates().count()
    };
    assert_eq!(taken_back(&cloud), 0);
    cloud.with(|ctx| {
        let lock = ArmId::parse(&order_id("shop")).under("Microsoft.Authorization", "locks", "shop");
        ctx.remove(&lock).unwrap();
    });
    assert_eq!(cloud.arm(HttpMethod::Delete, &order_id("shop"), &Value::Null).status, 200);
    assert_eq!(taken_back(&cloud), 2);
}
