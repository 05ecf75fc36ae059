//! `docs/platform.md` shows the platform's rules with their days and sources, and says what every rule id
//! means that this repository cites. It is made here, from `assets/rules.toml` and `docs/platform.toml`, and
//! written by `CERTDECK_WRITE_DOCS=1 cargo test --test program platform_docs`.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

const PAGE: &str = "docs/platform.md";
const IDS: &str = "docs/platform.toml";
/// The day of the profile `seed`.
const SEED_DAY: &str = "2022-07-28";
/// What ids begin with.
const PARTS: &[&str] = &["A", "B3-", "C", "E"];

const HEAD: &str = "\
# The platform's rules

Made from `assets/rules.toml` and `docs/platform.toml` by `tests/program/platform_docs.rs`; do not edit. After a change of either:
`CERTDECK_WRITE_DOCS=1 cargo test --test program platform_docs`.

Each rule holds from its first day (*since*) until the day before *until*. The profile `seed` asks what held on 2022-07-28, marked
in its column; `current`, which is the default, asks what holds today. *Ids* are explained [below](#what-the-ids-mean).
`configure-ssl-certificate` is Microsoft's article [Add and manage TLS/SSL certificates in Azure App
Service](https://learn.microsoft.com/azure/app-service/configure-ssl-certificate), which has changed since 2022.
";

const LIMITS: &str = "
## Limits

| id | value | of what | since | until | seed | severity | source | ids |
|---|---|---|---|---|---|---|---|---|
";

const REQUIREMENTS: &str = "
## Requirements on private certificates

*Blocks* names the uses that a certificate without it does not allow.

| id | required | blocks | since | until | seed | severity | source | ids |
|---|---|---|---|---|---|---|---|---|
";

const MEANINGS: &str = "
## What the ids mean

Code, tests and documents name rules by these ids. A is the article as of 2022-07-28, B3 what certdeck adds of its own, C what
changed since then or became known, E mistakes that are not to be made.

| id | in one line | source |
|---|---|---|
";

#[test]
fn the_page_shows_what_the_files_say() {
    let made = page(&table("assets/rules.toml"), &table(IDS));
    let path = root().join(PAGE);
    if std::env::var_os("CERTDECK_WRITE_DOCS").is_some() {
        fs::write(path, made).unwrap();
        return;
    }
    let written = fs::read_to_string(path).unwrap();
    assert!(written == made, "write it again: CERTDECK_WRITE_DOCS=1 cargo test --test program platform_docs");
}

#[test]
fn every_cited_id_is_explained_and_no_other() {
    let mut files = vec![root().join("README.md"), root().join("ARCHITECTURE.md")];
    for folder in ["src", "crates", "tests", "assets", "docs"] {
        collect(&root().join(folder), &mut files);
    }
    let mut places = BTreeMap::new();
    for file in files.iter().filter(|file| ![root().join(PAGE), root().join(IDS)].contains(file)) {
        let ids = cited(&fs::read_to_string(file).unwrap());
        places.extend(ids.into_iter().map(|id| (id, file)));
    }
    let explained = table(IDS);
    let unknown: Vec<_> = places.iter().filter(|(id, _)| !explained.contains_key(*id)).collect();
    assert!(unknown.is_empty(), "{IDS} does not explain {unknown:#?}");
    let idle: Vec<&String> = explained.keys().filter(|id| !places.contains_key(*id)).collect();
    assert!(idle.is_empty(), "{IDS} explains what nothing cites: {idle:?}");
}

#[test]
fn ids_are_told_from_other_words() {
    let text = "A58: (B3-18, C9b). A154–A156, &[`A67-A68`] \\u{A0} U+00A0 C0 AES-A128 \
        sha/C7+ AB:C7:E5 %C3%A9w A1B2 A1000 E2E";
    assert_eq!(cited(text), ["A58", "B3-18", "C9b", "A154", "A155", "A156", "A67", "A68"]);
}

fn page(rules: &Table, meanings: &Table) -> String {
    let mut page = [HEAD, LIMITS].concat();
    for rule in entries(rules, "rule") {
        row(&mut page, &dated(rule, "value", "unit"));
    }
    page.push_str(REQUIREMENTS);
    for rule in entries(rules, "requirement") {
        row(&mut page, &dated(rule, "required", "blocks"));
    }
    page.push_str(MEANINGS);
    let mut ids: Vec<&String> = meanings.keys().collect();
    ids.sort_by_key(|id| parts(id).expect(id));
    for id in ids {
        let meaning = &meanings[id];
        row(&mut page, &[id.clone(), shown(meaning.get("says")), shown(meaning.get("source"))]);
    }
    page
}

fn entries<'a>(rules: &'a Table, kind: &str) -> impl Iterator<Item = &'a Table> {
    rules[kind].as_array().unwrap().iter().map(|entry| entry.as_table().unwrap())
}

/// The cells of a rule: two of its own kind, and those that all have.
fn dated(rule: &Table, first: &str, second: &str) -> [String; 9] {
    let cell = |name: &str| shown(rule.get(name));
    let until = rule.get("until").and_then(Value::as_str);
    let is_seed = cell("since").as_str() <= SEED_DAY && until.is_none_or(|until| SEED_DAY < until);
    [
        format!("`{}`", cell("id")),
        cell(first),
        cell(second),
        cell("since"),
        cell("until"),
        if is_seed { "yes".to_owned() } else { String::new() },
        cell("severity"),
        cell("source"),
        cell("checklist"),
    ]
}

/// A value as a cell shows it: words as they are, those of a list as code.
fn shown(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(list)) if list.is_empty() => "none".to_owned(),
        Some(Value::Array(list)) => {
            list.iter().map(|item| format!("`{}`", shown(Some(item)))).collect::<Vec<_>>().join(", ")
        }
        Some(other) => other.to_string(),
    }
}

fn row(page: &mut String, cells: &[String]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    writeln!(page, "| {} |", cells.join(" | ")).unwrap();
}

/// The ids in a text; those of a range, such as `A154–A157` or `A67-A80`, one by one.
fn cited(text: &str) -> Vec<String> {
    let is_within = |sign: char| sign.is_alphanumeric() || "-–_:+/=.%".contains(sign);
    let mut ids = Vec::new();
    for word in text.split(|sign| !is_within(sign)).map(|word| word.trim_matches([':', '.'])) {
        let range = word.split_once(['–', '-']).and_then(|(from, to)| parts(from).zip(parts(to)));
        if let Some(((part, from, _), (_, to, _))) = range {
            ids.extend((from..=to).map(|number| format!("{part}{number}")));
        } else if parts(word).is_some() {
            ids.push(word.to_owned());
        }
    }
    ids
}

/// An id such as `A58`, `B3-18` or `C9b` in its three parts, by which ids are sorted.
fn parts(word: &str) -> Option<(&str, u16, &str)> {
    let part = PARTS.iter().find(|part| word.starts_with(**part))?;
    let rest = &word[part.len()..];
    let number = rest.trim_end_matches(|sign: char| sign.is_ascii_lowercase());
    let letter = &rest[number.len()..];
    let is_written_so = number.len() <= 3 && !number.starts_with(['0', '+']) && letter.len() <= 1;
    Some((*part, number.parse().ok()?, letter)).filter(|_| is_written_so)
}

/// The files of code, data and text under a folder.
fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let ending = path.extension().and_then(OsStr::to_str);
        if path.is_dir() {
            collect(&path, into);
        } else if matches!(ending, Some("rs" | "toml" | "md")) {
            into.push(path);
        }
    }
}

fn table(name: &str) -> Table {
    fs::read_to_string(root().join(name)).unwrap().parse().unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
