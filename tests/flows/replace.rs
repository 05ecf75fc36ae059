//! The renewal of an uploaded certificate: uploaded, bound in place of the old one, proved, and the old one
//! deleted last.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use certdeck::flow::engine::Ending;
use certdeck::flow::{FlowName, Inputs, Key, StepId, StepStatus, observe, steps};
use certdeck::model::{Hostname, Seen};
use certdeck::pki::{self, Bundle, Wrapping};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::common::Practice;
use crate::pty::Pty;

pub(crate) const PASSWORD: &str = "hunter2 and more";

/// A PFX for these names, in a directory of its own.
pub(crate) fn pfx(hosts: &[&str]) -> (tempfile::TempDir, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut leaf = CertificateParams::new(hosts).unwrap();
    let day = |from_now: i64| {
        let at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * from_now);
        let day = at.to_zoned(jiff::tz::TimeZone::UTC).date();
        rcgen::date_time_ymd(day.year().into(), day.month().unsigned_abs(), day.day().unsigned_abs())
    };
    (leaf.not_before, leaf.not_after) = (day(-2), day(60));
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let leaf = leaf.signed_by(&key, &root).unwrap();
    let pem = format!("{}{}{}", leaf.pem(), root.pem(), key.serialize_pem());
    let contents = pki::read(pem.as_bytes(), None).unwrap();
    let octets =
        Bundle::rewrap(&contents).unwrap().write(&PASSWORD.into(), Wrapping::TripleDes, None).unwrap();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("new.pfx"), &*octets).unwrap();
    let path = dir.path().join("new.pfx").to_str().unwrap().to_owned();
    (dir, path)
}

pub(crate) async fn certificate(practice: &Practice, name: &str) -> Value {
    let subscription = &practice.emulator.connection().subscription_ids[0];
    practice
        .arm(&format!(
            "/subscriptions/{subscription}/resourceGroups/rg-shop/providers/Microsoft.Web/certificates/{name}"
        ))
        .await
}

pub(crate) async fn site(practice: &Practice, name: &str) -> Value {
    let subscription = &practice.emulator.connection().subscription_ids[0];
    practice
        .arm(&format!(
            "/subscriptions/{subscription}/resourceGroups/rg-shop/providers/Microsoft.Web/sites/{name}"
        ))
        .await
}

/// Type and thumbprint of a hostname of a site.
pub(crate) fn binding<'a>(site: &'a Value, host: &str) -> (&'a str, Option<&'a str>) {
    let states = site["properties"]["hostNameSslStates"].as_array().unwrap();
    let state = states.iter().find(|state| state["name"] == host).unwrap();
    (state["sslState"].as_str().unwrap(), state["thumbprint"].as_str())
}

#[tokio::test]
async fn an_ip_based_certificate_is_replaced_and_keeps_its_address_and_its_code_b3_7() {
    let practice = Practice::start().await;
    let (_dir, path) = pfx(&["partners.contoso.com"]);
    let given = [
        (Key::Certificate, "partners-2026"),
        (Key::File, path.as_str()),
        (Key::Password, PASSWORD),
        (Key::FriendlyName, "partners-2027"),
    ];
    let before = site(&practice, "contoso-partners").await;
    let address = before["properties"]["inboundIpAddress"].as_str().unwrap().to_owned();
    let old = certificate(&practice, "partners-2026").await["properties"]["thumbprint"]
        .as_str()
        .unwrap()
        .to_owned();
    let loads = [(Key::App, "contoso-partners"), (Key::LoadCertificates, old.as_str())];
    practice.complete(FlowName::Settings, &loads).await;

    let changes = practice.changes().await;
    let inputs = practice.inputs(FlowName::Replace, &given);
    let seen = observe(&practice.client, FlowName::Replace, &inputs).await.unwrap();
    let planned = steps(FlowName::Replace, &seen, &inputs, &practice.rules, jiff::Timestamp::now());
    assert_eq!(practice.changes().await, changes, "a plan changes nothing");
    let order: Vec<StepId> =
        planned.iter().filter(|step| !step.status.is_over()).map(|step| step.id).collect();
    assert_eq!(
        order,
        [StepId::UPLOAD, StepId::REBIND, StepId::SERVED, StepId::ADDRESS, StepId::LOAD, StepId::DELETE]
    );
    assert!(
        planned.iter().skip_while(|step| step.id != StepId::REBIND).all(|step| step.requests.is_empty()),
        "in no other order"
    );

    let done = practice.complete(FlowName::Replace, &given).await;
    assert!(
        done.iter().any(|step| step.id == StepId::SERVED && matches!(step.status, StepStatus::Done(_))),
        "{done:#?}"
    );
    let new = certificate(&practice, "partners-2027").await["properties"]["thumbprint"]
        .as_str()
        .unwrap()
        .to_owned();
    let after = site(&practice, "contoso-partners").await;
    assert_eq!(binding(&after, "partners.contoso.com"), ("IpBasedEnabled", Some(new.as_str())));
    assert_eq!(after["properties"]["inboundIpAddress"], address.as_str(), "the address stayed");
    assert!(certificate(&practice, "partners-2026").await["error"].is_object(), "deleted");

    let changes = practice.changes().await;
    practice.complete(FlowName::Replace, &given).await;
    assert_eq!(practice.changes().await, changes, "what is replaced is not replaced again");
    assert!(!practice.journal_text().contains(PASSWORD));
}

/// The old one is deleted last, so on the second run its name leads nowhere.
#[tokio::test]
async fn whatever_form_names_the_certificate_a_second_replace_says_done() {
    let forms: [&dyn Fn(&str) -> String; 4] = [
        &|_| "rg-shop/shop-2026".to_owned(),
        &|_| "SHOP-2026".to_owned(),
        &|print| print.to_lowercase(),
        &|print| format!("RG-Shop/{print}"),
    ];
    for form in forms {
        let practice = Practice::start().await;
        let print = certificate(&practice, "shop-2026").await["properties"]["thumbprint"]
            .as_str()
            .unwrap()
            .to_owned();
        let (_dir, path) = pfx(&["shop.contoso.com"]);
        let inputs = Inputs::default()
            .with(Key::Subscription, &*practice.emulator.connection().subscription_ids[0])
            .with(Key::Certificate, form(&print))
            .with(Key::File, path)
            .with(Key::Password, PASSWORD);
        let typed = form(&print);
        for again in [false, true] {
            let changes = practice.changes().await;
            match practice.run_with(FlowName::Replace, &inputs).await {
                Ok(Ending::Done(steps)) => {
                    assert!(steps.iter().any(|step| step.id == StepId::DELETE), "{typed}");
                }
                other => panic!("{typed}, again: {again}: {other:?}"),
            }
            assert_eq!(
                practice.changes().await == changes,
                again,
                "{typed}: what is replaced is not replaced again"
            );
        }
        assert!(
            certificate(&practice, "shop-2026").await["error"].is_object(),
            "{typed}: the old one is gone"
        );
    }
}

#[tokio::test]
async fn a_certificate_that_secures_nothing_is_replaced_and_done_all_the_same() {
    let practice = Practice::start().await;
    let (_dir, path) = pfx(&["blog.contoso.com"]);
    let file = [(Key::File, path.as_str()), (Key::Password, PASSWORD), (Key::FriendlyName, "blog-2027")];
    let given = [&[(Key::Certificate, "blog-2025")][..], &file].concat();
    practice.complete(FlowName::Replace, &given).await;
    assert!(certificate(&practice, "blog-2025").await["error"].is_object(), "deleted");
    assert!(certificate(&practice, "blog-2027").await["properties"].is_object());
    let changes = practice.changes().await;
    practice.complete(FlowName::Replace, &given).await;
    assert_eq!(practice.changes().await, changes);
}

#[tokio::test]
async fn what_would_leave_a_hostname_without_a_certificate_is_refused_and_nothing_is_sent_a166() {
    let practice = Practice::start().await;
    let before = practice.changes().await;
    let (_dir, path) = pfx(&["other.contoso.com"]);
    let file = [(Key::File, path.as_str()), (Key::Password, PASSWORD)];
    let cases =
        [("shop-2026", Key::File), ("nowhere", Key::Certificate), ("kv-contoso-shop-api", Key::Certificate)];
    for (name, field) in cases {
        match practice.run(FlowName::Replace, &[&[(Key::Certificate, name)][..], &file].concat()).await {
            Ok(Ending::NeedsInput { key, why }) => assert_eq!(key, field, "{name}: {why}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(practice.changes().await, before);
}

#[tokio::test]
async fn an_address_that_dns_does_not_lead_to_stops_before_the_old_one_is_deleted_a159() {
    let practice = Practice::start().await;
    let (_dir, path) = pfx(&["partners.contoso.com"]);
    practice.control_post("dns", json!({"remove": {"name": "partners.contoso.com", "type": "A"}})).await;
    practice
        .control_post(
            "dns",
            json!({"add": {"name": "partners.contoso.com", "type": "A", "value": "192.0.2.77"}}),
        )
        .await;
    let given = [(Key::Certificate, "partners-2026"), (Key::File, path.as_str()), (Key::Password, PASSWORD)];
    match practice.run(FlowName::Replace, &given).await {
        Ok(Ending::Blocked(problem)) => {
            assert!(problem.why.contains("192.0.2.77") && problem.remedy.contains("A record"), "{problem}");
        }
        other => panic!("{other:?}"),
    }
    assert!(
        certificate(&practice, "partners-2026").await["properties"].is_object(),
        "the old one is still there"
    );
    let host = Hostname::parse("partners.contoso.com").unwrap();
    assert!(matches!(
        certdeck::health::tls::served_thumbprint(practice.client.cloud(), &host).await,
        Seen::Here(_)
    ));
}

#[test]
fn on_screen_each_step_waits_for_the_one_before_and_the_old_name_is_typed_last() {
    let cloud = Cloud::start();
    let (_dir, path) = pfx(&["shop.contoso.com"]);
    let mut screen = Pty::start(&[env!("CARGO_BIN_EXE_certdeck")], &cloud.environment());
    screen.wait_for("shop-2026");
    screen.keys("/shop-2026<Enter>:replace<Enter>");
    screen.wait_for("type a path");
    screen.keys(&format!("{path}<Enter>"));
    screen.wait_for("a password is needed");
    screen.keys(&format!("{PASSWORD}<Enter>"));
    screen.wait_for("Enter Send");
    screen.keys("<Enter>");
    screen.wait_for("Enter Bind it in place of the old one...");
    screen.keys("<Enter>");
    screen.wait_for("Enter Send");
    screen.keys("<Enter>");
    screen.wait_for("Enter Delete the old certificate...");
    screen.keys("<Enter>");
    screen.wait_for("cannot be undone");
    screen.keys("shop-2026<Enter>");
    screen.wait_for("The certificate is replaced");
    screen.keys("<Enter>");
    screen.wait_for("Private Key Certificates");
    let log = cloud.control("requests");
    let all = log["value"].as_array().unwrap();
    let changes = all.iter().filter(|entry| matches!(entry["method"].as_str(), Some("PUT" | "DELETE")));
    let places: Vec<&str> =
        changes.filter_map(|entry| entry["path"].as_str()?.split('?').next()?.rsplit('/').nth(1)).collect();
    assert_eq!(places, ["certificates", "hostNameBindings", "certificates"], "in this order and no other");
}

/// What Front Door, a gateway or a CDN presents is its own certificate: the app's is bound all the same.
#[tokio::test]
async fn a_hostname_behind_something_with_a_certificate_of_its_own_is_replaced_to_its_end() {
    let practice = Practice::start().await;
    practice.control_post("edge", json!({"host": "shop.contoso.com"})).await;
    let (_dir, path) = pfx(&["shop.contoso.com"]);
    let given = [
        (Key::Certificate, "shop-2026"),
        (Key::File, path.as_str()),
        (Key::Password, PASSWORD),
        (Key::FriendlyName, "shop-2027"),
    ];
    let done = practice.complete(FlowName::Replace, &given).await;
    let served = done.iter().find(|step| step.id == StepId::SERVED).unwrap();
    assert!(
        matches!(&served.status, StepStatus::Done(words) if words.contains("in front of it")),
        "{served:?}"
    );
    assert!(certificate(&practice, "shop-2026").await["error"]["code"] == "ResourceNotFound");
}

#[tokio::test]
async fn a_file_of_which_a_part_cannot_be_read_replaces_nothing() {
    let practice = Practice::start().await;
    let (dir, path) = pfx(&["shop.contoso.com"]);
    let contents = pki::read(&std::fs::read(&path).unwrap(), Some(&PASSWORD.into())).unwrap();
    let pem = |at: usize| {
        let text = STANDARD.encode(&contents.certificates[at].der);
        let lines: Vec<&str> =
            text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    };
    let glued = pem(0).replacen("\nMI", "\nM?", 1) + &pem(1);
    let file = dir.path().join("part.pem");
    std::fs::write(&file, glued).unwrap();
    let before = practice.changes().await;
    match practice
        .run(FlowName::Replace, &[(Key::Certificate, "shop-2026"), (Key::File, file.to_str().unwrap())])
        .await
    {
        Ok(Ending::NeedsInput { key: Key::File, why }) => assert!(why.contains("line 1"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(practice.changes().await, before);
}
