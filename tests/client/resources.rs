//! The client against the practice cloud, over real HTTPS: sign-in, lists, operations, refusals and the whole
//! estate.

use std::sync::OnceLock;

use certdeck::azure::request::Body;
use certdeck::azure::vaults::{Availability, NewVault};
use certdeck::azure::{
    AzureError, Chain, Client, Connection, Plane, Request, graph, groups, inventory, locks, orders, roles,
    sites, subscriptions, vaults,
};
use certdeck::model::{Estate, ProductType, ResourceId, Source, SslState};
use certdeck::practice::{Emulator, Options, Pace};
use serde_json::json;
use tokio::runtime::Runtime;

/// One cloud serves every test here: starting it takes longer than any of them. What a test makes has a name
/// of its own.
struct Practice {
    emulator: Emulator,
}

impl Practice {
    /// The default estate, in pages of two so that every list has several.
    fn shared() -> &'static Self {
        static SHARED: OnceLock<(Runtime, Practice)> = OnceLock::new();
        // On a thread and a runtime of the cloud's own, because each test's runtime ends with the test.
        // Statics are never dropped, so the data stays, where `cargo clean` finds it.
        let start = || {
            let runtime = Runtime::new().unwrap();
            let mut options = Options::new(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().keep());
            options.pace = Pace::Instant;
            options.page_size = 2;
            let emulator = runtime.block_on(Emulator::start(options)).unwrap();
            (runtime, Practice { emulator })
        };
        let (_, practice) = SHARED.get_or_init(|| std::thread::spawn(start).join().unwrap());
        practice
    }

    /// As an admin's environment would say it: the sign-in endpoint is found through the cloud's own
    /// description.
    fn connection(&self) -> Connection {
        let says = self.emulator.connection();
        Connection {
            arm_endpoint: Some(says.arm.parse().unwrap()),
            authorities: certdeck::config::authorities(&says.ca_pem).unwrap(),
            chain: Chain::application(&*says.tenant_id, &*says.client_id, &*says.client_secret),
            ..Connection::default()
        }
    }

    fn as_application(&self, client_id: &str, secret: &str) -> Connection {
        let tenant = self.emulator.connection().tenant_id.as_str();
        Connection { chain: Chain::application(tenant, client_id, secret), ..self.connection() }
    }

    async fn client(&self) -> Client {
        Client::connect(self.connection()).await.unwrap()
    }

    fn group(&self) -> ResourceId {
        let says = self.emulator.connection();
        ResourceId::subscription(&says.subscription_ids[0]).child("resourceGroups", &says.resource_group)
    }

    fn app(&self) -> ResourceId {
        self.group().resource("Microsoft.Web/sites", &self.emulator.connection().app)
    }
}

async fn change(client: &Client, request: &Request) -> Result<certdeck::azure::Changed, AzureError> {
    client.change(request, &mut |_| ()).await
}

#[tokio::test]
async fn the_practice_cloud_is_recognised() {
    let practice = Practice::shared();
    let client = practice.client().await;
    let found = client.cloud().practice.as_ref().unwrap();
    assert_eq!(found.dns.to_string(), practice.emulator.connection().dns);
    assert_eq!(found.front_door.to_string(), practice.emulator.connection().tls_front_door);
    assert!(!client.cloud().national);
}

#[tokio::test]
async fn a_wrong_secret_is_explained() {
    let practice = Practice::shared();
    let client = Client::connect(practice.as_application(&practice.emulator.connection().client_id, "wrong"))
        .await
        .unwrap();
    let problem = subscriptions::list(&client).await.unwrap_err().problem("List the subscriptions");
    assert_eq!(problem.why, "sign-in failed: the client secret is wrong");
    assert_eq!(problem.code.as_deref(), Some("AADSTS7000215"));
    assert!(problem.remedy.contains("AZURE_CLIENT_SECRET"));
}

#[tokio::test]
async fn an_unknown_application_is_explained() {
    let practice = Practice::shared();
    let client = Client::connect(practice.as_application("nobody", "secret")).await.unwrap();
    let problem = subscriptions::list(&client).await.unwrap_err().problem("List the subscriptions");
    assert_eq!(problem.code.as_deref(), Some("AADSTS700016"), "{problem}");
}

#[tokio::test]
async fn the_whole_estate_is_read_without_a_gap() {
    let practice = Practice::shared();
    let (client, mut notes) = (practice.client().await, Vec::new());
    let mut estate = Estate::default();
    let take = |part, note| {
        estate.absorb(part);
        notes.push(note);
    };
    inventory::read(&client, &[], take).await.unwrap();
    inventory::public::add(&client, &mut estate, |_| {}).await;
    assert_eq!(estate.gaps, []);
    assert_eq!(estate.subscriptions.len(), 2);
    for (list, least) in [
        (estate.groups.len(), 4),
        (estate.plans.len(), 6),
        (estate.apps.len(), 10),
        (estate.certificates.len(), 5),
        (estate.orders.len(), 3),
        (estate.vaults.len(), 2),
    ] {
        assert!(list >= least, "{list} < {least}: {estate:?}");
    }
    assert!(!estate.public_certificates.is_empty());
    assert!(estate.public_certificates.iter().all(|one| one.subject.is_some() && one.expires.is_some()));
    assert!(estate.apps.iter().any(|app| app.label().ends_with("/staging")), "slots are apps too");
    assert!(notes.len() > 3, "something can be shown before all is read");

    let sources: Vec<Source> =
        estate.certificates.iter().map(|certificate| estate.source(certificate)).collect();
    for source in [Source::Uploaded, Source::KeyVault, Source::Managed] {
        assert!(sources.contains(&source), "{source:?}");
    }
    assert!(sources.iter().any(|source| matches!(source, Source::Order(_))));
    for state in [SslState::Disabled, SslState::Sni, SslState::IpBased] {
        assert!(estate.bindings.iter().any(|binding| binding.ssl == state), "{state:?}");
    }
    let issued = estate.orders.iter().find(|order| order.thumbprint.is_some()).unwrap();
    assert!(
        !issued.names.is_empty() && issued.expires.is_some(),
        "the names are read from the certificate itself"
    );
}

#[tokio::test]
async fn an_apps_two_accounts_of_its_bindings_agree() {
    let practice = Practice::shared();
    let client = practice.client().await;
    let site = sites::get(&client, &practice.app()).await.unwrap().unwrap();
    let custom: Vec<String> = site.app.custom_hostnames().map(ToString::to_string).collect();
    assert_eq!(custom.len(), practice.emulator.connection().hostnames.len());
    let listed = sites::bindings(&client, &practice.app()).await.unwrap();
    for one in listed.iter().filter(|one| custom.contains(&one.host.to_string())) {
        assert!(site.bindings.contains(one), "{one:?}");
        assert_eq!(sites::binding(&client, &one.id()).await.unwrap().as_ref(), Some(one));
    }
}

#[tokio::test]
async fn a_vault_is_made_and_followed_until_it_is_ready() {
    let practice = Practice::shared();
    let client = practice.client().await;
    let id = practice.group().resource("Microsoft.KeyVault/vaults", "kv-client-test");
    let subscription = ResourceId::subscription(id.subscription_id());
    assert_eq!(
        vaults::availability(&client, &subscription, "kv-client-test").await.unwrap(),
        Availability::Free
    );
    let new = NewVault {
        location: "westeurope".to_owned(),
        tenant: practice.emulator.connection().tenant_id.clone(),
        sku: "standard".to_owned(),
        rbac: false,
        policies: Vec::new(),
        public_network: true,
        retention_days: 90,
        purge_protection: false,
        tags: certdeck::model::Tags::default(),
    };
    change(&client, &vaults::create(&id, &new)).await.unwrap();
    let vault = vaults::get(&client, &id).await.unwrap().unwrap();
    assert_eq!(vault.provisioning_state, "Succeeded");
    assert!(matches!(
        vaults::availability(&client, &subscription, "kv-client-test").await.unwrap(),
        Availability::Taken(_)
    ));

    let registrar = graph::principal(&client, graph::CERTIFICATE_REGISTRATION).await.unwrap().unwrap();
    let policy = |secrets: &[&str]| certdeck::model::AccessPolicy {
        object_id: registrar.clone(),
        secrets: secrets.iter().map(ToString::to_string).collect(),
        certificates: Vec::new(),
    };
    change(&client, &vaults::grant(&vault, "a service", &[policy(&["get", "set"])])).await.unwrap();
    let granted = vaults::get(&client, &id).await.unwrap().unwrap().policies;
    assert!(granted.iter().any(|held| held.object_id == registrar && held.secrets.len() == 2), "{granted:?}");
}

#[tokio::test]
async fn a_purchase_ends_when_the_order_exists_and_not_when_it_is_issued() {
    let practice = Practice::shared();
    let client = practice.client().await;
    let id = practice.group().resource("Microsoft.CertificateRegistration/certificateOrders", "client-test");
    let domain = "contoso.com".to_owned();
    let new = orders::NewOrder {
        domain,
        product: ProductType::Standard,
        auto_renew: true,
        key_size: 2048,
        tags: certdeck::model::Tags::default(),
    };
    let subscription = ResourceId::subscription(id.subscription_id());
    client.ask(&orders::validate(&subscription, id.name(), &new)).await.unwrap();
    let mut notes = Vec::new();
    let changed =
        client.change(&orders::create(&id, &new), &mut |progress| notes.push(progress.note)).await.unwrap();
    assert_eq!(changed.status, 201);
    assert!(changed.request_id.is_some());
    let order = orders::get(&client, &id).await.unwrap().unwrap();
    assert_eq!((order.provisioning_state.as_str(), order.domain.as_str()), ("Succeeded", "contoso.com"));
    assert!(order.token.is_some() && order.thumbprint.is_none());
    let history = orders::actions(&client, &id).await.unwrap();
    assert!(
        history.iter().any(|action| action.kind == "CertificateOrderCreated" && action.at.is_some()),
        "{history:?}"
    );

    change(&client, &orders::resend_mail(&id, "contoso.com")).await.unwrap();
    assert!(!orders::mails(&client, &id, None).await.unwrap().is_empty());
    let lock = locks::list(&client, &id).await.unwrap();
    assert!(
        lock.iter()
            .any(|lock| lock.level == "CanNotDelete" && lock.scope().eq_ignore_ascii_case(id.as_str())),
        "{lock:?}"
    );
    let problem = change(&client, &Request::delete("Delete the order", &id, "2024-11-01"))
        .await
        .unwrap_err()
        .problem("Delete the order");
    assert_eq!(problem.code.as_deref(), Some("ScopeLocked"));
    assert!(problem.why.contains("client-test"), "{problem}");
}

#[tokio::test]
async fn refusals_of_the_web_provider_come_with_their_digits() {
    let practice = Practice::shared();
    let client = practice.client().await;
    let unbound = sites::bindings(&client, &practice.app())
        .await
        .unwrap()
        .into_iter()
        .find(|one| one.thumbprint.is_none())
        .unwrap();
    let unknown = certdeck::model::Thumbprint::parse(&"A".repeat(40)).unwrap();
    let current = sites::binding_as_it_is(&client, &unbound.id()).await.unwrap();
    let error = change(&client, &sites::bind(&unbound.id(), SslState::Sni, &unknown, current.as_ref()))
        .await
        .unwrap_err();
    let problem = error.problem("Bind");
    assert!(problem.code.as_deref().is_some_and(|code| code.contains("04031")), "{problem}");
    assert!(problem.remedy.contains("webspace") && problem.request_id.is_some(), "{problem}");
}

#[tokio::test]
async fn a_role_granted_twice_is_one_assignment() {
    let practice = Practice::shared();
    let client = practice.client().await;
    let websites = graph::principal(&client, client.cloud().websites_app_id()).await.unwrap().unwrap();
    let scope = practice.group();
    let before = roles::list(&client, &scope).await.unwrap().len();
    let assign = roles::assign(&scope, &websites, roles::KEY_VAULT_CERTIFICATE_USER);
    change(&client, &assign).await.unwrap();
    change(&client, &assign).await.unwrap();
    let held = roles::list(&client, &scope).await.unwrap();
    assert_eq!(held.len(), before + 1);
    assert!(held.contains(&(websites, roles::KEY_VAULT_CERTIFICATE_USER.to_owned())));
}

#[tokio::test]
async fn what_is_absent_is_no_error_and_a_missing_group_is_one() {
    let practice = Practice::shared();
    let client = practice.client().await;
    let nowhere = ResourceId::subscription(&practice.emulator.connection().subscription_ids[0])
        .child("resourceGroups", "nowhere");
    assert_eq!(groups::get(&client, &nowhere).await.unwrap(), None);
    let id = nowhere.resource("Microsoft.KeyVault/vaults", "kv-nowhere");
    let put =
        Request::put("Create it", &id, "2023-07-01", json!({"location": "westeurope", "properties": {}}));
    let problem = change(&client, &put).await.unwrap_err().problem("Create it");
    assert_eq!(problem.code.as_deref(), Some("ResourceGroupNotFound"), "{problem}");
    change(&client, &groups::create(&nowhere, "westeurope", &certdeck::model::Tags::default()))
        .await
        .unwrap();
    assert!(groups::get(&client, &nowhere).await.unwrap().is_some());
}

#[tokio::test]
async fn the_data_plane_of_a_vault_takes_its_own_token() {
    let practice = Practice::shared();
    let client = practice.client().await;
    let subscription = ResourceId::subscription(&practice.emulator.connection().subscription_ids[0]);
    let vault = vaults::list(&client, &subscription)
        .await
        .unwrap()
        .into_iter()
        .find(|vault| !vault.rbac && vault.public_network)
        .unwrap();
    let request = Request::get("List the secrets", "/secrets", "7.5").on(Plane::Vault(vault.uri));
    match client.list(&request).await {
        Ok(_) => {}
        // Not every vault of the estate lets everybody in; the token itself was accepted.
        Err(AzureError::Refused(refusal)) => assert_eq!(refusal.status, 403, "{refusal:?}"),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_body_with_a_secret_shows_nothing_in_an_error() {
    let practice = Practice::shared();
    let client = practice.client().await;
    let id = practice.group().resource("Microsoft.Web/certificates", "bad");
    let body =
        Body::new(json!({"location": "West Europe", "properties": {"pfxBlob": "AAAA", "password": null}}));
    let put = Request::put("Upload it", &id, "2023-12-01", json!({}))
        .with_body(body.secret("/properties/password", "hunter2".into()));
    let problem = change(&client, &put).await.unwrap_err().problem("Upload it");
    assert!(!problem.to_string().contains("hunter2") && !problem.why.is_empty(), "{problem}");
}
