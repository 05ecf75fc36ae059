//! Exit codes: documented, stable, and the same for every subcommand.

use std::process::ExitCode;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do.
    Done,
    /// Something stands in the way that a person has to remove, or a change was not agreed to.
    Blocked,
    /// The arguments, the settings or an input cannot work.
    Usage,
    /// Not done yet: Azure still works on it. Run it again to go on from here.
    Waiting,
    /// Azure could not be reached, refused, or did not answer for a part of what was asked.
    Cloud,
    /// This machine refused: a disk, a port, standard output.
    Machine,
    /// What `check` tells a monitoring system: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
    Level(u8),
    /// Ended in order because a signal asked for it.
    Signal(u8),
}

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Blocked => 1,
            Self::Usage => 2,
            Self::Waiting => 3,
            Self::Cloud => 4,
            Self::Machine => 5,
            Self::Level(level) => level,
            Self::Signal(number) => 128_u8.saturating_add(number),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// For `--help`.
pub(super) const HELP: &str = "Exit codes: 0 done · 1 blocked or declined · 2 arguments, settings or input · 3 still waiting for Azure · \
                        4 Azure unreachable or refused · 5 this machine refused · 128+N ended by signal N";
