//! The program as a whole: its commands, its files, its homes, and what holds for all of its code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod architecture;
mod as_brought;
#[path = "../support/cloud.rs"]
mod cloud;
#[path = "../common/mod.rs"]
mod common;
mod contract_with_scripts;
mod corpus;
mod dated;
#[path = "../support/files.rs"]
mod files;
mod homes;
mod names;
mod pkcs12;
mod platform_docs;
mod platform_numbers;
#[path = "../support/pty.rs"]
mod pty;
mod purchase;
mod report;
mod scenarios;
mod texts;
mod trial;
mod upload;
mod words;
mod workbench;
