//! A machine whose clock is wrong: what certdeck says of certificates is true by the service's day all the
//! same, and the difference is said. Here the practice cloud's clock is set apart from this machine's, which
//! comes to the same.

use std::process::{Command, Output};

use crate::cloud::Cloud;
use crate::support::{Reply, Server};
use certdeck::rules::{Period, Profile, Rules};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

fn certdeck(cloud: &Cloud, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
    command.env_clear().env("HOME", cloud.home()).current_dir(cloud.home()).envs(cloud.environment());
    command.args(arguments).output().unwrap()
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}

/// The days that are left of each row, by the cloud's own clock, against those that are told.
fn days_are_right(rows: &Value, now: Timestamp) -> usize {
    let rows = rows.as_array().unwrap();
    for row in rows.iter().filter(|row| !row["expires"].is_null()) {
        let text = row["expires"].as_str().unwrap();
        // Lists show the day only.
        let expires: Timestamp = text.parse().or_else(|_| format!("{text}T00:00:00Z").parse()).unwrap();
        let days = expires.duration_since(now).as_secs().div_euclid(86_400);
        let told = row["days"].as_i64().unwrap();
        assert!((told - days).abs() <= 1, "{}: {told} days are told, {days} are left", row["name"]);
    }
    rows.len()
}

#[test]
fn expiries_and_rules_are_judged_by_the_services_day_and_the_difference_is_said() {
    let rules = Rules::load(Profile::Current).unwrap();
    for days in [-400, -40, 40, 400] {
        let then = Timestamp::now() + SignedDuration::from_hours(24 * days);
        let cloud = Cloud::with(|options| options.clock = Some(then));
        let difference = |output: &Output| {
            let said = text(&output.stderr);
            let way = if days < 0 { "behind" } else { "ahead of" };
            assert!(said.contains(&format!("clock is {} days {way}", days.abs())), "{days}: {said}");
        };
        let list = certdeck(&cloud, &["list", "private", "-o", "json"]);
        difference(&list);
        assert!(days_are_right(&serde_json::from_slice(&list.stdout).unwrap(), then) > 10);

        let report = certdeck(&cloud, &["report", "--within", "1000w", "-o", "json"]);
        difference(&report);
        let rows: Value = serde_json::from_slice(&report.stdout).unwrap();
        assert!(days_are_right(&rows, then) > 10);

        let check = certdeck(&cloud, &["check"]);
        difference(&check);
        let ends_within = |row: &&Value, days: i64| {
            let expires = row["expires"].as_str().map(|expires| expires.parse::<Timestamp>().unwrap());
            expires.is_some_and(|expires| expires.duration_since(then).as_secs() <= 86_400 * days)
        };
        let within = |days: i64| rows.as_array().unwrap().iter().filter(|row| ends_within(row, days)).count();
        // What needs somebody although its end is far off counts as a warning too.
        let near = certdeck(&cloud, &["report", "-o", "json"]);
        let near: Vec<Value> = serde_json::from_slice(&near.stdout).unwrap();
        assert_eq!(near.iter().filter(|row| ends_within(row, 30)).count(), within(30));
        let line = text(&check.stdout);
        assert_eq!(check.status.code(), Some(2), "some have expired: {line}");
        assert!(line.contains(&format!("|critical={} warning={}", within(7), near.len())), "{line}");

        let group = format!("resource-group={}", cloud.connection().resource_group);
        let order = [
            "run",
            "purchase",
            "--plan",
            "-o",
            "json",
            "--set",
            "order=by-day",
            "--set",
            "domain=contoso.com",
            "--set",
            &group,
        ];
        let subscription = format!("subscription={}", cloud.connection().subscription_ids[0]);
        let plan = certdeck(&cloud, &[&order[..], &["--set", &subscription]].concat());
        difference(&plan);
        let plan: Value = serde_json::from_slice(&plan.stdout).unwrap();
        let buy = plan["steps"]
            .as_array()
            .unwrap()
            .iter()
            .find(|step| step["title"] == "Buy the certificate")
            .unwrap()
            .clone();
        let lives = rules.span(Period::OrderCertificateLifetime, then).days();
        let validity = buy["facts"]["Validity"].as_str().unwrap();
        assert_eq!(validity == "1 year", lives >= 365, "{validity}");
        assert!(validity == "1 year" || validity.contains(&format!("{lives} days")), "{validity}");
    }
}

#[test]
fn clocks_that_agree_are_nothing_to_speak_of() {
    let cloud = Cloud::start();
    let list = certdeck(&cloud, &["list", "private"]);
    assert!(list.status.success() && !text(&list.stderr).contains("clock"), "{}", text(&list.stderr));
}

/// A cloud that never says what time it is, with a certificate that was issued on this day and lives for a
/// year.
async fn timeless(issued: Timestamp) -> Server {
    Server::start(move |seen, _| {
        let certificate = json!({"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/certificates/shop", "name": "shop",
            "location": "West Europe", "properties": {"webSpace": "w", "issueDate": issued.to_string(), "hostNames": [],
            "expirationDate": (issued + SignedDuration::from_hours(365 * 24)).to_string()}});
        let list = |one: Value| Reply::json(200, &json!({"value": [one]}));
        match seen.line.as_str() {
            line if line.starts_with("GET /subscriptions?") => {
                list(json!({"id": "/subscriptions/s", "subscriptionId": "s", "displayName": "S", "state": "Enabled"}))
            }
            line if line.contains("/certificates?") => list(certificate),
            line if line.starts_with("POST") => Reply::json(403, &json!({"error": {"code": "AuthorizationFailed", "message": "No."}})),
            _ => Reply::json(200, &json!({"value": []})),
        }
    })
    .await
}

#[tokio::test]
async fn a_check_that_cannot_know_the_day_is_unknown_and_never_ok() {
    let home = tempfile::tempdir().unwrap();
    for (issued, code, word) in [(-10, 0, "OK - "), (300, 3, "UNKNOWN - this machine's clock is wrong")] {
        let server = timeless(Timestamp::now() + SignedDuration::from_hours(24 * issued)).await;
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_certdeck"));
        command.env_clear().env("HOME", home.path()).current_dir(home.path()).arg("check");
        command.env("CERTDECK_ARM_ENDPOINT", &server.origin).env("CERTDECK_AUTHORITY", &server.origin);
        command.env("CERTDECK_CA_FILE", server.ca_file());
        command.env("AZURE_TENANT_ID", "11111111-1111-1111-1111-111111111111");
        command.env("AZURE_CLIENT_ID", "certdeck").env("AZURE_CLIENT_SECRET", "s3cret");
        let output = command.output().await.unwrap();
        let line = text(&output.stdout);
        assert_eq!(
            (output.status.code(), line.starts_with(word)),
            (Some(code), true),
            "{line}{}",
            text(&output.stderr)
        );
    }
}
