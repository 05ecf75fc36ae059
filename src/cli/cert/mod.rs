//! `certdeck cert`: certificate files, offline: what is in them, whether Azure would take them, and how to
//! mend them.

mod build;
mod check;
pub(super) mod password;
pub(super) mod prompt;
mod rewrap;

use std::io::{self, Write};
use std::path::Path;

use clap::{Subcommand, ValueEnum};
use secrecy::SecretString;

use super::{CliError, Exit, words};
use crate::pki::Wrapping;
use crate::workbench::{Examined, Failure, Trouble, shown};

#[derive(Debug, Subcommand)]
pub(super) enum CertCommand {
    /// Show what certificate files hold: PKCS#12 (.pfx), PEM, DER (.cer) or PKCS#7 (.p7b)
    Inspect(check::Inspect),
    /// Judge certificate files by what App Service asks of a private certificate
    Check(check::CheckFileArgs),
    /// Put a private key and certificates, in any order, together as a PFX
    Build(build::BuildArgs),
    /// Re-encrypt a PFX: in order, as App Service takes it, with a password
    Rewrap(rewrap::RewrapArgs),
}

pub(super) fn run(command: CertCommand) -> Result<Exit, CliError> {
    match command {
        CertCommand::Inspect(args) => check::inspect(&args),
        CertCommand::Check(args) => check::run(&args),
        CertCommand::Build(args) => build::run(&args),
        CertCommand::Rewrap(args) => rewrap::run(&args),
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum CertFormat {
    /// For people
    #[default]
    Text,
    /// One object a file, each on a line of its own
    Json,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum PfxEncryption {
    /// What App Service has always taken
    #[default]
    TripleDes,
    /// OpenSSL 3's default, taken since 2025
    #[value(name = "aes-256")]
    Aes256,
}

impl From<PfxEncryption> for Wrapping {
    fn from(encryption: PfxEncryption) -> Self {
        match encryption {
            PfxEncryption::TripleDes => Self::TripleDes,
            PfxEncryption::Aes256 => Self::Aes256,
        }
    }
}

/// Reads a certificate file; asks for its password on the terminal if one is needed and none was given.
fn examine(path: &Path, password: Option<SecretString>) -> Result<Examined, CliError> {
    let examined: Result<_, CliError> = Examined::read(path, password, || password::ask(&shown(path)));
    examined.inspect(|examined| {
        if examined.contents.as_ref().is_err_and(Failure::needs_password) {
            words("a password is given with --password-stdin, --password-file or --password-env");
        }
    })
}

/// Prints commands, each on a line of its own.
fn print(commands: impl IntoIterator<Item = String>) -> Result<Exit, CliError> {
    let mut out = io::stdout().lock();
    for command in commands {
        writeln!(out, "{command}").map_err(CliError::Output)?;
    }
    Ok(Exit::Done)
}

impl From<Trouble> for CliError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Unusable { .. } | Trouble::Exists(_) => Self::Usage(trouble.to_string()),
            // The key of `build`; other files are shown with what is known of them.
            Trouble::Closed { .. } => {
                Self::Usage(format!("{trouble} (--key-password-file or --key-password-env gives it)"))
            }
            Trouble::Refused(why) => Self::Refused(why),
            Trouble::Unwritten { file, why } => Self::machine(format!("write {file}"), why),
        }
    }
}
