//! What can end a command, in words for standard error, each with its exit code.

use std::io;

use thiserror::Error;

use super::exit::Exit;
use crate::config::ConfigError;
use crate::emulator::EmulatorError;
use crate::journal::JournalError;
use crate::model::Problem;
use crate::paths::NoHome;

#[derive(Debug, Error)]
pub enum CliError {
    #[error(transparent)]
    NoHome(#[from] NoHome),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Emulator(#[from] EmulatorError),
    #[error("{0}")]
    Usage(String),
    /// What was asked for would not work, and the words say what to change.
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Cloud(Problem),
    #[error("{what}: {why}")]
    Machine { what: String, why: io::Error },
    #[error("standard output: {0}")]
    Output(io::Error),
}

impl CliError {
    pub fn exit(&self) -> Exit {
        match self {
            Self::NoHome(_) | Self::Config(_) | Self::Usage(_) => Exit::Usage,
            Self::Refused(_) => Exit::Blocked,
            Self::Cloud(_) => Exit::Cloud,
            Self::Journal(_) | Self::Emulator(_) | Self::Machine { .. } | Self::Output(_) => Exit::Machine,
        }
    }

    /// `certdeck list | head` closes the pipe early, and that is no failure.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
