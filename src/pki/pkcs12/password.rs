//! The octets that one password may stand for: writers have disagreed for decades.

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::pki::PasswordForm;

/// A password in every form worth trying, the likeliest first.
pub(in crate::pki) struct Password {
    utf8: Zeroizing<Vec<u8>>,
    forms: Vec<(PasswordForm, Zeroizing<Vec<u8>>)>,
}

impl Password {
    /// No password is tried as the empty one.
    pub fn new(password: Option<&SecretString>) -> Self {
        let text = password.map_or("", |password| password.expose_secret());
        let mut forms = vec![(PasswordForm::Utf16, utf16(text))];
        if text.is_empty() {
            forms.push((PasswordForm::Null, Zeroizing::default()));
        } else if !text.is_ascii() {
            let widened = text.bytes().chain([0]).flat_map(|octet| [0, octet]);
            forms.push((PasswordForm::WidenedUtf8, Zeroizing::new(widened.collect())));
        }
        Self { utf8: Zeroizing::new(text.as_bytes().to_vec()), forms }
    }

    /// As the key derivation of PKCS#12 takes it.
    pub fn forms(&self) -> impl Iterator<Item = (PasswordForm, &[u8])> {
        self.forms.iter().map(|(form, octets)| (*form, octets.as_slice()))
    }

    /// As PBKDF2 takes it.
    pub fn utf8(&self) -> &[u8] {
        &self.utf8
    }

    /// Puts the form that the MAC verified with first.
    pub fn prefer(&mut self, form: PasswordForm) {
        self.forms.sort_by_key(|(other, _)| *other != form);
    }
}

/// UTF-16 with two zero octets at its end (RFC 7292, B.1); surrogate pairs for what lies beyond the basic plane.
pub(super) fn utf16(text: &str) -> Zeroizing<Vec<u8>> {
    let mut octets = Zeroizing::new(Vec::with_capacity(text.len() * 2 + 2));
    octets.extend(text.encode_utf16().chain([0]).flat_map(u16::to_be_bytes));
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_password_has_two_forms_and_an_emoji_takes_a_surrogate_pair() {
        let forms = |text: &str| Password::new(Some(&text.to_owned().into())).forms().map(|(_, o)| o.to_vec()).collect::<Vec<_>>();
        assert_eq!(forms(""), [vec![0, 0], vec![]]);
        assert_eq!(forms("é"), [vec![0, 0xE9, 0, 0], vec![0, 0xC3, 0, 0xA9, 0, 0]]);
        assert_eq!(forms("🔑")[0], [0xD8, 0x3D, 0xDD, 0x11, 0, 0]);
        assert_eq!(forms("a"), [vec![0, b'a', 0, 0]]);
    }
}
