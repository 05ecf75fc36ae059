//! The thumbprint of a certificate, as App Service writes it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{IdError, Text};

/// The SHA-1 of a certificate's DER, 40 upper-case hexadecimal digits, as App Service writes it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Thumbprint([u8; 40]);

const HEX: &[u8; 16] = b"0123456789ABCDEF";

impl Thumbprint {
    /// Parses 40 hexadecimal digits in any casing. Colons, blanks and the invisible mark that the Windows
    /// certificate dialog puts before them are skipped. Anything else is an error.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let refuse = || IdError::Thumbprint(text.to_owned());
        let mut digits = [0; 40];
        let mut count = 0;
        for c in text.chars().filter(|c| !matches!(c, ':' | ' ' | '\u{200e}')) {
            let digit = u8::try_from(c).ok().filter(u8::is_ascii_hexdigit).ok_or_else(refuse)?;
            *digits.get_mut(count).ok_or_else(refuse)? = digit.to_ascii_uppercase();
            count += 1;
        }
        if count == digits.len() { Ok(Self(digits)) } else { Err(refuse()) }
    }

    /// The thumbprint for a SHA-1 digest.
    pub fn from_sha1(digest: &[u8; 20]) -> Self {
        let mut digits = [0; 40];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(digest) {
            pair.copy_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
        Self(digits)
    }

    /// 40 upper-case hexadecimal digits without separators.
    pub fn as_str(&self) -> &str {
        // It contains only hexadecimal digits.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn octets(&self) -> [u8; 20] {
        let value = |digit: u8| if digit.is_ascii_digit() { digit - b'0' } else { digit - b'A' + 10 };
        std::array::from_fn(|at| value(self.0[2 * at]) << 4 | value(self.0[2 * at + 1]))
    }

    /// The first eight digits, enough to tell certificates apart in a list.
    pub fn short(&self) -> &str {
        &self.as_str()[..8]
    }
}
impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl Serialize for Thumbprint {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        // Digits for people, bytes on disk.
        if to.is_human_readable() { to.serialize_str(self.as_str()) } else { self.octets().serialize(to) }
    }
}
impl<'de> Deserialize<'de> for Thumbprint {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            return Self::parse(&Text::deserialize(from)?).map_err(de::Error::custom);
        }
        Ok(Self::from_sha1(&<[u8; 20]>::deserialize(from)?))
    }
}
