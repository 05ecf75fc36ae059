//! How vaults renew the certificates that apps import from them. This is read after everything else, because
//! each certificate needs its own request to a vault that may be slow, closed or gone. The lists never wait
//! for it, and a vault that does not answer does not delay the others.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, OnceCell};
use tokio::time::{Instant, timeout};

use crate::client::Client;
use crate::error::AzureError;
use crate::{several, upkeep};
use certdeck_model::upkeep::{Account, Issuer, Kept, Told};
use certdeck_model::{Estate, ResourceId, Text, Thumbprint, Upkeep};

const AT_ONCE: usize = 32;
/// People change a policy rarely, and nothing reports it; a new version is noticed at once.
const FRESH: SignedDuration = SignedDuration::from_hours(24);
/// The limit for one certificate. A reachable vault answers within a second; one behind a firewall often does
/// not answer at all.
const LONGEST: Duration = Duration::from_secs(10);
/// The limit for all of them: a monitoring system waits no longer. The next run reads the rest and reuses
/// these results.
const LONGEST_OF_ALL: Duration = Duration::from_secs(50);

/// Why a certificate was not read in a reading that was to end earlier.
pub const NOT_IN_TIME: &str = "the vaults did not answer in time; the next reading goes on from here";

/// A certificate of a vault that apps use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedCertificate {
    vault: ResourceId,
    /// The address of the vault.
    uri: String,
    name: Text,
    /// The version that App Service has.
    thumbprint: Option<Thumbprint>,
}

/// All certificates that the estate imports from vaults and that no order fills, each once.
pub fn wanted(client: &Client, estate: &Estate) -> Vec<WantedCertificate> {
    let uris: HashMap<&ResourceId, &str> =
        estate.vaults.iter().map(|vault| (&vault.id, vault.uri.as_str())).collect();
    let suffix = &client.cloud().vault_suffix;
    let mut seen = HashSet::new();
    let all = estate
        .kept_in_vaults()
        .filter(|(_, secret)| seen.insert((&secret.vault, secret.secret.to_lowercase())));
    all.map(|(certificate, secret)| WantedCertificate {
        vault: secret.vault.clone(),
        // The name of a vault is known even if its subscription cannot be read.
        uri: uris
            .get(&secret.vault)
            .map_or_else(|| format!("https://{}{suffix}/", secret.vault.name()), |uri| (*uri).to_owned()),
        name: secret.secret.clone(),
        thumbprint: certificate.thumbprint.clone(),
    })
    .collect()
}

/// Queries the vaults, several certificates at once; `tell` gets each answer as it arrives. What is `known`
/// is not read again within a day while the vault has the same version.
pub async fn read(
    client: &Client,
    wanted: Vec<WantedCertificate>,
    known: &[Upkeep],
    now: Timestamp,
    tell: impl FnMut(Upkeep),
) {
    let client = &client.in_background();
    let key = |vault: &ResourceId, name: &str| (vault.clone(), name.to_lowercase());
    let known: HashMap<(ResourceId, String), &Upkeep> =
        known.iter().map(|one| (key(&one.vault, &one.name), one)).collect();
    let doors: HashMap<ResourceId, VaultVisit> =
        wanted.iter().map(|one| (one.vault.clone(), VaultVisit::of(&one.uri))).collect();
    let until = Instant::now() + LONGEST_OF_ALL;
    let until = client.deadline().map_or(until, |deadline| until.min(deadline.at()));
    let is_fresh =
        |before: &&Upkeep| (SignedDuration::ZERO..FRESH).contains(&now.duration_since(before.read_at));
    let is_read = |before: &&Upkeep| !matches!(before.told, Told::Unreadable(_));
    let before = |one: &WantedCertificate| {
        known.get(&key(&one.vault, &one.name)).copied().filter(is_fresh).filter(is_read)
    };
    let wanted = unread_first(wanted, |one| before(one).is_some());
    // The certificates of one vault follow each other; without this their lists would as well.
    let compared: HashSet<&ResourceId> =
        wanted.iter().filter(|one| before(one).is_some()).map(|one| &one.vault).collect();
    let listed = compared.into_iter().map(|vault| doors[vault].versions(client, until));
    let asked = wanted.iter().map(|one| ask(client, &doors[&one.vault], one, before(one), now, until));
    tokio::join!(
        several::as_they_arrive(AT_ONCE, listed, drop),
        several::as_they_arrive(AT_ONCE, asked, tell)
    );
}

/// What no run has read yet comes first, so that runs that end early get further each time.
fn unread_first<T>(mut wanted: Vec<T>, is_read: impl Fn(&T) -> bool) -> Vec<T> {
    wanted.sort_by_key(is_read);
    wanted
}

/// Adds the answers of all vaults to an estate, reporting how many certificates were read.
pub async fn add(
    client: &Client,
    estate: &mut Estate,
    known: &[Upkeep],
    now: Timestamp,
    mut tell: impl FnMut(usize, usize),
) {
    let wanted = wanted(client, estate);
    let (mut all, of) = (Vec::with_capacity(wanted.len()), wanted.len());
    read(client, wanted, known, now, |answer| {
        all.push(answer);
        tell(all.len(), of);
    })
    .await;
    estate.renew_upkeep(all);
}

/// One vault, and what is known about it while its certificates are read.
#[derive(Debug)]
struct VaultVisit {
    uri: String,
    /// Why it is not read any further: it cannot be reached, and every certificate would cost as much time.
    shut: OnceCell<String>,
    /// The newest versions, by name in lower case; `None` if they may not be listed.
    versions: OnceCell<Option<HashMap<String, Thumbprint>>>,
    /// By name in lower case.
    accounts: Mutex<HashMap<String, Account>>,
}

impl VaultVisit {
    fn of(uri: &str) -> Self {
        Self {
            uri: uri.to_owned(),
            shut: OnceCell::new(),
            versions: OnceCell::new(),
            accounts: Mutex::default(),
        }
    }

    async fn versions(&self, client: &Client, until: Instant) -> Option<&HashMap<String, Thumbprint>> {
        let list = || async {
            let listed = timeout(left(until), upkeep::versions(client, &self.uri)).await.ok()?.ok()?;
            Some(listed.into_iter().map(|(name, thumbprint)| (name.to_lowercase(), thumbprint)).collect())
        };
        self.versions.get_or_init(list).await.as_ref()
    }

    /// The account of an issuer, by its name; many certificates share one.
    async fn account(&self, client: &Client, issuer: &str) -> Account {
        let mut accounts = self.accounts.lock().await;
        if let Some(known) = accounts.get(&issuer.to_lowercase()) {
            return known.clone();
        }
        let found = upkeep::account(client, &self.uri, issuer).await;
        let found =
            found.unwrap_or_else(|error| Account::Unreadable(words(&error, "certificates/getissuers")));
        accounts.insert(issuer.to_lowercase(), found.clone());
        found
    }
}

/// How long one request may take.
fn left(until: Instant) -> Duration {
    LONGEST.min(until.saturating_duration_since(Instant::now()))
}

async fn ask(
    client: &Client,
    door: &VaultVisit,
    one: &WantedCertificate,
    before: Option<&Upkeep>,
    now: Timestamp,
    until: Instant,
) -> Upkeep {
    if let Some(before) = before
        && is_still_so(client, door, one, before, until).await
    {
        return before.clone();
    }
    let told = if Instant::now() >= until {
        Told::Unreadable(NOT_IN_TIME.to_owned())
    } else if let Some(why) = door.shut.get() {
        Told::Unreadable(why.clone())
    } else {
        look(client, door, one, until).await
    };
    Upkeep { vault: one.vault.clone(), name: one.name.clone(), read_at: now, told }
}

/// Whether the vault has the known version. If the vault may not be listed, or does not answer, the version
/// in App Service is the best indication.
async fn is_still_so(
    client: &Client,
    door: &VaultVisit,
    one: &WantedCertificate,
    before: &Upkeep,
    until: Instant,
) -> bool {
    let known = match &before.told {
        Told::Certificate(kept) => kept.thumbprint.as_ref(),
        Told::PlainSecret => None,
        // Never taken for known: it is read again.
        Told::Unreadable(_) => return false,
    };
    match door.versions(client, until).await {
        Some(versions) => versions.get(&one.name.to_lowercase()) == known,
        None => known.is_none() || known == one.thumbprint.as_ref(),
    }
}

async fn look(client: &Client, door: &VaultVisit, one: &WantedCertificate, until: Instant) -> Told {
    let whole = async {
        let mut found = upkeep::read(client, &door.uri, &one.name).await?;
        if let Some(Kept { issuer: Issuer::Named { name, account }, .. }) = &mut found {
            *account = door.account(client, name).await;
        }
        Ok::<_, AzureError>(found)
    };
    let read = timeout(left(until), whole).await.unwrap_or_else(|_| {
        Err(AzureError::AnswerLost {
            host: one.vault.name().to_owned(),
            why: "it does not answer".to_owned(),
        })
    });
    match read {
        Ok(Some(kept)) => Told::Certificate(Box::new(kept)),
        Ok(None) => Told::PlainSecret,
        // The vault may just not have had its turn.
        Err(_) if Instant::now() >= until => Told::Unreadable(NOT_IN_TIME.to_owned()),
        Err(error) => {
            let why = words(&error, "certificates/get");
            if error.refusal().is_none() {
                // A hundred certificates of it would fail the same way, one after another.
                let _ = door.shut.set(why.clone());
            }
            Told::Unreadable(why)
        }
    }
}

/// Half a sentence.
fn words(error: &AzureError, permission: &str) -> String {
    match error.refusal() {
        Some(refusal) if refusal.is("ForbiddenByFirewall") => {
            format!("the vault's firewall does not let this machine in ({})", refusal.shown_code())
        }
        Some(refusal) if matches!(refusal.status, 401 | 403) => {
            format!("you lack the permission {permission} on the vault ({})", refusal.shown_code())
        }
        Some(refusal) => {
            format!("{} ({})", refusal.message.lines().next().unwrap_or_default(), refusal.shown_code())
        }
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_ends_early_reads_first_what_no_run_has_read() {
        let read = ["a", "c"];
        let order = unread_first(vec!["a", "b", "c", "d"], |name| read.contains(name));
        assert_eq!(order, ["b", "d", "a", "c"]);
    }
}
