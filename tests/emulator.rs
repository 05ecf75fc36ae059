//! The practice cloud keeps what it acknowledged, and has Azure's manners: reached over HTTPS, as every client does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use certdeck::emulator::{Connection, Emulator, EmulatorError, Gate, Options, Pace};
use reqwest::{Certificate, Client, Method, Response, StatusCode};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use serde_json::{Value, json};

const ARM: &str = "https://management.azure.com/.default";
const VERSION: &str = "api-version=2023-12-01";

/// A practice cloud and a client that trusts its CA and holds a token for ARM.
struct Cloud {
    emulator: Emulator,
    http: Client,
    token: String,
}

impl Cloud {
    async fn start(dir: &Path) -> Self {
        Self::with(options(dir)).await
    }

    async fn with(options: Options) -> Self {
        let emulator = Emulator::start(options).await.unwrap();
        let http = client(emulator.connection());
        let token = token(&http, emulator.connection(), ARM).await;
        Self { emulator, http, token }
    }

    fn url(&self, path: &str) -> String {
        let separator = if path.contains('?') { '&' } else { '?' };
        format!("{}{path}{separator}{VERSION}", self.emulator.connection().arm)
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let mut request = self.http.request(method, self.url(path)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        let response = self.send(Method::GET, path, None).await;
        let status = response.status();
        let body: Value = response.json().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    async fn put(&self, path: &str, body: Value) -> (StatusCode, Value) {
        answer(self.send(Method::PUT, path, Some(body)).await).await
    }

    async fn delete(&self, path: &str) -> (StatusCode, Value) {
        answer(self.send(Method::DELETE, path, None).await).await
    }

    /// `/subscriptions/…/resourceGroups/…/providers/Microsoft.Web` of the newcomer's group.
    fn web(&self) -> String {
        let connection = self.emulator.connection();
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Web",
            connection.subscription_ids[0], connection.resource_group
        )
    }

    /// The leaf that the front door presents for a hostname, and whether the practice CA vouches for it.
    async fn presented(&self, host: &str) -> CertificateDer<'static> {
        let pem = std::fs::read(&self.emulator.connection().ca_pem).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&pem).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let address = &self.emulator.connection().tls_front_door;
        let stream = tokio::net::TcpStream::connect(address.as_str()).await.unwrap();
        let name = ServerName::try_from(host.to_owned()).unwrap();
        let stream = connector.connect(name, stream).await.unwrap();
        stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
    }
}

fn client(connection: &Connection) -> Client {
    let pem = std::fs::read(&connection.ca_pem).unwrap();
    Client::builder()
        .add_root_certificate(Certificate::from_pem(&pem).unwrap())
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

async fn sign_in(http: &Client, connection: &Connection, secret: &str, scope: &str) -> Response {
    let url = format!("{}/{}/oauth2/v2.0/token", connection.authority, connection.tenant_id);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", connection.client_id.as_str()),
        ("client_secret", secret),
        ("scope", scope),
    ];
    http.post(url).form(&form).send().await.unwrap()
}

async fn token(http: &Client, connection: &Connection, scope: &str) -> String {
    let response = sign_in(http, connection, &connection.client_secret, scope).await;
    let answer: Value = response.json().await.unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

/// The process that the kill test kills; by itself it does nothing.
#[tokio::test]
#[ignore = "a child process of another test"]
async fn child_that_is_killed() {
    let Ok(dir) = std::env::var("EMULATOR_TEST_DIR") else {
        return;
    };
    let emulator = Emulator::start(options(Path::new(&dir))).await.unwrap();
    println!("{}", serde_json::to_string(emulator.connection()).unwrap());
    std::future::pending::<()>().await;
}

async fn answer(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// Options for a cloud in `dir`; an empty directory gets a copy of an estate that is built once for all tests, since
/// making its CA and keys is most of the time.
fn options(dir: &Path) -> Options {
    static TEMPLATE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let template = TEMPLATE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().to_owned();
        let build = move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let emulator = runtime.block_on(Emulator::start(plain(&path))).unwrap();
            runtime.block_on(emulator.shutdown());
        };
        std::thread::spawn(build).join().unwrap();
        dir
    });
    let cloud = dir.join("cloud.redb");
    if !cloud.exists() {
        std::fs::copy(template.path().join("cloud.redb"), cloud).unwrap();
    }
    plain(dir)
}

fn plain(dir: &Path) -> Options {
    Options { pace: Pace::Instant, ..Options::new(dir) }
}

fn thumbprint(der: &[u8]) -> String {
    certdeck::emulator::ca::facts::thumbprint(der)
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart_at_the_same_address() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let before = cloud.emulator.connection().clone();
    let group = format!("/subscriptions/{}/resourceGroups/rg-new", before.subscription_ids[0]);
    let (status, _) = cloud.put(&group, json!({"location": "westeurope"})).await;
    assert_eq!(status, StatusCode::CREATED);
    cloud.emulator.shutdown().await;

    let cloud = Cloud::start(dir.path()).await;
    assert_eq!(*cloud.emulator.connection(), before);
    assert_eq!(cloud.get(&group).await["name"], "rg-new");
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn a_data_directory_serves_one_process() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let second = Emulator::start(options(dir.path())).await.unwrap_err();
    assert!(matches!(second, EmulatorError::InUse(_)), "{second}");
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn every_request_needs_a_token_and_an_api_version() {
    let dir = tempfile::tempdir().unwrap();
    let mut cloud = Cloud::start(dir.path()).await;
    let url = format!("{}/subscriptions", cloud.emulator.connection().arm);
    let (status, body) = answer(cloud.http.get(&url).bearer_auth(&cloud.token).send().await.unwrap()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(body["error"]["code"], "MissingApiVersionParameter");

    cloud.token = "not.a.token".to_owned();
    let (status, body) = answer(cloud.send(Method::GET, "/subscriptions", None).await).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(body["error"]["code"], "InvalidAuthenticationToken");

    let (status, body) = answer(sign_in(&cloud.http, cloud.emulator.connection(), "wrong", ARM).await).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(body["error_description"].as_str().unwrap().starts_with("AADSTS7000215"));
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn ids_match_in_any_casing_and_slashes_may_be_doubled() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let path = format!("{}/sites/contoso-shop", cloud.web());
    let plain = cloud.get(&path).await;
    let odd = path.replace("resourceGroups", "resourcegroups").replace("/sites/contoso-shop", "//SITES/Contoso-Shop/");
    assert_eq!(cloud.get(&odd).await["id"], plain["id"]);
    assert_eq!(cloud.send(Method::HEAD, &odd, None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(cloud.send(Method::HEAD, &format!("{path}-not"), None).await.status(), StatusCode::NOT_FOUND);
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn long_lists_come_in_pages_and_every_item_comes_once() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::with(Options { page_size: 2, ..options(dir.path()) }).await;
    let subscription = &cloud.emulator.connection().subscription_ids[0];
    let mut url = cloud.url(&format!("/subscriptions/{subscription}/providers/Microsoft.Web/sites"));
    let mut names = Vec::new();
    loop {
        let (status, body) = answer(cloud.http.get(&url).bearer_auth(&cloud.token).send().await.unwrap()).await;
        assert_eq!(status, StatusCode::OK);
        let page = body["value"].as_array().unwrap();
        assert!(page.len() <= 2);
        names.extend(page.iter().map(|site| site["name"].as_str().unwrap().to_owned()));
        match body["nextLink"].as_str() {
            Some(next) => next.clone_into(&mut url),
            None => break,
        }
    }
    let mut once = names.clone();
    once.sort();
    once.dedup();
    assert!(names.len() >= 7 && names.len() == once.len(), "{names:?}");
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn a_bound_certificate_cannot_be_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let path = format!("{}/certificates/shop-2026", cloud.web());
    let (status, body) = cloud.delete(&path).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(body["Details"][2]["ErrorEntity"]["ExtendedCode"], "04035");
    assert_eq!(cloud.get(&path).await["name"], "shop-2026");
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn a_lock_stops_deletion_of_what_it_is_on_and_names_the_locked_scope() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let plan = format!("{}/certificates/blog-2025", cloud.web());
    let lock = format!("{plan}/providers/Microsoft.Authorization/locks/keep");
    let (status, _) = cloud.put(&lock, json!({"properties": {"level": "CanNotDelete"}})).await;
    assert_eq!(status, StatusCode::CREATED);
    let (status, body) = cloud.delete(&plan).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(body["error"]["code"], "ScopeLocked");
    assert!(body["error"]["message"].as_str().unwrap().contains(&plan));
    assert_eq!(cloud.delete(&lock).await.0, StatusCode::OK);
    assert_eq!(cloud.delete(&plan).await.0, StatusCode::OK);
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn the_front_door_presents_what_is_bound() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let wildcard = cloud.get(&format!("{}/certificates/wildcard-contoso", cloud.web())).await;
    let wanted = wildcard["properties"]["thumbprint"].as_str().unwrap();
    let binding = format!("{}/sites/contoso-shop/hostNameBindings/www.contoso.com", cloud.web());
    let body = json!({"properties": {"sslState": "SniEnabled", "thumbprint": wanted}});
    let (status, body) = cloud.put(&binding, body).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(thumbprint(&cloud.presented("www.contoso.com").await), wanted);
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn a_certificate_that_does_not_cover_the_hostname_or_is_elsewhere_is_not_bound() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let shop = cloud.get(&format!("{}/certificates/shop-2026", cloud.web())).await;
    let shop = shop["properties"]["thumbprint"].as_str().unwrap();
    let bind = async |host: &str, thumbprint: &str| {
        let path = format!("{}/sites/contoso-shop/hostNameBindings/{host}", cloud.web());
        let body = json!({"properties": {"sslState": "SniEnabled", "thumbprint": thumbprint}});
        let (status, body) = cloud.put(&path, body).await;
        (status.as_u16(), body["Details"][2]["ErrorEntity"]["ExtendedCode"].clone())
    };
    assert_eq!(bind("pay.contoso.com", shop).await, (409, json!("04030")));
    assert_eq!(bind("pay.contoso.com", &"0".repeat(40)).await, (404, json!("04031")));
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn a_managed_certificate_is_accepted_first_and_there_when_the_operation_ends() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let path = format!("{}/certificates/www.contoso.com", cloud.web());
    let plan = format!("{}/serverfarms/plan-shop", cloud.web());
    let body = json!({"location": "West Europe", "properties": {"canonicalName": "www.contoso.com", "password": "", "serverFarmId": plan}});
    let response = cloud.send(Method::PUT, &path, Some(body)).await;
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let (status, body) = answer(cloud.http.get(location).bearer_auth(&cloud.token).send().await.unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["properties"]["canonicalName"], "www.contoso.com");
    assert_eq!(body["properties"]["thumbprint"].as_str().unwrap().len(), 40);
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn the_clock_moves_and_what_was_due_has_happened() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let intranet = cloud.web().replace("rg-shop", "rg-intranet");
    let path = format!("{intranet}/certificates/wiki.contoso.com");
    let before = cloud.get(&path).await;
    // Issued for 180 days, 20 days ago: renewed 45 days before the end, with its binding.
    let (status, _) = answer(cloud.send(Method::POST, "/_emulator/clock", Some(json!({"advance": "116d"}))).await).await;
    assert_eq!(status, StatusCode::OK);
    let after = cloud.get(&path).await;
    assert_ne!(before["properties"]["thumbprint"], after["properties"]["thumbprint"]);
    let binding = cloud.get(&format!("{intranet}/sites/contoso-intranet/hostNameBindings/wiki.contoso.com")).await;
    assert_eq!(binding["properties"]["thumbprint"], after["properties"]["thumbprint"]);
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn a_gate_holds_exactly_one_request_on_the_side_it_was_told() {
    // Request 1 is the token.
    for (gate, made) in [(Gate::hold_before(2), false), (Gate::hold_after(2), true)] {
        let dir = tempfile::tempdir().unwrap();
        let cloud = Cloud::with(Options { gate: Some(gate.clone()), ..options(dir.path()) }).await;
        let group = format!("/subscriptions/{}/resourceGroups/rg-held", cloud.emulator.connection().subscription_ids[0]);
        let held = cloud.send(Method::PUT, &group, Some(json!({"location": "westeurope"})));
        tokio::select! {
            response = held => panic!("answered with {}", response.status()),
            () = gate.reached() => {}
        }
        let found = cloud.send(Method::GET, &group, None).await.status();
        assert_eq!(found == StatusCode::OK, made);
        assert_eq!(gate.seen(), 3);
        cloud.emulator.shutdown().await;
    }
}

#[tokio::test]
async fn a_certificate_is_bought_stored_verified_imported_and_served() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let group = cloud.web().replace("/providers/Microsoft.Web", "");
    let order = format!("{group}/providers/Microsoft.CertificateRegistration/certificateOrders/contosocom");
    let vault = format!("{group}/providers/Microsoft.KeyVault/vaults/kv-contoso-shop");

    let bought = json!({"location": "global", "properties": {
        "distinguishedName": "CN=contoso.com", "productType": "StandardDomainValidatedSsl",
        "validityInYears": 1, "keySize": 2048, "autoRenew": true,
    }});
    let (status, body) = cloud.put(&order, bought).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    let fresh = cloud.get(&order).await;
    assert_eq!(fresh["properties"]["status"], "Pendingissuance");

    let stored = json!({"location": "global", "properties": {"keyVaultId": vault, "keyVaultSecretName": "contosocom"}});
    let (status, body) = cloud.put(&format!("{order}/certificates/contosocom"), stored).await;
    assert!(status.is_success(), "{body}");

    // Domain verification keeps `www` (A106).
    let domain = group.replace("rg-shop", "rg-platform")
        + "/providers/Microsoft.DomainRegistration/domains/contoso.com/domainOwnershipIdentifiers/contosocom";
    let token = &fresh["properties"]["domainVerificationToken"];
    let (status, body) = cloud.put(&domain, json!({"properties": {"ownershipId": token}})).await;
    assert!(status.is_success(), "{body}");
    let verify = format!("{order}/verifyDomainOwnership");
    assert_eq!(cloud.send(Method::POST, &verify, None).await.status(), StatusCode::NO_CONTENT);
    let issued = cloud.get(&order).await;
    assert_eq!(issued["properties"]["status"], "Issued");

    let certificate = format!("{}/certificates/contosocom", cloud.web());
    let import = json!({"location": "West Europe", "properties": {
        "keyVaultId": vault, "keyVaultSecretName": "contosocom", "serverFarmId": format!("{}/serverfarms/plan-shop", cloud.web()),
    }});
    let (status, body) = cloud.put(&certificate, import).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let mine = body["properties"]["thumbprint"].as_str().unwrap();
    assert_eq!(mine, issued["properties"]["signedCertificate"]["thumbprint"]);

    for host in ["contoso.com", "www.contoso.com"] {
        let binding = format!("{}/sites/contoso-shop/hostNameBindings/{host}", cloud.web());
        let body = json!({"properties": {"sslState": "SniEnabled", "thumbprint": mine}});
        let (status, body) = cloud.put(&binding, body).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert_eq!(thumbprint(&cloud.presented(host).await), mine);
    }
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn the_default_estate_has_an_order_in_every_state_an_admin_meets() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let subscription = &cloud.emulator.connection().subscription_ids[0];
    let path = format!("/subscriptions/{subscription}/providers/Microsoft.CertificateRegistration/certificateOrders");
    let orders = cloud.get(&path).await;
    let mut seen: Vec<String> = orders["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|order| {
            let name = order["name"].as_str().unwrap();
            let properties = &order["properties"];
            let stored = &properties["certificates"][name]["provisioningState"];
            format!("{name}: {} {}", properties["status"].as_str().unwrap(), stored.as_str().unwrap_or("-"))
        })
        .collect();
    seen.sort();
    assert_eq!(
        seen,
        [
            "apifabrikam: Issued Succeeded",
            "events2026: Pendingissuance -",
            "fabrikam: Issued Succeeded",
            "jobsite: Issued Succeeded",
            "marketing: Denied CertificateOrderFailed",
            "oldshop: Expired Succeeded",
            "partnerportal: Pendingissuance Initialized",
            "suppliers: Issued AzureServiceUnauthorizedToAccessKeyVault",
            "wildfabrikam: Issued Succeeded",
        ]
    );
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill_and_the_rest_left_no_trace() {
    use std::io::{BufRead as _, BufReader};
    let dir = tempfile::tempdir().unwrap();
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "child_that_is_killed"])
        .env("EMULATOR_TEST_DIR", dir.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // The test harness prints lines of its own, and the first part of one.
    let connection: Connection =
        lines.map_while(Result::ok).find_map(|line| serde_json::from_str(&line[line.find('{')?..]).ok()).unwrap();
    let http = client(&connection);
    let token = token(&http, &connection, ARM).await;
    let groups = format!("/subscriptions/{}/resourceGroups", connection.subscription_ids[0]);
    for number in 0..20 {
        let url = format!("{}{groups}/rg-{number}?{VERSION}", connection.arm);
        let body = json!({"location": "westeurope"});
        let response = http.put(url).bearer_auth(&token).json(&body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::CREATED);
    }
    child.kill().unwrap();
    child.wait().unwrap();

    let cloud = Cloud::start(dir.path()).await;
    assert_eq!(cloud.emulator.connection(), &connection);
    let listed = cloud.get(&groups).await;
    let made = listed["value"].as_array().unwrap().iter();
    let made = made.filter(|group| group["name"].as_str().unwrap().starts_with("rg-1")).count();
    assert_eq!(made, 11, "rg-1 and rg-10 to rg-19");
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn a_write_on_top_of_a_stale_reading_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let path = format!("{}/sites/contoso-blog", cloud.web());
    let read = cloud.send(Method::GET, &path, None).await;
    let etag = read.headers()["etag"].clone();
    let change = async || {
        let request = cloud.http.patch(cloud.url(&path)).bearer_auth(&cloud.token);
        let body = json!({"properties": {"httpsOnly": true}});
        request.header("if-match", &etag).json(&body).send().await.unwrap().status()
    };
    assert_eq!(change().await, StatusCode::OK);
    assert_eq!(change().await, StatusCode::PRECONDITION_FAILED);
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn a_vault_answers_at_its_own_address_and_asks_for_its_own_token() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let connection = cloud.emulator.connection();
    let vault = cloud
        .get(&format!(
            "{}/providers/Microsoft.KeyVault/vaults/kv-contoso-shop",
            cloud.web().replace("/providers/Microsoft.Web", "")
        ))
        .await;
    let uri = vault["properties"]["vaultUri"].as_str().unwrap();
    let pem = std::fs::read(&connection.ca_pem).unwrap();
    let host = uri.trim_start_matches("https://").split(':').next().unwrap();
    let http = Client::builder()
        .add_root_certificate(Certificate::from_pem(&pem).unwrap())
        .no_proxy()
        .resolve(host, connection.arm.trim_start_matches("https://").parse().unwrap())
        .build()
        .unwrap();
    let url = format!("{uri}secrets?api-version=7.4");
    let challenged = http.get(&url).send().await.unwrap();
    assert_eq!(challenged.status(), StatusCode::UNAUTHORIZED);
    let challenge = challenged.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert!(challenge.contains(&connection.tenant_id), "{challenge}");

    let wrong = http.get(&url).bearer_auth(&cloud.token).send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    let right = token(&cloud.http, connection, "https://vault.azure.net/.default").await;
    let listed = http.get(&url).bearer_auth(right).send().await.unwrap();
    assert_eq!(listed.status(), StatusCode::OK);
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn the_zone_answers_over_udp_and_follows_the_control() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let record = json!({"add": {"name": "txt.contoso.com", "type": "TXT", "value": "proof"}});
    let (status, body) = answer(cloud.send(Method::POST, "/_emulator/dns", Some(record)).await).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut question = hickory_proto::op::Message::query();
    let name = hickory_proto::rr::Name::from_ascii("txt.contoso.com.").unwrap();
    question.add_query(hickory_proto::op::Query::query(name, hickory_proto::rr::RecordType::TXT));
    let address = cloud.emulator.connection().dns.clone();
    socket.send_to(&question.to_vec().unwrap(), address).await.unwrap();
    let mut buffer = [0; 512];
    let length = socket.recv(&mut buffer).await.unwrap();
    let answered = &buffer[..length];
    assert!(answered.windows(5).any(|octets| octets == b"proof"), "{answered:?}");
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn the_request_log_tells_what_was_asked_and_not_the_control() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let path = format!("{}/sites/contoso-blog", cloud.web());
    cloud.get(&path).await;
    let log = cloud.get("/_emulator/requests").await;
    let seen: Vec<(&str, u64)> = log["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["method"].as_str().unwrap(), entry["status"].as_u64().unwrap()))
        .collect();
    assert_eq!(seen, [("POST", 200), ("GET", 200)]);
    let rest = cloud.get("/_emulator/requests?since=2").await;
    assert_eq!(rest["value"], json!([]));
    cloud.emulator.shutdown().await;
}
