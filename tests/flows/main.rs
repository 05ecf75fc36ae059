//! Every flow from end to end against the practice cloud, headless and on the screen, each looked at
//! afterwards by a request that does not go through certdeck's client. One file a flow.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod as_named;
mod bindings;
mod calendar;
#[path = "../support/cloud.rs"]
mod cloud;
#[path = "../common/mod.rs"]
mod common;
mod delete;
mod every_flow;
mod export;
#[path = "../support/files.rs"]
mod files;
mod grants;
mod hostname;
mod import_vault;
mod keystrokes;
mod lagging;
mod managed;
mod meanwhile;
mod names;
mod orders;
mod permissions;
#[path = "../support/pty.rs"]
mod pty;
mod public;
mod reader;
mod renewal;
mod replace;
mod runs;
mod script;
mod settings;
mod site_certificates;
#[path = "../support/state.rs"]
mod state;
mod sync;
mod tags;
mod verify;
