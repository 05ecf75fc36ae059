//! The practice cloud: enough of Azure, behind real HTTPS, to practise and to test every step.
//!
//! One thread owns the world (`world`): it runs one request or one due job at a time, each in one durable
//! transaction. Everything else only passes bytes to it: the HTTPS listener, the DNS zone, the TLS front
//! door.
//!
//! To write a provider, see `route` (the table of operations), `context` (documents, private parts, jobs),
//! `reply` (responses and faults), `jobs` (what happens later), and add its table to `arm`. The crate shares
//! no type with the client in `azure`, so that one mistake cannot hide on both sides.

// Every operation has the signature that the route tables require, even if it cannot fail.
#![allow(clippy::unnecessary_wraps)]

pub mod arm;
pub mod ca;
pub mod calendar;
pub mod call;
pub mod clock;
mod connection;
pub mod context;
mod control;
mod delivery;
pub mod dns;
mod edge;
pub mod entra;
mod error;
mod faults;
#[cfg(test)]
mod fixture;
mod fleet;
mod front_door;
mod gate;
mod graph;
pub mod id;
mod identity;
mod index;
pub mod jobs;
mod lag;
mod listeners;
mod log;
pub mod mail;
pub mod material;
mod metadata;
pub mod operations;
mod options;
mod outside;
mod pace;
mod pages;
pub mod paging;
mod pattern;
pub mod principals;
pub mod provider;
mod recorder;
pub mod rename;
mod reply;
mod resource_graph;
pub mod revocation;
pub mod route;
mod scenario;
mod server;
mod service;
pub mod setting;
mod start;
pub mod store;
mod switches;
mod throttle;
mod world;

pub use connection::Connection;
pub use error::{EmulatorError, StoreError};
pub use fleet::{Fleet, FleetError};
pub use gate::Gate;
pub use options::Options;
pub use pace::Pace;
pub use recorder::{Exchange, Recorder};
pub use scenario::{SCENARIOS, Scenario};
pub use start::Emulator;
pub use throttle::Rate;
pub use world::THREAD;
