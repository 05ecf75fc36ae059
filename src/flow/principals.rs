//! Who Microsoft's two services are in this tenant, and what they hold on a vault. The settings name them, or
//! Microsoft Graph does. Where neither can, that is noted, and no flow ends for it: most identities of
//! programs may not read the directory.

use super::{Observed, Principal, Seen};
use crate::azure::{AzureError, Client, graph, roles};

/// Reads the two principals, and the roles where the vault uses them.
pub(super) async fn observe(client: &Client, seen: &mut Observed) -> Result<(), AzureError> {
    let websites = client.cloud().websites_app_id();
    seen.websites_app_id = Some(websites);
    seen.registrar = principal(client, seen, graph::CERTIFICATE_REGISTRATION).await;
    seen.websites = principal(client, seen, websites).await;
    if let Some(vault) = seen.vault.here().filter(|vault| vault.rbac).map(|vault| vault.id.clone()) {
        let listed = roles::list(client, &vault).await;
        seen.vault_roles = seen
            .spare(&format!("Look at the roles on {}", vault.name()), listed)?
            .map_or(Seen::NotAsked, Seen::Here);
    }
    Ok(())
}

/// The directory may be closed (no right, no Graph in this cloud, no way there); the rest of the flow does
/// not need it.
async fn principal(client: &Client, seen: &mut Observed, app_id: &str) -> Seen<Principal> {
    // What keeps one answer back keeps the other back too.
    if seen.directory.is_some() && client.principals().of(app_id).is_none() {
        return Seen::NotAsked;
    }
    match graph::principal(client, app_id).await {
        Ok(found) => found.map(|object_id| Principal { app_id: app_id.to_owned(), object_id }).into(),
        Err(error) => {
            let why = error.problem("Look up a service principal").why;
            seen.directory.get_or_insert(format!("Microsoft Graph: {why}"));
            Seen::NotAsked
        }
    }
}
