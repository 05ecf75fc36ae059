//! The corporate jump host: everything goes through a proxy, and a CA of the company has to be trusted beside
//! the system's.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use crate::support::{Reply, Seen, Server};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use certdeck::azure::{self, AzureError, Client, Connection, subscriptions};
use serde_json::json;
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

    fn address(&self) -> azure::Proxy {
        configured(&format!("http://{}", self.place))
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
    Reply::json(
        200,
        &json!({"value": [{"id": "/subscriptions/s", "subscriptionId": "s", "displayName": "Contoso"}]}),
    )
}

#[tokio::test]
async fn everything_goes_through_the_proxy_of_the_context_and_the_companys_ca_is_trusted() {
    let server = Server::named(HOST, subscriptions_only).await;
    let proxy = proxy(server.port, None).await;
    let connection = Connection { proxy: Some(proxy.address()), ..server.connection() };
    let client = Client::connect(connection).await.unwrap();
    assert_eq!(subscriptions::list(&client).await.unwrap()[0].name, "Contoso");
    let lines: Vec<String> = server.seen("").into_iter().map(|seen| seen.line).collect();
    assert!(
        lines[0].starts_with("GET /metadata/endpoints") && lines[1].contains("/oauth2/") && lines.len() == 3,
        "{lines:?}"
    );
    let tunnel = format!("CONNECT {HOST}:{} HTTP/1.1", server.port);
    assert!(
        !proxy.asked().is_empty() && proxy.asked().iter().all(|line| *line == tunnel),
        "{:?}",
        proxy.asked()
    );
}

#[tokio::test]
async fn a_proxy_that_signs_anew_with_an_unknown_ca_is_told_and_sees_no_request() {
    let server = Server::named(HOST, subscriptions_only).await;
    let proxy = proxy(server.port, None).await;
    let connection =
        Connection { proxy: Some(proxy.address()), authorities: Vec::new(), ..server.connection() };
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
        ("407 Proxy Authentication Required", "wants a user and a password"),
        ("403 Forbidden", "does not let it through"),
    ];
    for (status, why) in answers {
        let proxy = proxy(server.port, Some(status)).await;
        let connection = Connection { proxy: Some(proxy.address()), ..server.connection() };
        let problem = Client::connect(connection).await.unwrap_err().problem("Reach it");
        let named = format!("the proxy http://{} (from HTTPS_PROXY) {why}", proxy.place);
        assert!(
            problem.why.contains(&named) && problem.why.contains(HOST) && problem.remedy.contains("proxy"),
            "{problem}"
        );
        assert!(server.seen("").is_empty());
    }
}

#[tokio::test]
async fn a_login_reaches_the_proxy_as_it_was_meant_and_nobody_else() {
    let server = Server::named(HOST, subscriptions_only).await;
    for (login, sent) in
        [("user:p@ss:w@rd", "user:p@ss:w@rd"), ("dom\\user:a%2Fb", "dom\\user:a/b"), ("user", "user:")]
    {
        let proxy = proxy(server.port, None).await;
        let connection = Connection {
            proxy: Some(configured(&format!("{login}@{}", proxy.place))),
            ..server.connection()
        };
        let client = Client::connect(connection).await.unwrap();
        subscriptions::list(&client).await.unwrap();
        let logins = proxy.logins();
        assert!(!logins.is_empty() && logins.iter().all(|one| one == sent), "{logins:?}");
    }
    assert!(server.seen("").iter().all(|seen| seen.header("proxy-authorization").is_none()));
}

#[tokio::test]
async fn what_no_proxy_names_is_reached_without_the_proxy_and_blamed_on_none() {
    let server = Server::named(HOST, subscriptions_only).await;
    let proxy = proxy(server.port, None).await;
    let around = proxy.address().except(Some("localhost, .contoso.example".to_owned()));
    let connection = Connection { proxy: Some(around), ..server.connection() };
    let words = Client::connect(connection).await.unwrap_err().problem("Reach it").to_string();
    assert!(
        words.contains(&format!("{HOST}:{} cannot be reached: its name cannot be looked up", server.port)),
        "{words}"
    );
    assert!(proxy.asked().is_empty());
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
        assert!(
            words.contains(&named) && !words.contains("secret9") && !words.contains("os error"),
            "{words}"
        );
        // The public cloud is known, so signing in is what meets it first.
        let connection = Connection {
            proxy: Some(configured(&login)),
            arm_endpoint: None,
            authorities: Vec::new(),
            ..server.connection()
        };
        let client = Client::connect(connection).await.unwrap();
        for error in [client.sign_in().await.unwrap_err(), subscriptions::list(&client).await.unwrap_err()] {
            let words = error.problem("Sign in").to_string();
            assert!(
                words.contains(&named) && !words.contains("secret9") && !words.contains("retry policy"),
                "{words}"
            );
        }
    }
}

/// Every form in which a login was ever pasted into an address, with the word that must show nowhere.
const FORMS: [&str; 16] = [
    "user:secret9@127.0.0.1:1",
    "http://user:secret9@127.0.0.1:1",
    "http://user:sec@secret9@127.0.0.1:1",
    "http://user:sec/secret9@127.0.0.1:1",
    "http://user:12/secret9@127.0.0.1:1",
    "http://user:sec#secret9@127.0.0.1:1",
    "http://user:sec?secret9@127.0.0.1:1",
    "http://dom\\user:secret9@127.0.0.1:1",
    "http:\\\\user:secret9@127.0.0.1:1",
    "http:/user:secret9@127.0.0.1:1",
    "http//user:secret9@127.0.0.1:1",
    "htp://user:secret9@127.0.0.1:1",
    "socks5://user:secret9@127.0.0.1:1",
    "https://user:secret9@127.0.0.1:1",
    "http://user:secret9@127.0.0.1:99999",
    "http://user:sec secret9@127.0.0.1:1",
];

/// Standard output, standard error and whatever was kept.
fn everything_said(home: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
    let application = [
        ("AZURE_TENANT_ID", "11111111-1111-1111-1111-111111111111"),
        ("AZURE_CLIENT_ID", "c"),
        ("AZURE_CLIENT_SECRET", "s"),
    ];
    command
        .env_clear()
        .env("HOME", home)
        .env("CERTDECK_LOG", "trace")
        .envs(application)
        .envs(environment.iter().copied());
    let output = command.args(arguments).output().unwrap();
    let log = std::fs::read_to_string(home.join(".local/state/certdeck/certdeck.log")).unwrap_or_default();
    [String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap(), log].join("\n")
}

#[test]
fn the_password_of_a_proxy_is_said_by_no_command_however_it_is_written() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.toml");
    let elsewhere = ("CERTDECK_ARM_ENDPOINT", "https://management.contoso.invalid");
    let here = ("CERTDECK_ARM_ENDPOINT", "https://127.0.0.1:1");
    for form in FORMS {
        std::fs::write(&file, format!("context = \"a\"\n[contexts.a]\nproxy = {form:?}\n")).unwrap();
        let settings = ["--config", file.to_str().unwrap()];
        for command in [
            &["list", "apps"][..],
            &["check"],
            &["doctor"],
            &["doctor", "-o", "json"],
            &["config", "check"],
            &["context", "show"],
            &["context", "ls"],
        ] {
            for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
                let said = everything_said(home.path(), &[(variable, form), elsewhere], command);
                assert!(!said.contains("secret9"), "{variable}={form} {command:?}: {said}");
                if variable != "HTTPS_PROXY" {
                    break;
                }
            }
            let with_settings = [command, &settings].concat();
            let said = everything_said(home.path(), &[elsewhere], &with_settings);
            assert!(!said.contains("secret9"), "{form} {with_settings:?}: {said}");
        }
        let said = everything_said(home.path(), &[("HTTPS_PROXY", form), here], &["doctor"]);
        assert!(!said.contains("secret9") && said.contains("proxy"), "{form}: {said}");
    }
}

#[test]
fn every_command_says_which_proxy_could_not_be_reached_and_why() {
    let home = tempfile::tempdir().unwrap();
    for cloud in ["https://management.contoso.invalid", "https://management.azure.com"] {
        let environment = [("HTTPS_PROXY", "user:secret9@127.0.0.1:1"), ("CERTDECK_ARM_ENDPOINT", cloud)];
        for command in [
            &["list", "apps"][..],
            &["report"],
            &["check"],
            &["doctor"],
            &["login", "--device-code"],
            &["run", "bind", "--plan"],
        ] {
            let said = everything_said(home.path(), &environment, command);
            let named =
                "the proxy http://127.0.0.1:1 (from HTTPS_PROXY) cannot be reached: Connection refused";
            assert!(said.contains(named), "{cloud} {command:?}: {said}");
            assert!(
                !said.contains("retry policy") && !said.contains("os error") && !said.contains("secret9"),
                "{said}"
            );
        }
    }
}
