//! `certdeck list KIND`: the estate as rows, for people and for programs.

use std::io::{self, Write};
use std::time::Duration;

use clap::ValueEnum;
use jiff::Timestamp;
use serde_json::Value;

use super::reading::{self, Public};
use super::rows;
use super::session::Session;
use super::table::{Format, Table, text};
use super::{CliError, Exit, deadline, words};
use crate::app::filter::{Filter, SEPARATOR};
use crate::azure::Deadline;
use crate::model::{Estate, Gap, Tags};
use crate::rules::Rules;

#[derive(Debug, clap::Args)]
pub struct Args {
    kind: Kind,
    /// Only rows with this text in a column that names them (name, hosts, source, who acts, thumbprint);
    /// `!text` without it, `column:text` in any column (also group, subscription, tags), `~letters` in this
    /// order; all must hold
    #[arg(long, value_name = "TEXT", default_value = "")]
    filter: String,
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    /// Show what was read within this time, such as 90s or 5m, and what is missing
    #[arg(long, value_name = "TIME", default_value = deadline::USUAL, value_parser = deadline::span)]
    timeout: Duration,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// Private key certificates
    Private,
    /// Public certificates
    Public,
    /// App Service certificate orders
    Orders,
    /// Hostname bindings
    Bindings,
    /// Apps and their slots
    Apps,
    /// Key vaults
    Vaults,
}

impl Kind {
    fn table<'e>(self, estate: &'e Estate, rules: &'e Rules, now: Timestamp) -> Table<'e> {
        match self {
            Self::Private => rows::private(estate, rules, now),
            Self::Public => rows::public(estate, now),
            Self::Orders => rows::orders(estate, now),
            Self::Bindings => rows::bindings(estate, now),
            Self::Apps => rows::apps(estate, now),
            Self::Vaults => rows::vaults(estate, now),
        }
    }
}

/// What a filter can ask for besides the columns that are written.
const HIDDEN: [&str; 3] = ["group", "subscription", "tags"];

impl Kind {
    /// The values of [`HIDDEN`] for one row.
    fn hidden(self, estate: &Estate, place: usize) -> [String; 3] {
        let none = Tags::default();
        let (id, tags) = match self {
            Self::Private => (estate.certificates[place].id.clone(), &estate.certificates[place].tags),
            Self::Public => (estate.public_certificates[place].id.clone(), &none),
            Self::Orders => (estate.orders[place].id.clone(), &estate.orders[place].tags),
            Self::Bindings => (estate.bindings[place].id(), &none),
            Self::Apps => (estate.apps[place].id.clone(), &none),
            Self::Vaults => (estate.vaults[place].id.clone(), &estate.vaults[place].tags),
        };
        [id.resource_group().to_owned(), estate.subscription_name(&id).to_string(), tags.words()]
    }
}

pub async fn run(args: &Args, session: &Session) -> Result<Exit, CliError> {
    let client = session.reader(&session.target()?, Deadline::after(args.timeout)).await?;
    let public = if matches!(args.kind, Kind::Public) { Public::Read } else { Public::LeftOut };
    let mut estate = reading::estate(session, &client, public).await?;
    if matches!(args.kind, Kind::Private) {
        reading::add_upkeep(session, &client, &mut estate).await?;
    }
    let rules = session.rules()?;
    let mut table = args.kind.table(&estate, &rules, client.now());
    let columns: Vec<&str> = table.columns.iter().map(|(key, _)| *key).chain(HIDDEN).collect();
    let filter = Filter::parse(&args.filter, &columns);
    if let Some(why) = filter.refusal() {
        return Err(CliError::Usage(why.to_owned()));
    }
    let as_text = |place: usize, row: &[Value]| {
        let hidden = args.kind.hidden(&estate, place);
        row.iter().map(text).chain(hidden).collect::<Vec<_>>().join(&SEPARATOR.to_string()).to_lowercase()
    };
    if !filter.is_empty() {
        table.retain(|place, row| filter.holds(&as_text(place, row)));
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    table.write(args.output, &mut out).and_then(|()| out.flush()).map_err(CliError::Output)?;
    for gap in &estate.gaps {
        words(&format!("not read: {}: {}", gap.what, gap.problem.why));
    }
    Ok(if estate.gaps.iter().any(Gap::hides_something) { Exit::Cloud } else { Exit::Done })
}
