//! The tags of a resource: names and values by which an organisation sorts its resources and costs.

use std::fmt;

use hashbrown::HashSet;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Text;

/// Why a text is no list of tags. The words are shown beside the field.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TagError {
    /// A part without `=`; contains the part.
    #[error("'{0}' is not a tag: write NAME=VALUE, with commas between tags")]
    NoValue(String),
    /// A part with nothing before `=`; contains the value.
    #[error("'={0}' has no name: write NAME=VALUE")]
    NoName(String),
    /// Two tags with the same name, regardless of casing; contains the name.
    #[error("the tag '{0}' is given twice; names that differ only in case are the same")]
    Twice(String),
}

/// Exactly as the service returned them, because they are sent back with every write: a PUT without them
/// erases them. Names that differ only in casing are the same.
///
/// They may contain characters that must not reach a terminal, so they are shown with [`Tags::words`].
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tags(Vec<(Text, Text)>);

impl Tags {
    /// Parses `costcenter=42,env=prod`. A comma or backslash that is part of a value is escaped with a
    /// backslash.
    pub fn parse(text: &str) -> Result<Self, TagError> {
        let mut tags = Self::default();
        for pair in split(text) {
            let pair = pair.trim();
            if pair.is_empty() {
                continue;
            }
            let (name, value) = pair.split_once('=').ok_or_else(|| TagError::NoValue(pair.to_owned()))?;
            let (name, value) = (name.trim(), value.trim());
            if name.is_empty() {
                return Err(TagError::NoName(value.to_owned()));
            }
            if tags.value(name).is_some() {
                return Err(TagError::Twice(name.to_owned()));
            }
            tags.0.push((name.into(), value.into()));
        }
        Ok(tags)
    }

    /// Whether the resource has no tags.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The pairs of name and value, unchanged and in the order of the answer.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of the tag with this name, regardless of casing.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// These tags and `added`; if a name is in both, the added value is used.
    #[must_use]
    pub fn with(&self, added: &Self) -> Self {
        let kept = self.0.iter().filter(|(name, _)| added.value(name).is_none());
        Self(kept.chain(&added.0).cloned().collect())
    }

    /// `costcenter: 42, env: prod`, safe to show.
    pub fn words(&self) -> String {
        let pairs: Vec<String> = self.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        super::printable(&pairs.join(", ")).into_owned()
    }

    /// Shares the memory of equal texts that are known.
    pub(super) fn share(&mut self, known: &mut HashSet<Text>) {
        for (name, value) in &mut self.0 {
            name.share(known);
            value.share(known);
        }
    }
}

impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.words(), f)
    }
}

impl FromIterator<(Text, Text)> for Tags {
    fn from_iter<T: IntoIterator<Item = (Text, Text)>>(pairs: T) -> Self {
        Self(pairs.into_iter().collect())
    }
}

/// The parts between commas; a backslash escapes the next character.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let part = parts.last_mut();
        match (letter, part) {
            (',', _) => parts.push(String::new()),
            ('\\', Some(part)) => part.extend(letters.next()),
            (other, Some(part)) => part.push(other),
            (_, None) => {}
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parsed(text: &str) -> Vec<(String, String)> {
        Tags::parse(text).unwrap().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn tags_are_names_and_values_and_a_value_may_hold_anything() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(parsed("costcenter=42, env=prod,"), [pair("costcenter", "42"), pair("env", "prod")]);
        assert_eq!(parsed(r"who=a=b\,c\\d,none="), [pair("who", r"a=b,c\d"), pair("none", "")]);
        assert_eq!(parsed(" "), []);
    }

    #[test]
    fn what_is_no_tag_is_refused_in_words_that_help() {
        assert_eq!(Tags::parse("prod"), Err(TagError::NoValue("prod".to_owned())));
        assert_eq!(Tags::parse("=prod"), Err(TagError::NoName("prod".to_owned())));
        assert_eq!(Tags::parse("Env=a,env=b"), Err(TagError::Twice("env".to_owned())));
    }

    #[test]
    fn added_tags_replace_those_of_the_same_name_and_keep_the_others() {
        let all = Tags::parse("Env=test,team=web").unwrap().with(&Tags::parse("env=prod").unwrap());
        assert_eq!(all.words(), "team: web, env: prod");
    }

    #[test]
    fn nothing_in_a_tag_reaches_the_terminal() {
        let tags: Tags = [(Text::from("a\u{1b}[31m"), Text::from("b\u{202e}"))].into_iter().collect();
        assert_eq!(tags.words(), "a\\x1B[31m: b\\u{202E}");
    }
}
