//! What can be said without a network: settings, files, terminal, rules.

use std::io::{self, IsTerminal};
use std::path::Path;

use jiff::Timestamp;

use super::{CheckResult, State, versions};
use crate::cli::Exit;
use crate::cli::context::proxy_words;
use crate::cli::session::Session;
use crate::config::proxy_of_environment;
use crate::journal::Journal;
use crate::model::{self, printable, reason};
use crate::paths;
use crate::rules::{Profile, Rules};
use crate::runtime::locale;
use crate::snapshot::Snapshot;

pub(super) fn checks(session: &Session) -> Vec<CheckResult> {
    vec![
        settings(session),
        homes(&var),
        journal(session),
        sign_ins(session),
        cache(session),
        rules(),
        versions::check(Timestamp::now()),
        terminal(session.config.ui.ascii),
        proxy(session),
    ]
}

fn var(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn settings(session: &Session) -> CheckResult {
    let path = model::shown(&session.config_path);
    if !session.config_path.exists() {
        return CheckResult::new(
            "settings",
            State::Note,
            format!("{path} is not there: every setting has its default"),
        )
        .remedy("certdeck config init begins it; certdeck login is enough for the public cloud.");
    }
    let names: Vec<&str> = session.config.contexts.keys().map(String::as_str).collect();
    let names = if names.is_empty() { "no context".to_owned() } else { names.join(", ") };
    let from_outside: Vec<&str> = [
        "CERTDECK_CONTEXT",
        "CERTDECK_ARM_ENDPOINT",
        "CERTDECK_AUTHORITY",
        "CERTDECK_CA_FILE",
        "CERTDECK_CREDENTIAL",
    ]
    .into_iter()
    .filter(|name| var(name).is_some())
    .collect();
    let also = if from_outside.is_empty() {
        String::new()
    } else {
        format!("; the environment sets {}", from_outside.join(", "))
    };
    CheckResult::new("settings", State::Good, format!("{path} names {names}{also}"))
}

/// Directories that the environment names and that are not used as it says.
fn homes(var: &dyn Fn(&str) -> Option<String>) -> CheckResult {
    let is_relative = |name: &&str| var(name).is_some_and(|value| !Path::new(&value).is_absolute());
    let ignored: Vec<&str> = paths::VARIABLES.into_iter().filter(is_relative).collect();
    match (ignored.as_slice(), is_relative(&"HOME")) {
        ([], false) => CheckResult::new("home", State::Good, "the directories of this account are used"),
        ([], true) => CheckResult::new(
            "home",
            State::Warning,
            "HOME is a relative path, so files are kept below the directory one is in",
        )
        .remedy("Set HOME to an absolute path."),
        (names, _) => {
            let is =
                if names.len() == 1 { "is a relative path and is" } else { "are relative paths and are" };
            CheckResult::new(
                "home",
                State::Warning,
                format!("{} {is} ignored, as the XDG rules say", names.join(", ")),
            )
            .remedy("Write the whole path, from / on.")
        }
    }
}

/// No change is made without a line in the journal, so it must be writable before one is wanted.
fn journal(session: &Session) -> CheckResult {
    match Journal::open(&session.paths.journal()) {
        Ok(_) => CheckResult::new("journal", State::Good, format!("{} is writable", model::shown(&session.paths.journal()))),
        Err(error) => CheckResult::new("journal", State::Warning, error.to_string()).remedy(
            "What only reads does without. For changes make room or give access there, or name another directory in XDG_STATE_HOME.",
        ),
    }
}

fn sign_ins(session: &Session) -> CheckResult {
    match session.saved().list() {
        Ok(all) if all.is_empty() => {
            CheckResult::new("saved sign-ins", State::Note, "no sign-in with certdeck login is kept")
        }
        Ok(all) => {
            let people = all
                .iter()
                .map(|one| format!("{} ({}, since {})", one.user, one.tenant, one.at.strftime("%Y-%m-%d")));
            CheckResult::new(
                "saved sign-ins",
                State::Good,
                format!("signed in: {}", people.collect::<Vec<_>>().join(", ")),
            )
        }
        Err(error) => CheckResult::new("saved sign-ins", State::Warning, error.to_string()),
    }
}

/// The rows with which the next start begins.
fn cache(session: &Session) -> CheckResult {
    let dir = session.paths.snapshots();
    if !session.config.cache {
        return CheckResult::new(
            "cache",
            State::Note,
            "off (cache = false): every start waits for the cloud",
        );
    }
    let kept = session.snapshots().list();
    if kept.is_empty() {
        return CheckResult::new(
            "cache",
            State::Note,
            format!("no rows of earlier runs in {}", model::shown(&dir)),
        );
    }
    let now = Timestamp::now();
    let (words, readable): (Vec<String>, Vec<bool>) = kept.iter().map(|one| shown_rows(one, now)).unzip();
    let words = words.join("\n");
    if readable.iter().all(|one| *one) {
        return CheckResult::new("cache", State::Good, words);
    }
    CheckResult::new("cache", State::Warning, words)
        .remedy("Nothing: what cannot be read is passed over and written again.")
}

/// Path, size and age of kept rows, or why this version cannot read them.
fn shown_rows(rows: &Snapshot, now: Timestamp) -> (String, bool) {
    let path = model::shown(rows.path());
    let size = std::fs::metadata(rows.path()).map_or(0, |file| file.len().div_ceil(1024));
    match rows.heading().and_then(|heading| rows.load().map(|estate| (heading, estate))) {
        Ok((heading, estate)) => {
            let minutes = now.duration_since(heading.as_of).as_mins().max(0);
            let age = match minutes {
                0..120 => format!("{minutes} minutes"),
                120..2880 => format!("{} hours", minutes / 60),
                _ => format!("{} days", minutes / 1440),
            };
            let count = estate.certificates.len();
            (
                format!(
                    "{path}: {}, {count} private key certificates, {size} KiB, {age} old",
                    heading.context
                ),
                true,
            )
        }
        Err(error) => (format!("{path}: {size} KiB, cannot be read: {}", reason(&error)), false),
    }
}

fn rules() -> CheckResult {
    match Rules::load(Profile::Current) {
        Ok(_) => {
            CheckResult::new("rules", State::Good, "profile current: what Azure and the CAs ask for today")
        }
        Err(error) => CheckResult::new("rules", State::Bad(Exit::Machine), error.to_string())
            .remedy("Install certdeck again."),
    }
}

fn terminal(ascii: Option<bool>) -> CheckResult {
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        return CheckResult::new(
            "terminal",
            State::Note,
            "none here; the screen needs one, list and run do not",
        );
    }
    let term = var("TERM").unwrap_or_else(|| "no TERM".to_owned());
    let (columns, rows) = crossterm::terminal::size().unwrap_or_default();
    let between = [("TMUX", "in tmux"), ("STY", "in GNU screen"), ("SSH_CONNECTION", "over SSH")];
    let between: Vec<&str> =
        between.into_iter().filter(|(name, _)| var(name).is_some()).map(|(_, words)| words).collect();
    let utf8 = locale::is_utf8(&var);
    let words = format!("{term}, {columns}x{rows}, {}", if utf8 { "UTF-8" } else { "not UTF-8" });
    let words = [&[words.as_str()][..], &between].concat().join(", ");
    let check = |state| CheckResult::new("terminal", state, &*words);
    match (columns, rows, utf8) {
        _ if term == "dumb" => {
            check(State::Warning).remedy("The screen cannot be drawn here; list, report, check and run work.")
        }
        (..60, ..) | (_, ..15, _) => {
            check(State::Warning).remedy("Make it 60x15 at least; 80x24 is what the screen is made for.")
        }
        (.., false) if ascii == Some(false) => check(State::Note)
            .remedy("Leave ascii = false out of [ui] if borders and marks look wrong: they are ASCII then."),
        (.., false) if ascii.is_none() => check(State::Note)
            .remedy("Borders and marks are ASCII here; ascii = false under [ui] draws them all the same."),
        _ => check(State::Good),
    }
}

/// What is configured, whether or not the cloud is reached through it.
fn proxy(session: &Session) -> CheckResult {
    let target = session.target().ok();
    let is_here = target.as_ref().is_some_and(|target| target.proxy.is_none());
    let named = match target
        .and_then(|target| target.proxy)
        .map_or_else(|| proxy_of_environment(var), |used| Ok(Some(used)))
    {
        Ok(Some(named)) => named,
        Ok(None) => return CheckResult::new("proxy", State::Good, "none"),
        Err(error) => return CheckResult::new("proxy", State::Warning, error.to_string()).remedy(ESCAPES),
    };
    let not_for = match named.not_for() {
        "" => String::new(),
        hosts => format!("; not for {}", printable(hosts)),
    };
    let not_used =
        if is_here { "; not used: what is on this machine is reached without a proxy" } else { "" };
    CheckResult::new("proxy", State::Good, format!("{}{not_for}{not_used}", proxy_words(&named)))
}

const ESCAPES: &str =
    "Correct it. In a user or a password write / as %2F, ? as %3F, # as %23, a space as %20 and % as %25.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_directory_of_the_environment_is_said_to_be_ignored() {
        let of = |set: &'static [(&str, &str)]| {
            homes(&move |name| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(&[("HOME", "/home/admin"), ("XDG_STATE_HOME", "/state")]).state, State::Good);
        let relative =
            of(&[("HOME", "/home/admin"), ("XDG_STATE_HOME", "state"), ("XDG_CACHE_HOME", "../cache")]);
        assert_eq!(relative.state, State::Warning);
        assert!(
            relative.words.starts_with("XDG_STATE_HOME, XDG_CACHE_HOME are relative"),
            "{}",
            relative.words
        );
        assert_eq!(of(&[("HOME", "admin")]).state, State::Warning);
    }
}
