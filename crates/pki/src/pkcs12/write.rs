//! Writes PKCS#12 that App Service accepts: one key, its certificate, the chain after it.

use aes::Aes256;
use cbc::Encryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipher, BlockEncryptMut, KeyInit, KeyIvInit};
use des::TdesEde3;
use p12::{
    AlgorithmIdentifier, CertBag, ContentInfo, DigestInfo, EncryptedContentInfo, EncryptedData,
    EncryptedPrivateKeyInfo, MacData, OtherAlgorithmIdentifier, PFX, PKCS12Attribute, Pkcs12PbeParams,
    SafeBag, SafeBagKind,
};
use secrecy::{ExposeSecret, SecretString};
use sha1::{Digest as _, Sha1};
use thiserror::Error;
use yasna::models::ObjectIdentifier;
use zeroize::Zeroizing;

use super::kdf::{Purpose, Stretch, Work, hmac};
use super::password::utf16;
use crate::algorithm::Digest;
use crate::{Certificate, PrivateKey};

/// The rounds of the key derivations: as many as OpenSSL writes, which App Service has seen most.
const ROUNDS: u32 = 2048;

/// The encryption of a new PKCS#12 file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wrapping {
    /// Triple DES with a SHA-1 MAC, which App Service has always accepted (A19).
    #[default]
    TripleDes,
    /// AES-256 by PBES2 with a SHA-256 MAC: OpenSSL 3's default, accepted since 2025 (C1).
    Aes256,
}

/// Why a PKCS#12 file could not be written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WriteError {
    /// The chain is empty.
    #[error("no certificate was given: the chain starts with the one that belongs to the key")]
    NoCertificate,
    /// The key is not that of the first certificate; contains the subject of the certificate.
    #[error("the private key does not belong to {0}, the first certificate")]
    KeyMismatch(String),
    /// The random source of the system failed.
    #[error("the system gave no random bytes for a salt")]
    NoRandomness,
    /// The key derivation or the encryption failed.
    #[error("the file could not be encrypted")]
    Encryption,
}

/// Writes `key` and `chain` (leaf first) as PKCS#12. `friendly_name` is the name that Azure and Windows show.
pub fn write_pkcs12(
    key: &PrivateKey,
    chain: &[Certificate],
    password: &SecretString,
    wrapping: Wrapping,
    friendly_name: Option<&str>,
) -> Result<Zeroizing<Vec<u8>>, WriteError> {
    let leaf = chain.first().ok_or(WriteError::NoCertificate)?;
    if key.fits(leaf) == Some(false) {
        return Err(WriteError::KeyMismatch(leaf.subject.clone()));
    }
    // Key and leaf share an identifier, made as OpenSSL does.
    let mut attributes = vec![PKCS12Attribute::LocalKeyId(Sha1::digest(&leaf.der).to_vec())];
    attributes.extend(friendly_name.map(|name| PKCS12Attribute::FriendlyName(name.to_owned())));
    let bags = chain.iter().enumerate().map(|(at, certificate)| SafeBag {
        bag: SafeBagKind::CertBag(CertBag::X509(certificate.der.clone())),
        attributes: if at == 0 { attributes.clone() } else { Vec::new() },
    });
    let (content_encryption_algorithm, encrypted_content) =
        wrapping.encrypt(&sequence(&bags.collect::<Vec<_>>(), SafeBag::write), password)?;
    let (encryption_algorithm, encrypted_data) = wrapping.encrypt(key.pkcs8(), password)?;
    let shrouded =
        SafeBagKind::Pkcs8ShroudedKeyBag(EncryptedPrivateKeyInfo { encryption_algorithm, encrypted_data });
    let key = SafeBag { bag: shrouded, attributes };
    let contents = sequence(
        &[
            ContentInfo::EncryptedData(EncryptedData {
                encrypted_content_info: EncryptedContentInfo {
                    content_encryption_algorithm,
                    encrypted_content,
                },
            }),
            ContentInfo::Data(sequence(&[key], SafeBag::write)),
        ],
        ContentInfo::write,
    );
    let mac_data = Some(wrapping.seal(&contents, password)?);
    Ok(Zeroizing::new(PFX { version: 3, auth_safe: ContentInfo::Data(contents), mac_data }.to_der()))
}

impl Wrapping {
    fn encrypt(
        self,
        plain: &[u8],
        password: &SecretString,
    ) -> Result<(AlgorithmIdentifier, Vec<u8>), WriteError> {
        let failed = |_| WriteError::Encryption;
        let mut work = Work::default();
        match self {
            Self::TripleDes => {
                let stretch = stretch::<8>(Digest::Sha1)?;
                let password = utf16(password.expose_secret());
                let key =
                    stretch.pkcs12("", &password, Purpose::Encryption, 24, &mut work).map_err(failed)?;
                let vector = stretch.pkcs12("", &password, Purpose::Vector, 8, &mut work).map_err(failed)?;
                let parameters = Pkcs12PbeParams { salt: stretch.salt, iterations: stretch.rounds };
                Ok((
                    AlgorithmIdentifier::PbeWithSHAAnd3KeyTripleDESCBC(parameters),
                    cbc::<TdesEde3>(&key, &vector, plain)?,
                ))
            }
            Self::Aes256 => {
                let stretch = stretch::<16>(Digest::Sha256)?;
                let vector = random::<16>()?;
                let key =
                    stretch.pbkdf2("", password.expose_secret().as_bytes(), 32, &mut work).map_err(failed)?;
                Ok((pbes2(&stretch.salt, &vector), cbc::<Aes256>(&key, &vector, plain)?))
            }
        }
    }

    fn seal(self, contents: &[u8], password: &SecretString) -> Result<MacData, WriteError> {
        let (digest, digest_algorithm) = match self {
            Self::TripleDes => (Digest::Sha1, AlgorithmIdentifier::Sha1),
            // The parameters are a NULL.
            Self::Aes256 => (Digest::Sha256, other(&[2, 16, 840, 1, 101, 3, 4, 2, 1], vec![5, 0])),
        };
        let stretch = stretch::<16>(digest)?;
        let password = utf16(password.expose_secret());
        let key = stretch.pkcs12("", &password, Purpose::Mac, digest.size(), &mut Work::default());
        let digest = hmac(digest, &key.map_err(|_| WriteError::Encryption)?, contents);
        Ok(MacData { mac: DigestInfo { digest_algorithm, digest }, salt: stretch.salt, iterations: ROUNDS })
    }
}

/// PBES2 with PBKDF2 by HMAC-SHA256, and AES-256-CBC (RFC 8018, A.4).
fn pbes2(salt: &[u8], vector: &[u8]) -> AlgorithmIdentifier {
    let oid = ObjectIdentifier::from_slice;
    let parameters = yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer.next().write_sequence(|writer| {
                writer.next().write_oid(&oid(&[1, 2, 840, 113_549, 1, 5, 12]));
                writer.next().write_sequence(|writer| {
                    writer.next().write_bytes(salt);
                    writer.next().write_u32(ROUNDS);
                    writer.next().write_sequence(|writer| {
                        writer.next().write_oid(&oid(&[1, 2, 840, 113_549, 2, 9]));
                        writer.next().write_null();
                    });
                });
            });
            writer.next().write_sequence(|writer| {
                writer.next().write_oid(&oid(&[2, 16, 840, 1, 101, 3, 4, 1, 42]));
                writer.next().write_bytes(vector);
            });
        });
    });
    other(&[1, 2, 840, 113_549, 1, 5, 13], parameters)
}

fn other(oid: &[u64], parameters: Vec<u8>) -> AlgorithmIdentifier {
    let algorithm_type = ObjectIdentifier::from_slice(oid);
    AlgorithmIdentifier::OtherAlg(OtherAlgorithmIdentifier { algorithm_type, params: Some(parameters) })
}

fn cbc<C: BlockCipher + BlockEncryptMut + KeyInit>(
    key: &[u8],
    vector: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, WriteError> {
    let cipher = Encryptor::<C>::new_from_slices(key, vector).map_err(|_| WriteError::Encryption)?;
    Ok(cipher.encrypt_padded_vec_mut::<Pkcs7>(plain))
}

fn stretch<const OCTETS: usize>(digest: Digest) -> Result<Stretch, WriteError> {
    Ok(Stretch { digest, salt: random::<OCTETS>()?.to_vec(), rounds: ROUNDS.into() })
}

fn random<const OCTETS: usize>() -> Result<[u8; OCTETS], WriteError> {
    let mut octets = [0; OCTETS];
    aws_lc_rs::rand::fill(&mut octets).map_err(|_| WriteError::NoRandomness)?;
    Ok(octets)
}

fn sequence<T>(items: &[T], write: impl Fn(&T, yasna::DERWriter<'_>)) -> Vec<u8> {
    yasna::construct_der(|writer| {
        writer.write_sequence_of(|writer| {
            for item in items {
                write(item, writer.next());
            }
        });
    })
}
