//! A table that is given the rows on screen and no others, and the columns with their widths.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::look::{Look, Role};
use super::text::{cut_known, fit, width};
use crate::app::columns::Shown;
use crate::app::list::Sort;
use crate::model::Change;
use crate::tables::Cell;

#[derive(Debug)]
pub(super) struct TableRow {
    pub cells: Vec<Cell>,
    pub is_selected: bool,
    pub is_marked: bool,
    /// Since the reading before.
    pub change: Option<Change>,
}

#[derive(Debug)]
pub(super) struct TableWidget<'a> {
    pub columns: Vec<Shown>,
    /// What the filter looks for in each column, in lower case.
    pub sought: Vec<Vec<String>>,
    pub sort: Sort,
    pub rows: Vec<TableRow>,
    pub look: &'a Look,
}

impl Widget for TableWidget<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        if area.height == 0 {
            return;
        }
        let mut header = vec![Span::raw("  ")];
        for Shown { heading, width, .. } in &self.columns {
            let arrow = match (self.sort.key == heading.key, self.sort.reversed) {
                (false, _) => String::new(),
                (true, false) => format!(" {}", self.look.glyphs.ascending),
                (true, true) => format!(" {}", self.look.glyphs.descending),
            };
            let title = fit(&format!("{}{arrow}", heading.title), usize::from(*width), "");
            header.push(Span::styled(format!("{title} "), self.look.style(Role::Title)));
        }
        Line::from(header).render(Rect { height: 1, ..area }, buffer);
        for (line, row) in (1..area.height).zip(&self.rows) {
            let place = Rect { y: area.y + line, height: 1, ..area };
            self.row(row).render(place, buffer);
            if row.is_selected && !self.look.plain {
                buffer.set_style(place, self.look.style(Role::Selected));
            }
        }
    }
}

impl TableWidget<'_> {
    fn row(&self, row: &TableRow) -> Line<'static> {
        let glyphs = self.look.glyphs;
        let here = if row.is_selected { glyphs.here } else { " " };
        // A person's own mark goes before what the cloud did.
        let (mark, role) = match (row.is_marked, row.change) {
            (true, _) => (glyphs.mark, Role::Text),
            (false, Some(Change::New)) => ("+", Role::Soon),
            (false, Some(Change::Changed)) => ("~", Role::Soon),
            (false, None) => (" ", Role::Text),
        };
        let mut spans = vec![Span::raw(here), Span::styled(mark, self.look.style(role))];
        for (nth, (column, cell)) in self.columns.iter().zip(&row.cells).enumerate() {
            let room = usize::from(column.width);
            let mut text = match cell.checks {
                Some(checks) => checks.map(|done| if done { glyphs.done } else { glyphs.todo }).concat(),
                None => cell.text.clone(),
            };
            let mark = if cell.marked { format!(" {}", self.look.mark(cell.tone)) } else { String::new() };
            text = cut_known(&text, &column.prefix, room.saturating_sub(width(&mark)), glyphs.more) + &mark;
            let role = if nth == 0 && row.is_selected && self.look.plain {
                Role::Selected
            } else {
                cell.tone.into()
            };
            // What is fine needs no colour: in a long list only trouble stands out.
            let role = if role == Role::Good { Role::Text } else { role };
            let text = fit(&text, room, "");
            let style = self.look.style(role);
            let words = self.sought.get(nth).map(Vec::as_slice).unwrap_or_default();
            spans.extend(self.look.found(&text, words, style));
            spans.push(Span::raw(" "));
        }
        Line::from(spans)
    }
}
