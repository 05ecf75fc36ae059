//! Deleting private and public certificates: never while something uses them, only by their exact names.

use certdeck::flow::engine::Ending;
use certdeck::flow::{FlowName, Key};

use crate::cloud::Cloud;
use crate::common::Practice;
use crate::pty::Pty;
use crate::replace::{certificate, site};

#[tokio::test]
async fn what_is_bound_in_any_slot_stays_and_what_nothing_uses_goes_e10() {
    let practice = Practice::start().await;
    let before = practice.changes().await;
    match practice.run(FlowName::DeletePrivate, &[(Key::Certificate, "wildcard-contoso")]).await {
        Ok(Ending::Blocked(problem)) => {
            assert!(problem.why.contains("staging.contoso.com (contoso-shop/staging)"), "{problem}");
            assert!(problem.why.contains("blog.contoso.com (contoso-blog)"), "{problem}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(practice.changes().await, before);
    practice.complete(FlowName::DeletePrivate, &[(Key::Certificate, "blog-2025")]).await;
    assert!(certificate(&practice, "blog-2025").await["error"].is_object());
    let changes = practice.changes().await;
    practice.complete(FlowName::DeletePrivate, &[(Key::Certificate, "blog-2025")]).await;
    assert_eq!(practice.changes().await, changes, "what is gone is not deleted again");
}

#[tokio::test]
async fn a_public_certificate_that_code_names_stays_until_the_setting_lets_it_go() {
    let practice = Practice::start().await;
    let given = [(Key::App, "contoso-shop"), (Key::Name, "payment-provider")];
    let id = site(&practice, "contoso-shop").await["id"].as_str().unwrap().to_owned();
    let there = practice.arm(&format!("{id}/publicCertificates/payment-provider")).await;
    let thumbprint = there["properties"]["thumbprint"].as_str().unwrap();
    practice
        .complete(FlowName::Settings, &[given[0], (Key::LoadCertificates, &format!("+{thumbprint}"))])
        .await;
    assert!(matches!(practice.run(FlowName::DeletePublic, &given).await, Ok(Ending::Blocked(_))));
    practice
        .complete(FlowName::Settings, &[given[0], (Key::LoadCertificates, &format!("-{thumbprint}"))])
        .await;
    practice.complete(FlowName::DeletePublic, &given).await;
    assert!(practice.arm(&format!("{id}/publicCertificates/payment-provider")).await["error"].is_object());
}

#[test]
fn on_screen_the_key_says_why_not_and_the_exact_name_is_typed() {
    let cloud = Cloud::start();
    let mut screen = Pty::start(&[env!("CARGO_BIN_EXE_certdeck")], &cloud.environment());
    screen.wait_for("blog-2025");
    screen.wait_for("just now");
    screen.keys("/wildcard-c<Enter>d");
    screen.wait_for("in use by");
    screen.keys("/<C-u>blog-2025<Enter>d");
    screen.wait_for("Enter Delete the certificate...");
    screen.keys("<Enter>");
    screen.wait_for("cannot be undone");
    screen.keys("Blog-2025<Enter>");
    screen.wait_for("type blog-2025");
    screen.keys("<C-u>blog-2025<Enter>");
    screen.wait_for("The certificate is deleted");
    screen.keys("<Enter>");
    screen.wait_for("Private Key Certificates");
    screen.keys("2/legacy<Enter>");
    screen.wait_for("legacy-partner");
    screen.keys("d");
    screen.wait_for("Enter Delete the public certificate...");
    screen.keys("<Enter>");
    screen.wait_for("brings it back");
    screen.keys("legacy-partner<Enter>");
    screen.wait_for("The public certificate is deleted");
    let log = cloud.control("requests");
    let deleted = |name: &str| {
        let all = log["value"].as_array().unwrap();
        all.iter().any(|entry| entry["method"] == "DELETE" && entry["path"].as_str().unwrap().contains(name))
    };
    assert!(
        deleted("/certificates/blog-2025")
            && deleted("/publicCertificates/legacy-partner")
            && !deleted("wildcard")
    );
}
