//! How a practice cloud is started.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use jiff::Timestamp;

use super::{fleet::Fleet, gate::Gate, pace::Pace, recorder::Recorder, throttle::Rate};

/// What `Emulator::start` takes; `Options::new(dir)` is the default estate at the demo pace.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address of HTTPS; port 0 takes the port of the last run when it is free, otherwise any. The DNS
    /// zone and the TLS front door listen on the same address, on ports of their own.
    pub listen: SocketAddr,
    /// Holds everything that outlives the process; created when missing.
    pub data_dir: PathBuf,
    /// The estate of a new data directory: one of `SCENARIOS`, by default the first, or a file
    /// (`scenario_file`). An existing directory must hold the same one.
    pub scenario: Option<String>,
    /// A generated estate instead of a scenario.
    pub fleet: Option<Fleet>,
    /// How long operations take in comparison with Azure.
    pub pace: Pace,
    /// Sets the practice clock; without it the clock continues from where it stood.
    pub clock: Option<Timestamp>,
    /// Added to every response.
    pub latency: Duration,
    /// The rate limits; by default those of Azure, and at the instant pace none.
    pub rate: Option<Rate>,
    /// Starts again: the cloud in the data directory is deleted.
    pub fresh: bool,
    /// The maximum length of one page of a list.
    pub page_size: usize,
    /// For tests: holds one request.
    pub gate: Option<Gate>,
    /// For tests: receives every exchange.
    pub recorder: Option<Recorder>,
}

impl Options {
    /// The first scenario at the demo pace, on a free port of the loopback address.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data_dir: data_dir.into(),
            scenario: None,
            fleet: None,
            pace: Pace::default(),
            clock: None,
            latency: Duration::ZERO,
            rate: None,
            fresh: false,
            page_size: 100,
            gate: None,
            recorder: None,
        }
    }

    /// The limits in force.
    pub fn limits(&self) -> Rate {
        self.rate.unwrap_or(if self.pace == Pace::Instant { Rate::Unlimited } else { Rate::Azure })
    }
}
