//! The last look at a picture before it goes to the terminal: no cell holds what a terminal obeys, what turns the
//! direction of text or what takes no room, whichever way it came in (settings and arguments among them).

use std::borrow::Cow;

use ratatui::buffer::Buffer;

use crate::model::printable;

/// In the place of a character that cannot be shown.
const HIDDEN: &str = "?";

pub(super) fn guard(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let symbol = cell.symbol();
        if matches!(symbol.as_bytes(), [b' '..=b'~']) || matches!(printable(symbol), Cow::Borrowed(_)) {
            continue;
        }
        let shown: String = symbol.chars().filter(|c| is_shown(*c)).collect();
        cell.set_symbol(if shown.is_empty() { HIDDEN } else { &shown });
    }
}

fn is_shown(c: char) -> bool {
    matches!(printable(c.encode_utf8(&mut [0; 4])), Cow::Borrowed(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_keeps_what_can_be_shown_and_nothing_else() {
        let mut buffer = Buffer::with_lines(["aé漢r"]);
        for (place, symbol) in [(3, "r\u{202e}"), (4, "\u{1b}")] {
            buffer.content[place].set_symbol(symbol);
        }
        guard(&mut buffer);
        let shown: Vec<&str> = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(shown, ["a", "é", "漢", "r", "?"]);
    }
}
