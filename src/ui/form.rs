//! The rows of a form, for the wizard and the workbench: a label and a value each, under it why the value cannot
//! be used, and what the field with the keys is for.

use ratatui::text::{Line, Span};

use super::look::{Look, Role};
use super::text::{cut_middle, fit, scroll, width, wrap};
use crate::app::form::{Form, FormAnswer, shown_value};
use crate::flow::{Field, FieldKind, InputKey, Inputs};

/// Lines, the one to keep in sight, and the line and column of the text cursor.
#[derive(Default)]
pub(super) struct Section {
    pub(super) lines: Vec<Line<'static>>,
    pub(super) at: usize,
    pub(super) cursor: Option<(usize, usize)>,
}

/// A form as it is drawn, with the words that its owner has for some of its values.
pub(super) struct FormView<'a, K> {
    pub(super) form: &'a Form<K>,
    pub(super) inputs: &'a Inputs<K>,
    /// The name of what was picked.
    pub(super) picked: &'a dyn Fn(&Field<K>) -> String,
    /// What is good to know of a value that is not refused.
    pub(super) note: &'a dyn Fn(K) -> Option<String>,
    pub(super) look: &'a Look,
    pub(super) room: usize,
}

impl<K: InputKey> FormView<'_, K> {
    pub(super) fn rows(&self) -> Section {
        let Self { form, look, room, .. } = *self;
        let label_room = form.fields.iter().map(|field| width(field.label)).max().unwrap_or(0).clamp(16, 30);
        let margin = label_room + 3;
        let mut part = Section::default();
        let mut before = "";
        for (nth, field) in form.fields.iter().enumerate() {
            let is_here = form.focus() == Some(nth);
            if is_here {
                part.at = part.lines.len();
            }
            let marker = if is_here { look.glyphs.here } else { " " };
            // Of several lines for the same, the first has the label.
            let label = if before == field.label { "" } else { field.label };
            before = field.label;
            let role = if is_here { Role::Title } else { Role::Dim };
            let label = Span::styled(fit(label, label_room, look.glyphs.more), look.style(role));
            let (value, column) = self.value(field, is_here, room.saturating_sub(margin + 1));
            if let Some(column) = column {
                part.cursor = Some((part.lines.len(), margin + column));
            }
            part.lines.push(Line::from(vec![Span::raw(format!("{marker} ")), label, Span::raw(" "), value]));
            if let Some((words, role)) = self.remark(field, is_here) {
                for line in wrap(&words, room.saturating_sub(margin)) {
                    part.lines.push(Line::styled(format!("{}{line}", " ".repeat(margin)), look.style(role)));
                }
            }
            if is_here {
                for line in wrap(self.help(field), room.saturating_sub(4)) {
                    part.lines.push(Line::styled(format!("    {line}"), look.style(Role::Dim)));
                }
            }
        }
        part
    }

    /// Why the value cannot be used, or what is good to know of it.
    fn remark(&self, field: &Field<K>, is_here: bool) -> Option<(String, Role)> {
        // What was refused is another password than the one that is being typed.
        let is_new = is_here && self.form.is_typing_secret() && self.form.is_edited();
        let Some(why) = self.form.refusal(field.key).filter(|_| !is_new) else {
            return (self.note)(field.key).map(|words| (words, Role::Good));
        };
        // What is only missing is a hint; what was typed and cannot work is an error.
        let glyphs = self.look.glyphs;
        let (mark, role) =
            if self.inputs.has(field.key) { (glyphs.failed, Role::Urgent) } else { (glyphs.dot, Role::Dim) };
        Some((format!("{mark} {why}"), role))
    }

    /// What the field is for; a choice says what the value chosen now means.
    fn help(&self, field: &Field<K>) -> &'static str {
        let FieldKind::Choice(choices) = field.kind else { return field.help };
        let now = self.inputs.typed(field.key);
        choices.iter().find(|(value, ..)| *value == now).map_or(field.help, |(_, _, note)| note)
    }

    /// The value as drawn; a field that is typed into scrolls and has the cursor.
    fn value(&self, field: &Field<K>, is_here: bool, room: usize) -> (Span<'static>, Option<usize>) {
        let Self { form, inputs, look, .. } = *self;
        if is_here && form.is_typing() {
            let (before, after) = form.editor.around_cursor();
            let (shown, column) = scroll(before, after, room);
            return (Span::raw(shown), Some(column));
        }
        if is_here && form.is_typing_secret() {
            let (shown, column) = scroll(&look.glyphs.mask.repeat(form.masked.len()), "", room);
            return (Span::raw(shown), Some(column));
        }
        let shown = match field.kind {
            FieldKind::Pick { .. } => (self.picked)(field),
            _ => shown_value(field, inputs),
        };
        let shown = if shown.is_empty() { "-".to_owned() } else { shown };
        let shown = match field.kind {
            FieldKind::Toggle => {
                format!("[{}] {shown}", if inputs.is_yes(field.key) { look.glyphs.done } else { " " })
            }
            FieldKind::Choice(_) if is_here => format!("< {shown} >"),
            _ => shown,
        };
        let role = if is_here { Role::Selected } else { Role::Text };
        (Span::styled(cut_middle(&shown, room, look.glyphs.more), look.style(role)), None)
    }
}

/// The keys that the field with the focus takes, besides Enter and Tab.
pub(super) fn keys_of<K: InputKey>(form: &Form<K>) -> impl Iterator<Item = (&'static str, &'static str)> {
    let field = form.focused_field();
    let kind = field.map(|field| &field.kind);
    let shows_files = matches!(kind, Some(FieldKind::File(_))) && form.enter() != FormAnswer::Files;
    let turns = matches!(kind, Some(FieldKind::Toggle | FieldKind::Choice(_)));
    let makes = field.is_some_and(|field| field.key.is_new_password());
    [(shows_files, ("C-o", "files")), (turns, ("Space", "change")), (makes, ("C-g", "make one"))]
        .into_iter()
        .filter_map(|(is_here, pair)| is_here.then_some(pair))
}
