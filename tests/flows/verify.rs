//! Proving domains to the certificate authority of the practice cloud, which looks where it looks and nowhere
//! else.

use std::time::Duration;

use certdeck::flow::engine::{Conductor, Ending};
use certdeck::flow::{FlowName, Key, Step, StepId};
use certdeck::model::{DomainName, Hostname, Problem};
use certdeck::practice::registered_domain;
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::common::Practice;
use crate::pty::Pty;

/// Agrees to everything and gives up after so many looks.
struct Impatient(u32);

impl Conductor for Impatient {
    fn stands(&mut self, _: &[Step]) {}
    fn says(&mut self, _: &str) {}
    fn consents(&mut self, _: &Step) -> bool {
        true
    }
    async fn waits(&mut self, _: &str, _: Duration) -> bool {
        self.0 = self.0.saturating_sub(1);
        self.0 > 0
    }
}

async fn run(practice: &Practice, flow: FlowName, given: &[(Key, &str)]) -> Result<Ending, Problem> {
    practice.engine().run(flow, &practice.inputs(flow, given), &mut Impatient(20)).await
}

/// An order of somebody who does not use certdeck; its id.
async fn bought(practice: &Practice, name: &str, domain: &str) -> String {
    let connection = practice.emulator.connection();
    let (subscription, group) = (&connection.subscription_ids[0], &connection.resource_group);
    let id = format!(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.CertificateRegistration/certificateOrders/{name}"
    );
    let product = if domain.starts_with("*.") {
        "StandardDomainValidatedWildCardSsl"
    } else {
        "StandardDomainValidatedSsl"
    };
    let properties =
        json!({"distinguishedName": format!("CN={domain}"), "productType": product, "validityInYears": 1});
    practice.arm_send("PUT", &id, &json!({"location": "global", "properties": properties})).await;
    id
}

async fn token(practice: &Practice, order: &str) -> String {
    practice.arm(order).await["properties"]["domainVerificationToken"].as_str().unwrap().to_owned()
}

async fn add_txt(practice: &Practice, name: &str, token: &str) {
    practice.control_post("dns", json!({"add": {"name": name, "type": "TXT", "value": token}})).await;
}

async fn status(practice: &Practice, order: &str) -> Value {
    practice.arm(order).await["properties"]["status"].clone()
}

#[tokio::test]
async fn the_token_goes_to_the_domain_as_it_was_registered_and_so_do_the_mails_c58() {
    let practice = Practice::start().await;
    for (name, domain, root) in [
        ("by-japan", "www.example.or.jp", "example.or.jp"),
        ("by-mexico", "*.salud.gob.mx", "salud.gob.mx"),
        ("by-queensland", "a.b.health.qld.gov.au", "health.qld.gov.au"),
        ("by-kawasaki", "www.city.kawasaki.jp", "city.kawasaki.jp"),
        ("by-script", "www.example.xn--55qx5d.cn", "example.xn--55qx5d.cn"),
        ("by-azure", "shop.azurewebsites.net", "azurewebsites.net"),
    ] {
        let order = bought(&practice, name, domain).await;
        let given = [(Key::Order, name), (Key::Method, "mail")];
        assert!(matches!(run(&practice, FlowName::Verify, &given).await, Ok(Ending::StillWaiting { .. })));
        let mails = practice.control_get("mail").await.to_string();
        assert!(mails.contains(&format!("admin@{root}")), "{domain}: {mails}");
        add_txt(&practice, root, &token(&practice, &order).await).await;
        practice.complete(FlowName::Verify, &[(Key::Order, name), (Key::Method, "manual-txt")]).await;
        assert_eq!(status(&practice, &order).await, "Issued", "{domain}");
    }
}

#[tokio::test]
async fn a_wildcard_is_never_led_to_a_page_which_would_end_in_denial_a101() {
    let practice = Practice::start().await;
    let order = bought(&practice, "wild-shop", "*.contoso.com").await;
    for (method, app) in [("app-service", Some("contoso-shop")), ("manual-html", None)] {
        let mut given = vec![(Key::Order, "wild-shop"), (Key::Method, method)];
        given.extend(app.map(|app| (Key::App, app)));
        match run(&practice, FlowName::Verify, &given).await {
            Ok(Ending::NeedsInput { key: Key::Method, why }) => assert!(why.contains("wildcard"), "{why}"),
            other => panic!("{method}: {other:?}"),
        }
    }
    practice.control_post("clock", json!({"advance": "16d"})).await;
    assert_eq!(status(&practice, &order).await, "Denied", "nobody proved it");
    let given = [(Key::Order, "wild-shop"), (Key::Method, "manual-txt")];
    assert!(matches!(run(&practice, FlowName::Verify, &given).await, Ok(Ending::Blocked(_))));
}

#[tokio::test]
async fn what_keeps_the_authority_from_an_app_is_warned_of_and_really_does() {
    let practice = Practice::start().await;
    let order = bought(&practice, "pay-shop", "pay.contoso.com").await;
    let given = [(Key::Order, "pay-shop"), (Key::Method, "app-service"), (Key::App, "contoso-shop")];
    let inputs = practice.inputs(FlowName::Verify, &given);
    let (subscription, group) = (&practice.emulator.connection().subscription_ids[0], "rg-shop");
    let site = format!(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Web/sites/contoso-shop"
    );
    let https = |on: bool| json!({"properties": {"httpsOnly": on}});
    let rules = |rule: Value| json!({"properties": {"ipSecurityRestrictions": [rule]}});
    let all = json!({"ipAddress": "Any", "action": "Allow"});
    let sign_in = |on: bool| json!({"properties": {"platform": {"enabled": on}, "globalValidation": {"requireAuthentication": true}}});
    let office = json!({"ipAddress": "10.0.0.0/8", "action": "Allow", "name": "office"});
    for (part, verb, close, open, word) in [
        ("", "PATCH", https(true), https(false), "HTTPS Only"),
        ("/config/web", "PATCH", rules(office), rules(all), "10.0.0.0/8 (office)"),
        ("/config/authsettingsV2", "PUT", sign_in(true), sign_in(false), "sign in"),
    ] {
        practice.arm_send(verb, &format!("{site}{part}"), &close).await;
        let step = practice.shown(FlowName::Verify, &inputs, StepId::EVIDENCE).await;
        assert!(
            step.facts.iter().any(|(label, words)| label == "Warning" && words.contains(word)),
            "{word}: {step:?}"
        );
        let ending = run(&practice, FlowName::Verify, &given).await;
        assert!(matches!(ending, Ok(Ending::StillWaiting { .. })), "{word}: {ending:?}");
        assert_eq!(status(&practice, &order).await, "Pendingissuance");
        practice.arm_send(verb, &format!("{site}{part}"), &open).await;
    }
    practice.complete(FlowName::Verify, &given).await;
    assert_eq!(status(&practice, &order).await, "Issued");
}

#[tokio::test]
async fn the_page_is_told_by_the_name_that_the_authority_asks_for() {
    let practice = Practice::start().await;
    let order = bought(&practice, "by-page", "example.org").await;
    let given = [(Key::Order, "by-page"), (Key::Method, "manual-html")];
    let step =
        practice.shown(FlowName::Verify, &practice.inputs(FlowName::Verify, &given), StepId::EVIDENCE).await;
    let pages: Vec<&str> =
        step.facts.iter().filter(|(label, _)| label == "Page").map(|(_, url)| url.as_str()).collect();
    for url in pages {
        let path = url.strip_prefix("http://example.org").unwrap();
        let page = json!({"host": "example.org", "path": path, "content": token(&practice, &order).await});
        practice.control_post("http-token", page).await;
    }
    practice.complete(FlowName::Verify, &given).await;
    assert_eq!(status(&practice, &order).await, "Issued");
}

#[tokio::test]
async fn an_authority_that_wants_a_new_proof_is_given_one_although_the_last_is_recent() {
    let practice = Practice::start().await;
    practice.control_post("switches", json!({"proof_always_wanted": true})).await;
    for (flow, name, group) in
        [(FlowName::Rekey, "wildfabrikam", "rg-intranet"), (FlowName::Renew, "apifabrikam", "rg-shop")]
    {
        let order = format!(
            "/subscriptions/{}/resourceGroups/{group}/providers/Microsoft.CertificateRegistration/certificateOrders/{name}",
            practice.emulator.connection().subscription_ids[0]
        );
        let now = practice.arm(&order).await["properties"]["signedCertificate"]["thumbprint"]
            .as_str()
            .unwrap()
            .to_owned();
        let given = [(Key::Order, order.as_str()), (Key::Current, now.as_str())];
        let first = run(&practice, flow, &given).await;
        // The proof of apifabrikam is old, so it is asked for at once; that of wildfabrikam should serve.
        match (flow, first) {
            (FlowName::Rekey, Ok(Ending::StillWaiting { .. }))
            | (FlowName::Renew, Ok(Ending::NeedsInput { .. })) => {}
            (_, other) => panic!("{name}: {other:?}"),
        }
        practice.control_post("clock", json!({"advance": "1h"})).await;
        match run(&practice, flow, &given).await {
            Ok(Ending::NeedsInput { key: Key::Method, .. }) => {}
            other => panic!("{name} waits without a word: {other:?}"),
        }
        add_txt(&practice, "fabrikam.com", &token(&practice, &order).await).await;
        let proving = [given[0], given[1], (Key::Method, "manual-txt")];
        match run(&practice, flow, &proving).await {
            Ok(Ending::Done(_)) => {}
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!(status(&practice, &order).await, "Issued");
    }
}

#[test]
fn on_screen_a_rekey_that_stays_pending_leads_to_the_proof() {
    let cloud = Cloud::start();
    cloud.tell("switches", &json!({"proof_always_wanted": true}));
    let order = format!(
        "/subscriptions/{}/resourceGroups/rg-intranet/providers/Microsoft.CertificateRegistration/certificateOrders/wildfabrikam",
        cloud.connection().subscription_ids[0]
    );
    // Somebody else asked for it, so nothing here says since when the order is pending.
    cloud.arm("POST", &format!("{order}/reissue"), &json!({"properties": {"keySize": 2048}}));
    let mut screen = Pty::start(&[env!("CARGO_BIN_EXE_certdeck")], &cloud.environment());
    screen.wait_for("shop-2026");
    screen.keys("3/wildfabrikam<Enter>");
    screen.wait_for("Orders 1/");
    screen.keys(":rekey<Enter>");
    screen.wait_for("Verification method");
}

#[test]
fn client_and_practice_cloud_find_the_same_registries_by_lists_and_readings_of_their_own() {
    let list = include_str!("../../assets/public_suffix_list.dat");
    let rules = list.lines().filter(|line| !line.starts_with("//") && !line.is_empty());
    let mut count = 0;
    for rule in rules.filter(|rule| rule.is_ascii()) {
        let registry = rule.trim_start_matches('!').replace('*', "label");
        for name in [format!("example.{registry}"), format!("www.example.{registry}"), registry] {
            let Ok(host) = Hostname::parse(&name) else { continue };
            let theirs = registered_domain(&name).to_owned();
            assert_eq!(DomainName(host).root(), theirs, "{name}");
            count += 1;
        }
    }
    assert!(count > 15_000, "{count}");
}
