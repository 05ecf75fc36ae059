//! Text from outside: made safe to show once, where data enters (RELIABILITY.md S5), and shared where it repeats.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::ops::Deref;
use std::sync::Arc;

use hashbrown::HashSet;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::table;

/// Text that does not change. Its copies share one piece of memory: ids, regions and issuers stand in thousands of places.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(Arc<str>);

impl Text {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes the memory of the first equal text that went through `known`.
    pub(super) fn share(&mut self, known: &mut HashSet<Self>) {
        match known.get(self) {
            Some(first) => *self = first.clone(),
            None => drop(known.insert(self.clone())),
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Self("".into())
    }
}
impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}
impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}
impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}
impl From<&Text> for String {
    fn from(text: &Text) -> Self {
        text.as_str().to_owned()
    }
}
impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}
impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
impl Serialize for Text {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match table::entry(self) {
            Some(entry) => entry.serialize(to),
            None => to.serialize_str(self),
        }
    }
}
impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
                Ok(text.into())
            }
        }
        if table::is_reading() {
            return table::text(&table::Entry::deserialize(from)?).ok_or_else(|| de::Error::custom("no such text"));
        }
        from.deserialize_str(Reader)
    }
}

/// The text with every control, bidirectional and invisible character replaced by a visible mark such as `\x1B`.
///
/// ratatui drops C0 and C1 silently but lets direction marks, zero-width and tag characters through, and everything
/// printed outside the screen bypasses it; so names, subjects, tags and messages pass here when they are decoded.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' | '\t' => shown.push(' '),
            c if !is_hidden(c) => shown.push(c),
            c if (c as u32) < 0x100 => drop(write!(shown, "\\x{:02X}", c as u32)),
            c => drop(write!(shown, "\\u{{{:X}}}", c as u32)),
        }
    }
    Cow::Owned(shown)
}

/// What an error of the system says, without the number that it ends with: `Permission denied`.
pub fn reason(error: &impl fmt::Display) -> String {
    let text = error.to_string();
    match text.rsplit_once(" (os error ") {
        Some((words, number)) if number.strip_suffix(')').is_some_and(|number| number.parse::<u32>().is_ok()) => words.to_owned(),
        _ => text,
    }
}

/// Controls (C0, C1, DEL), and what changes direction or takes no room: the set that `fd` hides, plus U+061C,
/// the line and paragraph separators and the variation selectors.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c as u32,
            0xAD | 0x061C | 0x180E | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0xFE00..=0xFE0F | 0xFEFF
            | 0xFFF9..=0xFFFB | 0xE0000..=0xE01EF)
}

#[cfg(test)]
mod tests {
    use super::{printable, reason};

    #[test]
    fn what_the_system_says_is_shown_without_its_number() {
        assert_eq!(reason(&std::io::Error::from_raw_os_error(13)), "Permission denied");
        assert_eq!(reason(&"a (os error x)"), "a (os error x)");
    }

    #[test]
    fn escape_and_direction_marks_become_visible() {
        assert_eq!(printable("\u{1b}[31mred"), "\\x1B[31mred");
        assert_eq!(printable("abc\u{202e}def"), "abc\\u{202E}def");
        assert_eq!(printable("two\nlines"), "two lines");
        assert_eq!(printable("Grüße"), "Grüße");
    }
}
