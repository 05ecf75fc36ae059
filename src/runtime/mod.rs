//! Where the screen touches the world: terminal, signals, network, disk, clock. The loop waits for one thing to happen,
//! drains what happened meanwhile, updates the state, performs the effects and draws. Idle, it does nothing at all.

pub mod ansi;
pub mod clipboard;
pub mod frame;
pub mod input;
pub mod log;
pub mod practice;
pub mod signals;
pub mod terminal;
pub mod world;

use crate::app::message::Message;

/// What can happen to the loop.
#[derive(Debug)]
pub enum Happened {
    Message(Message),
    /// A signal asks for the end.
    Told(i32),
    /// The terminal hung up.
    TerminalGone,
    /// SIGTSTP came from outside.
    AskedToStop,
    /// SIGCONT: whoever had the terminal meanwhile may have written to it.
    Continued,
}
