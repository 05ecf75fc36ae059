//! What an update answers with: effects for the runtime, a number for each question that is asked, and one sentence
//! for the person.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::effect::Effect;
use super::message::AskId;
use crate::tables::Tone;

/// What was said last, until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub tone: Tone,
    /// This machine's time, once the update that said it has ended.
    pub at: Option<Timestamp>,
}

/// So many messages of this run are kept.
const KEPT: usize = 200;

#[derive(Debug, Default)]
pub struct Outbox {
    pub notice: Option<Notice>,
    /// What was said in this run, the newest last.
    said: VecDeque<Notice>,
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
        let notice = Notice { text: text.into(), tone, at: None };
        // What is said again at once is one message.
        if self.said.back().is_none_or(|last| last.text != notice.text) {
            self.said.push_back(notice.clone());
        }
        if self.said.len() > KEPT {
            self.said.pop_front();
        }
        self.notice = Some(notice);
    }

    /// What was said in this run, the newest last.
    pub(super) fn said(&self) -> impl DoubleEndedIterator<Item = &Notice> {
        self.said.iter()
    }

    /// What was said is not so any more.
    pub(super) fn forget(&mut self, text: &str) {
        self.notice.take_if(|notice| notice.text == text);
    }

    /// For the program in another place: its questions have other numbers than those of before.
    pub(super) fn after(before: &Self) -> Self {
        Self { asks: before.asks, said: before.said.clone(), ..Self::default() }
    }

    /// What an update that ends now asks for.
    pub(super) fn take_effects(&mut self, now: Timestamp) -> Vec<Effect> {
        for notice in self.said.iter_mut().rev().take_while(|notice| notice.at.is_none()) {
            notice.at = Some(now);
        }
        std::mem::take(&mut self.effects)
    }
}
