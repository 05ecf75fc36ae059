//! Generated estates, up to the size of the largest customers:
//! `apps=N,certificates=N,subscriptions=N,seed=N`.
//!
//! The same seed gives the same names, dates and bindings; keys and thumbprints differ from directory to
//! directory. What a hundred thousand certificates share (keys, chain) is stored once, and a PFX is made only
//! when it is requested.

mod layout;
mod names;
mod plant;
mod stamp;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

pub(crate) use plant::plant;

/// The size of an estate, and the seed that selects one of that size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fleet {
    /// The number of apps; none of them has slots.
    pub apps: usize,
    /// The number of private key certificates.
    pub certificates: usize,
    /// The number of subscriptions among which they are distributed.
    pub subscriptions: usize,
    /// The same seed gives the same names, dates and bindings.
    pub seed: u64,
}

impl Default for Fleet {
    fn default() -> Self {
        Self { apps: 200, certificates: 1000, subscriptions: 5, seed: 1 }
    }
}

impl fmt::Display for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { apps, certificates, subscriptions, seed } = self;
        write!(f, "apps={apps},certificates={certificates},subscriptions={subscriptions},seed={seed}")
    }
}

/// The upper limits: the sizes that certdeck is made for, and some more.
const MOST_APPS: usize = 50_000;
const MOST_CERTIFICATES: usize = 200_000;
const MOST_SUBSCRIPTIONS: usize = 2000;

/// Why a size was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FleetError {
    /// A part that is no `NAME=NUMBER` with a known name; contains the part.
    #[error("{0} is no part of a fleet; give apps=N,certificates=N,subscriptions=N,seed=N or some of these")]
    Part(String),
    /// A size that is no number or out of range; contains its name and the largest value.
    #[error("{0} must be a number from 1 to {1}")]
    Size(&'static str, usize),
    /// A seed that is no number.
    #[error("seed must be a whole number")]
    Seed,
}

impl FromStr for Fleet {
    type Err = FleetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut fleet = Self::default();
        let size = |what, most, value: &str| match value.parse::<usize>() {
            Ok(size) if (1..=most).contains(&size) => Ok(size),
            _ => Err(FleetError::Size(what, most)),
        };
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some(("apps", value)) => fleet.apps = size("apps", MOST_APPS, value)?,
                Some(("certificates", value)) => {
                    fleet.certificates = size("certificates", MOST_CERTIFICATES, value)?;
                }
                Some(("subscriptions", value)) => {
                    fleet.subscriptions = size("subscriptions", MOST_SUBSCRIPTIONS, value)?;
                }
                Some(("seed", value)) => fleet.seed = value.parse().map_err(|_| FleetError::Seed)?,
                _ => return Err(FleetError::Part(part.to_owned())),
            }
        }
        Ok(fleet)
    }
}

#[cfg(test)]
mod tests;
