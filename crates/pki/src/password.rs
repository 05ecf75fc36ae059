//! Generates passwords for new files, so that people need not invent one (A142).

use aws_lc_rs::rand;
use secrecy::SecretString;
use zeroize::Zeroizing;

/// Letters and digits that are not confused when read aloud or retyped; ASCII, because programs encode other
/// letters differently in a PKCS#12 password. A power of two, so that each is equally likely.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
const GROUPS: usize = 5;
const GROUP: usize = 5;

/// The random source of the system failed, so no password was generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no random bytes for a password")]
pub struct NoRandomness;

/// A new password: 125 bits from the system's generator, as `xxxxx-xxxxx-xxxxx-xxxxx-xxxxx`.
pub fn generate_password() -> Result<SecretString, NoRandomness> {
    let mut octets = Zeroizing::new([0; GROUPS * GROUP]);
    rand::fill(&mut *octets).map_err(|_| NoRandomness)?;
    // Allocated at once: a text that grows leaves copies of itself in memory.
    let mut text = String::with_capacity(GROUPS * (GROUP + 1));
    for (nth, octet) in octets.iter().enumerate() {
        if nth > 0 && nth % GROUP == 0 {
            text.push('-');
        }
        text.push(char::from(LETTERS[usize::from(octet % 32)]));
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn every_letter_comes_and_no_password_comes_twice() {
        let made: Vec<SecretString> = (0..200).map(|_| generate_password().unwrap()).collect();
        let different: BTreeSet<&str> = made.iter().map(ExposeSecret::expose_secret).collect();
        assert_eq!(different.len(), 200);
        assert!(
            different.iter().all(|text| text.len() == 29 && text.split('-').all(|group| group.len() == 5))
        );
        let letters: BTreeSet<u8> =
            different.iter().flat_map(|text| text.bytes()).filter(|octet| *octet != b'-').collect();
        assert_eq!(letters.len(), LETTERS.len());
    }
}
