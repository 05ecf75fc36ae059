//! `certdeck flows`: the page about all flows, in Markdown; `docs/flows.md` is made with it.

use std::io::Write;

use super::{CliError, Exit};
use crate::flow::catalogue;

pub(super) fn run() -> Result<Exit, CliError> {
    std::io::stdout().write_all(catalogue::markdown().as_bytes()).map_err(CliError::Output)?;
    Ok(Exit::Done)
}
