//! The practice cloud: enough of Azure, behind real HTTPS, to practise and to test every step against.
//!
//! One thread owns the world (`world`): it runs one request or one due job at a time, each in one durable
//! transaction. Everything else only carries bytes to it: the HTTPS listener, the DNS zone, the TLS front door.
//!
//! To write a provider, see `route` (the table of operations), `context` (documents, private parts, jobs),
//! `reply` (answers and faults), `jobs` (what happens later), and add its table to `arm`.
//! It shares no type with the client in `azure`, so that one mistake cannot hide on both sides.

pub mod arm;
pub mod ca;
pub mod call;
pub mod clock;
pub mod context;
pub mod dns;
pub mod entra;
pub mod error;
#[cfg(test)]
pub mod fixture;
pub mod id;
pub mod jobs;
pub mod mail;
pub mod operations;
pub mod outside;
pub mod pace;
pub mod pages;
pub mod paging;
pub mod principals;
pub mod provider;
pub mod reply;
pub mod route;
pub mod setting;
pub mod store;
