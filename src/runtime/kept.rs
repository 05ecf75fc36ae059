//! The rows of earlier runs, for the place where the screen is: read and written beside the loop, never in
//! it.

use std::sync::Arc;

use crate::model::{Estate, Upkeep};
use crate::snapshot::{Snapshot, SnapshotError, SnapshotHeading};

/// Finds the file of the identity that is signed in at this moment.
pub(crate) type Finder = Arc<dyn Fn() -> Snapshot + Send + Sync>;
/// Removes what is of no use any more.
pub(crate) type Tidier = Arc<dyn Fn() + Send + Sync>;

/// Where the rows of a place are kept, if they are.
#[derive(Clone, Default)]
pub(crate) struct KeptRows(Option<RowFiles>);

#[derive(Clone)]
struct RowFiles {
    find: Finder,
    tidy: Tidier,
}

impl std::fmt::Debug for KeptRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("KeptRows").field(&self.0.is_some()).finish()
    }
}

impl KeptRows {
    pub(crate) fn at(find: Finder, tidy: Tidier) -> Self {
        Self(Some(RowFiles { find, tidy }))
    }

    /// What the rows of last time are of, if there are any.
    pub(crate) fn heading(&self) -> Option<SnapshotHeading> {
        let snapshot = (self.0.as_ref()?.find)();
        passed_over(&snapshot, snapshot.heading())
    }

    /// The rows of last time, with what vaults had answered. Blocks.
    pub(crate) fn load(&self) -> Option<Estate> {
        let snapshot = (self.0.as_ref()?.find)();
        let mut estate = passed_over(&snapshot, snapshot.load())?;
        estate.renew_upkeep(snapshot.upkeep());
        Some(estate)
    }

    /// What vaults answered about their certificates. Blocks.
    pub(crate) fn upkeep(&self) -> Vec<Upkeep> {
        self.0.as_ref().map(|files| (files.find)().upkeep()).unwrap_or_default()
    }

    /// Keeps these answers, however many runs ask for them at the same time. Blocks.
    pub(crate) fn save_upkeep(&self, answers: &[Upkeep]) {
        let Some(files) = &self.0 else { return };
        let snapshot = (files.find)();
        if let Err(error) = snapshot.save_upkeep(answers) {
            tracing::warn!(path = %snapshot.path().display(), %error, "what the vaults answered is not kept");
        }
    }

    /// Keeps these for next time. Blocks.
    pub(crate) fn save(&self, heading: &SnapshotHeading, estate: &Estate) {
        let Some(files) = &self.0 else { return };
        let snapshot = (files.find)();
        match snapshot.save(heading, estate) {
            Ok(()) => (files.tidy)(),
            Err(error) => tracing::warn!(path = %snapshot.path().display(), %error, "the rows are not kept"),
        }
    }
}

/// A file that cannot be used costs a line in the log and nothing else.
fn passed_over<T>(snapshot: &Snapshot, read: Result<T, SnapshotError>) -> Option<T> {
    match read {
        Ok(read) => Some(read),
        Err(SnapshotError::File(error)) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            tracing::warn!(path = %snapshot.path().display(), %error, "the rows of last time are passed over");
            None
        }
    }
}
