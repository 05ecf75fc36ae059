//! The practice cloud: enough of Azure, behind real HTTPS, to practise and to test every step.
//!
//! One thread owns the world (`world`): it runs one request or one due job at a time, each in one durable
//! transaction. Everything else only passes bytes to it: the HTTPS listener, the DNS zone, the TLS front
//! door.
//!
//! To write a provider, see `route` (the table of operations), `context` (documents, private parts, jobs),
//! `reply` (responses and faults), `jobs` (what happens later), and add its table to `arm`. The crate shares
//! no type with the client in `azure`, so that one mistake cannot hide on both sides.

#![warn(missing_docs)]
// Every operation has the signature that the route tables require, even if it cannot fail.
#![allow(clippy::unnecessary_wraps)]

mod arm;
mod ca;
pub mod calendar;
mod call;
mod clock;
mod connection;
mod context;
mod control;
mod delivery;
mod dns;
mod edge;
mod entra;
mod error;
mod faults;
#[cfg(test)]
mod fixture;
mod fleet;
mod front_door;
mod gate;
mod graph;
mod id;
mod identity;
mod index;
mod jobs;
mod lag;
mod listeners;
mod log;
mod mail;
mod material;
mod metadata;
mod operations;
mod options;
mod outside;
mod pace;
mod pages;
mod paging;
mod pattern;
pub mod principals;
mod provider;
mod recorder;
mod rename;
mod reply;
mod resource_graph;
mod revocation;
mod route;
mod scenario;
mod server;
mod service;
mod setting;
mod start;
mod store;
mod switches;
mod throttle;
mod world;

pub use ca::facts::thumbprint;
pub use connection::Connection;
pub use error::{EmulatorError, StoreError};
pub use fleet::{Fleet, FleetError};
pub use gate::Gate;
pub use options::Options;
pub use pace::Pace;
pub use provider::certificate_registration::registry::root_of as registered_domain;
pub use recorder::{Exchange, Recorder};
pub use scenario::{SCENARIOS, Scenario, scenario_file};
pub use start::Emulator;
pub use throttle::Rate;
pub use world::THREAD;
