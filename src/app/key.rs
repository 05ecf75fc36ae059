//! A key press in the program's own type, with its written form (`<C-d>`, `q`, `<S-Tab>`): no terminal
//! library in here.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyCode {
    Char(char),
    Enter,
    Esc,
    Tab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

/// `shift` is set only for keys that have no upper-case character of their own, such as Tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub code: KeyCode,
    pub ctrl: bool,
    pub alt: bool,
    pub shift: bool,
}

impl Key {
    pub const fn plain(code: KeyCode) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    pub const fn char(c: char) -> Self {
        Self::plain(KeyCode::Char(c))
    }

    /// Reads one key in its written form: `j`, `<Enter>`, `<C-d>`, `<S-Tab>`, `<lt>`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut chars = text.chars();
        if let (Some(c), None) = (chars.next(), chars.next()) {
            return Some(Self::char(c));
        }
        let mut name = text.strip_prefix('<')?.strip_suffix('>')?;
        let mut key = Self::plain(KeyCode::Enter);
        loop {
            let rest = match name.get(..2) {
                Some("C-") => &mut key.ctrl,
                Some("A-") => &mut key.alt,
                Some("S-") => &mut key.shift,
                _ => break,
            };
            *rest = true;
            name = &name[2..];
        }
        key.code = NAMES
            .iter()
            .find(|(written, _)| written.eq_ignore_ascii_case(name))
            .map(|(_, code)| *code)
            .or_else(|| {
                let mut chars = name.chars();
                match (chars.next(), chars.next()) {
                    (Some(c), None) => Some(KeyCode::Char(c)),
                    (Some('F' | 'f'), Some(_)) => name[1..].parse().ok().map(KeyCode::F),
                    _ => None,
                }
            })?;
        Some(key)
    }

    /// Reads a whole sequence, as journeys and tests write it: `:purchase<Enter>`.
    pub fn parse_all(text: &str) -> Option<Vec<Self>> {
        let mut keys = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let end = if c == '<' { rest.find('>').map(|at| at + 1) } else { None };
            let (written, tail) = rest.split_at(end.unwrap_or(c.len_utf8()));
            keys.push(Self::parse(written)?);
            rest = tail;
        }
        Some(keys)
    }
}

const NAMES: [(&str, KeyCode); 16] = [
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("BS", KeyCode::Backspace),
    ("Del", KeyCode::Delete),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("Space", KeyCode::Char(' ')),
    ("lt", KeyCode::Char('<')),
    ("gt", KeyCode::Char('>')),
];

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = NAMES.iter().find(|(_, code)| *code == self.code).map(|(name, _)| *name);
        let modified = self.ctrl || self.alt || self.shift;
        let marks = [(self.ctrl, "C-"), (self.alt, "A-"), (self.shift, "S-")];
        let prefix: String = marks.iter().filter(|(set, _)| *set).map(|(_, mark)| *mark).collect();
        match (named, self.code) {
            (Some(name), _) => write!(f, "<{prefix}{name}>"),
            (None, KeyCode::Char(c)) if modified => write!(f, "<{prefix}{c}>"),
            (None, KeyCode::Char(c)) => write!(f, "{c}"),
            (None, KeyCode::F(n)) => write!(f, "<{prefix}F{n}>"),
            (None, _) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_key_reads_as_it_is_written() {
        for text in ["j", "<Enter>", "<C-d>", "<S-Tab>", "<Space>", "<lt>", "<F5>", "?", ":"] {
            assert_eq!(Key::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Key::parse_all(":go<Enter>").unwrap().len(), 4);
    }
}
