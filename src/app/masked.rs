//! A password while it is typed: shown as dots, never copied, wiped from memory as soon as it is not needed.

use secrecy::SecretString;
use zeroize::{Zeroize, Zeroizing};

use super::key::{Key, KeyCode};
use crate::model::secret_line;

/// In bytes; a text that outgrew its room would leave a copy of itself behind, so what is longer is refused.
const LONGEST: usize = 4096;

/// Typed at its end only: a person who cannot see a text cannot edit its middle.
#[derive(Clone)]
pub struct Masked {
    text: Zeroizing<String>,
    is_edited: bool,
}

impl Default for Masked {
    fn default() -> Self {
        Self { text: Zeroizing::new(String::with_capacity(LONGEST)), is_edited: false }
    }
}

impl std::fmt::Debug for Masked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Masked(…)")
    }
}

impl Masked {
    /// How many characters were typed.
    pub fn len(&self) -> usize {
        self.text.chars().count()
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub fn secret(&self) -> SecretString {
        SecretString::from(self.text.as_str())
    }

    /// Whether it was edited since it was set.
    pub fn is_edited(&self) -> bool {
        self.is_edited
    }

    pub fn set(&mut self, text: &str) {
        self.text.zeroize();
        self.push(text);
        self.is_edited = false;
    }

    /// Takes a key if it edits; returns whether it did.
    pub fn press(&mut self, key: Key) -> bool {
        match (key.code, key.ctrl, key.alt) {
            (KeyCode::Char(c), false, false) => self.push(c.encode_utf8(&mut [0; 4])),
            (KeyCode::Backspace, false, false) | (KeyCode::Char('h'), true, false) => drop(self.text.pop()),
            (KeyCode::Char('u' | 'w'), true, false) => self.text.zeroize(),
            _ => return false,
        }
        self.is_edited = true;
        true
    }

    /// Takes the first line exactly as it is: blanks belong to a password, line ends do not.
    pub fn paste(&mut self, text: &str) {
        self.push(secret_line(text));
    }

    fn push(&mut self, text: &str) {
        self.is_edited = true;
        if self.text.len() + text.len() <= LONGEST {
            self.text.push_str(text);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn a_password_keeps_its_blanks_and_loses_its_line_end() {
        let mut masked = Masked::default();
        masked.paste("\u{FEFF} two words \r\nnext");
        assert_eq!(masked.secret().expose_secret(), " two words ");
        assert!(masked.press(Key::parse("<BS>").unwrap()) && masked.press(Key::char('x')));
        assert_eq!((masked.secret().expose_secret(), masked.len()), (" two wordsx", 11));
    }

    #[test]
    fn nothing_prints_it_and_nothing_moves_it() {
        let mut masked = Masked::default();
        masked.paste("hunter2");
        assert!(!format!("{masked:?}").contains("hunter2"));
        let room = masked.text.as_ptr();
        masked.paste(&"x".repeat(2 * LONGEST));
        masked.paste(&"x".repeat(1000));
        assert_eq!((masked.text.as_ptr(), masked.len()), (room, 1007));
        assert!(masked.press(Key::parse("<C-u>").unwrap()) && masked.is_empty());
    }
}
