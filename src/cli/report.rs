//! `certdeck report`: what expires or breaks, soonest first, with who must act.

use std::io::{self, Write};
use std::time::Duration;

use clap::ValueEnum;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::reading::{self, Public};
use super::session::{Session, rules};
use super::table::{Format, OutputTable};
use super::{CliError, Exit, deadline, words};
use crate::azure::{Deadline, ServiceClock};
use crate::health::findings::{Cause, Finding, Limits, Urgency, every};
use crate::model::{Basis, Estate, Expiry, ResourceId};

#[derive(Debug, clap::Args)]
pub(super) struct ReportArgs {
    /// What expires within this time, such as 30d or 2w
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = span)]
    within: SignedDuration,
    /// Show this as well, with the urgency note
    #[arg(long, value_enum, value_name = "WHAT")]
    include: Option<Include>,
    #[arg(short, long, value_enum, default_value_t)]
    output: ReportFormat,
    /// Show what was read within this time, such as 90s or 5m, and what is missing
    #[arg(long, value_name = "TIME", default_value = deadline::USUAL, value_parser = deadline::span)]
    timeout: Duration,
}

/// What reports and checks leave out unless they are asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Include {
    /// What is worth mending although nothing breaks: HTTPS only off, what nothing uses, limits that are near
    Hygiene,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    #[default]
    Table,
    Json,
    Csv,
    Tsv,
    /// The text format of Prometheus: days left of every certificate, whatever --within says
    Prometheus,
}

pub(super) async fn report(args: &ReportArgs, session: &Session) -> Result<Exit, CliError> {
    let (estate, clock) = read(session, Deadline::after(args.timeout)).await?;
    let rules = rules()?;
    let basis = Basis::new(&estate, &rules, clock.now());
    let mut out = io::BufWriter::new(io::stdout().lock());
    let format = match args.output {
        ReportFormat::Table => Format::Table,
        ReportFormat::Json => Format::Json,
        ReportFormat::Csv => Format::Csv,
        ReportFormat::Tsv => Format::Tsv,
        ReportFormat::Prometheus => {
            prometheus(&by_day(&basis, Limits::USUAL), &basis, &mut out)
                .and_then(|()| out.flush())
                .map_err(CliError::Output)?;
            return Ok(told(&estate));
        }
    };
    let limits = Limits { soon: args.within, urgent: args.within.min(Limits::USUAL.urgent) };
    let is_reported =
        |one: &Finding| one.is_reported() || (args.include == Some(Include::Hygiene) && one.is_hygiene());
    let reported = by_day(&basis, limits).into_iter().filter(is_reported);
    let rows = reported.map(|finding| row(&finding, &basis)).collect();
    let table = OutputTable::new(COLUMNS.into(), rows);
    table.write(format, &mut out).and_then(|()| out.flush()).map_err(CliError::Output)?;
    Ok(told(&estate))
}

/// How everything stands, soonest first, after what has no day; hygiene last.
pub(super) fn by_day(basis: &Basis<'_>, limits: Limits) -> Vec<Finding> {
    let mut all: Vec<Finding> = every(basis, limits).collect();
    all.sort_by_key(|finding| (finding.is_hygiene(), finding.judgement.day));
    all
}

const COLUMNS: [(&str, &str); 10] = [
    ("expires", "Expires"),
    ("days", "Days"),
    ("kind", "Kind"),
    ("name", "Name"),
    ("hosts", "Hosts"),
    ("who_acts", "Who acts"),
    ("used_by", "Used by"),
    ("id", "Id"),
    ("next", "What comes next"),
    ("urgency", "Urgency"),
];

fn row(finding: &Finding, basis: &Basis<'_>) -> Vec<Value> {
    let judgement = &finding.judgement;
    vec![
        json!(judgement.expires.map(|expires| expires.to_string())),
        json!(judgement.day.map(|day| Expiry::of(day, basis.now).days())),
        json!(finding.on.as_str()),
        json!(finding.name(basis)),
        json!(finding.hosts(basis)),
        json!(judgement.who.words()),
        json!(finding.used_by(basis)),
        json!(finding.id.as_ref().map(ResourceId::as_str)),
        json!(finding.next(basis)),
        json!(judgement.urgency.as_str()),
    ]
}

/// The estate, and whose clock it is judged by.
pub(super) async fn read(session: &Session, ends: Deadline) -> Result<(Estate, ServiceClock), CliError> {
    let client = session.reader(&session.target()?, ends).await?;
    let mut estate = reading::estate(session, &client, Public::Read).await?;
    reading::add_upkeep(session, &client, &mut estate).await?;
    Ok((estate, client.clock().clone()))
}

/// What could not be read may be what expires first.
fn told(estate: &Estate) -> Exit {
    for gap in &estate.gaps {
        words(&format!("not read: {}: {}", gap.what, gap.problem.why));
    }
    if hidden(estate) == 0 { Exit::Done } else { Exit::Cloud }
}

/// Parts that could not be read although something may be there.
pub(super) fn hidden(estate: &Estate) -> usize {
    estate.gaps.iter().filter(|gap| gap.hides_something()).count()
}

pub(super) fn prometheus(all: &[Finding], basis: &Basis<'_>, out: &mut impl Write) -> io::Result<()> {
    let label = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    writeln!(
        out,
        "# HELP certdeck_expiry_seconds When it expires, as a Unix time.\n# TYPE certdeck_expiry_seconds gauge"
    )?;
    let labels = |one: &Finding| {
        let (kind, who_acts) = (one.on.as_str(), one.judgement.who.words());
        let (name, id) = (one.name(basis), one.id.as_ref().map_or("", ResourceId::as_str));
        format!("kind=\"{kind}\",name=\"{}\",who_acts=\"{who_acts}\",id=\"{}\"", label(&name), label(id))
    };
    for (one, expires) in all.iter().filter_map(|one| Some((one, one.judgement.expires?))) {
        writeln!(out, "certdeck_expiry_seconds{{{}}} {}", labels(one), expires.as_second())?;
    }
    writeln!(out, "# HELP certdeck_break_seconds When it stops working before it expires, as a Unix time.")?;
    writeln!(out, "# TYPE certdeck_break_seconds gauge")?;
    for (one, breaks) in all.iter().filter_map(|one| Some((one, one.judgement.breaks()?))) {
        writeln!(out, "certdeck_break_seconds{{{}}} {}", labels(one), breaks.as_second())?;
    }
    writeln!(
        out,
        "# HELP certdeck_expiry_unknown A binding whose certificate is not known.\n# TYPE certdeck_expiry_unknown gauge"
    )?;
    for one in all.iter().filter(|one| one.judgement.cause == Cause::CertificateNotRead) {
        writeln!(out, "certdeck_expiry_unknown{{{}}} 1", labels(one))?;
    }
    writeln!(
        out,
        "# HELP certdeck_findings How many findings there are of each urgency, by the limits of the screen."
    )?;
    writeln!(out, "# TYPE certdeck_findings gauge")?;
    for urgency in [Urgency::Urgent, Urgency::Soon, Urgency::Unknown, Urgency::Note] {
        let count = all.iter().filter(|one| one.judgement.urgency == urgency).count();
        writeln!(out, "certdeck_findings{{urgency=\"{}\"}} {count}", urgency.as_str())?;
    }
    writeln!(
        out,
        "# HELP certdeck_gaps Parts of the estate that could not be read.\n# TYPE certdeck_gaps gauge"
    )?;
    writeln!(out, "certdeck_gaps {}", hidden(basis.estate))?;
    writeln!(
        out,
        "# HELP certdeck_read_seconds When the estate was read, as a Unix time.\n# TYPE certdeck_read_seconds gauge"
    )?;
    writeln!(out, "certdeck_read_seconds {}", basis.now.as_second())
}

pub(super) fn span(text: &str) -> Result<SignedDuration, String> {
    let span: jiff::Span = text.parse().map_err(|error| format!("{error}"))?;
    span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|error| format!("{error}"))
}

#[cfg(test)]
mod tests;
