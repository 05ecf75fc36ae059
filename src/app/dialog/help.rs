//! The keys that are valid where help was asked for, made from the command table; scrolls and can be
//! searched.

use super::{Answer, PAGE, motion};
use crate::app::command::Group;
use crate::app::detail::step;
use crate::app::field::Field;
use crate::app::key::{Key, KeyCode};

#[derive(Debug, Clone)]
pub struct HelpLine {
    pub group: Group,
    pub keys: String,
    pub name: &'static str,
    pub words: String,
    /// Whether it can be done now.
    pub is_possible: bool,
}

impl HelpLine {
    /// What can be done stands under the heading of its group; the rest come last, under one of their own.
    pub fn heading(&self) -> &'static str {
        if self.is_possible { self.group.title() } else { "Not possible now" }
    }
}

#[derive(Debug, Clone)]
pub struct Help {
    /// Where: `Orders`, `Step 2: Verify`.
    pub about: String,
    lines: Vec<HelpLine>,
    pub search: Field,
    pub is_searching: bool,
    pub cursor: usize,
}

impl Help {
    pub fn new(about: impl Into<String>, mut lines: Vec<HelpLine>) -> Self {
        lines.sort_by_key(|line| (!line.is_possible, line.group));
        Self { about: about.into(), lines, search: Field::default(), is_searching: false, cursor: 0 }
    }

    pub fn shown(&self) -> Vec<&HelpLine> {
        let sought = self.search.text().to_lowercase();
        let holds = |line: &&HelpLine| {
            [line.keys.as_str(), line.name, &line.words, line.heading()]
                .iter()
                .any(|text| text.to_lowercase().contains(&sought))
        };
        self.lines.iter().filter(holds).collect()
    }

    pub fn press(&mut self, key: Key) -> Answer {
        if self.is_searching {
            match key.code {
                KeyCode::Enter => self.is_searching = false,
                KeyCode::Esc => {
                    self.is_searching = false;
                    self.search.set("");
                }
                _ if self.search.press(key) => self.cursor = 0,
                _ => {}
            }
            return Answer::Stay;
        }
        match key.code {
            KeyCode::Esc if !self.search.text().is_empty() => self.search.set(""),
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | '?') => return Answer::Close,
            KeyCode::Char('/') => self.is_searching = true,
            _ => {
                if let Some(motion) = motion(key, true) {
                    self.cursor = step(self.cursor, motion, self.shown().len(), PAGE);
                }
            }
        }
        Answer::Stay
    }
}
