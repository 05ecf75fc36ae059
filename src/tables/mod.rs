//! The tables of the estate: what a row of each type of resource shows, sorts by, is found by and is written
//! as. The panes, `list`, pickers, filters and the detail view read these definitions and have none of their
//! own.

mod apps;
mod bindings;
mod cell;
mod column;
mod fact;
pub mod filter;
mod orders;
mod private;
mod public;
mod vaults;

use serde_json::{Value, json};

pub use apps::APPS;
pub use cell::{Cell, Tone};
pub use column::{Heading, Listed, Rows, SEPARATOR, Searched, SortKey, Table, line};
pub use fact::{Fact, date};
pub use vaults::VAULTS;

pub use crate::model::Basis;

use bindings::BINDINGS;
use orders::ORDERS;
use private::PRIVATE;
use public::PUBLIC;

use crate::health::findings::FindingOn;
use crate::model::{App, Estate, Expiry, ResourceId, Thumbprint, day, quoted};
use jiff::Timestamp;

/// The four tables that have a pane on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaneName {
    Private,
    Public,
    Orders,
    Bindings,
}

impl PaneName {
    pub const ALL: [Self; 4] = [Self::Private, Self::Public, Self::Orders, Self::Bindings];

    pub fn table(self) -> &'static dyn Rows {
        match self {
            Self::Private => &PRIVATE,
            Self::Public => &PUBLIC,
            Self::Orders => &ORDERS,
            Self::Bindings => &BINDINGS,
        }
    }

    /// The name on screen, exactly as the portal has it.
    pub fn title(self) -> &'static str {
        self.table().words().title
    }

    /// One row of the pane, for a sentence.
    pub fn singular(self) -> &'static str {
        self.table().words().singular
    }

    /// Its name in the settings.
    pub fn key(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Public => "public",
            Self::Orders => "orders",
            Self::Bindings => "bindings",
        }
    }

    /// The columns by the keys that a person wrote; the first that there is not is the error, with those that
    /// there are.
    pub fn columns(self, keys: &[String]) -> Result<Vec<&'static str>, String> {
        let headings = self.table().headings();
        let find = |key: &String| {
            headings.iter().find(|heading| heading.key == key).map(|heading| heading.key).ok_or_else(|| {
                let known: Vec<&str> = headings.iter().map(|heading| heading.key).collect();
                format!("there is no column '{}': {}", quoted(key), known.join(", "))
            })
        };
        keys.iter().map(find).collect()
    }

    pub fn index(self) -> usize {
        self as usize
    }

    /// The pane with the row of a finding; none shows a part that was not read.
    pub fn of(on: FindingOn) -> Option<Self> {
        match on {
            FindingOn::Private | FindingOn::Webspace => Some(Self::Private),
            FindingOn::Public => Some(Self::Public),
            FindingOn::Order | FindingOn::Subscription => Some(Self::Orders),
            FindingOn::Binding | FindingOn::App => Some(Self::Bindings),
            FindingOn::Part => None,
        }
    }
}

/// An app by its label, as far as it was read.
pub fn app_label(estate: &Estate, id: &ResourceId) -> String {
    estate.app(id).map_or_else(|| id.name().to_owned(), App::label)
}

fn thumbprint_cell(thumbprint: Option<&Thumbprint>) -> Cell {
    thumbprint.map_or_else(|| Cell::dim(""), |print| Cell::new(print.short()))
}

fn put_group(id: &ResourceId, out: &mut String) {
    out.push_str(id.resource_group());
}

fn put_subscription(basis: &Basis<'_>, id: &ResourceId, out: &mut String) {
    out.push_str(basis.estate.subscription_name(id));
}

fn put_end(expires: Option<Timestamp>, cell: &Cell, out: &mut String) {
    out.push_str(&cell.text);
    if let Some(expires) = expires {
        out.push(' ');
        out.push_str(&day(expires));
    }
}

fn by_time(at: Option<Timestamp>) -> SortKey {
    at.map_or(SortKey::None, |at| SortKey::Number(at.as_second()))
}

fn time(at: Option<Timestamp>) -> Value {
    json!(at.map(day))
}

fn days(expires: Option<Timestamp>, now: Timestamp) -> Value {
    json!(expires.map(|expires| Expiry::of(expires, now).days()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_key_names_one_column_and_what_is_drawn_can_be_searched_and_sorted_by() {
        let panes = PaneName::ALL.map(PaneName::table);
        for table in panes.into_iter().chain([&APPS as &dyn Rows, &VAULTS]) {
            let keys: Vec<&str> = table.searched_in_list().iter().map(|column| column.key).collect();
            assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "{keys:?}");
            assert!(keys.iter().all(|key| key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')));
            assert!(keys.contains(&table.words().sorted_by));
            let kept: Vec<&str> = table.searched().iter().map(|column| column.key).collect();
            for heading in table.headings() {
                assert_eq!(kept[table.text_place(heading.key)], heading.key);
            }
        }
    }
}
