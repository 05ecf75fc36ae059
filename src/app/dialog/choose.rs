//! Choosing one of several: the ways to add a certificate, what to copy, a value for a field, a problem to go
//! to. One way everywhere: arrows move, typing narrows, and of a few a digit chooses.

use super::{Act, Answer, PAGE, motion};
use crate::app::command::Motion;
use crate::app::detail::step;
use crate::app::field::Field;
use crate::app::key::{Key, KeyCode};
use crate::flow;

/// So many items can be chosen by a digit.
const DIGITS: usize = 9;

#[derive(Debug, Clone)]
pub struct Item {
    pub label: String,
    pub note: String,
    /// What choosing it does, or why it cannot be chosen.
    pub then: Result<Act, String>,
}

#[derive(Debug, Clone)]
pub struct Choose {
    pub title: String,
    pub intro: String,
    items: Vec<Item>,
    /// Label and note of each item in lower case, made once: a picker may hold every app there is.
    searched: Vec<String>,
    /// The places of the items that hold what is typed.
    shown: Vec<usize>,
    /// The field that it fills.
    pub fills: Option<flow::Key>,
    /// Whether a text that is not in the list is taken too.
    pub takes_other: bool,
    pub filter: Field,
    pub cursor: usize,
    /// Whether a key moved the cursor or narrowed the list.
    is_moved: bool,
    /// Why the last choice was refused.
    pub refusal: Option<String>,
    /// What to say when there is nothing to choose from.
    pub empty: String,
}

impl Choose {
    pub fn new(title: impl Into<String>, items: Vec<Item>) -> Self {
        let mut choose = Self {
            title: title.into(),
            intro: String::new(),
            items: Vec::new(),
            searched: Vec::new(),
            shown: Vec::new(),
            fills: None,
            takes_other: false,
            filter: Field::default(),
            cursor: 0,
            is_moved: false,
            refusal: None,
            empty: "nothing to choose from".into(),
        };
        choose.refill(items);
        choose
    }

    #[must_use]
    pub fn intro(mut self, text: impl Into<String>) -> Self {
        self.intro = text.into();
        self
    }

    #[must_use]
    pub fn empty(mut self, words: impl Into<String>) -> Self {
        self.empty = words.into();
        self
    }

    /// Puts the cursor on the first item with this label, if there is one.
    #[must_use]
    pub fn at(mut self, cursor: usize) -> Self {
        self.cursor = cursor.min(self.items.len().saturating_sub(1));
        self
    }

    /// Takes what was found meanwhile; what was typed stays.
    pub fn refill(&mut self, items: Vec<Item>) {
        let lower = |item: &Item| format!("{}\n{}", item.label, item.note).to_lowercase();
        self.searched = items.iter().map(lower).collect();
        self.items = items;
        self.narrow();
        let possible = self.shown().position(|item| item.then.is_ok());
        self.cursor = match possible {
            // Until a person moves, it stays on what can be chosen.
            Some(possible) if !self.is_moved && !self.is_possible() => possible,
            _ => self.cursor.min(self.shown.len().saturating_sub(1)),
        };
    }

    fn narrow(&mut self) {
        let sought = self.filter.text().to_lowercase();
        let holds = |place: &usize| self.searched[*place].contains(&sought);
        self.shown = (0..self.items.len()).filter(holds).collect();
    }

    /// The items that hold what is typed.
    pub fn shown(&self) -> impl ExactSizeIterator<Item = &Item> {
        self.shown.iter().map(|place| &self.items[*place])
    }

    pub fn total(&self) -> usize {
        self.items.len()
    }

    /// Whether a digit chooses: there are few, and nothing is typed.
    pub fn has_digits(&self) -> bool {
        self.items.len() <= DIGITS && !self.takes_other && self.filter.text().is_empty()
    }

    pub fn paste(&mut self, text: &str) {
        self.filter.paste(text);
        self.narrow();
        self.cursor = 0;
    }

    pub fn press(&mut self, key: Key) -> Answer {
        self.refusal = None;
        let is_empty = self.filter.text().is_empty();
        match key.code {
            KeyCode::Esc => return Answer::Close,
            KeyCode::Backspace if is_empty => return Answer::Close,
            KeyCode::Enter => return self.choose(),
            _ => {}
        }
        if let Some(digit) = self.digit(key) {
            self.cursor = digit;
            return self.choose();
        }
        let to_an_end = match key.code {
            KeyCode::Home if is_empty => Some(Motion::Top),
            KeyCode::End if is_empty => Some(Motion::Bottom),
            _ => None,
        };
        if let Some(motion) = to_an_end.or_else(|| motion(key, false)) {
            self.is_moved = true;
            self.cursor = step(self.cursor, motion, self.shown.len(), PAGE);
        } else if self.filter.press(key) {
            self.is_moved = true;
            self.narrow();
            self.cursor = 0;
        }
        Answer::Stay
    }

    /// Whether the item under the cursor can be chosen.
    fn is_possible(&self) -> bool {
        self.shown().nth(self.cursor).is_some_and(|item| item.then.is_ok())
    }

    /// The place that a digit chooses.
    fn digit(&self, key: Key) -> Option<usize> {
        let KeyCode::Char(c) = key.code else { return None };
        let place = usize::try_from(c.to_digit(10)?).ok()?.checked_sub(1)?;
        (self.has_digits() && key == Key::char(c) && place < self.items.len()).then_some(place)
    }

    fn choose(&mut self) -> Answer {
        let chosen = self.shown().nth(self.cursor).map(|item| item.then.clone());
        match (chosen, self.fills.filter(|_| self.takes_other)) {
            (Some(Ok(act)), _) => Answer::CloseAnd(act),
            (Some(Err(why)), _) => {
                self.refusal = Some(why);
                Answer::Stay
            }
            (None, Some(field)) if !self.filter.text().trim().is_empty() => {
                Answer::CloseAnd(Act::Fill(field, self.filter.text().trim().to_owned()))
            }
            (None, _) => {
                self.refusal = Some("nothing here to choose; Esc goes back".into());
                Answer::Stay
            }
        }
    }
}
