//! The line at the top: which cloud this is, how its certificates stand, and how old that is. Where there is
//! no room for everything, what a person has to act on stays longest.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::look::{Look, Role};
use super::text::{cut_middle, width};
use crate::app::App;
use crate::app::inventory::Reading;
use crate::model::ago;
use crate::model::counted;

/// A name of a context is not cut shorter than this.
const SHORTEST_NAME: usize = 12;

pub(super) fn header(app: &App, look: &Look, area: Rect, buffer: &mut Buffer) {
    let room = usize::from(area.width);
    let standings = standings(app, look);
    let left_room = room.saturating_sub(standings.last().map_or(0, Line::width) + 2);
    let mut left = place(app, look);
    if width_of(&left) > left_room {
        left[0] = Span::raw(" ");
        let name = &app.settings.context;
        let short = (width(name) + left_room).saturating_sub(width_of(&left));
        left[1].content = left[1]
            .content
            .replace(name, &cut_middle(name, short.max(SHORTEST_NAME), look.glyphs.more))
            .into();
    }
    let used = width_of(&left);
    let fits = |standing: &Line<'_>| used + standing.width() + 2 <= room;
    let right =
        standings.iter().find(|standing| fits(standing)).or(standings.last()).cloned().unwrap_or_default();
    if app.inventory.has_estate {
        let free = room.saturating_sub(used + right.width() + 2);
        left.push(Span::raw(extent(app, look, free)));
    }
    Line::from(left).render(area, buffer);
    right.right_aligned().render(area, buffer);
}

fn width_of(spans: &[Span<'_>]) -> usize {
    spans.iter().map(Span::width).sum()
}

/// The program, the context, and what is special about that.
fn place(app: &App, look: &Look) -> Vec<Span<'static>> {
    let context = &app.settings.context;
    let mut spans = vec![
        Span::styled(" certdeck  ", look.style(Role::Title)),
        if app.settings.production {
            // The spaces make a plate of it; the mark says it where nothing else can.
            Span::styled(format!(" {} {context} ", look.glyphs.soon), look.style(Role::Production))
        } else {
            Span::styled(context.clone(), look.style(Role::Context))
        },
    ];
    if app.settings.practice && !app.settings.context.contains("practice") {
        spans.push(Span::styled(" (practice)", look.style(Role::Context)));
    }
    if app.settings.read_only {
        spans.push(Span::styled("  READ-ONLY", look.style(Role::Urgent)));
    }
    if let Some(goal) = &app.goal {
        let (words, tone) = goal.standing(app.clock.now);
        spans.push(Span::styled(format!("  {words}"), look.style(tone.into())));
    }
    spans
}

/// How much there is, as far as it fits.
fn extent(app: &App, look: &Look, free: usize) -> String {
    let (here, subscriptions) = (look.glyphs.here, app.inventory.estate.subscriptions.len());
    let subscriptions = format!("  {here} {}", counted(subscriptions, "subscription"));
    let apps = format!("  {here} {}", counted(app.inventory.estate.apps.len(), "app"));
    let forms = [format!("{subscriptions}{apps}"), subscriptions];
    forms.into_iter().find(|form| width(form) <= free).unwrap_or_default()
}

/// How the certificates stand and when they were read, the longest words first.
fn standings(app: &App, look: &Look) -> Vec<Line<'static>> {
    let role = if app.inventory.failure.is_some() { Role::Urgent } else { Role::Dim };
    let when = |words: String| Span::styled(words, look.style(role));
    let (long, short) = (when(age(app, look, false)), when(age(app, look, true)));
    if !app.inventory.has_estate {
        return vec![Line::from(long)];
    }
    let counts = app.inventory.findings.counts;
    let count = |count: usize, words, style: Style| Span::styled(format!("{count} {words}"), style);
    let style = |count: usize, role| look.style(if count == 0 { Role::Dim } else { role });
    let urgent = count(counts.urgent, "urgent", style(counts.urgent, Role::Urgent));
    let soon = count(counts.soon, "soon", style(counts.soon, Role::Soon));
    let fine = count(counts.fine, "ok", look.style(Role::Good));
    let (dot, gap) = (Span::raw(format!(" {} ", look.glyphs.dot)), Span::raw("   "));
    let due = [urgent, dot.clone(), soon];
    let all = [&due[..], &[dot, fine]].concat();
    [(&all[..], &long), (&due[..], &long), (&due[..], &short)]
        .map(|(counts, when)| Line::from([counts, &[gap.clone(), when.clone()]].concat()))
        .into()
}

/// Whether they are being read, or when they were; `short` in as few words as say it.
fn age(app: &App, look: &Look, short: bool) -> String {
    let reading = matches!(app.inventory.reading, Reading::Asked { .. })
        .then(|| format!("reading{} ", look.glyphs.waiting));
    let as_of = as_of(app, short);
    match (reading, app.inventory.is_recalled, app.inventory.has_estate) {
        (Some(reading), true, _) => format!("{as_of} {} {reading}", look.glyphs.dot),
        (Some(reading), false, _) => reading,
        (None, _, false) => "not read ".to_owned(),
        (None, _, true) if app.inventory.failure.is_some() => format!("{as_of}, not refreshed "),
        (None, _, true) => format!("{as_of} "),
    }
}

/// How long ago the rows were read; rows of an earlier run say when as well.
fn as_of(app: &App, short: bool) -> String {
    let at = app.inventory.estate.as_of;
    let is_today = at.strftime("%F").to_string() == app.clock.now.strftime("%F").to_string();
    match (app.inventory.is_recalled, short) {
        (false, _) => ago(at, app.clock.now),
        (true, false) => format!(
            "as of {}, {}",
            at.strftime(if is_today { "%H:%M" } else { "%b %-d %H:%M" }),
            ago(at, app.clock.now)
        ),
        (true, true) => format!("as of {}", at.strftime(if is_today { "%H:%M" } else { "%b %-d" })),
    }
}
