//! `certdeck cert inspect FILE…` and `certdeck cert check FILE…`: facts, and with `check` the verdict on
//! them.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use jiff::Timestamp;

use super::{CertFormat, examine, password, print};
use crate::cli::{CliError, Exit};
use crate::model::Hostname;
use crate::pki::{Question, Report};
use crate::rules::{Profile, Rules, Severity};
use crate::workbench::{self, Examined, FactLine, Failure, openssl};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 good · 1 a part of a file cannot be read, the rest is shown · 2 a file cannot be read"
)]
pub(crate) struct Inspect {
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    password: password::Known,
    #[arg(short, long, value_enum, default_value_t)]
    output: CertFormat,
    /// Print the openssl commands that show the same, and do nothing
    #[arg(long)]
    openssl: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 good · 1 findings of severity error · 2 a file cannot be read")]
pub(crate) struct CheckFileArgs {
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    password: password::Known,
    /// The name that the certificate is to secure
    #[arg(long, value_name = "NAME")]
    hostname: Option<Hostname>,
    /// Whose rules apply: today's, or those of the specification (2022-07-28)
    #[arg(long, value_enum, default_value_t)]
    profile: ProfileName,
    /// Trust the certificate authorities of this file instead of those of this machine
    #[arg(long, value_name = "FILE")]
    roots: Option<PathBuf>,
    /// Judge as of this time instead of now
    #[arg(long, value_name = "RFC3339")]
    as_of: Option<Timestamp>,
    #[arg(short, long, value_enum, default_value_t)]
    output: CertFormat,
    /// Print the openssl commands that look at the same, and do nothing
    #[arg(long)]
    openssl: bool,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum ProfileName {
    #[default]
    Current,
    Seed,
}

impl From<ProfileName> for Profile {
    fn from(name: ProfileName) -> Self {
        match name {
            ProfileName::Current => Self::Current,
            ProfileName::Seed => Self::Seed,
        }
    }
}

pub(super) fn inspect(args: &Inspect) -> Result<Exit, CliError> {
    if args.openssl {
        return print(args.files.iter().flat_map(|path| openssl::inspect(path)));
    }
    let password = args.password.get()?;
    let mut worst = Exit::Done;
    for (nth, path) in args.files.iter().enumerate() {
        let examined = examine(path, password.clone())?;
        let report = examined.inspect();
        apart(nth, args.output)?;
        write(&examined, &report, args.output, &Wanted::Facts)?;
        worst = worse(
            worst,
            match &examined.contents {
                Ok(_) => Exit::Done,
                // The rest was shown.
                Err(Failure::Partly { .. }) => Exit::Blocked,
                Err(_) => Exit::Usage,
            },
        );
    }
    Ok(worst)
}

pub(super) fn run(args: &CheckFileArgs) -> Result<Exit, CliError> {
    if args.openssl {
        let look = |path: &PathBuf| openssl::check(path, args.roots.as_deref(), args.hostname.as_ref());
        return print(args.files.iter().flat_map(look));
    }
    let rules = Rules::load(args.profile.into()).map_err(|error| CliError::Usage(error.to_string()))?;
    let roots = workbench::roots(args.roots.as_deref())?;
    let password = args.password.get()?;
    let mut worst = Exit::Done;
    for (nth, path) in args.files.iter().enumerate() {
        let examined = examine(path, password.clone())?;
        apart(nth, args.output)?;
        let question = Question {
            rules: &rules,
            now: args.as_of.unwrap_or_else(Timestamp::now),
            roots: (!roots.is_empty()).then_some(&roots),
            host: args.hostname.as_ref(),
            empty_password: examined.has_empty_password(),
        };
        let report = examined.judge(&question);
        write(&examined, &report, args.output, &Wanted::Verdict(args.hostname.as_ref()))?;
        let exit = match (&examined.contents, report.has_errors()) {
            (Err(_), _) => Exit::Usage,
            (Ok(_), true) => Exit::Blocked,
            (Ok(_), false) => Exit::Done,
        };
        worst = worse(worst, exit);
    }
    Ok(worst)
}

/// What is asked about a file.
enum Wanted<'a> {
    Facts,
    /// The findings too, and whether a host can be secured.
    Verdict(Option<&'a Hostname>),
}

/// An empty line before every file but the first, for people.
fn apart(nth: usize, format: CertFormat) -> Result<(), CliError> {
    if nth > 0 && format == CertFormat::Text {
        writeln!(io::stdout()).map_err(CliError::Output)
    } else {
        Ok(())
    }
}

fn write(
    examined: &Examined,
    report: &Report,
    format: CertFormat,
    wanted: &Wanted<'_>,
) -> Result<(), CliError> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = match format {
        CertFormat::Json => writeln!(out, "{}", examined.json(report, matches!(wanted, Wanted::Verdict(_)))),
        CertFormat::Text => text(examined, report, wanted, &mut out),
    };
    written.and_then(|()| out.flush()).map_err(CliError::Output)
}

fn text(examined: &Examined, report: &Report, wanted: &Wanted<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", examined.file())?;
    lines(&workbench::facts(examined, report), out)?;
    if let Wanted::Verdict(host) = wanted {
        for finding in &report.findings {
            let severity = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "note",
            };
            writeln!(out, "\n  {severity:<8} {}: {}", finding.rule, finding.seen)?;
            writeln!(out, "           required: {} (since {})", finding.required, finding.since)?;
            writeln!(out, "           source: {}", finding.source)?;
            writeln!(out, "           to do: {}", finding.remedy)?;
        }
        writeln!(out)?;
        lines(&workbench::verdict(report, *host), out)?;
    }
    Ok(())
}

fn lines(facts: &[FactLine], out: &mut impl Write) -> io::Result<()> {
    facts.iter().try_for_each(|fact| writeln!(out, "  {:<15} {}", fact.label, fact.text))
}

fn worse(one: Exit, other: Exit) -> Exit {
    if other.code() > one.code() { other } else { one }
}
