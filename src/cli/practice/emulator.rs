//! `certdeck emulator`: the practice cloud by itself, for other programs to reach. Its first line says how.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};

use super::scenarios;
use crate::cli::{CliError, Exit};
use crate::paths::Paths;
use crate::practice::{Emulator, Fleet, Options, Pace, Rate};

#[derive(Debug, clap::Args)]
pub(crate) struct EmulatorArgs {
    /// Where HTTPS listens; by default a free port, the same one at every start
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Where the cloud is kept; made when missing
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The estate that a new cloud begins with, each kept apart; `list` names them [default: contoso]
    #[arg(long, value_name = "NAME|FILE", value_parser = scenarios::ScenarioParser)]
    scenario: Option<String>,
    /// Generate the estate of a new cloud: apps=N,certificates=N,subscriptions=N,seed=N
    #[arg(long, value_name = "SIZE", conflicts_with = "scenario")]
    fleet: Option<Fleet>,
    /// How long its operations take: instant, demo (seconds) or real (minutes)
    #[arg(long, default_value = "demo")]
    pace: Pace,
    /// Set the cloud's clock
    #[arg(long, value_name = "RFC3339")]
    clock: Option<Timestamp>,
    /// Add this to every answer
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency: u64,
    /// How many requests are taken: azure, none, or so many a second in all [default: azure, none at the
    /// instant pace]
    #[arg(long, value_name = "RATE")]
    rate: Option<Rate>,
    /// Reset what the directory holds
    #[arg(long)]
    fresh: bool,
}

pub(crate) async fn run(args: EmulatorArgs) -> Result<Exit, CliError> {
    if args.scenario.as_deref() == Some(scenarios::LIST) {
        return scenarios::list();
    }
    let place = || {
        Paths::of_this_user().map(|paths| scenarios::place(&paths.practice_cloud(), args.scenario.as_deref()))
    };
    let data_dir = args.data_dir.map_or_else(place, Ok)?;
    let mut options = Options::new(data_dir);
    options.listen = args.listen.unwrap_or(options.listen);
    options.scenario = args.scenario;
    options.fleet = args.fleet;
    options.pace = args.pace;
    options.clock = args.clock;
    options.latency = Duration::from_millis(args.latency);
    options.rate = args.rate;
    options.fresh = args.fresh;

    let listen = |kind| signal(kind).map_err(|why| CliError::machine("listen for signals", why));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let emulator = tokio::select! {
        started = Emulator::start(options) => started?,
        // The first start makes keys, which takes a while; a person can end it meanwhile.
        _ = terminate.recv() => return Ok(Exit::Done),
        _ = interrupt.recv() => return Ok(Exit::Done),
    };
    let line =
        serde_json::to_string(emulator.connection()).map_err(io::Error::from).map_err(CliError::Output)?;
    // Written and flushed before anything else: the process that started this one waits for the line.
    let mut out = io::stdout();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(CliError::Output)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    emulator.shutdown().await;
    Ok(Exit::Done)
}
