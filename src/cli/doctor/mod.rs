//! `certdeck doctor`: everything between this terminal and a changed certificate, tried in order, with what
//! to do about what does not work. Changes nothing.

mod cloud;
mod machine;
mod versions;

use std::io::{self, Write};
use std::time::Duration;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::session::Session;
use super::{CliError, Exit, Global, deadline};
use crate::azure::Deadline;

#[derive(Debug, clap::Args)]
pub(super) struct DoctorArgs {
    #[arg(short, long, value_enum, default_value_t)]
    output: DoctorFormat,
    /// Stop after this time, such as 90s or 5m
    #[arg(long, value_name = "TIME", default_value = deadline::USUAL, value_parser = deadline::span)]
    timeout: Duration,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum DoctorFormat {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Good,
    /// Neither good nor bad: worth knowing.
    Note,
    /// It works, and something will not.
    Warning,
    /// It does not work, and this is the exit code for it.
    Bad(Exit),
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Bad(_) => "failed",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug)]
pub(super) struct CheckResult {
    name: &'static str,
    state: State,
    words: String,
    /// Empty where there is nothing to do.
    remedy: String,
}

impl CheckResult {
    fn new(name: &'static str, state: State, words: impl Into<String>) -> Self {
        Self { name, state, words: words.into(), remedy: String::new() }
    }

    fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }

    fn json(&self) -> Value {
        json!({"check": self.name, "state": self.state.as_str(), "words": self.words, "remedy": self.remedy})
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let mut lines = self.words.lines();
        writeln!(out, "{:<8} {:<12} {}", self.state.as_str(), self.name, lines.next().unwrap_or_default())?;
        for line in lines {
            writeln!(out, "{:22}{line}", "")?;
        }
        if self.remedy.is_empty() { Ok(()) } else { writeln!(out, "{:22}What to do: {}", "", self.remedy) }
    }
}

pub(super) async fn run(args: &DoctorArgs, global: &Global) -> Result<Exit, CliError> {
    let mut report = Diagnosis { output: args.output, checks: Vec::new() };
    let session = match Session::open(global) {
        Ok(session) => session,
        Err(error) => {
            report.add(
                CheckResult::new("settings", State::Bad(error.exit()), error.to_string())
                    .remedy("Correct the file."),
            )?;
            return report.end();
        }
    };
    for check in machine::checks(&session) {
        report.add(check)?;
    }
    match session.target() {
        Err(error) => {
            let check = CheckResult::new("context", State::Bad(error.exit()), error.to_string());
            report.add(check.remedy(
                "certdeck context ls shows the contexts; certdeck config path says where they are.",
            ))?;
        }
        Ok(target) => {
            let ends = Deadline::after(args.timeout);
            let mut at = "dns";
            let looked = ends
                .within(cloud::checks(&session, &target, ends, &mut at, &mut |check| report.add(check)))
                .await;
            match looked {
                Ok(looked) => looked?,
                Err(late) => {
                    let late = late.problem("Look at it");
                    report.add(
                        CheckResult::new(at, State::Bad(Exit::Cloud), late.why)
                            .remedy("Allow more time with --timeout."),
                    )?;
                }
            }
        }
    }
    report.end()
}

/// What was found so far; in text it is written as it comes, because some looks take seconds.
struct Diagnosis {
    output: DoctorFormat,
    checks: Vec<CheckResult>,
}

impl Diagnosis {
    fn add(&mut self, check: CheckResult) -> Result<(), CliError> {
        if self.output == DoctorFormat::Text {
            let mut out = io::stdout();
            check.write(&mut out).and_then(|()| out.flush()).map_err(CliError::Output)?;
        }
        self.checks.push(check);
        Ok(())
    }

    /// The first failure decides the exit code.
    fn end(self) -> Result<Exit, CliError> {
        let exit = self
            .checks
            .iter()
            .find_map(|check| if let State::Bad(exit) = check.state { Some(exit) } else { None });
        let exit = exit.unwrap_or(Exit::Done);
        if self.output == DoctorFormat::Json {
            let checks: Vec<Value> = self.checks.iter().map(CheckResult::json).collect();
            let whole = json!({"checks": checks, "ok": exit == Exit::Done});
            writeln!(io::stdout(), "{whole:#}").map_err(CliError::Output)?;
        }
        Ok(exit)
    }
}
