//! What roles look like: styles from the 16 colours of the terminal's own palette, and glyphs. Colour is
//! never the only sign of anything, so that a look without colours says the same.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

use crate::tables::Tone;

/// What a piece of the screen is, as far as its style goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
};

#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Off under `NO_COLOR`: then modifiers only, because a colour switched off by the terminal library takes
    /// the modifiers of its cell along.
    pub colours: bool,
    /// A marker instead of a highlighted row: a third of the bytes for each step on a slow line.
    pub plain: bool,
    pub glyphs: &'static Glyphs,
}

impl Look {
    pub fn new(colours: bool, unicode: bool, plain: bool) -> Self {
        Self { colours, plain, glyphs: if unicode { &UNICODE } else { &ASCII } }
    }

    /// Only colours that are readable on dark and on light, and only as a foreground.
    pub fn style(&self, role: Role) -> Style {
        let style = Style::new();
        let colour = |style: Style, colour| if self.colours { style.fg(colour) } else { style };
        match role {
            Role::Text => style,
            Role::Dim => style.add_modifier(Modifier::DIM),
            Role::Title => style.add_modifier(Modifier::BOLD),
            Role::Border => colour(style, Color::Blue),
            Role::Selected if self.plain => style.add_modifier(Modifier::BOLD),
            Role::Selected => style.add_modifier(Modifier::REVERSED),
            Role::Good => colour(style, Color::Green),
            Role::Soon => colour(style, Color::Magenta),
            Role::Urgent => colour(style.add_modifier(Modifier::BOLD), Color::Red),
            // The one place with a background: it must be seen from across the room, and without colours too.
            Role::Production => colour(style.add_modifier(Modifier::BOLD | Modifier::REVERSED), Color::Red),
            Role::Key | Role::Context => colour(style.add_modifier(Modifier::BOLD), Color::Cyan),
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
