//! The subcommands of the practice cloud, and the one that the screen starts by itself. Left out without the
//! feature `practice`.

pub(super) mod demo;
pub(super) mod emulator;
mod scenarios;

use tokio::sync::Mutex;

use super::CliError;
use super::session::Session;
use crate::config::Target;
use crate::model::reason;
use crate::practice::{Emulator, EmulatorError, Options, Pace};

/// The practice cloud of a screen: started when a person goes there, running until the screen ends.
#[derive(Default)]
pub(super) struct Beside(Mutex<Option<Emulator>>);

impl Beside {
    pub(super) async fn target(&self, session: &Session) -> Result<Target, CliError> {
        let mut beside = self.0.lock().await;
        let emulator = if let Some(running) = beside.take() {
            running
        } else {
            let mut options = Options::new(session.paths.practice_cloud());
            options.pace = Pace::Demo;
            Emulator::start(options).await?
        };
        demo::target(beside.insert(emulator).connection())
    }

    pub(super) async fn end(&self) {
        if let Some(emulator) = self.0.lock().await.take() {
            emulator.shutdown().await;
        }
    }
}

/// Why the practice cloud does not run, with where else it can keep its files.
impl From<EmulatorError> for CliError {
    fn from(error: EmulatorError) -> Self {
        let words = match &error {
            EmulatorError::File { action, path, source } => {
                format!(
                    "cannot {action} {}: {}; --data-dir or XDG_DATA_HOME names another directory",
                    path.display(),
                    reason(source)
                )
            }
            other => reason(other),
        };
        Self::Machine(anyhow::Error::msg(words))
    }
}
