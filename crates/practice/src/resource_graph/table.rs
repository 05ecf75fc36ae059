//! The tables of Resource Graph and their rows: the resources of the cloud in the index's own spelling
//! (types, groups and regions in lower case), as the index knows them, which may lag behind.

use serde_json::{Value, json};

use super::{expression::QueryRow, needs::Needs, scalar::Scalar};
use crate::{
    context::{CloudContext, text},
    id::ArmId,
    provider::microsoft_web::site,
    reply::Fault,
};

/// The columns that every table has, in the service's order.
pub(super) const COLUMNS: [&str; 16] = [
    "id",
    "name",
    "type",
    "tenantId",
    "kind",
    "location",
    "resourceGroup",
    "subscriptionId",
    "managedBy",
    "sku",
    "plan",
    "properties",
    "tags",
    "identity",
    "zones",
    "extendedLocation",
];

/// The index of `properties` in `COLUMNS`.
pub(super) const PROPERTIES: usize = 11;

/// The tables with which a query may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum QueryTable {
    Resources,
    /// Subscriptions and resource groups.
    Containers,
    /// The configuration of apps.
    AppService,
}

impl QueryTable {
    /// Finds a table by its name, in any casing.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name.to_lowercase().as_str() {
            "resources" => Self::Resources,
            "resourcecontainers" => Self::Containers,
            "appserviceresources" => Self::AppService,
            _ => return None,
        })
    }

    /// The resource types in the table.
    fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::Resources => &[
                "microsoft.certificateregistration/certificateorders",
                "microsoft.domainregistration/domains",
                "microsoft.keyvault/vaults",
                "microsoft.network/dnszones",
                "microsoft.web/certificates",
                "microsoft.web/serverfarms",
                "microsoft.web/sites",
                "microsoft.web/sites/slots",
            ],
            Self::Containers => {
                &["microsoft.resources/subscriptions", "microsoft.resources/subscriptions/resourcegroups"]
            }
            Self::AppService => &["microsoft.web/sites/config", "microsoft.web/sites/slots/config"],
        }
    }
}

/// The subscriptions whose resources a query sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum QueryScope {
    Tenant,
    /// Ids in lower case, sorted.
    Subscriptions(Vec<String>),
}

/// The key ranges of the store that hold the rows of a table, in the order of their keys.
pub(super) fn stretches(table: QueryTable, kinds: Option<&[String]>, scope: &QueryScope) -> Vec<String> {
    let wanted =
        table.kinds().iter().filter(|kind| kinds.is_none_or(|kinds| kinds.iter().any(|one| one == *kind)));
    let mut all: Vec<String> = wanted
        .flat_map(|kind| match scope {
            QueryScope::Tenant => vec![format!("{kind}|")],
            QueryScope::Subscriptions(ids) => {
                let end = if *kind == "microsoft.resources/subscriptions" { "" } else { "/" };
                ids.iter().map(|id| format!("{kind}|/subscriptions/{id}{end}")).collect()
            }
        })
        .collect();
    all.sort();
    all
}

/// A stored resource as a row that contains only what the query needs.
pub(super) fn row(ctx: &CloudContext<'_>, stored: Value, needs: &Needs) -> Result<QueryRow, Fault> {
    let id = ArmId::parse(text(&stored, "/id"));
    let kind = id.kind();
    let mut shown = match kind.as_str() {
        // The index also contains what GET adds to a site (hostnames, TLS states).
        site::KIND | site::SLOT if needs.column(PROPERTIES) => {
            site::show_only(ctx, stored, &|name| needs.member(name))?
        }
        _ => stored,
    };
    let name = match shown.get_mut("displayName").map(Value::take) {
        Some(name) => name,
        None => shown["name"].take(),
    };
    let properties = match shown.get_mut("properties").map(Value::take) {
        Some(properties) => properties,
        // The members of a subscription itself are its properties here.
        None => json!({
            "managedByTenants": shown["managedByTenants"],
            "managementGroupAncestorsChain": [{"displayName": "Tenant Root Group", "name": ctx.setting.tenant_id}],
            "state": shown["state"],
            "subscriptionPolicies": shown["subscriptionPolicies"],
        }),
    };
    let lower = |text: &str| Value::String(text.to_lowercase());
    let location = text(&shown, "/location").replace(' ', "");
    let mut of = |member: &str| shown.get_mut(member).map_or(Value::Null, Value::take);
    Ok([
        id.to_string().into(),
        name,
        kind.into(),
        ctx.setting.tenant_id.clone().into(),
        of("kind").as_str().unwrap_or_default().into(),
        lower(&location),
        lower(id.group().unwrap_or_default()),
        id.subscription().unwrap_or_default().into(),
        of("managedBy").as_str().unwrap_or_default().into(),
        of("sku"),
        of("plan"),
        properties,
        of("tags"),
        of("identity"),
        of("zones"),
        of("extendedLocation"),
    ]
    .map(Scalar::from)
    .into())
}
