//! The saved sign-ins of people: a file that only this account can read, with the refresh tokens. Access
//! tokens are never written.

use std::borrow::Cow;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::{FlockOperation, flock};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::Url;
use zeroize::Zeroizing;

use certdeck_model::{reason, shown};

/// The version of the file format; a newer file is not touched.
const FORM: u32 = 1;

/// Why the file with the saved sign-ins cannot be used.
#[derive(Debug, Error)]
pub enum SavedError {
    /// The file cannot be opened, locked or written.
    #[error("{} cannot be used: {}", shown(path), reason(why))]
    File {
        /// The path of the file with the saved sign-ins.
        path: PathBuf,
        /// The error of the system.
        why: io::Error,
    },
    /// Other users of the machine can access the file.
    #[error(
        "{} is readable by others (mode {mode:o}), so it is not trusted; delete it and sign in again",
        shown(path)
    )]
    Open {
        /// The path of the file with the saved sign-ins.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file does not have the format of this version.
    #[error("{} is not what certdeck writes there; delete it and sign in again", shown(path))]
    Malformed {
        /// The path of the file with the saved sign-ins.
        path: PathBuf,
    },
}

/// A person who has signed in, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// The person's sign-in name, or their name if the token has no sign-in name.
    pub user: String,
    /// The endpoint of the sign-in service.
    pub authority: String,
    /// The tenant that was asked for; `organizations` if none was named.
    pub tenant: String,
    /// The application (client) id that the person signed in to.
    pub client_id: String,
    /// The time at which the sign-in was saved, by this machine's clock.
    pub at: Timestamp,
}

/// A saved sign-in.
#[derive(Debug)]
pub(super) struct KeptSignIn {
    pub who: SignedIn,
    pub refresh_token: SecretString,
}

/// An entry of the file; it borrows, so that the secret is copied only once.
#[derive(Serialize, Deserialize)]
struct SavedSignInEntry<'t> {
    who: SignedIn,
    #[serde(borrow)]
    refresh_token: Cow<'t, str>,
}

#[derive(Serialize, Deserialize)]
struct Whole<'t> {
    form: u32,
    #[serde(borrow)]
    sign_ins: Vec<SavedSignInEntry<'t>>,
}

/// The file; it need not exist.
#[derive(Debug, Clone)]
pub struct Saved {
    path: PathBuf,
}

impl Saved {
    /// The file at this path; nothing is read yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The path, whether the file exists or not.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All saved sign-ins.
    pub fn list(&self) -> Result<Vec<SignedIn>, SavedError> {
        Ok(self.read()?.into_iter().map(|kept| kept.who).collect())
    }

    /// The sign-ins that may be valid for a tenant, the tenant's own first: one person may be known in
    /// several.
    pub(super) fn of(
        &self,
        authority: &Url,
        tenant: &str,
        client_id: &str,
    ) -> Result<Vec<KeptSignIn>, SavedError> {
        let mut found = self.read()?;
        found.retain(|kept| kept.who.authority == authority.as_str() && kept.who.client_id == client_id);
        found.sort_by_key(|kept| !kept.who.tenant.eq_ignore_ascii_case(tenant));
        Ok(found)
    }

    /// Saves a sign-in in place of the previous one.
    pub(super) fn keep(&self, new: KeptSignIn) -> Result<(), SavedError> {
        self.change(|all| {
            let place = |kept: &KeptSignIn| {
                (kept.who.authority.clone(), kept.who.tenant.clone(), kept.who.client_id.clone())
            };
            all.retain(|old| place(old) != place(&new));
            all.push(new);
        })
    }

    /// Removes the sign-ins that `which` selects; returns the names of their owners.
    pub fn forget(&self, which: impl Fn(&SignedIn) -> bool) -> Result<Vec<String>, SavedError> {
        let mut gone = Vec::new();
        self.change(|all| {
            all.retain(|kept| {
                let goes = which(&kept.who);
                gone.extend(goes.then(|| kept.who.user.clone()));
                !goes
            });
        })?;
        Ok(gone)
    }

    fn read(&self) -> Result<Vec<KeptSignIn>, SavedError> {
        let metadata = match fs::metadata(&self.path) {
            Ok(metadata) => metadata,
            // A component of the path may not be a directory either.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(Vec::new());
            }
            Err(why) => return Err(self.failed(why)),
        };
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(SavedError::Open { path: self.path.clone(), mode });
        }
        let malformed = || SavedError::Malformed { path: self.path.clone() };
        // Reading a pipe without a writer would wait for ever.
        if !metadata.is_file() {
            return Err(malformed());
        }
        let text = fs::read_to_string(&self.path).map(Zeroizing::new).map_err(|why| self.failed(why))?;
        let whole: Whole<'_> = serde_json::from_str(&text).map_err(|_| malformed())?;
        if whole.form != FORM {
            return Err(malformed());
        }
        let keep = |entry: SavedSignInEntry<'_>| KeptSignIn {
            who: entry.who,
            refresh_token: SecretString::from(entry.refresh_token.as_ref()),
        };
        Ok(whole.sign_ins.into_iter().map(keep).collect())
    }

    /// Reads, changes and writes the file while other processes are locked out; a crash leaves the old file
    /// or the new one.
    fn change(&self, change: impl FnOnce(&mut Vec<KeptSignIn>)) -> Result<(), SavedError> {
        let failed = |why| self.failed(why);
        if let Some(dir) = self.path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
        }
        let private =
            |path: &Path| OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
        let lock = private(&self.path.with_extension("lock")).map_err(failed)?;
        flock(&lock, FlockOperation::LockExclusive).map_err(|errno| failed(errno.into()))?;
        let mut all = self.read()?;
        change(&mut all);
        let sign_ins = all.iter().map(|kept| SavedSignInEntry {
            who: kept.who.clone(),
            refresh_token: kept.refresh_token.expose_secret().into(),
        });
        let whole = Whole { form: FORM, sign_ins: sign_ins.collect() };
        let text = Zeroizing::new(serde_json::to_vec_pretty(&whole).map_err(|why| failed(why.into()))?);
        let new = self.path.with_extension("new");
        let write = || {
            let mut file = private(&new)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&new, &self.path)?;
            self.path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
        };
        write().map_err(failed)
    }

    fn failed(&self, why: io::Error) -> SavedError {
        SavedError::File { path: self.path.clone(), why }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn kept(tenant: &str, token: &str) -> KeptSignIn {
        KeptSignIn {
            who: SignedIn {
                user: format!("ada@{tenant}"),
                authority: "https://login.example/".to_owned(),
                tenant: tenant.to_owned(),
                client_id: "tools".to_owned(),
                at: Timestamp::UNIX_EPOCH,
            },
            refresh_token: token.into(),
        }
    }

    #[test]
    fn a_sign_in_is_kept_for_this_account_alone_and_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let saved = Saved::at(dir.path().join("state/sign-ins.json"));
        let authority: Url = "https://login.example/".parse().unwrap();
        assert!(saved.list().unwrap().is_empty());
        saved.keep(kept("contoso.com", "first")).unwrap();
        saved.keep(kept("fabrikam.com", "other")).unwrap();
        saved.keep(kept("contoso.com", "second")).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(saved.path()), mode(saved.path().parent().unwrap())), (0o600, 0o700));
        let found = saved.of(&authority, "contoso.com", "tools").unwrap();
        let tokens: Vec<&str> = found.iter().map(|one| one.refresh_token.expose_secret()).collect();
        assert_eq!(tokens, ["second", "other"], "the tenant's own first");
        assert_eq!(saved.forget(|one| one.tenant == "contoso.com").unwrap(), ["ada@contoso.com"]);
        assert_eq!(saved.list().unwrap().len(), 1);
    }

    #[test]
    fn a_file_that_others_can_read_is_not_trusted() {
        let dir = tempfile::tempdir().unwrap();
        let saved = Saved::at(dir.path().join("sign-ins.json"));
        saved.keep(kept("contoso.com", "secret")).unwrap();
        fs::set_permissions(saved.path(), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(saved.list(), Err(SavedError::Open { mode: 0o644, .. })));
    }
}
