//! A referee that neither side wrote: every request that the client can send, and every answer of the
//! practice cloud, against the descriptions that Azure publishes. They lie outside of the repository; without
//! them the test says that it was skipped.
//!
//! `CERTDECK_AZURE_PYTHON` names a Python that has Azure's SDK, which judges what no stored description has.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/cloud.rs"]
mod cloud;
mod coverage;
#[path = "../support/files.rs"]
mod files;
mod judge;
mod named;
mod operations;
#[path = "../flows/runs.rs"]
mod runs;
mod schema;
mod sdk;
#[path = "../support/state.rs"]
mod state;
mod traffic;
mod types;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use judge::Descriptions;
use named::Named;
use traffic::Said;

/// Past the harness, which would keep the words of a test that passes to itself.
fn say(words: &str) {
    std::io::stderr().write_all(format!("{words}\n").as_bytes()).unwrap();
}

fn specifications() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let root = std::env::var_os("CERTDECK_SHARED").map_or_else(beside, PathBuf::from).join("azure/specs");
    root.is_dir().then(|| root.canonicalize().unwrap())
}

/// The JSON files of descriptions below a folder, examples left out.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "examples" {
            all.extend(files_below(&path));
        } else if path.extension().is_some_and(|end| end == "json") {
            all.push(path);
        }
    }
    all.sort();
    all
}

fn descriptions(root: &Path) -> Descriptions {
    let mut all = Descriptions::default();
    all.operations = operations::load(&all.files, &root.join("azure-rest-api-specs@2024-07-08"));
    all.shapes = types::load(&all.files, root);
    let sdk = sdk::operations(&all.files);
    all.operations.extend(sdk);
    all
}

/// What is found of all exchanges.
#[derive(Default)]
struct Report {
    requests: usize,
    /// By kind: who judged it.
    judges: BTreeMap<String, BTreeSet<String>>,
    violations: BTreeSet<String>,
    not_described: BTreeSet<String>,
    used: BTreeSet<String>,
}

impl Report {
    fn take(&mut self, said: &Said, descriptions: &Descriptions, named: &Named) {
        self.requests += 1;
        let Some(verdict) = descriptions.judge(said) else {
            if let Some(request) = named.request(said) {
                self.judges
                    .entry(request.name.clone())
                    .or_default()
                    .insert(format!("named: {}", request.source));
            } else {
                self.not_described.insert(format!(
                    "{} {} {} ({})",
                    said.method,
                    said.kind(),
                    said.version,
                    said.path
                ));
            }
            return;
        };
        self.judges.entry(verdict.kind.clone()).or_default().insert(verdict.judge.clone());
        for finding in verdict.request {
            let line = format!("request {} {}: {} {}", verdict.kind, said.version, finding.at, finding.what);
            if named.excuses("request", said, &finding, &mut self.used) {
                continue;
            }
            self.violations.insert(format!("{line} [{}; {}]", said.by, verdict.judge));
        }
        for finding in verdict.answer {
            if !named.excuses("answer", said, &finding, &mut self.used) {
                let status = said.status.unwrap_or_default();
                let kind = said.kind();
                self.violations.insert(format!(
                    "answer {status} to {} ({kind}): {} {}",
                    verdict.kind, finding.at, finding.what
                ));
            }
        }
    }

    fn print(&self) {
        for (kind, judges) in &self.judges {
            say(&format!("{kind}: {}", judges.iter().cloned().collect::<Vec<_>>().join("; ")));
        }
        for request in &self.not_described {
            say(&format!("not described: {request}"));
        }
        say(&format!(
            "{} requests of {} kinds, {} violations",
            self.requests,
            self.judges.len(),
            self.violations.len()
        ));
    }
}

#[test]
fn every_request_and_every_answer_is_as_azure_describes_it() {
    let Some(root) = specifications() else {
        return say("skipped: no descriptions (set CERTDECK_SHARED to the folder that holds azure/specs)");
    };
    let (descriptions, named) = (descriptions(&root), Named::load());
    let mut report = Report::default();
    let all = traffic::record();
    for said in &all {
        report.take(said, &descriptions, &named);
    }
    report.print();
    let mut wrong: Vec<String> = report.violations.into_iter().collect();
    // What no stored description has, the SDK judges; without it that is said above and cannot be held.
    if sdk::is_there() {
        wrong.extend(report.not_described.into_iter().map(|one| format!("not described: {one}")));
        wrong.extend(
            named
                .keys()
                .into_iter()
                .filter(|one| !report.used.contains(one))
                .map(|one| format!("named and never met: {one}")),
        );
    }
    wrong.extend(
        coverage::missing(&all)
            .into_iter()
            .map(|one| format!("the client can send it, and it was not seen: {one}")),
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The referee sees what it is there for.
#[test]
fn a_permission_that_there_is_not_is_a_violation() {
    let Some(root) = specifications() else {
        return say("skipped: no descriptions (set CERTDECK_SHARED to the folder that holds azure/specs)");
    };
    let descriptions = descriptions(&root);
    let grant = |certificates: &[&str]| {
        let policy = serde_json::json!({
            "tenantId": "11111111-1111-1111-1111-111111111111",
            "objectId": "22222222-2222-2222-2222-222222222222",
            "permissions": {"secrets": ["get", "list", "set", "delete"], "certificates": certificates},
        });
        let path =
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv/accessPolicies/add";
        let mut said = Said::new("this test", "PUT", "", path, "api-version=2026-02-01");
        said.body = Some(serde_json::json!({"properties": {"accessPolicies": [policy]}}));
        descriptions.judge(&said).unwrap().request
    };
    assert_eq!(grant(&["get", "list"]), []);
    let found = grant(&["get", "list", "set"]);
    assert!(
        found
            .iter()
            .any(|one| one.at.ends_with("certificates[]") && one.what.starts_with("\"set\" is none of")),
        "{found:?}"
    );
}
