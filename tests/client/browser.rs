//! Signing in by browser: the page, the way back to a port of this machine or by an address that is pasted,
//! and nothing of it where it does not belong. The test plays the browser.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use crate::person::Practice;
use crate::support::{Reply, Server};
use certdeck::azure::{
    AzureError, Chain, Client, Connection, Desk, Identity, OwnSignIn, Saved, SignIn, subscriptions,
};
use certdeck::model::{BrowserPage, Redirected, SignInReply};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;
use url::Url;

fn by_browser(practice: &Practice) -> Identity {
    OwnSignIn::Browser { tenant: Some(practice.says().tenant_id.clone()), client_id: None, port: 0 }.into()
}

async fn page(asked: &mut UnboundedReceiver<SignIn>) -> BrowserPage {
    match asked.recv().await {
        Some(SignIn::Browser(page)) => page,
        other => panic!("no page is shown: {other:?}"),
    }
}

/// Looks at the page and agrees, as a person with a browser does; where it is sent to then.
async fn agree(practice: &Practice, address: &str) -> String {
    let shown = practice.control.get(address).send().await.unwrap().text().await.unwrap();
    assert!(shown.contains("ada.admin@contoso.example"), "{shown}");
    let ca = reqwest::Certificate::from_pem(&fs::read(&practice.says().ca_pem).unwrap()).unwrap();
    let browser = reqwest::Client::builder()
        .add_root_certificate(ca)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none());
    let address = Url::parse(address).unwrap();
    let form: Vec<(String, String)> = address.query_pairs().into_owned().collect();
    let sent = browser.build().unwrap().post(address).form(&form).send().await.unwrap();
    assert_eq!(sent.status(), 302);
    sent.headers()["location"].to_str().unwrap().to_owned()
}

/// Goes where the browser is sent; the status and what it shows.
async fn go(to: &str) -> (u16, String) {
    let browser = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = browser.get(to).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn a_person_signs_in_once_by_browser_and_is_not_asked_again() {
    let practice = Practice::start().await;
    let (client, mut asked) = practice.with_person(Chain::just(by_browser(&practice))).await;
    let (who, page) = tokio::join!(client.sign_in(), async {
        let page = page(&mut asked).await;
        let back = agree(&practice, &page.address).await;
        assert!(back.starts_with(&format!("http://localhost:{}/?code=", page.port)), "{back}");
        let (status, shown) = go(&back).await;
        assert!(status == 200 && shown.contains("Close this page"), "{shown}");
        page
    });
    assert_eq!(who.unwrap().name, "ada.admin@contoso.example");
    assert!(matches!(asked.recv().await, Some(SignIn::Ended(Ok(who))) if who.starts_with("ada")));
    let address = Url::parse(&page.address).unwrap();
    let sent =
        |name: &str| address.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert_eq!(sent("code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(sent("client_id").as_deref(), Some("04b07795-8ddb-461a-bbee-02f9e1bf7b46"));
    assert!(sent("state").is_some_and(|state| state.len() >= 32) && sent("claims").unwrap().contains("cp1"));
    assert!(TcpStream::connect(("127.0.0.1", page.port)).await.is_err(), "nothing listens any more");

    let mode = practice.saved().metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let saved = OwnSignIn::SavedSignIn { tenant: Some(practice.says().tenant_id.clone()), client_id: None };
    assert_eq!(subscriptions::list(&practice.client(saved).await).await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_address_from_a_browser_elsewhere_is_pasted_and_only_the_right_one_is_taken() {
    let practice = Practice::start().await;
    let (client, mut asked) = practice.with_person(Chain::just(by_browser(&practice))).await;
    let (who, ()) = tokio::join!(client.sign_in(), async {
        let first = page(&mut asked).await;
        let back = agree(&practice, &first.address).await;
        for wrong in ["http://localhost/?code=stolen&state=guessed", "hello"] {
            client.answer_sign_in(SignInReply::Pasted(Redirected::from(wrong)));
            let again = page(&mut asked).await;
            assert!(again.address == first.address && again.why.contains("not the address"), "{}", again.why);
        }
        client.answer_sign_in(SignInReply::Pasted(Redirected::from(back.as_str())));
    });
    assert!(who.is_ok(), "{who:?}");
}

#[tokio::test]
async fn what_else_comes_to_the_port_neither_ends_the_sign_in_nor_learns_anything() {
    let practice = Practice::start().await;
    let (client, mut asked) = practice.with_person(Chain::just(by_browser(&practice))).await;
    let (who, ()) = tokio::join!(client.sign_in(), async {
        let page = page(&mut asked).await;
        let at = format!("http://localhost:{}", page.port);
        for other in [
            "/favicon.ico",
            "/",
            "/?code=stolen&state=guessed",
            "/?error=access_denied&state=guessed",
            "/?code=x",
        ] {
            let (status, shown) = go(&format!("{at}{other}")).await;
            assert!(status == 404 && !shown.contains("state"), "{other}: {status} {shown}");
        }
        let long = vec![b'A'; 20_000];
        for garbage in [&b"\x16\x03\x01\x00"[..], &long, b"POST / HTTP/1.1\r\n\r\n"] {
            let mut stream = TcpStream::connect(("127.0.0.1", page.port)).await.unwrap();
            let _ = stream.write_all(garbage).await;
            let _ = stream.shutdown().await;
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest).await;
        }
        let back = agree(&practice, &page.address).await;
        assert_eq!(go(&back).await.0, 200);
    });
    assert!(who.is_ok(), "{who:?}");
}

#[tokio::test]
async fn where_a_policy_forbids_codes_the_words_name_the_other_doors_and_a_key_leads_there() {
    let practice = Practice::start().await;
    practice.control("entra/device-code", json!({"blocked": true})).await;
    let (client, mut asked) = practice.with_person(Chain::just(practice.person())).await;
    let (who, _) = tokio::join!(client.sign_in(), practice.type_code(&mut asked));
    let problem = who.unwrap_err().problem("Sign in");
    assert_eq!(problem.code.as_deref(), Some("AADSTS53003"));
    for door in ["device codes", "--browser", "--port", "az login"] {
        assert!(problem.remedy.contains(door), "{door}: {problem}");
    }
    asked.recv().await;
    let (who, ()) = tokio::join!(client.sign_in(), async {
        assert!(matches!(asked.recv().await, Some(SignIn::Asked(_))));
        client.answer_sign_in(SignInReply::ByBrowser);
        let page = page(&mut asked).await;
        let back = agree(&practice, &page.address).await;
        assert_eq!(go(&back).await.0, 200);
    });
    assert!(who.is_ok(), "{who:?}");
}

#[tokio::test]
async fn a_second_factor_is_given_in_the_browser_in_the_middle_of_the_work() {
    let practice = Practice::start().await;
    let (client, mut asked) = practice.with_person(Chain::just(by_browser(&practice))).await;
    let browse = async |asked: &mut UnboundedReceiver<SignIn>| {
        let page = page(asked).await;
        let back = agree(&practice, &page.address).await;
        assert_eq!(go(&back).await.0, 200);
        page.why
    };
    let id = format!("/subscriptions/{}/resourceGroups/rg-browser", practice.says().subscription_ids[0]);
    let request = certdeck::azure::groups::create(
        &certdeck::model::ResourceId::parse(&id).unwrap(),
        "westeurope",
        &certdeck::model::Tags::default(),
    );
    let mut quiet = |_| ();
    let (made, why) = tokio::join!(client.change(&request, &mut quiet), async {
        browse(&mut asked).await;
        assert!(matches!(asked.recv().await, Some(SignIn::Ended(Ok(_)))));
        browse(&mut asked).await
    });
    assert!(made.is_ok(), "{made:?}");
    assert!(why.contains("multi-factor"), "{why}");
}

#[tokio::test]
async fn code_and_verifier_go_to_the_configured_authority_alone() {
    let elsewhere = Server::start_bare(|_, _| Reply::empty(200)).await;
    let to = format!("{}/token", elsewhere.origin);
    let server = Server::start_bare(move |_, _| Reply::empty(307).header("location", to.clone())).await;
    let (desk, mut asked) = Desk::open();
    let own = "22222222-2222-2222-2222-222222222222";
    let chain = Chain::just(OwnSignIn::Browser { tenant: None, client_id: Some(own.to_owned()), port: 0 });
    let dir = tempfile::tempdir().unwrap();
    let saved = Some(Saved::at(dir.path().join("sign-ins.json")));
    let client =
        Client::connect(Connection { chain, saved, desk: Some(desk), ..server.connection() }).await.unwrap();
    let (who, address) = tokio::join!(client.sign_in(), async {
        let page = page(&mut asked).await;
        let address = Url::parse(&page.address).unwrap();
        let state = address.query_pairs().find(|(key, _)| key == "state").unwrap().1.into_owned();
        go(&format!("http://localhost:{}/?code=THE-CODE&state={state}", page.port)).await;
        address
    });
    assert!(matches!(who, Err(AzureError::Redirected { status: 307, .. })), "{who:?}");
    assert!(
        address.as_str().starts_with(&format!("{}/organizations/oauth2/v2.0/authorize?", server.origin)),
        "{address}"
    );
    let asked = server.seen("POST");
    assert_eq!(asked.len(), 1);
    for part in
        ["grant_type=authorization_code", "code=THE-CODE", "code_verifier=", &format!("client_id={own}")]
    {
        assert!(asked[0].body.contains(part), "{part}: {}", asked[0].body);
    }
    let verifier = asked[0].body.split("code_verifier=").nth(1).unwrap().split('&').next().unwrap();
    assert!(verifier.len() == 43 && !address.as_str().contains(verifier), "the verifier never left before");
    assert_eq!(elsewhere.seen("").len(), 0);
}

#[tokio::test]
async fn on_the_command_line_the_page_is_named_with_the_tunnel_and_nothing_secret_is_logged() {
    let practice = Practice::start().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let over_ssh = [
        ("SSH_CONNECTION", "192.0.2.7 51000 198.51.100.3 22"),
        ("CERTDECK_LOG", "trace"),
        ("PATH", "/usr/bin:/bin"),
    ];
    let mut command = practice.certdeck(&["login", "--port", &port], &over_ssh);
    let mut login =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(login.stderr.take().unwrap());
    let lines = tokio::task::spawn_blocking(move || {
        let mut lines = said.lines().map_while(Result::ok);
        let mut first = Vec::new();
        while !first.last().is_some_and(|line: &String| line.starts_with("ssh -L")) {
            first.push(lines.next().expect("it says where to sign in"));
        }
        std::thread::spawn(move || lines.count());
        first
    });
    let lines = lines.await.unwrap();
    assert_eq!(lines.last().unwrap(), &format!("ssh -L {port}:localhost:{port} 198.51.100.3"));
    let address = lines.iter().find(|line| line.starts_with("https://")).unwrap();
    let back = agree(&practice, address).await;
    assert!(back.starts_with(&format!("http://localhost:{port}/?code=")), "{back}");
    assert_eq!(go(&back).await.0, 200);
    let done = tokio::task::spawn_blocking(move || login.wait_with_output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success() && said.starts_with("ada.admin@contoso.example"), "{said}");

    let code = back.split("code=").nth(1).unwrap().split('&').next().unwrap();
    let refresh =
        fs::read_to_string(practice.dir.path().join(".local/state/certdeck/sign-ins.json")).unwrap();
    let refresh = refresh.split("refresh_token\": \"").nth(1).unwrap().split('"').next().unwrap();
    let mut looked = 0;
    for file in files(practice.dir.path()) {
        if file.file_name().is_some_and(|name| name.to_string_lossy().contains("sign-ins"))
            || file.starts_with(practice.dir.path().join("cloud"))
        {
            continue;
        }
        let text = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
        looked += usize::from(text.contains("TRACE") || text.contains("DEBUG"));
        for secret in [code, refresh, "code_verifier"] {
            assert!(!text.contains(secret), "{} has {secret}", file.display());
        }
    }
    assert!(looked > 0, "a log was written");
}

fn files(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn a_guest_learns_of_the_other_tenant_and_reaches_it_by_the_context() {
    let practice = Practice::start().await;
    let nowhere = [("AZURE_TENANT_ID", ""), ("PATH", "/usr/bin:/bin")];
    let login = async |arguments: &'static [&'static str]| {
        let mut command = practice.certdeck(arguments, &nowhere);
        let mut login =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(login.stderr.take().unwrap());
        let address = tokio::task::spawn_blocking(move || {
            let mut lines = said.lines().map_while(Result::ok);
            let address = lines.find(|line| line.starts_with("https://")).expect("it says where to sign in");
            std::thread::spawn(move || lines.count());
            address
        });
        let back = agree(&practice, &address.await.unwrap()).await;
        assert_eq!(go(&back).await.0, 200);
        let done = tokio::task::spawn_blocking(move || login.wait_with_output().unwrap()).await.unwrap();
        String::from_utf8_lossy(&done.stdout).into_owned()
    };
    let said = login(&["login", "--browser"]).await;
    assert!(said.contains("who sees 2 subscriptions"), "{said}");
    let other = "also known in Fabrikam (fabrikam.onmicrosoft.com), with one subscription; tenant = \"fabrikam.onmicrosoft.com\"";
    assert!(said.contains(other), "{said}");

    // As the context then has it; the sign-in at home is good for the guest too.
    let file = practice.dir.path().join("config.toml");
    let listed = async |tenant: &str| {
        fs::write(&file, format!("context = \"c\"\n[contexts.c]\ntenant = \"{tenant}\"\n")).unwrap();
        let mut command =
            practice.certdeck(&["doctor", "-o", "json", "--config", file.to_str().unwrap()], &nowhere);
        let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        String::from_utf8_lossy(&done.stdout).into_owned()
    };
    let there = listed("fabrikam.onmicrosoft.com").await;
    assert!(there.contains("\"1 to be seen\"") && there.contains("Fabrikam Production"), "{there}");
    assert!(listed(&practice.says().tenant_id).await.contains("\"2 to be seen\""));
}

#[tokio::test]
async fn a_token_of_another_tenant_is_refused_with_the_name_of_the_right_one() {
    let practice = Practice::start().await;
    let says = practice.says();
    let chain = Chain::application(&*says.tenant_id, &*says.client_id, &*says.client_secret);
    let client = Client::connect(practice.connection(chain)).await.unwrap();
    let elsewhere = "/subscriptions/fab21ca0-5ab5-4dec-9002-0123456789ab";
    let request = certdeck::azure::Request::get("Read it", elsewhere, "2022-12-01");
    let problem = client.read(&request).await.unwrap_err().problem("Read it");
    assert_eq!(problem.code.as_deref(), Some("InvalidAuthenticationTokenTenant"));
    assert_eq!(
        certdeck::azure::tenants::list(&client).await.unwrap().len(),
        1,
        "an application is known at home alone"
    );
    let abroad = Chain::application("fabrikam.onmicrosoft.com", &*says.client_id, &*says.client_secret);
    let error = Client::connect(practice.connection(abroad)).await.unwrap().sign_in().await.unwrap_err();
    assert!(
        matches!(&error, AzureError::SignIn { code: Some(code), .. } if code == "AADSTS700016"),
        "{error:?}"
    );
}
