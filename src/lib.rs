//! certdeck
pub mod emulator;
