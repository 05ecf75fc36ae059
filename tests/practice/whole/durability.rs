//! What was acknowledged stays, through restarts, kills and a clock that jumps.

use super::*;

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart_at_the_same_address() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let before = cloud.emulator.connection().clone();
    let group = format!("/subscriptions/{}/resourceGroups/rg-new", before.subscription_ids[0]);
    let (status, _) = cloud.put(&group, json!({"location": "westeurope"})).await;
    assert_eq!(status, StatusCode::CREATED);
    cloud.emulator.shutdown().await;

    let cloud = Cloud::start(dir.path()).await;
    assert_eq!(*cloud.emulator.connection(), before);
    assert_eq!(cloud.get(&group).await["name"], "rg-new");
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn a_data_directory_serves_one_process() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let second = Emulator::start(options(dir.path())).await.unwrap_err();
    assert!(matches!(second, EmulatorError::InUse(_)), "{second}");
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn the_clock_can_begin_anywhere_in_its_range_and_only_there() {
    let at = |clock: &str| Some(clock.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let refused = Emulator::start(Options { clock: at("9999-12-30T00:00:00Z"), ..plain(dir.path()) })
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("2010 to 2100"), "{refused}");
    // A new cloud of a far day: who connects to it lives today.
    let cloud = Cloud::with(Options { clock: at("2050-06-01T00:00:00Z"), ..plain(dir.path()) }).await;
    let clock = cloud.get("/_emulator/clock").await;
    assert!(clock["now"].as_str().unwrap().starts_with("2050-06-01"), "{clock}");
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn the_clock_moves_and_what_was_due_has_happened() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let intranet = cloud.web().replace("rg-shop", "rg-intranet");
    let path = format!("{intranet}/certificates/wiki.contoso.com");
    let before = cloud.get(&path).await;
    // Issued for 180 days, 20 days ago: renewed 45 days before the end, with its binding.
    let (status, _) =
        answer(cloud.send(Method::POST, "/_emulator/clock", Some(json!({"advance": "116d"}))).await).await;
    assert_eq!(status, StatusCode::OK);
    let after = cloud.get(&path).await;
    assert_ne!(before["properties"]["thumbprint"], after["properties"]["thumbprint"]);
    let binding =
        cloud.get(&format!("{intranet}/sites/contoso-intranet/hostNameBindings/wiki.contoso.com")).await;
    assert_eq!(binding["properties"]["thumbprint"], after["properties"]["thumbprint"]);
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn a_gate_holds_exactly_one_request_on_the_side_it_was_told() {
    // Request 1 is the token.
    for (gate, made) in [(Gate::hold_before(2), false), (Gate::hold_after(2), true)] {
        let dir = tempfile::tempdir().unwrap();
        let cloud = Cloud::with(Options { gate: Some(gate.clone()), ..options(dir.path()) }).await;
        let group = format!(
            "/subscriptions/{}/resourceGroups/rg-held",
            cloud.emulator.connection().subscription_ids[0]
        );
        let held = cloud.send(Method::PUT, &group, Some(json!({"location": "westeurope"})));
        tokio::select! {
            response = held => panic!("answered with {}", response.status()),
            () = gate.reached() => {}
        }
        let found = cloud.send(Method::GET, &group, None).await.status();
        assert_eq!(found == StatusCode::OK, made);
        assert_eq!(gate.seen(), 3);
        cloud.emulator.shutdown().await;
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill_and_the_rest_left_no_trace() {
    use std::io::{BufRead as _, BufReader};
    let dir = tempfile::tempdir().unwrap();
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "whole::child_that_is_killed"])
        .env("EMULATOR_TEST_DIR", dir.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // The test harness prints lines of its own, and the first part of one.
    let connection: Connection = lines
        .map_while(Result::ok)
        .find_map(|line| serde_json::from_str(&line[line.find('{')?..]).ok())
        .unwrap();
    let http = client(&connection);
    let token = token(&http, &connection, ARM).await;
    let groups = format!("/subscriptions/{}/resourceGroups", connection.subscription_ids[0]);
    for number in 0..20 {
        let url = format!("{}{groups}/rg-{number}?{VERSION}", connection.arm);
        let body = json!({"location": "westeurope"});
        let response = http.put(url).bearer_auth(&token).json(&body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::CREATED);
    }
    child.kill().unwrap();
    child.wait().unwrap();

    let cloud = Cloud::start(dir.path()).await;
    assert_eq!(cloud.emulator.connection(), &connection);
    let listed = cloud.get(&groups).await;
    let made = listed["value"].as_array().unwrap().iter();
    let made = made.filter(|group| group["name"].as_str().unwrap().starts_with("rg-1")).count();
    assert_eq!(made, 11, "rg-1 and rg-10 to rg-19");
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn a_directory_with_another_estate_than_asked_says_what_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    Cloud::start(dir.path()).await.emulator.shutdown().await;
    let mut other = options(dir.path());
    other.scenario = Some("emergency".to_owned());
    let refused = Emulator::start(other).await.unwrap_err();
    assert!(
        refused.to_string().contains("holds the scenario contoso, not the scenario emergency"),
        "{refused}"
    );
    let mut same = options(dir.path());
    same.scenario = Some("contoso".to_owned());
    Emulator::start(same).await.unwrap().shutdown().await;
}
