//! What the program looks like: a pure function of its state. Reads, never changes.

mod bench;
mod briefing;
mod custody;
mod dialogs;
mod form;
mod guard;
mod header;
pub mod look;
mod panes;
pub mod roles;
mod sign_in;
mod status;
mod table;
pub mod text;
mod told;
mod wizard;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, Widget};

use crate::app::{App, SMALLEST};
use look::{Look, Role};

/// Paints the whole screen: header, tabs, body, bottom line, and the dialogs over them, bottom to top.
pub fn view(app: &App, look: &Look, frame: &mut Frame<'_>) {
    let area = frame.area();
    if app.is_too_small() || area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        return too_small(app, frame, area);
    }
    let urgent = app.most_urgent();
    let line = Constraint::Length(1);
    let strip = Constraint::Length(urgent.is_some().into());
    let [header, tabs, strip, body, bottom] =
        Layout::vertical([line, line, strip, Constraint::Min(1), line]).areas(area);
    header::header(app, look, header, frame.buffer_mut());
    if let Some(wizard) = &app.wizard {
        wizard::pages(app, wizard, look, tabs, frame.buffer_mut());
        wizard::body(app, wizard, look, body, frame);
    } else {
        status::tabs(app, look, tabs, frame.buffer_mut());
        if let Some(urgent) = urgent {
            status::urgent(app, &urgent, look, strip, frame.buffer_mut());
        }
        panes::body(app, look, body, frame);
    }
    status::bottom(app, look, bottom, frame.buffer_mut());
    for dialog in app.layers.iter() {
        dialogs::draw(app, dialog, look, area, frame);
    }
    guard::guard(frame.buffer_mut());
}

fn too_small(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let lines = [
        format!("certdeck needs {}x{}; this is {}x{}.", SMALLEST.0, SMALLEST.1, area.width, area.height),
        "Make the terminal larger. Only q, C-c (quit) and C-z (suspend) work here.".to_owned(),
        app.out.notice.as_ref().map(|notice| notice.text.clone()).unwrap_or_default(),
    ];
    let wrapped = lines.iter().flat_map(|line| text::wrap(line, usize::from(area.width)));
    for (y, line) in (area.y..area.bottom()).zip(wrapped) {
        Line::raw(line).render(Rect { y, height: 1, ..area }, frame.buffer_mut());
    }
}

/// A frame around a part of the screen, with its title.
fn framed<'a>(title: impl Into<Line<'a>>, look: &Look) -> Block<'a> {
    Block::bordered()
        .border_set(look.glyphs.border)
        .border_style(look.style(Role::Border))
        // A title stands out of its border.
        .title_style(Style::reset())
        .title(title)
}

/// Lines from `first` on, one a row, as far as there is room.
fn put_lines(lines: &[Line<'_>], area: Rect, buffer: &mut ratatui::buffer::Buffer) {
    for (y, line) in (area.y..area.bottom()).zip(lines) {
        line.render(Rect { y, height: 1, ..area }, buffer);
    }
}
