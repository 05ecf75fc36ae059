//! The header, the tabs of the panes, and the line at the bottom: what runs, what was said, which keys are valid.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::look::{Look, Role};
use super::text::{cut, width};
use crate::app::command::Place;
use crate::app::keymap::entries;
use crate::app::pane::{PaneName, Tone, counted};
use crate::app::{App, Reading};
use crate::model::ago;

/// Which cloud this is, and how its certificates stand.
pub fn header(app: &App, look: &Look, area: Rect, buffer: &mut Buffer) {
    let glyphs = look.glyphs;
    let right = standing(app, look);
    let mut left = vec![
        Span::styled(" certdeck  ", look.style(Role::Title)),
        if app.settings.production {
            // The spaces make a plate of it; the mark says it where nothing else can.
            Span::styled(format!(" {} {} ", glyphs.soon, app.settings.context), look.style(Role::Production))
        } else {
            Span::styled(app.settings.context.clone(), look.style(Role::Context))
        },
    ];
    if app.settings.practice && !app.settings.context.contains("practice") {
        left.push(Span::styled(" (practice)", look.style(Role::Context)));
    }
    if app.settings.read_only {
        left.push(Span::styled("  READ-ONLY", look.style(Role::Urgent)));
    }
    if let Some(goal) = &app.goal {
        let (words, tone) = goal.standing(app.now);
        left.push(Span::styled(format!("  {words}"), look.style(tone.into())));
    }
    let used: usize = left.iter().map(Span::width).sum();
    // Where there is no room for both, the age of the data stays and the counts go.
    let right =
        if used + right.width() + 2 > usize::from(area.width) { Line::from_iter(right.spans.last().cloned()) } else { right };
    let room = usize::from(area.width).saturating_sub(right.width() + 2);
    if app.has_estate {
        let subscriptions = format!("  {} {}", glyphs.here, counted(app.estate.subscriptions.len(), "subscription"));
        let apps = format!("  {} {}", glyphs.here, counted(app.estate.apps.len(), "app"));
        if used + width(&subscriptions) <= room {
            left.push(Span::raw(subscriptions.clone()));
        }
        if used + width(&subscriptions) + width(&apps) <= room {
            left.push(Span::raw(apps));
        }
    }
    Line::from(left).render(area, buffer);
    right.right_aligned().render(area, buffer);
}

fn standing(app: &App, look: &Look) -> Line<'static> {
    let mut spans = Vec::new();
    if app.has_estate {
        let dot = format!(" {} ", look.glyphs.dot);
        let counts = app.counts;
        let role = |count: usize, role| if count == 0 { Role::Dim } else { role };
        spans.push(Span::styled(format!("{} urgent", counts.urgent), look.style(role(counts.urgent, Role::Urgent))));
        spans.push(Span::raw(dot.clone()));
        spans.push(Span::styled(format!("{} soon", counts.soon), look.style(role(counts.soon, Role::Soon))));
        spans.push(Span::raw(dot));
        spans.push(Span::styled(format!("{} ok", counts.fine), look.style(Role::Good)));
        spans.push(Span::raw("   "));
    }
    let reading = matches!(app.reading, Reading::Asked { .. }).then(|| "reading… ".replace('…', look.glyphs.waiting));
    let when = match (reading, app.is_recalled, app.has_estate) {
        (Some(reading), true, _) => format!("{} {} {reading}", as_of(app), look.glyphs.dot),
        (Some(reading), false, _) => reading,
        (None, _, false) => "not read ".to_owned(),
        (None, _, true) if app.failure.is_some() => format!("{}, not refreshed ", as_of(app)),
        (None, _, true) => format!("{} ", as_of(app)),
    };
    let role = if app.failure.is_some() { Role::Urgent } else { Role::Dim };
    spans.push(Span::styled(when, look.style(role)));
    Line::from(spans)
}

/// When the rows were read; rows of an earlier run say how old they are.
fn as_of(app: &App) -> String {
    let at = app.estate.as_of;
    if !app.is_recalled {
        return format!("as of {}", at.strftime("%H:%M:%S"));
    }
    let is_today = at.strftime("%F").to_string() == app.now.strftime("%F").to_string();
    format!("as of {}, {}", at.strftime(if is_today { "%H:%M" } else { "%b %-d %H:%M" }), ago(at, app.now))
}

pub fn tabs(app: &App, look: &Look, area: Rect, buffer: &mut Buffer) {
    let mut spans = vec![Span::raw(" ")];
    let is_narrow = PaneName::ALL.iter().map(|name| width(name.title()) + 4).sum::<usize>() >= usize::from(area.width);
    for (number, name) in (1..).zip(PaneName::ALL) {
        spans.push(Span::styled(format!("{number}"), look.style(Role::Key)));
        // A narrow screen has room for the first word of each.
        let words = if is_narrow { name.title().split(' ').next().unwrap_or_default() } else { name.title() };
        let title = format!(" {words} ");
        let style = if name == app.pane { look.style(Role::Selected) } else { look.style(Role::Text) };
        // Without reverse video the tab that is open still says so.
        let title = if name == app.pane && look.plain { format!("[{words}]") } else { title };
        spans.push(Span::styled(title, style));
        spans.push(Span::raw(" "));
    }
    Line::from(spans).render(area, buffer);
}

/// What runs or was said at the left, the keys that are valid now at the right.
pub fn bottom(app: &App, look: &Look, area: Rect, buffer: &mut Buffer) {
    let room = usize::from(area.width);
    let (said, role) = left_words(app, look);
    let said = if said.is_empty() { said } else { format!(" {} ", cut(&said, room.saturating_sub(2), look.glyphs.more)) };
    let mut left_room = room.saturating_sub(width(&said) + 1);
    Line::styled(said, look.style(role)).render(area, buffer);
    let mut spans: Vec<Span<'static>> = Vec::new();
    for (key, words) in hints(app) {
        let needed = width(&key) + 1 + width(&words) + 2;
        if needed > left_room {
            continue;
        }
        left_room -= needed;
        spans.push(Span::styled(key, look.style(Role::Key)));
        spans.push(Span::raw(format!(" {words}  ")));
    }
    Line::from(spans).right_aligned().render(area, buffer);
}

fn left_words(app: &App, look: &Look) -> (String, Role) {
    if let Some(notice) = &app.notice {
        let mark = look.mark(notice.tone);
        let mark = if mark.is_empty() { String::new() } else { format!("{mark} ") };
        return (format!("{mark}{}", notice.text), notice.tone.into());
    }
    let running: Vec<_> = app.operations.running().collect();
    if let Some(newest) = running.last() {
        return (format!("{} running: {} {}", running.len(), newest.what, newest.elapsed(app.now)), Role::Soon);
    }
    if let Reading::Asked { note, .. } = &app.reading
        && !note.is_empty()
    {
        return (note.clone(), Role::Dim);
    }
    match app.estate.gaps.len() {
        0 => (String::new(), Tone::Plain.into()),
        gaps => (format!("{} {} could not be read: p", look.glyphs.soon, counted(gaps, "part")), Role::Soon),
    }
}

/// Key and words of what can be done now, most useful first.
fn hints(app: &App) -> Vec<(String, String)> {
    // A dialog has its keys written in it.
    if !app.dialogs.is_empty() {
        return Vec::new();
    }
    let pane = app.pane();
    if app.place() == Place::List && pane.is_filtering {
        return vec![("Enter".into(), "keep".into()), ("Esc".into(), "clear".into()), ("!x col:x ~x".into(), "forms".into())];
    }
    let mut hints = app.wizard.as_ref().map(|wizard| super::wizard::hints(app, wizard)).unwrap_or_default();
    let typing = app.wizard.as_ref().is_some_and(|wizard| wizard.focused_field().is_some());
    if !typing {
        let shown = entries(app.place()).filter(|entry| !entry.hint.is_empty() && entry.possible(app).is_ok());
        for entry in shown.filter(|entry| app.place() == Place::List || entry.name != "open") {
            if let Some(key) = app.settings.keymap.keys(entry).next() {
                // In a practice cloud this is the one key that nobody can guess.
                let at = if entry.name == "practise" { 1.min(hints.len()) } else { hints.len() };
                hints.insert(at, (key.to_string().trim_matches(['<', '>']).to_owned(), entry.hint.to_owned()));
            }
        }
        // Help is always within reach, whatever else has to give way.
        if let Some(at) = hints.iter().position(|(_, words)| words == "Help") {
            let help = hints.remove(at);
            hints.insert(hints.len().min(4), help);
        }
    }
    hints
}
