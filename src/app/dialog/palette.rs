//! The command line: every command by its name, completed while typing, the ones used last on top.

use super::{Act, Answer, PAGE, motion};
use crate::app::command::Entry;
use crate::app::detail::step;
use crate::app::field::Field;
use crate::app::key::{Key, KeyCode};
use crate::model::quoted;
use crate::tables::filter::is_spread;

#[derive(Debug, Clone)]
pub struct Candidate {
    pub entry: &'static Entry,
    pub keys: String,
    /// Why it is not possible now.
    pub refusal: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Palette {
    candidates: Vec<Candidate>,
    pub typed: Field,
    pub cursor: usize,
    pub refusal: Option<String>,
}

impl Palette {
    /// `candidates` in the order to show them while nothing is typed.
    pub fn new(candidates: Vec<Candidate>) -> Self {
        Self { candidates, typed: Field::default(), cursor: 0, refusal: None }
    }

    /// What fits the typed text, best first: the name itself, names that start with it, that contain it, that
    /// spread over it, and last those whose description contains it. Among equals, what is possible now comes
    /// first.
    pub fn shown(&self) -> Vec<&Candidate> {
        let sought = self.typed.text().trim().to_lowercase();
        let mut ranked: Vec<(u8, &Candidate)> = self
            .candidates
            .iter()
            .filter_map(|candidate| Some((rank(candidate.entry, &sought)?, candidate)))
            .collect();
        ranked.sort_by_key(|(rank, candidate)| (*rank, candidate.refusal.is_some()));
        ranked.into_iter().map(|(_, candidate)| candidate).collect()
    }

    pub fn paste(&mut self, text: &str) {
        self.typed.paste(text);
        self.cursor = 0;
    }

    pub fn press(&mut self, key: Key) -> Answer {
        self.refusal = None;
        match key.code {
            KeyCode::Esc => return Answer::Close,
            KeyCode::Backspace if self.typed.text().is_empty() => return Answer::Close,
            KeyCode::Enter => return self.run(),
            KeyCode::Tab => {
                let name = self.shown().get(self.cursor).map(|candidate| candidate.entry.name);
                if let Some(name) = name {
                    self.typed.set(name);
                    self.cursor = 0;
                }
            }
            _ => {
                if let Some(motion) = motion(key, false) {
                    self.cursor = step(self.cursor, motion, self.shown().len(), PAGE);
                } else if self.typed.press(key) {
                    self.cursor = 0;
                }
            }
        }
        Answer::Stay
    }

    fn run(&mut self) -> Answer {
        match self.shown().get(self.cursor) {
            Some(Candidate { refusal: None, entry, .. }) => Answer::CloseAnd(Act::Run(entry)),
            Some(Candidate { refusal: Some(why), .. }) => {
                self.refusal = Some(why.clone());
                Answer::Stay
            }
            None => {
                self.refusal = Some(format!("there is no command '{}'", quoted(self.typed.text())));
                Answer::Stay
            }
        }
    }
}

fn rank(entry: &Entry, sought: &str) -> Option<u8> {
    match entry.name {
        name if name == sought => Some(0),
        name if name.starts_with(sought) => Some(1),
        name if name.contains(sought) => Some(2),
        name if is_spread(sought, name) => Some(3),
        _ if entry.words.to_lowercase().contains(sought) => Some(4),
        _ => None,
    }
}
