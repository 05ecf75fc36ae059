//! Key vaults, which have no pane of their own.

use serde_json::json;

use super::column::{Column, Table, Words};
use super::fact::whereabouts;
use crate::model::Vault;

pub static VAULTS: Table<Vault> = Table {
    words: Words { title: "Key vaults", singular: "key vault", empty: "No key vaults.", sorted_by: "id" },
    rows: |estate| &estate.vaults,
    id: |one| one.id.clone(),
    columns: &[
        Column::<Vault>::new("name", "Name").value(|_, one| json!(one.id.name())).names_row(),
        Column::<Vault>::new("resource_group", "Resource group")
            .value(|_, one| json!(one.id.resource_group()))
            .alias("group"),
        Column::<Vault>::new("subscription", "Subscription")
            .value(|basis, one| json!(basis.estate.subscription_name(&one.id))),
        Column::<Vault>::new("location", "Location").value(|_, one| json!(one.location)),
        Column::<Vault>::new("sku", "SKU").value(|_, one| json!(one.sku)),
        Column::<Vault>::new("permissions", "Permissions by")
            .value(|_, one| json!(if one.rbac { "role assignments" } else { "access policies" })),
        Column::<Vault>::new("public_network", "Public network").value(|_, one| json!(one.public_network)),
        Column::<Vault>::new("uri", "Uri").value(|_, one| json!(one.uri)),
        Column::<Vault>::new("id", "Id").value(|_, one| json!(one.id.as_str())),
        Column::<Vault>::new("tags", "Tags").wide().value(|_, one| one.tags.iter().collect()),
    ],
    facts: |basis, one| whereabouts(basis.estate, &one.id).into(),
};
