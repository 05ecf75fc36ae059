//! What was said in this run, the newest first: a message at the bottom of the screen is gone with the next key.

use super::{Act, Answer, PAGE, motion};
use crate::app::detail::step;
use crate::app::key::{Key, KeyCode};
use crate::app::outbox::Notice;

#[derive(Debug, Clone)]
pub struct Messages {
    /// The newest first.
    pub said: Vec<Notice>,
    pub cursor: usize,
}

impl Messages {
    pub fn new(said: impl DoubleEndedIterator<Item = Notice>) -> Self {
        Self { said: said.rev().collect(), cursor: 0 }
    }

    pub fn press(&mut self, key: Key) -> Answer {
        match key.code {
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | 'm') => return Answer::Close,
            KeyCode::Char('c') if !key.ctrl => {
                if let Some(notice) = self.said.get(self.cursor) {
                    return Answer::Do(Act::Copy(notice.text.clone()));
                }
            }
            _ => {
                if let Some(motion) = motion(key, true) {
                    self.cursor = step(self.cursor, motion, self.said.len(), PAGE);
                }
            }
        }
        Answer::Stay
    }
}
