//! certdeck
