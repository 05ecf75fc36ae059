//! The client: what it sends, reads, waits for and refuses, against servers with a script and against the
//! practice cloud.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod absence;
mod answers;
mod browser;
mod claims;
mod clock;
#[path = "../support/cloud.rs"]
mod cloud;
#[path = "../common/mod.rs"]
mod common;
mod custody;
#[path = "../../fuzz/decoders.rs"]
mod decoders;
mod doors;
mod engine;
mod faults;
mod inventory;
#[path = "../person/mod.rs"]
mod person;
mod proxy;
mod recordings;
mod resources;
mod sign_in;
#[path = "../support/mod.rs"]
mod support;
mod tenants;
mod upkeep;
mod wire;
