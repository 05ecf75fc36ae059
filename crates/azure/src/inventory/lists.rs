//! ARM's own lists: slower than the index, and always current.

use serde_json::Value;

use crate::client::{Client, Odd};
use crate::error::AzureError;
use crate::{certificates, groups, sites};
use certdeck_model::{EstateRows, ResourceId};

use super::kind::ResourceKind;

/// Reads one kind of resource below a subscription or resource group into `part`. After an error, `part` has
/// the pages before it.
pub(super) async fn read(
    client: &Client,
    kind: ResourceKind,
    scope: &ResourceId,
    part: &mut EstateRows,
) -> Result<(), AzureError> {
    match kind {
        ResourceKind::Slots => add_sites(part, sites::slots(client, scope).await?),
        ResourceKind::Groups if is_group(scope) => part.groups.extend(groups::get(client, scope).await?),
        _ => {
            let (request, mut odd) = (kind.request(scope), Odd::default());
            let take = &mut |resource: &Value| {
                if !kind.decode(resource, part) {
                    odd.add(resource);
                }
            };
            let read = client.each(&request, take).await;
            spell_regions_as_the_index(part);
            return read.and_then(|()| odd.end(client, &request));
        }
    }
    spell_regions_as_the_index(part);
    Ok(())
}

/// ARM writes `West Europe` where the index writes `westeurope`. A resource has to be the same in the next
/// reading, regardless of which of them answers.
fn spell_regions_as_the_index(part: &mut EstateRows) {
    let spelled = |region: &str| region.replace(' ', "").to_lowercase();
    part.groups.iter_mut().for_each(|one| one.location = spelled(&one.location));
    part.plans.iter_mut().for_each(|one| one.location = spelled(&one.location));
    part.vaults.iter_mut().for_each(|one| one.location = spelled(&one.location));
    part.apps.iter_mut().for_each(|one| one.location = spelled(&one.location).into());
    part.certificates.iter_mut().for_each(|one| one.location = spelled(&one.location).into());
}

/// Reads one resource; adds nothing if it no longer exists.
pub(super) async fn one(
    client: &Client,
    kind: ResourceKind,
    id: &ResourceId,
    part: &mut EstateRows,
) -> Result<(), AzureError> {
    let request = kind.request_for(id);
    if let Some(resource) = client.read(&request).await?
        && !kind.decode(&resource, part)
    {
        return Err(client.malformed(&request, "the answer is not such a resource"));
    }
    spell_regions_as_the_index(part);
    Ok(())
}

/// Reads one app or slot; adds nothing if it no longer exists.
pub(super) async fn site(client: &Client, id: &ResourceId, part: &mut EstateRows) -> Result<(), AzureError> {
    add_sites(part, sites::get(client, id).await?);
    spell_regions_as_the_index(part);
    Ok(())
}

/// Reads the certificates of a single app or slot.
pub(super) async fn own_certificates(
    client: &Client,
    app: &ResourceId,
    part: &mut EstateRows,
) -> Result<(), AzureError> {
    part.certificates.extend(certificates::of_app(client, app).await?);
    spell_regions_as_the_index(part);
    Ok(())
}

fn add_sites(part: &mut EstateRows, sites: impl IntoIterator<Item = sites::Site>) {
    for site in sites {
        part.apps.push(site.app);
        part.bindings.extend(site.bindings);
    }
}

fn is_group(scope: &ResourceId) -> bool {
    !scope.resource_group().is_empty()
}
