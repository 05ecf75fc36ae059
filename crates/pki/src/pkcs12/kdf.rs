//! Keys derived from passwords, within a budget: the file states the number of rounds, and a hostile one
//! states two thousand million.
//!
//! The rounds run in the crypto library instead of generic code, which would be ten times slower in a debug
//! build.

use std::num::NonZeroU32;

use aws_lc_rs::{digest, pbkdf2};
use hmac::Hmac;
use zeroize::Zeroizing;

use crate::algorithm::Digest;
use crate::{ReadError, limits};

/// The hashes that one file may cost: about a second. Five million rounds for its MAC fit, or 600,000 rounds
/// (the most that real programs write) for each of its parts. Less under a fuzzer, which needs fast runs.
const BUDGET: u64 = if cfg!(fuzzing) { 20_000 } else { 6_000_000 };

/// The rest of the budget of one file.
pub(crate) struct Work {
    left: u64,
}

impl Default for Work {
    fn default() -> Self {
        Self { left: BUDGET }
    }
}

impl Work {
    /// Spends the cost of `stretch`, whose rounds have `hashes` hashes each, or refuses.
    fn spend(&mut self, part: &'static str, stretch: &Stretch, hashes: usize) -> Result<(), ReadError> {
        let Stretch { digest, salt, rounds } = stretch;
        // Wide hashes take twice as long; those that the library lacks even longer.
        let weight = match digest {
            Digest::Sha1 | Digest::Sha256 => 1,
            Digest::Sha384 | Digest::Sha512 => 2,
            _ => 8,
        };
        let price = weight * hashes.max(1) as u64;
        // A salt of megabytes costs as much as rounds do.
        let salted = salt.len() as u64 / 16;
        let limit = limits::ITERATIONS.min((self.left / price).saturating_sub(salted));
        if *rounds > limit {
            return Err(ReadError::TooManyIterations { part, asked: *rounds, limit });
        }
        self.left = self.left.saturating_sub((rounds + salted) * price);
        Ok(())
    }
}

/// The digest, salt and rounds of a key derivation, which every scheme has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stretch {
    pub digest: Digest,
    pub salt: Vec<u8>,
    pub rounds: u64,
}

/// The use of a key of PKCS#12's own derivation; its number in RFC 7292, B.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Encryption = 1,
    Vector = 2,
    Mac = 3,
}

impl Stretch {
    /// The key derivation of PKCS#12 itself (RFC 7292, B.2). `password` is in one of its forms.
    pub(super) fn pkcs12(
        &self,
        part: &'static str,
        password: &[u8],
        purpose: Purpose,
        length: usize,
        work: &mut Work,
    ) -> Result<Zeroizing<Vec<u8>>, ReadError> {
        let width = self.digest.block();
        work.spend(part, self, length.div_ceil(self.digest.size()))?;
        let mut input = Zeroizing::new(vec![purpose as u8; width]);
        input.extend(repeated(&self.salt, width));
        input.extend(repeated(password, width));
        let mut key = Zeroizing::new(Vec::with_capacity(length + self.digest.size()));
        while key.len() < length {
            let mut octets = hash(self.digest, &input);
            for _ in 1..self.rounds {
                octets = hash(self.digest, octets.as_ref());
            }
            key.extend_from_slice(octets.as_ref());
            for block in input[width..].chunks_exact_mut(width) {
                add_one_more(block, octets.as_ref());
            }
        }
        key.truncate(length);
        Ok(key)
    }

    /// PBKDF2 with an HMAC (RFC 8018, 5.2). `password` is UTF-8.
    pub(super) fn pbkdf2(
        &self,
        part: &'static str,
        password: &[u8],
        length: usize,
        work: &mut Work,
    ) -> Result<Zeroizing<Vec<u8>>, ReadError> {
        // Each round of an HMAC is an inner and an outer hash.
        work.spend(part, self, 2 * length.div_ceil(self.digest.size()))?;
        let rounds = u32::try_from(self.rounds).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
        let mut key = Zeroizing::new(vec![0; length]);
        let algorithm = match self.digest {
            Digest::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Digest::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Digest::Sha384 => pbkdf2::PBKDF2_HMAC_SHA384,
            Digest::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
            other => {
                for (number, block) in (1u32..).zip(key.chunks_mut(other.size())) {
                    let mut octets = hmac(other, password, &[&self.salt[..], &number.to_be_bytes()].concat());
                    block.copy_from_slice(&octets[..block.len()]);
                    for _ in 1..rounds.get() {
                        octets = hmac(other, password, &octets);
                        block.iter_mut().zip(&octets).for_each(|(out, octet)| *out ^= octet);
                    }
                }
                return Ok(key);
            }
        };
        pbkdf2::derive(algorithm, rounds, &self.salt, password, &mut key);
        Ok(key)
    }

    /// PBKDF1 (RFC 8018, 5.1): key and vector of the oldest schemes together, 16 bytes or more.
    pub(super) fn pbkdf1(
        &self,
        part: &'static str,
        password: &[u8],
        work: &mut Work,
    ) -> Result<Zeroizing<Vec<u8>>, ReadError> {
        work.spend(part, self, 1)?;
        let mut octets = hash(self.digest, &Zeroizing::new([password, &self.salt].concat()));
        for _ in 1..self.rounds {
            octets = hash(self.digest, octets.as_ref());
        }
        Ok(Zeroizing::new(octets.as_ref().to_vec()))
    }
}

/// As many repetitions of `octets` as fill whole blocks; none if it is empty.
fn repeated(octets: &[u8], width: usize) -> impl Iterator<Item = u8> {
    octets.iter().copied().cycle().take(octets.len().next_multiple_of(width))
}

/// Adds the repeated `addend` plus one to a block, as one number.
fn add_one_more(block: &mut [u8], addend: &[u8]) {
    let mut carry = 1;
    for (at, octet) in block.iter_mut().enumerate().rev() {
        let sum = u16::from(*octet) + u16::from(addend[at % addend.len()]) + carry;
        *octet = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
}

/// The bytes of a digest, on the stack because millions of them are made.
enum Hashed {
    Library(digest::Digest),
    Md5([u8; 16]),
    Sha512_224([u8; 28]),
}

impl AsRef<[u8]> for Hashed {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Library(octets) => octets.as_ref(),
            Self::Md5(octets) => octets,
            Self::Sha512_224(octets) => octets,
        }
    }
}

fn hash(digest: Digest, octets: &[u8]) -> Hashed {
    use sha2::Digest as _;
    let algorithm = match digest {
        Digest::Md5 => return Hashed::Md5(md5::Md5::digest(octets).into()),
        Digest::Sha512_224 => return Hashed::Sha512_224(sha2::Sha512_224::digest(octets).into()),
        Digest::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        Digest::Sha224 => &digest::SHA224,
        Digest::Sha256 => &digest::SHA256,
        Digest::Sha384 => &digest::SHA384,
        Digest::Sha512 => &digest::SHA512,
        Digest::Sha512_256 => &digest::SHA512_256,
    };
    Hashed::Library(digest::digest(algorithm, octets))
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
    // HMAC accepts keys of any length, so there is no error to report.
    <M as hmac::Mac>::new_from_slice(key)
        .map(|mac| mac.chain_update(message).finalize().into_bytes().to_vec())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn stretch(digest: Digest, rounds: u64) -> Stretch {
        Stretch { digest, salt: b"saltSALT".to_vec(), rounds }
    }

    #[test]
    fn a_file_cannot_spend_more_than_the_budget() {
        let refused =
            stretch(Digest::Sha256, u64::MAX).pbkdf2("the MAC", b"x", 32, &mut Work::default()).unwrap_err();
        assert_eq!(
            refused,
            ReadError::TooManyIterations { part: "the MAC", asked: u64::MAX, limit: 3_000_000 }
        );
        let mut work = Work { left: 100 };
        assert!(stretch(Digest::Sha256, 40).pbkdf2("a key", b"x", 32, &mut work).is_ok());
        assert!(stretch(Digest::Sha256, 11).pbkdf2("a key", b"x", 32, &mut work).is_err());
        assert!(stretch(Digest::Sha1, 20).pkcs12("a key", b"x", Purpose::Mac, 20, &mut work).is_ok());
        assert_eq!(work.left, 0);
        let salty = Stretch { digest: Digest::Sha1, salt: vec![0; limits::FILE], rounds: 1 };
        let mut work = Work::default();
        assert!((0..100).any(|_| salty.pkcs12("a key", b"x", Purpose::Mac, 20, &mut work).is_err()));
    }

    /// Reference values of `openssl kdf … PKCS12KDF`; the first three are the vectors published with the
    /// format.
    #[test]
    fn the_derivation_of_pkcs12_agrees_with_openssl() {
        let derived = |digest, salt: &[u8], rounds, password: &[u8], purpose, length| {
            let stretch = Stretch { digest, salt: salt.to_vec(), rounds };
            let octets = stretch.pkcs12("", password, purpose, length, &mut Work::default()).unwrap();
            octets.iter().fold(String::new(), |text, octet| text + &format!("{octet:02x}"))
        };
        let (smeg, queeg) = (b"\0s\0m\0e\0g\0\0", b"\0q\0u\0e\0e\0g\0\0");
        let salt = [0x0A, 0x58, 0xCF, 0x64, 0x53, 0x0D, 0x82, 0x3F];
        assert_eq!(
            derived(Digest::Sha1, &salt, 1, smeg, Purpose::Encryption, 24),
            "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"
        );
        assert_eq!(derived(Digest::Sha1, &salt, 1, smeg, Purpose::Vector, 8), "79993dfe048d3b76");
        let salt = [0x26, 0x32, 0x16, 0xFC, 0xC2, 0xFA, 0xB3, 0x1C];
        assert_eq!(
            derived(Digest::Sha1, &salt, 1000, queeg, Purpose::Mac, 20),
            "5ec4c7a80df652294c3925b6489a7ab857c83476"
        );
        let long = derived(Digest::Sha384, b"saltSALT", 5, queeg, Purpose::Vector, 100);
        assert!(
            long.starts_with("a6615f21d2ad9693272f34dbe0d1a310") && long.ends_with("cd903bc722990d"),
            "{long}"
        );
        let empty = derived(Digest::Sha1, b"saltSALT", 5, &[0, 0], Purpose::Vector, 100);
        assert!(
            empty.starts_with("b76a275dda9af26bac433fd65d79e604") && empty.ends_with("b611033c251dc9"),
            "{empty}"
        );
    }

    #[test]
    fn pbkdf2_gives_the_published_vectors() {
        let key = |digest, rounds, length| {
            let stretch = Stretch { digest, salt: b"salt".to_vec(), rounds };
            stretch.pbkdf2("", b"password", length, &mut Work::default()).unwrap().to_vec()
        };
        // RFC 6070, and the HMACs of RFC 8018 from Python's hashlib.
        assert_eq!(key(Digest::Sha1, 2, 20)[..4], [0xEA, 0x6C, 0x01, 0x4D]);
        assert_eq!(key(Digest::Sha256, 1, 32)[..4], [0x12, 0x0F, 0xB6, 0xCF]);
        assert_eq!(key(Digest::Sha224, 2, 40)[..4], [0x93, 0x20, 0x0F, 0xFA]);
        assert_eq!(key(Digest::Sha224, 2, 40)[36..], [0x4F, 0x70, 0x0C, 0xE7]);
        assert_eq!(key(Digest::Sha512, 1, 64)[..4], [0x86, 0x7F, 0x70, 0xCF]);
    }
}
