//! A small world for the tests of the flows: one subscription, one app, one order.

use jiff::Timestamp;

use super::observed::Sent;
use super::usage::Usage;
use super::{Asked, FlowName, Inputs, Key, Observed, Principal, Step, StepId, StepStatus, steps};
use crate::azure::graph;
use crate::azure::sites::Site;
use crate::health::findings::generated;
use crate::model::{
    App, Binding, CertificatePolicy, Home, Hostname, Order, OrderStatus, OwnSettings, Plan,
    PrivateCertificate, ProductType, ResourceGroup, ResourceId, Scope, SecretStatus, Seen, SslState,
    StoredCertificate, Tags, Thumbprint, Vault, VaultCertificate, VaultSecret, Webspace,
};
use crate::rules::{Profile, Rules};

pub(super) const NOW: &str = "2026-11-23T12:00:00Z";
pub(super) const LEAF: &str = "0123456789ABCDEF0123456789ABCDEF01234567";

pub(super) fn id(text: &str) -> ResourceId {
    ResourceId::parse(&format!("/subscriptions/s/resourceGroups/web/providers/{text}")).unwrap()
}

pub(super) fn inputs() -> Inputs {
    Inputs::default()
        .with(Key::Subscription, "s")
        .with(Key::ResourceGroup, "web")
        .with(Key::Order, "contoso-www")
        .with(Key::Domain, "contoso.com")
        .with(Key::Product, "standard")
        .with(Key::AutoRenew, "yes")
}

/// A renewal of the order that was sent from this machine.
pub(super) fn renewal_sent(at: Timestamp) -> Sent {
    let path = format!("{}/renew", order(OrderStatus::Issued).id);
    Sent { method: "POST".to_owned(), path, asked: Asked::accepted(at) }
}

pub(super) fn group() -> ResourceGroup {
    ResourceGroup {
        id: ResourceId::parse("/subscriptions/s/resourceGroups/web").unwrap(),
        location: "westeurope".into(),
        tags: Tags::default(),
    }
}

pub(super) fn order(status: OrderStatus) -> Order {
    let issued = status == OrderStatus::Issued;
    let thumbprint = issued.then(|| Thumbprint::parse(LEAF).unwrap());
    let id = id("Microsoft.CertificateRegistration/certificateOrders/contoso-www");
    Order {
        provisioning_state: "Succeeded".to_owned(),
        product: Some(ProductType::Standard),
        domain: "contoso.com".to_owned(),
        token: Some("hFyZjnMp".to_owned()),
        auto_renew: true,
        ..generated::order(id, status, thumbprint)
    }
}

pub(super) fn secret(status: SecretStatus) -> VaultSecret {
    VaultSecret { vault: id("Microsoft.KeyVault/vaults/kv-web"), secret: "contoso-www".into(), status }
}

pub(super) fn stored(mut order: Order, status: SecretStatus) -> Order {
    order.stored = vec![StoredCertificate { name: "contoso-www".to_owned(), secret: secret(status) }];
    order
}

pub(super) fn vault(rbac: bool) -> Vault {
    Vault {
        id: id("Microsoft.KeyVault/vaults/kv-web"),
        location: "westeurope".into(),
        uri: "https://kv-web.vault.azure.net/".to_owned(),
        tenant_id: "t".to_owned(),
        sku: "standard".to_owned(),
        rbac,
        policies: Vec::new(),
        public_network: true,
        trusted_services: true,
        provisioning_state: "Succeeded".to_owned(),
        tags: Tags::default(),
    }
}

fn webspace() -> Webspace {
    Webspace::named(&id("Microsoft.Web/sites/shop"), "web-WestEuropewebspace")
}

pub(super) fn app(hosts: &[&str]) -> App {
    App {
        id: id("Microsoft.Web/sites/shop"),
        location: "West Europe".into(),
        plan: Some(id("Microsoft.Web/serverfarms/plan")),
        webspace: webspace(),
        scope: Scope::Webspace,
        tier: "Standard".into(),
        state: "Running".into(),
        default_hostname: "shop.azurewebsites.net".into(),
        hostnames: hosts.iter().map(|host| Hostname::parse(host).unwrap()).collect(),
        https_only: false,
        inbound_ip: Some("20.1.1.1".to_owned()),
        linux: false,
        in_environment: false,
    }
}

pub(super) fn plan(tier: &str) -> Plan {
    Plan {
        id: id("Microsoft.Web/serverfarms/plan"),
        location: "West Europe".into(),
        tier: tier.to_owned(),
        linux: false,
    }
}

pub(super) fn imported() -> PrivateCertificate {
    PrivateCertificate {
        id: id("Microsoft.Web/certificates/contoso-www-web-WestEuropewebspace"),
        location: "West Europe".into(),
        home: Home::Webspace(webspace()),
        thumbprint: Some(Thumbprint::parse(LEAF).unwrap()),
        subject: "contoso.com".into(),
        hosts: vec![Hostname::parse("contoso.com").unwrap()],
        issuer: "issuer".into(),
        issued: None,
        expires: None,
        vault: Some(secret(SecretStatus::Succeeded)),
        canonical_name: None,
        tags: Tags::default(),
        own: OwnSettings::default(),
    }
}

pub(super) fn bound(host: &str, ssl: SslState, thumbprint: &str) -> Binding {
    Binding {
        app: id("Microsoft.Web/sites/shop"),
        host: Hostname::parse(host).unwrap(),
        ssl,
        thumbprint: Thumbprint::parse(thumbprint).ok(),
        virtual_ip: (ssl == SslState::IpBased).then(|| "20.9.9.9".to_owned()),
    }
}

/// One certificate that secures one hostname of one app.
pub(super) fn usage() -> Usage {
    let bindings = vec![bound("contoso.com", SslState::Sni, LEAF)];
    Usage {
        certificates: vec![imported()],
        sites: vec![Site { app: app(&["contoso.com"]), bindings }],
        ..Usage::default()
    }
}

pub(super) fn with_principals(mut observed: Observed) -> Observed {
    let principal = |app_id: &str, object_id: &str| {
        Seen::Here(Principal { app_id: app_id.to_owned(), object_id: object_id.to_owned() })
    };
    observed.registrar = principal(graph::CERTIFICATE_REGISTRATION, "registrar");
    observed.websites = principal(graph::WEBSITES, "websites");
    observed.tenant = Seen::Here("t".to_owned());
    observed
}

/// The steps of a flow today, under today's rules.
pub(super) fn stand(flow: FlowName, observed: &Observed, inputs: &Inputs) -> Vec<Step> {
    stand_under(flow, observed, inputs, Profile::Current)
}

pub(super) fn stand_under(
    flow: FlowName,
    observed: &Observed,
    inputs: &Inputs,
    profile: Profile,
) -> Vec<Step> {
    let now: Timestamp = NOW.parse().unwrap();
    steps(flow, observed, inputs, &Rules::load(profile).unwrap(), now)
}

pub(super) fn find(steps: &[Step], id: StepId) -> &Step {
    steps.iter().find(|step| step.id == id).unwrap()
}

/// The field and reason that a step waits for.
pub(super) fn needed(step: &Step) -> (Key, &str) {
    match &step.status {
        StepStatus::NeedsInput { key, why } => (*key, why),
        other => panic!("{other:?} needs no input"),
    }
}

pub(super) fn vault_certificate(name: &str) -> VaultCertificate {
    VaultCertificate {
        name: name.to_owned(),
        thumbprint: Thumbprint::parse(LEAF).ok(),
        is_enabled: true,
        starts: "2026-06-01T00:00:00Z".parse().ok(),
        expires: "2027-06-01T00:00:00Z".parse().ok(),
        subject: "CN=contoso.com".to_owned(),
        policy: Some(CertificatePolicy {
            content_type: "application/x-pkcs12".to_owned(),
            key_type: "RSA".to_owned(),
            key_bits: Some(2048),
            is_exportable: true,
            purposes: vec!["1.3.6.1.5.5.7.3.1".to_owned()],
            hosts: vec!["contoso.com".to_owned()],
        }),
    }
}
