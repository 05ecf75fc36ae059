//! Under which name the rows of a context are kept from one run to the next. The name contains everything
//! that decides what a person sees, so that no person is ever shown the rows of another cloud, tenant, choice
//! of subscriptions or identity.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::session::Session;
use crate::azure::{Identity, LibrarySignIn, Saved};
use crate::config::Target;
use crate::runtime::kept::KeptRows;
use crate::snapshot::SnapshotKey;

/// Where the rows of this target are kept. The settings may say that none are (`cache = false`).
pub(super) fn of(session: &Session, target: &Target) -> KeptRows {
    if !session.config.cache || !target.keeps_rows {
        return KeptRows::default();
    }
    let (snapshots, saved, wanted) = (session.snapshots(), session.saved(), target.clone());
    let find = move || snapshots.of(key(&wanted, &saved));
    let (snapshots, name) = (session.snapshots(), target.name.clone());
    let known: Vec<String> = session.config.contexts.keys().cloned().collect();
    let tidy = move || snapshots.tidy(|context| context == name || known.iter().any(|one| one == context));
    KeptRows::at(Arc::new(find), Arc::new(tidy))
}

/// Determined again each time: a person may have signed in since.
fn key(target: &Target, saved: &Saved) -> SnapshotKey {
    let authority = target.authority.as_ref().map(ToString::to_string);
    let mut key =
        SnapshotKey::default().with(target.arm_endpoint.as_str()).with(authority.unwrap_or_default());
    key = target.subscriptions.iter().fold(key.with("subscriptions"), SnapshotKey::with);
    for way in target.chain.ways() {
        key = match way {
            Ok(identity) => of_identity(key.with(identity.name()), identity, saved),
            Err(skipped) => key.with(skipped.way),
        };
    }
    key
}

/// An application is told by its id; a person by what the tool in which they signed in says of them on this
/// machine.
fn of_identity(key: SnapshotKey, identity: &Identity, saved: &Saved) -> SnapshotKey {
    let or_none = |text: &Option<String>| text.clone().unwrap_or_default();
    match identity {
        Identity::Library(
            LibrarySignIn::ClientSecret { tenant, client_id, .. }
            | LibrarySignIn::ClientCertificate { tenant, client_id, .. }
            | LibrarySignIn::WorkloadIdentity { tenant, client_id, .. },
        ) => key.with(tenant).with(client_id),
        Identity::Library(LibrarySignIn::ManagedIdentity { client_id, .. }) => key.with(or_none(client_id)),
        Identity::Library(LibrarySignIn::AzureCli { tenant }) => {
            key.with(or_none(tenant)).with(content("AZURE_CONFIG_DIR", ".azure", "azureProfile.json"))
        }
        Identity::Library(LibrarySignIn::AzureDeveloperCli { tenant }) => {
            let signed_in = ["config.json", "auth.json"].map(|file| content("AZD_CONFIG_DIR", ".azd", file));
            signed_in.iter().fold(key.with(or_none(tenant)), SnapshotKey::with)
        }
        Identity::Own(way) => {
            let (tenant, client_id) = way.party();
            let people = saved.list().unwrap_or_default();
            let people = people.iter().map(|one| format!("{} {} {}", one.user, one.tenant, one.client_id));
            people.fold(
                key.with(tenant.unwrap_or_default()).with(client_id.unwrap_or_default()),
                SnapshotKey::with,
            )
        }
    }
}

/// A file of another tool, which changes when another person signs in there.
fn content(variable: &str, usual: &str, file: &str) -> Vec<u8> {
    let home = || std::env::home_dir().map(|home| home.join(usual));
    let dir = std::env::var_os(variable).filter(|dir| !dir.is_empty()).map(PathBuf::from).or_else(home);
    std::fs::read(dir.as_deref().unwrap_or(Path::new("")).join(file)).unwrap_or_default()
}
