//! The practice cloud keeps what it acknowledged, and has Azure's manners: reached over HTTPS, as every
//! client does.

mod durability;
mod manners;
mod process;
mod services;
mod storm;

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use certdeck::practice::{Connection, Emulator, EmulatorError, Gate, Options, Pace};
use reqwest::{Certificate, Client, Method, Response, StatusCode, Version};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use serde_json::{Value, json};

const ARM: &str = "https://management.azure.com/.default";
const VERSION: &str = "api-version=2026-02-01";

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
        let config =
            ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
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

/// A vault of the estate; not every system resolves names below `localhost`.
const VAULT_HOST: &str = "kv-contoso-shop.vault.localhost";

fn client(connection: &Connection) -> Client {
    let pem = std::fs::read(&connection.ca_pem).unwrap();
    Client::builder()
        .add_root_certificate(Certificate::from_pem(&pem).unwrap())
        .no_proxy()
        .resolve(VAULT_HOST, connection.arm.trim_start_matches("https://").parse().unwrap())
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

/// Options for a cloud in `dir`; an empty directory gets a copy of an estate that is built once for all
/// tests, since making its CA and keys is most of the time.
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
    certdeck::practice::thumbprint(der)
}
