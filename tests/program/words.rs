//! The words that `docs/writing.md` rules out stand in no text that a person reads.

use crate::texts;

/// The first column of the guide's table: what is not written.
fn ruled_out() -> Vec<String> {
    let guide = include_str!("../../docs/writing.md");
    let rows = guide.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    rows.map(str::to_lowercase).collect()
}

/// Whether a text has these words as words.
fn has(text: &str, words: &str) -> bool {
    let lower = text.to_lowercase();
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    lower.match_indices(words).any(|(at, _)| {
        !is_letter(lower[..at].chars().next_back()) && !is_letter(lower[at + words.len()..].chars().next())
    })
}

#[test]
fn no_text_has_a_word_that_the_guide_rules_out() {
    let ruled_out = ruled_out();
    assert!(ruled_out.len() >= 12, "the guide's table is not read: {ruled_out:?}");
    let mut wrong = Vec::new();
    for (name, line, text) in texts::all() {
        let found = ruled_out.iter().filter(|words| has(&text, words));
        wrong.extend(found.map(|words| format!("{name}:{line}: '{words}'")));
    }
    assert!(wrong.is_empty(), "see docs/writing.md:\n{}", wrong.join("\n"));
}

#[test]
fn an_error_shows_the_code_of_a_service_and_no_number_of_a_rule() {
    let problem = |code: &str| certdeck::model::Problem::new("Renew it", "it cannot be").code(code);
    assert_eq!(problem("ScopeLocked").to_string(), "Renew it: it cannot be\n(ScopeLocked)");
    assert_eq!(problem("A51").to_string(), "Renew it: it cannot be");
}

/// A rule of the checklist means nothing to an admin; the tables of `certdeck flows` are for those who know it.
#[test]
fn no_text_names_a_rule_by_its_number() {
    let is_id = |word: &str| {
        let digits = word.trim_start_matches(['A', 'C', 'D']);
        word.len() - digits.len() == 1
            && !digits.is_empty()
            && digits.len() <= 3
            && digits.bytes().all(|b| b.is_ascii_digit())
    };
    let cites = |text: &str| {
        text.split('(').skip(1).filter_map(|rest| rest.split_once(')')).any(|(inside, _)| {
            let mut ids = inside.split([',', ' ', '-', '–']).filter(|word| !word.is_empty()).peekable();
            ids.peek().is_some() && ids.all(is_id)
        })
    };
    assert!(cites("keep it (A105)") && cites("(A159, A164)") && !cites("at least (AES)") && !cites("(r)"));
    let wrong: Vec<String> = texts::all()
        .into_iter()
        .filter(|(_, _, text)| cites(text))
        .map(|(name, line, text)| format!("{name}:{line}: {text}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
