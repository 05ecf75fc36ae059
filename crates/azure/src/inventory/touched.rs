//! Reads again what a change can have touched, straight from the resources: one request each, at any size of the
//! estate, and never behind, as the index is.

use super::kind::ResourceKind;
use super::lists;
use crate::client::Client;
use crate::error::AzureError;
use crate::several;
use certdeck_model::{EstateRows, Reread, ResourceId};

/// Requests under way at the same time.
const AT_ONCE: usize = 8;

/// One request of a reading.
#[derive(Debug, Clone, PartialEq, Eq)]
enum TouchedPart {
    Resource(ResourceKind, ResourceId),
    OwnCertificates(ResourceId),
}

/// Reads what changes at these places can have touched: each is the id of a resource of an estate, or of
/// anything below one. Places that no row of an estate shows are left out. The time of the estate stays that of
/// its whole reading: all other rows are as old as that. The caller adds what this machine
/// alone knows (`Reread::exports`, `Reread::revocations`).
pub async fn read(client: &Client, places: &[ResourceId]) -> Result<Reread, AzureError> {
    let client = &client.for_a_look();
    let mut parts: Vec<TouchedPart> = Vec::new();
    for part in places.iter().flat_map(parts_of) {
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    let mut reread = Reread::default();
    for part in &parts {
        match part {
            TouchedPart::Resource(_, id) => reread.resources.push(id.clone()),
            TouchedPart::OwnCertificates(app) => reread.own_certificates_of.push(app.clone()),
        }
    }
    let asked = parts.into_iter().map(|part| part.read(client));
    for answer in several::try_all(AT_ONCE, asked).await? {
        reread.rows.append(answer);
    }
    Ok(reread)
}

impl TouchedPart {
    async fn read(self, client: &Client) -> Result<EstateRows, AzureError> {
        let mut part = EstateRows::default();
        match self {
            Self::Resource(kind, id) => lists::one(client, kind, &id, &mut part).await?,
            Self::OwnCertificates(app) => lists::own_certificates(client, &app, &mut part).await?,
        }
        Ok(part)
    }
}

/// What shows a change at this place.
fn parts_of(place: &ResourceId) -> Vec<TouchedPart> {
    let resource = |kind, id| TouchedPart::Resource(kind, id);
    let named = |segment, provider| Some(place.sibling(provider, place.segment(segment)?));
    if let Some(app) = place.site() {
        let kind = if place.segment("slots").is_some() { ResourceKind::Slots } else { ResourceKind::Apps };
        let own = place.segment("certificates").map(|_| TouchedPart::OwnCertificates(app.clone()));
        return own.into_iter().chain([resource(kind, app)]).collect();
    }
    let part = if let Some(order) =
        named("certificateOrders", "Microsoft.CertificateRegistration/certificateOrders")
    {
        resource(ResourceKind::Orders, order)
    } else if let Some(vault) = named("vaults", "Microsoft.KeyVault/vaults") {
        resource(ResourceKind::Vaults, vault)
    } else if let Some(certificate) = named("certificates", "Microsoft.Web/certificates") {
        resource(ResourceKind::Certificates, certificate)
    } else if let Some(plan) = named("serverfarms", "Microsoft.Web/serverfarms") {
        resource(ResourceKind::Plans, plan)
    } else if *place == place.group() && !place.resource_group().is_empty() {
        resource(ResourceKind::Groups, place.clone())
    } else {
        return Vec::new();
    };
    vec![part]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_change_is_read_again_at_the_resource_that_a_row_shows() {
        let of = |path: &str| {
            let place = ResourceId::parse(&format!("/subscriptions/s/resourceGroups/g{path}")).unwrap();
            let word = |part: &TouchedPart| match part {
                TouchedPart::Resource(kind, id) => {
                    format!("{} {}", kind.words(), id.site_label() + id.name())
                }
                TouchedPart::OwnCertificates(app) => format!("own certificates {}", app.name()),
            };
            parts_of(&place).iter().map(word).collect::<Vec<_>>().join(", ")
        };
        let web = "/providers/microsoft.web";
        assert_eq!(of(&format!("{web}/sites/shop/hostNameBindings/a.b")), "apps shopshop");
        assert_eq!(of(&format!("{web}/sites/shop/slots/next/config/web")), "slots shop/nextnext");
        assert_eq!(of(&format!("{web}/sites/shop/certificates/c")), "own certificates shop, apps shopshop");
        assert_eq!(of(&format!("{web}/certificates/c")), "private key certificates c");
        assert_eq!(
            of("/providers/Microsoft.CertificateRegistration/certificateOrders/o/renew"),
            "certificate orders o"
        );
        assert_eq!(
            of("/providers/Microsoft.CertificateRegistration/certificateOrders/o/certificates/c"),
            "certificate orders o"
        );
        assert_eq!(of("/providers/Microsoft.KeyVault/vaults/v/accessPolicies/add"), "key vaults v");
        assert_eq!(of(""), "resource groups g");
        assert_eq!(of("/providers/Microsoft.Authorization/locks/l"), "");
    }
}
