//! What must hold after the storm, and again after a restart.

use std::collections::HashSet;

use x509_parser::{prelude::FromDer as _, revocation_list::CertificateRevocationList};

use super::*;

/// What must hold, whatever was asked.
pub(super) async fn check(cloud: &Cloud, promised: &[Promised]) {
    let groups = format!("/subscriptions/{}/resourceGroups", cloud.emulator.connection().subscription_ids[0]);
    let mut kept = 0;
    for promised in promised {
        for (name, tag) in &promised.there {
            assert_eq!(
                cloud.get(&format!("{groups}/{name}")).await["tags"]["storm"],
                tag.to_string(),
                "{name}"
            );
            kept += 1;
        }
        for name in &promised.gone {
            let found = cloud.send(Method::GET, &format!("{groups}/{name}"), None).await.status();
            assert_eq!(found, StatusCode::NOT_FOUND, "{name} was deleted");
        }
        for name in &promised.locked {
            assert!(promised.there.contains_key(name), "{name} was locked and is gone");
        }
    }
    assert!(kept > 50, "only {kept} groups were kept: the storm was none");
    every_binding_presents_a_certificate_of_its_webspace(cloud).await;
    what_orders_no_longer_stand_for_is_revoked(cloud, promised).await;
}

/// Everything that lists show of certificates, sites, orders, locks and groups.
pub(super) async fn everything(cloud: &Cloud) -> Vec<Value> {
    let mut found = Vec::new();
    for subscription in &cloud.emulator.connection().subscription_ids {
        for kind in [
            "providers/Microsoft.Web/certificates",
            "providers/Microsoft.Web/sites?includeSlots=true",
            "providers/Microsoft.CertificateRegistration/certificateOrders",
            "providers/Microsoft.KeyVault/vaults",
            "providers/Microsoft.Authorization/locks",
            "resourceGroups",
        ] {
            found.extend(all(cloud, &format!("/subscriptions/{subscription}/{kind}")).await);
        }
    }
    found
}

/// Every serial number that an order showed is the one it shows now, or in the list of its CA: the order was
/// rekeyed or deleted. An order behind a lock is there.
async fn what_orders_no_longer_stand_for_is_revoked(cloud: &Cloud, promised: &[Promised]) {
    cloud.get(&order(cloud, "rg-platform", "jobsite")).await;
    let mut now = HashSet::new();
    for (group, name) in ORDERS {
        let path = order(cloud, group, name);
        let (status, found) = answer(cloud.send(Method::GET, &path, None).await).await;
        let unlocked = promised.iter().any(|one| one.unlocked.contains(&path));
        assert!(unlocked || status == StatusCode::OK, "{name} was locked and is gone");
        now.extend(found["properties"]["serialNumber"].as_str().map(|serial| (path, serial.to_owned())));
    }
    let list = cloud.send(Method::GET, "/crl/go-daddy.crl", None).await.bytes().await.unwrap();
    let (_, list) = CertificateRevocationList::from_der(&list).unwrap();
    let revoked: HashSet<String> =
        list.iter_revoked_certificates().map(|one| one.serial().to_string()).collect();
    let mut taken_back = 0;
    for (path, serial) in promised.iter().flat_map(|one| &one.serials) {
        if !now.contains(&(path.clone(), serial.clone())) {
            assert!(revoked.contains(serial), "{serial} of {path} is not revoked");
            taken_back += 1;
        }
    }
    assert!(taken_back > 10, "only {taken_back} certificates were taken back");
    assert!(now.len() < ORDERS.len(), "no order was deleted");
}

async fn every_binding_presents_a_certificate_of_its_webspace(cloud: &Cloud) {
    for subscription in &cloud.emulator.connection().subscription_ids {
        let web = format!("/subscriptions/{subscription}/providers/Microsoft.Web");
        let certificates = all(cloud, &format!("{web}/certificates")).await;
        let place = |one: &Value| {
            let of = |member: &str| one["properties"][member].as_str().unwrap_or_default().to_lowercase();
            (of("thumbprint"), of("webSpace"))
        };
        let known: Vec<_> = certificates.iter().map(place).collect();
        for site in all(cloud, &format!("{web}/sites?includeSlots=true")).await {
            let webspace = site["properties"]["webSpace"].as_str().unwrap().to_lowercase();
            for state in site["properties"]["hostNameSslStates"].as_array().unwrap() {
                if let Some(thumbprint) = state["thumbprint"].as_str() {
                    let wanted = (thumbprint.to_lowercase(), webspace.clone());
                    assert!(
                        known.contains(&wanted),
                        "{} presents nothing that is in {webspace}",
                        state["name"]
                    );
                }
            }
        }
    }
}

/// Every page of a list.
async fn all(cloud: &Cloud, path: &str) -> Vec<Value> {
    let mut url = cloud.url(path);
    let mut found = Vec::new();
    loop {
        let (status, body) =
            answer(cloud.http.get(&url).bearer_auth(&cloud.token).send().await.unwrap()).await;
        assert_eq!(status, StatusCode::OK, "{url}");
        found.extend(body["value"].as_array().unwrap().iter().cloned());
        match body["nextLink"].as_str() {
            Some(next) => next.clone_into(&mut url),
            None => return found,
        }
    }
}
