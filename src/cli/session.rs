//! What every subcommand that reaches a cloud begins with: paths, settings, a client, the journal.

use std::cell::RefCell;
use std::env::VarError;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::{CliError, Global, deadline, desk};
use crate::app::place::ContextChoice;
use crate::azure::{AzureError, Client, Connection, Deadline, Desk, Saved};
use crate::config::{self, Config, ConfigError, Context, Target};
use crate::journal::Journal;
use crate::paths::Paths;
use crate::rules::{Profile, Rules};
use crate::runtime::log;
use crate::runtime::world::World;
use crate::snapshot::Snapshots;

#[derive(Debug)]
pub(super) struct Session {
    pub paths: Paths,
    pub config_path: PathBuf,
    pub config: Config,
    context: Option<String>,
    read_only: bool,
    change_reference: Option<String>,
    rules: OnceLock<Arc<Rules>>,
    /// Writes the log to the end when dropped.
    _log: Option<tracing_appender::non_blocking::WorkerGuard>,
}

impl Session {
    pub(super) fn open(global: &Global) -> Result<Self, CliError> {
        let paths = Paths::of_this_user()?;
        let config_path = global.config_path()?;
        if global.config.is_some() {
            Config::require(&config_path)?;
        }
        let config = Config::read(&config_path)?;
        // A log that cannot be written is no reason to refuse the work.
        let log = log::open(&paths.log(), std::env::var("CERTDECK_LOG").ok().as_deref()).ok();
        Ok(Self {
            paths,
            config_path,
            config,
            context: global.context.clone(),
            read_only: global.read_only,
            change_reference: global.change_reference.clone(),
            rules: OnceLock::new(),
            _log: log,
        })
    }

    /// Which cloud, as whom.
    pub(super) fn target(&self) -> Result<Target, CliError> {
        self.target_of(None)
    }

    /// The same for a context that is named, instead of the one in use.
    pub(super) fn target_of(&self, name: Option<&str>) -> Result<Target, CliError> {
        let chosen = name.or(self.context.as_deref());
        let mut target =
            with_environment(|variable| self.config.target(&self.config_path, chosen, variable))?;
        target.read_only |= self.read_only;
        Ok(target)
    }

    /// The context in use, in another tenant of the account.
    pub(super) fn target_in(&self, tenant: &str) -> Result<Target, CliError> {
        let chosen = self.context.as_deref();
        let mut target = with_environment(|variable| {
            let there =
                |name: &str| if name == "AZURE_TENANT_ID" { Some(tenant.to_owned()) } else { variable(name) };
            self.config.target(&self.config_path, chosen, there)
        })?;
        target.read_only |= self.read_only;
        tenant.clone_into(&mut target.name);
        // Those that the context names are of its own tenant.
        target.subscriptions.clear();
        Ok(target)
    }

    /// Whether the arguments forbid every change, wherever one goes.
    pub(super) fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// The context in use, if one is named anywhere.
    pub(super) fn context_name(&self) -> Option<String> {
        let named = || environment("CERTDECK_CONTEXT").filter(|name| !name.is_empty());
        self.context.clone().or_else(named).or_else(|| self.config.context.clone())
    }

    /// Whether nothing at all says which cloud is meant or who signs in.
    pub(super) fn is_blank(&self) -> bool {
        self.context.is_none()
            && self.config.is_blank(environment)
            && self.saved().list().is_ok_and(|all| all.is_empty())
    }

    /// The contexts of the settings, for choosing.
    pub(super) fn contexts(&self) -> Vec<ContextChoice> {
        let note = |context: &Context| {
            let cloud = context.cloud_words();
            let parts = [
                Some(cloud.as_str()),
                context.tenant.as_deref(),
                Some(context.credential.unwrap_or_default().as_str()),
            ];
            let parts: Vec<&str> = parts.into_iter().flatten().chain(context.marks()).collect();
            parts.join(", ")
        };
        let all = self.config.contexts.iter();
        all.map(|(name, context)| ContextChoice { name: name.clone(), note: note(context) }).collect()
    }

    /// Where people's sign-ins are kept.
    pub(super) fn saved(&self) -> Saved {
        Saved::at(self.paths.sign_ins())
    }

    /// The rows of earlier runs.
    pub(super) fn snapshots(&self) -> Snapshots {
        Snapshots::at(self.paths.snapshots())
    }

    /// Finds out about the cloud; does not sign in yet. A person at `desk` is asked where no sign-in exists.
    pub(super) async fn client(&self, target: &Target, desk: Option<Desk>) -> Result<Client, CliError> {
        let authorities = target.ca_file.as_deref().map(config::authorities).transpose()?.unwrap_or_default();
        let connection = Connection {
            arm_endpoint: Some(target.arm_endpoint.clone()),
            authority: target.authority.clone(),
            authorities,
            proxy: target.proxy.clone(),
            subscriptions: target.subscriptions.clone(),
            principals: target.principals.clone(),
            chain: target.chain.clone(),
            saved: Some(self.saved()),
            desk,
        };
        let client = Client::connect(connection).await;
        client.map_err(|error| CliError::Cloud(error.problem(&format!("Reach {}", target.arm_endpoint))))
    }

    /// The client of a command that only reads and ends at the deadline. A person at the terminal is asked
    /// where no sign-in exists.
    pub(super) async fn reader(&self, target: &Target, ends: Deadline) -> Result<Client, CliError> {
        let late =
            |error: AzureError| CliError::Cloud(error.problem(&format!("Reach {}", target.arm_endpoint)));
        let client = ends.within(self.client(target, desk::if_somebody_is_there())).await.map_err(late)??;
        Ok(deadline::client(&client, ends))
    }

    /// Today's rules, read once.
    pub(super) fn rules(&self) -> Result<Arc<Rules>, CliError> {
        if let Some(rules) = self.rules.get() {
            return Ok(rules.clone());
        }
        let rules = rules()?;
        Ok(self.rules.get_or_init(|| Arc::new(rules)).clone())
    }

    /// The client with everything that a change needs beside it. Nothing is written yet.
    pub(super) async fn world(&self, target: &Target, desk: Option<Desk>) -> Result<World, CliError> {
        let client = self.client(target, desk).await?;
        let journal = Journal::at(&self.paths.journal()).for_change(self.change_reference.clone());
        Ok(World {
            context: target.name.clone(),
            client,
            journal,
            rules: self.rules()?,
            read_only: target.read_only,
        })
    }
}

/// Why choosing a context would not lead there: the environment wins over the settings.
pub(super) fn fixed_cloud() -> Option<String> {
    let set = environment("CERTDECK_ARM_ENDPOINT").is_some_and(|value| !value.is_empty());
    set.then(|| "CERTDECK_ARM_ENDPOINT in the environment decides the cloud".to_owned())
}

/// What is read of the environment. A variable that counts and is not text is refused, not passed over:
/// without it another cloud, another sign-in or the way around a proxy would be taken.
fn with_environment<T>(
    read: impl FnOnce(&dyn Fn(&str) -> Option<String>) -> Result<T, ConfigError>,
) -> Result<T, ConfigError> {
    let not_text = RefCell::new(None);
    let variable = |name: &str| match std::env::var(name) {
        Ok(value) => Some(value),
        Err(VarError::NotPresent) => None,
        Err(VarError::NotUnicode(_)) => {
            not_text.replace(Some(name.to_owned()));
            None
        }
    };
    let found = read(&variable);
    match not_text.take() {
        Some(name) => Err(ConfigError::NotText(name)),
        None => found,
    }
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The rules of today.
pub(super) fn rules() -> Result<Rules, CliError> {
    Rules::load(Profile::Current).map_err(|error| CliError::Usage(error.to_string()))
}
