//! PKCS#12 as far as the practice cloud needs it: writes what a vault holds for an order, and reads what
//! users upload.
//!
//! The structures are the `p12` crate's. Its MAC check panics on SHA-256 and its writer encrypts certificates
//! with RC2-40, so neither is used.

use cbc::cipher::{BlockEncryptMut, KeyIvInit, block_padding::Pkcs7};
use hmac::{Hmac, Mac};
use p12::{
    AlgorithmIdentifier, CertBag, ContentInfo, DigestInfo, EncryptedContentInfo, EncryptedData,
    EncryptedPrivateKeyInfo, MacData, OtherAlgorithmIdentifier, PFX, PKCS12Attribute, Pkcs12PbeParams,
    SafeBag, SafeBagKind,
};
use sha1::{Digest, Sha1};
use yasna::models::ObjectIdentifier;
use zeroize::Zeroizing;

use super::derivation::{DerivedUse, derive};
use super::{Issued, pbes2};

/// The iteration count of the key derivation, as real exports have it.
const ITERATIONS: u32 = 2000;
/// More than any known product uses, and few enough to refuse a file made to stall the reader.
pub(super) const MAX_ITERATIONS: u64 = 1_000_000;
/// A PFX is a few kilobytes; a larger file is not one.
const MAX_BYTES: usize = 1 << 20;

/// Why a file could not be opened. "Wrong password" is said only when the file itself says so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PfxError {
    #[error("the file is not a PKCS#12 (PFX) file")]
    NotPfx,
    #[error("the password is wrong")]
    WrongPassword,
    #[error("the password is wrong or the file is damaged")]
    WrongPasswordOrDamaged,
    #[error("the file uses an algorithm the practice cloud cannot read: {0}")]
    Algorithm(String),
    #[error("the file asks for {0} rounds of key derivation, more than the limit")]
    Iterations(u64),
    #[error("the file holds no private key")]
    NoKey,
    #[error("the file holds no certificate that belongs to its private key")]
    NoCertificate,
    #[error("the key could not be encrypted")]
    Encryption,
}

/// An opened PFX.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    /// The certificate that belongs to the key, DER.
    pub leaf: Vec<u8>,
    /// Every other certificate in the file's order, DER.
    pub chain: Vec<Vec<u8>>,
    /// PKCS#8 DER.
    pub key: Zeroizing<Vec<u8>>,
    /// The friendly name in the file, if it has one.
    pub friendly_name: Option<String>,
}

/// A password in the encodings that the algorithms need.
struct PfxPassword {
    /// UTF-16 with two zero bytes at its end, for PKCS#12's own derivation. An empty text is just these two
    /// bytes; what vaults write for orders has none at all (the null form).
    wide: Zeroizing<Vec<u8>>,
    /// UTF-8, for PBES2.
    narrow: Zeroizing<Vec<u8>>,
}

impl PfxPassword {
    fn text(text: &str) -> Self {
        let bytes = text.encode_utf16().chain([0]).flat_map(u16::to_be_bytes);
        Self { wide: Zeroizing::new(bytes.collect()), narrow: Zeroizing::new(text.as_bytes().to_vec()) }
    }

    fn null() -> Self {
        Self { wide: Zeroizing::default(), narrow: Zeroizing::default() }
    }

    fn is_null(&self) -> bool {
        self.wide.is_empty()
    }
}

/// The PFX that the vault holds for an order: triple DES, SHA-1 MAC, no password (its null form, A201), root
/// first and leaf last, a GUID as the name.
pub(crate) fn write_for_vault(issued: &Issued, friendly_name: &str) -> Result<Vec<u8>, PfxError> {
    let key = issued.key.as_ref().ok_or(PfxError::NoKey)?;
    let chain = issued.chain.iter().rev().map(Vec::as_slice);
    write(&issued.leaf, chain, Some(key), friendly_name, &PfxPassword::null())
}

/// The same without the key, which the policy keeps in the vault.
pub(crate) fn write_certificates(
    leaf: &[u8],
    chain: &[Vec<u8>],
    friendly_name: &str,
) -> Result<Vec<u8>, PfxError> {
    write(leaf, chain.iter().rev().map(Vec::as_slice), None, friendly_name, &PfxPassword::null())
}

/// A PFX with a password, leaf first: what a user would upload.
#[cfg(test)]
pub(crate) fn write_with_password(
    issued: &Issued,
    friendly_name: &str,
    password: &str,
) -> Result<Vec<u8>, PfxError> {
    let key = issued.key.as_ref().ok_or(PfxError::NoKey)?;
    let chain = issued.chain.iter().map(Vec::as_slice);
    let password = PfxPassword::text(password);
    write(&issued.leaf, chain, Some(key), friendly_name, &password)
}

fn write<'a>(
    leaf: &[u8],
    chain: impl Iterator<Item = &'a [u8]>,
    key: Option<&[u8]>,
    friendly_name: &str,
    password: &PfxPassword,
) -> Result<Vec<u8>, PfxError> {
    // Derived from the key: as hard to guess, and the same whenever this file is written again, so that a
    // secret has the same bytes at every read.
    let seed =
        Sha1::new().chain_update(friendly_name).chain_update(leaf).chain_update(key.unwrap_or_default());
    let salt = |purpose: &str| seed.clone().chain_update(purpose).finalize()[..8].to_vec();
    let names = vec![
        PKCS12Attribute::FriendlyName(friendly_name.to_owned()),
        PKCS12Attribute::LocalKeyId(vec![1, 0, 0, 0]),
    ];
    let certificate = |der: &[u8], attributes: &[PKCS12Attribute]| SafeBag {
        bag: SafeBagKind::CertBag(CertBag::X509(der.to_vec())),
        attributes: attributes.to_vec(),
    };
    let mut bags: Vec<SafeBag> = chain.map(|der| certificate(der, &[])).collect();
    if password.is_null() {
        bags.push(certificate(leaf, &names));
    } else {
        bags.insert(0, certificate(leaf, &names));
    }
    let (content_encryption_algorithm, encrypted_content) =
        encrypt(&sequence(&bags, SafeBag::write), password, salt("certificates"))?;
    let mut safes = Vec::new();
    if let Some(key) = key {
        let (encryption_algorithm, encrypted_data) = encrypt(key, password, salt("key"))?;
        let bag = SafeBag {
            bag: SafeBagKind::Pkcs8ShroudedKeyBag(EncryptedPrivateKeyInfo {
                encryption_algorithm,
                encrypted_data,
            }),
            attributes: names,
        };
        safes.push(ContentInfo::Data(sequence(&[bag], SafeBag::write)));
    }
    safes.push(ContentInfo::EncryptedData(EncryptedData {
        encrypted_content_info: EncryptedContentInfo { content_encryption_algorithm, encrypted_content },
    }));
    let contents = sequence(&safes, ContentInfo::write);
    let salt = salt("mac");
    let digest = mac_sha1(&contents, &password.wide, &salt, ITERATIONS);
    let pfx = PFX {
        version: 3,
        auth_safe: ContentInfo::Data(contents),
        mac_data: Some(MacData {
            mac: DigestInfo { digest_algorithm: AlgorithmIdentifier::Sha1, digest },
            salt,
            iterations: ITERATIONS,
        }),
    };
    Ok(pfx.to_der())
}

/// Opens a PFX with a password; an empty one is tried in both of its forms.
pub(crate) fn read(bytes: &[u8], password: &str) -> Result<Opened, PfxError> {
    let pfx = (bytes.len() <= MAX_BYTES)
        .then(|| yasna::parse_ber(bytes, parse_pfx).ok())
        .flatten()
        .ok_or(PfxError::NotPfx)?;
    let ContentInfo::Data(contents) = &pfx.auth_safe else {
        return Err(PfxError::Algorithm("a signed or enveloped file".into()));
    };
    let mut forms = vec![PfxPassword::text(password)];
    if password.is_empty() {
        forms.push(PfxPassword::null());
    }
    let mut outcome = Err(PfxError::WrongPassword);
    for form in forms {
        outcome = match &pfx.mac_data {
            Some(mac) if !mac_matches(mac, contents, &form.wide)? => Err(PfxError::WrongPassword),
            _ => open(contents, &form),
        };
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

fn parse_pfx(reader: yasna::BERReader<'_, '_>) -> yasna::ASN1Result<PFX> {
    reader.read_sequence(|reader| {
        Ok(PFX {
            version: reader.next().read_u8()?,
            auth_safe: ContentInfo::parse(reader.next())?,
            mac_data: reader.read_optional(MacData::parse)?,
        })
    })
}

fn open(contents: &[u8], password: &PfxPassword) -> Result<Opened, PfxError> {
    let safes = yasna::parse_ber(contents, |reader| reader.collect_sequence_of(ContentInfo::parse))
        .map_err(|_| PfxError::NotPfx)?;
    let mut certificates: Vec<(Vec<u8>, Option<String>)> = Vec::new();
    let mut key = None;
    for safe in &safes {
        let plain = match safe {
            ContentInfo::Data(data) => Zeroizing::new(data.clone()),
            ContentInfo::EncryptedData(data) => {
                let info = &data.encrypted_content_info;
                decrypt(&info.content_encryption_algorithm, &info.encrypted_content, password)?
            }
            ContentInfo::OtherContext(other) => {
                return Err(PfxError::Algorithm(other.content_type.to_string()));
            }
        };
        let bags = yasna::parse_ber(&plain, |reader| reader.collect_sequence_of(SafeBag::parse))
            .map_err(|_| PfxError::WrongPasswordOrDamaged)?;
        for bag in bags {
            let name = bag.friendly_name();
            match bag.bag {
                SafeBagKind::CertBag(CertBag::X509(der)) => certificates.push((der, name)),
                SafeBagKind::Pkcs8ShroudedKeyBag(shrouded) => {
                    key = Some(decrypt(&shrouded.encryption_algorithm, &shrouded.encrypted_data, password)?);
                }
                SafeBagKind::OtherBagKind(other) if is_key_bag(&other.bag_id) => {
                    key = Some(Zeroizing::new(other.bag_value));
                }
                _ => {}
            }
        }
    }
    let key = key.ok_or(PfxError::NoKey)?;
    let public = public_key(&key).ok_or(PfxError::WrongPasswordOrDamaged)?;
    let leaf =
        certificates.iter().position(|(der, _)| certifies(der, &public)).ok_or(PfxError::NoCertificate)?;
    let (leaf, friendly_name) = certificates.remove(leaf);
    let chain = certificates.into_iter().map(|(der, _)| der).collect();
    Ok(Opened { leaf, chain, key, friendly_name })
}

fn public_key(pkcs8: &[u8]) -> Option<Vec<u8>> {
    Some(super::key_pair(pkcs8).ok()?.public_key_raw().to_vec())
}

fn certifies(der: &[u8], public: &[u8]) -> bool {
    x509_parser::parse_x509_certificate(der)
        .is_ok_and(|(_, parsed)| &*parsed.public_key().subject_public_key.data == public)
}

fn is_key_bag(oid: &ObjectIdentifier) -> bool {
    oid.components().as_slice() == [1, 2, 840, 113_549, 1, 12, 10, 1, 1]
}

fn encrypt(
    plain: &[u8],
    password: &PfxPassword,
    salt: Vec<u8>,
) -> Result<(AlgorithmIdentifier, Vec<u8>), PfxError> {
    let derived = |purpose, length| derive::<Sha1>(purpose, &password.wide, &salt, ITERATIONS, length);
    let (key, vector) = (derived(DerivedUse::Key, 24), derived(DerivedUse::Vector, 8));
    let cipher =
        cbc::Encryptor::<des::TdesEde3>::new_from_slices(&key, &vector).map_err(|_| PfxError::Encryption)?;
    let parameters = Pkcs12PbeParams { salt, iterations: ITERATIONS.into() };
    Ok((
        AlgorithmIdentifier::PbeWithSHAAnd3KeyTripleDESCBC(parameters),
        cipher.encrypt_padded_vec_mut::<Pkcs7>(plain),
    ))
}

fn decrypt(
    algorithm: &AlgorithmIdentifier,
    cipher: &[u8],
    password: &PfxPassword,
) -> Result<Zeroizing<Vec<u8>>, PfxError> {
    let rounds = match algorithm {
        AlgorithmIdentifier::PbewithSHAAnd40BitRC2CBC(parameters)
        | AlgorithmIdentifier::PbeWithSHAAnd3KeyTripleDESCBC(parameters) => parameters.iterations,
        AlgorithmIdentifier::Sha1 => return Err(PfxError::Algorithm("SHA-1 as a cipher".into())),
        AlgorithmIdentifier::OtherAlg(other) => {
            return match &other.params {
                Some(parameters) if other.algorithm_type.components() == pbes2::OID => {
                    pbes2::decrypt(parameters, cipher, &password.narrow)
                }
                _ => Err(PfxError::Algorithm(algorithm_name(other))),
            };
        }
    };
    if rounds > MAX_ITERATIONS {
        return Err(PfxError::Iterations(rounds));
    }
    algorithm.decrypt_pbe(cipher, &password.wide).map(Zeroizing::new).ok_or(PfxError::WrongPasswordOrDamaged)
}

fn algorithm_name(other: &OtherAlgorithmIdentifier) -> String {
    let oid = other.algorithm_type.to_string();
    match oid.as_str() {
        "1.2.840.113549.1.5.13" => "PBES2".to_owned(),
        "1.2.840.113549.1.5.14" => "PBMAC1".to_owned(),
        "1.2.840.113549.1.12.1.1" | "1.2.840.113549.1.12.1.2" => "RC4".to_owned(),
        _ => oid,
    }
}

fn mac_matches(mac: &MacData, contents: &[u8], password: &[u8]) -> Result<bool, PfxError> {
    let rounds = u64::from(mac.iterations);
    let count = u32::try_from(rounds)
        .ok()
        .filter(|_| rounds <= MAX_ITERATIONS)
        .ok_or(PfxError::Iterations(rounds))?;
    let own = match &mac.mac.digest_algorithm {
        AlgorithmIdentifier::Sha1 => mac_sha1(contents, password, &mac.salt, count),
        AlgorithmIdentifier::OtherAlg(other)
            if other.algorithm_type.to_string() == "2.16.840.1.101.3.4.2.1" =>
        {
            let key = derive::<sha2::Sha256>(DerivedUse::Mac, password, &mac.salt, count, 32);
            authenticate::<Hmac<sha2::Sha256>>(&key, contents)
        }
        AlgorithmIdentifier::OtherAlg(other) => {
            return Err(PfxError::Algorithm(algorithm_name(other)));
        }
        _ => return Err(PfxError::NotPfx),
    };
    Ok(own == mac.mac.digest)
}

fn mac_sha1(contents: &[u8], password: &[u8], salt: &[u8], rounds: u32) -> Vec<u8> {
    let key = derive::<Sha1>(DerivedUse::Mac, password, salt, rounds, 20);
    authenticate::<Hmac<Sha1>>(&key, contents)
}

fn authenticate<M: Mac + hmac::digest::KeyInit>(key: &[u8], contents: &[u8]) -> Vec<u8> {
    // HMAC accepts keys of any length, so there is no error to report.
    <M as Mac>::new_from_slice(key)
        .map(|mac| mac.chain_update(contents).finalize().into_bytes().to_vec())
        .unwrap_or_default()
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
