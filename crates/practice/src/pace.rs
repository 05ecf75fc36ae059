//! How long the practice cloud's long-running operations take.

use std::{fmt, str::FromStr};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// Every provider states how long an operation takes in the real cloud; the pace shortens it for tests,
/// demonstrations and rehearsals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pace {
    /// At once, but only after the first response.
    Instant,
    /// One second per minute.
    #[default]
    Demo,
    /// As long as the real cloud (A190: a rekey takes one to ten minutes).
    Real,
}

impl Pace {
    /// The duration of something that takes `real` in Azure.
    pub fn of(self, real: SignedDuration) -> SignedDuration {
        match self {
            Self::Instant => SignedDuration::ZERO,
            Self::Demo => real / 60,
            Self::Real => real,
        }
    }

    /// The value of `Retry-After` in seconds; never zero, which some clients take for a missing header.
    pub fn retry_after(self) -> u32 {
        match self {
            Self::Instant | Self::Demo => 1,
            Self::Real => 15,
        }
    }
}

impl FromStr for Pace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "instant" => Ok(Self::Instant),
            "demo" => Ok(Self::Demo),
            "real" => Ok(Self::Real),
            other => Err(format!("{other} is no pace; use instant, demo or real")),
        }
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Instant => "instant",
            Self::Demo => "demo",
            Self::Real => "real",
        })
    }
}
