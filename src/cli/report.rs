//! `certdeck report`: what will expire, soonest first, with who must act. `certdeck check`: the same for a monitoring
//! system, whose exit codes it keeps: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.

use std::io::{self, Write};

use clap::ValueEnum;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::reading::{self, Public};
use super::session::{Session, rules};
use super::table::{Format, Table};
use super::{CliError, Exit, Global, words};
use crate::model::{App, Estate, Expiry, WhoActs};
use crate::rules::Rules;

#[derive(Debug, clap::Args)]
pub struct Report {
    /// What expires within this time, such as 30d or 2w
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = span)]
    within: SignedDuration,
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Debug, clap::Args)]
pub struct Check {
    /// Warn of what expires within this time
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = span)]
    warn: SignedDuration,
    /// Be critical about what expires within this time
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = span)]
    crit: SignedDuration,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    #[default]
    Table,
    Json,
    Csv,
    Tsv,
    /// The text format of Prometheus: days left of every certificate, whatever --within says
    Prometheus,
}

fn span(text: &str) -> Result<SignedDuration, String> {
    let span: jiff::Span = text.parse().map_err(|error| format!("{error}"))?;
    span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|error| format!("{error}"))
}

/// Something that ends one day.
struct Due {
    kind: &'static str,
    name: String,
    hosts: Vec<String>,
    expires: Timestamp,
    who_acts: WhoActs,
    used_by: Vec<String>,
    id: String,
}

/// Everything with an end, soonest first.
fn due(estate: &Estate, rules: &Rules, now: Timestamp) -> Vec<Due> {
    let app = |id| estate.app(id).map(App::label);
    let private = estate.certificates.iter().filter_map(|one| {
        let mut used_by: Vec<String> = estate.bindings_of(one).filter_map(|binding| app(&binding.app)).collect();
        used_by.sort();
        used_by.dedup();
        Some(Due {
            kind: "private",
            name: one.id.name().to_owned(),
            hosts: one.hosts.iter().map(ToString::to_string).collect(),
            expires: one.expires?,
            who_acts: rules.turn(estate, one, now).who,
            used_by,
            id: one.id.to_string(),
        })
    });
    let public = estate.public_certificates.iter().filter_map(|one| {
        Some(Due {
            kind: "public",
            name: one.id.name().to_owned(),
            hosts: Vec::new(),
            expires: one.expires?,
            who_acts: WhoActs::You,
            used_by: app(&one.app).into_iter().collect(),
            id: one.id.to_string(),
        })
    });
    let orders = estate.orders.iter().filter_map(|one| {
        Some(Due {
            kind: "order",
            name: one.id.name().to_owned(),
            hosts: vec![one.domain.clone()],
            expires: one.expires?,
            who_acts: rules.turn_of_order(one, now).who,
            used_by: Vec::new(),
            id: one.id.to_string(),
        })
    });
    let mut all: Vec<Due> = private.chain(public).chain(orders).collect();
    all.sort_by_key(|one| one.expires);
    all
}

const COLUMNS: &[(&str, &str)] = &[
    ("expires", "Expires"),
    ("days", "Days"),
    ("kind", "Kind"),
    ("name", "Name"),
    ("hosts", "Hosts"),
    ("who_acts", "Who acts"),
    ("used_by", "Used by"),
    ("id", "Id"),
];

fn row(due: &Due, now: Timestamp) -> Vec<Value> {
    vec![
        json!(due.expires.to_string()),
        json!(Expiry::of(due.expires, now).days()),
        json!(due.kind),
        json!(due.name),
        json!(due.hosts),
        json!(due.who_acts.words()),
        json!(due.used_by),
        json!(due.id),
    ]
}

async fn read(session: &Session) -> Result<Estate, CliError> {
    let client = session.client(&session.target()?, super::desk::if_somebody_is_there()).await?;
    reading::estate(session, &client, Public::Read).await
}

pub async fn report(args: &Report, session: &Session) -> Result<Exit, CliError> {
    let estate = read(session).await?;
    let now = Timestamp::now();
    let all = due(&estate, &rules()?, now);
    let mut out = io::BufWriter::new(io::stdout().lock());
    let format = match args.output {
        Output::Table => Format::Table,
        Output::Json => Format::Json,
        Output::Csv => Format::Csv,
        Output::Tsv => Format::Tsv,
        Output::Prometheus => {
            prometheus(&all, hidden(&estate), now, &mut out).and_then(|()| out.flush()).map_err(CliError::Output)?;
            return Ok(told(&estate));
        }
    };
    let rows = all.iter().filter(|one| one.expires.duration_since(now) <= args.within).map(|one| row(one, now)).collect();
    Table { columns: COLUMNS, rows }.write(format, &mut out).and_then(|()| out.flush()).map_err(CliError::Output)?;
    Ok(told(&estate))
}

/// What could not be read may be what expires first.
fn told(estate: &Estate) -> Exit {
    for gap in &estate.gaps {
        words(&format!("not read: {}: {}", gap.what, gap.problem.why));
    }
    if hidden(estate) == 0 { Exit::Done } else { Exit::Cloud }
}

/// Parts that could not be read although something may be there.
fn hidden(estate: &Estate) -> usize {
    estate.gaps.iter().filter(|gap| gap.hides_something()).count()
}

fn prometheus(all: &[Due], gaps: usize, now: Timestamp, out: &mut impl Write) -> io::Result<()> {
    let label = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    writeln!(out, "# HELP certdeck_expiry_seconds When it expires, as a Unix time.\n# TYPE certdeck_expiry_seconds gauge")?;
    for one in all {
        let Due { kind, name, expires, id, .. } = one;
        let who_acts = one.who_acts.words();
        let labels = format!("kind=\"{kind}\",name=\"{}\",who_acts=\"{who_acts}\",id=\"{}\"", label(name), label(id));
        writeln!(out, "certdeck_expiry_seconds{{{labels}}} {}", expires.as_second())?;
    }
    writeln!(out, "# HELP certdeck_gaps Parts of the estate that could not be read.\n# TYPE certdeck_gaps gauge")?;
    writeln!(out, "certdeck_gaps {gaps}")?;
    writeln!(out, "# HELP certdeck_read_seconds When the estate was read, as a Unix time.\n# TYPE certdeck_read_seconds gauge")?;
    writeln!(out, "certdeck_read_seconds {}", now.as_second())
}

/// One line and an exit code, whatever happens: a monitoring system understands nothing else.
pub async fn check(args: &Check, global: &Global) -> Result<Exit, CliError> {
    let now = Timestamp::now();
    let read = async { Ok::<_, CliError>((read(&Session::open(global)?).await?, rules()?)) };
    let (level, line) = match read.await {
        Ok((estate, rules)) => judge(&due(&estate, &rules, now), &estate, args, now),
        Err(error) => (Level::Unknown, error.to_string().replace('\n', "; ")),
    };
    writeln!(io::stdout(), "{} - {line}", level.word()).map_err(CliError::Output)?;
    Ok(Exit::Level(level as u8))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Ok = 0,
    Warning = 1,
    Critical = 2,
    Unknown = 3,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

fn judge(all: &[Due], estate: &Estate, args: &Check, now: Timestamp) -> (Level, String) {
    let within = |limit: SignedDuration| all.iter().filter(move |one| one.expires.duration_since(now) <= limit);
    let (critical, warned) = (within(args.crit).count(), within(args.warn.max(args.crit)).count());
    let yours = within(args.warn.max(args.crit)).filter(|one| one.who_acts == WhoActs::You).count();
    let first = all.first().map(|one| format!("; first {} {}", one.name, Expiry::of(one.expires, now).words())).unwrap_or_default();
    let counts = format!(
        "{critical} expire within {}, {warned} within {}, {yours} of them need you{first}",
        days(args.crit),
        days(args.warn)
    );
    let level = match (critical, warned) {
        (1.., _) => Level::Critical,
        (0, 1..) => Level::Warning,
        // What could not be read may be what expires first.
        _ if hidden(estate) > 0 => Level::Unknown,
        _ => Level::Ok,
    };
    let gaps = match hidden(estate) {
        0 => String::new(),
        gaps => format!("; {gaps} parts could not be read"),
    };
    (level, format!("{} certificates and orders, {counts}{gaps}|critical={critical} warning={warned}", all.len()))
}

fn days(span: SignedDuration) -> String {
    format!("{} d", span.as_hours() / 24)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn due_in(days: i64) -> Due {
        Due {
            kind: "private",
            name: format!("in-{days}"),
            hosts: Vec::new(),
            expires: Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * days),
            who_acts: WhoActs::You,
            used_by: Vec::new(),
            id: "/x\"y".to_owned(),
        }
    }

    #[test]
    fn a_monitoring_system_hears_the_worst_of_it() {
        let args = Check { warn: span("30d").unwrap(), crit: span("1w").unwrap() };
        let level = |days: &[i64]| {
            let all: Vec<Due> = days.iter().map(|days| due_in(*days)).collect();
            judge(&all, &Estate::default(), &args, Timestamp::UNIX_EPOCH).0
        };
        assert_eq!(
            [level(&[]), level(&[31]), level(&[20, 31]), level(&[7, 31]), level(&[-1])].map(Level::word),
            ["OK", "OK", "WARNING", "CRITICAL", "CRITICAL"]
        );
    }

    #[test]
    fn labels_cannot_break_out_of_the_text_format() {
        let mut out = Vec::new();
        prometheus(&[due_in(1)], 0, Timestamp::UNIX_EPOCH, &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().contains("id=\"/x\\\"y\"} 86400"));
    }
}
