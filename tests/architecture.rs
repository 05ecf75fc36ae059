//! Keeps the arrows of DESIGN true: reads the `use` lines of every file and fails on one that points the wrong way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

/// Each room with the rooms it may name, besides itself.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("rules", &["model"]),
    ("pki", &["model", "rules"]),
    ("azure", &["model", "secret"]),
    ("health", &["model", "rules", "pki", "azure"]),
    ("flow", &["model", "rules", "pki", "azure", "health", "journal", "file"]),
    ("emulator", &["pki"]),
    ("workbench", &["model", "rules", "pki", "file"]),
    ("app", &["model", "rules", "pki", "flow", "workbench"]),
    ("ui", &["app", "model", "flow"]),
    ("journal", &["azure", "flow", "model", "paths"]),
    ("snapshot", &["model", "paths"]),
    ("paths", &[]),
    ("file", &["model", "pki"]),
    ("secret", &[]),
];

/// The outermost rooms, which may name any other; nobody listed above may name them.
const FREE: &[&str] = &["cli", "runtime", "config", "lib", "main"];

/// Where this machine's clock is read; everything else goes by the service's (`azure::ServiceClock`).
const MACHINE_TIME: &[(&str, &str)] = &[
    ("azure/clock.rs", "compares both"),
    ("azure/send.rs", "when a request left and its answer came"),
    ("azure/probe.rs", "the same"),
    ("azure/answer.rs", "a Retry-After date in an answer without a Date"),
    ("azure/budget/mod.rs", "until when a limit is left alone"),
    ("azure/credential/assertion.rs", "Entra's clock is not known before it answers"),
    ("azure/credential/application.rs", "Entra's clock is not known before it answers"),
    ("azure/credential/browser.rs", "how long a page waits"),
    ("azure/credential/device_code.rs", "how long a code can be typed"),
    ("azure/credential/party.rs", "when a sign-in was kept"),
    ("cli/cert/check.rs", "offline"),
    ("cli/desk.rs", "how long a code can be typed"),
    ("cli/doctor/machine.rs", "the age of files here"),
    ("cli/login.rs", "whether a way to sign in is blocked, before any service answers"),
    ("cli/reading.rs", "the journal is stamped by this machine"),
    ("journal.rs", "its stamps"),
    ("runtime/mod.rs", "what is waited for here"),
    ("runtime/tasks.rs", "the journal is stamped by this machine"),
];

/// What the pure rooms must not name at all.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("model", &["tokio", "reqwest", "ratatui", "crossterm", "std::fs", "std::net", "Timestamp::now", "Instant::now"]),
    ("rules", &["tokio", "reqwest", "ratatui", "crossterm", "std::fs", "std::net", "Timestamp::now", "Instant::now"]),
    ("app", &["tokio", "reqwest", "ratatui", "crossterm", "std::fs", "std::net", "std::env", "Timestamp::now", "Instant::now"]),
    ("ui", &["tokio", "reqwest", "crossterm", "std::fs", "std::net", "std::env", "Timestamp::now", "Instant::now"]),
];

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn room_files(room: &str) -> Vec<PathBuf> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = files(&src.join(room));
    let single = src.join(format!("{room}.rs"));
    found.extend(single.exists().then_some(single));
    found
}

/// The code of a file without comments and without its test module, which may go anywhere.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let product = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    product.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_room_has_its_arrows() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(src).unwrap() {
        let name = entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
        let known = ARROWS.iter().any(|(room, _)| *room == name) || FREE.contains(&name.as_str());
        assert!(known, "nothing says whom {name} may know");
    }
}

#[test]
fn every_room_names_only_rooms_it_may_know() {
    let mut wrong = Vec::new();
    for (room, allowed) in ARROWS {
        for path in room_files(room) {
            let code = code(&path);
            if code.contains("crate::{") {
                wrong.push(format!("{}: name one room in each `use crate::`, so that it can be read here", path.display()));
            }
            for (at, _) in code.match_indices("crate::") {
                let named: String = code[at + 7..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let known = ARROWS.iter().any(|(other, _)| *other == named) || FREE.contains(&named.as_str());
                if known && named != *room && !allowed.contains(&named.as_str()) {
                    wrong.push(format!("{}: {room} must not know {named}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_pure_rooms_touch_neither_network_nor_disk_nor_clock_nor_terminal() {
    let mut wrong = Vec::new();
    for (room, forbidden) in FORBIDDEN {
        for path in room_files(room) {
            let code = code(&path);
            wrong.extend(forbidden.iter().filter(|name| code.contains(**name)).map(|name| format!("{}: {name}", path.display())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_its_job_and_none_outgrows_its_subject() {
    let mut wrong = Vec::new();
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = fs::read_to_string(&path).unwrap();
        if !text.starts_with("//!") {
            wrong.push(format!("{}: does not open with its job", path.display()));
        }
        let lines = text.lines().count();
        if lines > 600 {
            wrong.push(format!("{}: {lines} lines, split it by feature", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn this_machines_clock_decides_nothing_about_certificates() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let own = |path: &PathBuf| !path.starts_with(src.join("emulator"));
    let reads: Vec<String> = files(&src)
        .iter()
        .filter(|path| own(path) && code(path).contains("Timestamp::now"))
        .map(|path| path.strip_prefix(&src).unwrap().display().to_string())
        .collect();
    let unexplained: Vec<&String> = reads.iter().filter(|path| MACHINE_TIME.iter().all(|(known, _)| known != path)).collect();
    assert!(unexplained.is_empty(), "judge by the service's clock, or say here why not: {unexplained:?}");
    let gone: Vec<&str> = MACHINE_TIME.iter().map(|(path, _)| *path).filter(|path| reads.iter().all(|read| read != path)).collect();
    assert!(gone.is_empty(), "{gone:?}");
}
