//! The result of looking for something: present, absent, or not looked for.

/// One part of an observation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Seen<T> {
    #[default]
    NotAsked,
    Absent,
    Here(T),
}

impl<T> Seen<T> {
    pub fn here(&self) -> Option<&T> {
        match self {
            Self::Here(thing) => Some(thing),
            Self::NotAsked | Self::Absent => None,
        }
    }

    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<T> From<Option<T>> for Seen<T> {
    fn from(found: Option<T>) -> Self {
        found.map_or(Self::Absent, Self::Here)
    }
}
