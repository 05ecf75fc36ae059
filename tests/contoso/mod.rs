//! An estate made by hand, and a program that looks at it: for tests of keys and screens.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::{Arc, LazyLock};

use certdeck::app::effect::Effect;
use certdeck::app::key::Key;
use certdeck::app::keymap::Keymap;
use certdeck::app::message::{AskId, Message};
use certdeck::app::{App, Effects, Opens, Settings};
use certdeck::azure::settings::AppSettings;
use certdeck::azure::vaults::Availability;
use certdeck::flow::certificate_file::CertificateFile;
use certdeck::flow::{Observed, Principal, Seen};
use certdeck::model::{
    App as Site, Binding, Estate, EstateRows, Gap, Home, Hostname, Order, OrderStatus, OwnSettings, Plan,
    PrivateCertificate, Problem, ProductType, PublicCertificate, Reread, ResourceGroup, ResourceId, Scope,
    SecretStatus, SslState, StoredCertificate, Subscription, Tags, Thumbprint, Vault, VaultSecret, Webspace,
};
use certdeck::pki;
use certdeck::rules::{Profile, Rules};
use certdeck::ui::look::Look;
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

pub(crate) const MAIN: &str = "11111111-1111-1111-1111-111111111111";
pub(crate) const TEST: &str = "22222222-2222-2222-2222-222222222222";
pub(crate) const EAST: &str = "web-WestEuropewebspace";
pub(crate) const NORTH: &str = "api-NorthEuropewebspace-Linux";

pub(crate) fn now() -> Timestamp {
    "2026-11-22T14:02:11Z".parse().unwrap()
}

fn at(day: &str) -> Timestamp {
    format!("{day}T12:00:00Z").parse().unwrap()
}

pub(crate) fn group(subscription: &str, name: &str) -> ResourceId {
    ResourceId::parse(&format!("/subscriptions/{subscription}/resourceGroups/{name}")).unwrap()
}

pub(crate) fn host(name: &str) -> Hostname {
    Hostname::parse(name).unwrap()
}

/// A thumbprint that begins with these digits.
pub(crate) fn thumbprint(start: &str) -> Thumbprint {
    Thumbprint::parse(&format!("{start:0<40}")).unwrap()
}

pub(crate) fn site(group: &ResourceId, name: &str, webspace: &str, hosts: &[&str]) -> Site {
    let own = format!("{name}.azurewebsites.net");
    let (location, linux) = if webspace == NORTH { ("North Europe", true) } else { ("West Europe", false) };
    Site {
        id: group.resource("Microsoft.Web/sites", name),
        location: location.into(),
        plan: Some(group.resource("Microsoft.Web/serverfarms", "plan")),
        webspace: Webspace::named(group, webspace),
        scope: Scope::Webspace,
        tier: "Standard".into(),
        state: "Running".into(),
        default_hostname: own.as_str().into(),
        hostnames: hosts.iter().map(|name| host(name)).chain([host(&own)]).collect(),
        https_only: name == "shop",
        inbound_ip: Some("20.50.2.14".to_owned()),
        linux,
        in_environment: false,
    }
}

fn certificate(
    group: &ResourceId,
    name: &str,
    space: &str,
    hosts: &[&str],
    print: &str,
    expires: &str,
) -> PrivateCertificate {
    PrivateCertificate {
        id: group.resource("Microsoft.Web/certificates", name),
        location: "West Europe".into(),
        home: Home::Webspace(Webspace::named(group, space)),
        thumbprint: Some(thumbprint(print)),
        subject: format!("CN={}", hosts[0]).into(),
        hosts: hosts.iter().map(|name| host(name)).collect(),
        issuer: "CN=Practice CA G2, O=certdeck".into(),
        issued: Some(at("2026-03-20")),
        expires: Some(at(expires)),
        vault: None,
        canonical_name: None,
        tags: Tags::default(),
        own: OwnSettings::default(),
    }
}

fn secret(vault: &ResourceId, name: &str, status: SecretStatus) -> VaultSecret {
    VaultSecret { vault: vault.clone(), secret: name.into(), status }
}

pub(crate) fn order(group: &ResourceId, name: &str, domain: &str, status: OrderStatus) -> Order {
    let issued = status == OrderStatus::Issued;
    let wildcard = domain.starts_with("*.");
    Order {
        id: group.resource("Microsoft.CertificateRegistration/certificateOrders", name),
        status,
        provisioning_state: "Succeeded".to_owned(),
        product: Some(if wildcard { ProductType::Wildcard } else { ProductType::Standard }),
        domain: domain.to_owned(),
        token: Some("k3v8m1q7x2".to_owned()),
        auto_renew: true,
        stored: Vec::new(),
        thumbprint: issued.then(|| thumbprint("C0FFEE")),
        issued: issued.then(|| at("2026-06-01")),
        expires: issued.then(|| at("2026-12-16")),
        names: if issued { vec![domain.to_owned(), format!("www.{domain}")] } else { Vec::new() },
        term_ends: Some(at("2027-06-01")),
        last_issued: issued.then(|| at("2026-06-01")),
        next_auto_renewal: issued.then(|| at("2026-12-01")),
        not_renewable: Vec::new(),
        serial: None,
        key_size: Some(2048),
        has_external_key: false,
        tags: Tags::default(),
    }
}

fn binding(app: &Site, name: &str, ssl: SslState, print: Option<&str>) -> Binding {
    Binding {
        app: app.id.clone(),
        host: host(name),
        ssl,
        thumbprint: print.map(thumbprint),
        virtual_ip: (ssl == SslState::IpBased).then(|| "20.50.2.99".to_owned()),
    }
}

pub(crate) fn vault(group: &ResourceId, name: &str) -> Vault {
    Vault {
        id: group.resource("Microsoft.KeyVault/vaults", name),
        location: "West Europe".into(),
        uri: format!("https://{name}.vault.azure.net/"),
        tenant_id: "99999999-9999-9999-9999-999999999999".to_owned(),
        sku: "standard".to_owned(),
        rbac: false,
        policies: Vec::new(),
        public_network: true,
        trusted_services: true,
        provisioning_state: "Succeeded".to_owned(),
        tags: Tags::default(),
    }
}

pub(crate) fn estate() -> Estate {
    let (web, api, lab) = (group(MAIN, "web"), group(MAIN, "api"), group(TEST, "lab"));
    let apps = vec![
        site(&web, "shop", EAST, &["shop.contoso.com", "www.contoso.com", "contoso.com"]),
        site(&web, "blog", EAST, &["blog.contoso.com"]),
        site(&api, "pay", NORTH, &["pay.contoso.com", "api.contoso.com"]),
        site(&lab, "intranet", "lab-WestEuropewebspace", &["intranet.contoso.net"]),
    ];
    let kv = vault(&web, "kv-contoso");
    let mut www = order(&web, "contoso-www", "contoso.com", OrderStatus::Issued);
    www.stored = vec![StoredCertificate {
        name: "contoso-www".into(),
        secret: secret(&kv.id, "contoso-www", SecretStatus::Succeeded),
    }];
    let mut wild = order(&web, "contoso-wild", "*.contoso.com", OrderStatus::PendingIssuance);
    wild.stored = vec![StoredCertificate {
        name: "contoso-wild".into(),
        secret: secret(&kv.id, "contoso-wild", SecretStatus::WaitingOnCertificateOrder),
    }];
    wild.auto_renew = false;
    let mut imported = certificate(
        &web,
        "contoso-www-web",
        EAST,
        &["contoso.com", "www.contoso.com"],
        "C0FFEE",
        "2026-12-16",
    );
    imported.vault = Some(secret(&kv.id, "contoso-www", SecretStatus::Succeeded));
    let mut managed =
        certificate(&api, "api.contoso.com-pay", NORTH, &["api.contoso.com"], "BADA55", "2027-03-30");
    managed.canonical_name = Some("api.contoso.com".into());
    let mut from_vault = certificate(&api, "pay-2026", NORTH, &["pay.contoso.com"], "FACADE", "2027-01-20");
    from_vault.vault = Some(secret(&kv.id, "pay", SecretStatus::AzureServiceUnauthorizedToAccessKeyVault));
    EstateRows {
        as_of: now(),
        subscriptions: vec![
            Subscription {
                id: ResourceId::subscription(MAIN),
                name: "Contoso Production".into(),
                state: "Enabled".into(),
            },
            Subscription {
                id: ResourceId::subscription(TEST),
                name: "Contoso Test".into(),
                state: "Enabled".into(),
            },
        ],
        groups: vec![
            ResourceGroup { id: web.clone(), location: "West Europe".into(), tags: Tags::default() },
            ResourceGroup { id: api.clone(), location: "North Europe".into(), tags: Tags::default() },
            ResourceGroup { id: lab.clone(), location: "West Europe".into(), tags: Tags::default() },
        ],
        plans: vec![plan(&web)],
        certificates: vec![
            certificate(
                &web,
                "shop-2026",
                EAST,
                &["shop.contoso.com", "store.contoso.com"],
                "A11CE5",
                "2026-12-02",
            ),
            certificate(&web, "blog-old", EAST, &["blog.contoso.com"], "0DDBA11", "2026-11-19"),
            imported,
            managed,
            from_vault,
            certificate(
                &lab,
                "intranet",
                "lab-WestEuropewebspace",
                &["intranet.contoso.net"],
                "DECADE",
                "2026-11-27",
            ),
            certificate(
                &web,
                "contoso-wildcard-2025-uploaded-by-hand",
                EAST,
                &["*.contoso.com", "contoso.com"],
                "5EED",
                "2027-08-01",
            ),
        ],
        public_certificates: vec![
            PublicCertificate {
                id: apps[0].id.child("publicCertificates", "partner-root"),
                app: apps[0].id.clone(),
                thumbprint: Some(thumbprint("ABBA")),
                store: "CurrentUserMy".into(),
                subject: Some("CN=Partner Root CA, O=Fabrikam".into()),
                expires: Some(at("2031-05-01")),
            },
            PublicCertificate {
                id: apps[2].id.child("publicCertificates", "broken"),
                app: apps[2].id.clone(),
                thumbprint: None,
                store: "LocalMachineMy".into(),
                subject: None,
                expires: None,
            },
        ],
        orders: vec![
            www,
            wild,
            order(&api, "pay-contoso", "pay.contoso.com", OrderStatus::PendingIssuance),
            order(&web, "old-contoso", "old.contoso.com", OrderStatus::Expired),
        ],
        bindings: vec![
            binding(&apps[0], "shop.contoso.com", SslState::Sni, Some("A11CE5")),
            binding(&apps[0], "www.contoso.com", SslState::Sni, Some("C0FFEE")),
            binding(&apps[0], "contoso.com", SslState::IpBased, Some("C0FFEE")),
            binding(&apps[1], "blog.contoso.com", SslState::Sni, Some("0DDBA11")),
            binding(&apps[2], "pay.contoso.com", SslState::Disabled, None),
            binding(&apps[2], "api.contoso.com", SslState::Sni, Some("BADA55")),
            binding(&apps[0], "shop.azurewebsites.net", SslState::Disabled, None),
            binding(&apps[3], "intranet.contoso.net", SslState::Sni, Some("DECADE")),
        ],
        vaults: vec![kv],
        apps,
        ..EstateRows::default()
    }
    .indexed()
}

pub(crate) fn plan(group: &ResourceId) -> Plan {
    Plan {
        id: group.resource("Microsoft.Web/serverfarms", "plan"),
        location: "West Europe".into(),
        tier: "Standard".into(),
        linux: false,
    }
}

pub(crate) fn gap() -> Gap {
    let why = "the identity may not read Microsoft.CertificateRegistration/certificateOrders";
    let problem = Problem::new("", why)
        .remedy("Ask for the role Reader on the subscription.")
        .code("AuthorizationFailed");
    Gap::new(
        "certificate orders of Contoso Test",
        problem.request_id(Some("8b8a3a3c-51f2-4f0d-9a51-5f6e0b7d2c11".to_owned())),
    )
}

/// What `purchase` sees where nothing of it exists yet, or where this order does.
pub(crate) fn seen_for_purchase(order: Option<Order>) -> Observed {
    Observed {
        group: Seen::Here(ResourceGroup {
            id: group(MAIN, "web"),
            location: "West Europe".into(),
            tags: Tags::default(),
        }),
        order: order.into(),
        caa: Seen::Here(Vec::new()),
        ..Observed::default()
    }
}

pub(crate) fn seen_for_store(order: Order, vault: Option<Vault>) -> Observed {
    let principal = |app_id: &str, object_id: &str| {
        Seen::Here(Principal { app_id: app_id.into(), object_id: object_id.into() })
    };
    Observed {
        order: Seen::Here(order),
        vault: vault.into(),
        vault_name: Seen::Here(Availability::Free),
        tenant: Seen::Here("99999999-9999-9999-9999-999999999999".into()),
        registrar: principal("f3c21649-0979-4721-ac85-b0216b2cf413", "aaaaaaaa-0000-0000-0000-000000000001"),
        websites: principal("abfa0a7c-a6b6-4736-8310-5855508787cd", "aaaaaaaa-0000-0000-0000-000000000002"),
        ..Observed::default()
    }
}

/// A key, the certificate of shop.contoso.com and its root, which nothing trusts.
pub(crate) const SHOP: &str = include_str!("shop.pem");

/// What an upload into the app shop sees of a PFX with this password.
pub(crate) fn seen_for_upload(made_with: &str, given: &str) -> Observed {
    let contents = pki::read(SHOP.as_bytes(), None).unwrap();
    let pfx = pki::Bundle::rewrap(&contents)
        .unwrap()
        .write(&made_with.into(), pki::Wrapping::TripleDes, None)
        .unwrap();
    Observed { file: Some(CertificateFile::open(pfx, given.into(), None)), ..seen_of_shop() }
}

/// The same of a file in PEM, which has no password.
pub(crate) fn seen_for_open_upload() -> Observed {
    let octets = zeroize::Zeroizing::new(SHOP.as_bytes().to_vec());
    Observed { file: Some(CertificateFile::open(octets, "".into(), None)), ..seen_of_shop() }
}

/// What an upload of the root as a public certificate sees.
pub(crate) fn seen_for_public() -> Observed {
    let contents = pki::read(SHOP.as_bytes(), None).unwrap();
    let octets = zeroize::Zeroizing::new(contents.certificates[1].der.clone());
    Observed {
        file: Some(CertificateFile::open(octets, "".into(), None)),
        public_certificates: Seen::Here(Vec::new()),
        settings: Seen::Here(AppSettings::default()),
        ..seen_of_shop()
    }
}

pub(crate) fn app_settings(all: &[(&str, &str)]) -> AppSettings {
    all.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect()
}

fn seen_of_shop() -> Observed {
    let web = group(MAIN, "web");
    let neighbours = estate()
        .apps
        .iter()
        .skip(1)
        .filter(|app| app.webspace == estate().apps[0].webspace)
        .cloned()
        .collect();
    Observed {
        neighbours: Seen::Here(neighbours),
        app: Seen::Here(estate().apps[0].clone()),
        plan: Seen::Here(plan(&web)),
        certificates: Seen::Here(Vec::new()),
        ..Observed::default()
    }
}

static KEYMAP: LazyLock<Keymap> = LazyLock::new(|| Keymap::new("").unwrap());
static RULES: LazyLock<Arc<Rules>> = LazyLock::new(|| Arc::new(Rules::load(Profile::Current).unwrap()));

/// A program with its keys, its effects and its picture.
pub(crate) struct Screen {
    pub app: App,
    pub effects: Effects,
    pub look: Look,
}

impl Screen {
    pub(crate) fn start(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings {
            context: "practice".to_owned(),
            practice: true,
            no_orders: None,
            read_only: false,
            production: false,
            scope: String::new(),
            contexts: Vec::new(),
            fixed: None,
            columns: [const { None }; 4],
            filters: Vec::new(),
            refresh: None,
            opens: Opens::Inventory,
            keymap: KEYMAP.clone(),
            rules: RULES.clone(),
        };
        change(&mut settings);
        let (app, effects) = App::new(settings, now());
        Self { app, effects, look: Look::default() }
    }

    /// With the contoso estate read.
    pub(crate) fn filled() -> Self {
        let mut screen = Self::start(|_| {});
        screen.read(estate());
        screen
    }

    pub(crate) fn send(&mut self, message: Message) {
        self.effects = self.app.update(message);
        self.build();
    }

    /// Does the long work on many rows, as the runtime does beside the loop.
    fn build(&mut self) {
        while let Some(building) = self.app.inventory.building.take() {
            let asked = self.effects.iter().rev().find_map(|effect| match effect {
                Effect::Build { ask } => Some(*ask),
                _ => None,
            });
            let (ask, built) = (asked.unwrap(), Box::new(building.build()));
            self.effects.extend(self.app.update(Message::EstateBuilt { ask, built }));
        }
    }

    pub(crate) fn press(&mut self, keys: &str) -> &mut Self {
        let mut effects = Effects::new();
        for key in Key::parse_all(keys).unwrap_or_else(|| panic!("no keys: {keys}")) {
            effects.extend(self.app.update(Message::KeyPressed(key)));
        }
        self.effects = effects;
        self.build();
        self
    }

    pub(crate) fn read(&mut self, estate: Estate) {
        let ask = self.asked(|effect| match effect {
            Effect::ReadEstate { ask, .. } => Some(*ask),
            _ => None,
        });
        self.send(Message::EstateProgressed { ask, part: Box::new(estate.into_rows()), note: String::new() });
        self.send(Message::EstateRead { ask, result: Ok(()) });
    }

    /// Answers the reading after a change.
    #[allow(dead_code, reason = "not every test changes something")]
    pub(crate) fn read_again(&mut self, reread: Reread) {
        let ask = self.asked(|effect| match effect {
            Effect::ReadTouched { ask, .. } => Some(*ask),
            _ => None,
        });
        self.send(Message::TouchedRead { ask, result: Ok(Box::new(reread)) });
    }

    /// Answers the newest look of the wizard.
    pub(crate) fn observe(&mut self, observed: Observed) -> &mut Self {
        let ask = self.asked(|effect| match effect {
            Effect::Observe { ask, .. } => Some(*ask),
            _ => None,
        });
        self.send(Message::Observed { ask, result: Ok(Box::new(observed)) });
        self
    }

    /// Answers the look that is under way, if there is one.
    pub(crate) fn settle(&mut self, observed: Observed) -> &mut Self {
        let asked = self.app.wizard.as_ref().and_then(|wizard| wizard.current().ask);
        if let Some(ask) = asked {
            self.send(Message::Observed { ask, result: Ok(Box::new(observed)) });
        }
        self
    }

    /// The newest effect of a kind.
    pub(crate) fn asked(&self, pick: impl Fn(&Effect) -> Option<AskId>) -> AskId {
        self.effects
            .iter()
            .rev()
            .find_map(pick)
            .unwrap_or_else(|| panic!("not asked; effects: {:?}", self.effects))
    }

    pub(crate) fn resize(&mut self, width: u16, height: u16) -> &mut Self {
        self.send(Message::Resized { width, height });
        self
    }

    pub(crate) fn terminal(&self) -> Terminal<TestBackend> {
        let mut terminal = Terminal::new(TestBackend::new(self.app.width, self.app.height)).unwrap();
        terminal.draw(|frame| certdeck::ui::view(&self.app, &self.look, frame)).unwrap();
        terminal
    }

    /// The whole screen as text.
    pub(crate) fn text(&self) -> String {
        let shown = self.terminal().backend().to_string();
        let lines = shown.lines().map(|line| line.trim_matches('"').trim_end().to_owned());
        lines.collect::<Vec<_>>().join("\n")
    }
}
