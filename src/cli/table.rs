//! Rows for people (aligned) and for programs (JSON, CSV, TSV): one value, four ways to write it.

use std::io::{self, Write};

use clap::ValueEnum;
use serde::Serializer as _;
use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr;

use crate::tables::line;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    #[default]
    Table,
    Json,
    Csv,
    Tsv,
}

/// The key, for programs, and the title, for people, of each cell of a row.
pub(super) type Columns = Vec<(&'static str, &'static str)>;

/// Rows that are made when they are written: all of a large estate at once would take half as much memory as
/// the estate.
pub(super) struct OutputTable<'e> {
    columns: Columns,
    row: Box<dyn Fn(usize) -> Vec<Value> + 'e>,
    /// The places of the rows to write, in their order.
    order: Vec<usize>,
}

impl<'e> OutputTable<'e> {
    pub(super) fn new(columns: Columns, rows: Vec<Vec<Value>>) -> Self {
        Self { columns, order: (0..rows.len()).collect(), row: Box::new(move |place| rows[place].clone()) }
    }

    /// `row` makes the row of a place.
    pub(super) fn of(columns: Columns, order: Vec<usize>, row: impl Fn(usize) -> Vec<Value> + 'e) -> Self {
        Self { columns, order, row: Box::new(row) }
    }

    fn rows(&self) -> impl Iterator<Item = Vec<Value>> {
        self.order.iter().map(|place| (self.row)(*place))
    }

    pub(super) fn write(&self, format: Format, out: &mut impl Write) -> io::Result<()> {
        match format {
            Format::Table => self.write_aligned(out),
            Format::Json => {
                serde_json::Serializer::pretty(&mut *out).collect_seq(self.objects())?;
                writeln!(out)
            }
            Format::Csv => self.write_separated(out, ",", quoted),
            Format::Tsv => self.write_separated(out, "\t", |text| text.replace(['\t', '\n', '\r'], " ")),
        }
    }

    fn objects(&self) -> impl Iterator<Item = Map<String, Value>> {
        self.rows().map(|row| self.columns.iter().map(|(key, _)| (*key).to_owned()).zip(row).collect())
    }

    fn write_separated(
        &self,
        out: &mut impl Write,
        separator: &str,
        quote: impl Fn(&str) -> String,
    ) -> io::Result<()> {
        let keys: Vec<String> = self.columns.iter().map(|(key, _)| quote(key)).collect();
        writeln!(out, "{}", keys.join(separator))?;
        for row in self.rows() {
            let cells: Vec<String> = row.iter().map(|cell| quote(&line(cell))).collect();
            writeln!(out, "{}", cells.join(separator))?;
        }
        Ok(())
    }

    fn write_aligned(&self, out: &mut impl Write) -> io::Result<()> {
        let titles = || self.columns.iter().map(|(_, title)| (*title).to_owned()).collect::<Vec<_>>();
        let lines = || std::iter::once(titles()).chain(self.rows().map(|row| row.iter().map(line).collect()));
        let mut widths = vec![0; self.columns.len()];
        for line in lines() {
            for (width, cell) in widths.iter_mut().zip(&line) {
                *width = cell.width().max(*width);
            }
        }
        for line in lines() {
            let padded = line
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.width())));
            writeln!(out, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// As RFC 4180 has it.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn written(format: Format) -> String {
        let rows = vec![
            vec![json!("shop, \"old\""), json!(["a", "b"]), json!(9)],
            vec![json!("日本"), json!([]), Value::Null],
        ];
        let mut out = Vec::new();
        OutputTable::new(vec![("name", "Name"), ("hosts", "Hosts"), ("days", "Days")], rows)
            .write(format, &mut out)
            .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_format_says_the_same() {
        assert_eq!(written(Format::Table), "Name         Hosts  Days\nshop, \"old\"  a b    9\n日本\n");
        assert_eq!(written(Format::Csv), "name,hosts,days\n\"shop, \"\"old\"\"\",a b,9\n日本,,\n");
        assert_eq!(written(Format::Tsv), "name\thosts\tdays\nshop, \"old\"\ta b\t9\n日本\t\t\n");
        let json: Value = serde_json::from_str(&written(Format::Json)).unwrap();
        assert_eq!(json[0]["hosts"], json!(["a", "b"]));
        assert_eq!(json[1]["days"], Value::Null);
    }
}
