//! `certdeck demo`: a practice cloud inside this process, and the screen over it. Nothing else is needed.

use std::path::PathBuf;

use url::Url;

use super::scenarios;
use crate::azure::graph::Principals;
use crate::azure::{Chain, Door};
use crate::cli::screen;
use crate::cli::session::Session;
use crate::cli::{CliError, Exit};
use crate::config::Target;
use crate::practice::{Connection, Emulator, Fleet, Options, Pace};

#[derive(Debug, clap::Args)]
pub(crate) struct DemoArgs {
    /// The estate that a new practice cloud begins with, each kept apart; `list` names them [default:
    /// contoso]
    #[arg(long, value_name = "NAME|FILE", value_parser = scenarios::ScenarioParser)]
    scenario: Option<String>,
    /// Generate the estate of a new practice cloud: apps=N,certificates=N,subscriptions=N,seed=N
    #[arg(long, value_name = "SIZE", conflicts_with = "scenario")]
    fleet: Option<Fleet>,
    /// Where the practice cloud is kept from one time to the next; made when missing
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Reset the practice cloud
    #[arg(long)]
    fresh: bool,
}

pub(crate) async fn run(args: DemoArgs, session: Session) -> Result<Exit, CliError> {
    if args.scenario.as_deref() == Some(scenarios::LIST) {
        return scenarios::list();
    }
    screen::require_terminal()?;
    let place = || scenarios::place(&session.paths.practice_cloud(), args.scenario.as_deref());
    let mut options = Options::new(args.data_dir.clone().unwrap_or_else(place));
    options.scenario = args.scenario;
    options.fleet = args.fleet;
    options.fresh = args.fresh;
    options.pace = Pace::Demo;
    let emulator = Emulator::start(options).await?;
    let ended = match target(emulator.connection()) {
        Ok(target) => screen::run(session, Some(target)).await,
        Err(error) => Err(error),
    };
    emulator.shutdown().await;
    ended
}

/// The practice cloud as a place to go to.
pub(crate) fn target(connection: &Connection) -> Result<Target, CliError> {
    let address = |text: &str| Url::parse(text).map_err(|error| CliError::Usage(format!("{text}: {error}")));
    Ok(Target {
        name: "practice".to_owned(),
        arm_endpoint: address(&connection.arm)?,
        authority: Some(address(&connection.authority)?),
        ca_file: Some(connection.ca_pem.clone()),
        proxy: None,
        tenant: Some(connection.tenant_id.clone()),
        client_id: None,
        subscriptions: Vec::new(),
        door: Door::default(),
        principals: Principals::default(),
        chain: Chain::application(
            &*connection.tenant_id,
            &*connection.client_id,
            connection.client_secret.as_str(),
        ),
        read_only: false,
        production: None,
        scope: None,
        // It may begin again with every start, and is read in no time.
        keeps_rows: false,
    })
}
