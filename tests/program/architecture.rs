//! Keeps the arrows of DESIGN true: reads the `use` lines of every file and fails on one that points the
//! wrong way.

use std::fs;
use std::path::{Path, PathBuf};

/// Each room inside `src/` with the rooms and crates that it may name, besides itself. What crates may name,
/// their `Cargo.toml` says and the compiler keeps.
const ARROWS: &[(&str, &[&str])] = &[
    ("health", &["model", "rules", "pki", "azure"]),
    ("flow", &["model", "rules", "pki", "azure", "health", "journal", "file"]),
    ("workbench", &["model", "rules", "pki", "file"]),
    ("tables", &["model", "rules", "health"]),
    ("app", &["model", "rules", "pki", "health", "flow", "workbench", "tables"]),
    ("ui", &["app", "model", "flow", "tables"]),
    ("journal", &["azure", "flow", "model", "paths"]),
    ("snapshot", &["model", "paths"]),
    ("paths", &[]),
    ("file", &["model", "pki"]),
];

/// Rooms of which the pure rooms may name one part only.
const PARTS: &[(&str, &str, &str)] =
    &[("app", "health", "health::findings"), ("tables", "health", "health::findings")];

/// The crates, as the rooms name them.
const CRATES: &[&str] = &["model", "rules", "pki", "azure", "practice"];

/// The outermost rooms, which may name any other; none of those above may name them.
const FREE: &[&str] = &["cli", "runtime", "config", "lib", "main"];

/// Where this machine's clock is read; everything else goes by the service's (`azure::ServiceClock`).
const MACHINE_TIME: &[(&str, &str)] = &[
    ("crates/azure/src/clock.rs", "compares both"),
    ("crates/azure/src/send.rs", "when a request left and its answer came"),
    ("crates/azure/src/probe.rs", "the same"),
    ("crates/azure/src/answer.rs", "a Retry-After date in an answer without a Date"),
    ("crates/azure/src/budget/mod.rs", "until when a limit is left alone"),
    ("crates/azure/src/credential/assertion.rs", "Entra's clock is not known before it answers"),
    ("crates/azure/src/credential/application.rs", "Entra's clock is not known before it answers"),
    ("crates/azure/src/credential/browser.rs", "how long a page waits"),
    ("crates/azure/src/credential/device_code.rs", "how long a code can be typed"),
    ("crates/azure/src/credential/party.rs", "when a sign-in was kept"),
    ("src/cli/cert/check.rs", "offline"),
    ("src/cli/desk.rs", "how long a code can be typed"),
    ("src/cli/doctor/machine.rs", "the age of files here"),
    ("src/cli/login.rs", "whether a way to sign in is blocked, before any service answers"),
    ("src/cli/reading.rs", "the journal is stamped by this machine"),
    ("src/journal.rs", "its stamps"),
    ("src/runtime/mod.rs", "what is waited for here"),
    ("src/runtime/tasks.rs", "the journal is stamped by this machine"),
];

/// What the pure rooms must not name at all.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("../crates/model/src", &["std::fs", "std::net", "Timestamp::now", "Instant::now"]),
    (
        "app",
        &[
            "tokio",
            "reqwest",
            "ratatui",
            "crossterm",
            "std::fs",
            "std::net",
            "std::env",
            "Timestamp::now",
            "Instant::now",
        ],
    ),
    (
        "ui",
        &[
            "tokio",
            "reqwest",
            "crossterm",
            "std::fs",
            "std::net",
            "std::env",
            "Timestamp::now",
            "Instant::now",
        ],
    ),
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

/// All code that is built into the program.
fn product() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crates = fs::read_dir(root.join("crates")).unwrap().map(|entry| entry.unwrap().path().join("src"));
    crates.chain([root.join("src")]).flat_map(|dir| files(&dir)).collect()
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
                wrong.push(format!(
                    "{}: name one room in each `use crate::`, so that it can be read here",
                    path.display()
                ));
            }
            for (at, _) in code.match_indices("crate::") {
                let named: String =
                    code[at + 7..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let known = ARROWS.iter().any(|(other, _)| *other == named)
                    || [CRATES, FREE].concat().contains(&named.as_str());
                let part = PARTS.iter().find(|(of, whole, _)| of == room && *whole == named);
                if let Some((.., part)) = part
                    && !code[at + 7..].starts_with(part)
                {
                    wrong.push(format!("{}: {room} may know {part} only", path.display()));
                }
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
            wrong.extend(
                forbidden
                    .iter()
                    .filter(|name| code.contains(**name))
                    .map(|name| format!("{}: {name}", path.display())),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_its_job_and_none_outgrows_its_subject() {
    let mut wrong = Vec::new();
    for path in product() {
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = |path: &PathBuf| !path.starts_with(root.join("crates/practice"));
    let reads: Vec<String> = product()
        .iter()
        .filter(|path| own(path) && code(path).contains("Timestamp::now"))
        .map(|path| path.strip_prefix(root).unwrap().display().to_string())
        .collect();
    let unexplained: Vec<&String> =
        reads.iter().filter(|path| MACHINE_TIME.iter().all(|(known, _)| known != path)).collect();
    assert!(unexplained.is_empty(), "judge by the service's clock, or say here why not: {unexplained:?}");
    let gone: Vec<&str> = MACHINE_TIME
        .iter()
        .map(|(path, _)| *path)
        .filter(|path| reads.iter().all(|read| read != path))
        .collect();
    assert!(gone.is_empty(), "{gone:?}");
}

/// The walls as ARCHITECTURE.md shows them: the crates by their `Cargo.toml`, the rooms by the table above.
fn walls() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut lines = Vec::new();
    for name in ["model", "pki", "azure", "practice"] {
        let manifest: toml::Table =
            fs::read_to_string(root.join("crates").join(name).join("Cargo.toml")).unwrap().parse().unwrap();
        let known = manifest["dependencies"]
            .as_table()
            .unwrap()
            .keys()
            .filter_map(|key| key.strip_prefix("certdeck-"));
        lines.push((format!("certdeck-{name}"), known.map(str::to_owned).collect::<Vec<_>>()));
    }
    lines.extend(
        ARROWS
            .iter()
            .map(|(room, known)| ((*room).to_owned(), known.iter().map(ToString::to_string).collect())),
    );
    lines.extend(["config", "runtime", "cli"].map(|room| (room.to_owned(), vec!["everything".to_owned()])));
    let line = |(room, known): &(String, Vec<String>)| {
        let known = if known.is_empty() { "-".to_owned() } else { known.join(", ") };
        format!("{room:<18}{known}")
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_list_of_walls_in_the_architecture_is_the_one_that_is_checked() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    assert!(text.contains(&walls()), "ARCHITECTURE.md has to show:\n{}", walls());
}
