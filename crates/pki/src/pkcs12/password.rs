//! The bytes that one password may be encoded as: writers have differed for decades.

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::PasswordForm;

/// A password in every form worth trying, the most likely first.
pub(crate) struct PasswordCandidates {
    /// For PBKDF2 and PBKDF1.
    plain: Vec<(PasswordForm, Zeroizing<Vec<u8>>)>,
    /// For the key derivation of PKCS#12.
    forms: Vec<(PasswordForm, Zeroizing<Vec<u8>>)>,
}

impl PasswordCandidates {
    /// A missing password is tried as the empty one.
    pub(crate) fn new(password: Option<&SecretString>) -> Self {
        let text = password.map_or("", |password| password.expose_secret());
        let mut forms = vec![(PasswordForm::Utf16, utf16(text))];
        let mut plain = vec![(PasswordForm::Utf8, Zeroizing::new(text.as_bytes().to_vec()))];
        if text.is_empty() {
            forms.push((PasswordForm::Null, Zeroizing::default()));
        } else if !text.is_ascii() {
            let widened = |octets: &[u8]| {
                Zeroizing::new(octets.iter().chain(&[0]).flat_map(|octet| [0, *octet]).collect::<Vec<u8>>())
            };
            forms.push((PasswordForm::WidenedUtf8, widened(text.as_bytes())));
            if let Some(octets) = windows_1252(text) {
                // Most letters are the same as in UTF-16; the euro sign and its neighbours are not.
                let form = widened(&octets);
                if forms.iter().all(|(_, known)| *known != form) {
                    forms.push((PasswordForm::Windows1252, form));
                }
                plain.push((PasswordForm::Windows1252, octets));
            }
        }
        Self { plain, forms }
    }

    /// The forms for the key derivation of PKCS#12.
    pub(crate) fn forms(&self) -> impl Iterator<Item = (PasswordForm, &[u8])> {
        self.forms.iter().map(|(form, octets)| (*form, octets.as_slice()))
    }

    /// The forms for PBKDF2 and PBKDF1: UTF-8 first, as in the standards (RFC 8018, 3).
    pub(crate) fn plain(&self) -> impl Iterator<Item = (PasswordForm, &[u8])> {
        self.plain.iter().map(|(form, octets)| (*form, octets.as_slice()))
    }

    /// Moves the form with which the MAC was verified to the front.
    pub(crate) fn prefer(&mut self, form: PasswordForm) {
        self.forms.sort_by_key(|(other, _)| *other != form);
    }
}

/// The text in Windows-1252; `None` if it has a letter without a code there.
fn windows_1252(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    /// The characters at 0x80 to 0x9F; U+FFFD for unused codes.
    const UPPER: &str = "€\u{FFFD}‚ƒ„…†‡ˆ‰Š‹Œ\u{FFFD}Ž\u{FFFD}\u{FFFD}‘’“”•–—˜™š›œ\u{FFFD}žŸ";
    let octet = |c: char| match u8::try_from(u32::from(c)) {
        Ok(octet) if !(0x80..0xA0).contains(&octet) => Some(octet),
        _ => (0x80..0xA0)
            .zip(UPPER.chars())
            .find(|(_, known)| *known == c && c != '\u{FFFD}')
            .map(|(octet, _)| octet),
    };
    let mut octets = Zeroizing::new(Vec::with_capacity(text.len()));
    for c in text.chars() {
        octets.push(octet(c)?);
    }
    Some(octets)
}

/// UTF-16 with two zero octets at its end (RFC 7292, B.1); surrogate pairs beyond the basic plane.
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
        let forms = |text: &str| {
            PasswordCandidates::new(Some(&text.to_owned().into()))
                .forms()
                .map(|(_, o)| o.to_vec())
                .collect::<Vec<_>>()
        };
        assert_eq!(forms(""), [vec![0, 0], vec![]]);
        assert_eq!(forms("é"), [vec![0, 0xE9, 0, 0], vec![0, 0xC3, 0, 0xA9, 0, 0]]);
        assert_eq!(
            forms("€"),
            [vec![0x20, 0xAC, 0, 0], vec![0, 0xE2, 0, 0x82, 0, 0xAC, 0, 0], vec![0, 0x80, 0, 0]]
        );
        assert_eq!(forms("🔑")[0], [0xD8, 0x3D, 0xDD, 0x11, 0, 0]);
        assert_eq!(forms("a"), [vec![0, b'a', 0, 0]]);
        let plain = |text: &str| {
            PasswordCandidates::new(Some(&text.to_owned().into()))
                .plain()
                .map(|(_, o)| o.to_vec())
                .collect::<Vec<_>>()
        };
        assert_eq!(plain("Schlüssel"), [b"Schl\xC3\xBCssel".to_vec(), b"Schl\xFCssel".to_vec()]);
        assert_eq!((plain("Ключ").len(), plain("a").len(), plain("\u{81}").len()), (1, 1, 1));
    }
}
