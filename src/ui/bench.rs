//! The workbench: its forms, and the sheet with what came of them.

use ratatui::text::{Line, Span};

use super::dialogs::{Content, keys, refusal};
use super::form::{FormView, Section, keys_of};
use super::look::{Look, Role};
use super::text::{fit, wrap};
use crate::app::dialog::{Bench, Sheet};
use crate::app::form::FormAnswer;

/// Columns of the labels of the sheet.
const LABEL: usize = 18;

pub(super) fn form_lines(bench: &Bench, room: usize, look: &Look) -> Content {
    let (form, inputs) = (&bench.form, &bench.inputs);
    let view = FormView { form, inputs, picked: &|_| String::new(), note: &|_| None, look, room };
    let Section { mut lines, at, cursor } = view.rows();
    lines.push(Line::raw(""));
    let mut foot = refusal(bench.refusal.as_ref(), room, look);
    foot.push(if bench.ask.is_some() {
        keys(&[(look.glyphs.waiting, "working"), ("Esc", "do not wait")], look)
    } else {
        let enter = if form.enter() == FormAnswer::Files { "choose a file" } else { bench.verb() };
        let mut pairs = vec![("Enter", enter), ("Tab", "next")];
        pairs.extend(keys_of(form));
        pairs.push(("Esc", "close"));
        keys(&pairs, look)
    });
    Content { title: bench.title().to_owned(), lines, at, foot, cursor }
}

pub(super) fn sheet_lines(sheet: &Sheet, room: usize, look: &Look) -> Content {
    let mut lines = Vec::new();
    let mut at = 0;
    let mut section = "";
    for (nth, entry) in sheet.lines().into_iter().enumerate() {
        if entry.section != section {
            section = entry.section;
            if nth > 0 {
                lines.push(Line::raw(""));
            }
            lines.push(Line::styled(section, look.style(Role::Title)));
        }
        let is_here = nth == sheet.cursor;
        let (marker, mark) = (if is_here { look.glyphs.here } else { " " }, look.mark(entry.tone));
        let label = if mark.is_empty() { entry.label.to_owned() } else { format!("{mark} {}", entry.label) };
        let label_room = if sheet.shows_openssl { 0 } else { LABEL };
        let text_room = room.saturating_sub(label_room + 2);
        for (row, piece) in entry.text.lines().flat_map(|text| indented(text, text_room)).enumerate() {
            let (marker, label) = if row == 0 { (marker, label.as_str()) } else { (" ", "") };
            let role = if is_here && row == 0 { Role::Selected } else { Role::Text };
            lines.push(Line::from(vec![
                Span::raw(format!("{marker} ")),
                Span::styled(fit(label, label_room, look.glyphs.more), look.style(Role::from(entry.tone))),
                Span::styled(piece, look.style(role)),
            ]));
        }
        if is_here {
            at = lines.len().saturating_sub(1);
        }
    }
    let other = if sheet.shows_openssl { "the result" } else { "openssl" };
    let foot = vec![
        Line::raw(""),
        keys(&[("j k", "scroll"), ("c", "copy"), ("C", "copy all"), ("o", other), ("Esc", "back")], look),
    ];
    Content { title: sheet.outcome.title.clone(), lines, at, foot, cursor: None }
}

/// Wrapped; blanks at the start, which show the depth in a chain, stay.
fn indented(text: &str, room: usize) -> Vec<String> {
    let depth = text.len() - text.trim_start().len();
    let margin = " ".repeat(depth.min(room / 2));
    wrap(text, room.saturating_sub(margin.len())).into_iter().map(|line| format!("{margin}{line}")).collect()
}
