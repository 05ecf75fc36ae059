//! Writes the files of the workbench: never readable by others, and overwritten only where that was asked
//! for.

use std::fs;
use std::io;
use std::path::Path;

use super::{Trouble, shown};
use crate::file;

/// Refuses early what [`write_new`] would refuse after all the work.
pub fn must_not_exist(path: &Path) -> Result<(), Trouble> {
    match path.symlink_metadata() {
        Ok(_) => Err(Trouble::Exists(shown(path))),
        Err(_) => Ok(()),
    }
}

/// Writes a file that only its owner can read. What exists is never overwritten, and half a file is never
/// left.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    file::write_new(path, bytes).map_err(|why| match why.kind() {
        io::ErrorKind::AlreadyExists => Trouble::Exists(shown(path)),
        _ => Trouble::Unwritten { file: shown(path), why },
    })
}

/// Puts a new file in the place of one that exists, in one step: there is always the old one or the new one,
/// whole.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    let failed = |why| Trouble::Unwritten { file: shown(path), why };
    if path.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = Path::new(&beside);
    file::write_new(beside, bytes).map_err(failed)?;
    fs::rename(beside, path).map_err(|why| {
        let _ = fs::remove_file(beside);
        failed(why)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_for_its_owner_and_overwritten_only_where_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.pfx");
        let mode = || path.metadata().unwrap().permissions().mode() & 0o777;
        write_new(&path, b"one").unwrap();
        assert_eq!(mode(), 0o600);
        assert!(write_new(&path, b"two").is_err() && must_not_exist(&path).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"one");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        replace(&path, b"three").unwrap();
        assert_eq!((fs::read(&path).unwrap().as_slice(), mode()), (b"three".as_slice(), 0o600));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(replace(dir.path(), b"four").is_err());
    }
}
