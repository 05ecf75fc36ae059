//! Apps and their slots, which have no pane of their own.

use serde_json::json;

use super::column::{Column, Table, Words};
use super::fact::whereabouts;
use crate::model::{App, Hostname, ResourceId, Scope};

pub static APPS: Table<App> = Table {
    words: Words { title: "Apps", singular: "app", empty: "No apps.", sorted_by: "id" },
    rows: |estate| &estate.apps,
    id: |one| one.id.clone(),
    columns: &[
        Column::<App>::new("name", "Name").value(|_, one| json!(one.label())).names_row(),
        Column::<App>::new("resource_group", "Resource group")
            .value(|_, one| json!(one.id.resource_group()))
            .alias("group"),
        Column::<App>::new("subscription", "Subscription")
            .value(|basis, one| json!(basis.estate.subscription_name(&one.id))),
        Column::<App>::new("location", "Location").value(|_, one| json!(one.location)),
        Column::<App>::new("plan", "Plan").value(|_, one| json!(one.plan.as_ref().map(ResourceId::name))),
        Column::<App>::new("webspace", "Webspace").value(|_, one| json!(one.webspace.as_str())),
        Column::<App>::new("own_certificates", "Own certificates")
            .value(|_, one| json!(one.scope == Scope::App)),
        Column::<App>::new("hostnames", "Hostnames")
            .value(|_, one| json!(one.hostnames.iter().map(Hostname::as_str).collect::<Vec<_>>())),
        Column::<App>::new("https_only", "HTTPS only").value(|_, one| json!(one.https_only)),
        Column::<App>::new("id", "Id").value(|_, one| json!(one.id.as_str())),
    ],
    facts: |basis, one| whereabouts(basis.estate, &one.id).into(),
};
