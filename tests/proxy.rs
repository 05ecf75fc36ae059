//! The corporate jump host: everything goes through a proxy, and a CA of the company has to be trusted beside the system's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use certdeck::azure::{self, AzureError, Client, Connection, subscriptions};
use serde_json::json;
use support::{Reply, Seen, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// In no DNS: without the proxy nobody gets there.
const HOST: &str = "management.contoso.example";

struct Proxy {
    place: String,
    /// Every request that it got.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// The first lines of what it was asked.
    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|request| request.lines().next().unwrap().to_owned()).collect()
    }

    /// What the requests sign in with, in clear text.
    fn logins(&self) -> Vec<String> {
        let of = |request: &String| {
            let line = request.lines().find(|line| line.to_ascii_lowercase().starts_with("proxy-auth"))?;
            let plain = STANDARD.decode(line.split("Basic ").nth(1)?).unwrap();
            Some(String::from_utf8(plain).unwrap())
        };
        self.asked.lock().unwrap().iter().filter_map(of).collect()
    }

    fn address(&self) -> Option<azure::Proxy> {
        Some(configured(&format!("http://{}", self.place)))
    }
}

fn configured(text: &str) -> azure::Proxy {
    azure::Proxy::parse(text, "HTTPS_PROXY").unwrap()
}

/// Leads every name to this port of this machine; or answers with a status, and leads nobody anywhere.
async fn proxy(to: u16, refuses: Option<&'static str>) -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap().to_string();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let heard = heard.clone();
            tokio::spawn(async move {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    request.push(client.read_u8().await.unwrap());
                }
                heard.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
                let status = refuses.unwrap_or("200 Connection established");
                client.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).await.unwrap();
                if refuses.is_none() {
                    let mut server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
                    drop(copy_bidirectional(&mut client, &mut server).await);
                }
            });
        }
    });
    Proxy { place, asked }
}

fn subscriptions_only(_: &Seen, _: usize) -> Reply {
    Reply::json(200, &json!({"value": [{"id": "/subscriptions/s", "subscriptionId": "s", "displayName": "Contoso"}]}))
}

#[tokio::test]
async fn everything_goes_through_the_proxy_of_the_context_and_the_companys_ca_is_trusted() {
    let server = Server::named(HOST, subscriptions_only).await;
    let proxy = proxy(server.port, None).await;
    let connection = Connection { proxy: proxy.address(), ..server.connection() };
    let client = Client::connect(connection).await.unwrap();
    assert_eq!(subscriptions::list(&client).await.unwrap()[0].name, "Contoso");
    let lines: Vec<String> = server.seen("").into_iter().map(|seen| seen.line).collect();
    assert!(lines[0].starts_with("GET /metadata/endpoints") && lines[1].contains("/oauth2/") && lines.len() == 3, "{lines:?}");
    let tunnel = format!("CONNECT {HOST}:{} HTTP/1.1", server.port);
    assert!(!proxy.asked().is_empty() && proxy.asked().iter().all(|line| *line == tunnel), "{:?}", proxy.asked());
}

#[tokio::test]
async fn a_proxy_that_signs_anew_with_an_unknown_ca_is_told_and_sees_no_request() {
    let server = Server::named(HOST, subscriptions_only).await;
    let proxy = proxy(server.port, None).await;
    let connection = Connection { proxy: proxy.address(), ca_file: None, ..server.connection() };
    let error = Client::connect(connection).await.unwrap_err();
    assert!(matches!(error, AzureError::Tls { .. }), "{error:?}");
    let problem = error.problem("Reach it");
    assert!(problem.why.contains(HOST) && problem.remedy.contains("CERTDECK_CA_FILE"), "{problem}");
    assert!(server.seen("").is_empty());
}

#[tokio::test]
async fn a_proxy_that_lets_nobody_through_is_named() {
    let server = Server::named(HOST, subscriptions_only).await;
    let answers =
        [("407 Proxy Authentication Required", "wants a user and a password"), ("403 Forbidden", "does not let it through")];
    for (status, why) in answers {
        let proxy = proxy(server.port, Some(status)).await;
        let connection = Connection { proxy: proxy.address(), ..server.connection() };
        let problem = Client::connect(connection).await.unwrap_err().problem("Reach it");
        let named = format!("the proxy http://{} (from HTTPS_PROXY) {why}", proxy.place);
        assert!(problem.why.contains(&named) && problem.why.contains(HOST) && problem.remedy.contains("proxy"), "{problem}");
        assert!(server.seen("").is_empty());
    }
}

#[tokio::test]
async fn a_login_reaches_the_proxy_as_it_was_meant_and_nobody_else() {
    let server = Server::named(HOST, subscriptions_only).await;
    for (login, sent) in [("user:p@ss:w@rd", "user:p@ss:w@rd"), ("dom\\user:a%2Fb", "dom\\user:a/b"), ("user", "user:")] {
        let proxy = proxy(server.port, None).await;
        let connection = Connection { proxy: Some(configured(&format!("{login}@{}", proxy.place))), ..server.connection() };
        let client = Client::connect(connection).await.unwrap();
        subscriptions::list(&client).await.unwrap();
        let logins = proxy.logins();
        assert!(!logins.is_empty() && logins.iter().all(|one| one == sent), "{logins:?}");
    }
    assert!(server.seen("").iter().all(|seen| seen.header("proxy-authorization").is_none()));
}

#[tokio::test]
async fn a_proxy_that_cannot_be_reached_is_named_with_the_reason_also_where_it_is_met_at_the_sign_in() {
    let server = Server::named(HOST, subscriptions_only).await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let [refused, unknown] = [format!("http://{closed}"), "http://proxy.contoso.invalid:8080".to_owned()];
    let reasons = [(&refused, "Connection refused"), (&unknown, "its name cannot be looked up: ")];
    for (address, why) in reasons {
        let login = address.replacen("http://", "http://user:secret9@", 1);
        let connection = Connection { proxy: Some(configured(&login)), ..server.connection() };
        let words = Client::connect(connection).await.unwrap_err().problem("Reach it").to_string();
        let named = format!("the proxy {address} (from HTTPS_PROXY) cannot be reached: {why}");
        assert!(words.contains(&named) && !words.contains("secret9") && !words.contains("os error"), "{words}");
        // The public cloud is known, so signing in is what meets it first.
        let connection = Connection { proxy: Some(configured(&login)), arm_endpoint: None, ca_file: None, ..server.connection() };
        let client = Client::connect(connection).await.unwrap();
        for error in [client.sign_in().await.unwrap_err(), subscriptions::list(&client).await.unwrap_err()] {
            let words = error.problem("Sign in").to_string();
            assert!(words.contains(&named) && !words.contains("secret9") && !words.contains("retry policy"), "{words}");
        }
    }
}
