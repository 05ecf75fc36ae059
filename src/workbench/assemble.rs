//! Reads a private key and the certificates of its chain, each from a file of its own, and puts them in order
//! (A129–A142).

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::{Trouble, shown};
use crate::file;
use crate::pki::{self, Bundle, Certificate, PrivateKey, ReadError, Roots};

/// The certificates of several files, each with the file that it came from.
#[derive(Debug)]
pub struct Gathered {
    certificates: Vec<Certificate>,
    from: Vec<PathBuf>,
}

/// Reads the certificates of all these files, in any form; a file without any is refused, and one with a part
/// that cannot be read.
pub fn gather(paths: &[PathBuf]) -> Result<Gathered, Trouble> {
    let mut gathered = Gathered { certificates: Vec::new(), from: Vec::new() };
    for path in paths {
        let refuse = |why: String| Trouble::Unusable { file: shown(path), why };
        let bytes = file::read(path).map_err(|why| refuse(why.to_string()))?;
        let certificates = pki::certificates(&bytes).map_err(|why| refuse(why.to_string()))?;
        if certificates.is_empty() {
            return Err(refuse("no certificate in it".into()));
        }
        gathered.from.extend(certificates.iter().map(|_| path.clone()));
        gathered.certificates.extend(certificates);
    }
    Ok(gathered)
}

impl Gathered {
    /// The key with its chain, sorted. With `add_root`, a root that alone is missing comes from this machine;
    /// `hint` says how to ask for that, where it would help.
    pub fn build(&self, key: PrivateKey, add_root: bool, hint: &str) -> Result<Bundle, Trouble> {
        let root = pki::missing_root(&key, &self.certificates, &Roots::of_this_machine());
        let would_help = root.is_some() && !add_root;
        let mut certificates = self.certificates.clone();
        certificates.extend(root.filter(|_| add_root));
        Bundle::build(key, &certificates).map_err(|why| {
            let hint =
                if would_help { format!("; this machine trusts it, and {hint}") } else { String::new() };
            Trouble::Refused(format!("{why}{hint}"))
        })
    }

    /// The files that the chain of `bundle` came from, in its order.
    pub fn files(&self, bundle: &Bundle) -> Vec<&Path> {
        let mut files: Vec<&Path> = Vec::new();
        for one in &bundle.chain {
            let place = self.certificates.iter().position(|given| given.der == one.der);
            let path = place.and_then(|place| self.from.get(place)).map(PathBuf::as_path);
            files.extend(path.filter(|path| !files.contains(path)));
        }
        files
    }
}

/// The certificate authorities of a file, or those of this machine.
pub fn roots(path: Option<&Path>) -> Result<Roots, Trouble> {
    let Some(path) = path else { return Ok(Roots::of_this_machine()) };
    let refuse = |why: String| Trouble::Unusable { file: shown(path), why };
    let bytes = file::read(path).map_err(|why| refuse(why.to_string()))?;
    Roots::read(&bytes).map_err(|why| refuse(why.to_string()))
}

/// Reads a private key; asks for its password if one is needed and none was given.
pub fn read_key<E: From<Trouble>>(
    path: &Path,
    password: Option<&SecretString>,
    ask: impl FnOnce() -> Result<Option<SecretString>, E>,
) -> Result<PrivateKey, E> {
    let bytes =
        file::read(path).map_err(|why| Trouble::Unusable { file: shown(path), why: why.to_string() })?;
    let mut key = pki::read_key(&bytes, password);
    if key.as_ref().is_err_and(ReadError::needs_password) && password.is_none() {
        key = pki::read_key(&bytes, ask()?.as_ref());
    }
    key.map_err(|why| {
        let file = shown(path);
        let is_closed = why.is_about_password();
        let why = why.to_string();
        E::from(if is_closed { Trouble::Closed { file, why } } else { Trouble::Unusable { file, why } })
    })
}
