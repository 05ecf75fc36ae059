//! Reads files that may hold a private key: ordinary files only, never too large, wiped when dropped. Writes them, too: for
//! their owner only, and never in the place of another.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, open};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::pki::limits;

/// Why a file was not read at all.
#[derive(Debug, Error)]
pub enum Unread {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("this is {0}, not a file")]
    NotAFile(&'static str),
    #[error("the file has {octets} octets; the limit for certificate files is {} MiB", limits::FILE / (1024 * 1024))]
    TooLarge { octets: u64 },
}

impl Unread {
    /// The word that scripts may rely on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io(error) if error.kind() == io::ErrorKind::NotFound => "not-found",
            Self::Io(_) => "unreadable",
            Self::NotAFile(_) => "not-a-file",
            Self::TooLarge { .. } => "too-large",
        }
    }
}

/// The octets of an ordinary file. They may hold a key, so they are wiped when dropped.
pub fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Unread> {
    // A FIFO without a writer would block for ever in an ordinary open.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = File::from(open(path, flags, Mode::empty()).map_err(io::Error::from)?);
    let metadata = file.metadata()?;
    let kind = metadata.file_type();
    if kind.is_dir() {
        return Err(Unread::NotAFile("a directory"));
    }
    if !kind.is_file() {
        return Err(Unread::NotAFile("a pipe, a socket or a device"));
    }
    let limit = limits::FILE as u64;
    let refuse_beyond_limit = |octets| if octets > limit { Err(Unread::TooLarge { octets }) } else { Ok(()) };
    refuse_beyond_limit(metadata.len())?;
    // Room for all of it at once: a vector that grows leaves copies of the key behind.
    let room = usize::try_from(metadata.len()).unwrap_or(limits::FILE);
    let mut octets = Zeroizing::new(Vec::with_capacity(room + 1));
    file.take(limit + 1).read_to_end(&mut octets)?;
    refuse_beyond_limit(octets.len() as u64)?;
    Ok(octets)
}

/// Writes a file that only its owner can read. What exists is never overwritten, and half a file is never left.
pub fn write_new(path: &Path, octets: &[u8]) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(octets).and_then(|()| file.sync_all()).inspect_err(|_| {
        let _ = fs::remove_file(path);
    })
}

/// The path that is meant: `~` is the home directory, as in a shell.
pub fn path(typed: &str) -> PathBuf {
    let home = || std::env::var_os("HOME").map(PathBuf::from);
    let rest = if typed == "~" { Some("") } else { typed.strip_prefix("~/") };
    rest.and_then(|rest| Some(home()?.join(rest))).unwrap_or_else(|| PathBuf::from(typed))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_no_ordinary_file_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()).unwrap_err().code(), "not-a-file");
        let fifo = dir.path().join("fifo");
        rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, Mode::RUSR | Mode::WUSR).unwrap();
        assert_eq!(read(&fifo).unwrap_err().code(), "not-a-file");
        assert_eq!(read(&dir.path().join("none")).unwrap_err().code(), "not-found");
        let large = dir.path().join("large");
        File::create(&large).unwrap().set_len(100 * 1024 * 1024).unwrap();
        assert_eq!(read(&large).unwrap_err().code(), "too-large");
    }
}
