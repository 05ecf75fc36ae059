//! Makes a private certificate that App Service accepts: one key, its certificate, and the chain in order up
//! to the root.
//!
//! A missing certificate is named, never fetched; one that does not belong is named, never dropped silently.

use std::collections::HashSet;

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use zeroize::Zeroizing;

use super::chain::{CertificateChain, chain, leaf};
use super::contents::{Certificate, Contents, PrivateKey};
use super::pkcs12::{Wrapping, WriteError, write_pkcs12};
use super::refused::UnreadParts;
use super::trust::Roots;
use certdeck_model::hidden_character;

/// Why a private certificate cannot be built or written. The message names what the person has to change.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BuildError {
    /// The key belongs to none of the certificates; contains their subjects.
    #[error("the private key belongs to none of the certificates: {}", .0.join(" · "))]
    KeyMismatch(Vec<String>),
    /// The key is of a kind whose public half cannot be computed, so it fits no certificate; contains the
    /// kind.
    #[error(
        "the private key is {0}, which cannot be paired with a certificate here; App Service takes RSA and elliptic curve keys"
    )]
    KeyType(String),
    /// A part of the file could not be read, and a new file would not contain it.
    #[error("{0}, and would be lost")]
    Unread(UnreadParts),
    /// There is no certificate to put into the file.
    #[error("there is no certificate")]
    NoCertificate,
    /// The file that is to be wrapped again has no private key.
    #[error("there is no private key in the file, so it cannot become a private certificate")]
    NoKey,
    /// The file that is to be wrapped again has keys of several certificates; contains the number of keys.
    #[error(
        "the file holds {0} different private keys; take the one you mean with: certdeck cert build --key KEY --cert CERT… --out FILE"
    )]
    SeveralKeys(usize),
    /// The chain breaks off below its root. Contains subjects in the form of RFC 4514.
    #[error("the chain has a gap: the certificate of {missing}, which issued {below}, was not given")]
    Gap {
        /// The issuer whose certificate is missing.
        missing: String,
        /// The last certificate of the chain that was given.
        below: String,
    },
    /// Certificates that are not part of the chain; contains their subjects.
    #[error("these certificates are not part of the chain, leave them out: {}", .0.join(" · "))]
    Strays(Vec<String>),
    /// No password was given, or an empty one.
    #[error("App Service takes no private certificate without a password")]
    EmptyPassword,
    /// The password has a character that cannot be seen or typed.
    #[error(
        "the new password has a character that is not to be seen (U+{code:04X}) at position {position}: it cannot be typed; choose another"
    )]
    HiddenCharacter {
        /// The position in characters, counted from 1.
        position: usize,
        /// The Unicode code point of the character.
        code: u32,
    },
    /// The PKCS#12 file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// The root that the chain of `key`'s certificate lacks, if nothing else is missing and it is one of `roots`.
/// Authorities rarely deliver it with a certificate, and App Service requires it in the file (A21).
pub fn missing_root(key: &PrivateKey, certificates: &[Certificate], roots: &Roots) -> Option<Certificate> {
    let leaf = certificates.iter().position(|one| key.fits(one) == Some(true))?;
    let CertificateChain { path, complete: false, .. } = chain(certificates, leaf) else { return None };
    roots.issuer_of(&certificates[*path.last()?]).cloned()
}

/// Checks that a file may be written with this password.
pub fn fit_password(password: &SecretString) -> Result<(), BuildError> {
    match hidden_character(password.expose_secret()) {
        _ if password.expose_secret().is_empty() => Err(BuildError::EmptyPassword),
        Some((position, code)) => Err(BuildError::HiddenCharacter { position, code }),
        None => Ok(()),
    }
}

/// A key with its chain, ready to be written.
#[derive(Debug)]
pub struct Bundle {
    key: PrivateKey,
    /// The certificate of the key first, the root last.
    pub chain: Vec<Certificate>,
    /// The number of unrelated certificates that were kept, at the end of `chain`.
    pub strays: usize,
    /// The subject of the missing certificate, if a gap was accepted.
    pub missing: Option<String>,
}

fn mismatch(key: &PrivateKey, certificates: &[Certificate]) -> BuildError {
    match key.public {
        Some(_) => BuildError::KeyMismatch(certificates.iter().map(|one| one.subject.clone()).collect()),
        None => BuildError::KeyType(key.kind.to_string()),
    }
}

impl Bundle {
    /// Sorts `certificates` into a chain after the one that belongs to `key`; a gap or an unrelated
    /// certificate is refused by name (A133–A135).
    pub fn build(key: PrivateKey, certificates: &[Certificate]) -> Result<Self, BuildError> {
        let names =
            |places: &[usize]| places.iter().map(|&place| certificates[place].subject.clone()).collect();
        if certificates.is_empty() {
            return Err(BuildError::NoCertificate);
        }
        let Some(leaf) = certificates.iter().position(|one| key.fits(one) == Some(true)) else {
            return Err(mismatch(&key, certificates));
        };
        let CertificateChain { path, missing, strays, .. } = chain(certificates, leaf);
        if !strays.is_empty() && missing.is_none() {
            return Err(BuildError::Strays(names(&strays)));
        }
        if let (Some(missing), Some(&top)) = (missing, path.last()) {
            return Err(BuildError::Gap { missing, below: certificates[top].subject.clone() });
        }
        let chain = path.into_iter().map(|place| certificates[place].clone()).collect();
        Ok(Self { key, chain, strays: 0, missing: None })
    }

    /// Keeps everything in a file, in order and each certificate once. A gap is accepted here: the file
    /// already had it, and `check` names it.
    pub fn rewrap(contents: &Contents) -> Result<Self, BuildError> {
        let certificates = &contents.certificates;
        if let Some(unread) = contents.gap() {
            return Err(BuildError::Unread(unread));
        }
        let leaf = leaf(contents).ok_or(BuildError::NoCertificate)?;
        let first = contents.keys.first().ok_or(BuildError::NoKey)?;
        if leaf.has_key != Some(true) {
            return Err(mismatch(first, certificates));
        }
        let own = |key: &&PrivateKey| key.fits(&certificates[leaf.place]) == Some(true);
        let others = contents.keys.iter().filter(|key| !own(key)).count();
        if others > 0 {
            return Err(BuildError::SeveralKeys(others + 1));
        }
        let key = contents.keys.iter().find(own).unwrap_or(first).clone();
        let CertificateChain { path, missing, strays, .. } = chain(certificates, leaf.place);
        let mut taken = HashSet::new();
        let strays: Vec<usize> =
            strays.into_iter().filter(|&place| taken.insert(certificates[place].der.as_slice())).collect();
        let chain = path.iter().chain(&strays).map(|&place| certificates[place].clone()).collect();
        Ok(Self { key, chain, strays: strays.len(), missing })
    }

    /// Writes the PKCS#12 file. `friendly_name` is shown by Azure and Windows; without it the certificate's
    /// own is used.
    pub fn write(
        &self,
        password: &SecretString,
        wrapping: Wrapping,
        friendly_name: Option<&str>,
    ) -> Result<Zeroizing<Vec<u8>>, BuildError> {
        fit_password(password)?;
        let had = self.key.friendly_name.as_deref().or_else(|| self.chain.first()?.friendly_name.as_deref());
        Ok(write_pkcs12(&self.key, &self.chain, password, wrapping, friendly_name.or(had))?)
    }
}
