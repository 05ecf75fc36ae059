//! The joins over the rows of an estate.

#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;
use crate::{Hostname, OwnSettings, Scope, Tags, Webspace};

/// An app or certificate as numbers: subscription, group, operating system, and whether it is of one app
/// alone.
type Drawn = (u8, u8, bool, bool);

fn group(drawn: Drawn) -> ResourceId {
    ResourceId::parse(&format!("/subscriptions/s{}/resourceGroups/web{}", drawn.0, drawn.1)).unwrap()
}

fn space(drawn: Drawn) -> Webspace {
    let system = if drawn.2 { "-Linux" } else { "" };
    Webspace::named(&group(drawn), format!("web{}-WestEuropewebspace{system}", drawn.1))
}

fn app(drawn: Drawn, number: usize) -> App {
    App {
        id: group(drawn).resource("Microsoft.Web/sites", &format!("app{number}")),
        location: "westeurope".into(),
        plan: None,
        webspace: space(drawn),
        scope: if drawn.3 { Scope::App } else { Scope::Webspace },
        tier: Text::default(),
        state: Text::default(),
        default_hostname: Text::default(),
        hostnames: Vec::new(),
        https_only: false,
        inbound_ip: None,
        linux: drawn.2,
        in_environment: false,
    }
}

fn print(number: u8) -> Thumbprint {
    Thumbprint::parse(&format!("{number:040X}")).unwrap()
}

fn certificate(drawn: Drawn, of: Option<&App>, number: usize, print_of: u8) -> PrivateCertificate {
    let shared = group(drawn).resource("Microsoft.Web/certificates", &format!("c{number}"));
    let id = of.map_or(shared, |app| app.id.child("certificates", &format!("c{number}")));
    PrivateCertificate {
        home: of.map_or_else(|| Home::Webspace(space(drawn)), |app| Home::App(app.id.clone())),
        id,
        location: "westeurope".into(),
        thumbprint: Some(print(print_of)),
        subject: Text::default(),
        hosts: Vec::new(),
        issuer: Text::default(),
        issued: None,
        expires: None,
        vault: None,
        canonical_name: None,
        tags: Tags::default(),
        own: OwnSettings::default(),
    }
}

fn drawn() -> impl Strategy<Value = Drawn> {
    (0..2_u8, 0..2_u8, any::<bool>(), any::<bool>())
}

proptest! {
    /// Two subscriptions with groups of the same names, and few thumbprints that occur everywhere.
    #[test]
    fn a_certificate_serves_the_apps_of_its_own_place_and_no_other(
        apps in prop::collection::vec(drawn(), 1..12),
        certificates in prop::collection::vec((drawn(), 0..3_u8, any::<prop::sample::Index>()), 0..12),
        bindings in prop::collection::vec((any::<prop::sample::Index>(), 0..3_u8), 0..20),
    ) {
        let apps = apps.iter().enumerate().map(|(number, one)| app(*one, number)).collect();
        let mut estate = EstateRows { apps, ..EstateRows::default() };
        for (number, (one, print_of, whose)) in certificates.iter().enumerate() {
            let of = one.3.then(|| whose.get(&estate.apps));
            let mut certificate = certificate(*one, of, number, *print_of);
            // Two have the same names, in another order.
            let names = [&["a.com", "b.com"][..], &["b.com", "a.com"], &["a.com"]][usize::from(*print_of)];
            certificate.hosts = names.iter().map(|name| Hostname::parse(name).unwrap()).collect();
            estate.certificates.push(certificate);
        }
        for (number, (whose, print_of)) in bindings.iter().enumerate() {
            estate.bindings.push(Binding {
                app: whose.get(&estate.apps).id.clone(),
                host: Hostname::parse(&format!("h{number}.contoso.com")).unwrap(),
                ssl: SslState::Sni,
                thumbprint: Some(print(*print_of)),
                virtual_ip: None,
            });
        }
        let estate = estate.indexed();
        // The same rule expressed with ids alone, without the joins.
        let may = |certificate: &PrivateCertificate, app: &App| match certificate.id.site() {
            Some(own) => own.as_str() == app.id.as_str(),
            None => {
                app.scope == Scope::Webspace
                    && certificate.id.group().as_str() == app.id.group().as_str()
                    && certificate.home.label() == app.webspace.as_str()
            }
        };
        for certificate in &estate.certificates {
            let found: Vec<&ResourceId> = estate.apps_at(&certificate.home).map(|app| &app.id).collect();
            let meant: Vec<&ResourceId> = estate.apps.iter().filter(|app| may(certificate, app)).map(|app| &app.id).collect();
            prop_assert_eq!(found, meant);
            for binding in estate.bindings_of(certificate) {
                prop_assert!(may(certificate, estate.app(&binding.app).unwrap()));
            }
            let names = |one: &PrivateCertificate| one.hosts.iter().cloned().collect::<HashSet<_>>();
            let is_twin = |other: &&PrivateCertificate| {
                other.id != certificate.id && other.home == certificate.home && names(other) == names(certificate)
            };
            let twins: Vec<_> = estate.twins_of(certificate).map(|one| one.id.clone()).collect();
            let meant: Vec<_> = estate.certificates.iter().filter(is_twin).map(|one| one.id.clone()).collect();
            prop_assert_eq!(twins, meant);
        }
        for (first, count) in estate.crowds() {
            let home = &estate.certificates[first].home;
            prop_assert_eq!(estate.certificates.iter().filter(|one| one.home == *home).count(), count);
        }
        let counted: usize = estate.crowds().iter().map(|(_, count)| count).sum();
        prop_assert_eq!(counted, estate.certificates.len());
        for app in &estate.apps {
            let hosts = |all: Vec<&Binding>| all.iter().map(|one| one.host.clone()).collect::<Vec<_>>();
            let meant = estate.bindings.iter().filter(|one| one.app == app.id).collect();
            prop_assert_eq!(hosts(estate.bindings_of_app(&app.id).collect()), hosts(meant));
        }
        for binding in &estate.bindings {
            let app = estate.app(&binding.app).unwrap();
            let fits = |one: &&PrivateCertificate| one.thumbprint == binding.thumbprint && may(one, app);
            prop_assert_eq!(
                estate.certificate_of(binding).map(|one| one.id.as_str()),
                estate.certificates.iter().find(fits).map(|one| one.id.as_str())
            );
        }
    }
}
