//! The screen: keys, pictures and journeys, as pure state, as snapshots and on a terminal of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/cloud.rs"]
mod cloud;
#[path = "../common/mod.rs"]
mod common;
#[path = "../contoso/mod.rs"]
mod contoso;
mod every_screen;
mod journey;
mod keys;
mod left_out;
mod lists_on_screen;
mod many_rows;
mod marked_on_screen;
mod needed_on_screen;
#[path = "../support/pictures.rs"]
mod pictures;
mod place_on_screen;
#[path = "../support/pty.rs"]
mod pty;
mod public_on_screen;
mod recalled;
mod screens;
mod story_on_screen;
mod terminal;
mod upload_keys;
mod uploads_on_screen;
mod wizard_keys;
mod workbench_on_screen;
