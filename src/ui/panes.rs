//! A pane: its list, its filter in the title, and the detail beside it or over it.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Scrollbar, ScrollbarOrientation, ScrollbarState, Widget};

use super::look::{Look, Role};
use super::table::{TableRow, TableWidget};
use super::text::{cut, fit, width, wrap};
use super::{framed, put_lines};
use crate::app::App;
use crate::app::columns::Shown;
use crate::app::detail::{Detail, Raw, Tab};
use crate::app::inventory::Reading;
use crate::app::list::List;
use crate::model::typed;
use crate::tables::{Fact, PaneName};

pub(super) fn body(app: &App, look: &Look, area: Rect, frame: &mut Frame<'_>) {
    if !app.is_wide() {
        return match &app.browser.detail {
            Some(detail) => detail_view(app, detail, look, area, frame),
            None => list(app, look, area, frame),
        };
    }
    let [left, right] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Length(app.beside())]).areas(area);
    list(app, look, left, frame);
    if let Some(detail) = &app.browser.detail {
        detail_view(app, detail, look, right, frame);
    } else {
        let block = framed(Line::styled(" Details ", look.style(Role::Dim)), look);
        let inner = block.inner(right);
        block.render(right, frame.buffer_mut());
        put_lines(&fact_lines(&app.facts(), None, inner.width, look).0, inner, frame.buffer_mut());
    }
}

fn list(app: &App, look: &Look, area: Rect, frame: &mut Frame<'_>) {
    let pane = app.pane();
    let list = &pane.list;
    let scope = pane.scope.words(&app.inventory.estate);
    let is_whole = pane.filter.text().is_empty() && scope.is_none();
    let count = if is_whole { list.len().to_string() } else { format!("{}/{}", list.len(), pane.total()) };
    let mut title = vec![Span::styled(format!(" {} {count} ", pane.name.title()), look.style(Role::Title))];
    if let Some(scope) = &scope {
        let room = usize::from(area.width) / 3;
        title.push(Span::styled(
            format!(" {} {} ", look.glyphs.here, cut(scope, room, look.glyphs.more)),
            look.style(Role::Context),
        ));
    }
    let is_filtered = pane.is_filtering || !pane.filter.text().is_empty();
    if is_filtered {
        let before: usize = title.iter().map(Span::width).sum();
        let role = if pane.filter.is_selected() { Role::Selected } else { Role::Key };
        title.push(Span::styled(" /", look.style(Role::Key)));
        title.push(Span::styled(pane.filter.text().to_owned(), look.style(role)));
        title.push(Span::raw(" "));
        if pane.is_filtering {
            let typed = width(pane.filter.around_cursor().0);
            let x = area.x + u16::try_from(1 + before + 2 + typed).unwrap_or(0);
            frame.set_cursor_position(Position::new(x.min(area.right().saturating_sub(2)), area.y));
        }
    }
    if list.marked() > 0 {
        title.push(Span::styled(format!(" {} marked ", list.marked()), look.style(Role::Soon)));
    }
    if pane.name == PaneName::Public
        && let Some(words) = app.public_standing()
    {
        title.push(Span::styled(format!(" {words} "), look.style(Role::Dim)));
    }
    if pane.folded > 0 {
        let words = format!(" {} of Azure's own hidden: z ", pane.folded);
        title.push(Span::styled(words, look.style(Role::Dim)));
    }
    let mut block = framed(Line::from(title), look);
    if let Some(at) = list.position() {
        let place = Line::styled(format!(" {at}/{} ", list.len()), look.style(Role::Dim));
        block = block.title_bottom(place.right_aligned());
    }
    let inner = block.inner(area);
    block.render(area, frame.buffer_mut());
    if list.is_empty() {
        return put_lines(&empty(app, look, inner.width), inner, frame.buffer_mut());
    }
    let (rows_of, basis) = (pane.name.table(), app.basis());
    let in_estate = rows_of.count(&app.inventory.estate);
    let columns = pane.shown_columns(inner.width);
    let rows =
        list.visible().filter(|(place, ..)| *place < in_estate).map(|(place, is_selected, is_marked)| {
            TableRow {
                cells: columns.iter().map(|one| rows_of.cell(&basis, place, one.heading.key)).collect(),
                is_selected,
                is_marked,
                change: list.id(place).and_then(|id| app.inventory.changes.of(id)),
            }
        });
    let sought = |one: &Shown| {
        let words = list.sought_in(rows_of.text_place(one.heading.key));
        words.map(str::to_owned).collect()
    };
    let sought = columns.iter().map(sought).collect();
    let table = TableWidget { sought, rows: rows.collect(), columns, sort: pane.sort, look };
    table.render(inner, frame.buffer_mut());
    scroll_bar(list, look, area, frame);
}

/// Which part of a list that is longer than the screen is shown; left out where each byte counts.
fn scroll_bar(list: &List, look: &Look, area: Rect, frame: &mut Frame<'_>) {
    let window = list.window();
    if look.plain || window.len() >= list.len() {
        return;
    }
    let bar = Scrollbar::new(ScrollbarOrientation::VerticalRight)
        .thumb_symbol(look.glyphs.thumb)
        .track_symbol(None)
        .begin_symbol(None)
        .end_symbol(None)
        .style(look.style(Role::Dim));
    let rows = list.len() - window.len();
    let mut state =
        ScrollbarState::new(rows + 1).position(window.start).viewport_content_length(window.len());
    let inside = Rect { y: area.y + 1, height: area.height.saturating_sub(2), ..area };
    frame.render_stateful_widget(bar, inside, &mut state);
}

/// Why there is no row: loading, filtered away, failed, partly read, or nothing there.
fn empty(app: &App, look: &Look, room: u16) -> Vec<Line<'static>> {
    let pane = app.pane();
    let rows = pane.name.table().count(&app.inventory.estate);
    let (text, role) = match (&app.inventory.reading, &app.inventory.failure) {
        _ if pane.is_stale && rows > 0 && pane.list.total() == 0 => {
            (format!("Sorting {rows} rows."), Role::Dim)
        }
        (Reading::Asked { note, .. }, _) if !app.inventory.has_estate || pane.list.total() == 0 => {
            let note = if note.is_empty() { String::new() } else { format!(" {note}.") };
            (format!("Reading the inventory of {}.{note}", app.settings.context), Role::Dim)
        }
        (_, Some(problem)) if !app.inventory.has_estate => (
            format!(
                "The inventory could not be read: {}. C-r tries again.",
                problem.why.trim_end_matches('.')
            ),
            Role::Urgent,
        ),
        _ if pane.name == PaneName::Public && list_is_short(app) => (app.why_no_public(), Role::Text),
        _ if pane.list.total() > 0 && pane.total() == 0 => {
            ("There are only default hostnames, which Azure secures itself: z shows them. A custom domain comes with :hostname.".to_owned(), Role::Text)
        }
        _ if pane.list.total() > 0 && pane.filter.text().is_empty() => {
            let scope = pane.scope.words(&app.inventory.estate).unwrap_or_default();
            (format!("Nothing here belongs to {scope}. o chooses another scope."), Role::Soon)
        }
        _ if pane.list.total() > 0 => {
            let typed = typed(pane.filter.text());
            let none = || format!("Nothing matches '{typed}' among {}", pane.total());
            let why =
                pane.list.refusal().map_or_else(none, |why| format!("Nothing matches: {why}"));
            let folded = if pane.folded > 0 { " z shows Azure's default hostnames too." } else { "" };
            (format!("{why}. Esc clears the filter.{folded}"), Role::Soon)
        }
        _ => match app.settings.no_orders.filter(|_| pane.name == PaneName::Orders) {
            Some(why) => (format!("No orders here. {why}."), Role::Text),
            None => (pane.name.table().words().empty.to_owned(), Role::Text),
        },
    };
    let mut lines = vec![Line::raw("")];
    let room = usize::from(room).saturating_sub(4);
    lines.extend(
        wrap(&text, room).into_iter().map(|line| Line::styled(format!("  {line}"), look.style(role))),
    );
    if app.inventory.has_estate && pane.list.total() == 0 {
        for gap in &app.inventory.estate.gaps {
            let words = format!("{} Not read: {} ({})", look.glyphs.soon, gap.what, gap.problem.why);
            lines.extend(
                wrap(&words, room)
                    .into_iter()
                    .map(|line| Line::styled(format!("  {line}"), look.style(Role::Soon))),
            );
        }
    }
    lines
}

/// Whether rows may be missing only because their apps were not asked.
fn list_is_short(app: &App) -> bool {
    app.inventory.public.asking().is_some() || app.inventory.apps_unasked() > 0
}

fn detail_view(app: &App, detail: &Detail, look: &Look, area: Rect, frame: &mut Frame<'_>) {
    let tab = |tab, words: &'static str| {
        let (style, words) = match (detail.tab == tab, look.plain) {
            (true, false) => (look.style(Role::Selected), format!(" {words} ")),
            (true, true) => (look.style(Role::Selected), format!("[{words}]")),
            (false, _) => (look.style(Role::Text), format!(" {words} ")),
        };
        Span::styled(words, style)
    };
    let name = super::text::cut_middle(
        detail.id.name(),
        usize::from(area.width).saturating_sub(34),
        look.glyphs.more,
    );
    let title = Line::from(vec![
        Span::styled(format!(" {name} "), look.style(Role::Title)),
        tab(Tab::Facts, "Facts"),
        tab(Tab::Raw, "Raw JSON"),
    ]);
    let block = framed(title, look)
        .title_bottom(Line::styled(" Tab: facts or JSON  Esc: back ", look.style(Role::Dim)));
    let inner = block.inner(area);
    block.render(area, frame.buffer_mut());
    let (lines, at) = match (detail.tab, &detail.raw) {
        (Tab::Facts, _) => fact_lines(&app.facts(), Some(detail.cursor), inner.width, look),
        (Tab::Raw, Raw::Read(json)) => json_lines(json, detail.cursor, inner.width, look),
        (Tab::Raw, Raw::Failed(problem)) => {
            let words = wrap(&format!("{problem}"), usize::from(inner.width).saturating_sub(4));
            (
                words
                    .into_iter()
                    .map(|line| Line::styled(format!("  {line}"), look.style(Role::Urgent)))
                    .collect(),
                0,
            )
        }
        (Tab::Raw, Raw::NotAsked | Raw::Asked(_)) => {
            (vec![Line::styled("  Reading the resource.", look.style(Role::Dim))], 0)
        }
    };
    let height = usize::from(inner.height);
    let first = (at + 3).saturating_sub(height).min(lines.len().saturating_sub(height));
    put_lines(&lines[first..], inner, frame.buffer_mut());
}

/// Labels and wrapped values, and the line where the one under the cursor begins.
fn fact_lines(facts: &[Fact], cursor: Option<usize>, room: u16, look: &Look) -> (Vec<Line<'static>>, usize) {
    let label_room = facts.iter().map(|fact| width(fact.label)).max().unwrap_or(0);
    let mut lines = Vec::new();
    let mut at = 0;
    for (nth, fact) in facts.iter().enumerate() {
        let is_here = cursor == Some(nth);
        if is_here {
            at = lines.len();
        }
        let mark = look.mark(fact.tone);
        let value = if mark.is_empty() { fact.value.clone() } else { format!("{mark} {}", fact.value) };
        let style = if is_here { look.style(Role::Selected) } else { look.style(fact.tone.into()) };
        for (row, piece) in
            wrap(&value, usize::from(room).saturating_sub(label_room + 4)).into_iter().enumerate()
        {
            let marker = if is_here && row == 0 { look.glyphs.here } else { " " };
            let label = if row == 0 { fact.label } else { "" };
            lines.push(Line::from(vec![
                Span::raw(format!("{marker} ")),
                Span::styled(fit(label, label_room, look.glyphs.more), look.style(Role::Dim)),
                Span::raw(" "),
                Span::styled(piece, style),
            ]));
        }
    }
    (lines, at)
}

fn json_lines(json: &[String], cursor: usize, room: u16, look: &Look) -> (Vec<Line<'static>>, usize) {
    // Only what can be on screen is built: a resource may have thousands of lines.
    let first = cursor.saturating_sub(200);
    let mut lines = Vec::new();
    let mut at = 0;
    for (nth, text) in json.iter().enumerate().skip(first).take(400) {
        if nth == cursor {
            at = lines.len();
        }
        let indent = text.len() - text.trim_start().len();
        let style = look.style(if nth == cursor { Role::Selected } else { Role::Text });
        for (row, piece) in wrap(text, usize::from(room).saturating_sub(indent + 4)).into_iter().enumerate() {
            let marker = if nth == cursor && row == 0 { look.glyphs.here } else { " " };
            let indent = " ".repeat(if row == 0 { indent } else { indent + 2 });
            lines.push(Line::from(vec![Span::raw(format!("{marker} {indent}")), Span::styled(piece, style)]));
        }
    }
    (lines, at)
}
