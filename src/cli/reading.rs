//! The inventory for a command: all at once, with how far it is on standard error where a person watches.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::session::Session;
use super::{CliError, can_rewrite, words};
use crate::azure::{Client, inventory};
use crate::journal::Journal;
use crate::model::upkeep::Told;
use crate::model::{Estate, EstateRows};

/// Between two lines of progress.
const PAUSE: Duration = Duration::from_millis(200);

/// Whether public certificates are wanted as well: each app has to be asked for its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Public {
    Read,
    LeftOut,
}

pub(super) async fn estate(session: &Session, client: &Client, public: Public) -> Result<Estate, CliError> {
    let mut shown = Shown::default();
    // Known to this machine alone.
    let revocations = Journal::revocations_in(&session.paths.journal());
    let mut estate = EstateRows { revocations, ..EstateRows::default() }.indexed();
    // The journal is stamped by this machine's clock.
    let changed = Journal::changed_in(&session.paths.journal(), Timestamp::now() - inventory::LAG);
    let result = inventory::read(client, &changed, |part, note| {
        estate.absorb(part);
        shown.say(&note);
    });
    result.await.map_err(|error| CliError::Cloud(error.problem("Read the inventory")))?;
    if public == Public::Read {
        let apps = estate.apps.len();
        let tell = |read| shown.say(&format!("{read} of {apps} apps asked for their public certificates"));
        inventory::public::add(client, &mut estate, tell).await;
    }
    drop(shown);
    if let Some(difference) = client.clock_difference() {
        words(&difference);
    }
    Ok(estate)
}

/// Adds what vaults do about the certificates that were imported from them, which decides who acts. What they
/// answered within a day is kept beside the rows of the screen.
pub(super) async fn add_upkeep(
    session: &Session,
    client: &Client,
    estate: &mut Estate,
) -> Result<(), CliError> {
    let kept = super::kept::of(session, &session.target()?);
    let before = kept.upkeep();
    let mut shown = Shown::default();
    let tell =
        |read, of| shown.say(&format!("{read} of {of} certificates of key vaults asked about their renewal"));
    inventory::upkeep::add(client, estate, &before, client.now(), tell).await;
    drop(shown);
    if estate.upkeep != before {
        kept.save_upkeep(&estate.upkeep);
    }
    Ok(())
}

/// Says how many certificates of vaults were not read because the reading was to end earlier.
pub(super) fn say_unread_policies(estate: &Estate) {
    let is_unread =
        |told: &Told| matches!(told, Told::Unreadable(why) if why == inventory::upkeep::NOT_IN_TIME);
    let unread = estate.upkeep.iter().filter(|one| is_unread(&one.told)).count();
    if unread > 0 {
        words(&format!(
            "{unread} of {} policies of key vaults are not read yet, so who acts there is unknown; the next run goes on from here, \
             and report waits for all",
            estate.upkeep.len()
        ));
    }
}

/// One line that is written over and over, and gone in the end.
#[derive(Debug, Default)]
struct Shown {
    last: Option<Instant>,
}

impl Shown {
    fn say(&mut self, note: &str) {
        let mut err = io::stderr();
        let is_soon = self.last.is_some_and(|last| last.elapsed() < PAUSE);
        if note.is_empty() || is_soon || !can_rewrite() {
            return;
        }
        self.last = Some(Instant::now());
        let _ = write!(err, "\r\x1b[K{note}").and_then(|()| err.flush());
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if self.last.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
