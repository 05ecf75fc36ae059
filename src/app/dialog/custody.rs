//! The chain of custody on screen: links as they were read, a cursor over them, and their text for a
//! colleague.

use super::{Act, Answer, PAGE, is_plain, motion};
use crate::app::detail::step;
use crate::app::key::{Key, KeyCode};
use crate::app::message::AskId;
use crate::model::custody::{Chain, Custody, Link};

#[derive(Debug, Clone)]
pub struct Chains {
    pub about: String,
    /// The question, until it is answered.
    pub ask: AskId,
    pub custody: Option<Custody>,
    /// Counts the links of all chains.
    pub cursor: usize,
}

impl Chains {
    pub fn new(about: String, ask: AskId) -> Self {
        Self { about, ask, custody: None, cursor: 0 }
    }

    /// The cursor begins where the trouble begins.
    pub fn take(&mut self, custody: Custody) {
        let mut links = custody.chains.iter().flat_map(|chain| &chain.links);
        self.cursor = links.position(Link::is_broken).unwrap_or(0);
        self.custody = Some(custody);
    }

    pub fn chains(&self) -> &[Chain] {
        self.custody.as_ref().map_or(&[], |custody| &custody.chains)
    }

    pub fn press(&mut self, key: Key) -> Answer {
        match key.code {
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q') => return Answer::Close,
            _ if is_plain(key, 'c') => return Answer::Do(Act::CopyChains),
            _ => {
                if let Some(motion) = motion(key, true) {
                    let links = self.chains().iter().map(|chain| chain.links.len()).sum();
                    self.cursor = step(self.cursor, motion, links, PAGE);
                }
            }
        }
        Answer::Stay
    }
}
