//! Directories for the file picker: names and sizes, nothing of what is in the files.

use std::fs;
use std::path::Path;

use crate::app::dialog::{Folder, FolderEntry};
use crate::file;
use crate::model::{self, Problem, printable, reason};

/// A directory with more entries is shown in part; typing its path goes on from there.
const MOST: usize = 2_000;

/// The directories and the files that end so, without what is hidden or has a name that cannot be shown as it
/// is.
pub(crate) fn read(path: &str, endings: &[&str]) -> Result<Folder, Problem> {
    let path = if path.is_empty() { ".".into() } else { file::path(path) };
    let failed = |why: std::io::Error| {
        let shown = model::shown(&path);
        Problem::new(format!("Read the directory {shown}"), format!("{shown}: {}", reason(&why)))
    };
    let path = path.canonicalize().map_err(failed)?;
    let (mut entries, mut others) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(&path).map_err(failed)?.flatten().take(MOST) {
        match fit(&entry.path(), endings) {
            Some(entry) => entries.push(entry),
            None => others.extend(entry.file_name().into_string()),
        }
    }
    entries.sort_by(|one, other| (!one.is_folder, &one.name).cmp(&(!other.is_folder, &other.name)));
    Ok(Folder { path: path.to_string_lossy().into_owned(), entries, others })
}

fn fit(path: &Path, endings: &[&str]) -> Option<FolderEntry> {
    let name = path.file_name()?.to_str()?;
    // Followed, so that a link to a directory can be entered.
    let metadata = fs::metadata(path).ok()?;
    let ends_so = || {
        path.extension().is_some_and(|ending| endings.iter().any(|known| ending.eq_ignore_ascii_case(known)))
    };
    let is_meant = metadata.is_dir() || (metadata.is_file() && ends_so());
    let is_shown = !name.starts_with('.') && printable(name) == name;
    (is_meant && is_shown).then(|| FolderEntry {
        name: name.to_owned(),
        is_folder: metadata.is_dir(),
        size: metadata.len(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn directories_come_first_and_only_files_that_may_be_meant() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.PFX", "a.pfx", "notes.txt", ".hidden.pfx", "evil\u{202e}.pfx"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        fs::create_dir(dir.path().join("z")).unwrap();
        let folder = read(dir.path().to_str().unwrap(), &["pfx"]).unwrap();
        let names: Vec<&str> = folder.entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["z", "a.pfx", "b.PFX"]);
        assert!(read("/nowhere/at/all", &[]).is_err());
    }
}
