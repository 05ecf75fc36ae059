//! Asking before something is sent or lost. Cancel comes first; what costs money asks for a typed word.

use super::{Act, Answer, PAGE, is_plain};
use crate::app::field::Field;
use crate::app::key::{Key, KeyCode};

/// More lines than any plan has.
const LONGEST: usize = 200;

#[derive(Debug, Clone)]
pub struct Confirm {
    pub title: String,
    /// Paragraphs: what this does.
    pub words: Vec<String>,
    /// What will be sent, a line a request.
    pub plan: Vec<String>,
    /// Whether the plan can be had as a script.
    pub has_script: bool,
    /// The word that has to be typed.
    pub word: Option<String>,
    pub typed: Field,
    /// The button besides Cancel.
    pub yes: String,
    pub on_yes: bool,
    pub refusal: Option<String>,
    /// The first line shown, where the plan is longer than the screen; the view keeps it within the text.
    pub scroll: usize,
    act: Act,
}

impl Confirm {
    /// Opens on Cancel; `ready` opens on the other button, where Enter is consent enough.
    pub fn new(title: impl Into<String>, yes: impl Into<String>, act: Act) -> Self {
        Self {
            title: title.into(),
            words: Vec::new(),
            plan: Vec::new(),
            has_script: false,
            word: None,
            typed: Field::default(),
            yes: yes.into(),
            on_yes: false,
            refusal: None,
            scroll: 0,
            act,
        }
    }

    #[must_use]
    pub fn says(mut self, words: impl Into<String>) -> Self {
        self.words.push(words.into());
        self
    }

    #[must_use]
    pub fn ready(mut self) -> Self {
        self.on_yes = true;
        self
    }

    pub fn press(&mut self, key: Key) -> Answer {
        self.refusal = None;
        match key.code {
            KeyCode::Down => self.scroll = (self.scroll + 1).min(LONGEST),
            KeyCode::PageDown => self.scroll = (self.scroll + PAGE).min(LONGEST),
            KeyCode::Up => self.scroll = self.scroll.saturating_sub(1),
            KeyCode::PageUp => self.scroll = self.scroll.saturating_sub(PAGE),
            KeyCode::Esc => return Answer::Close,
            KeyCode::Enter => return self.decide(),
            _ if self.word.is_some() && self.typed.press(key) => {}
            KeyCode::Tab | KeyCode::Left | KeyCode::Right => self.on_yes = !self.on_yes,
            _ if is_plain(key, 'h') || is_plain(key, 'l') => self.on_yes = !self.on_yes,
            _ if is_plain(key, 'c') && self.has_script => return Answer::Do(Act::ChooseScript),
            _ if is_plain(key, 'n') || is_plain(key, 'q') => return Answer::Close,
            _ if is_plain(key, 'y') => return Answer::CloseAnd(self.act.clone()),
            _ => {}
        }
        Answer::Stay
    }

    fn decide(&mut self) -> Answer {
        match &self.word {
            Some(word) if self.typed.text().trim() == word => Answer::CloseAnd(self.act.clone()),
            Some(word) => {
                self.refusal = Some(format!("type {word} and press Enter, or Esc to leave it"));
                Answer::Stay
            }
            None if self.on_yes => Answer::CloseAnd(self.act.clone()),
            None => Answer::Close,
        }
    }
}
