//! The one way to filter rows, on screen and on the command line: words that must all be there, `!word` that
//! must not, `column:word`, `~letters` in this order with anything between.
//!
//! A word alone is looked for in the columns that name a row, whichever are on screen: what
//! was typed to go to one row must not lead to another by its group. Every other column takes
//! `column:word`.

use memchr::memmem::Finder;

use super::{SEPARATOR, Searched};
use crate::model::quoted;

#[derive(Debug, Clone, Default)]
pub struct Filter {
    terms: Vec<Term>,
    /// The places of the columns that a word alone is looked for in.
    plain: Vec<usize>,
    refusal: Option<String>,
}

/// One condition; all must hold.
#[derive(Debug, Clone)]
struct Term {
    inverse: bool,
    column: Option<usize>,
    sought: Sought,
}

#[derive(Debug, Clone)]
enum Sought {
    /// Prepared once: a hundred thousand rows are searched with every key.
    Word(Box<Finder<'static>>),
    Letters(String),
}

impl Sought {
    fn is_in(&self, text: &str) -> bool {
        match self {
            Self::Word(word) => word.find(text.as_bytes()).is_some(),
            Self::Letters(letters) => is_spread(letters, text),
        }
    }
}

impl Filter {
    /// `columns` are those that stand in the text of a row, in their order; the beginning of a name is enough.
    pub fn parse(text: &str, columns: &[Searched]) -> Self {
        let plain = (0..columns.len()).filter(|at| columns[*at].names_row).collect();
        let mut filter = Self { terms: Vec::new(), plain, refusal: None };
        for word in text.split_whitespace() {
            match Term::parse(word, columns) {
                Ok(term) => filter.terms.extend(term),
                Err(why) => filter.refusal = filter.refusal.take().or(Some(why)),
            }
        }
        filter
    }

    /// Why no row can pass: a column that there is none of.
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    /// Whether every row passes.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.refusal.is_none()
    }

    /// The words that a row shows because of them, in lower case, as far as they are looked for in this column.
    pub fn sought_in(&self, column: usize) -> impl Iterator<Item = &str> {
        let is_here = move |term: &&Term| match term.column {
            Some(own) => own == column,
            None => self.plain.contains(&column),
        };
        self.terms.iter().filter(is_here).filter(|term| !term.inverse).filter_map(|term| match &term.sought {
            Sought::Word(word) => std::str::from_utf8(word.needle()).ok(),
            Sought::Letters(_) => None,
        })
    }

    /// `row` is in lower case, its columns joined by [`SEPARATOR`].
    pub fn holds(&self, row: &str) -> bool {
        self.refusal.is_none() && self.terms.iter().all(|term| term.holds(row, &self.plain))
    }
}

impl Term {
    fn parse(word: &str, columns: &[Searched]) -> Result<Option<Self>, String> {
        let word = word.to_lowercase();
        let (inverse, rest) = word.strip_prefix('!').map_or((false, word.as_str()), |rest| (true, rest));
        let joined = joined_digits(rest);
        let rest = joined.as_deref().unwrap_or(rest);
        let (column, text) = match rest.split_once(':').filter(|(name, _)| !name.is_empty()) {
            None => (None, rest),
            Some((name, text)) => {
                let name = slug(name);
                let column = columns.iter().position(|column| column.is_named(&name));
                let none = || {
                    let known: Vec<String> = columns.iter().map(Searched::shown).collect();
                    format!("there is no column '{}': {}", quoted(&name), known.join(", "))
                };
                (Some(column.ok_or_else(none)?), text)
            }
        };
        let (is_fuzzy, text) = text.strip_prefix('~').map_or((false, text), |text| (true, text));
        let sought = if is_fuzzy {
            Sought::Letters(text.to_owned())
        } else {
            Sought::Word(Box::new(Finder::new(text).into_owned()))
        };
        Ok((!text.is_empty()).then_some(Self { inverse, column, sought }))
    }

    fn holds(&self, row: &str, plain: &[usize]) -> bool {
        let found = match self.column {
            Some(column) => self.sought.is_in(row.split(SEPARATOR).nth(column).unwrap_or_default()),
            // What is not in the row at all, which is quickly seen, is in none of its columns.
            None => {
                self.sought.is_in(row)
                    && row
                        .split(SEPARATOR)
                        .enumerate()
                        .any(|(at, text)| plain.contains(&at) && self.sought.is_in(text))
            }
        };
        found != self.inverse
    }
}

impl Searched {
    /// Whether `slug` is the beginning of one of its names.
    fn is_named(&self, slug: &str) -> bool {
        let names = [Some(self.key), Some(self.title), self.alias];
        names.into_iter().flatten().any(|name| self::slug(name).starts_with(slug))
    }

    /// The name that is offered.
    fn shown(&self) -> String {
        slug(self.alias.unwrap_or(self.key))
    }
}

/// `Who acts` and `who_acts` as `who-acts`.
fn slug(name: &str) -> String {
    name.to_lowercase().replace(['_', ' '], "-")
}

/// A thumbprint, or its beginning, as many tools write it: pairs of digits with colons between.
fn joined_digits(word: &str) -> Option<String> {
    let is_pair = |pair: &str| pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit());
    (word.contains(':') && word.split(':').all(is_pair)).then(|| word.replace(':', ""))
}

/// Whether the letters of `sought` stand in `text` in this order, with anything between them.
pub fn is_spread(sought: &str, text: &str) -> bool {
    let mut rest = text;
    sought.chars().all(|letter| match rest.find(letter) {
        Some(at) => {
            rest = &rest[at + letter.len_utf8()..];
            true
        }
        None => false,
    })
}

/// Columns by key alone, of which the usual ones name a row.
#[cfg(test)]
pub(crate) fn searched(keys: &[&'static str]) -> Vec<Searched> {
    let names_row = |key: &str| matches!(key, "name" | "source" | "who_acts" | "thumbprint");
    keys.iter().map(|key| Searched { key, title: key, alias: None, names_row: names_row(key) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_alone_is_looked_for_where_a_row_is_named_and_anything_else_by_its_column_a3() {
        let columns = ["name", "source", "group", "subscription", "tags", "thumbprint"];
        let row = ["blog-2025", "uploaded", "rg-shop", "contoso production", "team=shop", "ab12cd"]
            .join(&SEPARATOR.to_string());
        let holds = |text: &str| Filter::parse(text, &searched(&columns)).holds(&row);
        for found in [
            "blog",
            "uploaded",
            "ab12",
            "AB:12:CD",
            "group:shop",
            "subscription:production",
            "tags:team=shop",
            "gr:rg-",
        ] {
            assert!(holds(found), "{found}");
        }
        for hidden in ["shop", "contoso", "team=", "~rgshop"] {
            assert!(!holds(hidden) && holds(&format!("!{hidden}")), "{hidden}");
        }
    }

    #[test]
    fn a_column_that_there_is_none_of_is_said_and_matches_nothing_a19() {
        let filter = Filter::parse("issuer:go shop", &searched(&["name", "who_acts"]));
        assert_eq!(filter.refusal(), Some("there is no column 'issuer': name, who-acts"));
        assert!(!filter.holds("shop") && !filter.is_empty());
        assert_eq!(
            Filter::parse("who_acts:you who-acts:you :x", &searched(&["name", "who_acts"])).refusal(),
            None
        );
    }

    #[test]
    fn a_filter_finds_leaves_out_and_looks_into_one_column() {
        let row = format!("shop-2026{SEPARATOR}uploaded");
        for (filter, expected) in [
            ("", true),
            ("shop UPL", true),
            ("!shop", false),
            ("source:upl", true),
            ("name:upl", false),
            ("!name:upl", true),
            ("so:upl", true),
            ("~sp26", true),
        ] {
            assert_eq!(
                Filter::parse(filter, &searched(&["name", "source"])).holds(&row),
                expected,
                "{filter}"
            );
        }
    }
}
