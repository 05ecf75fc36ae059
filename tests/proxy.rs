//! The corporate jump host: everything goes through a proxy, and a CA of the company has to be trusted beside the system's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::{Arc, Mutex};

use certdeck::azure::{AzureError, Client, Connection, subscriptions};
use serde_json::json;
use support::{Reply, Seen, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// In no DNS: without the proxy nobody gets there.
const HOST: &str = "management.contoso.example";

struct Proxy {
    url: Url,
    /// The first line of every request that it got.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Leads every name to this port of this machine; or answers with a status, and leads nobody anywhere.
async fn proxy(to: u16, refuses: Option<&'static str>) -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
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
                heard.lock().unwrap().push(String::from_utf8_lossy(&request).lines().next().unwrap().to_owned());
                let status = refuses.unwrap_or("200 Connection established");
                client.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).await.unwrap();
                if refuses.is_none() {
                    let mut server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
                    drop(copy_bidirectional(&mut client, &mut server).await);
                }
            });
        }
    });
    Proxy { url, asked }
}

fn subscriptions_only(_: &Seen, _: usize) -> Reply {
    Reply::json(200, &json!({"value": [{"id": "/subscriptions/s", "subscriptionId": "s", "displayName": "Contoso"}]}))
}

#[tokio::test]
async fn everything_goes_through_the_proxy_of_the_context_and_the_companys_ca_is_trusted() {
    let server = Server::named(HOST, subscriptions_only).await;
    let proxy = proxy(server.port, None).await;
    let connection = Connection { proxy: Some(proxy.url.clone()), ..server.connection() };
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
    let connection = Connection { proxy: Some(proxy.url.clone()), ca_file: None, ..server.connection() };
    let error = Client::connect(connection).await.unwrap_err();
    assert!(matches!(error, AzureError::Tls { .. }), "{error:?}");
    let problem = error.problem("Reach it");
    assert!(problem.why.contains(HOST) && problem.remedy.contains("CERTDECK_CA_FILE"), "{problem}");
    assert!(server.seen("").is_empty());
}

#[tokio::test]
async fn a_proxy_that_lets_nobody_through_is_named() {
    let server = Server::named(HOST, subscriptions_only).await;
    let answers = [
        ("407 Proxy Authentication Required", "the proxy wants a user and a password"),
        ("403 Forbidden", "the proxy does not let it through"),
    ];
    for (status, why) in answers {
        let proxy = proxy(server.port, Some(status)).await;
        let connection = Connection { proxy: Some(proxy.url.clone()), ..server.connection() };
        let problem = Client::connect(connection).await.unwrap_err().problem("Reach it");
        assert!(problem.why.contains(why) && problem.remedy.contains("proxy"), "{problem}");
        assert!(server.seen("").is_empty());
    }
}
