//! `certdeck config init|check|path`: the settings file, begun, checked, found.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;

use super::session::Session;
use super::{CliError, Exit, Global};
use crate::config::EXAMPLE;
use crate::model::shown;
use crate::paths::private_dir;

#[derive(Debug, clap::Subcommand)]
pub(super) enum ConfigCommand {
    /// Write a settings file with every key explained, unless there is one
    Init,
    /// Read the settings and say what they lead to
    Check,
    /// Say where the settings file belongs
    Path,
}

pub(super) fn run(command: &ConfigCommand, global: &Global) -> Result<Exit, CliError> {
    let mut out = io::stdout();
    match command {
        ConfigCommand::Path => {
            writeln!(out, "{}", global.config_path()?.display()).map_err(CliError::Output)?;
        }
        ConfigCommand::Check => {
            let session = Session::open(global)?;
            let known: Vec<&str> = session.config.contexts.keys().map(String::as_str).collect();
            let file = if session.config_path.exists() {
                "is valid"
            } else {
                "is not there, so every setting has its default"
            };
            writeln!(out, "{} {file}\ncontexts: {}", session.config_path.display(), known.join(", "))
                .map_err(CliError::Output)?;
            let target = session.target()?;
            writeln!(out, "now: {} at {}", target.name, target.arm_endpoint).map_err(CliError::Output)?;
        }
        ConfigCommand::Init => {
            let path = global.config_path()?;
            write_new(&path).map_err(|why| match why.kind() {
                io::ErrorKind::AlreadyExists => CliError::Usage(format!(
                    "{} exists already: edit it, or move it away first",
                    shown(&path)
                )),
                _ => CliError::machine(format!("write {}", path.display()), why),
            })?;
            writeln!(out, "{}", path.display()).map_err(CliError::Output)?;
        }
    }
    Ok(Exit::Done)
}

fn write_new(path: &std::path::Path) -> io::Result<()> {
    if let Some(dir) = path.parent() {
        private_dir(dir)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(EXAMPLE.as_bytes())?;
    file.sync_all()
}
