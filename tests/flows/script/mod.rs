//! `certdeck run FLOW --script`: what the scripts for another tool leave behind is what the flow itself
//! leaves behind, for every flow. curl runs wherever it is installed; the az CLI where `CERTDECK_AZ` names
//! one.

mod grammar;
mod tools;

use std::path::Path;
use std::process::Output;

use certdeck::pki;
use serde_json::Value;

use super::cloud::Cloud;
use super::files;
use super::runs::{self, Run};
use super::state;
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

/// Carries out every flow by scripts, and by itself in a copy of the cloud, and compares the two after each.
fn same_end(kind: &str, environment: impl Fn(&Cloud) -> Option<Environment>) {
    let estate = Cloud::start().shut_down_for_copies();
    let (ours, theirs) = (Cloud::copy_of(estate.path(), None), Cloud::copy_of(estate.path(), None));
    let Some(environment) = environment(&theirs) else { return };
    let files = files::make();
    for run in runs::all(&ours, files.path()) {
        let output = run.certdeck(&ours, &["--yes"]);
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
        let output = run.certdeck(cloud, &["--script", kind]);
        assert_eq!(changes(cloud), before, "writing a script changes nothing");
        if String::from_utf8_lossy(&output.stderr).contains("nothing to do") {
            return;
        }
        let script = String::from_utf8(output.stdout).unwrap();
        let ran = tools::run(&script, &cloud.home(), &environment);
        let code = ran.status.code();
        assert!(matches!(code, Some(0 | STILL_WAITING)), "{} by {kind}\n{script}\n{}", run.flow, words(&ran));
    }
    panic!("{} by {kind} did not come to its end", run.flow);
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
    let contents =
        pki::read(&std::fs::read(Path::join(&cloud.home(), "exported.pfx")).unwrap(), None).unwrap();
    let leaf = pki::leaf(&contents).unwrap();
    assert_eq!(leaf.has_key, Some(true));
    contents.certificates[leaf.place].thumbprint.to_string()
}

fn now(cloud: &Cloud, order: &str) -> String {
    let orders = state::estate(cloud).into_rows().orders;
    orders.iter().find(|one| one.id.name() == order).unwrap().thumbprint.as_ref().unwrap().to_string()
}
