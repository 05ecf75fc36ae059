//! Changes one line of the settings file and leaves every other as its author wrote it.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::{Config, ConfigError};
use crate::file;

/// Makes a context the one that is used when none is named.
pub fn use_context(path: &Path, name: &str) -> Result<(), ConfigError> {
    let unreadable = |why| ConfigError::Unreadable { path: path.to_owned(), why };
    let text = file::read_text(path).map_err(unreadable)?;
    let config = Config::parse(&text, path)?;
    if !config.contexts.contains_key(name) {
        let known = config.contexts.keys().cloned().collect();
        return Err(ConfigError::NoContext { name: name.to_owned(), path: path.to_owned(), known });
    }
    let changed = with_context(&text, name);
    // For every form of the file, a change that did not work must not be kept.
    if Config::parse(&changed, path)?.context.as_deref() != Some(name) {
        let why = io::Error::other("its line `context = …` cannot be changed by a program");
        return Err(unreadable(why));
    }
    replace(path, &changed).map_err(unreadable)
}

/// The line belongs before the first table.
fn with_context(text: &str, name: &str) -> String {
    let line = format!("context = {}", toml::Value::from(name));
    let mut lines: Vec<&str> = text.lines().collect();
    let head = lines.iter().position(|line| line.trim_start().starts_with('[')).unwrap_or(lines.len());
    let is_it = |text: &&str| text.split_once('=').is_some_and(|(key, _)| key.trim() == "context");
    let commented = |text: &&str| text.trim_start().strip_prefix('#').is_some_and(|rest| is_it(&rest));
    let at = lines[..head].iter().position(is_it).or_else(|| lines[..head].iter().position(commented));
    match at {
        Some(at) => lines[at] = &line,
        None => lines.insert(head, &line),
    }
    lines.join("\n") + "\n"
}

/// The old file or the new one, never half of it.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A file that is a link stays one.
    let path = fs::canonicalize(path)?;
    let new = path.with_extension("new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, &path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::EXAMPLE;
    use super::*;

    #[test]
    fn one_line_changes_and_every_comment_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        fs::write(&path, EXAMPLE).unwrap();
        use_context(&path, "practice").unwrap();
        let changed = fs::read_to_string(&path).unwrap();
        assert_eq!(changed.lines().count(), EXAMPLE.lines().count());
        assert_eq!(changed.lines().zip(EXAMPLE.lines()).filter(|(new, old)| new != old).count(), 1);
        use_context(&path, "production").unwrap();
        assert_eq!(Config::read(&path).unwrap().context.as_deref(), Some("production"));
        assert!(matches!(use_context(&path, "nowhere"), Err(ConfigError::NoContext { .. })));
    }

    #[test]
    fn a_file_without_the_line_gets_it_before_its_tables() {
        assert_eq!(with_context("[contexts.a]\n", "a"), "context = \"a\"\n[contexts.a]\n");
    }
}
