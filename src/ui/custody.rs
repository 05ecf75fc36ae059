//! The chain of custody: a title for each hostname, a line for each link, and the words for one that is not
//! whole.

use ratatui::text::{Line, Span};

use super::dialogs::{Content, keys, paragraph};
use super::look::{Look, Role};
use super::text::{cut_middle, fit, width, wrap};
use crate::app::App;
use crate::app::dialog::Chains;
use crate::model::custody::{Chain, Link, Standing};

/// Columns before the name of a link: marker, glyph, place.
const MARGIN: usize = 16;

pub(super) fn lines(app: &App, chains: &Chains, room: usize, look: &Look) -> Content {
    let title = format!("Chain of custody: {}", chains.about);
    let foot = vec![Line::raw(""), keys(&[("j k", "scroll"), ("c", "copy all"), ("Esc", "close")], look)];
    let mut content = Content { title, lines: Vec::new(), at: 0, foot, cursor: None };
    let words = match &chains.custody {
        None => Some(format!(
            "{} reading each link: order, key vault, App Service, binding, handshake",
            look.glyphs.waiting
        )),
        Some(custody) if custody.chains.is_empty() => Some("It is gone: refresh the list (C-r).".to_owned()),
        Some(_) => None,
    };
    if let Some(words) = words {
        content.lines = paragraph(&words, room, look, Role::Text);
        return content;
    }
    let mut nth = 0;
    for chain in chains.chains() {
        if nth > 0 {
            content.lines.push(Line::raw(""));
        }
        content.lines.push(heading(chain, room, look));
        for link in &chain.links {
            let is_here = nth == chains.cursor;
            content.lines.push(line(app, link, is_here, room, look));
            let said =
                link.words().map(|words| wrap(&words, room.saturating_sub(MARGIN))).unwrap_or_default();
            let role = standing(link, look).1;
            content.lines.extend(
                said.into_iter()
                    .map(|words| Line::styled(format!("{}{words}", " ".repeat(MARGIN)), look.style(role))),
            );
            if is_here {
                content.at = content.lines.len().saturating_sub(1);
            }
            nth += 1;
        }
    }
    content
}

fn heading(chain: &Chain, room: usize, look: &Look) -> Line<'static> {
    let role = if chain.first_broken().is_some() { Role::Urgent } else { Role::Title };
    Line::styled(cut_middle(&chain.title(), room, look.glyphs.more), look.style(role))
}

fn line(app: &App, link: &Link, is_here: bool, room: usize, look: &Look) -> Line<'static> {
    let (glyph, role) = standing(link, look);
    let facts = link.facts(app.clock.now);
    let name_room = room.saturating_sub(MARGIN + width(&facts) + 1);
    let name = cut_middle(&link.name, name_room, look.glyphs.more);
    Line::from(vec![
        Span::raw(format!("{} ", if is_here { look.glyphs.here } else { " " })),
        Span::styled(
            format!("{glyph} {} ", fit(link.place.words(), MARGIN - 5, look.glyphs.more)),
            look.style(role),
        ),
        Span::styled(
            fit(&name, name_room, look.glyphs.more),
            look.style(if is_here { Role::Selected } else { Role::Text }),
        ),
        Span::styled(format!(" {facts}"), look.style(Role::Dim)),
    ])
}

fn standing(link: &Link, look: &Look) -> (&'static str, Role) {
    match link.standing {
        Standing::Whole => (look.glyphs.done, Role::Good),
        Standing::Broken { .. } => (look.glyphs.failed, Role::Urgent),
        Standing::Waiting(_) => (look.glyphs.waiting, Role::Soon),
        Standing::Unknown(_) => (look.glyphs.skipped, Role::Dim),
    }
}
