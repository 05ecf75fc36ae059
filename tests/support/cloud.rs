//! A practice cloud inside the test, for the real binary to reach over HTTPS.
#![allow(dead_code)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use certdeck::practice::{Connection, Emulator, Gate, Options, Pace, Recorder};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::Value;
use sha1::{Digest, Sha1};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) struct Cloud {
    runtime: Runtime,
    emulator: Option<Emulator>,
    connection: Connection,
    dir: TempDir,
}

impl Cloud {
    pub(crate) fn start() -> Self {
        Self::with(|_| ())
    }

    /// The same, each exchange heard.
    pub(crate) fn heard_by(recorder: Recorder) -> Self {
        Self::with(|options| options.recorder = Some(recorder))
    }

    /// A cloud with settings of its own.
    pub(crate) fn with(change: impl FnOnce(&mut Options)) -> Self {
        Self::open(tempfile::tempdir().unwrap(), None, change)
    }

    /// A cloud in a copy of another one's directory, with one request held.
    pub(crate) fn copy_of(other: &Path, gate: Option<Gate>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        copy_files(other, dir.path());
        Self::open(dir, gate, |_| ())
    }

    fn open(dir: TempDir, gate: Option<Gate>, change: impl FnOnce(&mut Options)) -> Self {
        let runtime = Runtime::new().unwrap();
        let mut options = Options { pace: Pace::Instant, gate, ..Options::new(dir.path()) };
        change(&mut options);
        let emulator = runtime.block_on(Emulator::start(options)).unwrap();
        let connection = emulator.connection().clone();
        Self { runtime, emulator: Some(emulator), connection, dir }
    }

    /// Ends in order; the directory can be copied then.
    pub(crate) fn shut_down(&mut self) -> PathBuf {
        if let Some(emulator) = self.emulator.take() {
            self.runtime.block_on(emulator.shutdown());
        }
        self.dir.path().to_owned()
    }

    /// Ends in order, for copies to begin where it stood.
    pub(crate) fn shut_down_for_copies(mut self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        copy_files(&self.shut_down(), copy.path());
        copy
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// What points certdeck at it.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let connection = &self.connection;
        vec![
            ("CERTDECK_ARM_ENDPOINT", connection.arm.clone()),
            ("CERTDECK_AUTHORITY", connection.authority.clone()),
            ("CERTDECK_CA_FILE", connection.ca_pem.display().to_string()),
            ("AZURE_TENANT_ID", connection.tenant_id.clone()),
            ("AZURE_CLIENT_ID", connection.client_id.clone()),
            ("AZURE_CLIENT_SECRET", connection.client_secret.clone()),
        ]
    }

    /// A home for programs of the test, beside the cloud's own files, so that both go together.
    pub(crate) fn home(&self) -> PathBuf {
        let home = self.connection.ca_pem.with_file_name("home");
        std::fs::create_dir_all(&home).unwrap();
        home
    }

    /// Something that somebody else does in the cloud, without any code of certdeck's client.
    pub(crate) fn arm(&self, method: &str, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}?api-version=2026-02-01", self.connection.arm);
        self.send(method, &url, "https://management.azure.com", body)
    }

    /// The same in one of its vaults.
    pub(crate) fn vault(&self, vault: &str, method: &str, path: &str, body: &Value) -> Value {
        let port = self.connection.arm.rsplit(':').next().unwrap();
        let url = format!("https://{vault}.vault.localhost:{port}{path}?api-version=7.4");
        self.send(method, &url, &format!("https://vault.localhost:{port}"), body)
    }

    fn send(&self, method: &str, url: &str, audience: &str, body: &Value) -> Value {
        let connection = &self.connection;
        self.runtime.block_on(async {
            let ca = reqwest::Certificate::from_pem(&std::fs::read(&connection.ca_pem).unwrap()).unwrap();
            let host = url.parse::<url::Url>().unwrap().host_str().unwrap().to_owned();
            let here = connection.arm.split("//").nth(1).unwrap().parse().unwrap();
            let client = reqwest::Client::builder()
                .add_root_certificate(ca)
                .no_proxy()
                .resolve(&host, here)
                .build()
                .unwrap();
            let scope = format!("{audience}/.default");
            let form = [
                ("grant_type", "client_credentials"),
                ("client_id", &connection.client_id),
                ("client_secret", &connection.client_secret),
                ("scope", &scope),
            ];
            let tokens = format!("{}/{}/oauth2/v2.0/token", connection.authority, connection.tenant_id);
            let token: Value = client.post(tokens).form(&form).send().await.unwrap().json().await.unwrap();
            let mut request = client
                .request(method.parse().unwrap(), url)
                .bearer_auth(token["access_token"].as_str().unwrap());
            if !body.is_null() {
                request = request.json(body);
            }
            let answer = request.send().await.unwrap();
            assert!(answer.status().is_success(), "{method} {url}: {}", answer.status());
            answer.json().await.unwrap_or_default()
        })
    }

    /// What its control plane is told.
    pub(crate) fn tell(&self, place: &str, body: &Value) {
        self.control_send("POST", place, Some(body));
    }

    /// What its control plane is to forget.
    pub(crate) fn clear(&self, place: &str) {
        self.control_send("DELETE", place, None);
    }

    fn control_send(&self, method: &str, place: &str, body: Option<&Value>) {
        let ca = reqwest::Certificate::from_pem(&std::fs::read(&self.connection.ca_pem).unwrap()).unwrap();
        let client = reqwest::Client::builder().add_root_certificate(ca).no_proxy().build().unwrap();
        let url = format!("{}/_emulator/{place}", self.connection.arm);
        let request = client.request(method.parse().unwrap(), url);
        let request = if let Some(body) = body { request.json(body) } else { request };
        let answer = self.runtime.block_on(request.send()).unwrap();
        assert!(answer.status().is_success(), "{place}: {}", answer.status());
    }

    /// How many certificates were bought that were not there from the beginning.
    pub(crate) fn purchases(&self) -> u64 {
        self.control("purchases")["count"].as_u64().unwrap()
    }

    /// An answer of the control plane, asked for without any code of certdeck's client.
    pub(crate) fn control(&self, place: &str) -> Value {
        let authority = self.connection.arm.strip_prefix("https://").unwrap();
        let mut stream = self.handshake(authority, "localhost");
        write!(stream, "GET /_emulator/{place} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        let body = answer.split_once("\r\n\r\n").expect("an answer").1;
        let (from, to) = (body.find('{').unwrap(), body.rfind('}').unwrap());
        serde_json::from_str(&body[from..=to]).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }

    /// SHA-1 of the certificate that the front door shows for this name, its chain checked against the
    /// cloud's CA.
    pub(crate) fn served_thumbprint(&self, host: &str) -> String {
        let stream = self.handshake(&self.connection.tls_front_door, host);
        let leaf = &stream.conn.peer_certificates().unwrap()[0];
        format!("{:X}", Sha1::digest(leaf))
    }

    fn handshake(
        &self,
        address: &str,
        host: &str,
    ) -> rustls::StreamOwned<rustls::ClientConnection, TcpStream> {
        let mut roots = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(&self.connection.ca_pem).unwrap() {
            roots.add(certificate.unwrap()).unwrap();
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap();
        let config = builder.with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from(host.to_owned()).unwrap();
        let mut connection = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
        let mut socket = TcpStream::connect(address).unwrap();
        while connection.is_handshaking() {
            connection.complete_io(&mut socket).unwrap();
        }
        rustls::StreamOwned::new(connection, socket)
    }
}

/// The files of a directory, without those below it.
pub(crate) fn copy_files(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}
