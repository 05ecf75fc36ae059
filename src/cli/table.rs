//! Rows for people (aligned) and for programs (JSON, CSV, TSV): one value, four ways to write it.

use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    #[default]
    Table,
    Json,
    Csv,
    Tsv,
}

/// `columns` gives the key, for programs, and the title, for people, of each cell of a row.
#[derive(Debug)]
pub struct Table {
    pub columns: &'static [(&'static str, &'static str)],
    pub rows: Vec<Vec<Value>>,
}

impl Table {
    pub fn write(&self, format: Format, out: &mut impl Write) -> io::Result<()> {
        match format {
            Format::Table => self.write_aligned(out),
            Format::Json => {
                serde_json::to_writer_pretty(&mut *out, &self.objects())?;
                writeln!(out)
            }
            Format::Csv => self.write_separated(out, ",", quoted),
            Format::Tsv => self.write_separated(out, "\t", |text| text.replace(['\t', '\n', '\r'], " ")),
        }
    }

    fn objects(&self) -> Vec<Map<String, Value>> {
        let object = |row: &Vec<Value>| self.columns.iter().map(|(key, _)| (*key).to_owned()).zip(row.iter().cloned()).collect();
        self.rows.iter().map(object).collect()
    }

    fn write_separated(&self, out: &mut impl Write, separator: &str, quote: impl Fn(&str) -> String) -> io::Result<()> {
        let keys: Vec<String> = self.columns.iter().map(|(key, _)| quote(key)).collect();
        writeln!(out, "{}", keys.join(separator))?;
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(|cell| quote(&text(cell))).collect();
            writeln!(out, "{}", cells.join(separator))?;
        }
        Ok(())
    }

    fn write_aligned(&self, out: &mut impl Write) -> io::Result<()> {
        let titles = self.columns.iter().map(|(_, title)| (*title).to_owned()).collect();
        let lines: Vec<Vec<String>> =
            std::iter::once(titles).chain(self.rows.iter().map(|row| row.iter().map(text).collect())).collect();
        let width = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.width()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        for line in &lines {
            let padded = line.iter().zip(&widths).map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.width())));
            writeln!(out, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// A cell as one line of text.
pub fn text(cell: &Value) -> String {
    match cell {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// As RFC 4180 has it.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn written(format: Format) -> String {
        let rows = vec![vec![json!("shop, \"old\""), json!(["a", "b"]), json!(9)], vec![json!("日本"), json!([]), Value::Null]];
        let mut out = Vec::new();
        Table { columns: &[("name", "Name"), ("hosts", "Hosts"), ("days", "Days")], rows }.write(format, &mut out).unwrap();
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
