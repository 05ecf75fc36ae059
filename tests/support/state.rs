//! Everything that the flows change in a practice cloud, a line each, to compare two clouds. Keys are random,
//! so thumbprints differ and certificates go by their ids.
#![allow(dead_code)]

use certdeck::azure::{self, Client, inventory, locks};
use certdeck::model::{Estate, Order};

use super::cloud::Cloud;

pub(crate) fn estate(cloud: &Cloud) -> Estate {
    cloud.runtime().block_on(async {
        let client = client(cloud).await;
        let mut estate = inventory::load(&client, &[]).await.unwrap();
        inventory::public::add(&client, &mut estate, |_| {}).await;
        estate
    })
}

/// A client of the same kind as the program's.
pub(crate) async fn client(cloud: &Cloud) -> Client {
    let connection = cloud.connection();
    let connection = azure::Connection {
        arm_endpoint: connection.arm.parse().ok(),
        authorities: certdeck::config::authorities(&connection.ca_pem).unwrap(),
        chain: azure::Chain::application(
            &*connection.tenant_id,
            &*connection.client_id,
            &*connection.client_secret,
        ),
        ..azure::Connection::default()
    };
    Client::connect(connection).await.unwrap()
}

/// The locks that hold for each order.
fn locks_of(cloud: &Cloud, estate: &Estate) -> Vec<String> {
    cloud.runtime().block_on(async {
        let client = client(cloud).await;
        let mut found = Vec::new();
        for order in &estate.orders {
            found.extend(
                locks::list(&client, &order.id)
                    .await
                    .unwrap()
                    .iter()
                    .map(|lock| format!("{} {}", lock.id, lock.level)),
            );
        }
        found
    })
}

pub(crate) fn of(cloud: &Cloud) -> Vec<String> {
    let estate = estate(cloud);
    let locks = locks_of(cloud, &estate);
    let purchases = format!("{} bought", cloud.purchases());
    let orders = estate.orders.iter().map(|order| {
        let Order { id, status, product, auto_renew, stored, names, token, term_ends, .. } = order;
        let term_ends = term_ends.map(|at| at.strftime("%F").to_string());
        format!(
            "{id} {status} {product:?} {auto_renew} {stored:?} {names:?} {} {term_ends:?}",
            token.is_some()
        )
    });
    let certificates = estate.certificates.iter().map(|one| {
        let is_current = estate
            .orders
            .iter()
            .any(|order| order.thumbprint.is_some() && order.thumbprint == one.thumbprint);
        format!("{} {:?} {:?} {} {is_current}", one.id, one.hosts, one.vault, one.home.label())
    });
    let public = estate.public_certificates.iter().map(|one| format!("{} {:?}", one.id, one.thumbprint));
    let bindings = estate.bindings.iter().map(|binding| {
        let certificate = estate.certificate_of(binding).map(|certificate| certificate.id.as_str());
        format!("{} {:?} {certificate:?}", binding.id(), binding.ssl)
    });
    let vaults = estate.vaults.iter().map(|vault| {
        format!("{} {} {} {:?} {}", vault.id, vault.sku, vault.rbac, vault.policies, vault.public_network)
    });
    let apps = estate.apps.iter().map(|app| format!("{} {}", app.id, app.https_only));
    let certificates = certificates.chain(public).chain(bindings);
    std::iter::once(purchases)
        .chain(apps)
        .chain(orders)
        .chain(certificates)
        .chain(vaults)
        .chain(locks)
        .collect()
}

/// The lines that only one of them has.
pub(crate) fn different<'a>(found: &'a [String], expected: &'a [String]) -> Vec<&'a String> {
    let only = |one: &'a [String], other: &'a [String]| one.iter().filter(move |line| !other.contains(line));
    only(found, expected).chain(only(expected, found)).collect()
}
