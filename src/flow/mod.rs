//! Guided operations. A flow observes the resources it is about, derives the status of every step from what it saw,
//! and makes the one next change; it keeps no progress of its own (DESIGN.md, idea 1).

pub mod input;
pub mod observed;
pub mod step;

pub use input::{Field, FieldKind, Inputs, Key, Pick};
pub use observed::{Observed, Seen};
pub use step::{Step, StepId, StepStatus};

/// Every guided operation, by the name that people type: `:purchase`, `certdeck run purchase`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FlowName {
    Purchase,
    Store,
    Verify,
    ImportOrder,
    Bind,
}

impl FlowName {
    pub const ALL: [Self; 5] = [Self::Purchase, Self::Store, Self::Verify, Self::ImportOrder, Self::Bind];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::Store => "store",
            Self::Verify => "verify",
            Self::ImportOrder => "import-order",
            Self::Bind => "bind",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flow| flow.as_str() == text)
    }

    /// The title on screen; the wizard's steps keep the portal's names (DESIGN.md, Words).
    pub fn title(self) -> &'static str {
        match self {
            Self::Purchase => "Purchase",
            Self::Store => "Step 1: Store",
            Self::Verify => "Step 2: Verify",
            Self::ImportOrder => "Step 3: Import",
            Self::Bind => "Bind",
        }
    }

    /// What follows in the life of an order, which the wizard offers next (A58, A93).
    pub fn next(self) -> Option<Self> {
        match self {
            Self::Purchase => Some(Self::Store),
            Self::Store => Some(Self::Verify),
            Self::Verify => Some(Self::ImportOrder),
            Self::ImportOrder => Some(Self::Bind),
            Self::Bind => None,
        }
    }
}
