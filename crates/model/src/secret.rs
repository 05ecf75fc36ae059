//! Extracts the secret from a text, regardless of its source: a file, standard input, a variable, the
//! settings, a prompt, a paste.

use super::text::is_hidden;

/// The first line, unchanged: blanks belong to a password. A byte order mark before it, which Windows writes,
/// and the line end do not.
pub fn secret_line(text: &str) -> &str {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    text.split(['\r', '\n']).next().unwrap_or_default()
}

/// The first character that cannot be seen or typed: its position, counted from 1, and its code point. A new
/// password must have none, otherwise no person can open the file with what they read.
pub fn hidden_character(text: &str) -> Option<(usize, u32)> {
    let is_unseen = |c: char| is_hidden(c) || (c.is_whitespace() && c != ' ');
    text.chars().enumerate().find(|(_, c)| is_unseen(*c)).map(|(place, c)| (place + 1, u32::from(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_the_first_line_with_its_blanks_and_without_a_byte_order_mark() {
        for (text, secret) in [
            ("secret", "secret"),
            ("secret\n", "secret"),
            ("secret\r\nmore\n", "secret"),
            ("secret\r", "secret"),
            ("\u{FEFF}secret\r\n", "secret"),
            (" two words \n\n", " two words "),
            ("", ""),
            ("π🔑", "π🔑"),
        ] {
            assert_eq!(secret_line(text), secret, "{text:?}");
        }
    }

    #[test]
    fn what_nobody_can_see_is_found_with_its_position() {
        assert_eq!(hidden_character("Schlüssel with blanks 🔑"), None);
        for (text, found) in [
            ("\u{FEFF}a", (1, 0xFEFF)),
            ("ab\u{7}", (3, 7)),
            ("ü\u{A0}x", (2, 0xA0)),
            ("a\tb", (2, 9)),
            ("a\u{200B}", (2, 0x200B)),
        ] {
            assert_eq!(hidden_character(text), Some(found), "{text:?}");
        }
    }
}
