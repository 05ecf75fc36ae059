//! Asks on the terminal before a change; for what costs money, a word has to be typed.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::flow::{Consent, Step};

/// Whether somebody can be asked.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Shows what would be sent and waits for the answer. An end of input is a no.
pub fn ask(step: &Step) -> bool {
    let mut err = io::stderr();
    let plan = step.plan().join("\n  ");
    let (notice, question) = match &step.consent {
        Consent::Plain => (String::new(), "Send this? [y/N] ".to_owned()),
        Consent::Typed { notice, word } => (format!("{notice}\n"), format!("Type {word} to go on: ")),
    };
    let _ = write!(err, "\n{}\n  {plan}\n{notice}{question}", step.title);
    let _ = err.flush();
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).is_ok() && agrees(&step.consent, answer.trim())
}

fn agrees(consent: &Consent, answer: &str) -> bool {
    match consent {
        Consent::Plain => answer.eq_ignore_ascii_case("y") || answer.eq_ignore_ascii_case("yes"),
        Consent::Typed { word, .. } => answer == word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_spent_only_on_the_typed_word() {
        let cost = Consent::Typed { notice: String::new(), word: "contoso.com".to_owned() };
        assert!(agrees(&cost, "contoso.com"));
        assert!(!agrees(&cost, "y") && !agrees(&cost, "") && !agrees(&cost, "contoso"));
        assert!(agrees(&Consent::Plain, "Yes") && !agrees(&Consent::Plain, ""));
    }
}
