//! `certdeck man [COMMAND ...]`: the manual page in roff on standard output; `certdeck man run | man -l -`
//! shows one.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_mangen::Man;

use super::{Cli, CliError, Exit};
use crate::model::quoted;

#[derive(Debug, clap::Args)]
pub(super) struct ManArgs {
    /// The subcommand that the page is about, such as `cert check`
    command: Vec<String>,
}

pub(super) fn run(args: &ManArgs) -> Result<Exit, CliError> {
    io::stdout().write_all(&page(&args.command)?).map_err(CliError::Output)?;
    Ok(Exit::Done)
}

fn page(command: &[String]) -> Result<Vec<u8>, CliError> {
    let mut top = Cli::command();
    top.build();
    let mut about = &top;
    for word in command {
        let found = about.find_subcommand(word);
        about = found.ok_or_else(|| {
            CliError::Usage(format!("certdeck has no command '{}'", quoted(&command.join(" "))))
        })?;
    }
    let mut page = Vec::new();
    Man::new(about.clone()).render(&mut page).map_err(CliError::Output)?;
    Ok(page)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_command_has_a_page_and_what_is_none_is_refused() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for command in ["", "run", "cert check", "context use", "doctor"] {
            let text = String::from_utf8(page(&words(command)).unwrap()).unwrap();
            assert!(text.contains(".SH NAME") && text.contains(".SH SYNOPSIS"), "{command}");
        }
        assert!(page(&words("cert nothing")).is_err());
    }
}
