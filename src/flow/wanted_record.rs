//! A DNS record that the owner of the domain has to publish before a flow can go on.

use std::fmt;

/// The record, as every DNS panel asks for it: name, kind, value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedRecord {
    pub name: String,
    pub kind: RecordKind,
    pub value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    A,
    Cname,
    Txt,
    Caa,
}

impl RecordKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Cname => "CNAME",
            Self::Txt => "TXT",
            Self::Caa => "CAA",
        }
    }
}

impl WantedRecord {
    pub fn new(name: impl Into<String>, kind: RecordKind, value: impl Into<String>) -> Self {
        Self { name: name.into(), kind, value: value.into() }
    }
}

impl fmt::Display for WantedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.name, self.kind.as_str(), self.value)
    }
}
