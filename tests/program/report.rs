//! `certdeck report` and `certdeck check` over a whole estate: the same words about who must act as
//! everywhere else.

use std::collections::BTreeMap;
use std::process::Command;

use crate::cloud::Cloud;
use serde_json::{Value, json};

fn certdeck(cloud: &Cloud, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
    command.env_clear().env("HOME", cloud.home()).current_dir(cloud.home()).envs(cloud.environment());
    let output = command.args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

/// Who acts, by the id of each row.
fn who_acts(rows: &str) -> BTreeMap<String, String> {
    let rows: Value = serde_json::from_str(rows).unwrap();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    rows.as_array().unwrap().iter().map(|row| (text(row, "id"), text(row, "who_acts"))).collect()
}

#[test]
fn a_report_names_who_acts_as_the_panes_do_for_certificates_and_orders() {
    let cloud = Cloud::start();
    let (code, report) = certdeck(&cloud, &["report", "--within", "1000w", "-o", "json"]);
    assert_eq!(code, Some(0));
    let report = who_acts(&report);
    let listed = who_acts(&certdeck(&cloud, &["list", "private", "-o", "json"]).1);
    assert!(listed.len() > 10);
    for (id, who) in listed.iter().filter(|(id, _)| report.contains_key(*id)) {
        assert_eq!(&report[id], who, "{id}");
    }
    let of = |name: &str| report.iter().find(|(id, _)| id.ends_with(name)).map(|(_, who)| who.as_str());
    assert_eq!(of("certificateOrders/fabrikam"), Some("Azure"), "it renews by itself");
    assert_eq!(of("certificateOrders/apifabrikam"), Some("you"), "it does not");
    assert_eq!(of("certificateOrders/oldshop"), Some("you"), "nothing renews what has expired");
    assert_eq!(of("certificates/shop-2026"), Some("you"), "it was uploaded");
    // By its source Azure would act, and does not.
    assert_eq!(
        of("certificates/kv-contoso-rbac-login"),
        listed.iter().find(|(id, _)| id.ends_with("rbac-login")).map(|(_, who)| who.as_str())
    );
}

#[test]
fn a_report_covers_what_ends_within_the_time_soonest_first() {
    let cloud = Cloud::start();
    let (_, rows) = certdeck(&cloud, &["report", "--within", "30d", "-o", "json"]);
    let rows: Value = serde_json::from_str(&rows).unwrap();
    let rows = rows.as_array().unwrap();
    let days: Vec<Option<i64>> = rows.iter().map(|row| row["days"].as_i64()).collect();
    assert!(days.is_sorted() && days.iter().flatten().min() < Some(&0), "{days:?}");
    // What needs somebody is there however far off its end is, or where it has none.
    let (near, far): (Vec<&Value>, Vec<&Value>) =
        rows.iter().partition(|row| row["days"].as_i64().is_some_and(|days| days <= 30));
    assert!(!far.is_empty() && near.len() > far.len(), "{far:?}");
    for row in far {
        assert!(row["urgency"] == "soon" && row["next"].as_str().unwrap().starts_with("you: "), "{row}");
    }
    let (code, text) = certdeck(&cloud, &["report", "-o", "prometheus"]);
    assert_eq!(code, Some(0));
    assert!(
        text.contains("name=\"shop-2026\",who_acts=\"you\"") && text.contains("certdeck_gaps 0"),
        "{text}"
    );
}

#[test]
fn hygiene_is_told_where_it_is_asked_for_and_changes_nothing_else() {
    let cloud = Cloud::start();
    let rows = |arguments: &[&str]| -> Vec<Value> {
        let (code, rows) = certdeck(&cloud, &[&["report", "-o", "json"], arguments].concat());
        assert_eq!(code, Some(0));
        serde_json::from_str(&rows).unwrap()
    };
    let (usual, all) = (rows(&[]), rows(&["--include", "hygiene"]));
    assert!(usual.iter().all(|row| row["urgency"] != "note"));
    assert_eq!(all[..usual.len()], usual, "hygiene comes last");
    let notes: Vec<_> = all[usual.len()..]
        .iter()
        .map(|row| {
            assert!(row["urgency"] == "note" && row["next"].as_str().unwrap().starts_with("you: "), "{row}");
            (row["kind"].as_str().unwrap(), row["name"].as_str().unwrap())
        })
        .collect();
    for note in [
        ("order", "marketing"),
        ("order", "jobsite"),
        ("private", "blog-2025"),
        ("app", "contoso-shop/staging"),
        ("binding", "pay.contoso.com"),
    ] {
        assert!(notes.contains(&note), "{note:?} in {notes:?}");
    }
    let (_, line) = certdeck(&cloud, &["check"]);
    assert!(line.contains(&format!("; {} of hygiene, not counted", notes.len())), "{line}");
}

#[test]
fn a_check_ends_with_the_code_of_the_worst_and_counts_what_needs_somebody() {
    let cloud = Cloud::start();
    let (code, line) = certdeck(&cloud, &["check"]);
    assert_eq!((code, line.lines().count()), (Some(2), 1), "{line}");
    assert!(line.starts_with("CRITICAL - ") && line.contains(" of them need you"), "{line}");
    let fault =
        json!({"kind": "status", "status": 403, "code": "AuthorizationFailed", "message": "Not you."});
    cloud.tell("faults", &json!({"path": "/subscriptions", "fault": fault}));
    let (code, line) = certdeck(&cloud, &["check"]);
    assert_eq!((code, line.lines().count()), (Some(3), 1), "{line}");
    assert!(line.starts_with("UNKNOWN - "), "{line}");
}

#[test]
fn what_a_vault_does_not_renew_is_yours_in_every_form_and_the_answer_is_kept_in_a_private_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let cloud = Cloud::start();
    let report: Value =
        serde_json::from_str(&certdeck(&cloud, &["report", "--within", "1000w", "-o", "json"]).1).unwrap();
    let row = report.as_array().unwrap().iter().find(|row| row["name"] == "kv-contoso-shop-api").unwrap();
    assert_eq!(row["who_acts"], "you");
    assert!(row["next"].as_str().unwrap().contains("bring a new version into the vault"), "{row}");
    let (_, text) = certdeck(&cloud, &["report", "-o", "prometheus"]);
    assert!(text.contains("name=\"kv-contoso-shop-api\",who_acts=\"you\""), "{text}");
    let files = |dir: &std::path::Path| {
        let mut found = Vec::new();
        let mut dirs = vec![dir.to_owned()];
        while let Some(dir) = dirs.pop() {
            for entry in std::fs::read_dir(dir).unwrap().flatten() {
                if entry.path().is_dir() { dirs.push(entry.path()) } else { found.push(entry.path()) }
            }
        }
        found
    };
    let kept: Vec<_> = files(&cloud.home())
        .into_iter()
        .filter(|path| path.extension().is_some_and(|it| it == "upkeep"))
        .collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(kept[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_deleted_order_leaves_nothing_that_is_called_valid() {
    let cloud = Cloud::start();
    let orders: Value = serde_json::from_str(&certdeck(&cloud, &["list", "orders", "-o", "json"]).1).unwrap();
    let order = orders.as_array().unwrap().iter().find(|row| row["name"] == "wildfabrikam").unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let settings = [format!("order={order}"), format!("subscription={}", order.split('/').nth(2).unwrap())];
    let (code, text) =
        certdeck(&cloud, &["run", "unlock", "--set", &settings[0], "--set", &settings[1], "--yes"]);
    assert_eq!(code, Some(0), "{text}");
    let (code, text) =
        certdeck(&cloud, &["run", "delete", "--set", &settings[0], "--set", &settings[1], "--yes"]);
    assert_eq!(code, Some(0), "{text}");
    let listed: Value =
        serde_json::from_str(&certdeck(&cloud, &["list", "private", "-o", "json"]).1).unwrap();
    let import = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["name"].as_str().unwrap().starts_with("wildfabrikam"))
        .unwrap();
    assert_eq!((&import["revoked"], &import["who_acts"]), (&json!(true), &json!("you")));
    let report: Value =
        serde_json::from_str(&certdeck(&cloud, &["report", "--within", "1d", "-o", "json"]).1).unwrap();
    let row =
        report.as_array().unwrap().iter().find(|row| row["name"] == import["name"]).expect("it is due now");
    assert!(row["next"].as_str().unwrap().contains("revoked") && row["days"].as_i64().unwrap() <= 0, "{row}");
}

#[test]
fn a_check_ends_in_time_and_is_unknown_where_azure_throttles_for_longer() {
    let cloud = Cloud::start();
    let fault = json!({"kind": "status", "status": 429, "retry_after": 40});
    cloud.tell("faults", &json!({"path": "*/providers/*", "fault": fault}));
    let start = std::time::Instant::now();
    let (code, line) = certdeck(&cloud, &["check", "--timeout", "10s"]);
    assert_eq!((code, line.lines().count()), (Some(3), 1), "{line}");
    assert!(line.starts_with("UNKNOWN - ") && line.contains("could not be read: "), "{line}");
    let (code, _) = certdeck(&cloud, &["list", "private", "--timeout", "10s"]);
    assert_eq!(code, Some(4), "what is missing is named on standard error");
    let (code, _) = certdeck(&cloud, &["report", "--timeout", "10s"]);
    assert_eq!(code, Some(4));
    let run = ["run", "settings", "--set", "app=rg-shop/contoso-blog", "--set", "https-only=yes"];
    for more in [&["--plan"][..], &["--yes"]] {
        let (code, text) = certdeck(&cloud, &[&run, more, &["--timeout", "10s"]].concat());
        assert_eq!(code, Some(4), "{text}");
    }
    let (code, text) = certdeck(&cloud, &["doctor", "--timeout", "10s"]);
    assert_eq!(code, Some(0), "what reads no provider is as always: {text}");
    assert!(start.elapsed() < std::time::Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn answers_that_trickle_are_waited_for_no_longer_than_was_said() {
    let cloud = Cloud::start();
    let trickle = json!({"kind": "trickle", "ms": 300});
    for path in ["/subscriptions", "*/token", "*/Microsoft.ResourceGraph/resources"] {
        cloud.tell("faults", &json!({"path": path, "fault": trickle}));
        for command in [&["check"][..], &["list", "private"], &["report"], &["doctor"]] {
            let start = std::time::Instant::now();
            let (code, text) = certdeck(&cloud, &[command, &["--timeout", "2s"]].concat());
            assert!(
                start.elapsed() < std::time::Duration::from_secs(15),
                "{path} {command:?}: {:?}",
                start.elapsed()
            );
            let (unknown, is_check) = (code == Some(3), command == ["check"]);
            // Behind an index that trickles, ARM's lists may have answered in time.
            let is_answered = code == Some(0) || (is_check && code == Some(2));
            assert!(
                unknown && is_check || code == Some(4) || (path.contains("Graph") && is_answered),
                "{path} {command:?}: {code:?} {text}"
            );
        }
        cloud.clear("faults");
    }
}

#[test]
fn whoever_waits_is_told_why_and_how_long_on_a_pipe_too() {
    let cloud = Cloud::start();
    let fault = json!({"kind": "status", "status": 429, "retry_after": 2});
    cloud.tell("faults", &json!({"path": "/subscriptions", "count": 1, "fault": fault}));
    let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
    command.env_clear().env("HOME", cloud.home()).envs(cloud.environment());
    let output = command.args(["list", "private"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success()
            && said.contains("certdeck: waiting ")
            && said.contains(" s: Azure throttles "),
        "{said}"
    );
}

#[test]
fn a_list_has_the_columns_that_are_asked_for_and_filters_by_any() {
    let cloud = Cloud::start();
    let (code, text) =
        certdeck(&cloud, &["list", "orders", "--columns", "thumbprint,paid-until,name", "-o", "csv"]);
    assert_eq!((code, text.lines().next()), (Some(0), Some("thumbprint,paid_until,name")), "{text}");
    let (_, table) = certdeck(&cloud, &["list", "orders"]);
    assert!(table.starts_with("Name ") && !table.lines().next().unwrap().contains("Paid until"), "{table}");
    let (code, _) = certdeck(&cloud, &["list", "orders", "--columns", "colour"]);
    assert_eq!(code, Some(2));
    // Each by the key of its JSON, by its title on screen, or by the name that the screen offers.
    for filter in ["tls:sni", "tls-type:sni", "group:rg-", "resource_group:rg-"] {
        let (code, rows) = certdeck(&cloud, &["list", "bindings", "--filter", filter, "-o", "json"]);
        let rows: Vec<Value> = serde_json::from_str(&rows).unwrap();
        assert!(code == Some(0) && !rows.is_empty(), "{filter}");
    }
}

#[test]
fn explain_tells_the_chain_of_a_hostname_and_ends_with_1_where_a_link_is_broken() {
    let cloud = Cloud::start();
    let (code, text) = certdeck(&cloud, &["explain", "shop.contoso.com"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("shop.contoso.com: OK") && text.contains("  Served: "), "{text}");

    let (code, rows) = certdeck(&cloud, &["explain", "PAY.contoso.com", "-o", "json"]);
    let chains: Value = serde_json::from_str(&rows).unwrap();
    let standing = |one: &Value| one["standing"].as_str().unwrap().to_owned();
    let links = chains[0]["links"].as_array().unwrap();
    assert_eq!((code, chains[0]["hostname"].as_str()), (Some(1), Some("pay.contoso.com")), "{rows}");
    assert!(links.iter().any(|one| standing(one) == "broken" && one["remedy"].is_string()), "{rows}");

    let (code, _) = certdeck(&cloud, &["explain", "nowhere.contoso.com"]);
    assert_eq!(code, Some(2));
}
