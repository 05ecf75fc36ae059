//! Orders: App Service certificates that were bought, and how far each is on its three steps.

use jiff::Timestamp;

use super::{Cell, Column, Fact, Tone, column, date, whereabouts};
use crate::model::{Estate, Order, OrderStatus};

pub const COLUMNS: &[Column] = &[
    column("Name", 14, 2, 9),
    column("Domain", 16, 3, 7),
    column("Status", 16, 0, 8),
    column("Product", 8, 0, 1),
    column("Expires", 10, 0, 4),
    column("Auto renew", 10, 0, 2),
    column("Steps", 5, 0, 6),
];

pub fn cells(estate: &Estate, order: &Order, now: Timestamp) -> Vec<Cell> {
    vec![
        Cell::new(order.id.name()),
        Cell::new(&*order.domain),
        Cell::toned(order.status.to_string(), tone(&order.status)),
        order.product.map_or_else(|| Cell::dim("unknown"), |product| Cell::new(product.words())),
        if order.status.is_revoked() { Cell::revoked() } else { Cell::expiry(order.expires, now) },
        Cell::new(if order.auto_renew { "yes" } else { "no" }),
        Cell { checks: Some(steps(estate, order)), ..Cell::default() },
    ]
}

fn tone(status: &OrderStatus) -> Tone {
    match status {
        OrderStatus::Issued => Tone::Good,
        status if status.is_over() => Tone::Urgent,
        _ => Tone::Soon,
    }
}

/// Store, Verify, Import: check marks made from what is there, not from steps that were remembered (A82,
/// A92).
pub fn steps(estate: &Estate, order: &Order) -> [bool; 3] {
    let stored = order.stored.iter().any(|stored| !stored.secret.status.is_trouble());
    let verified = matches!(order.status, OrderStatus::Issued | OrderStatus::PendingRekey);
    [stored, verified, estate.imports_of(order).next().is_some()]
}

pub fn facts(estate: &Estate, order: &Order, now: Timestamp) -> Vec<Fact> {
    let [stored, verified, imported] = steps(estate, order);
    let step = |label, done, todo: &str, yes: String| {
        if done {
            Fact { label, value: yes, tone: Tone::Good }
        } else {
            Fact { label, value: todo.into(), tone: Tone::Soon }
        }
    };
    let vault = order.stored.first().map(|stored| format!("done: key vault {}", stored.secret.vault.name()));
    let imports: Vec<_> =
        estate.imports_of(order).map(|certificate| certificate.id.name().to_owned()).collect();
    let mut facts = vec![
        Fact::new("Name", order.id.name()),
        Fact::new("Domain", &*order.domain),
        Fact { label: "Status", value: order.status.to_string(), tone: tone(&order.status) },
        step("Step 1: Store", stored, "to do: press w", vault.unwrap_or_default()),
        step("Step 2: Verify", verified, "to do: press w", "done: Certificate is Domain Verified".into()),
        step("Step 3: Import", imported, "to do: press w", format!("done: {}", imports.join(", "))),
        if order.status.is_revoked() {
            Fact::revoked(order.expires)
        } else {
            Fact::expiry("Expires", order.expires, now)
        },
        Fact::new("Auto renew", if order.auto_renew { "yes: each renewal is charged" } else { "no" }),
        Fact::new(
            "Product",
            order.product.map_or("unknown to this version", crate::model::ProductType::words),
        ),
    ];
    facts.extend(Fact::known("Thumbprint", order.thumbprint.as_ref().map(crate::model::Thumbprint::as_str)));
    if !order.names.is_empty() {
        facts.push(Fact::new("Secures", order.names.join(", ")));
    }
    for stored in &order.stored {
        let tone = if stored.secret.status.is_trouble() { Tone::Urgent } else { Tone::Plain };
        let value = format!(
            "{}, secret {}: {}",
            stored.secret.vault.name(),
            stored.secret.secret,
            stored.secret.status.words()
        );
        facts.push(Fact { label: "Key vault", value, tone });
    }
    facts.extend(estate.exports_of(order).map(|(export, is_stale)| {
        let (words, tone) =
            if is_stale { ("; renewed since: export it again (x)", Tone::Soon) } else { ("", Tone::Plain) };
        Fact { label: "Exported", value: format!("{} on {}{words}", export.path, date(export.at)), tone }
    }));
    facts.extend(Fact::known("Verification token", order.token.as_deref().filter(|_| !verified)));
    facts.extend(Fact::known("Paid until", order.term_ends.map(date)));
    facts.extend(Fact::known("Renews on", order.next_auto_renewal.map(date)));
    facts.extend(Fact::known("Last issued", order.last_issued.map(date)));
    facts.extend(order.not_renewable.iter().map(|why| Fact {
        label: "Not renewable",
        value: why.clone(),
        tone: Tone::Soon,
    }));
    facts.extend(Fact::known("Serial number", order.serial.as_deref()));
    facts.extend(whereabouts(estate, &order.id));
    facts
}
