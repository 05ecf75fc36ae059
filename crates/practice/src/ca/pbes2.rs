//! PBES2 with AES: how OpenSSL 3 encrypts the parts of a PFX by default (C1).

use std::num::NonZeroU32;

use aws_lc_rs::{
    cipher::{
        AES_128, AES_192, AES_256, Algorithm, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey,
    },
    iv::FixedLength,
    pbkdf2::{self, PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA384, PBKDF2_HMAC_SHA512},
};
use yasna::{ASN1Result, BERReader, models::ObjectIdentifier};
use zeroize::Zeroizing;

use super::pfx::{MAX_ITERATIONS, PfxError};

/// `pbes2`
pub(super) const OID: &[u64] = &[1, 2, 840, 113_549, 1, 5, 13];
const PBKDF2: &[u64] = &[1, 2, 840, 113_549, 1, 5, 12];

/// The parameters as the file encodes them.
struct Parameters {
    derivation: ObjectIdentifier,
    salt: Vec<u8>,
    iterations: u64,
    /// Absent from the file: HMAC-SHA1.
    random_function: Option<ObjectIdentifier>,
    cipher: ObjectIdentifier,
    vector: Vec<u8>,
}

/// Decrypts with the password in UTF-8.
pub(super) fn decrypt(
    parameters: &[u8],
    encrypted: &[u8],
    password: &[u8],
) -> Result<Zeroizing<Vec<u8>>, PfxError> {
    let parameters = yasna::parse_ber(parameters, parse).map_err(|_| PfxError::NotPfx)?;
    let unknown = |oid: &ObjectIdentifier| PfxError::Algorithm(oid.to_string());
    if parameters.derivation.components().as_slice() != PBKDF2 {
        return Err(unknown(&parameters.derivation));
    }
    let (cipher, length) = cipher(&parameters.cipher).ok_or_else(|| unknown(&parameters.cipher))?;
    let function = match &parameters.random_function {
        None => PBKDF2_HMAC_SHA1,
        Some(oid) => random_function(oid).ok_or_else(|| unknown(oid))?,
    };
    let rounds = u32::try_from(parameters.iterations)
        .ok()
        .filter(|rounds| u64::from(*rounds) <= MAX_ITERATIONS)
        .and_then(NonZeroU32::new)
        .ok_or(PfxError::Iterations(parameters.iterations))?;
    let vector: [u8; 16] = parameters.vector.try_into().map_err(|_| PfxError::NotPfx)?;

    let mut key = Zeroizing::new(vec![0; length]);
    pbkdf2::derive(function, rounds, &parameters.salt, password, &mut key);
    let mut plain = Zeroizing::new(encrypted.to_vec());
    let failed = |_| PfxError::WrongPasswordOrDamaged;
    let key = UnboundCipherKey::new(cipher, &key).map_err(failed)?;
    let length = PaddedBlockDecryptingKey::cbc_pkcs7(key)
        .and_then(|key| {
            let context = DecryptionContext::Iv128(FixedLength::from(vector));
            Ok(key.decrypt(&mut plain, context)?.len())
        })
        .map_err(failed)?;
    plain.truncate(length);
    Ok(plain)
}

// A closure, because the method itself has lifetimes too specific to be passed.
#[allow(clippy::redundant_closure_for_method_calls)]
fn parse(reader: BERReader<'_, '_>) -> ASN1Result<Parameters> {
    reader.read_sequence(|reader| {
        let (derivation, (salt, iterations, random_function)) = reader.next().read_sequence(|reader| {
            let derivation = reader.next().read_oid()?;
            let details = reader.next().read_sequence(|reader| {
                let salt = reader.next().read_bytes()?;
                let iterations = reader.next().read_u64()?;
                // The key length follows from the cipher, so it is read and ignored.
                reader.read_optional(|reader| reader.read_u64())?;
                let function = reader.read_optional(|reader| {
                    reader.read_sequence(|reader| {
                        let oid = reader.next().read_oid()?;
                        reader.read_optional(|reader| reader.read_null())?;
                        Ok(oid)
                    })
                })?;
                Ok((salt, iterations, function))
            })?;
            Ok((derivation, details))
        })?;
        let (cipher, vector) = reader
            .next()
            .read_sequence(|reader| Ok((reader.next().read_oid()?, reader.next().read_bytes()?)))?;
        Ok(Parameters { derivation, salt, iterations, random_function, cipher, vector })
    })
}

/// AES in CBC mode, and the length of its key in bytes.
fn cipher(oid: &ObjectIdentifier) -> Option<(&'static Algorithm, usize)> {
    match oid.components().as_slice() {
        [2, 16, 840, 1, 101, 3, 4, 1, 2] => Some((&AES_128, 16)),
        [2, 16, 840, 1, 101, 3, 4, 1, 22] => Some((&AES_192, 24)),
        [2, 16, 840, 1, 101, 3, 4, 1, 42] => Some((&AES_256, 32)),
        _ => None,
    }
}

fn random_function(oid: &ObjectIdentifier) -> Option<pbkdf2::Algorithm> {
    match oid.components().as_slice() {
        [1, 2, 840, 113_549, 2, 7] => Some(PBKDF2_HMAC_SHA1),
        [1, 2, 840, 113_549, 2, 9] => Some(PBKDF2_HMAC_SHA256),
        [1, 2, 840, 113_549, 2, 10] => Some(PBKDF2_HMAC_SHA384),
        [1, 2, 840, 113_549, 2, 11] => Some(PBKDF2_HMAC_SHA512),
        _ => None,
    }
}
