//! Keeps the names of types distinct: counts the structs, enums, traits and types of `src` and `crates` whose
//! name is defined more than once, and fails when they are too many of all.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Of a hundred definitions, how many may share their name with another. A few do so on purpose: a name of the
/// model and a name of the screen for the same thing, and the two forms of a type that a feature chooses from.
const SHARED_AT_MOST: usize = 8;

#[test]
fn few_types_share_their_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "crates"] {
        collect(&root.join(folder), &mut files);
    }
    let mut definitions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        let place = file.strip_prefix(root).unwrap().display().to_string();
        for name in defined(&text) {
            definitions.entry(name.to_owned()).or_default().push(place.clone());
        }
    }
    let all: usize = definitions.values().map(Vec::len).sum();
    assert!(all > 500, "only {all} definitions were found");
    let shared = definitions.iter().filter(|(_, places)| places.len() > 1);
    let lines: Vec<String> =
        shared.clone().map(|(name, places)| format!("{name}: {}", places.join(", "))).collect();
    let count: usize = shared.map(|(_, places)| places.len()).sum();
    assert!(
        count * 100 <= all * SHARED_AT_MOST,
        "{count} of {all} type definitions share their name:\n{}",
        lines.join("\n")
    );
}

#[test]
fn definitions_are_told_from_other_lines() {
    let text = "\
pub struct One<'a> {
    enum_of: u8,
}
pub(super) enum Two {
    Three,
}
impl Iterator for One<'_> {
    type Item = u8;
}
macro_rules! made {
        pub enum Four {
}
type Five = u8;
trait Six {}
/// struct Seven
#[cfg(test)]
mod tests {
    struct Eight;
}
struct Nine;
";
    assert_eq!(defined(text), ["One", "Two", "Four", "Five", "Six", "Nine"]);
}

/// The names of the types that a file defines outside of its tests.
fn defined(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" && lines.peek().is_some_and(|next| next.ends_with('{')) {
            lines.by_ref().find(|line| *line == "}");
        }
        names.extend(definition(line));
    }
    names
}

/// The name of the type that a line begins to define. An indented `type` belongs to a trait.
fn definition(line: &str) -> Option<&str> {
    let item = line.trim_start();
    let item = match item.strip_prefix("pub") {
        Some(rest) => rest.split_once(' ')?.1,
        None => item,
    };
    let (keyword, rest) = item.split_once(' ')?;
    let is_definition = match keyword {
        "struct" | "enum" | "trait" | "union" => true,
        "type" => !line.starts_with(' '),
        _ => false,
    };
    let end = rest.find(|sign: char| !sign.is_alphanumeric() && sign != '_').unwrap_or(rest.len());
    (is_definition && rest.starts_with(char::is_uppercase)).then_some(&rest[..end])
}

/// The source files under a folder, without those of tests.
fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_test = path.file_stem().is_some_and(|stem| stem == "tests");
        if path.is_dir() && !is_test {
            collect(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !is_test {
            into.push(path);
        }
    }
}
