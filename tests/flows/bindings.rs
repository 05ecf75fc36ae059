//! Unbinding, IP based bindings, and one certificate for many hostnames.

use certdeck::flow::engine::Ending;
use certdeck::flow::{FlowName, Key, StepId, StepStatus, observe, steps};
use serde_json::json;

use crate::cloud::Cloud;
use crate::common::Practice;
use crate::pty::Pty;
use crate::replace::{binding, certificate, site};

#[tokio::test]
async fn a_hostname_is_unbound_once_and_the_rest_of_its_binding_stays() {
    let practice = Practice::start().await;
    let given = [(Key::App, "contoso-blog"), (Key::Hostname, "blog.contoso.com")];
    practice.complete(FlowName::Unbind, &given).await;
    let after = site(&practice, "contoso-blog").await;
    assert_eq!(binding(&after, "blog.contoso.com"), ("Disabled", None));
    let id = after["id"].as_str().unwrap();
    let left = practice.arm(&format!("{id}/hostNameBindings/blog.contoso.com")).await;
    assert_eq!(left["properties"]["customHostNameDnsRecordType"], "CName", "the hostname stays mapped");
    let changes = practice.changes().await;
    practice.complete(FlowName::Unbind, &given).await;
    assert_eq!(practice.changes().await, changes);
}

#[tokio::test]
async fn an_ip_based_binding_stops_until_dns_follows_to_the_new_address_a215() {
    let practice = Practice::start().await;
    let given = [
        (Key::App, "contoso-shop"),
        (Key::Hostname, "contoso.com"),
        (Key::Certificate, "wildcard-contoso"),
        (Key::SslType, "ip"),
    ];
    let Ok(Ending::Blocked(problem)) = practice.run(FlowName::Bind, &given).await else {
        panic!("DNS leads to the old address")
    };
    let address =
        site(&practice, "contoso-shop").await["properties"]["inboundIpAddress"].as_str().unwrap().to_owned();
    assert!(problem.remedy.contains(&address), "{problem}");
    practice.control_post("dns", serde_json::json!({"remove": {"name": "contoso.com", "type": "A"}})).await;
    practice
        .control_post(
            "dns",
            serde_json::json!({"add": {"name": "contoso.com", "type": "A", "value": address}}),
        )
        .await;
    practice.complete(FlowName::Bind, &given).await;
    let second = [given[0], (Key::Hostname, "www.contoso.com"), given[2], given[3]];
    match practice.run(FlowName::Bind, &second).await {
        Ok(Ending::NeedsInput { key, why }) => {
            assert!(key == Key::SslType && why.contains("one IP based binding"), "{why}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn one_certificate_goes_to_every_hostname_that_it_renews_and_to_all_where_asked_b3_12() {
    let practice = Practice::start().await;
    let wildcard = certificate(&practice, "wildcard-contoso").await["properties"]["thumbprint"]
        .as_str()
        .unwrap()
        .to_owned();
    let renewed = [(Key::Certificate, "wildcard-contoso")];
    let inputs = practice.inputs(FlowName::RebindAll, &renewed);
    let before = practice.changes().await;
    let seen = observe(&practice.client, FlowName::RebindAll, &inputs).await.unwrap();
    let planned = steps(FlowName::RebindAll, &seen, &inputs, &practice.rules, jiff::Timestamp::now());
    assert_eq!(planned[0].plan().len(), 1, "{planned:#?}");
    assert_eq!(practice.changes().await, before);
    practice.complete(FlowName::RebindAll, &renewed).await;
    let partners = site(&practice, "contoso-partners").await;
    assert_eq!(
        binding(&partners, "partners.contoso.com"),
        ("IpBasedEnabled", Some(wildcard.as_str())),
        "it keeps its type"
    );

    let all = [renewed[0], (Key::Which, "all")];
    let done = practice.complete(FlowName::RebindAll, &all).await;
    assert!(
        matches!(&done[1].status, StepStatus::Done(words) if words.starts_with("7 of 7")),
        "{:?}",
        done[1]
    );
    assert_eq!(done[0].id, StepId::REBIND);
    let shop = site(&practice, "contoso-shop").await;
    for host in ["shop.contoso.com", "contoso.com", "www.contoso.com", "pay.contoso.com"] {
        assert_eq!(binding(&shop, host), ("SniEnabled", Some(wildcard.as_str())), "{host}");
    }
    let changes = practice.changes().await;
    practice.complete(FlowName::RebindAll, &all).await;
    assert_eq!(practice.changes().await, changes);
}

#[tokio::test]
async fn the_first_hostname_that_fails_stops_the_rest_and_the_same_command_goes_on_there_b3_12() {
    let practice = Practice::start().await;
    let given = [(Key::Certificate, "wildcard-contoso"), (Key::Which, "all")];
    // The requests about one app go one after the other, so what comes behind the first is begun by nobody.
    let inputs = practice.inputs(FlowName::RebindAll, &given);
    let seen = observe(&practice.client, FlowName::RebindAll, &inputs).await.unwrap();
    let planned = steps(FlowName::RebindAll, &seen, &inputs, &practice.rules, jiff::Timestamp::now());
    let shop: Vec<String> = planned[0]
        .requests
        .iter()
        .map(|request| request.path.clone())
        .filter(|path| path.contains("/contoso-shop/host"))
        .collect();
    assert!(shop.len() > 2, "{shop:?}");
    let first = &shop[0];
    let fault =
        json!({"kind": "status", "status": 403, "code": "AuthorizationFailed", "message": "Not you."});
    practice
        .control_post("faults", json!({"method": "PUT", "path": first, "count": 1, "fault": fault}))
        .await;
    let problem = practice.run(FlowName::RebindAll, &given).await.unwrap_err();
    assert_eq!(problem.code.as_deref(), Some("AuthorizationFailed"), "{problem}");
    assert!(problem.what.contains(first.rsplit('/').next().unwrap()), "the hostname is named: {problem}");
    for (nth, path) in shop.iter().enumerate() {
        assert_eq!(puts(&practice, path).await.len(), usize::from(nth == 0), "{path}");
    }

    let done = practice.complete(FlowName::RebindAll, &given).await;
    assert!(
        matches!(&done[1].status, StepStatus::Done(words) if words.starts_with("7 of 7")),
        "{:?}",
        done[1]
    );
    assert_eq!(puts(&practice, first).await, [403, 200]);
    for request in &planned[0].requests {
        let accepted =
            puts(&practice, &request.path).await.into_iter().filter(|status| *status == 200).count();
        assert_eq!(accepted, 1, "{} is not bound twice", request.path);
    }
}

/// The answers to every PUT to this place.
#[tokio::test]
async fn an_app_with_many_hostnames_is_rebound_in_one_run_whether_or_not_azure_obeys_if_match() {
    for ignored in [false, true] {
        let practice = Practice::start().await;
        practice.control_post("switches", json!({"if_match_ignored": ignored})).await;
        let shop = site(&practice, "contoso-shop").await;
        let (id, name) =
            (shop["id"].as_str().unwrap(), shop["properties"]["defaultHostName"].as_str().unwrap());
        for nth in 1..=6 {
            let host = format!("s{nth}.contoso.com");
            practice
                .control_post("dns", json!({"add": {"name": host, "type": "CNAME", "value": name}}))
                .await;
            practice
                .arm_send("PUT", &format!("{id}/hostNameBindings/{host}"), &json!({"properties": {}}))
                .await;
        }
        let changes = practice.changes().await;
        let given = [(Key::Certificate, "wildcard-contoso"), (Key::Which, "all")];
        let done = practice.complete(FlowName::RebindAll, &given).await;
        assert!(
            matches!(&done[1].status, StepStatus::Done(words) if words.starts_with("13 of 13")),
            "{:?}",
            done[1]
        );
        let shop = site(&practice, "contoso-shop").await;
        for nth in 1..=6 {
            assert_eq!(binding(&shop, &format!("s{nth}.contoso.com")).0, "SniEnabled");
        }
        assert_eq!(
            practice.changes().await,
            changes + 11,
            "each hostname that had another certificate was written once"
        );
    }
}

#[tokio::test]
async fn a_hostname_behind_something_with_its_own_certificate_is_bound_and_proved_at_the_app() {
    let practice = Practice::start().await;
    practice.control_post("edge", json!({"host": "shop.contoso.com"})).await;
    let given = [
        (Key::App, "contoso-shop"),
        (Key::Hostname, "shop.contoso.com"),
        (Key::Certificate, "wildcard-contoso"),
        (Key::SslType, "sni"),
    ];
    let steps = practice.complete(FlowName::Bind, &given).await;
    let served = steps.iter().find(|step| step.id == StepId::SERVED).unwrap();
    assert!(
        matches!(&served.status, StepStatus::Done(words) if words.contains("the app presents this certificate")),
        "{served:?}"
    );
    assert!(served.facts.iter().any(|(_, words)| words.contains("stands in front of the app")), "{served:?}");
    let all = [(Key::Certificate, "wildcard-contoso"), (Key::Which, "all")];
    let done = practice.complete(FlowName::RebindAll, &all).await;
    assert!(
        matches!(&done[1].status, StepStatus::Done(words) if words.starts_with("6 of 7")),
        "{:?}",
        done[1]
    );
    practice.control_post("edge", json!({"host": "shop.contoso.com", "behind": false})).await;
    let back = practice.complete(FlowName::Bind, &given).await;
    assert!(
        back.iter().any(|step| step.status == StepStatus::Done("it serves this certificate".to_owned())),
        "{back:?}"
    );
}

async fn puts(practice: &Practice, path: &str) -> Vec<u64> {
    let log = practice.control_get("requests").await;
    let is_meant = |entry: &&serde_json::Value| {
        entry["method"] == "PUT"
            && entry["path"].as_str().unwrap().split('?').next().unwrap().eq_ignore_ascii_case(path)
    };
    log["value"]
        .as_array()
        .unwrap()
        .iter()
        .filter(is_meant)
        .map(|entry| entry["status"].as_u64().unwrap())
        .collect()
}

#[test]
fn on_screen_marked_hostnames_are_bound_and_one_is_unbound() {
    let cloud = Cloud::start();
    let mut screen = Pty::start(&[env!("CARGO_BIN_EXE_certdeck")], &cloud.environment());
    screen.wait_for("shop-2026");
    screen.keys("4/host:pay.c<Enter>");
    screen.wait_for("Bindings 1/");
    screen.keys("<Space>/<C-u>host:www.contoso<Enter>");
    screen.wait_for("www.contoso.com");
    screen.keys("<Space>B");
    screen.wait_for("type to filter");
    screen.keys("wildcard-c<Enter>");
    screen.wait_for("Those of older certificates");
    screen.keys("<S-Tab><S-Tab><Right><Right>");
    screen.wait_for("All it covers");
    screen.keys("<PgDn>");
    screen.wait_for("Enter Bind the hostnames...");
    assert!(screen.screen().contains("pay.contoso.com"), "{}", screen.screen());
    screen.keys("<Enter>");
    screen.wait_for("Enter Send");
    screen.keys("<Enter>");
    screen.wait_for("Every hostname is bound");
    assert_eq!(cloud.served_thumbprint("pay.contoso.com"), cloud.served_thumbprint("www.contoso.com"));
    screen.keys("<Enter>");
    screen.wait_for("Private Key Certificates");
    screen.keys("4/<C-u>host:pay.c<Enter>");
    screen
        .wait_until("the new binding", |screen| screen.contains("/host:pay.c") && screen.contains("SNI SSL"));
    screen.keys("d");
    screen.wait_for("Enter Unbind pay.contoso.com...");
    screen.keys("<Enter>");
    screen.wait_for("Enter Cancel");
    screen.keys("<Tab>");
    screen.wait_for("Enter Send");
    screen.keys("<Enter>");
    screen.wait_for("The hostname is unbound");
}

#[test]
fn on_screen_marked_hostnames_are_unbound_by_one_agreement_and_no_further_after_one_that_fails() {
    let cloud = Cloud::start();
    let mut screen = Pty::start(&[env!("CARGO_BIN_EXE_certdeck")], &cloud.environment());
    screen.wait_for("shop-2026");
    screen.keys("4");
    for host in ["docs.contoso.com", "login.contoso.com", "wiki.contoso.com"] {
        screen.keys(&format!("/{host}<Enter>"));
        screen.wait_for(&format!("Bindings 1/19  /{host}"));
        screen.keys("<Space>");
    }
    screen.keys("<Esc>");
    screen.wait_for("d Unbind 3");
    let refused = json!({"method": "PUT", "path": "*login.contoso.com", "count": 1,
        "fault": {"kind": "status", "status": 403, "code": "AuthorizationFailed", "message": "not today"}});
    cloud.tell("faults", &refused);
    screen.keys("d");
    screen.wait_for("One after the other");
    screen.keys("<Tab>");
    screen.wait_for("Enter Send");
    screen.keys("<Enter>");
    screen.wait_for("login.contoso.com: ");
    screen.wait_for("not begun: wiki.contoso.com");
    screen.keys("<Esc>");
    screen.wait_for("2 marked");
}

/// Whoever types a command knows the app's name, and seldom its group.
#[test]
fn an_app_is_found_by_its_name_alone() {
    let cloud = Cloud::start();
    let plan = |app: &str| {
        let settings = [app, "hostname=blog.contoso.com"];
        let done = crate::runs::Run::new("unbind", &settings).certdeck(&cloud, &["--plan"]);
        (done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned())
    };
    assert_eq!(plan("app=contoso-blog"), (Some(0), String::new()));
    let (exit, said) = plan("app=contoso-blgo");
    assert_eq!(exit, Some(2));
    assert!(
        said.contains("in the subscription Contoso Production: there is no app 'contoso-blgo'"),
        "{said}"
    );
}
