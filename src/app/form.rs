//! A form: fields, which of them has the keys, and what is typed into it. The wizard and the workbench both
//! have one; the values are with them, and so is what follows from a value.

use secrecy::{ExposeSecret, SecretString};

use super::field::Field;
use super::key::{Key, KeyCode};
use super::masked::Masked;
use crate::flow::{self, FieldKind, InputKey, Inputs};

#[derive(Debug, Clone)]
pub struct Form<K = flow::Key> {
    pub fields: Vec<flow::Field<K>>,
    /// The field that has the keys; none while they are outside the form.
    focus: Option<usize>,
    /// Whether Tab leaves the form after its last field, instead of beginning again.
    has_outside: bool,
    /// The text of the field that has the focus, and as it was before it was edited.
    pub editor: Field,
    before: String,
    /// The password that is being typed, while its field has the focus.
    pub masked: Masked,
    /// Why values cannot be used.
    pub(super) refusals: Vec<(K, String)>,
}

/// What a key did, or what its owner is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FormAnswer {
    /// The value changed as it was typed.
    Typed,
    /// The value was turned to another one of its few.
    Turned,
    /// The focus moved, away from a field that was edited or not.
    Moved {
        was_edited: bool,
    },
    /// Show the files that the field may mean.
    Files,
    /// Show what the field can be filled with, beginning with this letter.
    List(Option<char>),
    MakePassword,
    /// Enter, where there is nothing to choose: go on.
    Enter,
    /// The key means nothing to a form.
    Other,
}

impl<K: InputKey> Form<K> {
    /// Without fields and without focus.
    pub(crate) fn new(has_outside: bool) -> Self {
        Self {
            fields: Vec::new(),
            focus: None,
            has_outside,
            editor: Field::default(),
            before: String::new(),
            masked: Masked::default(),
            refusals: Vec::new(),
        }
    }

    /// The place of the field that has the keys.
    pub(crate) fn focus(&self) -> Option<usize> {
        self.focus.filter(|at| *at < self.fields.len())
    }

    pub fn focused_field(&self) -> Option<&flow::Field<K>> {
        self.fields.get(self.focus?)
    }

    pub(crate) fn place_of(&self, key: K) -> Option<usize> {
        self.fields.iter().position(|field| field.key == key)
    }

    /// Why the value of a field cannot be used, if it cannot.
    pub fn refusal(&self, key: K) -> Option<&str> {
        self.refusals.iter().find(|(refused, _)| *refused == key).map(|(_, why)| why.as_str())
    }

    /// Whether the field with the keys takes typed text that is shown.
    pub(crate) fn is_typing(&self) -> bool {
        use FieldKind::{File, Pick, Text};
        self.focused_field()
            .is_some_and(|field| matches!(field.kind, Text | File(_) | Pick { or_new: true, .. }))
    }

    /// Whether the field with the keys takes a password.
    pub(crate) fn is_typing_secret(&self) -> bool {
        self.focused_field().is_some_and(|field| field.kind == FieldKind::Secret)
    }

    /// Whether the field with the keys was edited since it got them.
    pub(crate) fn is_edited(&self) -> bool {
        (self.is_typing() && self.editor.text() != self.before)
            || (self.is_typing_secret() && self.masked.is_edited())
    }

    /// What Enter does here: show files, show a list, or go on. What is optional never holds up the rest.
    pub(crate) fn enter(&self) -> FormAnswer {
        let Some(field) = self.focused_field() else { return FormAnswer::Enter };
        match field.kind {
            FieldKind::Choice(_) | FieldKind::Pick { or_new: false, .. } | FieldKind::Offer(_) => {
                FormAnswer::List(None)
            }
            FieldKind::Pick { or_new: true, .. } if !self.is_edited() => FormAnswer::List(None),
            FieldKind::File(_) if !self.is_edited() && !field.is_optional => FormAnswer::Files,
            FieldKind::Pick { .. }
            | FieldKind::File(_)
            | FieldKind::Text
            | FieldKind::Secret
            | FieldKind::Toggle => FormAnswer::Enter,
        }
    }

    pub(crate) fn press(&mut self, key: Key, inputs: &mut Inputs<K>) -> FormAnswer {
        let Some(field) = self.focused_field().cloned() else { return FormAnswer::Other };
        let is_few = matches!(field.kind, FieldKind::Toggle | FieldKind::Choice(_));
        let is_list = matches!(field.kind, FieldKind::Pick { or_new: false, .. } | FieldKind::Offer(_));
        match key.code {
            KeyCode::Tab | KeyCode::Up | KeyCode::Down => {
                let back = key.code == KeyCode::Up || (key.code == KeyCode::Tab && key.shift);
                FormAnswer::Moved { was_edited: self.go(!back, inputs) }
            }
            KeyCode::Enter => self.enter(),
            KeyCode::Char('o') if key.ctrl && matches!(field.kind, FieldKind::File(_)) => FormAnswer::Files,
            KeyCode::Char('g') if key.ctrl && field.key.is_new_password() => FormAnswer::MakePassword,
            _ if self.is_typing() && self.editor.press(key) => self.typed(inputs),
            _ if self.is_typing_secret() && self.masked.press(key) => self.typed(inputs),
            KeyCode::Char(' ' | 'h' | 'l') | KeyCode::Left | KeyCode::Right if is_few && !key.ctrl => {
                self.turn(&field, matches!(key.code, KeyCode::Left | KeyCode::Char('h')), inputs);
                FormAnswer::Turned
            }
            KeyCode::Char(' ') | KeyCode::Left | KeyCode::Right if is_list => FormAnswer::List(None),
            KeyCode::Char(c) if is_list && !key.ctrl && !key.alt && c != ':' && c != '?' => {
                FormAnswer::List(Some(c))
            }
            _ => FormAnswer::Other,
        }
    }

    /// Takes a paste where something is typed; returns whether it did.
    pub(crate) fn paste(&mut self, text: &str, inputs: &mut Inputs<K>) -> bool {
        if self.is_typing() {
            self.editor.paste(text);
        } else if self.is_typing_secret() {
            self.masked.paste(text);
        } else {
            return false;
        }
        self.typed(inputs);
        true
    }

    /// Gives the field with the keys a secret, if it takes one; returns whether it did.
    pub(crate) fn fill_secret(&mut self, secret: &SecretString, inputs: &mut Inputs<K>) -> bool {
        let takes = self.is_typing_secret();
        if takes {
            self.masked.set("");
            self.masked.paste(secret.expose_secret());
            self.typed(inputs);
        }
        takes
    }

    /// Gives a field a value that was chosen.
    pub(crate) fn fill(&mut self, key: K, value: &str, inputs: &mut Inputs<K>) {
        inputs.set(key, value);
        if self.focused_field().is_some_and(|field| field.key == key) {
            self.begin_editing(inputs);
        }
    }

    /// Puts the focus on a field, or past the last one outside; returns whether the one it left was edited.
    pub(crate) fn focus_on(&mut self, at: usize, inputs: &Inputs<K>) -> bool {
        let was_edited = self.is_edited();
        self.focus = (at < self.fields.len()).then_some(at);
        self.begin_editing(inputs);
        was_edited
    }

    /// Takes the focus away, and what is being typed with it.
    pub(crate) fn leave(&mut self) {
        self.focus = None;
        self.masked.set("");
    }

    /// Says at a field why its value cannot be used, and goes there.
    pub(crate) fn refuse(&mut self, key: K, why: impl Into<String>, inputs: &Inputs<K>) {
        if let Some(at) = self.place_of(key) {
            self.focus_on(at, inputs);
        }
        self.refusals.push((key, why.into()));
    }

    /// Fields come and go: the focus stays on its field, and the editor shows its value.
    pub(crate) fn show(&mut self, fields: Vec<flow::Field<K>>, inputs: &Inputs<K>) {
        let focused = self.focused_field().map(|field| field.key);
        self.fields = fields;
        let Some(key) = focused else { return };
        let last = self.fields.len().saturating_sub(1);
        self.focus = self.place_of(key).or(self.focus.filter(|_| !self.has_outside).map(|at| at.min(last)));
        if self.place_of(key).is_none() || self.editor.text() != inputs.typed(key) {
            self.begin_editing(inputs);
        }
    }

    /// Puts the focus on the next or the previous field; past the ends are the outside or the other end.
    pub(crate) fn go(&mut self, forward: bool, inputs: &Inputs<K>) -> bool {
        let places = self.fields.len() + usize::from(self.has_outside);
        let at = self.focus.unwrap_or(self.fields.len());
        let next = if forward { at + 1 } else { at + places.saturating_sub(1) };
        self.focus_on(next.checked_rem(places).unwrap_or(0), inputs)
    }

    /// Takes what the field with the keys has as the text to edit.
    fn begin_editing(&mut self, inputs: &Inputs<K>) {
        self.masked.set("");
        let Some(key) = self.focused_field().map(|field| field.key) else { return };
        if let Some(secret) = inputs.secret(key) {
            self.masked.set(secret.expose_secret());
        }
        inputs.typed(key).clone_into(&mut self.before);
        self.editor.set(&self.before);
    }

    fn typed(&self, inputs: &mut Inputs<K>) -> FormAnswer {
        match self.focused_field() {
            Some(field) if field.kind == FieldKind::Secret => {
                inputs.set_secret(field.key, self.masked.secret());
            }
            Some(field) => inputs.set(field.key, self.editor.text()),
            None => {}
        }
        FormAnswer::Typed
    }

    /// To the other of yes and no, or to the next or the previous of the fixed values.
    fn turn(&mut self, field: &flow::Field<K>, backwards: bool, inputs: &mut Inputs<K>) {
        let value = match field.kind {
            FieldKind::Choice(choices) => {
                let now = choices.iter().position(|(name, ..)| *name == inputs.typed(field.key));
                let step = if backwards { choices.len() - 1 } else { 1 };
                choices[now.map_or(0, |now| (now + step) % choices.len())].0
            }
            _ if inputs.is_yes(field.key) => "no",
            _ => "yes",
        };
        self.fill(field.key, value, inputs);
    }
}

/// The value of a field as a form shows it; only what is picked has a name of its own.
pub(crate) fn shown_value<K: InputKey>(field: &flow::Field<K>, inputs: &Inputs<K>) -> String {
    let value = inputs.typed(field.key);
    match field.kind {
        FieldKind::Toggle => if inputs.is_yes(field.key) { "yes" } else { "no" }.to_owned(),
        FieldKind::Choice(choices) => choices
            .iter()
            .find(|(name, ..)| *name == value)
            .map_or_else(|| value.to_owned(), |(name, label, _)| field.labelled(name, label)),
        FieldKind::Text | FieldKind::File(_) | FieldKind::Offer(_) | FieldKind::Pick { .. } => {
            value.to_owned()
        }
        FieldKind::Secret => if inputs.has(field.key) { "given" } else { "" }.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::flow::Key::{Cipher, File, Hostname, Password};

    const CIPHERS: &[(&str, &str, &str)] = &[("one", "One", ""), ("two", "Two", ""), ("three", "Three", "")];

    fn field(key: flow::Key, kind: FieldKind) -> flow::Field {
        flow::Field::new(key, "Label", "Help.", kind)
    }

    fn pressed(form: &mut Form, inputs: &mut Inputs, keys: &str) -> FormAnswer {
        let keys = Key::parse_all(keys).unwrap();
        keys.into_iter().fold(FormAnswer::Other, |_, key| form.press(key, inputs))
    }

    #[test]
    fn space_arrows_and_their_letters_turn_a_choice_and_are_typed_into_a_text() {
        let (mut form, mut inputs) = (Form::new(true), Inputs::default().with(Cipher, "one"));
        form.show(vec![field(Cipher, FieldKind::Choice(CIPHERS)), field(Hostname, FieldKind::Text)], &inputs);
        form.focus_on(0, &inputs);
        for (key, value) in
            [("<Space>", "two"), ("l", "three"), ("<Right>", "one"), ("<Left>", "three"), ("h", "two")]
        {
            assert_eq!(pressed(&mut form, &mut inputs, key), FormAnswer::Turned);
            assert_eq!(inputs.get(Cipher), Some(value), "{key}");
        }
        assert_eq!(pressed(&mut form, &mut inputs, "c"), FormAnswer::Other);
        assert_eq!(pressed(&mut form, &mut inputs, "<Tab>hl"), FormAnswer::Typed);
        assert_eq!(inputs.get(Hostname), Some("hl"));
        assert_eq!(pressed(&mut form, &mut inputs, "<Tab>"), FormAnswer::Moved { was_edited: true });
        assert_eq!(form.focus(), None, "past its last field the keys are outside");
    }

    #[test]
    fn enter_shows_files_until_a_path_is_typed_and_c_o_always() {
        let (mut form, mut inputs) = (Form::new(false), Inputs::default());
        let file = field(File, FieldKind::File(&["pfx"]));
        form.show(vec![file.clone()], &inputs);
        form.focus_on(0, &inputs);
        assert_eq!(pressed(&mut form, &mut inputs, "<Enter>"), FormAnswer::Files);
        assert_eq!(pressed(&mut form, &mut inputs, "a<Enter>"), FormAnswer::Enter);
        assert_eq!(pressed(&mut form, &mut inputs, "<C-o>"), FormAnswer::Files);
        form.show(vec![file.optional()], &inputs);
        assert_eq!(pressed(&mut form, &mut inputs, "<C-u><Enter>"), FormAnswer::Enter);
    }

    #[test]
    fn without_an_outside_a_field_always_has_the_keys() {
        let (mut form, mut inputs) = (Form::new(false), Inputs::default());
        let (first, last) = (field(Hostname, FieldKind::Text), field(Password, FieldKind::Secret));
        form.show(vec![first.clone(), last], &inputs);
        form.focus_on(0, &inputs);
        pressed(&mut form, &mut inputs, "<Up>secret");
        assert_eq!(inputs.secret(Password).unwrap().expose_secret(), "secret");
        form.show(vec![first], &inputs);
        assert_eq!(form.focus(), Some(0));
        assert!(form.masked.is_empty(), "what was typed for another field is gone");
    }
}
