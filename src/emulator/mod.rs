//! The practice cloud.
pub mod ca;
