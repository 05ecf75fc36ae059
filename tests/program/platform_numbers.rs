//! Numbers of the platform live in `assets/rules.toml` alone, with their days and sources: no text that a
//! person reads says one. Reads the texts of the client and of its assets, and fails on a number before a
//! unit of time or before a tier.

use crate::texts;

/// Where a number may stand, and why: a part of the file's name and a part of the text.
const ALLOWED: &[(&str, &str, &str)] = &[
    ("src/app/overlay.rs", "Nothing expires within 30 days", "the same threshold"),
    ("crates/model/src/rules/span.rs", "such as '45 days'", "shows how a length of time is written"),
    ("crates/model/src/rules/mod.rs", "twice on one day", "about a day, not a number of them"),
    ("src/app/dialog/task.rs", "another day than today", "about a day, not a number of them"),
    ("src/cli/", "such as", "shows how an option is written"),
    ("src/cli/report.rs", "30d", "certdeck's own default for what is worth a warning"),
    ("src/cli/check.rs", "30d", "certdeck's own default for what is worth a warning"),
    ("src/cli/check.rs", "7d", "certdeck's own default for what is critical"),
    ("src/runtime/", "[?", "a control sequence for the terminal"),
];

const UNITS: &[&str] = &["second", "minute", "hour", "day", "week", "month", "year", "tier"];
const NUMBERS: &[&str] = &[
    "a", "an", "another", "half", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    "ten", "eleven", "twelve", "fifteen", "twenty", "thirty", "sixty", "ninety", "hundred",
];
/// Words that may stand between a number and its unit.
const BETWEEN: &[&str] = &["full", "more", "whole", "paid", "further", "last", "first", "calendar", "of"];

#[test]
fn no_text_states_a_number_of_the_platform() {
    let mut found = Vec::new();
    for (name, line, text) in texts::all() {
        found.extend(said(&text).map(|words| (name, line, words, text)));
    }
    let is_allowed = |name: &str, text: &str| {
        ALLOWED.iter().any(|(file, part, _)| name.starts_with(file) && text.contains(part))
    };
    let wrong: Vec<String> = found
        .iter()
        .filter(|(name, _, _, text)| !is_allowed(name, text))
        .map(|(name, line, words, _)| format!("{name}:{line}: '{words}'"))
        .collect();
    assert!(wrong.is_empty(), "ask the rules instead (Span has the words):\n{}", wrong.join("\n"));
    for (file, part, why) in ALLOWED {
        assert!(
            found.iter().any(|(name, _, _, text)| name.starts_with(file) && text.contains(part)),
            "{file}: {part}: {why}"
        );
    }
}

#[test]
fn numbers_are_seen_as_digits_and_as_words() {
    for text in [
        "within 24 hours",
        "within a day",
        "charges another year",
        "one more year",
        "45 days",
        "ten minutes",
        "1 to 10 minutes",
        "a 30-day grace",
        "three tiers",
        "24h",
        "the 2 higher tiers",
        "once a day",
        "two full years",
    ] {
        assert!(said(text).is_some(), "{text}");
    }
    for text in [
        "within {interval}",
        "{days} days",
        "on that day",
        "an App Service tier",
        "a second factor",
        "some minutes",
        "TLS 1.2",
        "yesterday",
        "2027-05-31",
    ] {
        assert!(said(text).is_none(), "{text}");
    }
}

/// The first number of units that a text states.
fn said(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '{' | '}')))
        .filter(|w| !w.is_empty())
        .collect();
    let is_number = |word: &str| word.bytes().all(|b| b.is_ascii_digit()) || NUMBERS.contains(&word);
    for (place, word) in words.iter().enumerate() {
        let is_glued = ["d", "h", "min", "days", "hours"].iter().any(|unit| {
            word.strip_suffix(unit)
                .is_some_and(|count| !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit()))
        });
        if is_glued {
            return Some((*word).to_owned());
        }
        let unit = word.strip_suffix('s').unwrap_or(word);
        if !UNITS.contains(&unit) {
            continue;
        }
        // "A second factor" and "an App Service tier" count nothing.
        let counts = |word: &str| {
            is_number(word) && !(matches!(unit, "second" | "tier") && ["a", "an", "another"].contains(&word))
        };
        let before = |back: usize| place.checked_sub(back).map(|place| words[place]);
        let near = before(1).is_some_and(counts);
        // "the 2 higher tiers", "one more year", "two full years".
        let over = before(1).is_some_and(|word| BETWEEN.contains(&word) || unit == "tier")
            && before(2).is_some_and(counts);
        if near || over {
            return Some(words[place.saturating_sub(2)..=place].join(" "));
        }
    }
    None
}
