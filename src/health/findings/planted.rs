//! Single faults and their twins, in which the fault is not; and that among any of them every fault is found
//! and nothing else.

#![allow(clippy::unwrap_used)]

use super::generated::on;
use super::sound::{FAR, Sound};
use super::{FindingOn, Findings, Limits, Urgency};
use crate::model::upkeep::{Account, ActionKind, Issuer};
use crate::model::{
    Basis, Estate, Export, Hostname, OrderStatus, PublicCertificate, Scope, SecretStatus, SslState,
    Thumbprint,
};
use crate::rules::{Count, Profile, Rules};
use FindingOn::{App, Binding, Order, Private, Public, Subscription, Webspace};
use Urgency::{Note, Soon, Unknown, Urgent};

/// What is planted: the fault, or a unit that only looks like it.
pub(crate) type Planting = fn(&mut Sound, is_fault: bool);

/// What it is about, how urgent it is, what its line says, and how it comes to be.
pub(crate) const FAULTS: &[(FindingOn, Urgency, &str, Planting)] = &[
    (Private, Urgent, "expires in 3 d", |sound, is_fault| {
        let app = sound.app();
        sound.secured(app, if is_fault { 3 } else { FAR });
    }),
    (Private, Urgent, "expired 3 d ago; on www", |sound, is_fault| {
        let app = sound.app();
        sound.secured(app, if is_fault { -3 } else { FAR });
    }),
    (Public, Urgent, "expires in 3 d", |sound, is_fault| {
        let app = sound.app();
        let app = sound.rows.apps[app].id.clone();
        sound.rows.public_certificates.push(PublicCertificate {
            id: app.child("publicCertificates", "partner"),
            app,
            thumbprint: None,
            store: "CurrentUserMy".to_owned(),
            subject: None,
            expires: Some(on(if is_fault { 3 } else { FAR })),
        });
    }),
    (Binding, Urgent, "does not name this hostname", |sound, is_fault| {
        let app = sound.app();
        let place = sound.secured(app, FAR);
        let other = if is_fault { "*.fabrikam.com" } else { "*.contoso.com" };
        sound.rows.certificates[place].hosts = vec![Hostname::parse(other).unwrap()];
    }),
    (Binding, Unknown, "no certificate that was read", |sound, is_fault| {
        let app = sound.app();
        sound.secured(app, FAR);
        if is_fault {
            let host = sound.host("lost");
            sound.bind(app, &host, SslState::Sni, None);
            sound.rows.bindings.last_mut().unwrap().thumbprint = Thumbprint::parse(&"E".repeat(40)).ok();
        }
    }),
    (Binding, Note, "no certificate is bound to it", |sound, is_fault| {
        let app = sound.app();
        let own = Hostname::parse(&sound.rows.apps[app].default_hostname).unwrap();
        let host = if is_fault { sound.host("open") } else { own };
        sound.bind(app, &host, SslState::Disabled, None);
    }),
    (App, Note, "change it to sni.app", |sound, is_fault| {
        let app = sound.app();
        let place = sound.secured(app, FAR);
        let host = sound.host("shop");
        sound.rows.certificates[place].hosts.push(host.clone());
        let ssl = if is_fault { SslState::IpBased } else { SslState::Sni };
        sound.bind(app, &host, ssl, Some(place));
    }),
    (App, Note, "answers plain HTTP as well", |sound, is_fault| {
        let app = sound.app();
        sound.rows.apps[app].https_only = false;
        if is_fault {
            sound.secured(app, FAR);
        }
    }),
    (Private, Note, "unused: d deletes it; expires in", |sound, is_fault| {
        let app = sound.app();
        let host = sound.host("old");
        let place = sound.certificate(app, &host, FAR);
        sound.rows.certificates[place].own.for_code = (!is_fault).then_some(true);
    }),
    (Private, Note, "expired 3 d ago; unused", |sound, is_fault| {
        let app = sound.app();
        let place = sound.secured(app, FAR);
        sound.rows.certificates[place].expires = Some(on(if is_fault { -3 } else { FAR }));
        if is_fault {
            sound.rows.bindings.pop();
        }
    }),
    (Private, Note, "follows it: d deletes it", |sound, is_fault| {
        let app = sound.app();
        let newer = sound.secured(app, FAR);
        let hosts = sound.rows.certificates[newer].hosts.clone();
        let older = sound.certificate(app, &hosts[0], if is_fault { 5 } else { FAR - 100 });
        if !is_fault {
            let host = sound.host("www2");
            sound.rows.certificates[older].hosts = vec![host.clone()];
            sound.bind(app, &host, SslState::Sni, Some(older));
        }
    }),
    (Order, Note, "in no key vault", |sound, is_fault| {
        let place = sound.order(false);
        sound.rows.orders[place].has_external_key = !is_fault;
    }),
    (Order, Note, "in no app", |sound, is_fault| {
        let place = sound.order(true);
        let order = &sound.rows.orders[place];
        let export = Export {
            at: on(-1),
            order: order.id.clone(),
            thumbprint: order.thumbprint.clone().unwrap(),
            path: "/home/admin/a.pfx".to_owned(),
        };
        sound.rows.exports.extend((!is_fault).then_some(export));
    }),
    (Order, Soon, "export it again", |sound, is_fault| {
        let place = sound.imported_order();
        let newest = sound.rows.certificates[place].thumbprint.clone().unwrap();
        let older = Thumbprint::parse(&"D".repeat(40)).unwrap();
        sound.rows.exports.push(Export {
            at: on(-1),
            order: sound.rows.orders.last().unwrap().id.clone(),
            thumbprint: if is_fault { older } else { newest },
            path: format!("/home/admin/{place}.pfx"),
        });
    }),
    (Order, Note, "refused by the authority", |sound, is_fault| {
        let place = sound.order(false);
        let order = &mut sound.rows.orders[place];
        order.status = if is_fault { OrderStatus::Denied } else { OrderStatus::Expired };
        order.expires = None;
    }),
    (Order, Soon, "not usable yet", |sound, is_fault| {
        let place = sound.order(false);
        let order = &mut sound.rows.orders[place];
        order.status = if is_fault { OrderStatus::PendingIssuance } else { OrderStatus::Expired };
        order.expires = None;
    }),
    (Private, Soon, "the vault has no issuer ours", |sound, is_fault| {
        sound.kept_in_vault();
        if is_fault {
            sound.kept().issuer = Issuer::Named { name: "ours".to_owned(), account: Account::Missing };
        }
    }),
    (Private, Soon, "the vault's issuer ours is disabled", |sound, is_fault| {
        sound.kept_in_vault();
        let account = Account::At { provider: "DigiCert".to_owned(), is_enabled: !is_fault };
        sound.kept().issuer = Issuer::Named { name: "ours".to_owned(), account };
    }),
    (Private, Soon, "writes a self-signed version", |sound, is_fault| {
        sound.kept_in_vault();
        sound.kept().issuer = Issuer::Own;
        if !is_fault {
            sound.kept().actions[0].kind = ActionKind::EmailContacts;
        }
    }),
    (Private, Soon, "App Service has no permission", |sound, is_fault| {
        let place = sound.kept_in_vault();
        if is_fault {
            let secret = sound.rows.certificates[place].vault.as_mut().unwrap();
            secret.status = SecretStatus::AzureServiceUnauthorizedToAccessKeyVault;
        }
    }),
    (Subscription, Note, "9 of at most 10 orders", |sound, is_fault| {
        for _ in 0..9 {
            sound.imported_order();
        }
        let newest = sound.rows.orders.len() - 9;
        let home = sound.rows.orders[newest].id.clone();
        for order in &mut sound.rows.orders[newest..] {
            order.id = crate::model::ResourceId::parse(&order.id.as_str().replacen(
                order.id.subscription_id(),
                home.subscription_id(),
                1,
            ))
            .unwrap();
        }
        if !is_fault {
            // What is over does not count.
            (sound.rows.orders[newest].status, sound.rows.orders[newest].expires) =
                (OrderStatus::Expired, None);
            sound.rows.orders[newest].stored.clear();
        }
    }),
];

/// What is found, worst first, and its lines.
fn findings(estate: &Estate, today: i64) -> (Findings, Vec<String>) {
    let rules = Rules::load(Profile::Current).unwrap();
    let basis = Basis::new(estate, &rules, on(today));
    let findings = Findings::of(&basis, Limits::USUAL);
    let lines = findings.all.iter().map(|one| one.line(&basis)).collect();
    (findings, lines)
}

/// Some of the faults, or their twins, in an estate that is well otherwise; and what has to be found.
pub(crate) fn planted(seed: u64, is_fault: bool) -> (Estate, Vec<&'static str>) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut sound = Sound::of(seed);
    let mut wanted = Vec::new();
    for (_, _, words, plant) in FAULTS {
        if random.u8(..3) == 0 {
            plant(&mut sound, is_fault);
            wanted.extend(is_fault.then_some(*words));
        }
    }
    (sound.rows.indexed(), wanted)
}

#[test]
fn each_fault_alone_is_found_and_its_twin_is_not() {
    for (on, urgency, words, plant) in FAULTS {
        let of = |is_fault| {
            let mut sound = Sound::of(1);
            plant(&mut sound, is_fault);
            findings(&sound.rows.indexed(), 0)
        };
        let (found, lines) = of(true);
        let as_found: Vec<_> = found.all.iter().map(|one| (one.on, one.judgement.urgency)).collect();
        assert_eq!(as_found, [(*on, *urgency)], "{words}: {lines:?}");
        assert!(lines[0].contains(words), "{words}: {lines:?}");
        assert_eq!(of(false).1, Vec::<String>::new(), "the twin of: {words}");
    }
}

#[test]
fn every_planted_fault_is_found_and_nothing_else() {
    for seed in 0..500 {
        let (estate, mut wanted) = planted(seed, true);
        let (_, lines) = findings(&estate, 0);
        for line in &lines {
            let place = wanted.iter().position(|words| line.contains(words));
            assert!(place.is_some(), "{seed}: {line}; not planted: {wanted:?}");
            wanted.remove(place.unwrap());
        }
        assert!(wanted.is_empty(), "{seed}: not found: {wanted:?} in {lines:?}");
        assert_eq!(findings(&planted(seed, false).0, 0).1, Vec::<String>::new(), "{seed}: the twin");
    }
}

/// A certificate is found whatever keeps App Service from its vault, and each status has its own words.
#[test]
fn every_status_of_a_vault_that_needs_somebody_is_found_with_what_to_do() {
    use SecretStatus::*;
    for (status, is_found) in [
        (Initialized, false),
        (WaitingOnCertificateOrder, false),
        (Succeeded, false),
        (Unknown, false),
        // By its end alone, and then it is for people.
        (ExternalPrivateKey, false),
        (CertificateOrderFailed, true),
        (OperationNotPermittedOnKeyVault, true),
        (AzureServiceUnauthorizedToAccessKeyVault, true),
        (KeyVaultDoesNotExist, true),
        (KeyVaultSecretDoesNotExist, true),
        (UnknownError, true),
    ] {
        let mut sound = Sound::default();
        let place = sound.imported_order();
        sound.rows.certificates[place].vault.as_mut().unwrap().status = status.clone();
        let estate = sound.rows.indexed();
        let (found, lines) = findings(&estate, 0);
        assert_eq!(found.all.len(), usize::from(is_found), "{status:?}: {lines:?}");
        assert!(lines.iter().all(|line| line.contains(status.remedy())), "{status:?}: {lines:?}");
        let rules = Rules::load(Profile::Current).unwrap();
        let who = Basis::new(&estate, &rules, on(0)).turn(&estate.certificates[0]).who.words();
        assert_eq!(who, if is_found || status == ExternalPrivateKey { "you" } else { "Azure" }, "{status:?}");
    }
}

/// So many certificates that one home has, all of them used.
fn full(sound: &mut Sound, scope: Scope, used: usize, ends: i64) {
    let app = sound.app();
    sound.rows.apps[app].scope = scope;
    if scope == Scope::App {
        sound.rows.apps[app].tier = "FlexConsumption".into();
    }
    for number in 0..used {
        let host = sound.host(&format!("full{number}-"));
        let place = sound.certificate(app, &host, ends);
        sound.rows.certificates[place].home = sound.rows.apps[app].home();
        sound.bind(app, &host, SslState::Sni, Some(place));
    }
}

/// Apps on Flex Consumption have certificates of their own since 2026 (C34).
#[test]
fn a_place_for_certificates_is_found_when_it_is_nearly_full_and_needs_somebody_when_it_is() {
    const IN_2027: i64 = 57 * 365 + 30;
    let rules = Rules::load(Profile::Current).unwrap();
    for (scope, limit) in
        [(Scope::Webspace, Count::WebspaceCertificates), (Scope::App, Count::FlexCertificates)]
    {
        let most = usize::try_from(rules.count(limit, on(IN_2027)).unwrap()).unwrap();
        let nearly = (most * 9).div_ceil(10);
        let cases = [
            (nearly - 1, None),
            (nearly, Some(if nearly == most { Soon } else { Note })),
            (most, Some(Soon)),
        ];
        for (used, urgency) in cases {
            let mut sound = Sound::default();
            full(&mut sound, scope, used, IN_2027 + FAR);
            let (found, lines) = findings(&sound.rows.indexed(), IN_2027);
            let found: Vec<_> = found.all.iter().map(|one| (one.on, one.judgement.urgency)).collect();
            assert_eq!(
                found,
                urgency.map(|urgency| (Webspace, urgency)).into_iter().collect::<Vec<_>>(),
                "{lines:?}"
            );
        }
    }
}

/// What was not read may use it: nothing is called unused then, and what has ended stays urgent.
#[test]
fn nothing_is_called_unused_where_a_part_was_not_read() {
    let mut sound = Sound::default();
    let app = sound.app();
    let host = sound.host("old");
    sound.certificate(app, &host, -3);
    sound.order(true);
    let problem = crate::model::Problem::new("", "no").code("AuthorizationFailed");
    let found = |gaps| {
        let rows = crate::model::EstateRows { gaps, ..sound.rows.clone() };
        let all = findings(&rows.indexed(), 0).0.all;
        all.iter().map(|one| (one.on, one.judgement.urgency)).collect::<Vec<_>>()
    };
    assert_eq!(found(Vec::new()), [(Private, Note), (Order, Note)]);
    let gap = crate::model::Gap::new("apps of Contoso", problem);
    assert_eq!(found(vec![gap]), [(FindingOn::Part, Unknown), (Private, Urgent)]);
}
