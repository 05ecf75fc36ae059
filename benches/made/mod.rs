//! An estate of any size, made up: every kind of certificate, five certificates an app, all of them bound.

use certdeck::model::{
    App, Binding, Estate, EstateRows, Hostname, OwnSettings, PrivateCertificate, ResourceId, Scope,
    SecretStatus, SslState, Subscription, Tags, Thumbprint, VaultSecret, Webspace,
};
use jiff::{SignedDuration, Timestamp};

const PER_APP: usize = 5;
const APPS_PER_SUBSCRIPTION: usize = 40;

/// Now, as far as the benches are concerned.
pub(crate) fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// An estate of so many certificates, indexed.
pub(crate) fn estate(certificates: usize) -> Estate {
    let mut estate = EstateRows { as_of: now(), ..EstateRows::default() };
    let apps = certificates / PER_APP;
    for number in 0..apps.div_ceil(APPS_PER_SUBSCRIPTION) {
        let id = ResourceId::subscription(&format!("00000000-0000-4000-8000-{number:012}"));
        estate.subscriptions.push(Subscription {
            id,
            name: format!("Subscription {number}"),
            state: "Enabled".into(),
        });
    }
    for number in 0..apps {
        let subscription = &estate.subscriptions[number / APPS_PER_SUBSCRIPTION].id;
        let group = ResourceId::parse(&format!("{subscription}/resourceGroups/rg-team-{number}")).unwrap();
        let app = app(&group, number);
        for nth in 0..PER_APP {
            let certificate = certificate(&group, &app, number * PER_APP + nth);
            estate.bindings.push(Binding {
                app: app.id.clone(),
                host: certificate.hosts[0].clone(),
                ssl: SslState::Sni,
                thumbprint: certificate.thumbprint.clone(),
                virtual_ip: None,
            });
            estate.certificates.push(certificate);
        }
        estate.apps.push(app);
    }
    estate.indexed()
}

fn app(group: &ResourceId, number: usize) -> App {
    App {
        id: group.resource("Microsoft.Web/sites", &format!("shop-{number}")),
        location: "West Europe".into(),
        plan: Some(group.resource("Microsoft.Web/serverfarms", "plan")),
        webspace: Webspace::named(group, format!("rg-team-{number}-WestEuropewebspace")),
        scope: Scope::Webspace,
        tier: "Standard".into(),
        state: "Running".into(),
        default_hostname: format!("shop-{number}.azurewebsites.net").into(),
        hostnames: Vec::new(),
        https_only: true,
        inbound_ip: None,
        linux: false,
        in_environment: false,
    }
}

fn certificate(group: &ResourceId, app: &App, number: usize) -> PrivateCertificate {
    let host = Hostname::parse(&format!("www{number}.team{}.example", number / PER_APP)).unwrap();
    let name = format!("www{number}-2026");
    let vault = (number % 3 == 1).then(|| VaultSecret {
        vault: group.resource("Microsoft.KeyVault/vaults", "kv-shared"),
        secret: name.as_str().into(),
        status: SecretStatus::Succeeded,
    });
    PrivateCertificate {
        id: group.resource("Microsoft.Web/certificates", &name),
        location: app.location.clone(),
        home: app.home(),
        thumbprint: Thumbprint::parse(&format!("{:040X}", number.wrapping_mul(0x9E37_79B9_7F4A_7C15))).ok(),
        subject: host.as_str().into(),
        issuer: "GeoTrust Global TLS RSA4096 SHA256 2022 CA1".into(),
        issued: Some(now() - SignedDuration::from_hours(24 * 30)),
        expires: Some(
            now() + SignedDuration::from_hours(i64::try_from(number * 7919 % 9_000).unwrap() - 100),
        ),
        vault,
        canonical_name: (number % 3 == 2).then(|| host.as_str().into()),
        tags: Tags::default(),
        own: OwnSettings::default(),
        hosts: vec![host.clone(), Hostname::parse(&format!("{host}.net")).unwrap()],
    }
}
