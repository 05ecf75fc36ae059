//! What somebody else changes between the look that was agreed to and the sending: nothing of theirs is lost,
//! and nothing is sent that nobody agreed to.

use std::time::Duration;

use certdeck::flow::engine::{Conductor, Ending};
use certdeck::flow::{FlowName, Key, Step, StepId};
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::common::Practice;
use crate::pty::Pty;
use crate::replace::site;

const LOADS_ALL: [(Key, &str); 2] = [(Key::App, "contoso-blog"), (Key::LoadCertificates, "*")];

/// The app settings of contoso-blog, as a person with curl sees them.
async fn settings(practice: &Practice) -> Value {
    let id = site(practice, "contoso-blog").await["id"].as_str().unwrap().to_owned();
    practice.arm_send("POST", &format!("{id}/config/appsettings/list"), &json!({})).await["properties"]
        .clone()
}

/// Somebody else sets an app setting of contoso-blog.
async fn somebody_sets(practice: &Practice, name: &str, value: &str) {
    let mut all = settings(practice).await;
    all[name] = value.into();
    let id = site(practice, "contoso-blog").await["id"].as_str().unwrap().to_owned();
    practice.arm_send("PUT", &format!("{id}/config/appsettings"), &json!({ "properties": all })).await;
}

#[tokio::test]
async fn a_setting_of_somebody_else_made_after_the_look_is_sent_back_as_it_is() {
    let practice = Practice::start().await;
    let inputs = practice.inputs(FlowName::Settings, &LOADS_ALL);
    let agreed = practice.shown(FlowName::Settings, &inputs, StepId::LOAD).await;
    somebody_sets(&practice, "DB", "new and secret").await;
    practice.engine().perform(FlowName::Settings, &inputs, &agreed, &mut |_| ()).await.unwrap();
    let after = settings(&practice).await;
    assert_eq!((&after["DB"], &after["WEBSITE_LOAD_CERTIFICATES"]), (&"new and secret".into(), &"*".into()));
}

#[tokio::test]
async fn the_same_setting_changed_after_the_look_is_not_overwritten_and_the_words_say_what_it_is_now() {
    let practice = Practice::start().await;
    let inputs = practice.inputs(FlowName::Settings, &LOADS_ALL);
    let agreed = practice.shown(FlowName::Settings, &inputs, StepId::LOAD).await;
    let theirs = "AB".repeat(20);
    somebody_sets(&practice, "WEBSITE_LOAD_CERTIFICATES", &theirs).await;
    let changes = practice.changes().await;
    let problem =
        practice.engine().perform(FlowName::Settings, &inputs, &agreed, &mut |_| ()).await.unwrap_err();
    assert!(problem.why.contains(&format!("Setting now: {theirs} instead of not set")), "{problem}");
    assert!(
        problem.remedy.contains("Nothing was sent") && problem.remedy.contains("agree again"),
        "{problem}"
    );
    assert_eq!(practice.changes().await, changes);
    assert_eq!(settings(&practice).await["WEBSITE_LOAD_CERTIFICATES"], theirs.as_str());
}

/// Thinks for a minute, in which somebody else changes the setting.
struct Slow<'a> {
    practice: &'a Practice,
    shown: Vec<String>,
}

impl Conductor for Slow<'_> {
    fn stands(&mut self, _: &[Step]) {}
    fn says(&mut self, _: &str) {}

    fn consents(&mut self, step: &Step) -> bool {
        let now = step.facts.iter().find(|(label, _)| label == "Setting now").unwrap().1.clone();
        self.shown.push(now);
        if self.shown.len() == 1 {
            let somebody = somebody_sets(self.practice, "WEBSITE_LOAD_CERTIFICATES", "CD");
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(somebody));
        }
        let minute = async {
            self.practice.control_post("clock", json!({"advance": "1m"})).await;
            certdeck::azure::subscriptions::list(&self.practice.client).await.unwrap();
        };
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(minute));
        true
    }

    async fn waits(&mut self, _: &str, _: Duration) -> bool {
        true
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_thinks_for_long_is_asked_again_when_it_is_not_what_it_was() {
    let practice = Practice::start().await;
    let inputs = practice.inputs(FlowName::Settings, &LOADS_ALL);
    let engine = practice.engine();
    let mut person = Slow { practice: &practice, shown: Vec::new() };
    let ending = engine.run(FlowName::Settings, &inputs, &mut person).await;
    assert!(matches!(ending, Ok(Ending::Done(_))), "{ending:?}");
    assert_eq!(person.shown, ["not set", "CD"], "agreed to twice, and the second time it stayed the same");
    assert_eq!(settings(&practice).await["WEBSITE_LOAD_CERTIFICATES"], "*");
}

#[test]
fn on_screen_what_somebody_else_changes_under_way_stays() {
    let cloud = Cloud::start();
    let blog = crate::state::estate(&cloud)
        .into_rows()
        .apps
        .into_iter()
        .find(|app| app.id.name() == "contoso-blog")
        .unwrap()
        .id;
    let mut screen = Pty::start(&[env!("CARGO_BIN_EXE_certdeck")], &cloud.environment());
    screen.wait_for("shop-2026");
    screen.keys("4/blog<Enter>");
    screen.wait_for("Bindings 1/");
    screen.keys(",");
    screen.wait_for("stays 1.2");
    screen.keys("<Right>");
    screen.wait_for("Enter choose");
    screen.keys("<PgDn>");
    screen.wait_for("Enter HTTPS only...");
    screen.keys("<Enter>");
    screen.wait_for("Enter Send");
    // The answer to the look before the sending is held back, and it is outdated when it comes.
    let fault = json!({"kind": "delay", "ms": 4_000});
    cloud.tell(
        "faults",
        &json!({"method": "GET", "path": "*/sites/contoso-blog", "count": 1, "fault": fault}),
    );
    screen.keys("<Enter>");
    while cloud.control("faults")["value"][0]["disturbed"] == 0 {
        std::thread::yield_now();
    }
    cloud.arm("PATCH", blog.as_str(), &json!({"properties": {"clientAffinityEnabled": false}}));
    screen.wait_for("The settings are applied");
    let site = cloud.arm("GET", blog.as_str(), &Value::Null);
    assert_eq!(
        (&site["properties"]["clientAffinityEnabled"], &site["properties"]["httpsOnly"]),
        (&false.into(), &true.into())
    );
}

/// Somebody else unbinds the hostname while the first question is on the screen.
struct Interrupted<'a> {
    practice: &'a Practice,
    binding: String,
    replaces: Vec<bool>,
}

impl Conductor for Interrupted<'_> {
    fn stands(&mut self, _: &[Step]) {}
    fn says(&mut self, _: &str) {}

    fn consents(&mut self, step: &Step) -> bool {
        self.replaces.push(step.facts.iter().any(|(label, _)| label == "Replaces"));
        if self.replaces.len() == 1 {
            let body = json!({"properties": {"sslState": "Disabled"}});
            let somebody = self.practice.arm_send("PUT", &self.binding, &body);
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(somebody));
        }
        true
    }

    async fn waits(&mut self, _: &str, _: Duration) -> bool {
        true
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_binding_that_somebody_else_changed_is_looked_at_again_whether_or_not_azure_obeys_if_match() {
    for ignored in [false, true] {
        let practice = Practice::start().await;
        practice.control_post("switches", json!({"if_match_ignored": ignored})).await;
        let shop = crate::replace::site(&practice, "contoso-shop").await;
        let binding = format!("{}/hostNameBindings/shop.contoso.com", shop["id"].as_str().unwrap());
        let given = [
            (Key::App, "contoso-shop"),
            (Key::Hostname, "shop.contoso.com"),
            (Key::Certificate, "wildcard-contoso"),
            (Key::SslType, "sni"),
        ];
        let mut person = Interrupted { practice: &practice, binding, replaces: Vec::new() };
        let inputs = practice.inputs(FlowName::Bind, &given);
        let ending = practice.engine().run(FlowName::Bind, &inputs, &mut person).await;
        assert!(matches!(ending, Ok(Ending::Done(_))), "{ending:?}");
        assert_eq!(person.replaces, [true, false], "what somebody else did is seen before anything is sent");
    }
}
