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
    /// Where HTTPS listens; port 0 takes the port of the last run when it is free, else any. The DNS zone and
    /// the TLS front door listen on the same address, on ports of their own.
    pub listen: SocketAddr,
    /// Holds everything that outlives the process; made when missing.
    pub data_dir: PathBuf,
    /// The estate of a new data directory; without one the first of `SCENARIOS`. One that is there must hold
    /// the same.
    pub scenario: Option<String>,
    /// Instead of a scenario, an estate that is generated.
    pub fleet: Option<Fleet>,
    pub pace: Pace,
    /// Sets the practice clock; without it the clock goes on from where it stood.
    pub clock: Option<Timestamp>,
    /// Added to every answer.
    pub latency: Duration,
    /// How many requests are taken; without it as many as Azure takes, at the instant pace any number.
    pub rate: Option<Rate>,
    /// Begins anew: everything in the data directory's cloud is thrown away.
    pub fresh: bool,
    /// The most that one page of a list holds.
    pub page_size: usize,
    /// For tests: holds one request.
    pub gate: Option<Gate>,
    /// For tests: hears every exchange.
    pub recorder: Option<Recorder>,
}

impl Options {
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

    /// The limits that hold.
    pub fn limits(&self) -> Rate {
        self.rate.unwrap_or(if self.pace == Pace::Instant { Rate::Unlimited } else { Rate::Azure })
    }
}
