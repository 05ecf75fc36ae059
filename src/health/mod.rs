//! Looks from outside: what DNS says and what a hostname really serves. Reads only.

pub mod dns;
pub mod tls;
