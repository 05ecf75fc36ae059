//! The briefing of a practice scenario: what happened, what is asked for, and how that stands.

use ratatui::text::Line;

use super::dialogs::{Content, keys, paragraph};
use super::look::{Look, Role};
use super::text::wrap;
use crate::app::App;

pub(super) fn lines(app: &App, room: usize, look: &Look) -> Content {
    let mut lines = Vec::new();
    let foot = vec![
        Line::raw(""),
        keys(&[("Enter", "to work"), ("j k", "scroll"), (":briefing", "shows this again")], look),
    ];
    let Some(goal) = &app.goal else {
        let lines = paragraph("This cloud has no scenario with a goal.", room, look, Role::Text);
        return Content { title: "Briefing".into(), lines, at: 0, foot, cursor: None };
    };
    if let Some(verdict) = goal.verdict() {
        lines.extend(paragraph(&format!("{} {verdict}", look.glyphs.done), room, look, Role::Good));
        lines.push(Line::raw(""));
    }
    for text in &goal.briefing {
        lines.extend(paragraph(text, room, look, Role::Text));
        lines.push(Line::raw(""));
    }
    let (standing, tone) = goal.standing(app.clock.now);
    lines.push(Line::styled(standing, look.style(tone.into())));
    for part in &goal.parts {
        let is_done = part.missing.is_empty();
        let (glyph, role) =
            if is_done { (look.glyphs.done, Role::Good) } else { (look.glyphs.dot, Role::Text) };
        for (nth, piece) in wrap(&part.words, room.saturating_sub(2)).into_iter().enumerate() {
            let margin = if nth == 0 { glyph } else { " " };
            lines.push(Line::styled(format!("{margin} {piece}"), look.style(role)));
        }
        for missing in &part.missing {
            let wrapped = wrap(missing, room.saturating_sub(4)).into_iter();
            lines.extend(wrapped.map(|piece| Line::styled(format!("    {piece}"), look.style(Role::Dim))));
        }
    }
    Content { title: goal.title.clone(), lines, at: 0, foot, cursor: None }
}
