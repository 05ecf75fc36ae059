//! The one way to filter rows, on screen and on the command line: words that must all be there, `!word` that must not,
//! `column:word`, `~letters` in this order with anything between.

use memchr::memmem::Finder;

/// Separates the columns of a row's text; no column contains it, since text from outside is made printable.
pub const SEPARATOR: char = '\u{1f}';

#[derive(Debug, Clone, Default)]
pub struct Filter(Vec<Term>);

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

impl Filter {
    /// `columns` are the names that may stand before a colon, or begin like what does.
    pub fn parse(text: &str, columns: &[&str]) -> Self {
        Self(text.split_whitespace().filter_map(|word| Term::parse(word, columns)).collect())
    }

    /// Whether every row passes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `row` is in lower case, its columns joined by [`SEPARATOR`].
    pub fn holds(&self, row: &str) -> bool {
        self.0.iter().all(|term| term.holds(row))
    }
}

impl Term {
    fn parse(word: &str, columns: &[&str]) -> Option<Self> {
        let word = word.to_lowercase();
        let (inverse, rest) = word.strip_prefix('!').map_or((false, word.as_str()), |rest| (true, rest));
        let named = rest.split_once(':').and_then(|(name, text)| {
            let column = columns.iter().position(|column| !name.is_empty() && column.starts_with(name))?;
            Some((Some(column), text))
        });
        let (column, text) = named.unwrap_or((None, rest));
        let (is_fuzzy, text) = text.strip_prefix('~').map_or((false, text), |text| (true, text));
        let sought =
            if is_fuzzy { Sought::Letters(text.to_owned()) } else { Sought::Word(Box::new(Finder::new(text).into_owned())) };
        (!text.is_empty()).then_some(Self { inverse, column, sought })
    }

    fn holds(&self, row: &str) -> bool {
        let text = self.column.map_or(row, |column| row.split(SEPARATOR).nth(column).unwrap_or_default());
        let found = match &self.sought {
            Sought::Word(word) => word.find(text.as_bytes()).is_some(),
            Sought::Letters(letters) => is_spread(letters, text),
        };
        found != self.inverse
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(Filter::parse(filter, &["name", "source"]).holds(&row), expected, "{filter}");
        }
    }
}
