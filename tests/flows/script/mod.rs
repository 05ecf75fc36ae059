//! `certdeck run FLOW --script`: what the scripts for another tool leave behind is what the flow itself leaves behind, for
//! every flow. curl runs wherever it is installed; the az CLI where `CERTDECK_AZ` names one.

mod table;
mod tools;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use certdeck::flow::FlowName;
use certdeck::pki;
use serde_json::Value;

use super::cloud::Cloud;
use super::files;
use super::state;
use table::Run;
use tools::Environment;

/// What a script cannot know before is asked for again, at most so often a flow.
const ROUNDS: usize = 6;

/// What a script ends with when Azure was not done in the time that it had.
const STILL_WAITING: i32 = 3;

#[test]
fn curl_leaves_behind_what_every_flow_leaves_behind() {
    same_end("curl", tools::curl);
}

#[test]
fn az_leaves_behind_what_every_flow_leaves_behind() {
    same_end("az", tools::az);
}

#[test]
fn az_rest_leaves_behind_what_every_flow_leaves_behind() {
    same_end("rest", tools::az);
}

#[test]
fn no_flow_is_left_out() {
    let files = files::make();
    let run: BTreeSet<&str> = table::all(&Cloud::start(), files.path()).iter().map(|run| run.flow).collect();
    let all: BTreeSet<&str> = FlowName::ALL.iter().map(|flow| flow.as_str()).collect();
    assert_eq!(run, all);
}

/// Carries out every flow by scripts, and by itself in a copy of the cloud, and compares the two after each.
fn same_end(kind: &str, environment: impl Fn(&Cloud) -> Option<Environment>) {
    let estate = Cloud::start().shut_down_for_copies();
    let (ours, theirs) = (Cloud::copy_of(estate.path(), None), Cloud::copy_of(estate.path(), None));
    let Some(environment) = environment(&theirs) else { return };
    let files = files::make();
    for run in table::all(&ours, files.path()) {
        let output = certdeck(&ours, &run, &["--yes"]);
        assert!(output.status.success(), "{}: {}", run.flow, words(&output));
        by_script(&theirs, &run, kind, &environment);
        let (found, expected) = (state::of(&theirs), state::of(&ours));
        assert_eq!(state::different(&found, &expected), Vec::<&String>::new(), "{} by {kind}", run.flow);
        if run.flow == "export" {
            assert_eq!(exported(&theirs), now(&theirs, "apifabrikam"), "{kind}");
        }
    }
    assert_eq!(theirs.purchases(), ours.purchases());
    theirs.served_thumbprint("contoso.com");
}

/// Runs the flow's scripts until it has nothing to do any more.
fn by_script(cloud: &Cloud, run: &Run, kind: &str, environment: &Environment) {
    let mut environment = environment.clone();
    environment.push(("CERTDECK_PATIENCE", "20".to_owned()));
    environment.extend(run.pfx.iter().map(|pfx| ("CERTDECK_PFX", pfx.clone())));
    environment.push(("CERTDECK_PASSWORD", files::PASSWORD.to_owned()));
    for _ in 0..ROUNDS {
        let before = changes(cloud);
        let output = certdeck(cloud, run, &["--script", kind]);
        assert_eq!(changes(cloud), before, "writing a script changes nothing");
        if String::from_utf8_lossy(&output.stderr).contains("nothing to do") {
            return;
        }
        let script = String::from_utf8(output.stdout).unwrap();
        let ran = tools::run(&script, &home(cloud), &environment);
        let code = ran.status.code();
        assert!(matches!(code, Some(0 | STILL_WAITING)), "{} by {kind}\n{script}\n{}", run.flow, words(&ran));
    }
    panic!("{} by {kind} did not come to its end", run.flow);
}

fn certdeck(cloud: &Cloud, run: &Run, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
    command.env_clear().env("HOME", home(cloud)).current_dir(home(cloud)).envs(cloud.environment());
    let subscription = format!("subscription={}", cloud.connection().subscription_ids[0]);
    command.args(["run", run.flow, "--set", &subscription]).args(run.arguments()).args(more).output().unwrap()
}

/// Beside the cloud's own files, so that both go together.
fn home(cloud: &Cloud) -> PathBuf {
    let home = cloud.connection().ca_pem.with_file_name("home");
    std::fs::create_dir_all(&home).unwrap();
    home
}

fn words(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Requests that were neither reads nor questions.
fn changes(cloud: &Cloud) -> usize {
    const QUESTIONS: [&str; 4] = ["checknameavailability", "oauth2", "retrieve", "appsettings/list"];
    let log = cloud.control("requests");
    let is_change = |entry: &&Value| {
        let path = entry["path"].as_str().unwrap().to_ascii_lowercase();
        entry["method"] != "GET" && !QUESTIONS.iter().any(|word| path.contains(word))
    };
    log["value"].as_array().unwrap().iter().filter(is_change).count()
}

/// The thumbprint of the certificate that a script wrote, its key beside it.
fn exported(cloud: &Cloud) -> String {
    let contents = pki::read(&std::fs::read(Path::join(&home(cloud), "exported.pfx")).unwrap(), None).unwrap();
    let leaf = pki::leaf(&contents).unwrap();
    assert_eq!(leaf.has_key, Some(true));
    contents.certificates[leaf.place].thumbprint.to_string()
}

fn now(cloud: &Cloud, order: &str) -> String {
    let orders = state::estate(cloud).orders;
    orders.iter().find(|one| one.id.name() == order).unwrap().thumbprint.as_ref().unwrap().to_string()
}
