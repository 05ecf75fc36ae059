//! `certdeck list KIND`: the estate as rows, for people and for programs.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use clap::ValueEnum;

use super::reading::{self, Public};
use super::session::Session;
use super::table::{Format, OutputTable};
use super::{CliError, Exit, deadline, words};
use crate::azure::Deadline;
use crate::model::{Gap, quoted};
use crate::tables::filter::Filter;
use crate::tables::{APPS, Basis, Listed, PaneName, Rows, VAULTS};

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    kind: ListKind,
    /// Only rows with this text in a column that names them (name, hosts, source, who acts, thumbprint);
    /// `!text` without it, `column:text` in any column (also group, subscription, tags), `~letters` in this
    /// order; all must hold
    #[arg(long, value_name = "TEXT", default_value = "")]
    filter: String,
    /// Only these columns, in this order, such as name,expires,tags; a table leaves out the widest if none are named
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    columns: Vec<String>,
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    /// Show what was read within this time, such as 90s or 5m, and what is missing
    #[arg(long, value_name = "TIME", default_value = deadline::USUAL, value_parser = deadline::span)]
    timeout: Duration,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ListKind {
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

impl ListKind {
    fn rows(self) -> &'static dyn Rows {
        match self {
            Self::Private => PaneName::Private.table(),
            Self::Public => PaneName::Public.table(),
            Self::Orders => PaneName::Orders.table(),
            Self::Bindings => PaneName::Bindings.table(),
            Self::Apps => &APPS,
            Self::Vaults => &VAULTS,
        }
    }
}

/// By then the policies of key vaults are read or left out: only the column of who acts needs them.
const POLICIES: Duration = Duration::from_millis(2_500);
/// They have this long in any case.
const AT_LEAST: Duration = Duration::from_millis(500);

pub(super) async fn run(args: &ListArgs, session: &Session) -> Result<Exit, CliError> {
    let start = Instant::now();
    let client = session.reader(&session.target()?, Deadline::after(args.timeout)).await?;
    let public = if matches!(args.kind, ListKind::Public) { Public::Read } else { Public::LeftOut };
    let mut estate = reading::estate(session, &client, public).await?;
    if matches!(args.kind, ListKind::Private) {
        let left = POLICIES.saturating_sub(start.elapsed()).max(AT_LEAST);
        reading::add_upkeep(session, &client.within(left), &mut estate).await?;
    }
    let rules = session.rules()?;
    let basis = Basis::new(&estate, &rules, client.now());
    let rows = args.kind.rows();
    let places = chosen(&rows.listed(), args)?;
    let columns = places.iter().map(|place| rows.listed()[*place]).map(|one| (one.key, one.title)).collect();
    let filter = Filter::parse(&args.filter, &rows.searched_in_list());
    if let Some(why) = filter.refusal() {
        return Err(CliError::Usage(why.to_owned()));
    }
    let as_text = |place: usize| {
        let mut text = String::new();
        rows.put_list_text(&basis, place, &mut text);
        text.to_lowercase()
    };
    // Parts of an estate come in any order; the id gives each list the same one every time.
    let mut order: Vec<usize> = (0..rows.count(&estate)).collect();
    order.sort_by_cached_key(|place| rows.id(&estate, *place));
    if !filter.is_empty() {
        order.retain(|place| filter.holds(&as_text(*place)));
    }
    let table = OutputTable::of(columns, order, |place| {
        let values = rows.values(&basis, place);
        places.iter().map(|place| values[*place].clone()).collect()
    });
    let mut out = io::BufWriter::new(io::stdout().lock());
    table.write(args.output, &mut out).and_then(|()| out.flush()).map_err(CliError::Output)?;
    reading::say_unread_policies(&estate);
    for gap in &estate.gaps {
        words(&format!("not read: {}: {}", gap.what, gap.problem.why));
    }
    Ok(if estate.gaps.iter().any(Gap::hides_something) { Exit::Cloud } else { Exit::Done })
}

/// The places of the columns to write.
fn chosen(listed: &[Listed], args: &ListArgs) -> Result<Vec<usize>, CliError> {
    if args.columns.is_empty() {
        let is_shown = |one: &Listed| args.output != Format::Table || !one.is_wide;
        return Ok((0..listed.len()).filter(|place| is_shown(&listed[*place])).collect());
    }
    let place = |wanted: &String| {
        let none = || {
            let known: Vec<&str> = listed.iter().map(|one| one.key).collect();
            CliError::Usage(format!("there is no column '{}': {}", quoted(wanted), known.join(", ")))
        };
        listed.iter().position(|one| one.key == wanted.replace('-', "_")).ok_or_else(none)
    };
    args.columns.iter().map(place).collect()
}
