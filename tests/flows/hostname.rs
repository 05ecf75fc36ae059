//! Hostnames of one's own, added to an app.

use std::time::Duration;

use certdeck::flow::engine::{Conductor, Ending};
use certdeck::flow::{FlowName, Key, RecordKind, Step, StepId, StepStatus, WantedRecord};
use serde_json::json;

use crate::cloud::Cloud;
use crate::common::Practice;
use crate::pty::Pty;
use crate::replace::site;

const NEW: [(Key, &str); 2] = [(Key::App, "contoso-shop"), (Key::Hostname, "www.contoso.news")];

/// Manages the domain: publishes the first record that is asked for, once certdeck waits for it.
struct DomainOwner<'a> {
    practice: &'a Practice,
    asked: Vec<WantedRecord>,
    waits: usize,
}

impl Conductor for DomainOwner<'_> {
    fn stands(&mut self, steps: &[Step]) {
        if let Some(step) = steps.iter().find(|step| matches!(step.status, StepStatus::Waiting { .. })) {
            self.asked.clone_from(&step.wanted);
        }
    }

    fn says(&mut self, _: &str) {}

    fn consents(&mut self, _: &Step) -> bool {
        true
    }

    async fn waits(&mut self, on: &str, _: Duration) -> bool {
        self.waits += 1;
        assert!(on.contains("DNS record"), "{on}");
        let record = &self.asked[0];
        let record = json!({"name": record.name, "type": record.kind.as_str(), "value": record.value});
        self.practice.control_post("dns", json!({ "add": record })).await;
        self.waits < 10
    }
}

#[tokio::test]
async fn a_hostname_is_added_once_its_ownership_record_is_there_and_never_twice() {
    let practice = Practice::start().await;
    let inputs = practice.inputs(FlowName::Hostname, &NEW);
    let mut owner = DomainOwner { practice: &practice, asked: Vec::new(), waits: 0 };
    let ending = practice.engine().run(FlowName::Hostname, &inputs, &mut owner).await;
    assert!(matches!(ending, Ok(Ending::Done(_))), "{ending:?}");
    assert_eq!(owner.waits, 1);
    let shop = site(&practice, "contoso-shop").await;
    let own = shop["properties"]["defaultHostName"].as_str().unwrap();
    let proof = shop["properties"]["customDomainVerificationId"].as_str().unwrap();
    assert_eq!(
        owner.asked,
        [
            WantedRecord::new("asuid.www.contoso.news", RecordKind::Txt, proof),
            WantedRecord::new("www.contoso.news", RecordKind::Cname, own)
        ]
    );
    let names = shop["properties"]["hostNames"].as_array().unwrap();
    assert!(names.contains(&json!("www.contoso.news")), "{names:?}");
    let changes = practice.changes().await;
    practice.complete(FlowName::Hostname, &NEW).await;
    assert_eq!(practice.changes().await, changes, "what is there is not added again");
}

#[tokio::test]
async fn a_hostname_that_another_app_has_is_blocked_with_the_name_of_that_app() {
    let practice = Practice::start().await;
    let before = practice.changes().await;
    let theirs = [(Key::App, "contoso-shop"), (Key::Hostname, "blog.contoso.com")];
    match practice.run(FlowName::Hostname, &theirs).await {
        Ok(Ending::Blocked(problem)) => assert!(problem.why.contains("contoso-blog"), "{problem}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(practice.changes().await, before);
}

#[tokio::test]
async fn a_root_domain_is_asked_for_its_a_record() {
    let practice = Practice::start().await;
    let inputs = practice
        .inputs(FlowName::Hostname, &[(Key::App, "contoso-shop"), (Key::Hostname, "fabrikam.example")]);
    let step = practice.shown(FlowName::Hostname, &inputs, StepId::OWNERSHIP).await;
    let shop = site(&practice, "contoso-shop").await;
    let address = shop["properties"]["inboundIpAddress"].as_str().unwrap();
    assert_eq!(step.wanted[1], WantedRecord::new("fabrikam.example", RecordKind::A, address));
}

/// From an app to a served hostname, with the domain's owner played in the practice cloud.
#[test]
fn on_screen_a_hostname_is_added_gets_a_managed_certificate_and_is_served() {
    let cloud = Cloud::start();
    let mut screen = Pty::start(&[env!("CARGO_BIN_EXE_certdeck")], &cloud.environment());
    screen.wait_for("shop-2026");
    let of_index = || {
        let log = cloud.control("requests");
        let all = log["value"].as_array().unwrap().iter();
        all.filter(|one| {
            one["path"].as_str().unwrap().contains("resourceGraph")
                || one["path"].as_str().unwrap().contains("ResourceGraph")
        })
        .count()
    };
    screen.keys("4/pay<Enter>");
    screen.wait_for("Bindings 1/");
    let before = of_index();
    screen.keys(":hostname<Enter>");
    screen.wait_for("Add a hostname");
    screen.keys("www.contoso.news<Enter>");
    screen.wait_for("asuid.www.contoso.news TXT");
    screen.keys("o");
    screen.wait_for("Add the CNAME record");
    screen.keys("2");
    screen.wait_for("The CNAME record of www.contoso.news is published");
    screen.wait_for("Add the hostname to the app            ready");
    screen.keys("<Enter>");
    screen.wait_for("PUT /subscriptions");
    screen.keys("<Enter>");
    screen.wait_for("Enter goes on with Managed certificate");
    screen.keys("<Enter>");
    screen.wait_for("PUT /subscriptions");
    screen.keys("<Enter>");
    screen.wait_for("Enter goes on with Bind");
    screen.keys("<Enter>");
    screen.wait_for("PUT /subscriptions");
    screen.keys("<Enter>");
    screen.wait_for("The hostname is secured");
    cloud.served_thumbprint("www.contoso.news");
    assert_eq!(of_index(), before, "only what the changes touched is read again");
}
