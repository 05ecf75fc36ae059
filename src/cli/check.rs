//! `certdeck check`: how the estate stands, for a monitoring system, whose exit codes it keeps: 0 OK, 1 WARNING,
//! 2 CRITICAL, 3 UNKNOWN.

use std::io::{self, Write};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::report::{Include, by_day, hidden, read, span};
use super::session::{Session, rules};
use super::{CliError, Exit, Global, deadline};
use crate::azure::Deadline;
use crate::health::findings::{Cause, Finding, Limits, NOT_COVERED, NOT_KNOWN, Urgency};
use crate::model::{Basis, Estate, Expiry, WhoActs, day};

#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    /// Warn of what expires within this time
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = span)]
    warn: SignedDuration,
    /// Be critical about what expires within this time
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = span)]
    crit: SignedDuration,
    /// Warn of this as well
    #[arg(long, value_enum, value_name = "WHAT")]
    include: Option<Include>,
    /// End after this time at the latest, such as 90s or 5m: UNKNOWN, unless what was read is worse
    #[arg(long, value_name = "TIME", default_value = deadline::OF_A_CHECK, value_parser = deadline::span)]
    timeout: Duration,
}

/// Always one line and an exit code: a monitoring system understands nothing else.
pub(super) async fn check(args: &CheckArgs, global: &Global) -> Result<Exit, CliError> {
    let ends = Deadline::after(args.timeout);
    let read = async {
        let session = Session::open(global)?;
        let (estate, clock) = read(&session, ends).await?;
        let doubt = if clock.ahead().is_none() { doubt(&estate, &session, clock.now()) } else { None };
        Ok::<_, CliError>((estate, rules()?, clock.now(), doubt))
    };
    let (level, line) = match read.await {
        Ok((estate, rules, now, doubt)) => {
            let (level, line) = judge(&Basis::new(&estate, &rules, now), args);
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

impl From<Urgency> for Level {
    fn from(urgency: Urgency) -> Self {
        match urgency {
            Urgency::Fine | Urgency::Note => Self::Ok,
            Urgency::Unknown => Self::Unknown,
            Urgency::Soon => Self::Warning,
            Urgency::Urgent => Self::Critical,
        }
    }
}

fn judge(basis: &Basis<'_>, args: &CheckArgs) -> (Level, String) {
    let limits = Limits { soon: args.warn.max(args.crit), urgent: args.crit };
    let all = by_day(basis, limits);
    let hygiene: Vec<&Finding> = all.iter().filter(|one| one.is_hygiene()).collect();
    let counts_hygiene = args.include == Some(Include::Hygiene) && !hygiene.is_empty();
    let least = if counts_hygiene { Urgency::Soon } else { Urgency::Fine };
    let worst = all.iter().map(|finding| finding.judgement.urgency).max().unwrap_or_default().max(least);
    let pressing = || all.iter().filter(|finding| finding.judgement.urgency >= Urgency::Soon);
    let within = |time: SignedDuration| {
        let is_due = move |day: Timestamp| day.duration_since(basis.now) <= time;
        pressing().filter(|finding| finding.judgement.day.is_some_and(is_due)).count()
    };
    let critical = pressing().filter(|finding| finding.judgement.urgency == Urgency::Urgent).count();
    let (warned, due) = (pressing().count(), within(limits.soon));
    let of = |who| pressing().filter(|finding| finding.judgement.who == who).count();
    let known: Vec<&Finding> = all.iter().filter(|finding| finding.judgement.day.is_some()).collect();
    let first = known.iter().find(|finding| !finding.is_hygiene());
    let first = first.and_then(|finding| Some((finding.name(basis), finding.judgement.expires?)));
    let first = first
        .map(|(name, expires)| format!("; first {name} {}", Expiry::of(expires, basis.now).words()))
        .unwrap_or_default();
    let waiting = match warned - due {
        0 => String::new(),
        waiting => format!(", {waiting} more need a person although their end is far off or not known"),
    };
    let unclear = match of(WhoActs::Unknown) {
        0 => String::new(),
        unclear => format!(", for {unclear} of them who acts is unknown"),
    };
    let counts = format!(
        "{} expire within {}, {due} within {}{waiting}, {} of them need you{unclear}{first}",
        within(limits.urgent),
        days(args.crit),
        days(args.warn),
        of(WhoActs::You)
    );
    let bindings = [(Cause::WrongName, NOT_COVERED), (Cause::CertificateNotRead, NOT_KNOWN)]
        .map(|(cause, words)| bindings(all.iter().filter(|one| one.judgement.cause == cause), basis, words));
    let line = format!(
        "{} certificates and orders, {counts}{}{}{}|critical={critical} warning={warned}",
        known.len(),
        bindings.concat(),
        tidying(&hygiene, counts_hygiene, basis),
        unread(basis.estate)
    );
    (worst.into(), line)
}

/// The first of the bindings that something is wrong with, and how many more there are.
fn bindings<'a>(all: impl Iterator<Item = &'a Finding>, basis: &Basis<'_>, words: &str) -> String {
    let names: Vec<String> = all.map(|one| one.name(basis)).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => format!("; the binding of {one}: {words}"),
        [one, rest @ ..] => format!("; the binding of {one} and {} more: {words}", rest.len()),
    }
}

/// How much could be tidied up; the first of it where it counts.
fn tidying(hygiene: &[&Finding], is_counted: bool, basis: &Basis<'_>) -> String {
    match (hygiene, is_counted) {
        ([], _) => String::new(),
        (all, false) => format!("; {} of hygiene, not counted", all.len()),
        ([first, ..], true) => {
            format!("; {} of hygiene: first {}, {}", hygiene.len(), first.name(basis), first.line(basis))
        }
    }
}

/// What could not be read, the first of it with the reason.
fn unread(estate: &Estate) -> String {
    let Some(first) = estate.gaps.iter().find(|gap| gap.hides_something()) else { return String::new() };
    let why = first.problem.why.replace('\n', "; ");
    format!("; {} parts could not be read: {}: {why}", hidden(estate), first.what)
}

fn days(span: SignedDuration) -> String {
    format!("{} d", span.as_hours() / 24)
}

#[cfg(test)]
mod tests;
