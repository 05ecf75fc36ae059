//! The detail of one resource: its facts, or the JSON as the service answers it. A cursor goes over the
//! lines, so that a fact can be copied and a view knows what to keep on screen.

use super::command::Motion;
use super::message::AskId;
use crate::model::{Problem, ResourceId};
use crate::tables::PaneName;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Facts,
    Raw,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Raw {
    NotAsked,
    Asked(AskId),
    Read(Vec<String>),
    Failed(Problem),
}

#[derive(Debug, Clone)]
pub struct Detail {
    pub pane: PaneName,
    pub id: ResourceId,
    pub tab: Tab,
    pub cursor: usize,
    pub raw: Raw,
}

impl Detail {
    pub fn new(pane: PaneName, id: ResourceId) -> Self {
        Self { pane, id, tab: Tab::Facts, cursor: 0, raw: Raw::NotAsked }
    }
}

/// Moves a line cursor; `lines` is how many there are, `page` how many fit.
pub fn step(cursor: usize, motion: Motion, lines: usize, page: usize) -> usize {
    let page = page.max(2);
    let moved = match motion {
        Motion::Down => cursor + 1,
        Motion::Up => cursor.saturating_sub(1),
        Motion::Top => 0,
        Motion::Bottom => lines,
        Motion::HalfDown => cursor + page / 2,
        Motion::HalfUp => cursor.saturating_sub(page / 2),
        Motion::PageDown => cursor + page,
        Motion::PageUp => cursor.saturating_sub(page),
    };
    moved.min(lines.saturating_sub(1))
}
