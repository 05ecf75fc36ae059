//! The four panes: what their columns are, and how a row of the estate becomes cells, sort keys and facts.
//! Cells are made for the rows on screen only; the list holds ids and one searchable text a row.

mod bindings;
mod orders;
mod private;
mod public;

use jiff::Timestamp;

pub(super) use bindings::is_of_platform;
pub use orders::steps as order_steps;

use super::field::Field;
use super::list::{List, SEPARATOR, Sort, SortKey};
use super::scope::Scope;
use crate::model::{Estate, Expiry, Hostname, PrivateCertificate, ResourceId};
use crate::rules::Rules;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaneName {
    Private,
    Public,
    Orders,
    Bindings,
}

impl PaneName {
    pub const ALL: [Self; 4] = [Self::Private, Self::Public, Self::Orders, Self::Bindings];

    /// The name on screen, exactly as the portal has it (DESIGN.md, Words).
    pub fn title(self) -> &'static str {
        match self {
            Self::Private => "Private Key Certificates",
            Self::Public => "Public Certificates",
            Self::Orders => "Orders",
            Self::Bindings => "Bindings",
        }
    }

    /// One row of the pane, for a sentence.
    pub fn singular(self) -> &'static str {
        match self {
            Self::Private => "private key certificate",
            Self::Public => "public certificate",
            Self::Orders => "order",
            Self::Bindings => "binding",
        }
    }

    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Private => private::COLUMNS,
            Self::Public => public::COLUMNS,
            Self::Orders => orders::COLUMNS,
            Self::Bindings => bindings::COLUMNS,
        }
    }

    /// What a filter can ask for although it is not a column on screen.
    fn hidden(self) -> &'static [&'static str] {
        match self {
            Self::Private | Self::Orders => &["thumbprint", "group", "subscription", "tags"],
            Self::Public | Self::Bindings => &["group", "subscription"],
        }
    }

    pub fn index(self) -> usize {
        self as usize
    }

    /// What to do when there is nothing of the kind.
    pub fn empty_words(self) -> &'static str {
        match self {
            Self::Private => {
                "No private key certificates. Press a to add one: buy, create, import or upload."
            }
            Self::Public => {
                "No public certificates. They are loaded by the code of an app and secure no hostname."
            }
            Self::Orders => "No certificate orders. :purchase buys an App Service certificate.",
            Self::Bindings => {
                "No hostname bindings. Map a custom domain to an app first; then b binds a certificate."
            }
        }
    }
}

/// How a value stands, which a view shows by a glyph and a word besides any colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    Good,
    Soon,
    Urgent,
    Dim,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    pub tone: Tone,
    /// Whether the view puts the tone's glyph after the text.
    pub marked: bool,
    /// A row of check marks, as the Steps of an order.
    pub checks: Option<[bool; 3]>,
}

impl Cell {
    fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone, ..Self::default() }
    }

    /// Where nothing is known: a word, not an empty place.
    fn dim(text: impl Into<String>) -> Self {
        Self::toned(text, Tone::Dim)
    }

    fn revoked() -> Self {
        Self { marked: true, ..Self::toned("revoked", Tone::Urgent) }
    }

    fn end_of(estate: &Estate, certificate: &PrivateCertificate, now: Timestamp) -> Self {
        if estate.is_revoked(certificate, now) {
            Self::revoked()
        } else {
            Self::expiry(certificate.expires, now)
        }
    }

    fn expiry(expires: Option<Timestamp>, now: Timestamp) -> Self {
        expires.map_or_else(
            || Self::dim("not issued"),
            |expires| {
                let tone = urgency(expires, now);
                let marked = matches!(tone, Tone::Urgent | Tone::Soon);
                let words = Expiry::of(expires, now).words();
                // Under a title that says Expires, `3 d ago` is enough.
                Self { text: words.trim_start_matches("expired ").to_owned(), tone, marked, checks: None }
            },
        )
    }
}

#[derive(Debug)]
pub struct Column {
    pub title: &'static str,
    /// Columns on screen at least.
    pub width: u16,
    /// Share of the room that is left over.
    pub grow: u16,
    /// Where the screen is narrow, the column with the lowest rank goes first; the detail view has it.
    pub rank: u8,
}

const fn column(title: &'static str, width: u16, grow: u16, rank: u8) -> Column {
    Column { title, width, grow, rank }
}

/// A line of a detail view; its value can be copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub label: &'static str,
    pub value: String,
    pub tone: Tone,
}

impl Fact {
    fn new(label: &'static str, value: impl Into<String>) -> Self {
        Self { label, value: value.into(), tone: Tone::Plain }
    }

    fn end_of(estate: &Estate, certificate: &PrivateCertificate, now: Timestamp) -> Self {
        if estate.is_revoked(certificate, now) {
            return Self::revoked(certificate.expires);
        }
        Self::expiry("Expires", certificate.expires, now)
    }

    fn revoked(expires: Option<Timestamp>) -> Self {
        let end = expires.map(|end| format!(", whatever its end says ({})", date(end))).unwrap_or_default();
        Self { label: "Expires", value: format!("revoked{end}"), tone: Tone::Urgent }
    }

    fn expiry(label: &'static str, expires: Option<Timestamp>, now: Timestamp) -> Self {
        expires.map_or_else(
            || Self { label, value: "not issued yet".into(), tone: Tone::Dim },
            |expires| Self {
                label,
                value: format!("{} ({})", Expiry::of(expires, now).words(), date(expires)),
                tone: urgency(expires, now),
            },
        )
    }

    fn known(label: &'static str, value: Option<impl Into<String>>) -> Option<Self> {
        value.map(|value| Self::new(label, value))
    }
}

/// Days before an expiry from which a list calls it urgent or soon: the defaults of `certdeck check`, no
/// platform rule.
const URGENT_DAYS: i64 = 7;
const SOON_DAYS: i64 = 30;

pub fn urgency(expires: Timestamp, now: Timestamp) -> Tone {
    match Expiry::of(expires, now).days() {
        days if days < URGENT_DAYS => Tone::Urgent,
        days if days < SOON_DAYS => Tone::Soon,
        _ => Tone::Good,
    }
}

/// `2026-11-22 14:02 UTC`.
pub fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// One pane: its list, and the filter as typed.
#[derive(Debug, Clone)]
pub struct Pane {
    pub name: PaneName,
    pub list: List,
    pub filter: Field,
    /// Whether keys go into the filter.
    pub is_filtering: bool,
    pub sort: Sort,
    /// The same in all panes.
    pub scope: Scope,
    /// Whether the estate is newer than the rows: a pane is filled when it is looked at.
    pub is_stale: bool,
}

impl Pane {
    pub fn new(name: PaneName) -> Self {
        let column = match name {
            PaneName::Private => 3,
            PaneName::Public => 4,
            PaneName::Orders | PaneName::Bindings => 0,
        };
        Self {
            name,
            list: List::default(),
            filter: Field::default(),
            is_filtering: false,
            sort: Sort { column, reversed: false },
            scope: Scope::default(),
            is_stale: false,
        }
    }

    /// Takes a newly read estate; filter, order, cursor and marks stay.
    pub fn fill(&mut self, estate: &Estate, rules: &Rules, now: Timestamp) {
        self.is_stale = false;
        let name = self.name;
        self.list.fill(count(name, estate), |place, text| {
            for (cell, column) in cells(name, estate, rules, place, now).into_iter().zip(name.columns()) {
                match column.title {
                    "Thumbprint" => push_thumbprint(name, estate, place, text),
                    "Hosts" => push_hosts(&estate.certificates[place].hosts, text),
                    _ => text.push_str(&cell.text),
                }
                text.push(SEPARATOR);
            }
            let id = id(name, estate, place);
            for column in name.hidden() {
                match *column {
                    "thumbprint" => push_thumbprint(name, estate, place, text),
                    "group" => text.push_str(id.resource_group()),
                    "subscription" => text.push_str(estate.subscription_name(&id)),
                    _ => text.push_str(&tags(name, estate, place)),
                }
                text.push(SEPARATOR);
            }
            id
        });
        self.list.admit(self.scope.admits(name, estate));
        self.refilter();
        self.resort(estate);
    }

    pub fn refilter(&mut self) {
        let names = self.column_names();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.list.filter(self.filter.text(), &names);
    }

    /// What may stand before a colon in a filter.
    pub(super) fn column_names(&self) -> Vec<String> {
        let drawn = self.name.columns().iter().map(|column| column.title.to_lowercase().replace(' ', "-"));
        drawn.chain(self.name.hidden().iter().map(|column| (*column).to_owned())).collect()
    }

    pub fn resort(&mut self, estate: &Estate) {
        let Sort { column, reversed } = self.sort;
        self.list.sort(column, |place| sort_key(self.name, estate, place, column), reversed);
    }
}

/// How many rows a pane has, unfiltered.
pub fn count(name: PaneName, estate: &Estate) -> usize {
    match name {
        PaneName::Private => estate.certificates.len(),
        PaneName::Public => estate.public_certificates.len(),
        PaneName::Orders => estate.orders.len(),
        PaneName::Bindings => estate.bindings.len(),
    }
}

pub fn id(name: PaneName, estate: &Estate, place: usize) -> ResourceId {
    match name {
        PaneName::Private => estate.certificates[place].id.clone(),
        PaneName::Public => estate.public_certificates[place].id.clone(),
        PaneName::Orders => estate.orders[place].id.clone(),
        PaneName::Bindings => estate.bindings[place].id(),
    }
}

/// The row as drawn, one cell a column.
pub fn cells(name: PaneName, estate: &Estate, rules: &Rules, place: usize, now: Timestamp) -> Vec<Cell> {
    match name {
        PaneName::Private => private::cells(estate, rules, &estate.certificates[place], now),
        PaneName::Public => public::cells(estate, &estate.public_certificates[place], now),
        PaneName::Orders => orders::cells(estate, &estate.orders[place], now),
        PaneName::Bindings => bindings::cells(estate, &estate.bindings[place], now),
    }
}

/// All digits, where the screen has room for a few.
fn push_thumbprint(name: PaneName, estate: &Estate, place: usize, text: &mut String) {
    let thumbprint = match name {
        PaneName::Private => &estate.certificates[place].thumbprint,
        PaneName::Public => &estate.public_certificates[place].thumbprint,
        PaneName::Orders => &estate.orders[place].thumbprint,
        PaneName::Bindings => &estate.bindings[place].thumbprint,
    };
    text.push_str(thumbprint.as_ref().map_or("", |thumbprint| thumbprint.as_str()));
}

/// All hosts, where the screen shows the first.
fn push_hosts(hosts: &[Hostname], text: &mut String) {
    for host in hosts {
        text.push_str(host.as_str());
        text.push(' ');
    }
}

fn tags(name: PaneName, estate: &Estate, place: usize) -> String {
    match name {
        PaneName::Private => estate.certificates[place].tags.words(),
        PaneName::Orders => estate.orders[place].tags.words(),
        PaneName::Public | PaneName::Bindings => String::new(),
    }
}

/// Most columns sort by their text.
fn sort_key(name: PaneName, estate: &Estate, place: usize, column: usize) -> SortKey {
    match (name, name.columns()[column].title) {
        (_, "Expires") => {
            expires(name, estate, place).map_or(SortKey::None, |at| SortKey::Number(at.as_second()))
        }
        (PaneName::Orders, "Steps") => {
            let done = orders::steps(estate, &estate.orders[place]).into_iter().filter(|done| *done);
            SortKey::Number(done.map(|_| 1).sum())
        }
        // Hostnames that Azure secures by itself need nobody's attention: they come last.
        (PaneName::Bindings, "Hostname") if bindings::is_of_platform(estate, &estate.bindings[place]) => {
            SortKey::None
        }
        _ => SortKey::Text,
    }
}

fn expires(name: PaneName, estate: &Estate, place: usize) -> Option<Timestamp> {
    match name {
        PaneName::Private => estate.certificates[place].expires,
        PaneName::Public => estate.public_certificates[place].expires,
        PaneName::Orders => estate.orders[place].expires,
        PaneName::Bindings => estate.certificate_of(&estate.bindings[place])?.expires,
    }
}

/// Everything that is worth reading about one resource.
pub fn facts(name: PaneName, estate: &Estate, rules: &Rules, place: usize, now: Timestamp) -> Vec<Fact> {
    match name {
        PaneName::Private => private::facts(estate, rules, &estate.certificates[place], now),
        PaneName::Public => public::facts(estate, &estate.public_certificates[place], now),
        PaneName::Orders => orders::facts(estate, &estate.orders[place], now),
        PaneName::Bindings => bindings::facts(estate, rules, &estate.bindings[place], now),
    }
}

/// Where a resource comes from, for the end of every list of facts.
fn whereabouts(estate: &Estate, id: &ResourceId) -> [Fact; 3] {
    [
        Fact::new("Resource group", id.resource_group()),
        Fact::new("Subscription", estate.subscription_name(id)),
        Fact::new("Resource id", id.as_str()),
    ]
}

pub(in crate::app) fn app_label(estate: &Estate, id: &ResourceId) -> String {
    estate.app(id).map_or_else(|| id.name().to_owned(), crate::model::App::label)
}

/// `1 app`, `2 apps`.
pub fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}
