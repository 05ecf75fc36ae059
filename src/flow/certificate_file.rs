//! The certificate file that a flow is about, as one look read it: facts, or why there are none.
//!
//! The bytes stay in memory that is wiped; only `Body::secret` gets them, in Base64.

use std::fmt;
use std::sync::{Arc, OnceLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::{Inputs, Key};
use crate::file;
use crate::pki::{self, Bundle, Contents, ReadError, Report, Wrapping};

/// Why a file cannot be used, and which input is to blame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    pub key: Key,
    pub why: String,
}

/// A file as it is, or as it was rewrapped.
#[derive(Clone)]
pub struct CertificateFile {
    pub contents: Contents,
    bytes: Arc<Zeroizing<Vec<u8>>>,
    password: SecretString,
    /// The result of the first check: signatures are not verified again with every key press.
    report: OnceLock<Report>,
    /// Rewrapped in memory with the new password; the file on disk is as it was.
    pub is_wrapped: bool,
}

impl fmt::Debug for CertificateFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateFile").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl CertificateFile {
    /// The whole file in Base64, as Azure takes it.
    pub fn base64(&self) -> SecretString {
        STANDARD.encode(self.bytes.as_slice()).into()
    }

    /// The verdict on the file as of the look that read it.
    pub fn report(&self, judge: impl FnOnce(&Contents) -> Report) -> &Report {
        self.report.get_or_init(|| judge(&self.contents))
    }

    pub fn password(&self) -> SecretString {
        self.password.clone()
    }

    pub fn has_empty_password(&self) -> bool {
        self.password.expose_secret().is_empty()
    }

    /// Opens what was read; with a new password, rewraps it.
    pub fn open(
        bytes: Zeroizing<Vec<u8>>,
        password: SecretString,
        new: Option<&SecretString>,
    ) -> Result<Self, Unusable> {
        let file = Self::parse(bytes, password, false)?;
        match new {
            Some(new) => file.wrapped(new).map_err(|why| Unusable { key: Key::NewPassword, why }),
            None => Ok(file),
        }
    }

    /// Nothing of a file is used of which a part cannot be read.
    fn parse(bytes: Zeroizing<Vec<u8>>, password: SecretString, is_wrapped: bool) -> Result<Self, Unusable> {
        let given = (!password.expose_secret().is_empty()).then_some(&password);
        let contents = pki::read(&bytes, given).map_err(|refused| because(&refused.error))?;
        if let Some(closed) = contents.unread.iter().find(|part| part.is_about_password()) {
            return Err(because(closed));
        }
        if let Some(gap) = contents.gap() {
            return Err(Unusable { key: Key::File, why: gap.to_string() });
        }
        Ok(Self { contents, bytes: Arc::new(bytes), password, report: OnceLock::new(), is_wrapped })
    }

    /// The same key and certificates, in order, encrypted as App Service has always taken it, with another
    /// password.
    fn wrapped(&self, password: &SecretString) -> Result<Self, String> {
        let written = Bundle::rewrap(&self.contents)
            .and_then(|bundle| bundle.write(password, Wrapping::TripleDes, None));
        Self::parse(written.map_err(|why| why.to_string())?, password.clone(), true)
            .map_err(|unusable| unusable.why)
    }
}

/// Reads the file that the inputs name; nothing where they name none. Deriving keys takes up to seconds, so
/// it happens aside.
pub(super) async fn look(inputs: &Inputs) -> Option<Result<CertificateFile, Unusable>> {
    let path = file::path(inputs.get(Key::File)?);
    let secret = |key| inputs.secret(key).cloned();
    let (password, new) = (secret(Key::Password).unwrap_or_default(), secret(Key::NewPassword));
    let read = tokio::task::spawn_blocking(move || read(&path, password, new.as_ref())).await;
    Some(
        read.unwrap_or_else(|_| {
            Err(Unusable { key: Key::File, why: "the file could not be read".to_owned() })
        }),
    )
}

/// Reads a file that may be what was exported before.
pub(super) async fn open(
    path: std::path::PathBuf,
    password: SecretString,
) -> Result<CertificateFile, Unusable> {
    let read = tokio::task::spawn_blocking(move || read(&path, password, None)).await;
    read.unwrap_or_else(|_| Err(Unusable { key: Key::Out, why: "the file could not be read".to_owned() }))
}

fn read(
    path: &std::path::Path,
    password: SecretString,
    new: Option<&SecretString>,
) -> Result<CertificateFile, Unusable> {
    let bytes = file::read(path).map_err(|why| Unusable { key: Key::File, why: why.to_string() })?;
    CertificateFile::open(bytes, password, new)
}

fn because(error: &ReadError) -> Unusable {
    let key = if error.is_about_password() { Key::Password } else { Key::File };
    Unusable { key, why: error.to_string() }
}
