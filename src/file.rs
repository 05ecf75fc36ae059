//! Reads files that may hold a private key: ordinary files only, never too large, wiped when dropped. Writes
//! them, too: for their owner only, and never in the place of another.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::model::reason;
use crate::pki::limits;

/// Why a file was not read at all.
#[derive(Debug, Error)]
pub enum Unread {
    #[error("{}", reason(.0))]
    Io(#[from] io::Error),
    #[error("this is {0}, not a file")]
    NotAFile(&'static str),
    #[error("the file has {bytes} bytes; the limit for certificate files is {} MiB", limits::FILE / (1024 * 1024))]
    TooLarge { bytes: u64 },
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

/// The bytes of an ordinary file. They may hold a key, so they are wiped when dropped.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Unread> {
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
    let refuse_beyond_limit = |bytes| if bytes > limit { Err(Unread::TooLarge { bytes }) } else { Ok(()) };
    refuse_beyond_limit(metadata.len())?;
    // Room for all of it at once: a vector that grows leaves copies of the key behind.
    let room = usize::try_from(metadata.len()).unwrap_or(limits::FILE);
    let mut bytes = Zeroizing::new(Vec::with_capacity(room + 1));
    file.take(limit + 1).read_to_end(&mut bytes)?;
    refuse_beyond_limit(bytes.len() as u64)?;
    Ok(bytes)
}

/// The text of an ordinary file, as [`read`] takes it, for those who know errors of the system only.
pub(crate) fn read_text(path: &Path) -> io::Result<Zeroizing<String>> {
    let bytes = read(path).map_err(|why| match why {
        Unread::Io(why) => why,
        other => io::Error::new(io::ErrorKind::InvalidInput, other),
    })?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Writes a file that only its owner can read. What exists is never overwritten, and half a file is never
/// left.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(file) = unnamed(path) {
        return write_whole(&file, bytes).and_then(|()| name(&file, path));
    }
    let file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    write_whole(&file, bytes).inspect_err(|_| {
        let _ = fs::remove_file(path);
    })
}

fn write_whole(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes).and_then(|()| file.sync_all())
}

/// A file that has no name until it is whole, so that a program that is ended on the way leaves nothing
/// behind; nothing where system or disk has no such files.
#[cfg(target_os = "linux")]
fn unnamed(path: &Path) -> Option<File> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let flags = OFlags::WRONLY | OFlags::TMPFILE | OFlags::CLOEXEC;
    open(dir, flags, Mode::RUSR | Mode::WUSR).ok().map(File::from)
}

#[cfg(not(target_os = "linux"))]
fn unnamed(_: &Path) -> Option<File> {
    None
}

/// Gives it its name, unless another has it.
fn name(file: &File, path: &Path) -> io::Result<()> {
    let own = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(linkat(CWD, own, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

/// The path that is meant: `~` is the home directory, as in a shell.
pub(crate) fn path(typed: &str) -> PathBuf {
    let home = || std::env::var_os("HOME").map(PathBuf::from);
    let rest = if typed == "~" { Some("") } else { typed.strip_prefix("~/") };
    rest.and_then(|rest| Some(home()?.join(rest))).unwrap_or_else(|| PathBuf::from(typed))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_no_ordinary_file_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()).unwrap_err().code(), "not-a-file");
        let fifo = dir.path().join("fifo");
        rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, Mode::RUSR | Mode::WUSR).unwrap();
        assert_eq!(read(&fifo).unwrap_err().code(), "not-a-file");
        assert!(read_text(&fifo).unwrap_err().to_string().contains("a pipe"));
        assert_eq!(read(&dir.path().join("none")).unwrap_err().code(), "not-found");
        let large = dir.path().join("large");
        File::create(&large).unwrap().set_len(100 * 1024 * 1024).unwrap();
        assert_eq!(read(&large).unwrap_err().code(), "too-large");
    }

    #[test]
    fn a_new_file_is_whole_for_its_owner_only_and_in_the_place_of_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new");
        write_new(&path, b"key").unwrap();
        assert_eq!(
            (&*read(&path).unwrap(), path.metadata().unwrap().permissions().mode() & 0o777),
            (&b"key".to_vec(), 0o600)
        );
        assert_eq!(write_new(&path, b"other").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert!(write_new(&dir.path().join("none/new"), b"key").is_err());
        assert_eq!(
            (fs::read(&path).unwrap(), fs::read_dir(dir.path()).unwrap().count()),
            (b"key".to_vec(), 1)
        );
    }
}
