//! The estate as rows: what `certdeck list` shows of each kind of thing.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::table::{Columns, Table};
use crate::model::{
    App, Binding, Estate, Expiry, Home, Order, PrivateCertificate, PublicCertificate, Scope, SecretStatus,
    Vault, Webspace, day,
};
use crate::rules::Rules;

pub fn private<'e>(estate: &'e Estate, rules: &'e Rules, now: Timestamp) -> Table<'e> {
    const COLUMNS: Columns = &[
        ("name", "Name"),
        ("hosts", "Hosts"),
        ("source", "Source"),
        ("expires", "Expires"),
        ("days", "Days"),
        ("who_acts", "Who acts"),
        ("used_by", "Used by"),
        ("webspace", "Webspace"),
        ("app", "App alone"),
        ("thumbprint", "Thumbprint"),
        ("id", "Id"),
        ("revoked", "Revoked"),
    ];
    let row = move |certificate: &PrivateCertificate| {
        let mut apps: Vec<String> = estate
            .bindings_of(certificate)
            .map(|binding| estate.app(&binding.app).map_or_else(|| binding.app.name().to_owned(), App::label))
            .collect();
        apps.sort();
        apps.dedup();
        vec![
            json!(certificate.id.name()),
            json!(certificate.hosts.iter().map(crate::model::Hostname::as_str).collect::<Vec<_>>()),
            json!(estate.source(certificate).words()),
            time(certificate.expires),
            days(certificate.expires.filter(|_| !estate.is_revoked(certificate, now)), now),
            json!(rules.turn(estate, certificate, now).who.words()),
            json!(apps),
            json!(certificate.home.webspace().map_or("", Webspace::as_str)),
            json!(of_app(&certificate.home)),
            json!(certificate.thumbprint.as_ref().map(crate::model::Thumbprint::as_str)),
            json!(certificate.id.as_str()),
            json!(estate.is_revoked(certificate, now)),
        ]
    };
    Table::of(COLUMNS, &estate.certificates, |one| one.id.clone(), row)
}

pub fn public(estate: &Estate, now: Timestamp) -> Table<'_> {
    const COLUMNS: Columns = &[
        ("name", "Name"),
        ("app", "App"),
        ("subject", "Subject"),
        ("expires", "Expires"),
        ("days", "Days"),
        ("store", "Store"),
        ("thumbprint", "Thumbprint"),
        ("id", "Id"),
    ];
    let row = move |certificate: &PublicCertificate| {
        vec![
            json!(certificate.id.name()),
            json!(estate.app(&certificate.app).map_or_else(|| certificate.app.name().to_owned(), App::label)),
            json!(certificate.subject),
            time(certificate.expires),
            days(certificate.expires, now),
            json!(certificate.store),
            json!(certificate.thumbprint.as_ref().map(crate::model::Thumbprint::as_str)),
            json!(certificate.id.as_str()),
        ]
    };
    Table::of(COLUMNS, &estate.public_certificates, |one| one.id.clone(), row)
}

pub fn orders(estate: &Estate, now: Timestamp) -> Table<'_> {
    const COLUMNS: Columns = &[
        ("name", "Name"),
        ("domain", "Domain"),
        ("status", "Status"),
        ("product", "Product"),
        ("expires", "Expires"),
        ("days", "Days"),
        ("auto_renew", "Auto renew"),
        ("stored", "Stored"),
        ("issued", "Issued"),
        ("imported", "Imported"),
        ("id", "Id"),
    ];
    let row = move |order: &Order| {
        vec![
            json!(order.id.name()),
            json!(order.domain),
            json!(order.status.to_string()),
            json!(order.product.map(crate::model::ProductType::words)),
            time(order.expires),
            // A number would be taken for days that are left.
            days(order.expires.filter(|_| !order.status.is_revoked()), now),
            json!(order.auto_renew),
            json!(!order.stored.is_empty()),
            json!(order.thumbprint.is_some()),
            json!(
                order.stored.iter().any(|stored| stored.secret.status == SecretStatus::Succeeded)
                    && estate.imports_of(order).next().is_some()
            ),
            json!(order.id.as_str()),
        ]
    };
    Table::of(COLUMNS, &estate.orders, |one| one.id.clone(), row)
}

pub fn bindings(estate: &Estate, now: Timestamp) -> Table<'_> {
    const COLUMNS: Columns = &[
        ("hostname", "Hostname"),
        ("app", "App"),
        ("tls", "TLS"),
        ("certificate", "Certificate"),
        ("expires", "Expires"),
        ("days", "Days"),
        ("thumbprint", "Thumbprint"),
        ("id", "Id"),
        ("revoked", "Revoked"),
    ];
    let row = move |binding: &Binding| {
        let certificate = estate.certificate_of(binding);
        let expires = certificate.and_then(|certificate| certificate.expires);
        let is_revoked = certificate.is_some_and(|certificate| estate.is_revoked(certificate, now));
        vec![
            json!(binding.host.as_str()),
            json!(estate.app(&binding.app).map_or_else(|| binding.app.name().to_owned(), App::label)),
            json!(binding.ssl.words()),
            json!(certificate.map(|certificate| certificate.id.name())),
            time(expires),
            days(expires.filter(|_| !is_revoked), now),
            json!(binding.thumbprint.as_ref().map(crate::model::Thumbprint::as_str)),
            json!(binding.id().as_str()),
            json!(is_revoked),
        ]
    };
    Table::of(COLUMNS, &estate.bindings, Binding::id, row)
}

pub fn apps(estate: &Estate, _: Timestamp) -> Table<'_> {
    const COLUMNS: Columns = &[
        ("name", "Name"),
        ("resource_group", "Resource group"),
        ("subscription", "Subscription"),
        ("location", "Location"),
        ("plan", "Plan"),
        ("webspace", "Webspace"),
        ("own_certificates", "Own certificates"),
        ("hostnames", "Hostnames"),
        ("https_only", "HTTPS only"),
        ("id", "Id"),
    ];
    let row = move |app: &App| {
        vec![
            json!(app.label()),
            json!(app.id.resource_group()),
            json!(estate.subscription_name(&app.id)),
            json!(app.location),
            json!(app.plan.as_ref().map(crate::model::ResourceId::name)),
            json!(app.webspace.as_str()),
            json!(app.scope == Scope::App),
            json!(app.hostnames.iter().map(crate::model::Hostname::as_str).collect::<Vec<_>>()),
            json!(app.https_only),
            json!(app.id.as_str()),
        ]
    };
    Table::of(COLUMNS, &estate.apps, |one| one.id.clone(), row)
}

pub fn vaults(estate: &Estate, _: Timestamp) -> Table<'_> {
    const COLUMNS: Columns = &[
        ("name", "Name"),
        ("resource_group", "Resource group"),
        ("subscription", "Subscription"),
        ("location", "Location"),
        ("sku", "SKU"),
        ("permissions", "Permissions by"),
        ("public_network", "Public network"),
        ("uri", "Uri"),
        ("id", "Id"),
    ];
    let row = move |vault: &Vault| {
        vec![
            json!(vault.id.name()),
            json!(vault.id.resource_group()),
            json!(estate.subscription_name(&vault.id)),
            json!(vault.location),
            json!(vault.sku),
            json!(if vault.rbac { "role assignments" } else { "access policies" }),
            json!(vault.public_network),
            json!(vault.uri),
            json!(vault.id.as_str()),
        ]
    };
    Table::of(COLUMNS, &estate.vaults, |one| one.id.clone(), row)
}

/// The app that a certificate belongs to alone, where one does.
fn of_app(home: &Home) -> Option<String> {
    match home {
        Home::Webspace(_) => None,
        Home::App(app) => Some(app.site_label()),
    }
}

fn time(at: Option<Timestamp>) -> Value {
    json!(at.map(day))
}

fn days(expires: Option<Timestamp>, now: Timestamp) -> Value {
    json!(expires.map(|expires| Expiry::of(expires, now).days()))
}
