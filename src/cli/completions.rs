//! `certdeck completions SHELL`: the completion script on standard output.

use std::io;

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, CliError, Exit};

#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "certdeck", &mut script);
    io::Write::write_all(&mut io::stdout(), &script).map_err(CliError::Output)?;
    Ok(Exit::Done)
}
