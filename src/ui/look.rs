//! How the screen looks: the style of each role, and glyphs. Colour is never the only sign of anything, so that
//! a look without colours says the same.

use std::collections::BTreeMap;

use ratatui::style::{Modifier, Style};
use ratatui::symbols::border;
use ratatui::text::Span;

use super::roles::Roles;
use crate::tables::Tone;

/// What a piece of the screen is, as far as its style goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumCount, strum::VariantArray, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Role {
    Text,
    Dim,
    Title,
    Border,
    /// The row or button under the cursor.
    Selected,
    /// A key in a hint or a dialog.
    Key,
    Good,
    Soon,
    Urgent,
    /// Says which cloud this is.
    Context,
    /// The same where a mistake costs most.
    Production,
}

impl Role {
    /// Its name in a look and in the settings.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl From<Tone> for Role {
    fn from(tone: Tone) -> Self {
        match tone {
            Tone::Plain => Self::Text,
            Tone::Good => Self::Good,
            Tone::Soon => Self::Soon,
            Tone::Urgent => Self::Urgent,
            Tone::Dim => Self::Dim,
        }
    }
}

#[derive(Debug)]
pub struct Glyphs {
    pub done: &'static str,
    pub here: &'static str,
    pub waiting: &'static str,
    pub failed: &'static str,
    pub todo: &'static str,
    /// Not needed, or not to be known from here.
    pub skipped: &'static str,
    pub soon: &'static str,
    pub ascending: &'static str,
    pub descending: &'static str,
    pub dot: &'static str,
    pub more: &'static str,
    pub mark: &'static str,
    pub mask: &'static str,
    pub border: border::Set<'static>,
    pub rule: &'static str,
    /// The part of a list that is on screen, on its right border.
    pub thumb: &'static str,
}

static UNICODE: Glyphs = Glyphs {
    done: "✓",
    here: "▸",
    waiting: "…",
    failed: "✗",
    todo: "·",
    skipped: "–",
    soon: "!",
    ascending: "▲",
    descending: "▼",
    dot: "·",
    more: "…",
    mark: "•",
    mask: "•",
    border: border::PLAIN,
    rule: "─",
    thumb: "┃",
};

static ASCII: Glyphs = Glyphs {
    done: "v",
    here: ">",
    waiting: "~",
    failed: "x",
    todo: ".",
    skipped: "-",
    soon: "!",
    ascending: "^",
    descending: "v",
    dot: "|",
    more: "~",
    mark: "*",
    mask: "*",
    border: border::Set {
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
        vertical_left: "|",
        vertical_right: "|",
        horizontal_top: "-",
        horizontal_bottom: "-",
    },
    rule: "-",
    thumb: "#",
};

#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Without colours under `NO_COLOR`.
    roles: Roles,
    /// A marker instead of a highlighted row: a third of the bytes for each step on a slow line.
    pub plain: bool,
    pub glyphs: &'static Glyphs,
}

impl Look {
    /// A text whose part that a filter found stands out by a line under it.
    pub(super) fn found(&self, text: &str, sought: &[String], style: Style) -> Vec<Span<'static>> {
        let lower = text.to_ascii_lowercase();
        let found = sought.iter().find_map(|word| lower.find(word.as_str()).map(|at| at..at + word.len()));
        let Some(found) = found.filter(|_| !self.plain) else {
            return vec![Span::styled(text.to_owned(), style)];
        };
        let (before, after) = (&text[..found.start], &text[found.end..]);
        vec![
            Span::styled(before.to_owned(), style),
            Span::styled(text[found].to_owned(), style.add_modifier(Modifier::UNDERLINED)),
            Span::styled(after.to_owned(), style),
        ]
    }

    pub fn new(colours: bool, unicode: bool, plain: bool) -> Self {
        Self::of(Roles::of("default", &BTreeMap::new()).unwrap_or_default(), colours, unicode, plain)
    }

    /// Without colours, in modifiers only.
    pub fn of(roles: Roles, colours: bool, unicode: bool, plain: bool) -> Self {
        let roles = if colours { roles } else { roles.without_colours() };
        Self { roles, plain, glyphs: if unicode { &UNICODE } else { &ASCII } }
    }

    pub fn style(&self, role: Role) -> Style {
        match role {
            Role::Selected if self.plain => Style::new().add_modifier(Modifier::BOLD),
            role => self.roles.style(role),
        }
    }

    /// The glyph that says what a tone's colour says.
    pub fn mark(&self, tone: Tone) -> &'static str {
        match tone {
            Tone::Urgent => self.glyphs.failed,
            Tone::Soon => self.glyphs.soon,
            Tone::Good => self.glyphs.done,
            Tone::Plain | Tone::Dim => "",
        }
    }
}

impl Default for Look {
    fn default() -> Self {
        Self::new(true, true, false)
    }
}
