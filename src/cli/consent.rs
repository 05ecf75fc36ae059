//! Asks on the terminal before a change; what has to be typed, `flow::Consent` decides.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::flow::{ConsentQuestion, Step};

/// Whether a person can be asked.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Shows what would be sent and waits for the answer. An end of input is a no.
pub(super) fn ask(step: &Step, in_production: bool) -> bool {
    let mut err = io::stderr();
    let plan = step.plan().join("\n  ");
    let ConsentQuestion { notice, word, .. } = step.consent.question(in_production);
    let asks = word
        .as_ref()
        .map_or_else(|| "Send this? [y/N] ".to_owned(), |word| format!("Type {word} to go on: "));
    let notice = if notice.is_empty() { notice } else { format!("{notice}\n") };
    let _ = write!(err, "\n{}\n  {plan}\n{notice}{asks}", step.title);
    let _ = err.flush();
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).is_ok() && agrees(word.as_deref(), answer.trim())
}

fn agrees(word: Option<&str>, answer: &str) -> bool {
    word.map_or_else(
        || answer.eq_ignore_ascii_case("y") || answer.eq_ignore_ascii_case("yes"),
        |word| answer == word,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_spent_only_on_the_typed_word() {
        let word = Some("contoso.com");
        assert!(agrees(word, "contoso.com"));
        assert!(!agrees(word, "y") && !agrees(word, "") && !agrees(word, "contoso"));
        assert!(agrees(None, "Yes") && !agrees(None, ""));
    }
}
