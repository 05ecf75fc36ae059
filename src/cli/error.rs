//! What can end a command, in words for standard error, each with its exit code.

use std::io;

use thiserror::Error;

use super::exit::Exit;
use crate::config::ConfigError;
use crate::journal::JournalError;
use crate::model::{Problem, reason};
use crate::paths::NoHome;

#[derive(Debug, Error)]
pub enum CliError {
    #[error(transparent)]
    NoHome(#[from] NoHome),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("{0}")]
    Usage(String),
    /// What was asked for would not work, and the words say what to change.
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Cloud(Problem),
    /// What this machine did not allow, with what was being done as context.
    #[error("{}", chain(.0))]
    Machine(anyhow::Error),
    #[error("standard output: {}", reason(.0))]
    Output(io::Error),
}

/// What was being done, and why it did not work.
fn chain(error: &anyhow::Error) -> String {
    reason(&format_args!("{error:#}"))
}

impl CliError {
    /// `what` as an imperative: `write certdeck.toml`.
    pub fn machine(what: impl Into<String>, why: io::Error) -> Self {
        Self::Machine(anyhow::Error::new(why).context(what.into()))
    }

    pub fn exit(&self) -> Exit {
        match self {
            Self::NoHome(_) | Self::Config(_) | Self::Usage(_) => Exit::Usage,
            Self::Refused(_) => Exit::Blocked,
            Self::Cloud(_) => Exit::Cloud,
            Self::Journal(_) | Self::Machine(_) | Self::Output(_) => Exit::Machine,
        }
    }

    /// `certdeck list | head` closes the pipe early, and that is no failure.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
