//! What every subcommand that reaches a cloud begins with: paths, settings, a client, the journal.

use std::path::PathBuf;
use std::sync::Arc;

use super::{CliError, Global};
use crate::azure::{Client, Connection, Desk, Saved};
use crate::config::{Config, Target};
use crate::journal::Journal;
use crate::paths::Paths;
use crate::rules::{Profile, Rules};
use crate::runtime::log;
use crate::runtime::world::World;

#[derive(Debug)]
pub struct Session {
    pub paths: Paths,
    pub config_path: PathBuf,
    pub config: Config,
    context: Option<String>,
    read_only: bool,
    /// Writes the log to the end when dropped.
    _log: Option<tracing_appender::non_blocking::WorkerGuard>,
}

impl Session {
    pub fn open(global: &Global) -> Result<Self, CliError> {
        let paths = Paths::of_this_user()?;
        let config_path = global.config_path()?;
        if global.config.is_some() {
            Config::require(&config_path)?;
        }
        let config = Config::read(&config_path)?;
        // A log that cannot be written is no reason to refuse the work.
        let log = log::open(&paths.log(), std::env::var("CERTDECK_LOG").ok().as_deref()).ok();
        Ok(Self { paths, config_path, config, context: global.context.clone(), read_only: global.read_only, _log: log })
    }

    /// Which cloud, as whom.
    pub fn target(&self) -> Result<Target, CliError> {
        let mut target = self.config.target(&self.config_path, self.context.as_deref(), |name| std::env::var(name).ok())?;
        target.read_only |= self.read_only;
        Ok(target)
    }

    /// Where people's sign-ins are kept.
    pub fn saved(&self) -> Saved {
        Saved::at(self.paths.sign_ins())
    }

    /// Finds out about the cloud; nobody signs in yet.
    /// A person at `desk` is asked where nobody is signed in.
    pub async fn world(&self, target: &Target, desk: Option<Desk>) -> Result<World, CliError> {
        let connection = Connection {
            arm_endpoint: Some(target.arm_endpoint.clone()),
            authority: target.authority.clone(),
            ca_file: target.ca_file.clone(),
            proxy: target.proxy.clone(),
            subscriptions: target.subscriptions.clone(),
            chain: target.chain.clone(),
            saved: Some(self.saved()),
            desk,
        };
        let client = Client::connect(connection).await;
        let client = client.map_err(|error| CliError::Cloud(error.problem(&format!("Reach {}", target.arm_endpoint))))?;
        let rules = Rules::load(Profile::Current).map_err(|error| CliError::Usage(error.to_string()))?;
        Ok(World { client, journal: Journal::open(&self.paths.journal())?, rules: Arc::new(rules), read_only: target.read_only })
    }
}
