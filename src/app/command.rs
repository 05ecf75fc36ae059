//! What a command is: its words, where it is valid, why it is not possible now, and what it does. Help, hint
//! bar, palette and key map are all made from the table of them ([`TABLE`]).

use super::App;
pub use super::commands::TABLE;
use super::marked::OnMarked;
use crate::flow::FlowName;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Motion {
    Down,
    Up,
    Top,
    Bottom,
    HalfDown,
    HalfUp,
    PageDown,
    PageUp,
}

/// What has the keys when no dialog and no text field has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    List,
    Detail,
    Wizard,
}

/// Why a command cannot be done now.
pub type Possible = Result<(), String>;

/// One line of the table.
#[derive(Debug)]
pub struct Entry {
    /// What the palette and the key map call it.
    pub name: &'static str,
    /// Two words at most for the hint bar; empty where it is not worth the room.
    pub hint: &'static str,
    /// One sentence for help and palette.
    pub words: &'static str,
    pub group: Group,
    pub places: &'static [Place],
    /// Changes the cloud: refused in read-only mode.
    pub changes: bool,
    /// With Ctrl it is valid over a dialog and in a text field too.
    pub is_global: bool,
    pub(super) possible: fn(&App) -> Possible,
    pub action: Action,
    /// What it does with each of the marked rows, where it can act on several.
    pub(super) on_marked: Option<OnMarked>,
    /// What it does where the terminal is too small to show anything.
    pub unseen: Option<fn(&mut App)>,
}

/// What a command does.
#[derive(Debug, Clone, Copy)]
pub enum Action {
    Move(Motion),
    Flow(FlowName),
    Run(fn(&mut App)),
}

/// Under which heading help shows a command; what people look for comes first, last how to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Acting,
    Files,
    Rows,
    Always,
    Moving,
}

impl Group {
    pub fn title(self) -> &'static str {
        match self {
            Self::Acting => "Acting",
            Self::Files => "Certificate files",
            Self::Rows => "The list",
            Self::Always => "Everywhere",
            Self::Moving => "Moving",
        }
    }
}

impl Entry {
    pub(super) fn new(
        name: &'static str,
        words: &'static str,
        group: Group,
        places: &'static [Place],
        run: fn(&mut App),
    ) -> Self {
        Self {
            name,
            hint: "",
            words,
            group,
            places,
            changes: false,
            is_global: false,
            possible: |_| Ok(()),
            action: Action::Run(run),
            on_marked: None,
            unseen: None,
        }
    }

    pub(super) fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    pub(super) fn possible_if(self, possible: fn(&App) -> Possible) -> Self {
        Self { possible, ..self }
    }

    pub(super) fn changing(self) -> Self {
        Self { changes: true, ..self }
    }

    pub(super) fn on_marked(self, on_marked: OnMarked) -> Self {
        Self { on_marked: Some(on_marked), ..self }
    }

    pub(super) fn global(self) -> Self {
        Self { is_global: true, ..self }
    }

    pub(super) fn unseen(self, unseen: fn(&mut App)) -> Self {
        Self { unseen: Some(unseen), ..self }
    }

    pub fn named(name: &str) -> Option<&'static Entry> {
        TABLE.iter().find(|entry| entry.name == name)
    }

    pub fn of_flow(flow: FlowName) -> Option<&'static Entry> {
        TABLE.iter().find(|entry| matches!(entry.action, Action::Flow(own) if own == flow))
    }

    /// Its name as a person reads it at a key: `Delete`.
    pub fn verb(&self) -> String {
        let mut letters = self.name.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    }

    pub fn is_valid_in(&self, place: Place) -> bool {
        self.places.contains(&place)
    }

    /// Whether it can be done now, and if not, why: said when the key is pressed, and kept off the hint bar.
    pub fn possible(&self, app: &App) -> Possible {
        if self.changes && app.settings.read_only {
            return Err(format!("'{}' changes something, and certdeck runs read-only", self.name));
        }
        if self.on_marked.is_some() && app.means_marks() {
            return Ok(());
        }
        if let Action::Flow(flow) = self.action {
            return app.may_open(flow);
        }
        (self.possible)(app)
    }
}
