//! `certdeck list KIND`: the estate as rows, for people and for programs.

use std::io::{self, Write};

use clap::ValueEnum;
use jiff::Timestamp;
use serde_json::Value;

use super::rows;
use super::session::Session;
use super::table::{Format, Table, text};
use super::{CliError, Exit, words};
use crate::azure::inventory;
use crate::model::Estate;
use crate::rules::Rules;

#[derive(Debug, clap::Args)]
pub struct Args {
    kind: Kind,
    /// Only rows with this text; `!text` without it, `column:text` in that column; several words must all hold
    #[arg(long, value_name = "TEXT", default_value = "")]
    filter: String,
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
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
    fn table(self, estate: &Estate, rules: &Rules, now: Timestamp) -> Table {
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

pub async fn run(args: &Args, session: &Session) -> Result<Exit, CliError> {
    let world = session.world(&session.target()?).await?;
    let estate = inventory::load(&world.client, |_, _| {}).await;
    let estate = estate.map_err(|error| CliError::Cloud(error.problem("Read the inventory")))?;
    let mut table = args.kind.table(&estate, &world.rules, Timestamp::now());
    let columns = table.columns;
    table.rows.retain(|row| matches(&args.filter, columns, row));
    let mut out = io::BufWriter::new(io::stdout().lock());
    table.write(args.output, &mut out).and_then(|()| out.flush()).map_err(CliError::Output)?;
    for gap in &estate.gaps {
        words(&format!("not read: {}: {}", gap.what, gap.why));
    }
    Ok(if estate.gaps.is_empty() { Exit::Done } else { Exit::Cloud })
}

fn matches(filter: &str, columns: &[(&str, &str)], row: &[Value]) -> bool {
    filter.to_lowercase().split_whitespace().all(|term| {
        let (wanted, term) = term.strip_prefix('!').map_or((true, term), |rest| (false, rest));
        let column =
            term.split_once(':').and_then(|(key, rest)| Some((columns.iter().position(|(known, _)| *known == key)?, rest)));
        let (cells, term) = match column {
            Some((place, rest)) => (&row[place..=place], rest),
            None => (row, term),
        };
        cells.iter().any(|cell| text(cell).to_lowercase().contains(term)) == wanted
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::matches;

    #[test]
    fn a_filter_finds_leaves_out_and_looks_into_one_column() {
        let columns = [("name", "Name"), ("source", "Source")];
        let row = [json!("Shop-2026"), json!("uploaded")];
        for (filter, expected) in
            [("", true), ("shop upl", true), ("!shop", false), ("source:upl", true), ("name:upl", false), ("!name:upl", true)]
        {
            assert_eq!(matches(filter, &columns, &row), expected, "{filter}");
        }
    }
}
