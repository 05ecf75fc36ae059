//! The secret that an order is stored in. It is called as the order is, so that doing the step twice is
//! harmless; where something else holds that name, an id follows that is made of the order's own, so that it
//! stays the same.

use sha1::{Digest, Sha1};

use super::{Observed, Seen};
use crate::azure::Client;
use crate::azure::secrets::{self, Holder};
use crate::model::{Order, ResourceId};

/// Looks what holds the name that the order would give. The vault may be closed to this machine, or to the
/// signed-in identity: then that is noted.
pub(super) async fn observe(client: &Client, seen: &mut Observed) {
    let (Some(order), Some(vault)) = (seen.order.here(), seen.vault.here()) else { return };
    if !order.stored.is_empty() {
        return;
    }
    let name = plain(&order.id);
    match secrets::holder(client, vault, &name).await {
        Ok(holder) => seen.secret_holder = Seen::Here(holder),
        Err(error) => seen.leave_out(&format!("Look whether the secret name {name} is free"), &error),
    }
}

/// The name, and why it is not the order's own.
pub(super) fn of(observed: &Observed, order: &Order) -> (String, Option<String>) {
    let name = plain(&order.id);
    let by = match observed.secret_holder.here() {
        None | Some(Holder::Free | Holder::Order) => return (name, None),
        Some(Holder::Certificate) => "a certificate of the vault",
        Some(Holder::Other) => "another secret",
        Some(Holder::Deleted) => "a deleted secret",
    };
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha1::digest(order.id.as_str().to_ascii_lowercase())[..16]);
    let id = uuid::Builder::from_sha1_bytes(bytes).into_uuid();
    (format!("{name}-{id}"), Some(format!("the name {name} is held by {by}")))
}

/// The portal's way is another name each time.
fn plain(order: &ResourceId) -> String {
    order.segment("certificateOrders").unwrap_or_else(|| order.name()).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::super::sample::order;
    use super::*;
    use crate::model::OrderStatus;

    #[test]
    fn a_name_that_something_else_holds_is_followed_by_an_id_that_stays_the_same() {
        let order = order(OrderStatus::Issued);
        let name = |holder| of(&Observed { secret_holder: holder, ..Observed::default() }, &order);
        for free in [Seen::NotAsked, Seen::Here(Holder::Free), Seen::Here(Holder::Order)] {
            assert_eq!(name(free), ("contoso-www".to_owned(), None));
        }
        let (held, why) = name(Seen::Here(Holder::Deleted));
        assert_eq!(held.len(), "contoso-www-".len() + 36);
        assert!(why.is_some_and(|why| why.contains("a deleted secret")));
        assert_eq!(name(Seen::Here(Holder::Certificate)).0, held);
    }
}
