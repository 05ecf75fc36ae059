//! Dialogs, drawn over everything: never larger than the screen, with their keys written in them.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use super::look::{Look, Role};
use super::text::{cut, cut_middle, fit, scroll, width, wrap};
use super::{framed, put_lines, told};
use crate::app::App;
use crate::app::dialog::{Choose, Confirm, Dialog, ErrorText, Files, Help, Looking, Palette};
use crate::app::field::Field;
use crate::model::counted;

/// What a dialog looks like before it is cut to the screen.
pub(super) struct Content {
    pub(super) title: String,
    pub(super) lines: Vec<Line<'static>>,
    /// The line that has to be on screen.
    pub(super) at: usize,
    /// Lines at the end that always stay: refusal and keys.
    pub(super) foot: Vec<Line<'static>>,
    /// Line and column of the text cursor; lines of the foot are counted after the others.
    pub(super) cursor: Option<(usize, usize)>,
}

pub(super) fn draw(app: &App, dialog: &Dialog, look: &Look, screen: Rect, frame: &mut Frame<'_>) {
    let outer = screen.width.saturating_sub(4).min(match dialog {
        Dialog::Confirm(_)
        | Dialog::Looking(_)
        | Dialog::Error(_)
        | Dialog::SignIn(_)
        | Dialog::Briefing { .. } => 74,
        _ => 90,
    });
    let room = usize::from(outer.saturating_sub(4));
    let content = match dialog {
        Dialog::Help(help) => help_lines(help, room, look),
        Dialog::Palette(palette) => palette_lines(palette, room, look),
        Dialog::Choose(choose) => choose_lines(choose, room, look),
        Dialog::Files(files) => file_lines(files, room, look),
        Dialog::Confirm(confirm) => confirm_lines(confirm, room, look),
        Dialog::Looking(looking) => looking_lines(looking, room, look),
        Dialog::Bench(bench) => super::bench::form_lines(bench, room, look),
        Dialog::Sheet(sheet) => super::bench::sheet_lines(sheet, room, look),
        Dialog::Chains(chains) => super::custody::lines(app, chains, room, look),
        Dialog::Error(error) => error_lines(error, room, look),
        Dialog::Briefing { .. } => super::briefing::lines(app, room, look),
        Dialog::SignIn(asked) => super::sign_in::lines(app, asked, room, look),
        Dialog::Messages(messages) => told::messages(messages, room, look),
        Dialog::Operations { cursor } => told::operations(app, *cursor, room, look),
    };
    let wanted = content.lines.len() + content.foot.len() + 2;
    let height = u16::try_from(wanted).unwrap_or(u16::MAX).min(screen.height.saturating_sub(2));
    // What is typed into keeps its top where it is while it grows and shrinks.
    let top = if matches!(dialog, Dialog::Palette(_) | Dialog::Files(_) | Dialog::Bench(_)) {
        2
    } else {
        (screen.height - height) / 2
    };
    let area = Rect { x: screen.x + (screen.width - outer) / 2, y: screen.y + top, width: outer, height };
    Clear.render(area, frame.buffer_mut());
    let title =
        Line::styled(format!(" {} ", cut(&content.title, room, look.glyphs.more)), look.style(Role::Title));
    let block = framed(title, look);
    let mut inner = block.inner(area);
    block.render(area, frame.buffer_mut());
    inner.x += 1;
    inner.width = inner.width.saturating_sub(2);
    let body = inner.height.saturating_sub(u16::try_from(content.foot.len()).unwrap_or(0));
    let shown = usize::from(body);
    let last = content.lines.len().saturating_sub(shown);
    let first = match dialog {
        Dialog::Confirm(confirm) => confirm.scroll.min(last),
        Dialog::Error(error) => error.scroll.min(last),
        Dialog::Briefing { scroll } => (*scroll).min(last),
        _ => (content.at + 2).saturating_sub(shown).min(last),
    };
    put_lines(&content.lines[first..], Rect { height: body, ..inner }, frame.buffer_mut());
    if content.lines.len() > first + shown {
        let more = Line::styled(
            format!(" {} more: Down ", content.lines.len() - first - shown),
            look.style(Role::Soon),
        );
        more.right_aligned().render(Rect { y: area.bottom() - 1, height: 1, ..inner }, frame.buffer_mut());
    }
    put_lines(
        &content.foot,
        Rect { y: inner.y + body, height: inner.height - body, ..inner },
        frame.buffer_mut(),
    );
    if let Some((line, column)) = content.cursor {
        let line = if line < content.lines.len() {
            line.saturating_sub(first)
        } else {
            shown + line - content.lines.len()
        };
        let y = inner.y + u16::try_from(line).unwrap_or(0);
        frame.set_cursor_position(Position::new(inner.x + u16::try_from(column).unwrap_or(0), y));
    }
}

/// The last line of a dialog: its keys.
pub(super) fn keys(pairs: &[(&str, &str)], look: &Look) -> Line<'static> {
    let spans = pairs.iter().flat_map(|(key, words)| {
        [Span::styled((*key).to_owned(), look.style(Role::Key)), Span::raw(format!(" {words}   "))]
    });
    Line::from(spans.collect::<Vec<_>>())
}

pub(super) fn refusal(why: Option<&String>, room: usize, look: &Look) -> Vec<Line<'static>> {
    let words = why.map(|why| wrap(&format!("{} {why}", look.glyphs.soon), room)).unwrap_or_default();
    words.into_iter().map(|line| Line::styled(line, look.style(Role::Urgent))).collect()
}

pub(super) fn paragraph(text: &str, room: usize, look: &Look, role: Role) -> Vec<Line<'static>> {
    wrap(text, room).into_iter().map(|line| Line::styled(line, look.style(role))).collect()
}

/// A typed text after its prompt, and the column of its cursor.
fn typed(prompt: &str, field: &Field, room: usize, look: &Look) -> (Line<'static>, usize) {
    let (before, after) = field.around_cursor();
    let (shown, column) = scroll(before, after, room.saturating_sub(width(prompt) + 1));
    let line = Line::from(vec![Span::styled(prompt.to_owned(), look.style(Role::Key)), Span::raw(shown)]);
    (line, width(prompt) + column)
}

fn looking_lines(looking: &Looking, room: usize, look: &Look) -> Content {
    let words = format!("Looking at what would be sent for {}…", counted(looking.rows, "row"));
    let lines = paragraph(&words, room, look, Role::Text);
    let foot = vec![keys(&[("Esc", "cancel")], look)];
    Content { title: looking.title.clone(), lines, at: 0, foot, cursor: None }
}

fn help_lines(help: &Help, room: usize, look: &Look) -> Content {
    let mut lines = Vec::new();
    let mut at = 0;
    let mut cursor = None;
    if help.is_searching || !help.search.text().is_empty() {
        let (line, column) = typed("/", &help.search, room, look);
        lines.push(line);
        cursor = help.is_searching.then_some((0, column));
    }
    let mut group = None;
    for (nth, line) in help.shown().into_iter().enumerate() {
        if group != Some(line.heading()) {
            group = Some(line.heading());
            lines.push(Line::styled(line.heading(), look.style(Role::Title)));
        }
        let role = if line.is_possible { Role::Text } else { Role::Dim };
        if nth == help.cursor {
            at = lines.len();
        }
        for (row, piece) in wrap(&line.words, room.saturating_sub(32)).into_iter().enumerate() {
            let (key, name) = if row == 0 { (line.keys.as_str(), line.name) } else { ("", "") };
            let marker = if row == 0 && nth == help.cursor { look.glyphs.here } else { " " };
            lines.push(Line::from(vec![
                Span::raw(format!("{marker} ")),
                Span::styled(fit(key, 15, look.glyphs.more), look.style(Role::Key)),
                Span::styled(fit(name, 14, look.glyphs.more), look.style(Role::Dim)),
                Span::styled(format!(" {piece}"), look.style(role)),
            ]));
        }
    }
    if help.shown().is_empty() {
        lines.push(Line::raw("No key and no command matches."));
    }
    let foot =
        vec![keys(&[("j k", "scroll"), ("/", "search"), (":", "run by name"), ("Esc", "close")], look)];
    Content { title: format!("Help: {}", help.about), lines, at, foot, cursor }
}

fn palette_lines(palette: &Palette, room: usize, look: &Look) -> Content {
    let (line, column) = typed(":", &palette.typed, room, look);
    let mut lines = vec![line];
    let mut at = 0;
    for (nth, candidate) in palette.shown().into_iter().enumerate() {
        let is_here = nth == palette.cursor;
        if is_here {
            at = lines.len();
        }
        let words = candidate
            .refusal
            .as_deref()
            .map_or_else(|| candidate.entry.words.to_owned(), |why| format!("not now: {why}"));
        let marker = if is_here { look.glyphs.here } else { " " };
        let role = if candidate.refusal.is_some() { Role::Dim } else { Role::Text };
        let style = look.style(if is_here { Role::Selected } else { role });
        lines.push(Line::from(vec![
            Span::raw(format!("{marker} ")),
            Span::styled(fit(candidate.entry.name, 14, look.glyphs.more), style),
            Span::styled(
                fit(candidate.keys.split(' ').next().unwrap_or_default(), 8, ""),
                look.style(Role::Key),
            ),
            Span::styled(cut(&words, room.saturating_sub(24), look.glyphs.more), look.style(role)),
        ]));
    }
    let mut foot = refusal(palette.refusal.as_ref(), room, look);
    foot.push(keys(&[("Enter", "run"), ("Tab", "complete"), ("Up Down", "choose"), ("Esc", "close")], look));
    Content { title: "Command".into(), lines, at, foot, cursor: Some((0, column)) }
}

/// More choices than a screen has lines.
const MANY: usize = 300;

fn choose_lines(choose: &Choose, room: usize, look: &Look) -> Content {
    let mut lines =
        if choose.intro.is_empty() { Vec::new() } else { paragraph(&choose.intro, room, look, Role::Dim) };
    let mut cursor = None;
    let has_digits = choose.has_digits();
    if !has_digits {
        let (line, column) = typed("/", &choose.filter, room, look);
        cursor = Some((lines.len(), column));
        lines.push(line);
    }
    // A few choices are explained in full; of many, each has one line.
    let notes_from = if has_digits { 28 } else { 26 };
    let fits = |note: &str| width(note) <= room.saturating_sub(notes_from);
    let short = choose.shown().len() > MANY
        || choose.shown().all(|item| {
            item.then.is_ok() && (choose.total() > 6 || (width(&item.label) <= 22 && fits(&item.note)))
        });
    let mut at = 0;
    for (nth, item) in choose.shown().enumerate() {
        let is_here = nth == choose.cursor;
        if is_here {
            at = lines.len();
        }
        if short && nth.abs_diff(choose.cursor) > MANY {
            // Further off than any screen is high: only its place counts.
            lines.push(Line::default());
            continue;
        }
        let marker = Span::raw(format!("{} ", if is_here { look.glyphs.here } else { " " }));
        let digit = if has_digits { format!("{} ", nth + 1) } else { String::new() };
        let digit = Span::styled(digit, look.style(Role::Key));
        let style = look.style(if is_here { Role::Selected } else { Role::Text });
        if short {
            lines.push(Line::from(vec![
                marker,
                digit,
                Span::styled(fit(&item.label, 23, look.glyphs.more), style),
                Span::raw(" "),
                Span::styled(
                    cut_middle(&item.note, room.saturating_sub(notes_from), look.glyphs.more),
                    look.style(Role::Dim),
                ),
            ]));
            // The item under the cursor can be read whole.
            let is_label_cut = width(&item.label) > 22;
            if is_here && (is_label_cut || width(&item.note) > room.saturating_sub(notes_from)) {
                let label = if is_label_cut { format!("{}: ", item.label) } else { String::new() };
                let words = wrap(&format!("{label}{}", item.note), room.saturating_sub(4));
                lines.extend(words.into_iter().map(|line| Line::raw(format!("    {line}"))));
                at = lines.len() - 1;
            }
        } else {
            let label = cut_middle(&item.label, room.saturating_sub(4), look.glyphs.more);
            lines.push(Line::from(vec![marker, digit, Span::styled(label, style)]));
            // What cannot be chosen says why.
            let (note, role) = match &item.then {
                Ok(_) => (item.note.clone(), Role::Dim),
                Err(why) => (format!("{} {why}", look.glyphs.failed), Role::Soon),
            };
            let notes = wrap(&note, room.saturating_sub(4));
            lines.extend(notes.into_iter().map(|note| Line::styled(format!("    {note}"), look.style(role))));
        }
    }
    if choose.shown().len() == 0 {
        let new = choose.takes_other.then(|| choose.filter.text().trim()).filter(|text| !text.is_empty());
        let words = match new {
            Some(text) => format!("Enter takes '{text}' as a new one."),
            None if choose.total() == 0 => choose.empty.clone(),
            None => "Nothing matches what is typed.".to_owned(),
        };
        lines.extend(paragraph(&words, room, look, Role::Text));
    }
    let mut foot = refusal(choose.refusal.as_ref(), room, look);
    let digits = format!("1-{}", choose.total());
    let select =
        if has_digits && choose.total() > 1 { format!("{digits} Enter") } else { "Enter".to_owned() };
    foot.push(keys(&[(&select, "select"), ("type", "to filter"), ("Esc", "back")], look));
    Content { title: choose.title.clone(), lines, at, foot, cursor }
}

fn file_lines(files: &Files, room: usize, look: &Look) -> Content {
    let path = if files.ask.is_some() { format!("reading {}", files.at) } else { files.at.clone() };
    let shown = files.shown();
    let (line, column) = typed("> ", &files.typed, room, look);
    let mut lines =
        vec![Line::styled(cut_middle(&path, room, look.glyphs.more), look.style(Role::Dim)), line];
    let mut at = 0;
    for (nth, entry) in shown.iter().enumerate() {
        let is_here = nth == files.cursor;
        if is_here {
            at = lines.len();
        }
        let marker = if is_here { look.glyphs.here } else { " " };
        let (name, size) = if entry.is_folder {
            (format!("{}/", entry.name), String::new())
        } else {
            (entry.name.clone(), size_words(entry.size))
        };
        lines.push(Line::from(vec![
            Span::raw(format!("{marker} ")),
            Span::styled(
                fit(
                    &cut_middle(&name, room.saturating_sub(14), look.glyphs.more),
                    room.saturating_sub(14),
                    look.glyphs.more,
                ),
                look.style(if is_here { Role::Selected } else { Role::Text }),
            ),
            Span::styled(format!("{size:>11}"), look.style(Role::Dim)),
        ]));
    }
    if shown.is_empty() && files.ask.is_none() {
        let endings: Vec<String> = files.endings.iter().map(|ending| format!(".{ending}")).collect();
        let words = format!("No directory and no {} file here.", endings.join(", "));
        lines.extend(paragraph(&words, room, look, Role::Text));
    }
    let mut foot = refusal(files.refusal.as_ref(), room, look);
    foot.push(keys(
        &[("type", "a path"), ("Tab", "complete"), ("Enter", "select"), ("BS", "up"), ("Esc", "back")],
        look,
    ));
    Content { title: files.title.to_owned(), lines, at, foot, cursor: Some((1, column)) }
}

/// `812 B`, `4.2 kB`, `3.0 MB`.
fn size_words(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{}.{} kB", bytes / 1_000, bytes % 1_000 / 100),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

fn confirm_lines(confirm: &Confirm, room: usize, look: &Look) -> Content {
    let mut lines = Vec::new();
    for words in &confirm.words {
        lines.extend(paragraph(words, room, look, Role::Text));
        lines.push(Line::raw(""));
    }
    if !confirm.plan.is_empty() {
        lines.push(Line::styled("This will be sent:", look.style(Role::Title)));
        for line in &confirm.plan {
            let indent = line.len() - line.trim_start().len();
            let wrapped = wrap(line, room.saturating_sub(indent + 4));
            for (nth, piece) in wrapped.into_iter().enumerate() {
                let margin = " ".repeat(indent + if nth == 0 { 1 } else { 3 });
                lines.push(Line::styled(
                    format!("{margin}{piece}"),
                    look.style(if indent > 0 { Role::Dim } else { Role::Text }),
                ));
            }
        }
        lines.push(Line::raw(""));
    }
    let mut foot = Vec::new();
    let mut cursor = None;
    if let Some(word) = &confirm.word {
        let (line, column) = typed(&format!("Type {word} to confirm: "), &confirm.typed, room, look);
        cursor = Some((lines.len(), column));
        foot.push(line);
        foot.extend(refusal(confirm.refusal.as_ref(), room, look));
        foot.push(keys(
            &[("Esc", "Cancel"), ("Enter", &format!("{} (after typing {word})", confirm.yes))],
            look,
        ));
    } else {
        let button = |words: &str, is_here: bool| {
            let marker = if is_here { look.glyphs.here } else { " " };
            Span::styled(
                format!("{marker} {words} "),
                look.style(if is_here { Role::Selected } else { Role::Text }),
            )
        };
        foot.push(Line::from(vec![
            button("Cancel", !confirm.on_yes),
            Span::raw("   "),
            button(&confirm.yes, confirm.on_yes),
        ]));
        let enter = if confirm.on_yes { confirm.yes.as_str() } else { "Cancel" };
        let mut pairs = vec![("Enter", enter), ("Tab", "switch"), ("y", &*confirm.yes), ("Esc", "Cancel")];
        if confirm.has_script {
            pairs.push(("c", "as a script"));
        }
        foot.push(keys(&pairs, look));
    }
    Content { title: confirm.title.clone(), lines, at: 0, foot, cursor }
}

fn error_lines(error: &ErrorText, room: usize, look: &Look) -> Content {
    let mut lines = Vec::new();
    for line in &error.lines() {
        lines.extend(paragraph(line, room, look, Role::Text));
    }
    let foot = vec![Line::raw(""), keys(&[("Enter", "close"), ("c", "copy"), ("j k", "scroll")], look)];
    let title = format!("{} {}", look.glyphs.failed, error.problem.what);
    let mut content = Content { title, lines, at: 0, foot, cursor: None };
    // A long title goes into the text: what failed must be readable whole.
    if width(&content.title) > room {
        let mut whole = paragraph(&content.title, room, look, Role::Urgent);
        whole.push(Line::raw(""));
        whole.append(&mut content.lines);
        content.lines = whole;
        content.title = "This could not be done".into();
    }
    content
}
