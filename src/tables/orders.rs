//! Orders: App Service certificates that were bought, and how far each is on its three steps.

use serde_json::json;

use super::column::{Column, SortKey, Table, Words};
use super::fact::whereabouts;
use super::{Basis, Cell, Fact, Tone, by_time, date, days, put_end, put_group, put_subscription, time};
use crate::model::{Order, OrderStatus, ProductType, Progress, Thumbprint};

pub(super) static ORDERS: Table<Order> = Table {
    words: Words {
        title: "Orders",
        singular: "order",
        empty: "No certificate orders. :purchase buys an App Service certificate.",
        sorted_by: "name",
    },
    rows: |estate| &estate.orders,
    id: |one| one.id.clone(),
    columns: &[
        Column::<Order>::new("name", "Name")
            .drawn(14, 9, |_, one| Cell::new(one.id.name()))
            .value(|_, one| json!(one.id.name()))
            .names_row(),
        Column::<Order>::new("domain", "Domain")
            .drawn(14, 7, |_, one| Cell::new(&*one.domain))
            .value(|_, one| json!(one.domain))
            .names_row(),
        Column::<Order>::new("status", "Status")
            .drawn(16, 8, |_, one| Cell::toned(one.status.to_string(), tone(&one.status)))
            .value(|_, one| json!(one.status.to_string())),
        Column::<Order>::new("product", "Product")
            .drawn(8, 3, |_, one| {
                one.product.map_or_else(|| Cell::dim("unknown"), |product| Cell::new(product.words()))
            })
            .value(|_, one| json!(one.product.map(ProductType::words))),
        Column::<Order>::new("expires", "Expires")
            .drawn(11, 5, end)
            .value(|_, one| time(one.expires))
            .text(|basis, one, out| put_end(one.expires, &end(basis, one), out))
            .sort(|_, one| by_time(one.expires)),
        // Of a revoked order a number would be taken for days that are left.
        Column::<Order>::new("days", "Days")
            .value(|basis, one| days(one.expires.filter(|_| !one.status.is_revoked()), basis.now)),
        Column::<Order>::new("auto_renew", "Auto renew")
            .drawn(10, 4, |_, one| Cell::new(if one.auto_renew { "yes" } else { "no" }))
            .value(|_, one| json!(one.auto_renew)),
        Column::<Order>::new("steps", "Steps")
            .drawn(5, 6, |basis, one| Cell {
                checks: Some(one.progress(basis.estate).steps()),
                ..Cell::default()
            })
            .sort(|basis, one| {
                SortKey::Number(i64::try_from(one.progress(basis.estate).done()).unwrap_or_default())
            }),
        Column::<Order>::new("stored", "Stored").value(|basis, one| json!(one.progress(basis.estate).stored)),
        Column::<Order>::new("issued", "Issued").value(|_, one| json!(one.thumbprint.is_some())),
        Column::<Order>::new("imported", "Imported")
            .value(|basis, one| json!(one.progress(basis.estate).imported)),
        Column::<Order>::new("id", "Id").value(|_, one| json!(one.id.as_str())),
        Column::<Order>::new("thumbprint", "Thumbprint")
            .wide()
            .value(|_, one| json!(one.thumbprint.as_ref().map(Thumbprint::as_str)))
            .text(|_, one, out| out.push_str(one.thumbprint.as_ref().map_or("", Thumbprint::as_str)))
            .names_row(),
        Column::<Order>::new("resource_group", "Resource group")
            .wide()
            .value(|_, one| json!(one.id.resource_group()))
            .text(|_, one, out| put_group(&one.id, out))
            .alias("group"),
        Column::<Order>::new("subscription", "Subscription")
            .wide()
            .value(|basis, one| json!(basis.estate.subscription_name(&one.id)))
            .text(|basis, one, out| put_subscription(basis, &one.id, out)),
        Column::<Order>::new("tags", "Tags")
            .wide()
            .value(|_, one| one.tags.iter().collect())
            .text(|_, one, out| out.push_str(&one.tags.words())),
        Column::<Order>::new("verified", "Verified")
            .wide()
            .value(|basis, one| json!(one.progress(basis.estate).verified)),
        Column::<Order>::new("serial", "Serial number").wide().value(|_, one| json!(one.serial)),
        Column::<Order>::new("key_size", "Key size").wide().value(|_, one| json!(one.key_size)),
        Column::<Order>::new("vaults", "Key vaults")
            .wide()
            .value(|_, one| one.stored.iter().map(|stored| json!(stored.secret.vault.as_str())).collect()),
        Column::<Order>::new("paid_until", "Paid until").wide().value(|_, one| time(one.term_ends)),
    ],
    facts,
};

fn end(basis: &Basis<'_>, order: &Order) -> Cell {
    if order.status.is_revoked() { Cell::revoked() } else { Cell::expiry(order.expires, basis.now) }
}

fn tone(status: &OrderStatus) -> Tone {
    match status {
        OrderStatus::Issued => Tone::Good,
        status if status.is_over() => Tone::Urgent,
        _ => Tone::Soon,
    }
}

fn facts(basis: &Basis<'_>, order: &Order) -> Vec<Fact> {
    let Basis { estate, now, .. } = *basis;
    let Progress { stored, verified, imported } = order.progress(estate);
    let step = |label, done, yes: String| match done {
        true => Fact { label, value: yes, tone: Tone::Good },
        // It is ended, so no step can follow.
        false if order.status.is_over() => Fact { label, value: "not done".into(), tone: Tone::Dim },
        false => Fact { label, value: "to do: press w".into(), tone: Tone::Soon },
    };
    let vault = order.stored.first().map(|stored| format!("done: key vault {}", stored.secret.vault.name()));
    let imports: Vec<_> =
        estate.imports_of(order).map(|certificate| certificate.id.name().to_owned()).collect();
    let mut facts = vec![
        Fact::new("Name", order.id.name()),
        Fact::new("Domain", &*order.domain),
        Fact { label: "Status", value: order.status.to_string(), tone: tone(&order.status) },
        step("Step 1: Store", stored, vault.unwrap_or_default()),
        step("Step 2: Verify", verified, "done: Certificate is Domain Verified".into()),
        step("Step 3: Import", imported, format!("done: {}", imports.join(", "))),
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
