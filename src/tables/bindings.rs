//! Bindings: the hostnames of all apps and what secures each.

use serde_json::json;

use super::column::{Column, SortKey, Table, Words};
use super::fact::whereabouts;
use super::private::who_acts_fact;
use super::{
    Basis, Cell, Fact, Tone, app_label, by_time, days, put_end, put_group, put_subscription, thumbprint_cell,
    time,
};
use crate::health::findings::of_binding;
use crate::model::{Binding, PrivateCertificate, SslState, Thumbprint};

pub(super) static BINDINGS: Table<Binding> = Table {
    words: Words {
        title: "Bindings",
        singular: "binding",
        empty: "No hostname bindings. Map a custom domain to an app first; then b binds a certificate.",
        sorted_by: "hostname",
    },
    rows: |estate| &estate.bindings,
    id: Binding::id,
    columns: &[
        // Hostnames that Azure secures by itself need no attention: they come last.
        Column::<Binding>::new("hostname", "Hostname")
            .drawn(16, 9, |_, one| Cell::new(one.host.as_str()))
            .value(|_, one| json!(one.host.as_str()))
            .sort(|basis, one| if basis.estate.is_of_platform(one) { SortKey::None } else { SortKey::Text })
            .names_row(),
        Column::<Binding>::new("app", "App")
            .drawn(10, 6, |basis, one| Cell::new(app_label(basis.estate, &one.app)))
            .value(|basis, one| json!(app_label(basis.estate, &one.app))),
        Column::<Binding>::new("tls", "TLS type")
            .drawn(12, 5, tls)
            .value(|_, one| json!(one.ssl.words()))
            .text(|basis, one, out| out.push_str(tls_words(basis, one))),
        Column::<Binding>::new("certificate", "Certificate")
            .drawn(12, 7, certificate_cell)
            .text(|basis, one, out| {
                out.push_str(certificate(basis, one).map_or("none", |one| one.id.name()));
            })
            .value(|basis, one| json!(certificate(basis, one).map(|one| one.id.name())))
            .names_row(),
        Column::<Binding>::new("expires", "Expires")
            .drawn(11, 8, end)
            .value(|basis, one| time(expires(basis, one)))
            .text(|basis, one, out| {
                if let Some(certificate) = certificate(basis, one) {
                    put_end(certificate.expires, &Cell::end_of(basis, certificate), out);
                }
            })
            .sort(|basis, one| by_time(expires(basis, one))),
        Column::<Binding>::new("days", "Days")
            .value(|basis, one| days(expires(basis, one).filter(|_| !is_revoked(basis, one)), basis.now)),
        Column::<Binding>::new("thumbprint", "Thumbprint")
            .drawn(8, 0, |_, one| thumbprint_cell(one.thumbprint.as_ref()))
            .value(|_, one| json!(one.thumbprint.as_ref().map(Thumbprint::as_str)))
            .text(|_, one, out| out.push_str(one.thumbprint.as_ref().map_or("", Thumbprint::as_str)))
            .names_row(),
        Column::<Binding>::new("id", "Id").value(|_, one| json!(one.id().as_str())),
        Column::<Binding>::new("revoked", "Revoked").value(|basis, one| json!(is_revoked(basis, one))),
        Column::<Binding>::new("resource_group", "Resource group")
            .wide()
            .drawn(8, 3, |_, one| Cell::new(one.app.resource_group()))
            .value(|_, one| json!(one.app.resource_group()))
            .text(|_, one, out| put_group(&one.app, out))
            .alias("group"),
        Column::<Binding>::new("subscription", "Subscription")
            .wide()
            .value(|basis, one| json!(basis.estate.subscription_name(&one.app)))
            .text(|basis, one, out| put_subscription(basis, &one.app, out)),
        Column::<Binding>::new("https_only", "HTTPS only")
            .wide()
            .value(|basis, one| json!(basis.estate.app(&one.app).map(|app| app.https_only))),
    ],
    facts,
};

fn certificate<'e>(basis: &Basis<'e>, binding: &Binding) -> Option<&'e PrivateCertificate> {
    basis.estate.certificate_of(binding)
}

fn expires(basis: &Basis<'_>, binding: &Binding) -> Option<jiff::Timestamp> {
    certificate(basis, binding)?.expires
}

fn is_revoked(basis: &Basis<'_>, binding: &Binding) -> bool {
    certificate(basis, binding).is_some_and(|certificate| basis.is_revoked(certificate))
}

fn tls(basis: &Basis<'_>, binding: &Binding) -> Cell {
    let words = tls_words(basis, binding);
    match (binding.ssl, of_binding(basis, binding)) {
        (SslState::Disabled, None) => Cell::dim(words),
        (SslState::Disabled, Some(judgement)) => Cell::toned(words, judgement.urgency.into()),
        (SslState::Sni | SslState::IpBased, _) => Cell::new(words),
    }
}

fn tls_words(basis: &Basis<'_>, binding: &Binding) -> &'static str {
    match binding.ssl {
        SslState::Disabled if basis.estate.is_of_platform(binding) => "Azure's own",
        ssl => ssl.words(),
    }
}

fn certificate_cell(basis: &Basis<'_>, binding: &Binding) -> Cell {
    match (certificate(basis, binding), of_binding(basis, binding)) {
        (Some(certificate), Some(judgement)) => {
            Cell { marked: true, ..Cell::toned(certificate.id.name(), judgement.urgency.into()) }
        }
        (Some(certificate), None) => Cell::new(certificate.id.name()),
        (None, Some(judgement)) if binding.ssl != SslState::Disabled => {
            Cell::toned("not found", judgement.urgency.into())
        }
        (None, _) => Cell::dim("none"),
    }
}

fn end(basis: &Basis<'_>, binding: &Binding) -> Cell {
    certificate(basis, binding).map_or_else(|| Cell::dim(""), |certificate| Cell::end_of(basis, certificate))
}

fn facts(basis: &Basis<'_>, binding: &Binding) -> Vec<Fact> {
    let estate = basis.estate;
    let certificate = estate.certificate_of(binding);
    let mut facts = vec![
        Fact::new("Hostname", binding.host.as_str()),
        Fact::new("App", app_label(estate, &binding.app)),
        match binding.ssl {
            SslState::Disabled if estate.is_of_platform(binding) => {
                Fact::new("TLS type", "secured by Azure's own certificate for this domain")
            }
            SslState::Disabled => Fact {
                label: "TLS type",
                value: "no binding: browsers warn on this hostname".into(),
                tone: Tone::Soon,
            },
            ssl => Fact::new("TLS type", ssl.words()),
        },
    ];
    facts.extend(Fact::known("Thumbprint", binding.thumbprint.as_ref().map(Thumbprint::as_str)));
    match (certificate, &binding.thumbprint) {
        (Some(certificate), _) => {
            let hosts: Vec<_> = certificate.hosts.iter().map(ToString::to_string).collect();
            facts.push(Fact::new("Certificate", certificate.id.name()));
            facts.push(Fact::end_of(basis, certificate));
            let tone = of_binding(basis, binding).map_or(Tone::Plain, |judgement| judgement.urgency.into());
            facts.push(Fact { label: "Secures", value: hosts.join(", "), tone });
            facts.push(who_acts_fact(basis, certificate));
        }
        (None, Some(_)) => facts.push(Fact {
            label: "Certificate",
            value: "no certificate with this thumbprint was read that the app can be bound to".into(),
            tone: Tone::Urgent,
        }),
        (None, None) => facts.push(Fact { label: "Certificate", value: "none".into(), tone: Tone::Dim }),
    }
    let app = estate.app(&binding.app);
    let address = binding.virtual_ip.as_deref().or(app.and_then(|app| app.inbound_ip.as_deref()));
    facts.extend(Fact::known("IP address", address));
    facts.extend(Fact::known("Webspace", app.map(|app| app.home().label())));
    if let Some(app) = app {
        facts.push(Fact::new("HTTPS only", if app.https_only { "yes" } else { "no" }));
        facts.push(Fact::new("Default hostname", &*app.default_hostname));
    }
    facts.extend(whereabouts(estate, &binding.id()));
    facts
}
