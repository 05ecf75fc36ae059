//! What will break, what has broken, and what could not be judged: pure, over an estate, the rules and a day.
//! The header, Problems, the tone of rows, `report`, `check` and Prometheus are views of it; nothing else
//! decides what is urgent.

mod all;
mod crowds;
mod judgement;
mod serving;
mod waste;
mod words;

pub use all::{Counts, Finding, FindingOn, Findings, every};
pub use judgement::{
    Cause, Judgement, Limits, Urgency, of_certificate, of_exports, of_gap, of_order, of_public,
};
pub use serving::of_binding;
pub use words::{NOT_COVERED, NOT_KNOWN};

#[cfg(test)]
pub(crate) mod generated;
#[cfg(test)]
pub(crate) mod planted;
#[cfg(test)]
pub(crate) mod sound;
#[cfg(test)]
mod tests;
