//! The rooms of the house. What each is for and whom it may know: ARCHITECTURE.md; `tests/architecture.rs` enforces it.

pub mod app;
pub mod azure;
pub mod cli;
pub mod config;
pub mod emulator;
pub mod file;
pub mod flow;
pub mod health;
pub mod journal;
pub mod model;
pub mod paths;
pub mod pki;
pub mod rules;
pub mod runtime;
pub mod snapshot;
pub mod ui;
pub mod workbench;
