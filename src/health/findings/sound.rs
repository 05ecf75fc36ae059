//! Estates in which everything is well, for tests: each unit lives in a subscription of its own, so that none
//! changes how another stands.

#![allow(clippy::unwrap_used)]

use super::generated::{on, order};
use crate::model::upkeep::{
    Account, ActionKind, Issuer, Kept, LifetimeAction, Operation, Told, Trigger, Upkeep,
};
use crate::model::{
    App, Binding, EstateRows, Home, Hostname, Order, OrderStatus, OwnSettings, PrivateCertificate,
    ResourceId, Scope, SecretStatus, SslState, StoredCertificate, Tags, Text, Thumbprint, VaultSecret,
    Webspace,
};

/// Far enough ahead for everything.
pub(crate) const FAR: i64 = 200;

#[derive(Default)]
pub(crate) struct Sound {
    pub rows: EstateRows,
    /// How many units there are.
    count: u32,
}

impl Sound {
    /// Some units of every kind.
    pub(crate) fn of(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut sound = Self::default();
        for _ in 0..random.usize(1..6) {
            match random.u8(..4) {
                0 => sound.imported_order(),
                1 => sound.kept_in_vault(),
                2 => {
                    let app = sound.app();
                    let managed = sound.secured(app, FAR);
                    sound.rows.certificates[managed].canonical_name = Some("a.contoso.com".into());
                    managed
                }
                _ => {
                    let app = sound.app();
                    sound.secured(app, random.i64(31..400))
                }
            };
        }
        sound
    }

    fn group(&mut self) -> ResourceId {
        self.count += 1;
        ResourceId::parse(&format!("/subscriptions/s{}/resourceGroups/g", self.count)).unwrap()
    }

    /// A hostname that only the newest unit has.
    pub(crate) fn host(&self, label: &str) -> Hostname {
        Hostname::parse(&format!("{label}{}.contoso.com", self.count)).unwrap()
    }

    pub(crate) fn thumbprint(&self) -> Thumbprint {
        Thumbprint::parse(&format!("{:08X}{:032X}", self.count, self.rows.certificates.len())).unwrap()
    }

    /// An app alone in its webspace; returns its place.
    pub(crate) fn app(&mut self) -> usize {
        let group = self.group();
        let name = format!("app{}", self.count);
        self.rows.apps.push(App {
            id: group.resource("Microsoft.Web/sites", &name),
            location: Text::default(),
            plan: None,
            webspace: Webspace::named(&group, "g-WestEuropewebspace"),
            scope: Scope::Webspace,
            tier: "Standard".into(),
            state: Text::default(),
            default_hostname: format!("{name}.azurewebsites.net").into(),
            hostnames: Vec::new(),
            https_only: true,
            inbound_ip: None,
            linux: false,
            in_environment: false,
        });
        self.rows.apps.len() - 1
    }

    /// An uploaded certificate for one host that ends in so many days, in the home of the app.
    pub(crate) fn certificate(&mut self, app: usize, host: &Hostname, days: i64) -> usize {
        let app = &self.rows.apps[app];
        let name = format!("c{}-{}", self.count, self.rows.certificates.len());
        let id = app.id.as_str().split("/providers/").next().unwrap();
        self.rows.certificates.push(PrivateCertificate {
            id: ResourceId::parse(id).unwrap().resource("Microsoft.Web/certificates", &name),
            location: Text::default(),
            home: Home::Webspace(app.webspace.clone()),
            thumbprint: Some(self.thumbprint()),
            subject: "CN=a".into(),
            hosts: vec![host.clone()],
            issuer: "Some CA".into(),
            issued: None,
            expires: Some(on(days)),
            vault: None,
            canonical_name: None,
            tags: Tags::default(),
            own: OwnSettings::default(),
        });
        self.rows.certificates.len() - 1
    }

    pub(crate) fn bind(&mut self, app: usize, host: &Hostname, ssl: SslState, certificate: Option<usize>) {
        let thumbprint = certificate.and_then(|place| self.rows.certificates[place].thumbprint.clone());
        let (app, host) = (self.rows.apps[app].id.clone(), host.clone());
        self.rows.bindings.push(Binding { app, host, ssl, thumbprint, virtual_ip: None });
    }

    /// A hostname of the app with a certificate that ends in so many days; returns the certificate's place.
    pub(crate) fn secured(&mut self, app: usize, days: i64) -> usize {
        let host = self.host("www");
        let certificate = self.certificate(app, &host, days);
        self.bind(app, &host, SslState::Sni, Some(certificate));
        certificate
    }

    /// An order that was issued, and renews by itself; returns its place.
    pub(crate) fn order(&mut self, stored: bool) -> usize {
        let group = self.group();
        let name = format!("order{}", self.count);
        let id = group.resource("Microsoft.CertificateRegistration/certificateOrders", &name);
        let one = order(id, OrderStatus::Issued, Some(self.thumbprint()));
        let secret = secret(&group, &name, SecretStatus::Succeeded);
        let stored = stored.then_some(StoredCertificate { name, secret });
        self.rows.orders.push(Order {
            auto_renew: true,
            term_ends: Some(on(FAR)),
            expires: Some(on(FAR)),
            stored: stored.into_iter().collect(),
            ..one
        });
        self.rows.orders.len() - 1
    }

    /// An order whose certificate secures a hostname; returns the certificate's place.
    pub(crate) fn imported_order(&mut self) -> usize {
        let order = self.order(true);
        let app = self.app();
        let place = self.secured(app, FAR);
        let (order, import) = (&mut self.rows.orders[order], &mut self.rows.certificates[place]);
        import.vault = Some(order.stored[0].secret.clone());
        order.thumbprint.clone_from(&import.thumbprint);
        place
    }

    /// A certificate that a vault renews with a CA; returns the import's place.
    pub(crate) fn kept_in_vault(&mut self) -> usize {
        let app = self.app();
        let place = self.secured(app, FAR);
        let name = format!("kept{}", self.count);
        let group = ResourceId::parse(&format!("/subscriptions/s{}/resourceGroups/g", self.count)).unwrap();
        let secret = secret(&group, &name, SecretStatus::Succeeded);
        let import = &mut self.rows.certificates[place];
        import.vault = Some(secret.clone());
        let account = Account::At { provider: "DigiCert".to_owned(), is_enabled: true };
        let kept = Kept {
            version: Text::default(),
            thumbprint: import.thumbprint.clone(),
            is_enabled: true,
            made: Some(on(-100)),
            starts: Some(on(-100)),
            expires: import.expires,
            is_self_signed: Some(false),
            issuer: Issuer::Named { name: "ours".to_owned(), account },
            actions: vec![LifetimeAction {
                kind: ActionKind::AutoRenew,
                trigger: Some(Trigger::DaysBeforeExpiry(30)),
            }],
            months: None,
            operation: Some(Operation { status: "completed".to_owned(), error: None }),
        };
        let told = Told::Certificate(Box::new(kept));
        self.rows.upkeep.push(Upkeep { vault: secret.vault, name: secret.secret, read_at: on(0), told });
        place
    }

    /// What the vault says of the newest certificate that it keeps.
    pub(crate) fn kept(&mut self) -> &mut Kept {
        let Some(Upkeep { told: Told::Certificate(kept), .. }) = self.rows.upkeep.last_mut() else {
            unreachable!("the newest unit is kept in a vault")
        };
        kept
    }
}

fn secret(group: &ResourceId, name: &str, status: SecretStatus) -> VaultSecret {
    VaultSecret { vault: group.resource("Microsoft.KeyVault/vaults", "kv"), secret: name.into(), status }
}
