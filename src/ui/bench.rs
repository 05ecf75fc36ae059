//! The workbench: its forms, and the sheet with what came of them.

use ratatui::text::{Line, Span};

use super::dialogs::{Content, keys, refusal};
use super::look::{Look, Role};
use super::text::{cut_middle, fit, scroll, wrap};
use crate::app::dialog::{Bench, BenchPart, BenchRow, BenchValue, Sheet};

/// Columns of a row before its value: marker, label, a blank.
const LABEL: usize = 18;

pub(super) fn form_lines(bench: &Bench, room: usize, look: &Look) -> Content {
    let mut lines = Vec::new();
    let (mut at, mut cursor) = (0, None);
    let value_room = room.saturating_sub(LABEL);
    let mut before = None;
    for (nth, row) in bench.rows.iter().enumerate() {
        let is_here = nth == bench.at;
        let (shown, column) = value(row, is_here, value_room, look);
        if is_here {
            at = lines.len();
            cursor = column.map(|column| (at, LABEL + column));
        }
        let marker = if is_here { look.glyphs.here } else { " " };
        let label = if before == Some(row.part) { "" } else { row.part.label() };
        before = Some(row.part);
        let role = if is_here { Role::Title } else { Role::Dim };
        lines.push(Line::from(vec![
            Span::raw(format!("{marker} ")),
            Span::styled(fit(label, LABEL - 2, look.glyphs.more), look.style(role)),
            shown,
        ]));
        if is_here {
            let help = wrap(row.part.help(bench.task), value_room);
            lines.extend(
                help.into_iter()
                    .map(|line| Line::styled(format!("{}{line}", " ".repeat(LABEL)), look.style(Role::Dim))),
            );
        }
    }
    lines.push(Line::raw(""));
    let mut foot = refusal(bench.refusal.as_ref(), room, look);
    foot.push(if bench.ask.is_some() {
        keys(&[(look.glyphs.waiting, "working"), ("Esc", "do not wait")], look)
    } else {
        let here = &bench.rows[bench.at];
        let is_file = !here.part.endings().is_empty();
        let enter = if bench.picks_on_enter() { "choose a file" } else { bench.task.verb() };
        let mut pairs = vec![("Enter", enter), ("Tab", "next")];
        pairs.extend((is_file && !bench.picks_on_enter()).then_some(("C-o", "files")));
        pairs.extend((!here.part.choices().is_empty()).then_some(("Space", "the other")));
        pairs.extend((here.part == BenchPart::New).then_some(("C-g", "make one")));
        pairs.push(("Esc", "close"));
        keys(&pairs, look)
    });
    Content { title: bench.task.title().to_owned(), lines, at, foot, cursor }
}

fn value(row: &BenchRow, is_here: bool, room: usize, look: &Look) -> (Span<'static>, Option<usize>) {
    match &row.value {
        BenchValue::Text(field) if is_here => {
            let (before, after) = field.around_cursor();
            let (shown, column) = scroll(before, after, room);
            (Span::raw(shown), Some(column))
        }
        BenchValue::Text(field) if field.text().is_empty() => {
            (Span::styled("-", look.style(Role::Dim)), None)
        }
        BenchValue::Text(field) => (Span::raw(cut_middle(field.text(), room, look.glyphs.more)), None),
        BenchValue::Secret(masked) if is_here || !masked.is_empty() => {
            let (shown, column) = scroll(&look.glyphs.mask.repeat(masked.len()), "", room);
            (Span::raw(shown), is_here.then_some(column))
        }
        BenchValue::Secret(_) => (Span::styled("-", look.style(Role::Dim)), None),
        BenchValue::Choice(chosen) => {
            let word = row.part.choices().get(*chosen).copied().unwrap_or_default();
            let shown = if is_here { format!("< {word} >") } else { word.to_owned() };
            (Span::styled(shown, look.style(if is_here { Role::Selected } else { Role::Text })), None)
        }
    }
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
