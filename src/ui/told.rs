//! Two lists that can be read again: what was sent and what came of it, and what was said in this run.

use ratatui::text::{Line, Span};

use super::dialogs::{Content, keys};
use super::look::{Look, Role};
use super::text::{cut, fit, wrap};
use crate::app::App;
use crate::app::dialog::Messages;
use crate::app::operations::Outcome;

pub(super) fn operations(app: &App, cursor: usize, room: usize, look: &Look) -> Content {
    let mut lines = Vec::new();
    let mut at = 0;
    for (nth, operation) in app.operations.iter().rev().enumerate() {
        if nth == cursor {
            at = lines.len();
        }
        let (glyph, words, role) = match &operation.ended {
            None => (look.glyphs.here, "running".to_owned(), Role::Soon),
            Some((_, Outcome::Succeeded)) => (look.glyphs.done, "accepted".to_owned(), Role::Good),
            Some((_, Outcome::Failed(problem))) => {
                (look.glyphs.failed, format!("failed: {}", problem.why), Role::Urgent)
            }
            Some((_, Outcome::Unwatched)) => (look.glyphs.dot, "no longer watched".to_owned(), Role::Dim),
        };
        let marker = if nth == cursor { look.glyphs.here } else { " " };
        let what = fit(&operation.what, room.saturating_sub(18), look.glyphs.more);
        lines.push(Line::from(vec![
            Span::raw(format!("{marker} ")),
            Span::styled(format!("{glyph} "), look.style(role)),
            Span::styled(what, look.style(if nth == cursor { Role::Selected } else { Role::Text })),
            Span::raw(format!(" {:>8}", operation.elapsed(app.clock.machine))),
        ]));
        // The last that was heard of a success may be a warning.
        let is_heard = !matches!(operation.ended, Some((_, Outcome::Failed(_) | Outcome::Unwatched)))
            && !operation.note.is_empty();
        let note = if is_heard { format!("{words}: {}", operation.note) } else { words };
        // The one under the cursor can be read whole.
        let pieces = if nth == cursor {
            let times = wrap(&operation.times(), room.saturating_sub(6));
            times.into_iter().chain(wrap(&note, room.saturating_sub(6))).collect()
        } else {
            vec![cut(&note, room.saturating_sub(6), look.glyphs.more)]
        };
        lines
            .extend(pieces.into_iter().map(|piece| Line::styled(format!("      {piece}"), look.style(role))));
    }
    if app.operations.is_empty() {
        lines.push(Line::raw("Nothing was sent yet in this session."));
    }
    let foot = vec![keys(&[("x", "stop watching"), ("Enter", "details"), ("Esc", "close")], look)];
    Content { title: "Operations".into(), lines, at, foot, cursor: None }
}

pub(super) fn messages(messages: &Messages, room: usize, look: &Look) -> Content {
    const TIME: usize = 8;
    let mut lines = Vec::new();
    let mut at = 0;
    for (nth, notice) in messages.said.iter().enumerate() {
        let is_here = nth == messages.cursor;
        if is_here {
            at = lines.len();
        }
        let text_room = room.saturating_sub(TIME + 4);
        // The one under the cursor can be read whole.
        let pieces = if is_here {
            wrap(&notice.text, text_room)
        } else {
            vec![cut(&notice.text, text_room, look.glyphs.more)]
        };
        let time = notice.at.map(|at| at.strftime("%H:%M:%S").to_string()).unwrap_or_default();
        for (row, piece) in pieces.into_iter().enumerate() {
            let marker = if is_here && row == 0 { look.glyphs.here } else { " " };
            let time = if row == 0 { time.as_str() } else { "" };
            lines.push(Line::from(vec![
                Span::raw(format!("{marker} ")),
                Span::styled(fit(time, TIME, ""), look.style(Role::Dim)),
                Span::styled(format!("  {piece}"), look.style(notice.tone.into())),
            ]));
        }
    }
    if messages.said.is_empty() {
        lines.push(Line::raw("Nothing was said yet in this run."));
    }
    let foot = vec![keys(&[("j k", "choose"), ("c", "copy"), ("Esc", "close")], look)];
    Content { title: "Messages of this run".into(), lines, at, foot, cursor: None }
}
