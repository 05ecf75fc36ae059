//! The practice cloud by itself: its services, its durability, and how faithful it is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fidelity;
mod orders;
mod published;
mod whole;
