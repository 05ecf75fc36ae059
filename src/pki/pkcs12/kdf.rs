//! Keys from passwords, within a budget: the file says how many rounds, and a hostile one says two thousand million.

use hmac::Hmac;
use pkcs12::kdf::{Pkcs12KeyType, derive_key};
use zeroize::Zeroizing;

use crate::pki::algorithm::Digest;
use crate::pki::{ReadError, limits};

/// Calls of a compression function that one file may cost: about a second. Five million rounds for its MAC fit, or
/// 600,000 rounds (the most that real programs write) for each of its parts.
const BUDGET: u64 = 12_000_000;

/// What is left of the time that one file may take.
pub(in crate::pki) struct Work {
    left: u64,
}

impl Default for Work {
    fn default() -> Self {
        Self { left: BUDGET }
    }
}

impl Work {
    /// Takes from the budget what `rounds` for `blocks` blocks of output cost, or refuses.
    fn spend(&mut self, part: &'static str, rounds: u64, blocks: usize, digest: Digest) -> Result<(), ReadError> {
        let refused = |limit| ReadError::TooManyIterations { part, asked: rounds, limit };
        if rounds > limits::ITERATIONS {
            return Err(refused(limits::ITERATIONS));
        }
        let weight = if digest.size() > 32 { 2 } else { 1 };
        let cost = rounds.max(1).saturating_mul(blocks as u64).saturating_mul(weight);
        self.left = self.left.checked_sub(cost).ok_or_else(|| refused(self.left / weight / blocks.max(1) as u64))?;
        Ok(())
    }
}

/// Salt and rounds, as every scheme has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stretch {
    pub digest: Digest,
    pub salt: Vec<u8>,
    pub rounds: u64,
}

/// What a derived key is for.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Encryption,
    Vector,
    Mac,
}

impl Stretch {
    /// The key derivation of PKCS#12 itself (RFC 7292, B.2). `password` is in one of its forms.
    pub fn pkcs12(
        &self,
        part: &'static str,
        password: &[u8],
        purpose: Purpose,
        length: usize,
        work: &mut Work,
    ) -> Result<Zeroizing<Vec<u8>>, ReadError> {
        work.spend(part, self.rounds, length.div_ceil(self.digest.size()), self.digest)?;
        let rounds = i32::try_from(self.rounds).unwrap_or(i32::MAX);
        let purpose = match purpose {
            Purpose::Encryption => Pkcs12KeyType::EncryptionKey,
            Purpose::Vector => Pkcs12KeyType::Iv,
            Purpose::Mac => Pkcs12KeyType::Mac,
        };
        let salt = &self.salt;
        Ok(Zeroizing::new(match self.digest {
            Digest::Md5 => derive_key::<md5::Md5>(password, salt, purpose, rounds, length),
            Digest::Sha1 => derive_key::<sha1::Sha1>(password, salt, purpose, rounds, length),
            Digest::Sha224 => derive_key::<sha2::Sha224>(password, salt, purpose, rounds, length),
            Digest::Sha256 => derive_key::<sha2::Sha256>(password, salt, purpose, rounds, length),
            Digest::Sha384 => derive_key::<sha2::Sha384>(password, salt, purpose, rounds, length),
            Digest::Sha512 => derive_key::<sha2::Sha512>(password, salt, purpose, rounds, length),
            Digest::Sha512_224 => derive_key::<sha2::Sha512_224>(password, salt, purpose, rounds, length),
            Digest::Sha512_256 => derive_key::<sha2::Sha512_256>(password, salt, purpose, rounds, length),
        }))
    }

    /// PBKDF2 with an HMAC (RFC 8018). `password` is UTF-8.
    pub fn pbkdf2(
        &self,
        part: &'static str,
        password: &[u8],
        length: usize,
        work: &mut Work,
    ) -> Result<Zeroizing<Vec<u8>>, ReadError> {
        // Each round is an inner and an outer hash.
        work.spend(part, self.rounds, 2 * length.div_ceil(self.digest.size()), self.digest)?;
        let rounds = u32::try_from(self.rounds).unwrap_or(u32::MAX);
        let mut key = Zeroizing::new(vec![0; length]);
        let (salt, out) = (&self.salt, key.as_mut_slice());
        // An HMAC takes a password of any length, so there is no error to report.
        let _ = match self.digest {
            Digest::Md5 => pbkdf2::pbkdf2::<Hmac<md5::Md5>>(password, salt, rounds, out),
            Digest::Sha1 => pbkdf2::pbkdf2::<Hmac<sha1::Sha1>>(password, salt, rounds, out),
            Digest::Sha224 => pbkdf2::pbkdf2::<Hmac<sha2::Sha224>>(password, salt, rounds, out),
            Digest::Sha256 => pbkdf2::pbkdf2::<Hmac<sha2::Sha256>>(password, salt, rounds, out),
            Digest::Sha384 => pbkdf2::pbkdf2::<Hmac<sha2::Sha384>>(password, salt, rounds, out),
            Digest::Sha512 => pbkdf2::pbkdf2::<Hmac<sha2::Sha512>>(password, salt, rounds, out),
            Digest::Sha512_224 => pbkdf2::pbkdf2::<Hmac<sha2::Sha512_224>>(password, salt, rounds, out),
            Digest::Sha512_256 => pbkdf2::pbkdf2::<Hmac<sha2::Sha512_256>>(password, salt, rounds, out),
        };
        Ok(key)
    }

    /// PBKDF1 (RFC 8018, 5.1): key and vector of the oldest schemes in one go.
    pub fn pbkdf1(&self, part: &'static str, password: &[u8], work: &mut Work) -> Result<Zeroizing<Vec<u8>>, ReadError> {
        work.spend(part, self.rounds, 1, self.digest)?;
        let mut octets = Zeroizing::new([password, &self.salt].concat());
        for _ in 0..self.rounds.max(1) {
            *octets = match self.digest {
                Digest::Md5 => hash::<md5::Md5>(&octets),
                _ => hash::<sha1::Sha1>(&octets),
            };
        }
        Ok(octets)
    }
}

fn hash<D: sha1::Digest>(octets: &[u8]) -> Vec<u8> {
    D::digest(octets).to_vec()
}

/// HMAC with any of the digests.
pub(super) fn hmac(digest: Digest, key: &[u8], message: &[u8]) -> Vec<u8> {
    match digest {
        Digest::Md5 => authenticate::<Hmac<md5::Md5>>(key, message),
        Digest::Sha1 => authenticate::<Hmac<sha1::Sha1>>(key, message),
        Digest::Sha224 => authenticate::<Hmac<sha2::Sha224>>(key, message),
        Digest::Sha256 => authenticate::<Hmac<sha2::Sha256>>(key, message),
        Digest::Sha384 => authenticate::<Hmac<sha2::Sha384>>(key, message),
        Digest::Sha512 => authenticate::<Hmac<sha2::Sha512>>(key, message),
        Digest::Sha512_224 => authenticate::<Hmac<sha2::Sha512_224>>(key, message),
        Digest::Sha512_256 => authenticate::<Hmac<sha2::Sha512_256>>(key, message),
    }
}

fn authenticate<M: hmac::Mac + hmac::digest::KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC takes a key of any length, so there is no error to report.
    <M as hmac::Mac>::new_from_slice(key).map(|mac| mac.chain_update(message).finalize().into_bytes().to_vec()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_cannot_spend_more_than_the_budget() {
        let stretch = |rounds| Stretch { digest: Digest::Sha256, salt: vec![1; 8], rounds };
        let refused = stretch(u64::MAX).pbkdf2("the MAC", b"x", 32, &mut Work::default()).unwrap_err();
        assert_eq!(refused, ReadError::TooManyIterations { part: "the MAC", asked: u64::MAX, limit: limits::ITERATIONS });
        let mut work = Work { left: 100 };
        assert!(stretch(40).pbkdf2("a key", b"x", 32, &mut work).is_ok());
        assert_eq!(work.left, 20);
        assert!(stretch(11).pbkdf2("a key", b"x", 32, &mut work).is_err());
        assert!(stretch(20).pkcs12("a key", b"x", Purpose::Mac, 32, &mut work).is_ok());
    }
}
