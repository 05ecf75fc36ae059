//! A file that a step writes on this machine. It is a value like a request: it can be shown and compared, and
//! nothing of it was read from the vault before a person agreed. The key is in memory only while the file is
//! written.

use std::path::{self, PathBuf};

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::azure::{Client, Request, secrets};
use crate::file;
use crate::model::{Export, Problem, ResourceId, Thumbprint, shown};
use crate::pki::{self, Bundle, Wrapping};

/// A PFX made of a vault's secret: for its owner only, and never in the place of another file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Imperative, as of a request.
    pub what: String,
    pub path: PathBuf,
    /// Reads the secret that holds the certificate.
    pub source: Request,
    pub seal: Seal,
    pub order: ResourceId,
    /// What the secret has to hold.
    pub thumbprint: Thumbprint,
}

/// How a PFX is protected.
#[derive(Debug, Clone)]
pub enum Seal {
    /// As the vault keeps it: with an empty password, readable by every person who has the file (A200, A201).
    Raw,
    Password(SecretString, Wrapping),
}

impl PartialEq for Seal {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Raw, Self::Raw) => true,
            (Self::Password(own, wrapping), Self::Password(others, other)) => {
                wrapping == other && own.expose_secret() == others.expose_secret()
            }
            _ => false,
        }
    }
}

impl Eq for Seal {}

impl NewFile {
    /// For the plan: what is read, and where it goes.
    pub fn plan(&self) -> Vec<String> {
        vec![
            format!("{} {}", self.source.method.as_str(), self.source.path),
            format!("WRITE {} (only you can read it)", shown(&self.path)),
        ]
    }

    /// What is remembered of it.
    pub fn record(&self, at: Timestamp) -> Export {
        let path = path::absolute(&self.path).unwrap_or_else(|_| self.path.clone()).display().to_string();
        Export { at, order: self.order.clone(), thumbprint: self.thumbprint.clone(), path }
    }

    /// Reads the secret and makes the file's bytes. Nothing is written yet.
    pub async fn make(&self, client: &Client) -> Result<Zeroizing<Vec<u8>>, Problem> {
        let refused = |why: String| Problem::new(self.what.clone(), why);
        let read = secrets::certificate(client, &self.source)
            .await
            .map_err(|error| error.problem(&self.source.what))?;
        let bytes = read.ok_or_else(|| {
            refused("there is no such secret in the vault".to_owned())
                .remedy("Store the order's certificate in a vault again (Step 1: Store)")
        })?;
        let (seal, expected) = (self.seal.clone(), self.thumbprint.clone());
        // Deriving keys from passwords takes up to seconds.
        let made = tokio::task::spawn_blocking(move || {
            let contents = pki::read(&bytes, None).map_err(|refused| refused.error.to_string())?;
            let leaf = pki::leaf(&contents).and_then(|leaf| contents.certificates.get(leaf.place));
            let found = leaf.map(|leaf| leaf.thumbprint.clone());
            if found.as_ref() != Some(&expected) {
                let found = found.map_or_else(|| "no certificate".to_owned(), |found| found.to_string());
                return Err(format!(
                    "the vault's current version is {found}, and the order's certificate is {expected}"
                ));
            }
            match &seal {
                Seal::Raw => Ok(bytes),
                Seal::Password(password, wrapping) => Bundle::rewrap(&contents)
                    .and_then(|bundle| bundle.write(password, *wrapping, None))
                    .map_err(|why| why.to_string()),
            }
        });
        made.await.unwrap_or_else(|_| Err("the work was broken off".to_owned())).map_err(refused)
    }

    /// Writes the file; what exists is never overwritten.
    pub fn write(&self, bytes: &[u8]) -> Result<(), Problem> {
        file::write_new(&self.path, bytes).map_err(|why| {
            let problem = Problem::new(self.what.clone(), why.to_string());
            if why.kind() == std::io::ErrorKind::AlreadyExists {
                problem.remedy("Nothing is overwritten: name another file, or move that one away")
            } else {
                problem
            }
        })
    }
}
