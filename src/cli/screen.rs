//! `certdeck` without a subcommand: the screen, over the cloud of the current context.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::session::Session;
use super::{CliError, Exit};
use crate::app::{App, Settings, keymap::Keymap};
use crate::config::Target;
use crate::runtime::{self, Ended};
use crate::ui::look::Look;

/// Refuses early, before anything is started for a screen that nobody would see.
pub fn require_terminal() -> Result<(), CliError> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return Ok(());
    }
    Err(CliError::Usage(
        "the screen needs a terminal for both input and output; for scripts there are `certdeck list` and `certdeck run`".into(),
    ))
}

/// The person's own keys, added to the defaults; the file need not exist.
fn keymap(path: &Path) -> Result<Keymap, CliError> {
    let extra = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        read => read.map_err(|why| CliError::machine(format!("read {}", path.display()), why))?,
    };
    Keymap::new(&extra).map_err(|error| CliError::Usage(format!("{}: {error}", path.display())))
}

pub async fn run(session: &Session, target: Target) -> Result<Exit, CliError> {
    require_terminal()?;
    let world = Arc::new(session.world(&target, None).await?);
    let settings = Settings {
        context: target.name,
        practice: world.client.cloud().practice.is_some(),
        read_only: target.read_only,
        keymap: keymap(&session.config_path.with_file_name("keymap.toml"))?,
        rules: world.rules.clone(),
    };
    let (app, first) = App::new(settings, Timestamp::now());
    let colours = session.config.ui.colours && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let look = Look::new(colours, !session.config.ui.ascii, session.config.ui.plain);
    let ended = Box::pin(runtime::run(app, first, look, world)).await;
    match ended.map_err(|why| CliError::machine("use the terminal", why))? {
        Ended::Quit => Ok(Exit::Done),
        Ended::Told(signal) => Ok(Exit::Signal(u8::try_from(signal).unwrap_or_default())),
        Ended::TerminalGone => Ok(Exit::Signal(1)),
    }
}
