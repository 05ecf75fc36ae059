//! The inventory between two runs: one file a context, painted at the next start while the cloud is read
//! again, and beside it one with what vaults answered about their certificates. They hold no secret and
//! decide nothing; a file that cannot be used is passed over, never an error.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, io};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::model::{Estate, EstateRows, Upkeep, reason, table};
use crate::paths;

/// Raised whenever what is kept changes its shape; a file of another form is passed over.
pub const FORM: u32 = 5;
const MAGIC: &[u8] = b"certdeck rows\n";
/// Magic, form, and the checksum of all that follows.
const HEAD: usize = MAGIC.len() + 4 + 4;
/// A heading is far shorter.
const LONGEST_HEADING: usize = 4096;
/// Rows that were not shown for so long are not needed any more.
const LONGEST_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

#[derive(Debug, Error)]
pub enum SnapshotError {
    #[error("it cannot be read or written: {}", reason(.0))]
    File(#[from] io::Error),
    #[error("another version of certdeck wrote it")]
    Foreign,
    #[error("it is damaged")]
    Damaged,
}

impl From<postcard::Error> for SnapshotError {
    fn from(_: postcard::Error) -> Self {
        Self::Damaged
    }
}

/// What has to be known before a screen can show the rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotHeading {
    /// The name of the context.
    pub context: String,
    pub as_of: Timestamp,
    /// Whether the cloud was a practice cloud.
    pub practice: bool,
    /// Whether it sold no certificates (A65).
    pub national: bool,
}

/// Everything that decides what a person sees, so that no person is ever shown the rows of another.
#[derive(Debug, Clone, Default)]
pub struct SnapshotKey(Sha256);

impl SnapshotKey {
    #[must_use]
    pub fn with(mut self, part: impl AsRef<[u8]>) -> Self {
        let part = part.as_ref();
        // With its length, lest two parts together read like two others.
        self.0.update(part.len().to_le_bytes());
        self.0.update(part);
        self
    }
}

/// The directory of them all; it need not exist.
#[derive(Debug, Clone)]
pub struct Snapshots {
    dir: PathBuf,
}

impl Snapshots {
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    pub fn of(&self, key: SnapshotKey) -> Snapshot {
        let digest = key.0.finalize();
        let name = u128::from_be_bytes(std::array::from_fn(|at| digest[at]));
        Snapshot { path: self.dir.join(format!("{name:032x}.rows")) }
    }

    /// All that are there.
    pub fn list(&self) -> Vec<Snapshot> {
        let entries = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path());
        paths
            .filter(|path| path.extension().is_some_and(|ending| ending == "rows"))
            .map(|path| Snapshot { path })
            .collect()
    }

    /// Throws all rows away; says whether there were any.
    pub fn forget(&self) -> io::Result<bool> {
        match fs::remove_dir_all(&self.dir) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Removes what is of no use any more: rows of contexts that are gone, old ones, and what a killed
    /// process left.
    pub fn tidy(&self, is_context: impl Fn(&str) -> bool) {
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            let snapshot = Snapshot { path: entry.path() };
            let is_old = snapshot.age().is_none_or(|age| age > LONGEST_KEPT);
            let is_left = snapshot.path.extension().is_some_and(|ending| ending == "new")
                && snapshot.age().is_some_and(|age| age > Duration::from_secs(3600));
            let is_gone = snapshot.heading().is_ok_and(|heading| !is_context(&heading.context));
            if is_old || is_left || is_gone {
                let _ = fs::remove_file(&snapshot.path);
            }
        }
    }
}

/// The rows of one context as one identity sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    path: PathBuf,
}

impl Snapshot {
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn age(&self) -> Option<Duration> {
        let written = self.path.metadata().and_then(|file| file.modified()).ok()?;
        Some(SystemTime::now().duration_since(written).unwrap_or_default())
    }

    /// What it is of, without the rows.
    pub fn heading(&self) -> Result<SnapshotHeading, SnapshotError> {
        use io::Read as _;
        let mut start = Vec::new();
        fs::File::open(&self.path)?.take((HEAD + LONGEST_HEADING) as u64).read_to_end(&mut start)?;
        Ok(postcard::take_from_bytes(body(&start)?.1)?.0)
    }

    /// The rows, indexed. Takes some milliseconds for each ten thousand.
    pub fn load(&self) -> Result<Estate, SnapshotError> {
        decode(&fs::read(&self.path)?)
    }

    /// What vaults answered about their certificates, for the person who sees these rows; nothing where that
    /// cannot be used.
    pub fn upkeep(&self) -> Vec<Upkeep> {
        fs::read(self.upkeep_path()).ok().and_then(|bytes| open(&bytes)).unwrap_or_default()
    }

    /// Puts these answers in the place of the old ones.
    pub fn save_upkeep(&self, answers: &[Upkeep]) -> Result<(), SnapshotError> {
        Ok(paths::replace_private(
            &self.upkeep_path(),
            &seal(table::writing(|| postcard::to_extend(answers, head()))?),
        )?)
    }

    fn upkeep_path(&self) -> PathBuf {
        self.path.with_extension("upkeep")
    }

    /// Puts these rows in the place of the old ones.
    pub fn save(&self, heading: &SnapshotHeading, estate: &EstateRows) -> Result<(), SnapshotError> {
        Ok(paths::replace_private(&self.path, &encode(heading, estate)?)?)
    }
}

pub fn encode(heading: &SnapshotHeading, estate: &EstateRows) -> Result<Vec<u8>, SnapshotError> {
    let bytes = postcard::to_extend(heading, head())?;
    Ok(seal(table::writing(|| postcard::to_extend(estate, bytes))?))
}

/// Magic and form, and room for the checksum.
fn head() -> Vec<u8> {
    [MAGIC, &FORM.to_le_bytes(), &[0; 4]].concat()
}

fn seal(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = crc32fast::hash(&bytes[HEAD..]).to_le_bytes();
    bytes[HEAD - sum.len()..HEAD].copy_from_slice(&sum);
    bytes
}

fn open(bytes: &[u8]) -> Option<Vec<Upkeep>> {
    let (sum, body) = body(bytes).ok()?;
    let answers = (crc32fast::hash(body) == sum).then(|| table::reading(|| postcard::from_bytes(body)))?;
    answers.ok()
}

/// Checksum and what it is of.
fn body(bytes: &[u8]) -> Result<(u32, &[u8]), SnapshotError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(SnapshotError::Damaged)?;
    let (form, rest) = rest.split_first_chunk().ok_or(SnapshotError::Damaged)?;
    if u32::from_le_bytes(*form) != FORM {
        return Err(SnapshotError::Foreign);
    }
    let (sum, body) = rest.split_first_chunk().ok_or(SnapshotError::Damaged)?;
    Ok((u32::from_le_bytes(*sum), body))
}

pub fn decode(bytes: &[u8]) -> Result<Estate, SnapshotError> {
    let (sum, body) = body(bytes)?;
    if crc32fast::hash(body) != sum {
        return Err(SnapshotError::Damaged);
    }
    let (_, rows): (SnapshotHeading, _) = postcard::take_from_bytes(body)?;
    let (estate, rest): (EstateRows, _) = table::reading(|| postcard::take_from_bytes(rows))?;
    if rest.is_empty() { Ok(estate.indexed()) } else { Err(SnapshotError::Damaged) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::model::{ResourceId, Subscription};

    fn heading() -> SnapshotHeading {
        SnapshotHeading {
            context: "production".to_owned(),
            as_of: Timestamp::UNIX_EPOCH,
            practice: false,
            national: false,
        }
    }

    fn estate() -> EstateRows {
        let id = ResourceId::subscription("s");
        let subscription = Subscription { id, name: "Contoso".to_owned(), state: "Enabled".to_owned() };
        EstateRows { subscriptions: vec![subscription], ..EstateRows::default() }
    }

    #[test]
    fn rows_come_back_for_this_account_alone() {
        let home = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::at(home.path().join("cache/snapshots"));
        let snapshot = snapshots.of(SnapshotKey::default().with("cloud"));
        snapshot.save(&heading(), &estate()).unwrap();
        assert_eq!(snapshot.heading().unwrap(), heading());
        assert_eq!(snapshot.load().unwrap().subscriptions, estate().subscriptions);
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(snapshot.path()), mode(snapshot.path().parent().unwrap())), (0o600, 0o700));
        assert_eq!(snapshots.list(), [snapshot]);
        assert!(snapshots.forget().unwrap() && snapshots.list().is_empty() && !snapshots.forget().unwrap());
    }

    #[test]
    fn what_vaults_answered_is_kept_beside_the_rows_and_goes_with_them() {
        let home = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::at(home.path().join("snapshots"));
        let snapshot = snapshots.of(SnapshotKey::default().with("cloud"));
        assert_eq!(snapshot.upkeep(), []);
        let told = crate::model::upkeep::Told::PlainSecret;
        let one = Upkeep {
            vault: ResourceId::subscription("s"),
            name: "api".into(),
            read_at: Timestamp::UNIX_EPOCH,
            told,
        };
        snapshot.save_upkeep(std::slice::from_ref(&one)).unwrap();
        assert_eq!(snapshot.upkeep(), [one]);
        assert_eq!(snapshot.upkeep_path().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(snapshots.list().is_empty(), "they are no rows");
        let whole = fs::read(snapshot.upkeep_path()).unwrap();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(snapshot.upkeep_path(), changed).unwrap();
            assert_eq!(snapshot.upkeep(), [], "octet {at}");
        }
        assert!(snapshots.forget().unwrap() && !snapshot.upkeep_path().exists());
    }

    #[test]
    fn another_identity_has_another_file() {
        let snapshots = Snapshots::at("/nowhere");
        let of = |parts: [&str; 2]| snapshots.of(SnapshotKey::default().with(parts[0]).with(parts[1]));
        assert_ne!(of(["ada", ""]), of(["bob", ""]));
        assert_ne!(of(["ab", "c"]), of(["a", "bc"]));
    }

    #[test]
    fn what_is_cut_off_or_damaged_or_of_another_version_is_passed_over() {
        let whole = encode(&heading(), &estate()).unwrap();
        assert!(decode(&whole).is_ok());
        for length in 0..whole.len() {
            assert!(matches!(decode(&whole[..length]), Err(SnapshotError::Damaged)), "{length} bytes");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(decode(&changed).is_err(), "octet {at}");
        }
        let mut newer = whole.clone();
        newer[MAGIC.len()] += 1;
        assert!(matches!(decode(&newer), Err(SnapshotError::Foreign)));
        assert!(decode(&[&whole[..], b"more"].concat()).is_err());
    }

    #[test]
    fn rows_of_a_context_that_is_gone_are_removed() {
        let home = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::at(home.path());
        let (stays, goes) =
            (snapshots.of(SnapshotKey::default().with("a")), snapshots.of(SnapshotKey::default().with("b")));
        stays.save(&heading(), &estate()).unwrap();
        goes.save(&SnapshotHeading { context: "gone".to_owned(), ..heading() }, &estate()).unwrap();
        snapshots.tidy(|name| name == "production");
        assert_eq!(snapshots.list(), [stays]);
    }
}
