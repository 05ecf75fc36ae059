//! The result of looking for something: present, absent, or not looked for.

/// One part of an observation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Seen<T> {
    /// It was not looked for, or not allowed to be; nothing is known.
    #[default]
    NotAsked,
    /// It was looked for, and does not exist.
    Absent,
    /// It exists, as it was read.
    Here(T),
}

impl<T> Seen<T> {
    /// What was found; `None` both if it is absent and if it was not looked for.
    pub fn here(&self) -> Option<&T> {
        match self {
            Self::Here(thing) => Some(thing),
            Self::NotAsked | Self::Absent => None,
        }
    }

    /// Whether it was looked for and does not exist.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<T> From<Option<T>> for Seen<T> {
    fn from(found: Option<T>) -> Self {
        found.map_or(Self::Absent, Self::Here)
    }
}
