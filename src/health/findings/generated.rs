//! Estates as they may be, for tests: the same seed gives the same estate.

#![allow(clippy::unwrap_used)]

use jiff::{SignedDuration, Timestamp};

use crate::model::upkeep::{Account, ActionKind, Issuer, Kept, LifetimeAction, Operation, Told, Trigger};
use crate::model::{
    Binding, Estate, EstateRows, Export, Gap, Hostname, Order, OrderStatus, PrivateCertificate, Problem,
    PublicCertificate, ResourceId, Revocation, SecretStatus, SslState, Text, Thumbprint, Upkeep, VaultSecret,
};

/// Midnight so many days after the epoch, which is today.
pub(crate) fn on(day: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * day)
}

fn print(number: u32) -> Thumbprint {
    Thumbprint::parse(&format!("{number:040X}")).unwrap()
}

/// Certificates from vaults, uploaded ones and revoked ones, with every answer that a vault may give; orders,
/// public certificates, bindings, exports and gaps of every kind.
pub(crate) fn generated(seed: u64) -> Estate {
    let mut random = fastrand::Rng::with_seed(seed);
    let group = ResourceId::parse("/subscriptions/s/resourceGroups/g").unwrap();
    let vault = group.resource("Microsoft.KeyVault/vaults", "kv");
    let mut estate = EstateRows::default();
    for number in 0..40 {
        let name = format!("c{number}");
        let expires = on(random.i64(-5..60));
        let secret = VaultSecret {
            vault: vault.clone(),
            secret: name.as_str().into(),
            status: SecretStatus::Succeeded,
        };
        estate.certificates.push(PrivateCertificate {
            id: group.resource("Microsoft.Web/certificates", &name),
            location: Text::default(),
            home: crate::model::Home::Webspace(crate::model::Webspace::default()),
            thumbprint: Some(print(number)),
            subject: "CN=a".into(),
            hosts: Vec::new(),
            issuer: if random.bool() { "CN=a".into() } else { "Some CA".into() },
            issued: None,
            expires: Some(expires),
            vault: random.bool().then_some(secret),
            canonical_name: None,
            tags: crate::model::Tags::default(),
            own: crate::model::OwnSettings::default(),
        });
        if random.u8(..10) == 0 {
            let order = group.resource("Microsoft.CertificateRegistration/certificateOrders", "gone");
            estate.revocations.push(Revocation { at: on(0), order, thumbprint: print(number) });
        }
        let provider = ["DigiCert", "Test"][random.usize(..2)].to_owned();
        let issuer = match random.u8(..5) {
            0 => Issuer::Unknown,
            1 => Issuer::Own,
            2 => Issuer::Named { name: "ca".to_owned(), account: Account::Missing },
            3 => Issuer::Named { name: "ca".to_owned(), account: Account::Unreadable("no".to_owned()) },
            _ => Issuer::Named {
                name: "ca".to_owned(),
                account: Account::At { provider, is_enabled: random.bool() },
            },
        };
        let kind = [ActionKind::AutoRenew, ActionKind::EmailContacts, ActionKind::Other][random.usize(..3)];
        let error = (random.u8(..4) == 0).then(|| "The account is locked.".to_owned());
        let kept = Kept {
            version: Text::default(),
            thumbprint: Some(print(if random.u8(..5) == 0 { 1000 + number } else { number })),
            is_enabled: random.u8(..8) > 0,
            made: Some(on(random.i64(-10..1))),
            starts: Some(on(-100)),
            expires: Some(expires),
            is_self_signed: [None, Some(true), Some(false)][random.usize(..3)],
            issuer,
            actions: vec![LifetimeAction {
                kind,
                trigger: Some(Trigger::DaysBeforeExpiry(random.i64(1..90))),
            }],
            months: None,
            operation: random.bool().then(|| Operation { status: "completed".to_owned(), error }),
        };
        let told = match random.u8(..6) {
            0 => None,
            1 => Some(Told::Unreadable("no answer".to_owned())),
            2 => Some(Told::PlainSecret),
            _ => Some(Told::Certificate(Box::new(kept))),
        };
        estate.upkeep.extend(told.map(|told| Upkeep {
            vault: vault.clone(),
            name: name.into(),
            read_at: on(0),
            told,
        }));
    }
    add_rest(&mut estate, &group, &mut random);
    estate.indexed()
}

fn add_rest(estate: &mut EstateRows, group: &ResourceId, random: &mut fastrand::Rng) {
    let app = group.resource("Microsoft.Web/sites", "shop");
    for number in 0..12 {
        let ends = |random: &mut fastrand::Rng| random.bool().then(|| on(random.i64(-5..60)));
        let name = format!("r{number}");
        let status = [
            OrderStatus::Issued,
            OrderStatus::PendingIssuance,
            OrderStatus::PendingRekey,
            OrderStatus::Revoked,
            OrderStatus::Denied,
            OrderStatus::Expired,
        ][random.usize(..6)]
        .clone();
        let of = group.resource("Microsoft.CertificateRegistration/certificateOrders", &name);
        let held = print(random.u32(..40));
        if random.u8(..4) == 0 {
            let (order, thumbprint) = (of.clone(), print(random.u32(..40)));
            let path = format!("/home/admin/{name}.pfx");
            estate.exports.push(Export { at: on(-1), order, thumbprint, path });
        }
        estate.orders.push(Order { expires: ends(random), ..order(of, status, Some(held)) });
        estate.public_certificates.push(PublicCertificate {
            id: app.child("publicCertificates", &name),
            app: app.clone(),
            thumbprint: None,
            store: "CurrentUserMy".to_owned(),
            subject: None,
            expires: ends(random),
        });
        estate.bindings.push(Binding {
            app: app.clone(),
            host: Hostname::parse(&format!("{name}.contoso.com")).unwrap(),
            ssl: if random.bool() { SslState::Sni } else { SslState::Disabled },
            thumbprint: random.bool().then(|| print(random.u32(..80))),
            virtual_ip: None,
        });
    }
    for code in ["AuthorizationFailed", "MissingSubscriptionRegistration"] {
        if random.bool() {
            estate.gaps.push(Gap::new("orders of Contoso", Problem::new("", "no").code(code)));
        }
    }
}

/// An order of one certificate.
pub(crate) fn order(id: ResourceId, status: OrderStatus, thumbprint: Option<Thumbprint>) -> Order {
    Order {
        id,
        status,
        provisioning_state: String::new(),
        product: None,
        domain: String::new(),
        token: None,
        auto_renew: false,
        stored: Vec::new(),
        thumbprint,
        issued: None,
        expires: None,
        names: Vec::new(),
        term_ends: None,
        last_issued: None,
        next_auto_renewal: None,
        not_renewable: Vec::new(),
        serial: None,
        key_size: Some(2048),
        has_external_key: false,
        tags: crate::model::Tags::default(),
    }
}
