//! What lies over the panes and the wizard: a stack of dialogs, of which the top one has the keys. What a dialog
//! answers is done by the program.

use super::dialog::{Answer, Dialog};
use super::key::Key;
use super::message::AskId;
use super::operations::Operations;

#[derive(Debug, Default)]
pub struct Layers {
    stack: Vec<Dialog>,
    /// Commands run by name, newest last.
    history: Vec<&'static str>,
}

impl Layers {
    pub fn is_empty(&self) -> bool {
        self.stack.is_empty()
    }

    pub fn len(&self) -> usize {
        self.stack.len()
    }

    pub fn top(&self) -> Option<&Dialog> {
        self.stack.last()
    }

    pub(super) fn top_mut(&mut self) -> Option<&mut Dialog> {
        self.stack.last_mut()
    }

    /// From the lowest to the top.
    pub fn iter(&self) -> impl Iterator<Item = &Dialog> {
        self.stack.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Dialog> {
        self.stack.iter_mut()
    }

    pub(super) fn push(&mut self, dialog: Dialog) {
        self.stack.push(dialog);
    }

    pub(super) fn close_top(&mut self) {
        self.stack.pop();
    }

    /// Closes every dialog of which this holds, wherever it lies.
    pub(super) fn close(&mut self, is_meant: impl Fn(&Dialog) -> bool) {
        self.stack.retain(|dialog| !is_meant(dialog));
    }

    /// Gives the key to the top dialog.
    pub(super) fn press(&mut self, key: Key, operations: &Operations) -> Answer {
        self.top_mut().map_or(Answer::Stay, |dialog| dialog.press(key, operations))
    }

    pub(super) fn paste(&mut self, text: &str) -> Answer {
        self.top_mut().map_or(Answer::Stay, |dialog| dialog.paste(text))
    }

    /// Whether something on screen shows how much time is left.
    pub(super) fn counts_down(&self) -> bool {
        self.iter().any(|dialog| matches!(dialog, Dialog::SignIn(asked) if asked.counts_down()))
    }

    /// Where the chain of custody waits for the answer to this question.
    pub(super) fn waits_for_chain(&mut self, asked: AskId) -> Option<&mut super::dialog::Chains> {
        self.iter_mut().find_map(|dialog| match dialog {
            Dialog::Chains(chains) if chains.ask == asked => Some(chains),
            _ => None,
        })
    }

    /// A command was run by its name.
    pub(super) fn note_command(&mut self, name: &'static str) {
        self.history.retain(|known| *known != name);
        self.history.push(name);
    }

    /// How many commands were run by name since this one was; the newest is 0.
    pub(super) fn age_of(&self, name: &str) -> usize {
        self.history.iter().rev().position(|known| *known == name).unwrap_or(usize::MAX)
    }
}
