//! `certdeck report`: what will expire, soonest first, with who must act. `certdeck check`: the same for a
//! monitoring system, whose exit codes it keeps: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.

use std::io::{self, Write};
use std::time::Duration;

use clap::ValueEnum;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::reading::{self, Public};
use super::session::{Session, rules};
use super::table::{Format, Table};
use super::{CliError, Exit, Global, deadline, words};
use crate::azure::{Deadline, ServiceClock};
use crate::model::{App, Estate, Expiry, WhoActs, day};
use crate::rules::Rules;

#[derive(Debug, clap::Args)]
pub struct Report {
    /// What expires within this time, such as 30d or 2w
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = span)]
    within: SignedDuration,
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
    /// Show what was read within this time, such as 90s or 5m, and what is missing
    #[arg(long, value_name = "TIME", default_value = deadline::USUAL, value_parser = deadline::span)]
    timeout: Duration,
}

#[derive(Debug, clap::Args)]
pub struct Check {
    /// Warn of what expires within this time
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = span)]
    warn: SignedDuration,
    /// Be critical about what expires within this time
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = span)]
    crit: SignedDuration,
    /// End after this time at the latest, such as 90s or 5m: UNKNOWN, unless what was read is worse
    #[arg(long, value_name = "TIME", default_value = deadline::OF_A_CHECK, value_parser = deadline::span)]
    timeout: Duration,
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

/// Something that ends one day, or a binding of which nobody knows when it does.
struct Due {
    kind: &'static str,
    name: String,
    hosts: Vec<String>,
    expires: Option<Timestamp>,
    /// When it stops working although it has not ended; what is revoked has stopped.
    breaks: Option<Timestamp>,
    who_acts: WhoActs,
    /// What comes next, as the detail view says it; empty where there is nothing to say.
    next: String,
    used_by: Vec<String>,
    id: String,
}

impl Due {
    /// The day that counts; none where it is not known.
    fn day(&self) -> Option<Timestamp> {
        self.expires.map(|expires| self.breaks.map_or(expires, |breaks| breaks.min(expires)))
    }

    /// What is not known to lie further off counts as well.
    fn is_within(&self, limit: SignedDuration, now: Timestamp) -> bool {
        self.day().is_none_or(|day| day.duration_since(now) <= limit)
    }
}

/// Everything with an end, soonest first, after the bindings whose certificate is not known.
fn due(estate: &Estate, rules: &Rules, now: Timestamp) -> Vec<Due> {
    let app = |id| estate.app(id).map(App::label);
    let private = estate.certificates.iter().filter_map(|one| {
        let mut used_by: Vec<String> =
            estate.bindings_of(one).filter_map(|binding| app(&binding.app)).collect();
        used_by.sort();
        used_by.dedup();
        let turn = rules.turn(estate, one, now);
        Some(Due {
            kind: "private",
            name: one.id.name().to_owned(),
            hosts: one.hosts.iter().map(ToString::to_string).collect(),
            expires: Some(one.expires?),
            breaks: if estate.is_revoked(one, now) { Some(now) } else { turn.breaks_on() },
            who_acts: turn.who,
            next: turn.words(day),
            used_by,
            id: one.id.to_string(),
        })
    });
    let public = estate.public_certificates.iter().filter_map(|one| {
        Some(Due {
            kind: "public",
            name: one.id.name().to_owned(),
            hosts: Vec::new(),
            expires: Some(one.expires?),
            breaks: None,
            who_acts: WhoActs::You,
            next: String::new(),
            used_by: app(&one.app).into_iter().collect(),
            id: one.id.to_string(),
        })
    });
    let orders = estate.orders.iter().filter_map(|one| {
        let turn = rules.turn_of_order(one, now);
        Some(Due {
            kind: "order",
            name: one.id.name().to_owned(),
            hosts: vec![one.domain.clone()],
            expires: Some(one.expires?),
            breaks: one.status.is_revoked().then_some(now),
            who_acts: turn.who,
            next: turn.words(day),
            used_by: Vec::new(),
            id: one.id.to_string(),
        })
    });
    let unknown = estate.bindings_without_certificate().map(|one| Due {
        kind: "binding",
        name: one.host.to_string(),
        hosts: vec![one.host.to_string()],
        expires: None,
        breaks: None,
        who_acts: WhoActs::Unknown,
        next: format!("unknown: {NOT_KNOWN}"),
        used_by: app(&one.app).into_iter().collect(),
        id: one.id().to_string(),
    });
    let mut all: Vec<Due> = private.chain(public).chain(orders).chain(unknown).collect();
    all.sort_by_key(Due::day);
    all
}

/// Of a binding, after its hostname.
const NOT_KNOWN: &str = "no certificate that was read has the thumbprint of this binding";

const COLUMNS: &[(&str, &str)] = &[
    ("expires", "Expires"),
    ("days", "Days"),
    ("kind", "Kind"),
    ("name", "Name"),
    ("hosts", "Hosts"),
    ("who_acts", "Who acts"),
    ("used_by", "Used by"),
    ("id", "Id"),
    ("next", "What comes next"),
];

fn row(due: &Due, now: Timestamp) -> Vec<Value> {
    vec![
        json!(due.expires.map(|expires| expires.to_string())),
        json!(due.day().map(|day| Expiry::of(day, now).days())),
        json!(due.kind),
        json!(due.name),
        json!(due.hosts),
        json!(due.who_acts.words()),
        json!(due.used_by),
        json!(due.id),
        json!(due.next),
    ]
}

/// The estate, and whose clock it is judged by.
async fn read(session: &Session, ends: Deadline) -> Result<(Estate, ServiceClock), CliError> {
    let client = session.reader(&session.target()?, ends).await?;
    let mut estate = reading::estate(session, &client, Public::Read).await?;
    reading::add_upkeep(session, &client, &mut estate).await?;
    Ok((estate, client.clock().clone()))
}

pub async fn report(args: &Report, session: &Session) -> Result<Exit, CliError> {
    let (estate, clock) = read(session, Deadline::after(args.timeout)).await?;
    let now = clock.now();
    let all = due(&estate, &rules()?, now);
    let mut out = io::BufWriter::new(io::stdout().lock());
    let format = match args.output {
        Output::Table => Format::Table,
        Output::Json => Format::Json,
        Output::Csv => Format::Csv,
        Output::Tsv => Format::Tsv,
        Output::Prometheus => {
            prometheus(&all, hidden(&estate), now, &mut out)
                .and_then(|()| out.flush())
                .map_err(CliError::Output)?;
            return Ok(told(&estate));
        }
    };
    let rows = all.iter().filter(|one| one.is_within(args.within, now)).map(|one| row(one, now)).collect();
    Table::new(COLUMNS, rows).write(format, &mut out).and_then(|()| out.flush()).map_err(CliError::Output)?;
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
    writeln!(
        out,
        "# HELP certdeck_expiry_seconds When it expires, as a Unix time.\n# TYPE certdeck_expiry_seconds gauge"
    )?;
    let labels = |one: &Due| {
        let Due { kind, name, id, .. } = one;
        let who_acts = one.who_acts.words();
        format!("kind=\"{kind}\",name=\"{}\",who_acts=\"{who_acts}\",id=\"{}\"", label(name), label(id))
    };
    for (one, expires) in all.iter().filter_map(|one| Some((one, one.expires?))) {
        writeln!(out, "certdeck_expiry_seconds{{{}}} {}", labels(one), expires.as_second())?;
    }
    writeln!(out, "# HELP certdeck_break_seconds When it stops working before it expires, as a Unix time.")?;
    writeln!(out, "# TYPE certdeck_break_seconds gauge")?;
    for (one, breaks) in all.iter().filter_map(|one| Some((one, one.breaks?))) {
        writeln!(out, "certdeck_break_seconds{{{}}} {}", labels(one), breaks.as_second())?;
    }
    writeln!(
        out,
        "# HELP certdeck_expiry_unknown A binding whose certificate is not known.\n# TYPE certdeck_expiry_unknown gauge"
    )?;
    for one in all.iter().filter(|one| one.expires.is_none()) {
        writeln!(out, "certdeck_expiry_unknown{{{}}} 1", labels(one))?;
    }
    writeln!(
        out,
        "# HELP certdeck_gaps Parts of the estate that could not be read.\n# TYPE certdeck_gaps gauge"
    )?;
    writeln!(out, "certdeck_gaps {gaps}")?;
    writeln!(
        out,
        "# HELP certdeck_read_seconds When the estate was read, as a Unix time.\n# TYPE certdeck_read_seconds gauge"
    )?;
    writeln!(out, "certdeck_read_seconds {}", now.as_second())
}

/// One line and an exit code, whatever happens: a monitoring system understands nothing else.
pub async fn check(args: &Check, global: &Global) -> Result<Exit, CliError> {
    let ends = Deadline::after(args.timeout);
    let read = async {
        let session = Session::open(global)?;
        let (estate, clock) = read(&session, ends).await?;
        let doubt = if clock.ahead().is_none() { doubt(&estate, &session, clock.now()) } else { None };
        Ok::<_, CliError>((estate, rules()?, clock.now(), doubt))
    };
    let (level, line) = match read.await {
        Ok((estate, rules, now, doubt)) => {
            let (level, line) = judge(&due(&estate, &rules, now), &estate, args, now);
            match doubt {
                // An alarm stays an alarm; what looks well by a wrong clock may be none.
                Some(doubt) if level < Level::Critical => (Level::Unknown, format!("{doubt}; {line}")),
                _ => (level, line),
            }
        }
        Err(error) => (Level::Unknown, error.to_string().replace('\n', "; ")),
    };
    writeln!(io::stdout(), "{} - {line}", level.word()).map_err(CliError::Output)?;
    Ok(Exit::Level(level as u8))
}

/// Why this machine's clock cannot be right, where no answer told the time and it is all there is to judge
/// by: something that happened already lies in its future.
fn doubt(estate: &Estate, session: &Session, now: Timestamp) -> Option<String> {
    const SLACK: SignedDuration = SignedDuration::from_mins(10);
    let headings = session.snapshots().list().into_iter().filter_map(|rows| rows.heading().ok());
    let kept = headings.filter(|heading| !heading.practice).map(|heading| heading.as_of);
    let issued = estate.orders.iter().filter_map(|order| order.last_issued);
    // A certificate may be dated ahead of its issuing, by a day at most.
    let begun = estate
        .certificates
        .iter()
        .filter_map(|one| one.issued)
        .map(|day| day - SignedDuration::from_hours(24));
    let latest = kept.chain(issued).chain(begun).max().filter(|latest| latest.duration_since(now) > SLACK)?;
    Some(format!(
        "this machine's clock is wrong: it shows {}, and something happened on {} already",
        day(now),
        day(latest)
    ))
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
    let (known, unknown): (Vec<&Due>, Vec<&Due>) = all.iter().partition(|one| one.day().is_some());
    let within = |limit: SignedDuration| known.iter().filter(move |one| one.is_within(limit, now));
    let (critical, warned) = (within(args.crit).count(), within(args.warn.max(args.crit)).count());
    let of = |who| within(args.warn.max(args.crit)).filter(|one| one.who_acts == who).count();
    let first = known.first().and_then(|one| Some((one, one.expires?)));
    let first = first
        .map(|(one, expires)| format!("; first {} {}", one.name, Expiry::of(expires, now).words()))
        .unwrap_or_default();
    let unclear = match of(WhoActs::Unknown) {
        0 => String::new(),
        unclear => format!(", for {unclear} of them who acts is unknown"),
    };
    let counts = format!(
        "{critical} expire within {}, {warned} within {}, {} of them need you{unclear}{first}",
        days(args.crit),
        days(args.warn),
        of(WhoActs::You)
    );
    let level = match (critical, warned) {
        (1.., _) => Level::Critical,
        (0, 1..) => Level::Warning,
        // What could not be read may be what expires first.
        _ if hidden(estate) > 0 || !unknown.is_empty() => Level::Unknown,
        _ => Level::Ok,
    };
    let bindings = match unknown.as_slice() {
        [] => String::new(),
        [one] => format!("; the binding of {}: {NOT_KNOWN}", one.name),
        [one, rest @ ..] => format!("; the binding of {} and {} more: {NOT_KNOWN}", one.name, rest.len()),
    };
    let gaps = match hidden(estate) {
        0 => String::new(),
        gaps => {
            let first = estate.gaps.iter().find(|gap| gap.hides_something());
            let first = first
                .map(|gap| format!(": {}: {}", gap.what, gap.problem.why.replace('\n', "; ")))
                .unwrap_or_default();
            format!("; {gaps} parts could not be read{first}")
        }
    };
    (
        level,
        format!(
            "{} certificates and orders, {counts}{bindings}{gaps}|critical={critical} warning={warned}",
            known.len()
        ),
    )
}

fn days(span: SignedDuration) -> String {
    format!("{} d", span.as_hours() / 24)
}

#[cfg(test)]
mod tests;
