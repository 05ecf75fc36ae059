//! The encryption of PKCS#12 parts and private keys: parsing the algorithm identifier, and decrypting.

use aes::{Aes128, Aes192, Aes256};
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::consts::{U5, U16};
use cbc::cipher::{BlockCipher, BlockDecryptMut, InnerIvInit, KeyInit, KeyIvInit, StreamCipher};
use des::{Des, TdesEde2, TdesEde3};
use rc2::Rc2;
use rc4::Rc4;
use zeroize::Zeroizing;

use super::kdf::{Purpose, Stretch, Work};
use super::password::PasswordCandidates;
use crate::algorithm::{Cipher, Digest, Encryption};
use crate::der::{DerError, Element, Result, tag};
use crate::key::identifier;
use crate::{PasswordForm, ReadError};
use certdeck_model::quoted;

/// An encryption scheme with its parameters.
pub(crate) struct Scheme {
    /// Its name; known even for those that cannot be decrypted.
    pub encryption: Encryption,
    /// How to decrypt, or the object identifier that is not supported.
    method: std::result::Result<DecryptionMethod, String>,
}

/// The schemes that can be decrypted.
enum DecryptionMethod {
    /// Key and vector by PKCS#12's own derivation.
    Pkcs12 { stretch: Stretch, key: usize },
    /// Key by PBKDF2, vector in the parameters.
    Pbes2 { stretch: Stretch, key: usize, vector: Vec<u8> },
    /// Key and vector by PBKDF1.
    Pbes1 { stretch: Stretch },
}

impl Scheme {
    /// Parses an AlgorithmIdentifier. Errors are those of the encoding; an unknown algorithm is not one.
    pub(crate) fn read(element: Element<'_>) -> Result<Self> {
        let (oid, parameters) = identifier(element)?;
        let fields = || parameters.ok_or(DerError("an encryption without parameters"))?.expect(tag::SEQUENCE);
        if let Some((name, cipher, key)) = pkcs12_scheme(&oid) {
            let stretch = stretch(Digest::Sha1, &mut fields()?)?;
            return Ok(Self::new(
                name,
                oid,
                cipher,
                Some(stretch.rounds),
                Ok(DecryptionMethod::Pkcs12 { stretch, key }),
            ));
        }
        if let Some((name, digest, cipher)) = pbes1_scheme(&oid) {
            let stretch = stretch(digest, &mut fields()?)?;
            return Ok(Self::new(
                name,
                oid,
                cipher,
                Some(stretch.rounds),
                Ok(DecryptionMethod::Pbes1 { stretch }),
            ));
        }
        if oid == "1.2.840.113549.1.5.13" {
            return pbes2(oid, &mut fields()?);
        }
        Ok(Self::new(&oid.clone(), oid.clone(), Cipher::Other, None, Err(oid)))
    }

    fn new(
        name: &str,
        oid: String,
        cipher: Cipher,
        iterations: Option<u64>,
        method: std::result::Result<DecryptionMethod, String>,
    ) -> Self {
        Self { encryption: Encryption { cipher, name: name.to_owned(), oid, iterations }, method }
    }

    /// Decrypts `data`, which is one BER element; returns the form of the password that worked.
    pub(crate) fn decrypt(
        &self,
        part: &'static str,
        data: &[u8],
        password: &PasswordCandidates,
        work: &mut Work,
    ) -> std::result::Result<(Zeroizing<Vec<u8>>, PasswordForm), ReadError> {
        let cipher = &self.encryption.cipher;
        let undone = match self.method.as_ref().map_err(|oid| ReadError::unsupported(oid, part))? {
            DecryptionMethod::Pkcs12 { stretch, key } => {
                let mut undone = None;
                for (form, octets) in password.forms() {
                    let key = stretch.pkcs12(part, octets, Purpose::Encryption, *key, work)?;
                    let vector = if *cipher == Cipher::Rc4 {
                        Zeroizing::default()
                    } else {
                        stretch.pkcs12(part, octets, Purpose::Vector, 8, work)?
                    };
                    undone = undo(*cipher, &key, &vector, data).map(|plain| (plain, form));
                    if undone.is_some() {
                        break;
                    }
                }
                undone
            }
            DecryptionMethod::Pbes2 { stretch, key, vector } => {
                let mut undone = None;
                for (form, octets) in password.plain() {
                    let key = stretch.pbkdf2(part, octets, *key, work)?;
                    undone = undo(*cipher, &key, vector, data).map(|plain| (plain, form));
                    if undone.is_some() {
                        break;
                    }
                }
                undone
            }
            DecryptionMethod::Pbes1 { stretch } => {
                let mut undone = None;
                for (form, octets) in password.plain() {
                    let octets = stretch.pbkdf1(part, octets, work)?;
                    let (key, vector) = (&octets[..8], &octets[8..16]);
                    undone = undo(*cipher, key, vector, data).map(|plain| (plain, form));
                    if undone.is_some() {
                        break;
                    }
                }
                undone
            }
        };
        undone.ok_or(ReadError::WrongPassword { by_mac: false })
    }
}

/// Name, cipher and key length in bytes of PKCS#12's own schemes (RFC 7292, appendix C).
fn pkcs12_scheme(oid: &str) -> Option<(&'static str, Cipher, usize)> {
    Some(match oid.strip_prefix("1.2.840.113549.1.12.1.")? {
        "1" => ("pbeWithSHA1And128BitRC4", Cipher::Rc4, 16),
        "2" => ("pbeWithSHA1And40BitRC4", Cipher::Rc4, 5),
        "3" => ("pbeWithSHA1And3-KeyTripleDES-CBC", Cipher::TripleDes, 24),
        "4" => ("pbeWithSHA1And2-KeyTripleDES-CBC", Cipher::TwoKeyTripleDes, 16),
        "5" => ("pbeWithSHA1And128BitRC2-CBC", Cipher::Rc2(128), 16),
        "6" => ("pbeWithSHA1And40BitRC2-CBC", Cipher::Rc2(40), 5),
        _ => return None,
    })
}

/// The schemes of PKCS#5 1.5 (RFC 8018, A.3), except those with MD2, which no longer occur.
fn pbes1_scheme(oid: &str) -> Option<(&'static str, Digest, Cipher)> {
    Some(match oid.strip_prefix("1.2.840.113549.1.5.")? {
        "3" => ("pbeWithMD5AndDES", Digest::Md5, Cipher::Des),
        "6" => ("pbeWithMD5AndRC2", Digest::Md5, Cipher::Rc2(64)),
        "10" => ("pbeWithSHA1AndDES", Digest::Sha1, Cipher::Des),
        "11" => ("pbeWithSHA1AndRC2", Digest::Sha1, Cipher::Rc2(64)),
        _ => return None,
    })
}

fn stretch(digest: Digest, fields: &mut crate::der::DerReader<'_>) -> Result<Stretch> {
    Ok(Stretch {
        digest,
        salt: fields.element()?.octets()?.into_owned(),
        rounds: fields.element()?.unsigned()?,
    })
}

/// PBKDF2 parameters: the derivation, the name of its HMAC, and the length of the key if it is stated. An
/// unknown HMAC leaves no derivation.
pub(super) struct Pbkdf2 {
    pub stretch: Option<Stretch>,
    pub hmac: String,
    pub rounds: u64,
    pub key_length: Option<u64>,
}

pub(super) fn pbkdf2(parameters: Element<'_>) -> Result<Pbkdf2> {
    let mut fields = parameters.expect(tag::SEQUENCE)?;
    let salt = fields.element()?;
    if salt.tag & !tag::CONSTRUCTED != tag::OCTET_STRING {
        return Err(DerError("the salt of PBKDF2 is no octet string"));
    }
    let salt = salt.octets()?.into_owned();
    let rounds = fields.element()?.unsigned()?;
    let key_length = fields.optional(tag::INTEGER)?.map(Element::unsigned).transpose()?;
    let hmac = fields.optional(tag::SEQUENCE)?.map(identifier).transpose()?;
    let digest = hmac.as_ref().map_or(Some(Digest::Sha1), |(oid, _)| Digest::from_hmac_oid(oid));
    let name = digest.map(|digest| digest.name().to_owned()).or(hmac.map(|(oid, _)| oid)).unwrap_or_default();
    Ok(Pbkdf2 {
        stretch: digest.map(|digest| Stretch { digest, salt, rounds }),
        hmac: name,
        rounds,
        key_length,
    })
}

fn pbes2(oid: String, fields: &mut crate::der::DerReader<'_>) -> Result<Scheme> {
    let (kdf, kdf_parameters) = identifier(fields.element()?)?;
    let (cipher_oid, cipher_parameters) = identifier(fields.element()?)?;
    let (cipher_name, mut cipher, key) = match cipher_oid.as_str() {
        "2.16.840.1.101.3.4.1.2" => ("aes-128-cbc", Cipher::Aes(128), 16),
        "2.16.840.1.101.3.4.1.22" => ("aes-192-cbc", Cipher::Aes(192), 24),
        "2.16.840.1.101.3.4.1.42" => ("aes-256-cbc", Cipher::Aes(256), 32),
        "1.2.840.113549.3.7" => ("des-ede3-cbc", Cipher::TripleDes, 24),
        "1.3.14.3.2.7" => ("des-cbc", Cipher::Des, 8),
        "1.2.840.113549.3.2" => ("rc2-cbc", Cipher::Rc2(0), 16),
        other => (other, Cipher::Other, 0),
    };
    if kdf != "1.2.840.113549.1.5.12" {
        let kdf_name = if kdf == "1.3.6.1.4.1.11591.4.11" { "scrypt" } else { &kdf };
        return Ok(Scheme::new(&format!("PBES2/{kdf_name}/{cipher_name}"), oid, cipher, None, Err(kdf)));
    }
    let pbkdf2 = pbkdf2(kdf_parameters.ok_or(DerError("PBKDF2 without parameters"))?)?;
    let mut key = key;
    let vector = match cipher {
        Cipher::Other => None,
        Cipher::Rc2(_) => {
            let (bits, vector) =
                rc2_parameters(cipher_parameters.ok_or(DerError("RC2 without parameters"))?)?;
            cipher = Cipher::Rc2(bits);
            key = usize::from(bits / 8);
            if let Some(length) = pbkdf2.key_length {
                key = usize::try_from(length)
                    .ok()
                    .filter(|length| (1..=128).contains(length))
                    .ok_or(DerError("an RC2 key of no sensible length"))?;
            }
            Some(vector)
        }
        _ => Some(
            cipher_parameters.ok_or(DerError("a cipher without an initial vector"))?.octets()?.into_owned(),
        ),
    };
    let name = format!("PBES2/PBKDF2-hmac-{}/{cipher_name}", pbkdf2.hmac);
    let method = match (pbkdf2.stretch, vector) {
        (Some(stretch), Some(vector)) => Ok(DecryptionMethod::Pbes2 { stretch, key, vector }),
        (_, None) => Err(cipher_oid),
        (None, _) => Err(pbkdf2.hmac),
    };
    Ok(Scheme::new(&name, oid, cipher, Some(pbkdf2.rounds), method))
}

/// The effective key length in bits, which has an odd encoding (RFC 8018, B.2.3), and the initial vector.
fn rc2_parameters(parameters: Element<'_>) -> Result<(u16, Vec<u8>)> {
    if parameters.tag != tag::SEQUENCE {
        return Ok((32, parameters.octets()?.into_owned()));
    }
    let mut fields = parameters.children()?;
    let bits = match fields.optional(tag::INTEGER)?.map(Element::unsigned).transpose()? {
        None => 32,
        Some(160) => 40,
        Some(120) => 64,
        Some(58) => 128,
        Some(other @ 256..=1024) => u16::try_from(other).unwrap_or(1024),
        Some(_) => return Err(DerError("an RC2 key of no sensible length")),
    };
    Ok((bits, fields.element()?.octets()?.into_owned()))
}

/// The plain bytes, if the padding is right and they are a SEQUENCE, as keys and contents are. With a wrong
/// key one padding in 256 is right by chance, so the first byte is checked too.
fn undo(cipher: Cipher, key: &[u8], vector: &[u8], data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let plain = Zeroizing::new(match cipher {
        Cipher::TripleDes => cbc::<TdesEde3>(key, vector, data)?,
        Cipher::TwoKeyTripleDes => cbc::<TdesEde2>(key, vector, data)?,
        Cipher::Des => cbc::<Des>(key, vector, data)?,
        Cipher::Aes(128) => cbc::<Aes128>(key, vector, data)?,
        Cipher::Aes(192) => cbc::<Aes192>(key, vector, data)?,
        Cipher::Aes(_) => cbc::<Aes256>(key, vector, data)?,
        Cipher::Rc2(bits) => {
            let cipher = Rc2::new_with_eff_key_len(key, bits.into());
            Decryptor::inner_iv_slice_init(cipher, vector).ok()?.decrypt_padded_vec_mut::<Pkcs7>(data).ok()?
        }
        Cipher::Rc4 if key.len() == 5 => keystream::<Rc4<U5>>(key, data)?,
        Cipher::Rc4 => keystream::<Rc4<U16>>(key, data)?,
        Cipher::None | Cipher::Other => return None,
    });
    (plain.first() == Some(&tag::SEQUENCE) && Element::parse(&plain).is_ok()).then_some(plain)
}

fn keystream<C: KeyInit + StreamCipher>(key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let mut plain = data.to_vec();
    C::new_from_slice(key).ok()?.apply_keystream(&mut plain);
    Some(plain)
}

fn cbc<C: BlockCipher + BlockDecryptMut + KeyInit>(
    key: &[u8],
    vector: &[u8],
    data: &[u8],
) -> Option<Vec<u8>> {
    Decryptor::<C>::new_from_slices(key, vector).ok()?.decrypt_padded_vec_mut::<Pkcs7>(data).ok()
}

/// Decrypts a private key in old OpenSSL PEM (`DEK-Info: AES-256-CBC,IV`); the key comes from one round of
/// MD5 (EVP_BytesToKey).
pub(crate) fn undo_dek_info(
    info: &str,
    data: &[u8],
    password: &PasswordCandidates,
) -> std::result::Result<Zeroizing<Vec<u8>>, ReadError> {
    const PART: &str = "the private key";
    let unsupported = || ReadError::UnsupportedAlgorithm {
        name: quoted(info.split(',').next().unwrap_or_default()),
        oid: String::new(),
        part: PART,
    };
    let (name, vector) = info.split_once(',').ok_or_else(unsupported)?;
    let (cipher, length) = match name.trim() {
        "DES-EDE3-CBC" => (Cipher::TripleDes, 24),
        "DES-CBC" => (Cipher::Des, 8),
        "AES-128-CBC" => (Cipher::Aes(128), 16),
        "AES-192-CBC" => (Cipher::Aes(192), 24),
        "AES-256-CBC" => (Cipher::Aes(256), 32),
        _ => return Err(unsupported()),
    };
    let malformed = || ReadError::malformed("the DEK-Info line of the private key has no initial vector");
    let digits = vector.trim().as_bytes();
    let octets = digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    let vector =
        octets.collect::<Option<Vec<u8>>>().filter(|vector| vector.len() >= 8).ok_or_else(malformed)?;
    let key = |password: &[u8]| {
        let mut key = Zeroizing::new(Vec::new());
        let mut round = Zeroizing::new(Vec::new());
        while key.len() < length {
            use sha1::Digest as _;
            round.extend_from_slice(password);
            round.extend_from_slice(&vector[..8]);
            *round = md5::Md5::digest(&*round).to_vec();
            key.extend_from_slice(&round);
        }
        key
    };
    let mut undone =
        password.plain().filter_map(|(_, octets)| undo(cipher, &key(octets)[..length], &vector, data));
    undone.next().ok_or(ReadError::WrongPassword { by_mac: false })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// RFC 6229, at offset 0.
    #[test]
    fn old_files_are_read_with_the_published_key_streams_of_rc4() {
        let short = keystream::<Rc4<U5>>(&[1, 2, 3, 4, 5], &[0; 8]).unwrap();
        assert_eq!(short, [0xB2, 0x39, 0x63, 0x05, 0xF0, 0x3D, 0xC0, 0x27]);
        let long: Vec<u8> = (1..=16).collect();
        let long = keystream::<Rc4<U16>>(&long, &[0; 8]).unwrap();
        assert_eq!(long, [0x9A, 0xC7, 0xCC, 0x9A, 0x60, 0x9D, 0x1E, 0xF7]);
        assert!(keystream::<Rc4<U16>>(&[1, 2, 3], &[0; 8]).is_none(), "a key of another length");
    }
}
