//! The one way to filter rows, on screen and on the command line: words that must all be there, `!word` that must not,
//! `column:word`, `~letters` in this order with anything between.

/// Separates the columns of a row's text; no column contains it, since text from outside is made printable.
pub const SEPARATOR: char = '\u{1f}';

#[derive(Debug, Clone, Default)]
pub struct Filter(Vec<Term>);

/// One condition; all must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    inverse: bool,
    column: Option<usize>,
    fuzzy: bool,
    text: String,
}

impl Filter {
    /// `columns` are the names that may stand before a colon, or begin like what does.
    pub fn parse(text: &str, columns: &[&str]) -> Self {
        Self(text.split_whitespace().filter_map(|word| Term::parse(word, columns)).collect())
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
        let (fuzzy, text) = text.strip_prefix('~').map_or((false, text), |text| (true, text));
        (!text.is_empty()).then(|| Self { inverse, column, fuzzy, text: text.to_owned() })
    }

    fn holds(&self, row: &str) -> bool {
        let text = self.column.map_or(row, |column| row.split(SEPARATOR).nth(column).unwrap_or_default());
        let found = if self.fuzzy { is_spread(&self.text, text) } else { text.contains(&self.text) };
        found != self.inverse
    }
}

/// Whether the letters of `sought` stand in `text` in this order, with anything between them.
pub fn is_spread(sought: &str, text: &str) -> bool {
    let mut letters = text.chars();
    sought.chars().all(|wanted| letters.any(|letter| letter == wanted))
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
