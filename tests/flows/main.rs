//! Every flow from end to end against the practice cloud, headless and on the screen, each looked at afterwards by a
//! request that does not go through certdeck's client. One file a flow.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/cloud.rs"]
mod cloud;
#[path = "../common/mod.rs"]
mod common;
mod import_vault;
mod managed;
#[path = "../support/pty.rs"]
mod pty;
mod script;
#[path = "../support/state.rs"]
mod state;
