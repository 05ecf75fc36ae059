//! The wizard: its pages with check marks, the form with the reason under each refused field, and the steps.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::form::{FormView, Section, keys_of};
use super::look::{Look, Role};
use super::text::{cut, cut_middle, fit, width, wrap};
use super::{framed, put_lines};
use crate::app::App;
use crate::app::form::FormAnswer;
use crate::app::operations::{WatchedOperation, elapsed};
use crate::app::wizard::{Origin, PageStanding, Wizard, pane_of};
use crate::flow::{Flow, Inputs, Key, Step, StepStatus, Subject};
use crate::model::printable;

/// The pages in one line, each with a glyph for where it stands.
pub(super) fn pages(app: &App, wizard: &Wizard, look: &Look, area: Rect, buffer: &mut Buffer) {
    let mut spans = vec![Span::raw(" ")];
    for page in wizard.pages() {
        let (glyph, role) = match (wizard.is_page_done(*page, &app.inventory.estate), *page == wizard.page())
        {
            (true, _) => (look.glyphs.done, Role::Good),
            (false, true) => (look.glyphs.here, Role::Text),
            (false, false) => (look.glyphs.todo, Role::Dim),
        };
        let style = if *page == wizard.page() { look.style(Role::Title) } else { look.style(Role::Text) };
        spans.push(Span::styled(format!("{glyph} "), look.style(role)));
        // A narrow screen has no room for the portal's numbers.
        let title =
            if area.width < 78 { page.title().rsplit(": ").next().unwrap_or_default() } else { page.title() };
        spans.push(Span::styled(title, style));
        spans.push(Span::raw("   "));
    }
    Line::from(spans).render(area, buffer);
}

pub(super) fn body(app: &App, wizard: &Wizard, look: &Look, area: Rect, frame: &mut Frame<'_>) {
    let name = match &wizard.origin {
        Origin::New => "new certificate".to_owned(),
        Origin::Order(id) => format!("order {}", id.name()),
        Origin::Alone(flow, _) => named(flow.definition(), &wizard.inputs),
    };
    let title = format!(
        " {}: {} ",
        wizard.page().title(),
        cut_middle(&name, usize::from(area.width).saturating_sub(30), look.glyphs.more)
    );
    let block = framed(Line::styled(title, look.style(Role::Title)), look);
    let inner = block.inner(area);
    block.render(area, frame.buffer_mut());
    let room = usize::from(inner.width).saturating_sub(2);
    let form = form(app, wizard, look, room);
    let steps = steps(app, wizard, look, room);
    let height = usize::from(inner.height).saturating_sub(1);
    // Whichever part has the focus gets the lines it needs; the other has to do with the rest, but never with
    // nothing.
    let (form_height, steps_height) = if wizard.form.focus().is_none() {
        let steps_height = steps.lines.len().min(height.saturating_sub(form.lines.len().min(3)));
        (form.lines.len().min(height - steps_height), steps_height)
    } else {
        let form_height = form.lines.len().min(height.saturating_sub(steps.lines.len().min(5)));
        (form_height, height - form_height)
    };
    let top = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let first = place(&form, Rect { height: rows(form_height), ..top }, frame.buffer_mut());
    if let Some((line, column)) = form.cursor {
        let y = top.y + rows(line.saturating_sub(first));
        frame.set_cursor_position(Position::new(top.x + rows(column), y));
    }
    let rule = look.glyphs.rule.repeat(usize::from(inner.width));
    let y = top.y + rows(form_height);
    Line::styled(rule, look.style(Role::Border))
        .render(Rect { x: inner.x, y, width: inner.width, height: 1 }, frame.buffer_mut());
    place(&steps, Rect { y: y + 1, height: rows(steps_height), ..top }, frame.buffer_mut());
    if steps.lines.len() > steps_height {
        let more = format!(" {} more: PgDn ", steps.lines.len() - steps_height);
        let foot = Rect { y: area.bottom() - 1, height: 1, width: area.width - 2, ..area };
        Line::styled(more, look.style(Role::Soon)).right_aligned().render(foot, frame.buffer_mut());
    }
}

fn rows(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// Draws as many lines as fit around the one to keep in sight; returns the first drawn.
fn place(part: &Section, area: Rect, buffer: &mut Buffer) -> usize {
    let height = usize::from(area.height);
    let first =
        (part.at + 3).saturating_sub(height).min(part.lines.len().saturating_sub(height)).min(part.at);
    put_lines(&part.lines[first..], area, buffer);
    first
}

/// What a flow is about as the form names it now, else its kind.
fn named(flow: &Flow, inputs: &Inputs) -> String {
    let kind = match flow.leaves {
        Subject::Certificate | Subject::Renewable => "a private certificate",
        Subject::PublicCertificate => "a public certificate",
        Subject::Order => "an order",
        Subject::Binding | Subject::Hostname => "a hostname",
        Subject::App => "an app",
        Subject::Nothing => "",
    };
    flow.about.name(inputs).unwrap_or_else(|| kind.to_owned())
}

fn form(app: &App, wizard: &Wizard, look: &Look, room: usize) -> Section {
    let secures = |key| {
        let names = wizard.secures().filter(|_| key == Key::Domain)?;
        Some(format!("This will secure: {}", names.join(", ")))
    };
    FormView {
        form: &wizard.form,
        inputs: &wizard.inputs,
        picked: &|field| wizard.picked(field, &app.inventory.estate),
        note: &secures,
        look,
        room,
    }
    .rows()
}

fn steps(app: &App, wizard: &Wizard, look: &Look, room: usize) -> Section {
    let page = wizard.current();
    let shown = wizard.shown_step();
    let mut part = Section::default();
    part.lines.push(standing(app, wizard, look, room));
    if let Some(problem) = page.failure.as_ref().filter(|problem| !problem.remedy.is_empty()) {
        let words = wrap(&format!("What to do: {}", problem.remedy), room.saturating_sub(4));
        part.lines.extend(words.into_iter().map(|line| Line::raw(format!("    {line}"))));
    }
    let is_sending = running(app, wizard).is_some();
    let title_room = page.steps.iter().map(|step| width(&step.title)).max().unwrap_or(0).min(40);
    let first = page.steps.iter().position(|step| !step.status.is_over()).unwrap_or(usize::MAX);
    for (nth, step) in page.steps.iter().enumerate() {
        let (glyph, role, words) = if is_sending && nth == first {
            (look.glyphs.waiting, Role::Soon, "being sent".to_owned())
        } else {
            status(step, wizard, nth > first, look)
        };
        let is_shown = nth == shown && wizard.form.focus().is_none();
        // The marker would read as a status of its own, so it shows only while other steps are read.
        let marker = if is_shown && wizard.is_reading_other_step() { look.glyphs.here } else { " " };
        let title = fit(&step.title, title_room, look.glyphs.more);
        let style = look.style(if is_shown { Role::Selected } else { Role::Text });
        let words = cut(&words, room.saturating_sub(title_room + 5), look.glyphs.more);
        part.lines.push(Line::from(vec![
            Span::raw(format!("{marker} ")),
            Span::styled(format!("{glyph} "), look.style(role)),
            Span::styled(title, style),
            Span::raw(" "),
            Span::styled(words, look.style(role)),
        ]));
    }
    if let Some(step) = page.steps.get(shown) {
        let heading = part.lines.len();
        reading(step, wizard, look, room, &mut part.lines);
        let scrolled = wizard.scroll.min(part.lines.len().saturating_sub(heading + 1));
        part.lines.drain(heading..heading + scrolled);
    }
    part
}

/// What is worth reading of one step: explanation, status in full, facts, plan.
fn reading(step: &Step, wizard: &Wizard, look: &Look, room: usize, lines: &mut Vec<Line<'static>>) {
    let mut say = |text: &str, role| {
        lines.extend(
            wrap(text, room.saturating_sub(4))
                .into_iter()
                .map(|line| Line::styled(format!("    {line}"), look.style(role))),
        );
    };
    if let StepStatus::Blocked(problem) = &step.status {
        say(&format!("{}: {}", problem.what, problem.why), Role::Urgent);
        if !problem.remedy.is_empty() {
            say(&format!("What to do: {}", problem.remedy), Role::Text);
        }
    }
    say(&step.explanation, Role::Text);
    for (label, value) in &step.facts {
        let label_room = step.facts.iter().map(|(label, _)| width(label)).max().unwrap_or(0).min(20);
        for (nth, piece) in wrap(value, room.saturating_sub(label_room + 6)).into_iter().enumerate() {
            let label = if nth == 0 { label.as_str() } else { "" };
            lines.push(Line::from(vec![
                Span::styled(
                    format!("    {}  ", fit(label, label_room, look.glyphs.more)),
                    look.style(Role::Dim),
                ),
                Span::raw(piece),
            ]));
        }
    }
    if wizard.shows_plan {
        let words = if step.plan().is_empty() { "Nothing to send in this step." } else { "This step sends:" };
        lines.push(Line::styled(format!("    {words}"), look.style(Role::Title)));
        let mut put =
            |line: &str, margin: usize| {
                let pieces = wrap(line, room.saturating_sub(margin + 2));
                lines.extend(pieces.into_iter().map(|piece| {
                    Line::styled(format!("{}{piece}", " ".repeat(margin)), look.style(Role::Dim))
                }));
            };
        for (nth, line) in step.plan().iter().enumerate() {
            put(line, 6);
            // Parts of a body come from the service as they are.
            let body = step
                .requests
                .get(nth)
                .and_then(|request| request.body.as_ref())
                .map(|body| format!("{:#}", body.shown()))
                .unwrap_or_default();
            for line in body.lines() {
                put(&printable(line.trim_start()), 8 + line.len() - line.trim_start().len());
            }
        }
    }
}

fn status(step: &Step, wizard: &Wizard, is_later: bool, look: &Look) -> (&'static str, Role, String) {
    let glyphs = look.glyphs;
    match &step.status {
        StepStatus::NeedsInput { key, why } if !is_later && wizard.is_lacking(*key) => {
            (glyphs.todo, Role::Dim, why.clone())
        }
        _ if !wizard.current().was_seen => (glyphs.todo, Role::Dim, "not checked".to_owned()),
        StepStatus::Done(evidence) => (glyphs.done, Role::Good, evidence.clone()),
        StepStatus::NotNeeded(why) => (glyphs.skipped, Role::Dim, format!("not needed: {why}")),
        StepStatus::Ready | StepStatus::Waiting { .. } | StepStatus::NeedsInput { .. } if is_later => {
            (glyphs.todo, Role::Dim, "waiting".to_owned())
        }
        StepStatus::Ready => (glyphs.here, Role::Text, "ready".to_owned()),
        StepStatus::Waiting { on, .. } => (glyphs.waiting, Role::Soon, format!("waiting for {on}")),
        StepStatus::NeedsInput { why, .. } => (glyphs.todo, Role::Dim, why.clone()),
        StepStatus::Blocked(problem) => (glyphs.failed, Role::Urgent, problem.why.clone()),
    }
}

/// What was sent from this wizard and is not over.
fn running<'a>(app: &'a App, wizard: &Wizard) -> Option<&'a WatchedOperation> {
    wizard.sent.and_then(|ask| app.operations.find(ask)).filter(|operation| operation.is_running())
}

/// One line: what goes on now, or that the page is done and what comes next.
fn standing(app: &App, wizard: &Wizard, look: &Look, room: usize) -> Line<'static> {
    let sent = running(app, wizard);
    let glyphs = look.glyphs;
    let (glyph, text, role) = if let Some(operation) = sent {
        (
            glyphs.waiting,
            format!("{} {}  {}", operation.what, operation.elapsed(app.clock.machine), operation.note),
            Role::Soon,
        )
    } else if let Some(problem) = &wizard.current().failure {
        (glyphs.failed, format!("could not look: {} (C-r tries again)", problem.why), Role::Urgent)
    } else {
        match wizard.standing() {
            // Who opens a form of settings came to change one.
            PageStanding::Done
                if is_idle(wizard) && wizard.form.fields.iter().any(|field| field.is_first) =>
            {
                (glyphs.here, "Choose what to change.".to_owned(), Role::Text)
            }
            PageStanding::Done => (glyphs.done, done_words(wizard), Role::Good),
            PageStanding::Looking => (glyphs.waiting, "checking".to_owned(), Role::Dim),
            PageStanding::At(_) if wizard.current().ask.is_some() => {
                (glyphs.waiting, "checking".to_owned(), Role::Dim)
            }
            PageStanding::At(step) => match &step.status {
                StepStatus::Waiting { on, since, .. } => {
                    let long = since
                        .map(|since| format!("{} ", elapsed(app.clock.now.as_second() - since.as_second())));
                    (
                        glyphs.waiting,
                        format!("{}waiting for {on}; looks again by itself", long.unwrap_or_default()),
                        Role::Soon,
                    )
                }
                _ => (glyphs.here, wizard.page().definition().summary.to_owned(), Role::Text),
            },
        }
    };
    Line::styled(cut(&format!("{glyph} {text}"), room, glyphs.more), look.style(role))
}

/// Whether there was nothing to do.
fn is_idle(wizard: &Wizard) -> bool {
    wizard.current().steps.iter().all(|step| matches!(step.status, StepStatus::NotNeeded(_)))
}

/// A96: the exact words for a verified domain; A58: after a certificate comes the binding.
fn done_words(wizard: &Wizard) -> String {
    let flow = wizard.page().definition();
    let done = if is_idle(wizard) { "There is nothing to do." } else { flow.done };
    match wizard.next_page() {
        Some(next) => format!("{done} Enter goes on with {}.", next.title()),
        None => format!("{done} Enter goes to {}.", pane_of(flow.leaves).title()),
    }
}

/// Whether Enter leads to the question before sending.
fn is_sendable(step: &Step) -> bool {
    step.status == StepStatus::Ready && step.acts()
}

/// What Enter and the other keys do here, for the line at the bottom.
pub(super) fn hints(app: &App, wizard: &Wizard) -> Vec<(String, String)> {
    let pair = |key: &str, words: &str| (key.to_owned(), words.to_owned());
    if wizard.focused_field().is_some() {
        let goes_on = wizard.form.enter() == FormAnswer::Enter;
        let enter = if goes_on { "next" } else { "choose" };
        let mut hints = vec![pair("Enter", enter), pair("Tab", "next"), pair("S-Tab", "back")];
        hints.extend(keys_of(&wizard.form).map(|(key, words)| pair(key, words)));
        hints.push(pair("PgDn", "steps"));
        hints.push(pair("Esc", "leave"));
        hints.push(pair("F1", "Help"));
        return hints;
    }
    if running(app, wizard).is_some() {
        return vec![pair("Esc", "leave it running")];
    }
    let enter = match wizard.standing() {
        PageStanding::Done => wizard.next_page().map_or("Finish".to_owned(), |next| next.title().to_owned()),
        PageStanding::At(step) if matches!(step.status, StepStatus::NeedsInput { .. }) => {
            "Fill in".to_owned()
        }
        PageStanding::At(step) if is_sendable(step) => format!("{}...", step.title),
        PageStanding::At(step) if matches!(step.status, StepStatus::Blocked(_)) => "Details".to_owned(),
        _ => "Look again".to_owned(),
    };
    let mut hints = vec![("Enter".to_owned(), enter)];
    if !wizard.form.fields.is_empty() {
        hints.push(pair("S-Tab", "Fields"));
    }
    hints
}
