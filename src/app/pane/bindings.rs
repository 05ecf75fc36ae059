//! Bindings: the hostnames of all apps and what secures each.

use jiff::Timestamp;

use super::private::who_acts_fact;
use super::{Cell, Column, Fact, Tone, app_label, column, whereabouts};
use crate::model::{Binding, Estate, SslState};
use crate::rules::Rules;

pub const COLUMNS: &[Column] = &[
    column("Hostname", 18, 3, 9),
    column("App", 10, 1, 4),
    column("TLS type", 12, 0, 5),
    column("Certificate", 12, 2, 7),
    column("Expires", 9, 0, 8),
    column("Thumbprint", 10, 0, 1),
];

pub fn cells(estate: &Estate, binding: &Binding, now: Timestamp) -> Vec<Cell> {
    let certificate = estate.certificate_of(binding);
    let is_bound = binding.ssl != SslState::Disabled && binding.thumbprint.is_some();
    let missing = if is_bound { Cell::toned("not found", Tone::Urgent) } else { Cell::dim("none") };
    vec![
        Cell::new(binding.host.as_str()),
        Cell::new(app_label(estate, &binding.app)),
        match binding.ssl {
            SslState::Disabled if is_of_platform(estate, binding) => Cell::dim("Azure's own"),
            SslState::Disabled => Cell::toned(binding.ssl.words(), Tone::Soon),
            SslState::Sni | SslState::IpBased => Cell::new(binding.ssl.words()),
        },
        certificate.map_or(missing, |certificate| Cell::new(certificate.id.name())),
        certificate.map_or_else(|| Cell::dim(""), |certificate| Cell::end_of(estate, certificate, now)),
        binding.thumbprint.as_ref().map_or_else(|| Cell::dim(""), |print| Cell::new(print.short())),
    ]
}

/// Whether the hostname is the app's own under Azure's domain, which Azure's certificate secures.
pub fn is_of_platform(estate: &Estate, binding: &Binding) -> bool {
    estate
        .app(&binding.app)
        .is_some_and(|app| binding.host.as_str().eq_ignore_ascii_case(&app.default_hostname))
}

pub fn facts(estate: &Estate, rules: &Rules, binding: &Binding, now: Timestamp) -> Vec<Fact> {
    let certificate = estate.certificate_of(binding);
    let mut facts = vec![
        Fact::new("Hostname", binding.host.as_str()),
        Fact::new("App", app_label(estate, &binding.app)),
        match binding.ssl {
            SslState::Disabled if is_of_platform(estate, binding) => {
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
    facts
        .extend(Fact::known("Thumbprint", binding.thumbprint.as_ref().map(crate::model::Thumbprint::as_str)));
    match (certificate, &binding.thumbprint) {
        (Some(certificate), _) => {
            let hosts: Vec<_> = certificate.hosts.iter().map(ToString::to_string).collect();
            facts.push(Fact::new("Certificate", certificate.id.name()));
            facts.push(Fact::end_of(estate, certificate, now));
            facts.push(Fact::new("Secures", hosts.join(", ")));
            facts.push(who_acts_fact(&rules.turn(estate, certificate, now)));
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
