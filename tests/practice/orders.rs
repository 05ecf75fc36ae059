//! The whole journey of an order through the practice cloud, as any client makes it: over HTTPS, DNS and TLS.

use std::{net::SocketAddr, path::Path, sync::Arc};

use certdeck::practice::{Emulator, Options, Pace, thumbprint};
use hickory_proto::{
    op::{Message, Query},
    rr::{Name, RData, RecordType},
};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Certificate, Client, Method, StatusCode};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use serde_json::{Value, json};

const WEB_SITES: &str = "f8daea97-62e7-4026-becf-13c2ea98e8b4";
const VAULT: &str = "kv-journey";

/// A practice cloud, and somebody who is signed in.
struct Cloud {
    emulator: Emulator,
    http: Client,
    arm: String,
    vault: String,
}

impl Cloud {
    async fn start(dir: &Path, pace: Pace, clock: Option<Timestamp>) -> Self {
        let mut options = Options::new(dir);
        options.pace = pace;
        options.clock = clock;
        let emulator = Emulator::start(options).await.unwrap();
        let connection = emulator.connection();
        let pem = std::fs::read(&connection.ca_pem).unwrap();
        let address: SocketAddr = connection.arm.trim_start_matches("https://").parse().unwrap();
        let http = Client::builder()
            .tls_certs_merge([Certificate::from_pem(&pem).unwrap()])
            .no_proxy()
            .resolve(&format!("{VAULT}.vault.localhost"), address)
            .build()
            .unwrap();
        let mut cloud = Self { emulator, http, arm: String::new(), vault: String::new() };
        cloud.arm = cloud.token("https://management.azure.com/.default").await;
        cloud.vault = cloud.token("https://vault.azure.net/.default").await;
        cloud
    }

    async fn token(&self, scope: &str) -> String {
        let connection = self.emulator.connection();
        let url = format!("{}/{}/oauth2/v2.0/token", connection.authority, connection.tenant_id);
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", connection.client_id.as_str()),
            ("client_secret", connection.client_secret.as_str()),
            ("scope", scope),
        ];
        let answer = self.http.post(url).form(&form).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    async fn send(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let base = &self.emulator.connection().arm;
        let url = format!("{base}{path}?api-version=2026-02-01");
        let request = self.http.request(method, url).bearer_auth(&self.arm);
        answer(request, body).await
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.send(Method::GET, path, Value::Null).await;
        assert_eq!(status, 200, "GET {path}: {body}");
        body
    }

    async fn put(&self, path: &str, body: Value) -> Value {
        let (status, body) = self.send(Method::PUT, path, body).await;
        assert!(status.is_success(), "PUT {path}: {status} {body}");
        body
    }

    async fn post(&self, path: &str, body: Value) -> StatusCode {
        self.send(Method::POST, path, body).await.0
    }

    async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}/_emulator/{path}", self.emulator.connection().arm);
        let (status, body) = answer(self.http.request(method, url), body).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Lets the practice clock pass what the longest operation takes in the real cloud.
    async fn wait(&self) {
        let body = json!({"advance": "10m"});
        self.control(Method::POST, "clock", body).await;
    }

    async fn secret(&self, uri: &str, name: &str) -> (StatusCode, Value) {
        let url = format!("{uri}secrets/{name}/?api-version=7.5");
        answer(self.http.get(url).bearer_auth(&self.vault), Value::Null).await
    }

    fn group(&self) -> String {
        let connection = self.emulator.connection();
        format!(
            "/subscriptions/{}/resourceGroups/{}",
            connection.subscription_ids[0], connection.resource_group
        )
    }

    /// The TXT values of a name, over UDP.
    async fn txt(&self, name: &str) -> Vec<String> {
        let mut question = Message::query();
        question.add_query(Query::query(Name::from_ascii(name).unwrap(), RecordType::TXT));
        let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let bytes = question.to_vec().unwrap();
        socket.send_to(&bytes, &self.emulator.connection().dns).await.unwrap();
        let mut buffer = [0; 4096];
        let length = socket.recv(&mut buffer).await.unwrap();
        let answer = Message::from_vec(&buffer[..length]).unwrap();
        let texts = answer.answers.iter().filter_map(|record| match &record.data {
            RData::TXT(txt) => Some(String::from_utf8(txt.txt_data.concat()).unwrap()),
            _ => None,
        });
        texts.collect()
    }

    /// SHA-1 of what the front door presents, checked against the practice CA.
    async fn presented(&self, host: &str) -> String {
        let connection = self.emulator.connection();
        let pem = std::fs::read(&connection.ca_pem).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&pem).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = tokio::net::TcpStream::connect(&connection.tls_front_door).await.unwrap();
        let name = ServerName::try_from(host.to_owned()).unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let stream = connector.connect(name, stream).await.unwrap();
        let leaf = stream.get_ref().1.peer_certificates().unwrap()[0].clone();
        thumbprint(&leaf)
    }
}

async fn answer(request: reqwest::RequestBuilder, body: Value) -> (StatusCode, Value) {
    let request = if body.is_null() { request } else { request.json(&body) };
    let response = request.send().await.unwrap();
    let status = response.status();
    let bytes = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

/// Buys `name` for `domain` and answers its id and the verification token.
async fn buy(cloud: &Cloud, name: &str, domain: &str) -> (String, Value) {
    let id =
        format!("{}/providers/Microsoft.CertificateRegistration/certificateOrders/{name}", cloud.group());
    let body = json!({
        "location": "global",
        "properties": {
            "distinguishedName": format!("CN={domain}"),
            "productType": "StandardDomainValidatedSsl",
            "validityInYears": 1,
            "autoRenew": true,
        },
    });
    cloud.put(&id, body).await;
    let token = cloud.get(&id).await["properties"]["domainVerificationToken"].clone();
    (id, token)
}

#[tokio::test]
async fn a_bought_certificate_reaches_the_hostname_even_if_the_cloud_stops_in_between() {
    let dir = tempfile::tempdir().unwrap();
    // The TLS client below goes by the real clock, so the practice clock must not get ahead of it.
    let then = Timestamp::now() - SignedDuration::from_hours(2);
    let cloud = Cloud::start(dir.path(), Pace::Real, Some(then)).await;
    let group = cloud.group();
    let app = format!("{group}/providers/Microsoft.Web/sites/{}", cloud.emulator.connection().app);
    let hosts = cloud.emulator.connection().hostnames.clone();
    assert!(hosts.iter().any(|host| host == "contoso.com"));

    // Step 0: buy.
    let (order, token) = buy(&cloud, "journey", "contoso.com").await;
    assert_eq!(cloud.get(&order).await["properties"]["status"], "Pendingissuance");

    // Step 1: a new vault, permissions for both services, store.
    let vault = format!("{group}/providers/Microsoft.KeyVault/vaults/{VAULT}");
    let caller = json!({"secrets": ["get", "list"]});
    let reseller = json!({"secrets": ["get", "list", "set", "delete"], "certificates": ["get", "list"]});
    let sites = json!({"secrets": ["get"], "certificates": ["get"]});
    let policy = |who: &str, permissions: Value| json!({"tenantId": cloud.emulator.connection().tenant_id, "objectId": who, "permissions": permissions});
    let me = "0b1ec71d-5c0f-4fee-b222-0123456789ab";
    let body = json!({
        "location": "West Europe",
        "properties": {
            "tenantId": cloud.emulator.connection().tenant_id,
            "sku": {"family": "A", "name": "standard"},
            "enableRbacAuthorization": false,
            "accessPolicies": [policy(me, caller)],
        },
    });
    cloud.put(&vault, body).await;
    cloud.wait().await;
    let made = cloud.get(&vault).await;
    assert_eq!(made["properties"]["provisioningState"], "Succeeded");
    let uri = made["properties"]["vaultUri"].as_str().unwrap().to_owned();
    let stored = format!("{order}/certificates/journey");
    let store =
        json!({"location": "global", "properties": {"keyVaultId": vault, "keyVaultSecretName": "journey"}});
    let refused = cloud.put(&stored, store.clone()).await;
    assert_eq!(refused["properties"]["provisioningState"], "AzureServiceUnauthorizedToAccessKeyVault");
    let principal = cloud
        .http
        .get(format!(
            "{}/v1.0/servicePrincipals(appId='f3c21649-0979-4721-ac85-b0216b2cf413')",
            cloud.emulator.connection().arm
        ))
        .bearer_auth(cloud.token("https://graph.microsoft.com/.default").await);
    let principal = answer(principal, Value::Null).await.1["id"].as_str().unwrap().to_owned();
    let add =
        json!({"properties": {"accessPolicies": [policy(&principal, reseller), policy(WEB_SITES, sites)]}});
    cloud.put(&format!("{vault}/accessPolicies/add"), add).await;
    let stored_now = cloud.put(&stored, store).await;
    assert_eq!(stored_now["properties"]["provisioningState"], "Initialized");

    // Step 2: verify by the app; the cloud is stopped before the CA has looked.
    let identifier = format!("{app}/domainOwnershipIdentifiers/journey");
    cloud.put(&identifier, json!({"properties": {"id": token}})).await;
    assert_eq!(cloud.post(&format!("{order}/verifyDomainOwnership"), Value::Null).await, 204);
    cloud.emulator.shutdown().await;
    let cloud = Cloud::start(dir.path(), Pace::Real, None).await;
    let asked = cloud.get(&order).await;
    assert_eq!(asked["properties"]["status"], "Pendingissuance");
    cloud.wait().await;
    let issued = cloud.get(&order).await;
    assert_eq!(issued["properties"]["status"], "Issued");
    let thumbprint = issued["properties"]["signedCertificate"]["thumbprint"].clone();
    let (status, secret) = cloud.secret(&uri, "journey").await;
    assert_eq!(status, 200);
    assert_eq!(secret["contentType"], "application/x-pkcs12");

    // Step 3: import into the webspace, then bind.
    let site = cloud.get(&app).await;
    let certificate = format!("{group}/providers/Microsoft.Web/certificates/journey-web");
    let import = json!({
        "location": site["location"],
        "properties": {
            "password": "",
            "keyVaultId": vault,
            "keyVaultSecretName": "journey",
            "serverFarmId": site["properties"]["serverFarmId"],
        },
    });
    let imported = cloud.put(&certificate, import).await;
    assert_eq!(imported["properties"]["thumbprint"], thumbprint);
    let binding = format!("{app}/hostNameBindings/contoso.com");
    cloud.put(&binding, json!({"properties": {"sslState": "SniEnabled", "thumbprint": thumbprint}})).await;
    assert_eq!(cloud.presented("contoso.com").await, thumbprint.as_str().unwrap());
    let bought = cloud.control(Method::GET, "purchases", Value::Null).await;
    assert_eq!(bought["count"], 1);
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn the_world_outside_answers_for_a_domain_by_dns_mail_and_page() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path(), Pace::Instant, None).await;

    let (order, token) = buy(&cloud, "by-txt", "northwind.example").await;
    let record = json!({"add": {"name": "northwind.example", "type": "TXT", "value": token}});
    cloud.control(Method::POST, "dns", record).await;
    assert_eq!(cloud.txt("northwind.example.").await, [token.as_str().unwrap()]);
    cloud.post(&format!("{order}/verifyDomainOwnership"), Value::Null).await;
    assert_eq!(cloud.get(&order).await["properties"]["status"], "Issued");

    let (order, _) = buy(&cloud, "by-mail", "adatum.example").await;
    let name = json!({"name": "adatum.example"});
    cloud.post(&format!("{order}/resendRequestEmails"), name).await;
    cloud.control(Method::POST, "mail/approve", json!({"domain": "adatum.example"})).await;
    assert_eq!(cloud.get(&order).await["properties"]["status"], "Issued");

    let (order, token) = buy(&cloud, "by-page", "litware.example").await;
    let page = json!({"host": "litware.example", "content": token});
    cloud.control(Method::POST, "http-token", page).await;
    cloud.post(&format!("{order}/verifyDomainOwnership"), Value::Null).await;
    assert_eq!(cloud.get(&order).await["properties"]["status"], "Issued");
    cloud.emulator.shutdown().await;
}
