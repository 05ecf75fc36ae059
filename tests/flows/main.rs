//! Every flow from its first look to the state that it leaves in the practice cloud: headless, and through the screen.
//! One module a flow, or a few that belong together.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/cloud.rs"]
mod cloud;
#[path = "../common/mod.rs"]
mod common;
#[path = "../support/pty.rs"]
mod pty;

mod renewal;
mod sync;
