//! What a new certificate means for the copies that were exported from here (A168, A196): which files go out
//! of date. They are known to this machine only, so they are observed beside the cloud, and no step's status
//! depends on them.

use crate::model::{Export, Order, Thumbprint, day};

/// The copies of an order's certificate that are out of date once the order has `next`; while that is not
/// known, every one is. As words: file and day of each.
pub(super) fn going_stale(exports: &[Export], order: &Order, next: Option<&Thumbprint>) -> Vec<String> {
    let own = exports.iter().filter(|export| export.order == order.id);
    own.filter(|export| next != Some(&export.thumbprint))
        .map(|export| format!("{} of {}", export.path, day(export.at)))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::{LEAF, order};
    use super::*;
    use crate::model::OrderStatus;

    #[test]
    fn only_copies_of_this_order_that_are_not_the_new_certificate_go_stale() {
        let order = order(OrderStatus::Issued);
        let of = |thumbprint: &str, path: &str| Export {
            at: "2026-11-23T08:00:00Z".parse().unwrap(),
            order: order.id.clone(),
            thumbprint: Thumbprint::parse(thumbprint).unwrap(),
            path: path.to_owned(),
        };
        let another = order.id.sibling("Microsoft.CertificateRegistration/certificateOrders", "another");
        let all = [
            of(LEAF, "/srv/old.pfx"),
            of(&"B".repeat(40), "/srv/new.pfx"),
            Export { order: another, ..of(LEAF, "/srv/x.pfx") },
        ];
        let next = Thumbprint::parse(&"B".repeat(40)).unwrap();
        assert_eq!(going_stale(&all, &order, Some(&next)), ["/srv/old.pfx of 2026-11-23"]);
        assert_eq!(going_stale(&all, &order, None).len(), 2);
    }
}
