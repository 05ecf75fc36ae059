//! A table as data: its columns, each with what it shows, sorts by, is found by and is written as. Everything
//! that shows rows reads these definitions; a column is known by its key alone.

use serde_json::Value;

use super::{Basis, Cell, Fact};
use crate::model::{Estate, ResourceId};

/// Separates the columns of a row's text; no column contains it, since text from outside is made printable.
pub const SEPARATOR: char = '\u{1f}';

/// The rows of one type of resource, and what is known of each.
#[derive(Debug)]
pub struct Table<T: 'static> {
    pub words: Words,
    pub rows: fn(&Estate) -> &[T],
    pub id: fn(&T) -> ResourceId,
    pub columns: &'static [Column<T>],
    /// Everything that is worth reading about one row.
    pub facts: fn(&Basis<'_>, &T) -> Vec<Fact>,
}

/// What a table is called, and how it is first shown.
#[derive(Debug)]
pub struct Words {
    /// Its name on screen.
    pub title: &'static str,
    /// One row, for a sentence.
    pub singular: &'static str,
    /// What to do when there is no row.
    pub empty: &'static str,
    /// The column that it is sorted by at first.
    pub sorted_by: &'static str,
}

/// One column of a table.
#[derive(Debug)]
pub struct Column<T: 'static> {
    /// In JSON and csv, and before a colon in a filter.
    pub key: &'static str,
    pub title: &'static str,
    /// Another name before a colon in a filter.
    alias: Option<&'static str>,
    drawn: Option<Drawn<T>>,
    value: Option<fn(&Basis<'_>, &T) -> Value>,
    /// The text that a filter looks into, where it is not what is drawn or written.
    text: Option<fn(&Basis<'_>, &T, &mut String)>,
    /// The column sorts by its text where it says nothing else.
    sort: Option<fn(&Basis<'_>, &T) -> SortKey>,
    /// Whether a filter on screen can ask for it although it is not drawn.
    is_kept: bool,
    /// Whether it names the row: a filter without a column looks into those.
    names_row: bool,
    /// Whether `list` leaves it out for people, whose lines are short, unless they ask for it.
    is_wide: bool,
}

/// How a column stands on screen.
#[derive(Debug, Clone, Copy)]
struct Drawn<T: 'static> {
    least: u16,
    rank: u8,
    cell: fn(&Basis<'_>, &T) -> Cell,
}

/// The head of a column that the screen can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading {
    pub key: &'static str,
    pub title: &'static str,
    /// It is not cut to fewer columns of the terminal, unless its content is shorter.
    pub least: u16,
    /// Where the screen is narrow, the column with the lowest rank goes first; the detail view has it. None
    /// where it stands on screen only if a person chose it.
    pub rank: Option<u8>,
}

impl Heading {
    /// From this rank on a column is shown although others have to be cut for it. The rest are shown where
    /// there is room for all.
    pub const NEEDED: u8 = 4;
}

/// What a row sorts by in some column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    Number(i64),
    /// The text of the column; rows without any sort last either way up.
    Text,
    /// Nothing there: sorts last either way up.
    None,
}

/// A column as `list` writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    pub key: &'static str,
    pub title: &'static str,
    pub is_wide: bool,
}

/// A column as a filter knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Searched {
    pub key: &'static str,
    pub title: &'static str,
    pub alias: Option<&'static str>,
    pub names_row: bool,
}

impl<T> Column<T> {
    pub(super) const fn new(key: &'static str, title: &'static str) -> Self {
        Self {
            key,
            title,
            alias: None,
            drawn: None,
            value: None,
            text: None,
            sort: None,
            is_kept: false,
            names_row: false,
            is_wide: false,
        }
    }

    /// On screen, where it is cut to `least` columns of the terminal at most.
    pub(super) const fn drawn(self, least: u16, rank: u8, cell: fn(&Basis<'_>, &T) -> Cell) -> Self {
        Self { drawn: Some(Drawn { least, rank, cell }), is_kept: true, ..self }
    }

    /// In `list`, for scripts and people.
    pub(super) const fn value(self, value: fn(&Basis<'_>, &T) -> Value) -> Self {
        Self { value: Some(value), ..self }
    }

    pub(super) const fn text(self, text: fn(&Basis<'_>, &T, &mut String)) -> Self {
        Self { text: Some(text), is_kept: true, ..self }
    }

    pub(super) const fn sort(self, sort: fn(&Basis<'_>, &T) -> SortKey) -> Self {
        Self { sort: Some(sort), ..self }
    }

    pub(super) const fn alias(self, alias: &'static str) -> Self {
        Self { alias: Some(alias), ..self }
    }

    pub(super) const fn names_row(self) -> Self {
        Self { names_row: true, ..self }
    }

    /// For scripts, and for people who ask for it.
    pub(super) const fn wide(self) -> Self {
        Self { is_wide: true, ..self }
    }

    fn heading(&self) -> Heading {
        let least = self.drawn.as_ref().map_or(8, |drawn| drawn.least);
        Heading { key: self.key, title: self.title, least, rank: self.drawn.as_ref().map(|drawn| drawn.rank) }
    }

    fn cell(&self, basis: &Basis<'_>, row: &T) -> Cell {
        if let Some(drawn) = &self.drawn {
            return (drawn.cell)(basis, row);
        }
        let mut text = String::new();
        self.put_text(basis, row, &mut text);
        Cell::new(text.trim_end_matches(SEPARATOR))
    }

    fn searched(&self) -> Searched {
        Searched { key: self.key, title: self.title, alias: self.alias, names_row: self.names_row }
    }

    fn put_text(&self, basis: &Basis<'_>, row: &T, out: &mut String) {
        match (self.text, &self.drawn, self.value) {
            (Some(text), ..) => text(basis, row, out),
            (None, Some(drawn), _) => out.push_str(&(drawn.cell)(basis, row).text),
            (None, None, Some(value)) => out.push_str(&line(&value(basis, row))),
            (None, None, None) => {}
        }
        out.push(SEPARATOR);
    }
}

/// A table without the type of its rows, which are known by their places in the estate.
pub trait Rows: Sync {
    fn words(&self) -> &Words;
    fn count(&self, estate: &Estate) -> usize;
    fn id(&self, estate: &Estate, place: usize) -> ResourceId;
    /// The columns that the screen can show.
    fn headings(&self) -> Vec<Heading>;
    /// What one of these columns shows of a row.
    fn cell(&self, basis: &Basis<'_>, place: usize, key: &str) -> Cell;
    fn facts(&self, basis: &Basis<'_>, place: usize) -> Vec<Fact>;
    /// The columns of `list`.
    fn listed(&self) -> Vec<Listed>;
    /// The row as `list` writes it, one value a key.
    fn values(&self, basis: &Basis<'_>, place: usize) -> Vec<Value>;
    /// What a filter on screen can ask for, in the order of [`Rows::put_text`].
    fn searched(&self) -> Vec<Searched>;
    /// What a filter on screen looks into: the text of each such column, ended by [`SEPARATOR`].
    fn put_text(&self, basis: &Basis<'_>, place: usize, out: &mut String);
    /// What a filter of `list` can ask for: every column.
    fn searched_in_list(&self) -> Vec<Searched>;
    fn put_list_text(&self, basis: &Basis<'_>, place: usize, out: &mut String);
    /// Where the text of a column stands among those of [`Rows::put_text`].
    fn text_place(&self, key: &str) -> usize;
    /// What each row sorts by in this column, in the order of the estate.
    fn sort_keys(&self, basis: &Basis<'_>, key: &str) -> Vec<SortKey>;
}

impl<T> Table<T> {
    fn row<'e>(&self, estate: &'e Estate, place: usize) -> &'e T {
        &(self.rows)(estate)[place]
    }

    fn column(&self, key: &str) -> Option<&Column<T>> {
        self.columns.iter().find(|column| column.key == key)
    }

    fn kept(&self) -> impl Iterator<Item = &'static Column<T>> {
        self.columns.iter().filter(|column| column.is_kept)
    }
}

impl<T> Rows for Table<T> {
    fn words(&self) -> &Words {
        &self.words
    }

    fn count(&self, estate: &Estate) -> usize {
        (self.rows)(estate).len()
    }

    fn id(&self, estate: &Estate, place: usize) -> ResourceId {
        (self.id)(self.row(estate, place))
    }

    fn headings(&self) -> Vec<Heading> {
        self.kept().map(Column::heading).collect()
    }

    fn cell(&self, basis: &Basis<'_>, place: usize, key: &str) -> Cell {
        let row = self.row(basis.estate, place);
        self.column(key).map(|column| column.cell(basis, row)).unwrap_or_default()
    }

    fn facts(&self, basis: &Basis<'_>, place: usize) -> Vec<Fact> {
        (self.facts)(basis, self.row(basis.estate, place))
    }

    fn listed(&self) -> Vec<Listed> {
        let listed = self.columns.iter().filter(|column| column.value.is_some());
        let listed = listed.map(|one| Listed { key: one.key, title: one.title, is_wide: one.is_wide });
        listed.collect()
    }

    fn values(&self, basis: &Basis<'_>, place: usize) -> Vec<Value> {
        let row = self.row(basis.estate, place);
        self.columns.iter().filter_map(|column| Some(column.value?(basis, row))).collect()
    }

    fn searched(&self) -> Vec<Searched> {
        self.kept().map(Column::searched).collect()
    }

    fn put_text(&self, basis: &Basis<'_>, place: usize, out: &mut String) {
        let row = self.row(basis.estate, place);
        self.kept().for_each(|column| column.put_text(basis, row, out));
    }

    fn searched_in_list(&self) -> Vec<Searched> {
        self.columns.iter().map(Column::searched).collect()
    }

    fn put_list_text(&self, basis: &Basis<'_>, place: usize, out: &mut String) {
        let row = self.row(basis.estate, place);
        self.columns.iter().for_each(|column| column.put_text(basis, row, out));
    }

    fn text_place(&self, key: &str) -> usize {
        self.kept().position(|column| column.key == key).unwrap_or_default()
    }

    fn sort_keys(&self, basis: &Basis<'_>, key: &str) -> Vec<SortKey> {
        let rows = (self.rows)(basis.estate);
        match self.column(key).and_then(|column| column.sort) {
            Some(sort) => rows.iter().map(|row| sort(basis, row)).collect(),
            None => vec![SortKey::Text; rows.len()],
        }
    }
}

/// A value of `list` as one line of text.
pub fn line(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Array(items) => items.iter().map(line).collect::<Vec<_>>().join(" "),
        Value::Object(members) => {
            let pair = |(key, value): (&String, &Value)| format!("{key}={}", line(value));
            members.iter().map(pair).collect::<Vec<_>>().join(" ")
        }
        Value::Number(number) => number.to_string(),
    }
}
