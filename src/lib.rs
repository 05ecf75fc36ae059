//! The map of the house. Each room and what it may know (`tests/architecture.rs` enforces the arrows):
//!
//! ```text
//! model ← rules ← pki ← file ← flow;   pki ← health, emulator (pki only);   model ← azure ← flow, health
//! model, rules, pki, file ← workbench;                       ui → app, model
//! app → model, rules, pki, flow (steps and inputs only), workbench (jobs and outcomes only)
//! runtime, cli → everything above;                           main → cli, runtime
//! never: azure ↔ emulator, flow → app, ui → azure
//! ```

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
pub mod ui;
pub mod workbench;
