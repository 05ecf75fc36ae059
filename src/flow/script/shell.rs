//! Words of a POSIX shell, quoted so that no value can become code.

/// A word as the shell reads it back, for every text.
pub(in crate::flow) fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:,+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    // No program takes a NUL in an argument; nothing that is asked for can have one.
    format!("'{}'", text.replace('\0', "").replace('\'', r"'\''"))
}

/// A command with its options, a line each.
#[derive(Debug)]
pub(super) struct CommandLine(String);

impl CommandLine {
    /// `words` are written as they are.
    pub(super) fn new(words: &str) -> Self {
        Self(words.to_owned())
    }

    #[must_use]
    pub(super) fn option(self, name: &str, value: &str) -> Self {
        // A value that looks like an option is taken for one, unless it is tied to its own.
        let tie = if value.starts_with('-') { '=' } else { ' ' };
        Self(format!("{} \\\n  --{name}{tie}{}", self.0, word(value)))
    }

    /// An option whose value is shell already: `"$CERTDECK_PFX"`.
    #[must_use]
    pub(super) fn raw(self, name: &str, value: &str) -> Self {
        Self(format!("{} \\\n  --{name} {value}", self.0))
    }

    pub(super) fn line(self) -> String {
        self.0 + "\n"
    }

    pub(super) fn text(self) -> String {
        self.0
    }
}

/// Says on standard error what comes next.
pub(super) fn say(what: &str) -> String {
    format!("echo {} >&2\n", word(&crate::model::printable(what)))
}
