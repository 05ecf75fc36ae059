//! The scenarios of the practice cloud as the command line names them: for `--help`, completions and
//! `--scenario list`; and files with scenarios of one's own.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{self, Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, Command, Error};

use crate::cli::{CliError, Exit};
use crate::practice::{SCENARIOS, scenario_file};

/// The estate that is used where none is named.
const FIRST: &str = SCENARIOS[0].name;
/// Names the scenarios instead of starting one.
pub(super) const LIST: &str = "list";

/// Accepts the name of a scenario, the path of a file, or `list`. The value of a file is its whole path.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScenarioParser;

impl TypedValueParser for ScenarioParser {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, Error> {
        let file = value.to_str().and_then(scenario_file).and_then(|file| path::absolute(file).ok());
        match file {
            Some(file) => Ok(file.to_string_lossy().into_owned()),
            None => PossibleValuesParser::new(named()).parse_ref(command, arg, value),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(named()))
    }
}

fn named() -> impl Iterator<Item = PossibleValue> {
    let named = SCENARIOS.iter().map(|one| PossibleValue::new(one.name).help(one.summary));
    named.chain([PossibleValue::new(LIST).help("name them and end")])
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
    let beside = |name: &str| practice.with_file_name(format!("practice-{name}"));
    match scenario {
        None | Some(FIRST) => practice.to_owned(),
        Some(other) => match scenario_file(other).and_then(Path::file_stem) {
            Some(file) => beside(&format!("file-{}", file.to_string_lossy())),
            None => beside(other),
        },
    }
}
