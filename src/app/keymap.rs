//! Keys to commands: the defaults of `assets/keymap.toml`, and the user's own keys added to them.

use std::collections::BTreeMap;

use thiserror::Error;

use super::command::{Entry, Place, TABLE};
use super::key::Key;
use crate::model::{quoted, toml_refusal};

/// Why a key map was refused, in words for its author.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeymapError {
    #[error("the key map is not readable: {0}")]
    Unreadable(String),
    #[error("there is no command '{}'; the palette (:) lists all", quoted(.0))]
    UnknownCommand(String),
    #[error(
        "'{}' for '{}' is not a key; write it like j, <C-d>, <Enter> or <S-Tab>",
        quoted(key),
        quoted(command)
    )]
    NotAKey { key: String, command: String },
    #[error("the key {key} would mean both '{first}' and '{second}' in the same place")]
    Conflict { key: Key, first: &'static str, second: &'static str },
    #[error("the keys of '{0}' cannot be taken away: nothing else leaves the program")]
    Needed(&'static str),
}

/// Which keys run which commands. A key may mean different things in different places, never two in one.
#[derive(Debug, Clone)]
pub struct Keymap {
    bound: Vec<(Key, &'static Entry)>,
}

impl Keymap {
    /// The keys that every build has, with `extra` (the same TOML) added; an empty list there takes the keys of
    /// its command away.
    pub fn new(extra: &str) -> Result<Self, KeymapError> {
        let mut keymap = Self { bound: Vec::new() };
        keymap.add(include_str!("../../assets/keymap.toml"))?;
        keymap.add(extra)?;
        Ok(keymap)
    }

    pub fn find(&self, place: Place, key: Key) -> Option<&'static Entry> {
        self.bound
            .iter()
            .find(|(bound, entry)| *bound == key && entry.is_valid_in(place))
            .map(|(_, entry)| *entry)
    }

    /// The keys of one command, in the order they were written.
    pub fn keys(&self, entry: &Entry) -> impl Iterator<Item = Key> {
        self.bound.iter().filter(move |(_, bound)| bound.name == entry.name).map(|(key, _)| *key)
    }

    /// The keys of one command for reading: `j, <Down>`.
    pub fn written(&self, entry: &Entry) -> String {
        self.keys(entry).map(|key| key.to_string()).collect::<Vec<_>>().join(" ")
    }

    fn add(&mut self, text: &str) -> Result<(), KeymapError> {
        let lines: BTreeMap<String, Vec<String>> =
            toml::from_str(text).map_err(|error| KeymapError::Unreadable(toml_refusal(text, &error)))?;
        // What is taken away first leaves its keys to others.
        let (taken, given): (Vec<_>, Vec<_>) = lines.iter().partition(|(_, keys)| keys.is_empty());
        for (name, keys) in taken.into_iter().chain(given) {
            let entry = Entry::named(name).ok_or_else(|| KeymapError::UnknownCommand(name.clone()))?;
            if keys.is_empty() {
                if entry.name == "quit" {
                    return Err(KeymapError::Needed(entry.name));
                }
                self.bound.retain(|(_, bound)| bound.name != entry.name);
            }
            for written in keys {
                let key = Key::parse(written)
                    .ok_or_else(|| KeymapError::NotAKey { key: written.clone(), command: name.clone() })?;
                self.bind(key, entry)?;
            }
        }
        Ok(())
    }

    fn bind(&mut self, key: Key, entry: &'static Entry) -> Result<(), KeymapError> {
        let rival = entry.places.iter().find_map(|place| self.find(*place, key));
        match rival {
            Some(other) if other.name == entry.name => Ok(()),
            Some(other) => Err(KeymapError::Conflict { key, first: other.name, second: entry.name }),
            None => {
                self.bound.push((key, entry));
                Ok(())
            }
        }
    }
}

impl Default for Keymap {
    /// The keys that every build has; a test proves that they are free of conflicts.
    fn default() -> Self {
        Self::new("").unwrap_or(Self { bound: Vec::new() })
    }
}

/// Every entry that is valid in a place, in table order.
pub fn entries(place: Place) -> impl Iterator<Item = &'static Entry> {
    TABLE.iter().filter(move |entry| entry.is_valid_in(place))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_keys_that_ship_have_no_conflict_and_name_only_commands() {
        let keymap = Keymap::new("").unwrap();
        assert_eq!(keymap.find(Place::List, Key::char('j')).unwrap().name, "down");
        assert_eq!(keymap.find(Place::Wizard, Key::char('p')).unwrap().name, "plan");
        assert_eq!(keymap.find(Place::List, Key::char('p')).unwrap().name, "problems");
    }

    #[test]
    fn own_keys_are_added_and_take_none_away() {
        let keymap = Keymap::new("down = [\"<C-n>\"]").unwrap();
        for key in ["j", "<C-n>", "<Down>"] {
            assert_eq!(keymap.find(Place::List, Key::parse(key).unwrap()).unwrap().name, "down");
        }
    }

    #[test]
    fn keys_can_be_taken_away_and_given_to_another_command_but_not_those_that_quit() {
        let keymap = Keymap::new("sort = []\nscope = [\"s\"]").unwrap();
        let key = Key::parse("s").unwrap();
        assert_eq!(keymap.find(Place::List, key).map(|entry| entry.name), Some("scope"));
        assert_eq!(keymap.written(Entry::named("sort").unwrap()), "");
        assert!(Keymap::new("quit = []").unwrap_err().to_string().contains("quit"));
    }

    #[test]
    fn a_key_with_two_meanings_is_refused_with_both_names() {
        let error = Keymap::new("sort = [\"j\"]").unwrap_err();
        assert_eq!(error.to_string(), "the key j would mean both 'down' and 'sort' in the same place");
        assert!(Keymap::new("fly = [\"z\"]").unwrap_err().to_string().contains("no command 'fly'"));
        assert!(Keymap::new("down = [\"<Hyper-x>\"]").unwrap_err().to_string().contains("not a key"));
    }
}
