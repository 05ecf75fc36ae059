//! What a person reads of the program: the texts of the client's sources before their tests, with the help that
//! clap shows, and those of its assets.

use std::fs;
use std::path::{Path, PathBuf};

/// Every text with the name of its file and its line.
pub(crate) fn all() -> Vec<(String, usize, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let dirs = ["src", "crates/model/src", "crates/pki/src", "crates/azure/src"];
    for path in dirs.iter().flat_map(|dir| sources(&root.join(dir))) {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        if name.ends_with("tests.rs") || name.contains("/tests/") || name.ends_with("sample.rs") {
            continue;
        }
        let code = fs::read_to_string(&path).unwrap();
        let texts = texts(&code, name.starts_with("src/cli/"));
        found.extend(texts.into_iter().map(|(line, text)| (name.clone(), line, text)));
    }
    for name in ["assets/errors.toml", "assets/keymap.toml"] {
        let lines = fs::read_to_string(root.join(name)).unwrap();
        let texts = lines.lines().enumerate().filter(|(_, text)| !text.starts_with('#'));
        found.extend(texts.map(|(line, text)| (name.to_owned(), line + 1, text.to_owned())));
    }
    found
}

/// The Rust files below a directory, in the order of their paths.
pub(crate) fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The string literals of a file before its tests, each with its line; with `help`, also the comments that
/// clap shows.
fn texts(code: &str, help: bool) -> Vec<(usize, String)> {
    let code = code.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let letters: Vec<char> = code.chars().collect();
    let at = |place: usize| letters.get(place).copied().unwrap_or('\0');
    let (mut place, mut line, mut found) = (0, 1, Vec::new());
    while place < letters.len() {
        let start = place;
        match at(place) {
            '/' if at(place + 1) == '/' => {
                while place < letters.len() && at(place) != '\n' {
                    place += 1;
                }
                let comment: String = letters[start..place].iter().collect();
                let indented = start > 0 && at(start - 1) == ' ';
                if help && indented && comment.starts_with("///") {
                    found.push((line, comment));
                }
            }
            '\'' if at(place + 1) == '\\' => place += if at(place + 2) == 'u' { 3 } else { 4 },
            '\'' if at(place + 2) == '\'' => place += 3,
            'r' if at(place + 1) == '"' || (at(place + 1) == '#' && at(place + 2) == '"') => {
                let end = if at(place + 1) == '"' { vec!['"'] } else { vec!['"', '#'] };
                place += 1 + end.len();
                let from = place;
                while place < letters.len() && !letters[place..].starts_with(&end) {
                    place += 1;
                }
                found.push((line, letters[from..place].iter().collect()));
                place += end.len();
            }
            '"' => {
                place += 1;
                while place < letters.len() && at(place) != '"' {
                    place += if at(place) == '\\' { 2 } else { 1 };
                }
                found.push((line, letters[start + 1..place].iter().collect()));
                place += 1;
            }
            _ => place += 1,
        }
        line += letters[start..place.min(letters.len())].iter().filter(|c| **c == '\n').count();
    }
    found
}
