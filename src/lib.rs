//! The rooms of the house. What each is for and whom it may know: ARCHITECTURE.md;
//! `tests/program/architecture.rs` enforces it.

pub use certdeck_azure as azure;
pub use certdeck_model as model;
pub use certdeck_model::rules;
pub use certdeck_pki as pki;
#[cfg(feature = "practice")]
pub use certdeck_practice as practice;

pub mod app;
pub mod cli;
pub mod config;
mod file;
pub mod flow;
pub mod health;
pub mod journal;
mod paths;
mod runtime;
pub mod snapshot;
pub mod tables;
pub mod ui;
pub mod workbench;
