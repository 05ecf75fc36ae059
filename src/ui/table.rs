//! A table that is given the rows on screen and no others; columns share the room, and the least important go
//! where it is narrow.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::look::{Look, Role};
use super::text::{cut_middle, fit, width};
use crate::app::list::Sort;
use crate::model::Change;
use crate::tables::Cell;
use crate::tables::Heading;

const GAP: u16 = 1;
const MARKER: u16 = 2;

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
    pub headings: Vec<Heading>,
    pub sort: Sort,
    pub rows: Vec<TableRow>,
    pub look: &'a Look,
}

/// Which columns are shown, and how wide.
fn widths(columns: &[Heading], room: u16) -> Vec<(usize, u16)> {
    let mut shown: Vec<usize> = (0..columns.len()).collect();
    let needed = |shown: &[usize]| {
        let gaps = GAP * u16::try_from(shown.len().saturating_sub(1)).unwrap_or(0);
        MARKER + gaps + shown.iter().map(|at| columns[*at].width).sum::<u16>()
    };
    while needed(&shown) > room && shown.len() > 2 {
        let least = (0..shown.len()).min_by_key(|nth| columns[shown[*nth]].rank);
        shown.remove(least.unwrap_or_default());
    }
    let spare = room.saturating_sub(needed(&shown));
    let shares: u16 = shown.iter().map(|at| columns[*at].grow).sum();
    shown
        .iter()
        .map(|at| (*at, columns[*at].width + (spare * columns[*at].grow).checked_div(shares).unwrap_or(0)))
        .collect()
}

impl Widget for TableWidget<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        if area.height == 0 {
            return;
        }
        let widths = widths(&self.headings, area.width);
        let mut header = vec![Span::raw("  ")];
        for (at, room) in &widths {
            let arrow = match (self.sort.key == self.headings[*at].key, self.sort.reversed) {
                (false, _) => String::new(),
                (true, false) => format!(" {}", self.look.glyphs.ascending),
                (true, true) => format!(" {}", self.look.glyphs.descending),
            };
            let title = fit(&format!("{}{arrow}", self.headings[*at].title), usize::from(*room), "");
            header.push(Span::styled(format!("{title} "), self.look.style(Role::Title)));
        }
        Line::from(header).render(Rect { height: 1, ..area }, buffer);
        for (line, row) in (1..area.height).zip(&self.rows) {
            let place = Rect { y: area.y + line, height: 1, ..area };
            self.row(row, &widths).render(place, buffer);
            if row.is_selected && !self.look.plain {
                buffer.set_style(place, self.look.style(Role::Selected));
            }
        }
    }
}

impl TableWidget<'_> {
    fn row(&self, row: &TableRow, widths: &[(usize, u16)]) -> Line<'static> {
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
        for (nth, (at, room)) in widths.iter().enumerate() {
            let Some(cell) = row.cells.get(*at) else { continue };
            let room = usize::from(*room);
            let mut text = match cell.checks {
                Some(checks) => checks.map(|done| if done { glyphs.done } else { glyphs.todo }).concat(),
                None => cell.text.clone(),
            };
            let mark = if cell.marked { format!(" {}", self.look.mark(cell.tone)) } else { String::new() };
            text = cut_middle(&text, room - width(&mark), glyphs.more) + &mark;
            let role = if nth == 0 && row.is_selected && self.look.plain {
                Role::Selected
            } else {
                cell.tone.into()
            };
            // What is fine needs no colour: in a long list only trouble stands out.
            let role = if role == Role::Good { Role::Text } else { role };
            spans.push(Span::styled(fit(&text, room, ""), self.look.style(role)));
            spans.push(Span::raw(" "));
        }
        Line::from(spans)
    }
}
