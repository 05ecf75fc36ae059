//! What holds for the runs of all flows.

use std::collections::BTreeSet;

use certdeck::flow::FlowName;

use crate::cloud::Cloud;
use crate::files;
use crate::runs::{Run, all};

#[test]
fn no_flow_is_left_out() {
    let files = files::make();
    let run: BTreeSet<&str> = all(&Cloud::start(), files.path()).iter().map(|run| run.flow).collect();
    let all: BTreeSet<&str> = FlowName::ALL.iter().map(|flow| flow.as_str()).collect();
    assert_eq!(run, all);
}

/// Whoever is not sure whether a command ran, runs it again.
#[test]
fn a_second_run_of_any_flow_that_succeeded_changes_nothing_and_exits_0() {
    let (cloud, files) = (Cloud::start(), files::make());
    let changes = || {
        cloud.control("requests")["value"].as_array().unwrap().iter().filter(|entry| is_change(entry)).count()
    };
    for run in all(&cloud, files.path()) {
        let first = run.certdeck(&cloud, &["--yes"]);
        assert!(first.status.success(), "{}: {}", run.flow, String::from_utf8_lossy(&first.stderr));
        let before = changes();
        let second = run.certdeck(&cloud, &["--yes"]);
        assert_eq!(
            second.status.code(),
            Some(0),
            "{} again: {}",
            run.flow,
            String::from_utf8_lossy(&second.stderr)
        );
        assert_eq!(changes(), before, "{} again", run.flow);
    }
}

/// A HEAD or GET changes nothing, and neither does what only asks.
fn is_change(entry: &serde_json::Value) -> bool {
    let path = entry["path"].as_str().unwrap_or_default();
    let asks =
        ["/token", "resourceGraph/resources", "/list?", "/validate", "/checkNameAvailability", "/retrieve"];
    !matches!(entry["method"].as_str(), Some("GET" | "HEAD"))
        && !asks.iter().any(|part| path.to_lowercase().contains(&part.to_lowercase()))
}

/// What a company's change management wants to find again.
#[test]
fn the_reference_of_a_change_stands_in_the_journal_beside_each_of_its_requests_b3_19() {
    let cloud = Cloud::start();
    let settings = ["resource-group=rg-shop", "app=contoso-blog", "hostname=blog.contoso.com"];
    let done = Run::new("unbind", &settings).certdeck(&cloud, &["--yes", "--change-reference", "CHG0042"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let journal = std::fs::read_to_string(cloud.home().join(".local/state/certdeck/journal.jsonl")).unwrap();
    let begun: Vec<&str> = journal.lines().filter(|line| line.contains(r#""phase":"before""#)).collect();
    assert!(
        !begun.is_empty() && begun.iter().all(|line| line.contains(r#""reference":"CHG0042""#)),
        "{journal}"
    );
}
