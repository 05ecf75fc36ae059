//! One line of text that is typed: cursor by grapheme, paste without submitting. Passwords have `masked`.

use tui_input::{Input, InputRequest};

use super::key::{Key, KeyCode};
use crate::model::printable;

#[derive(Debug, Clone, Default)]
pub struct Field {
    input: Input,
    /// Whether what is typed next takes the place of the text.
    is_selected: bool,
}

impl Field {
    pub fn new(text: &str) -> Self {
        Self { input: Input::new(text.to_owned()), is_selected: false }
    }

    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// The text before the cursor, and the text from the cursor on.
    pub fn around_cursor(&self) -> (&str, &str) {
        let text = self.input.value();
        let at = text.char_indices().nth(self.input.cursor()).map_or(text.len(), |(at, _)| at);
        text.split_at(at)
    }

    pub fn set(&mut self, text: &str) {
        *self = Self::new(text);
    }

    /// What is typed next takes the place of the text; a key that moves within it keeps it.
    pub fn select(&mut self) {
        self.is_selected = !self.text().is_empty();
    }

    /// Whether what is typed next takes the place of the text.
    pub fn is_selected(&self) -> bool {
        self.is_selected
    }

    /// Takes a key if it edits or moves within the text; returns whether it did.
    pub fn press(&mut self, key: Key) -> bool {
        use InputRequest as Ask;
        let ask = match (key.code, key.ctrl, key.alt) {
            (KeyCode::Char(c), false, false) => Ask::InsertChar(c),
            (KeyCode::Backspace, false, false) | (KeyCode::Char('h'), true, false) => Ask::DeletePrevChar,
            (KeyCode::Char('w'), true, false) | (KeyCode::Backspace, _, true) => Ask::DeletePrevWord,
            (KeyCode::Delete, false, false) => Ask::DeleteNextChar,
            (KeyCode::Left, false, false) => Ask::GoToPrevChar,
            (KeyCode::Right, false, false) => Ask::GoToNextChar,
            (KeyCode::Left, true, _) => Ask::GoToPrevWord,
            (KeyCode::Right, true, _) => Ask::GoToNextWord,
            (KeyCode::Home, ..) | (KeyCode::Char('a'), true, false) => Ask::GoToStart,
            (KeyCode::End, ..) | (KeyCode::Char('e'), true, false) => Ask::GoToEnd,
            (KeyCode::Char('u'), true, false) => Ask::DeleteFromStart,
            (KeyCode::Char('k'), true, false) => Ask::DeleteTillEnd,
            _ => return false,
        };
        let is_selected = std::mem::take(&mut self.is_selected);
        match ask {
            Ask::InsertChar(c) if is_selected => self.set(c.encode_utf8(&mut [0; 4])),
            Ask::DeletePrevChar | Ask::DeletePrevWord | Ask::DeleteNextChar if is_selected => self.set(""),
            ask => drop(self.input.handle(ask)),
        }
        true
    }

    /// Takes a paste as one line: line ends become spaces and never submit, other controls become visible.
    pub fn paste(&mut self, text: &str) {
        if std::mem::take(&mut self.is_selected) {
            self.set("");
        }
        for c in printable(text.trim()).chars() {
            self.input.handle(InputRequest::InsertChar(c));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn typed(field: &mut Field, keys: &str) {
        for key in Key::parse_all(keys).unwrap() {
            assert!(field.press(key), "{key}");
        }
    }

    #[test]
    fn the_cursor_moves_by_what_a_reader_calls_a_character() {
        let mut field = Field::new("e\u{301}x");
        typed(&mut field, "<Left><BS>");
        assert_eq!(field.text(), "x");
    }

    #[test]
    fn what_is_typed_takes_the_place_of_a_selected_text_and_moving_within_it_keeps_it() {
        let after = |keys: &str| {
            let mut field = Field::new("docs");
            field.select();
            typed(&mut field, keys);
            field.text().to_owned()
        };
        assert_eq!(after("www"), "www");
        assert_eq!(after("<BS>"), "");
        assert_eq!(after("<Left>x"), "docxs");
        let mut field = Field::new("docs");
        field.select();
        field.paste("www");
        assert_eq!(field.text(), "www");
    }

    #[test]
    fn a_pasted_line_end_never_submits() {
        let mut field = Field::default();
        field.paste("contoso.com\r\nrm -rf\u{1b}[2J\n");
        assert!(!field.text().contains(['\n', '\r', '\u{1b}']));
        assert!(field.text().starts_with("contoso.com"));
    }

    #[test]
    fn keys_that_are_not_for_text_are_left_to_others() {
        let mut field = Field::new("a");
        for key in ["<Enter>", "<Esc>", "<Tab>", "<C-c>", "<Up>", "<C-r>"] {
            assert!(!field.press(Key::parse(key).unwrap()));
        }
    }
}
