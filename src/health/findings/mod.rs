//! What will break, what has broken, and what could not be judged: pure, over an estate, the rules and a day.
//! The header, Problems, the tone of rows, `report`, `check` and Prometheus are views of it; nothing else
//! decides what is urgent.

mod all;
mod judgement;
mod words;

pub use all::{Counts, Finding, FindingOn, Findings, every};
pub use judgement::{
    Cause, Judgement, Limits, Urgency, of_binding, of_certificate, of_exports, of_gap, of_order, of_public,
};
pub use words::NOT_KNOWN;

#[cfg(test)]
pub(crate) mod generated;
#[cfg(test)]
mod tests;
