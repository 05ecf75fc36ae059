//! The tabs of the panes, and the line at the bottom: what runs, what was said, which keys are valid.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::look::{Look, Role};
use super::text::{cut, width};
use crate::app::App;
use crate::app::command::{Entry, Group, Place};
use crate::app::inventory::Reading;
use crate::app::keymap::entries;
use crate::model::Gap;
use crate::model::counted;
use crate::tables::{PaneName, Tone};

pub(super) fn tabs(app: &App, look: &Look, area: Rect, buffer: &mut Buffer) {
    let mut spans = vec![Span::raw(" ")];
    let is_narrow =
        PaneName::ALL.iter().map(|name| width(name.title()) + 4).sum::<usize>() >= usize::from(area.width);
    for (number, name) in (1..).zip(PaneName::ALL) {
        spans.push(Span::styled(format!("{number}"), look.style(Role::Key)));
        // A narrow screen has room for the first word of each.
        let words = if is_narrow { name.title().split(' ').next().unwrap_or_default() } else { name.title() };
        let title = format!(" {words} ");
        let style =
            if name == app.browser.pane { look.style(Role::Selected) } else { look.style(Role::Text) };
        // Without reverse video the tab that is open still says so.
        let title = if name == app.browser.pane && look.plain { format!("[{words}]") } else { title };
        spans.push(Span::styled(title, style));
        spans.push(Span::raw(" "));
    }
    Line::from(spans).render(area, buffer);
}

/// What needs a person most, and the key that goes there.
pub(super) fn urgent(app: &App, urgent: &str, look: &Look, area: Rect, buffer: &mut Buffer) {
    let key = Entry::named("urgent").and_then(|entry| app.settings.keymap.keys(entry).next());
    let way = key.map_or_else(|| ":urgent".to_owned(), |key| key.to_string());
    let way = Line::from(vec![Span::styled(way, look.style(Role::Key)), Span::raw(" Go there ")]);
    let words = format!(" {} {urgent}", look.glyphs.failed);
    let [left, right] = Layout::horizontal([
        Constraint::Fill(1),
        Constraint::Length(u16::try_from(way.width()).unwrap_or(0)),
    ])
    .areas(area);
    let words = cut(&words, usize::from(left.width).saturating_sub(1), look.glyphs.more);
    Line::styled(words, look.style(Role::Urgent)).render(left, buffer);
    way.render(right, buffer);
}

/// A part that could not be read is named in the line at the bottom if that leaves room for keys.
const NAMED: usize = 30;

/// The keys that are valid now at the left, where they stay; what goes on at the right. What was just said
/// takes the place of both, and keys follow it where there is room.
pub(super) fn bottom(app: &App, look: &Look, area: Rect, buffer: &mut Buffer) {
    let room = usize::from(area.width);
    let notice = notice(app, look);
    let is_notice = notice.is_some();
    let (words, role) = notice.unwrap_or_else(|| going_on(app, look));
    let words = match words.as_str() {
        "" => String::new(),
        words => format!(" {} ", cut(words, room.saturating_sub(2), look.glyphs.more)),
    };
    let keys = keys(app, look, room.saturating_sub(width(&words) + 1));
    let words = Line::styled(words, look.style(role));
    if is_notice {
        words.render(area, buffer);
        keys.right_aligned().render(area, buffer);
    } else {
        keys.render(area, buffer);
        words.right_aligned().render(area, buffer);
    }
}

fn keys(app: &App, look: &Look, mut room: usize) -> Line<'static> {
    let mut spans: Vec<Span<'static>> = vec![Span::raw(" ")];
    for (key, words) in hints(app) {
        let needed = width(&key) + 1 + width(&words) + 2;
        if needed > room {
            continue;
        }
        room -= needed;
        spans.push(Span::styled(key, look.style(Role::Key)));
        spans.push(Span::raw(format!(" {words}  ")));
    }
    Line::from(spans)
}

fn notice(app: &App, look: &Look) -> Option<(String, Role)> {
    let notice = app.out.notice.as_ref()?;
    let mark = look.mark(notice.tone);
    let mark = if mark.is_empty() { String::new() } else { format!("{mark} ") };
    Some((format!("{mark}{}", notice.text), notice.tone.into()))
}

/// What runs, what is being read, and what could not be.
fn going_on(app: &App, look: &Look) -> (String, Role) {
    let running: Vec<_> = app.operations.running().collect();
    if let Some(newest) = running.last() {
        return (
            format!("{} running: {} {}", running.len(), newest.what, newest.elapsed(app.clock.machine)),
            Role::Soon,
        );
    }
    if let Some((left, why)) = app.inventory.pause(app.clock.machine) {
        return (format!("{why}: next try in {left} s"), Role::Soon);
    }
    if let Reading::Asked { note, .. } = &app.inventory.reading
        && !note.is_empty()
    {
        return (note.clone(), Role::Dim);
    }
    let mark = look.glyphs.soon;
    let gaps: Vec<&Gap> = app.inventory.estate.gaps.iter().filter(|gap| gap.hides_something()).collect();
    match gaps.as_slice() {
        [] => (String::new(), Tone::Plain.into()),
        [gap] if width(&gap.what) <= NAMED => {
            (format!("{mark} {} could not be read: p", gap.what), Role::Soon)
        }
        gaps => (format!("{mark} {} could not be read: p", counted(gaps.len(), "part")), Role::Soon),
    }
}

/// Key and words of what can be done now, most useful first.
fn hints(app: &App) -> Vec<(String, String)> {
    // A dialog has its keys written in it.
    if !app.layers.is_empty() {
        return Vec::new();
    }
    let pane = app.pane();
    if app.place() == Place::List && pane.is_filtering {
        return vec![
            ("Enter".into(), "keep".into()),
            ("Esc".into(), "clear".into()),
            ("!x col:x ~x".into(), "forms".into()),
        ];
    }
    if app.wizard.is_none() {
        return browsing_hints(app);
    }
    let mut hints = app.wizard.as_ref().map(|wizard| super::wizard::hints(app, wizard)).unwrap_or_default();
    if app.wizard.as_ref().is_some_and(|wizard| wizard.focused_field().is_some()) {
        return hints;
    }
    for entry in possible(app).filter(|entry| entry.name != "open") {
        // In a practice cloud this is the one key that a person cannot guess.
        let at = if entry.name == "practise" { 1.min(hints.len()) } else { hints.len() };
        if let Some(hint) = hint(app, entry, entry.hint) {
            hints.insert(at, hint);
        }
    }
    help_early(&mut hints);
    hints
}

/// The first hint is what the row needs, in a place of its own, so that those after it stay where they are. What
/// depends on the row comes last.
fn browsing_hints(app: &App) -> Vec<(String, String)> {
    const FIRST: usize = 18;
    let marked = app.pane().list.marked();
    let mut on_marked: Vec<_> = app
        .commands_on_marked()
        .filter_map(|(entry, verb)| hint(app, entry, &format!("{verb} {marked}")))
        .collect();
    if !on_marked.is_empty() {
        let others = ["copy", "back"].into_iter().filter_map(Entry::named);
        on_marked.extend(others.zip(["Copy", "Unmark"]).filter_map(|(entry, words)| hint(app, entry, words)));
        return on_marked;
    }
    let needed = app.needed();
    let first = match &needed {
        Some(need) => hint(app, need.entry, need.words),
        None if app.place() == Place::List => Entry::named("open")
            .filter(|open| open.possible(app).is_ok())
            .and_then(|open| hint(app, open, open.hint)),
        None => None,
    };
    let of_row = |entry: &&Entry| entry.group == Group::Acting && entry.name != "add";
    let mut entries: Vec<&Entry> = possible(app).filter(|entry| entry.name != "open").collect();
    entries.sort_by_key(of_row);
    entries.retain(|entry| needed.as_ref().is_none_or(|need| need.entry.name != entry.name));
    let mut hints: Vec<_> = entries.into_iter().filter_map(|entry| hint(app, entry, entry.hint)).collect();
    help_early(&mut hints);
    if let Some((key, words)) = first {
        let room = FIRST.saturating_sub(width(&key) + 1);
        hints.insert(0, (key, format!("{words:<room$}")));
    }
    hints
}

/// The commands that are worth a hint and can be done now.
fn possible(app: &App) -> impl Iterator<Item = &'static Entry> {
    entries(app.place()).filter(|entry| !entry.hint.is_empty() && entry.possible(app).is_ok())
}

fn hint(app: &App, entry: &'static Entry, words: &str) -> Option<(String, String)> {
    let key = app.settings.keymap.keys(entry).next()?;
    Some((key.to_string().trim_matches(['<', '>']).to_owned(), words.to_owned()))
}

/// Help is always shown, even where other keys have to give way.
fn help_early(hints: &mut Vec<(String, String)>) {
    if let Some(at) = hints.iter().position(|(_, words)| words == "Help") {
        let help = hints.remove(at);
        hints.insert(hints.len().min(3), help);
    }
}
