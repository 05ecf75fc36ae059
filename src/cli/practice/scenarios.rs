//! The scenarios of the practice cloud as the command line names them: for `--help`, completions and
//! `--scenario list`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser};

use crate::cli::{CliError, Exit};
use crate::practice::SCENARIOS;

/// The estate that is used where none is named.
const FIRST: &str = SCENARIOS[0].name;
/// Names the scenarios instead of starting one.
pub(super) const LIST: &str = "list";

/// Accepts the name of a scenario, or `list`.
pub(super) fn or_list() -> PossibleValuesParser {
    let named = SCENARIOS.iter().map(|one| PossibleValue::new(one.name).help(one.summary));
    PossibleValuesParser::new(named.chain([PossibleValue::new(LIST).help("name them and end")]))
}

pub(super) fn list() -> Result<Exit, CliError> {
    let longest = SCENARIOS.iter().map(|one| one.name.len()).max().unwrap_or_default();
    let mut out = io::stdout();
    for one in SCENARIOS {
        writeln!(out, "{:longest$}  {}", one.name, one.summary).map_err(CliError::Output)?;
    }
    Ok(Exit::Done)
}

/// Where a scenario is kept for which no directory was given: trying another scenario does not lose what was
/// begun in one.
pub(super) fn place(practice: &Path, scenario: Option<&str>) -> PathBuf {
    match scenario {
        None | Some(FIRST) => practice.to_owned(),
        Some(other) => practice.with_file_name(format!("practice-{other}")),
    }
}
