//! What an update answers with: effects for the runtime, a number for each question that is asked, and one sentence
//! for the person.

use super::effect::Effect;
use super::message::AskId;
use crate::tables::Tone;

/// What was said last, until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub tone: Tone,
}

#[derive(Debug, Default)]
pub struct Outbox {
    pub notice: Option<Notice>,
    asks: u64,
    effects: Vec<Effect>,
}

impl Outbox {
    pub(super) fn emit(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// A number that no question had before.
    pub(super) fn ask(&mut self) -> AskId {
        self.asks += 1;
        AskId(self.asks)
    }

    pub(super) fn say(&mut self, text: impl Into<String>, tone: Tone) {
        self.notice = Some(Notice { text: text.into(), tone });
    }

    /// What was said is not so any more.
    pub(super) fn forget(&mut self, text: &str) {
        self.notice.take_if(|notice| notice.text == text);
    }

    /// For the program in another place: its questions have other numbers than those of before.
    pub(super) fn after(before: &Self) -> Self {
        Self { asks: before.asks, ..Self::default() }
    }

    pub(super) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }
}
