//! Writes the files of the workbench: never overwritten, never readable by others.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::cli::CliError;
pub use crate::file::{Unread, read};

/// Refuses early what [`write_new`] would refuse after all the work.
pub fn must_not_exist(path: &Path) -> Result<(), CliError> {
    match path.symlink_metadata() {
        Ok(_) => Err(CliError::Usage(format!("{} exists; it is not overwritten. Name another file", path.display()))),
        Err(_) => Ok(()),
    }
}

/// Writes a file that only its owner can read. What exists is never overwritten, and half a file is never left.
pub fn write_new(path: &Path, octets: &[u8]) -> Result<(), CliError> {
    let failed = |why| CliError::machine(format!("write {}", path.display()), why);
    let mut file = match File::options().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(CliError::Usage(format!("{} exists; it is not overwritten. Name another file", path.display())));
        }
        other => other.map_err(failed)?,
    };
    file.write_all(octets).and_then(|()| file.sync_all()).map_err(|why| {
        let _ = std::fs::remove_file(path);
        failed(why)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_for_its_owner_and_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.pfx");
        write_new(&path, b"one").unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(write_new(&path, b"two").is_err() && must_not_exist(&path).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
    }
}
