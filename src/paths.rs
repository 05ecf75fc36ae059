//! Where certdeck keeps its files, by the platform's own rules (XDG on Linux). Directories are 0700, files
//! 0600.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use thiserror::Error;

/// The system names no home directory, so there is no place for files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "this account has no home directory to keep files in; set HOME, or name the directories in XDG_CONFIG_HOME, XDG_STATE_HOME and XDG_DATA_HOME"
)]
pub struct NoHome;

/// The environment's names for directories; what is no absolute path in them is ignored.
pub(crate) const VARIABLES: [&str; 4] =
    ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paths {
    /// `config.toml`; need not exist.
    pub config: PathBuf,
    /// Journal and log: what happened here.
    pub state: PathBuf,
    /// The practice cloud.
    pub data: PathBuf,
    /// What can be thrown away: it is read from the cloud again.
    pub cache: PathBuf,
}

impl Paths {
    pub(crate) fn of_this_user() -> Result<Self, NoHome> {
        let dirs = ProjectDirs::from("", "", "certdeck").ok_or(NoHome)?;
        Ok(Self {
            config: dirs.config_dir().join("config.toml"),
            state: dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_owned(),
            data: dirs.data_local_dir().to_owned(),
            cache: dirs.cache_dir().to_owned(),
        })
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.state.join("journal.jsonl")
    }

    pub(crate) fn sign_ins(&self) -> PathBuf {
        self.state.join("sign-ins.json")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.state.join("certdeck.log")
    }

    /// The rows of earlier runs.
    pub(crate) fn snapshots(&self) -> PathBuf {
        self.cache.join("snapshots")
    }

    #[cfg(feature = "practice")]
    pub(crate) fn practice_cloud(&self) -> PathBuf {
        self.data.join("practice")
    }
}

/// Whether a file cannot be there: also where something on its way is no directory, as with `HOME=/dev/null`.
pub(crate) fn is_absent(why: &io::Error) -> bool {
    matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Makes a directory and its parents that no other account may enter, independent of the umask.
pub(crate) fn private_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Opens a file that only this account may read, for appending; its directory is made on the way.
pub(crate) fn private_append(path: &Path) -> io::Result<File> {
    if let Some(dir) = path.parent() {
        private_dir(dir)?;
    }
    OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)
}

/// Puts a file that only this account may read in the place of the old one: a program that opens it reads the
/// old or the new one, never a part.
pub(crate) fn replace_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(dir) = path.parent() {
        private_dir(dir)?;
    }
    // Two processes may write at once.
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let write = || {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    write().inspect_err(|_| drop(fs::remove_file(&new)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn files_are_for_this_account_alone() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("state/certdeck/journal.jsonl");
        private_append(&file).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(file.parent().unwrap()), 0o700);
    }
}
