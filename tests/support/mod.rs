//! A server that answers by script: what the practice cloud never does (lost answers, redirects, links that
//! lead elsewhere) is said here line by line.

#![allow(dead_code, clippy::unwrap_used)]

use std::path::Path;
use std::sync::{Arc, Mutex};

use certdeck::azure::{Chain, Client, Connection};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// `GET /subscriptions?api-version=…`
    pub line: String,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

pub(crate) enum Reply {
    Say(u16, Vec<(&'static str, String)>, String),
    /// Closes the connection without an answer.
    HangUp,
    /// Says nothing and keeps the connection open.
    Silence,
    /// A good answer whose body never ends: an octet now and then.
    Trickle,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::Say(status, Vec::new(), body.to_string())
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self::Say(status, Vec::new(), String::new())
    }

    #[must_use]
    pub(crate) fn header(self, name: &'static str, value: impl Into<String>) -> Self {
        match self {
            Self::Say(status, mut headers, body) => {
                headers.push((name, value.into()));
                Self::Say(status, headers, body)
            }
            other => other,
        }
    }
}

pub(crate) struct Server {
    /// Its address, by the name that its certificate is for.
    pub origin: String,
    pub port: u16,
    pub seen: Arc<Mutex<Vec<Seen>>>,
    ca: tempfile::NamedTempFile,
}

impl Server {
    /// Answers with what `script` says to a request and the number of requests like it (same line) that came
    /// before. Sign-in and metadata answer by themselves, the token being `token-N` for the N-th sign-in.
    pub(crate) async fn start(script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen("127.0.0.1", script, true).await
    }

    /// The same by a name that no resolver knows: only a proxy finds it.
    pub(crate) async fn named(
        host: &str,
        script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::listen(host, script, true).await
    }

    /// The same with nothing but the metadata answered by itself: the script is asked for tokens too.
    pub(crate) async fn start_bare(script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen("127.0.0.1", script, false).await
    }

    async fn listen(
        host: &str,
        script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static,
        signs_in: bool,
    ) -> Self {
        let made = rcgen::generate_simple_self_signed([host.to_owned()]).unwrap();
        let ca = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(ca.path(), made.cert.pem()).unwrap();
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap();
        let config =
            config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key.into()).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let origin = format!("https://{host}:{port}");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let server = Self { origin: origin.clone(), port, seen: seen.clone(), ca };
        let script = Arc::new(script);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, script, seen, origin) =
                    (acceptor.clone(), script.clone(), seen.clone(), origin.clone());
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let Some(request) = read(&mut stream).await else { return };
                    let before = {
                        let mut seen = seen.lock().unwrap();
                        let before =
                            seen.iter().filter(|earlier: &&Seen| earlier.line == request.line).count();
                        seen.push(request.clone());
                        before
                    };
                    let reply =
                        own(&request, before, &origin, signs_in).unwrap_or_else(|| script(&request, before));
                    match &reply {
                        Reply::Silence => std::future::pending().await,
                        Reply::Trickle => {
                            drop(
                                stream.write_all(b"HTTP/1.1 200 X\r\ncontent-length: 1000000\r\n\r\n").await,
                            );
                            while stream.write_all(b" ").await.is_ok() && stream.flush().await.is_ok() {
                                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                            }
                        }
                        Reply::Say(..) | Reply::HangUp => {}
                    }
                    if let Reply::Say(status, headers, body) = reply {
                        let headers: Vec<String> =
                            headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
                        let head = format!(
                            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n{}\r\n",
                            body.len(),
                            headers.concat()
                        );
                        drop(stream.write_all(format!("{head}{body}").as_bytes()).await);
                        drop(stream.shutdown().await);
                    }
                });
            }
        });
        server
    }

    pub(crate) fn connection(&self) -> Connection {
        Connection {
            arm_endpoint: Some(self.origin.parse().unwrap()),
            authorities: certdeck::config::authorities(self.ca.path()).unwrap(),
            chain: Chain::application("11111111-1111-1111-1111-111111111111", "certdeck", "s3cret"),
            ..Connection::default()
        }
    }

    /// The file with its certificate authority.
    pub(crate) fn ca_file(&self) -> &Path {
        self.ca.path()
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.connection()).await.unwrap()
    }

    /// The requests whose line contains `part`.
    pub(crate) fn seen(&self, part: &str) -> Vec<Seen> {
        self.seen.lock().unwrap().iter().filter(|seen| seen.line.contains(part)).cloned().collect()
    }
}

fn own(request: &Seen, before: usize, origin: &str, signs_in: bool) -> Option<Reply> {
    if request.line.starts_with("GET /metadata/endpoints") {
        return Some(Reply::json(
            200,
            &json!({"name": "Script", "authentication": {"loginEndpoint": origin, "audiences": [origin]},
                "suffixes": {"keyVaultDns": ".vault.localhost"}, "microsoftGraphResourceId": origin}),
        ));
    }
    let token = || json!({"token_type": "Bearer", "expires_in": 3600, "access_token": format!("token-{}", before + 1)});
    (signs_in && request.line.contains("/oauth2/v2.0/token")).then(|| Reply::json(200, &token()))
}

async fn read(stream: &mut (impl AsyncReadExt + Unpin)) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let mut lines = text.lines();
    let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, value)| value.parse().unwrap());
    while bytes.len() < head + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some(Seen { line, headers, body: String::from_utf8_lossy(&bytes[head + 4..]).into_owned() })
}
