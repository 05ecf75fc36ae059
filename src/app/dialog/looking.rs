//! What is shown while marked rows are looked at; Esc gives it up, and nothing was sent.

use super::{Act, Answer};
use crate::app::key::{Key, KeyCode};
use crate::app::message::AskId;

#[derive(Debug, Clone)]
pub struct Looking {
    pub ask: AskId,
    pub title: String,
    /// How many rows are looked at.
    pub rows: usize,
    /// The others, each with the reason.
    pub left_out: Vec<String>,
}

impl Looking {
    pub fn press(&self, key: Key) -> Answer {
        match key.code {
            KeyCode::Esc | KeyCode::Char('q') => Answer::CloseAnd(Act::Forget(self.ask)),
            _ => Answer::Stay,
        }
    }
}
