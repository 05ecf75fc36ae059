//! What the full-screen program does: state, messages, effects, commands. No terminal, no async, no clock, no disk.

pub mod effect;
pub mod key;
pub mod message;
