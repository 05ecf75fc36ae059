//! What goes over the wire when things go wrong: nothing is bought twice, no token leaves for another host,
//! and every failure has its name.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::{Reply, Server};
use certdeck::azure::{
    AzureError, Chain, Client, ClientCertificate, Connection, Deadline, Desk, LibrarySignIn, Listener,
    OwnSignIn, Plane, Request, Saved, orders, subscriptions,
};
use certdeck::model::{ProductType, ResourceId};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn order() -> ResourceId {
    ResourceId::parse("/subscriptions/s/resourceGroups/g/providers/Microsoft.CertificateRegistration/certificateOrders/contoso")
        .unwrap()
}

fn purchase() -> Request {
    let domain = "contoso.com".to_owned();
    orders::create(
        &order(),
        &orders::NewOrder {
            domain,
            product: ProductType::Standard,
            auto_renew: true,
            key_size: 2048,
            tags: certdeck::model::Tags::default(),
        },
    )
}

fn list() -> Request {
    Request::get("List things", "/subscriptions/s/things", "2023-12-01")
}

#[tokio::test]
async fn pages_are_followed_to_the_end_empty_ones_too() {
    let server = Server::start(|seen, _| {
        let host = seen.header("host").unwrap();
        match seen.line.split("page=").nth(1) {
            None => Reply::json(
                200,
                &json!({"value": [1, 2], "nextLink": format!("https://{host}/more?page=2&x=%2F")}),
            ),
            Some(page) if page.starts_with('2') => {
                Reply::json(200, &json!({"value": [], "nextLink": "/more?page=3"}))
            }
            Some(_) => Reply::json(200, &json!({"value": [3], "nextLink": null, "id": null})),
        }
    })
    .await;
    assert_eq!(server.client().await.list(&list()).await.unwrap(), [1, 2, 3]);
    assert_eq!(server.seen("x=%2F").len(), 1, "the link is followed as it was written");
}

#[tokio::test]
async fn no_token_follows_a_link_to_another_host() {
    let elsewhere = Server::start(|_, _| Reply::empty(200)).await;
    let link = format!("{}/steal", elsewhere.origin);
    let server = Server::start(move |seen, _| {
        if seen.line.starts_with("PUT") {
            return Reply::empty(202).header("location", link.clone());
        }
        Reply::json(200, &json!({"value": [], "nextLink": link}))
    })
    .await;
    let client = server.client().await;
    assert!(matches!(client.list(&list()).await, Err(AzureError::HostRefused { .. })));
    let error = client.change(&purchase(), &mut |_| ()).await.unwrap_err();
    assert!(
        matches!(&error, AzureError::LostSight(cause) if matches!(**cause, AzureError::HostRefused { .. })),
        "{error:?}"
    );
    assert_eq!(elsewhere.seen("").len(), 0);
}

#[tokio::test]
async fn a_redirect_is_an_error_and_is_not_followed() {
    let elsewhere = Server::start(|_, _| Reply::empty(200)).await;
    let link = elsewhere.origin.clone();
    let server = Server::start(move |_, _| Reply::empty(307).header("location", link.clone())).await;
    let answer = server.client().await.change(&purchase(), &mut |_| ()).await;
    assert!(matches!(answer, Err(AzureError::Redirected { status: 307, .. })), "{answer:?}");
    assert_eq!(elsewhere.seen("").len(), 0);
}

#[tokio::test]
async fn a_purchase_whose_answer_was_lost_is_not_sent_again() {
    let server = Server::start(|_, _| Reply::HangUp).await;
    let error = server.client().await.change(&purchase(), &mut |_| ()).await.unwrap_err();
    assert!(matches!(error, AzureError::AnswerLost { .. }) && error.is_ambiguous(), "{error:?}");
    assert_eq!(server.seen("PUT").len(), 1);
}

#[tokio::test]
async fn a_write_that_says_the_whole_state_is_repeated_as_the_same_request() {
    let server = Server::start(|_, before| {
        if before == 0 { Reply::HangUp } else { Reply::json(200, &json!({"id": "x", "properties": {}})) }
    })
    .await;
    let store = orders::store(&order(), "contoso", &order(), "secret", &certdeck::model::Tags::default());
    let mut notes = Vec::new();
    let changed =
        server.client().await.change(&store, &mut |progress| notes.push(progress.note)).await.unwrap();
    assert_eq!(changed.status, 200);
    let sent = server.seen("PUT");
    assert_eq!((sent.len(), notes.len()), (2, 1), "{notes:?}");
    assert_eq!(sent[0].header("x-ms-client-request-id"), sent[1].header("x-ms-client-request-id"));
    assert_eq!(sent[0].body, sent[1].body);
}

#[tokio::test]
async fn throttling_is_waited_out() {
    let server = Server::start(|_, before| match before {
        0 => Reply::json(429, &json!({"error": {"code": "TooManyRequests", "message": "slow down"}}))
            .header("x-ms-retry-after-ms", "1"),
        1 => Reply::Say(503, vec![("x-ms-retry-after-ms", "1".to_owned())], "<html>busy</html>".to_owned()),
        _ => Reply::json(200, &json!({"value": [{"id": "/subscriptions/s", "displayName": "Contoso"}]})),
    })
    .await;
    let found = subscriptions::list(&server.client().await).await.unwrap();
    assert_eq!(found[0].name, "Contoso");
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let server = Server::start(|seen, _| match seen.header("authorization") {
        Some("Bearer token-2") => Reply::json(200, &json!({"value": []})),
        _ => Reply::json(401, &json!({"error": {"code": "ExpiredAuthenticationToken", "message": "old"}})),
    })
    .await;
    let client = server.client().await;
    client.list(&list()).await.unwrap();
    client.list(&list()).await.unwrap();
    assert_eq!(server.seen("/oauth2/").len(), 2, "the new token is kept");
}

#[tokio::test]
async fn a_token_that_is_never_accepted_ends_in_words() {
    let server = Server::start(|_, _| {
        Reply::json(401, &json!({"error": {"code": "InvalidAuthenticationToken", "message": "no"}}))
    })
    .await;
    let error = server.client().await.list(&list()).await.unwrap_err();
    assert_eq!(server.seen("/things").len(), 2);
    let problem = error.problem("List things");
    assert_eq!(
        (problem.why.as_str(), problem.code.as_deref()),
        ("the sign-in was not accepted: no", Some("InvalidAuthenticationToken"))
    );
}

#[tokio::test]
async fn an_operation_is_followed_by_its_location_and_ends_with_the_resource() {
    let server = Server::start(|seen, before| {
        let done =
            json!({"id": "x", "name": "contoso", "properties": {"provisioningState": "Succeeded", "status": "Pendingissuance"}});
        match (seen.line.starts_with("PUT"), before) {
            (true, _) => Reply::empty(202).header("location", "/operations/1?s=a%2Bb").header("x-ms-request-id", "r-1"),
            (false, 0) if seen.line.contains("/operations/") => Reply::empty(202).header("x-ms-retry-after-ms", "1"),
            _ if seen.line.contains("/operations/") => Reply::empty(200),
            _ => Reply::json(200, &done),
        }
    })
    .await;
    let changed = server.client().await.change(&purchase(), &mut |_| ()).await.unwrap();
    assert_eq!((changed.status, changed.request_id.as_deref()), (202, Some("r-1")));
    assert_eq!(changed.body.unwrap()["properties"]["status"], "Pendingissuance");
    assert_eq!(server.seen("/operations/1?s=a%2Bb").len(), 2);
}

#[tokio::test]
async fn an_operation_that_fails_gives_its_reason() {
    let server = Server::start(|seen, _| {
        if seen.line.starts_with("PUT") {
            let made = Reply::json(201, &json!({"properties": {}}));
            return made.header("azure-asyncoperation", "/operations/1").header("x-ms-retry-after-ms", "1");
        }
        Reply::json(
            200,
            &json!({"status": "Failed", "error": {"code": "FraudDetected", "message": "under review"}}),
        )
    })
    .await;
    let error = server.client().await.change(&purchase(), &mut |_| ()).await.unwrap_err();
    let problem = error.problem("Buy");
    assert!(matches!(error, AzureError::OperationFailed(_)));
    assert_eq!((problem.why.as_str(), problem.code.as_deref()), ("under review", Some("FraudDetected")));
}

#[tokio::test]
async fn a_change_that_was_accepted_is_never_called_unsent() {
    let server = Server::start(|seen, _| {
        if seen.line.starts_with("PUT") {
            return Reply::empty(202).header("location", "/operations/1").header("x-ms-retry-after-ms", "1");
        }
        Reply::json(403, &json!({"error": {"code": "AuthorizationFailed", "message": "no right to look"}}))
    })
    .await;
    let error = server.client().await.change(&purchase(), &mut |_| ()).await.unwrap_err();
    assert!(error.is_ambiguous() && error.refusal().is_none(), "{error:?}");
    assert!(error.problem("Buy").why.starts_with("it was accepted"), "{}", error.problem("Buy"));
}

#[tokio::test]
async fn an_unknown_certificate_authority_is_named_and_no_secret_is_sent() {
    let (server, other) =
        (Server::start(|_, _| Reply::empty(200)).await, Server::start(|_, _| Reply::empty(200)).await);
    let mut connection = server.connection();
    connection.authorities = other.connection().authorities;
    let error = Client::connect(connection).await.unwrap_err();
    assert!(matches!(error, AzureError::Tls { .. }), "{error:?}");
    assert_eq!(server.seen("").len(), 0);
}

#[tokio::test]
async fn a_login_page_in_azures_place_is_not_taken_for_an_answer() {
    let server = Server::start(|_, _| {
        Reply::Say(200, vec![("content-type", "text/html".to_owned())], "<html>".to_owned())
    })
    .await;
    let error = server.client().await.read(&list()).await.unwrap_err();
    assert!(matches!(error, AzureError::Malformed { .. }), "{error:?}");
}

#[tokio::test]
async fn endpoints_without_tls_are_refused_before_anything_is_sent() {
    for endpoint in
        ["http://127.0.0.1:1/", "http://localhost@evil.example/", "https://user@management.azure.com/"]
    {
        let connection =
            Connection { arm_endpoint: Some(endpoint.parse().unwrap()), ..Connection::default() };
        assert!(matches!(Client::connect(connection).await, Err(AzureError::Setup(_))), "{endpoint}");
    }
}

#[tokio::test]
async fn nothing_that_is_absent_is_an_error() {
    let server = Server::start(|seen, _| {
        let code = if seen.line.contains("/other") { "SubscriptionNotFound" } else { "ResourceNotFound" };
        Reply::json(404, &json!({"error": {"code": code, "message": "gone"}}))
    })
    .await;
    let client = server.client().await;
    assert_eq!(orders::get(&client, &order()).await.unwrap(), None);
    assert!(client.read(&Request::get("", "/subscriptions/other", "1")).await.is_err());
}

#[tokio::test]
async fn no_token_follows_an_operation_to_another_host() {
    let elsewhere = Server::start(|_, _| Reply::json(200, &json!({"status": "Succeeded"}))).await;
    let link = format!("{}/operations/1", elsewhere.origin);
    let server = Server::start(move |_, _| {
        Reply::json(201, &json!({"properties": {}}))
            .header("azure-asyncoperation", link.clone())
            .header("x-ms-retry-after-ms", "1")
    })
    .await;
    let error = server.client().await.change(&purchase(), &mut |_| ()).await.unwrap_err();
    let refused = |error: &AzureError| matches!(error, AzureError::HostRefused { found, .. } if *found == elsewhere.origin);
    assert!(matches!(&error, AzureError::LostSight(cause) if refused(cause)), "{error:?}");
    assert_eq!(elsewhere.seen("").len(), 0);
}

#[tokio::test]
async fn no_token_is_even_asked_for_a_vault_that_only_looks_like_one() {
    let server = Server::start(|_, _| Reply::json(200, &json!({"value": []}))).await;
    let client = server.client().await;
    let port = server.origin.rsplit(':').next().unwrap();
    for uri in [
        "https://kv.vault.localhost.evil.example/".to_owned(),
        "https://evilvault.localhost/".to_owned(),
        "https://vault.localhost/".to_owned(),
        format!("https://kv.vault.localhost:{port}/"),
        "https://kv.vault.localhost@127.0.0.1/".to_owned(),
        "http://kv.vault.localhost/".to_owned(),
        server.origin.clone(),
    ] {
        let error = client
            .list(&Request::get("List the secrets", "/secrets", "7.5").on(Plane::Vault(uri.clone())))
            .await
            .unwrap_err();
        assert!(matches!(&error, AzureError::HostRefused { found, .. } if *found == uri), "{uri}: {error:?}");
    }
    assert_eq!((server.seen("/secrets").len(), server.seen("oauth2").len()), (0, 0));
}

/// A server in whose name all but its description is answered with a redirect.
async fn redirecting(status: u16, to: String) -> Server {
    Server::start_bare(move |_, _| Reply::empty(status).header("location", to.clone())).await
}

#[tokio::test]
async fn neither_a_secret_nor_a_statement_follows_a_sign_in_service_that_redirects() {
    let elsewhere =
        Server::start_bare(|_, _| Reply::json(200, &json!({"access_token": "x", "expires_in": 3600}))).await;
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let certificate =
        rcgen::CertificateParams::new(["certdeck".to_owned()]).unwrap().self_signed(&key).unwrap();
    let certificate = Arc::new(ClientCertificate::new(certificate.der(), &key.serialize_der()).unwrap());
    let token_file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token_file.path(), "eyJhbGciOiJub25lIn0.e30.").unwrap();
    let (tenant, client_id) = ("11111111-1111-1111-1111-111111111111".to_owned(), "certdeck".to_owned());
    let ways = [
        LibrarySignIn::ClientSecret {
            tenant: tenant.clone(),
            client_id: client_id.clone(),
            secret: "s3cret".into(),
        },
        LibrarySignIn::ClientCertificate {
            tenant: tenant.clone(),
            client_id: client_id.clone(),
            certificate,
        },
        LibrarySignIn::WorkloadIdentity { tenant, client_id, token_file: token_file.path().to_owned() },
    ];
    for status in [301, 302, 303, 307, 308] {
        let server = redirecting(status, format!("{}/token", elsewhere.origin)).await;
        for way in &ways {
            let connection = Connection { chain: Chain::just(way.clone()), ..server.connection() };
            let error = Client::connect(connection).await.unwrap().sign_in().await.unwrap_err();
            assert!(matches!(error, AzureError::SignIn { .. }), "{status} {}: {error:?}", way.name());
        }
        assert_eq!(server.seen("POST").len(), ways.len(), "{status}: asked once each");
    }
    assert_eq!(elsewhere.seen("").len(), 0);
}

/// Nothing but the metadata service may learn of a machine's identity, and nothing else may give it one.
#[tokio::test]
async fn a_metadata_service_that_redirects_is_not_followed() {
    let elsewhere =
        Server::start_bare(|_, _| Reply::json(200, &json!({"access_token": "x", "expires_in": 3600}))).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let to = format!("{}/token", elsewhere.origin);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 2048];
            let read = stream.read(&mut head).await.unwrap_or(0);
            // As Azure's does where its header is missing; that is how it is recognised.
            let asked =
                String::from_utf8_lossy(&head[..read]).to_ascii_lowercase().contains("metadata: true");
            let answer =
                if asked { format!("302 Found\r\nlocation: {to}") } else { "400 Bad Request".to_owned() };
            drop(
                stream
                    .write_all(
                        format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                            .as_bytes(),
                    )
                    .await,
            );
        }
    });
    let server = Server::start(|_, _| Reply::empty(200)).await;
    let chain = Chain::just(LibrarySignIn::ManagedIdentity { client_id: None, host: Some(host) });
    let error = Client::connect(Connection { chain, ..server.connection() })
        .await
        .unwrap()
        .sign_in()
        .await
        .unwrap_err();
    assert!(matches!(error, AzureError::SignIn { .. }), "{error:?}");
    assert_eq!(elsewhere.seen("").len(), 0);
}

#[tokio::test]
async fn no_token_follows_a_location_of_a_deletion_or_a_page_of_the_index_to_another_host() {
    let elsewhere = Server::start(|_, _| Reply::json(200, &json!({"status": "Succeeded"}))).await;
    let look_alike = "https://127.0.0.1.evil.example/operations/1".to_owned();
    for link in [
        format!("{}/operations/1", elsewhere.origin),
        look_alike,
        "//evil.example/1".to_owned(),
        "\\\\evil.example\\1".to_owned(),
    ] {
        let server = Server::start(move |_, _| {
            Reply::empty(202).header("location", link.clone()).header("x-ms-retry-after-ms", "1")
        })
        .await;
        let delete = Request::delete("Delete it", &order(), "2023-12-01");
        let error = server.client().await.change(&delete, &mut |_| ()).await.unwrap_err();
        let refused = |error: &AzureError| matches!(error, AzureError::HostRefused { .. });
        assert!(matches!(&error, AzureError::LostSight(cause) if refused(cause)), "{error:?}");
        assert_eq!(server.seen("").iter().filter(|seen| seen.header("authorization").is_some()).count(), 1);
    }
    // A token of the index is a value that goes back to the index, whatever it looks like.
    let page = format!("{}/steal", elsewhere.origin);
    let server = Server::start(move |seen, before| {
        let rows = json!({"data": [], "count": 0, "totalRecords": 0, "resultTruncated": "false"});
        match (seen.line.contains("ResourceGraph"), before) {
            (true, 0) => Reply::json(200, &json!({"data": [], "count": 0, "$skipToken": page, "resultTruncated": "false"})),
            (true, _) => Reply::json(200, &rows),
            _ => Reply::json(200, &json!({"value": [{"subscriptionId": "s", "id": "/subscriptions/s", "displayName": "Contoso"}]})),
        }
    })
    .await;
    let _ = certdeck::azure::inventory::load(&server.client().await, &[]).await;
    assert!(!server.seen("ResourceGraph").is_empty());
    assert_eq!(elsewhere.seen("").len(), 0);
}

#[tokio::test]
async fn a_sign_in_service_that_redirects_is_not_followed() {
    let elsewhere = Server::start(|_, _| Reply::empty(200)).await;
    let link = elsewhere.origin.clone();
    let server = Server::start(move |_, _| Reply::empty(307).header("location", link.clone())).await;
    let (desk, _asked) = Desk::open();
    let chain = Chain::just(OwnSignIn::DeviceCode { tenant: None, client_id: None });
    let saved = Saved::at(std::env::temp_dir().join("certdeck-no-such-directory/sign-ins.json"));
    let connection = Connection { chain, saved: Some(saved), desk: Some(desk), ..server.connection() };
    let error = Client::connect(connection).await.unwrap().sign_in().await.unwrap_err();
    assert!(matches!(error, AzureError::Redirected { status: 307, .. }), "{error:?}");
    assert_eq!(elsewhere.seen("").len(), 0);
}

/// What came of a list that had so long, and that it really took no longer.
async fn listed_within(client: &Client, time: Duration) -> AzureError {
    let start = Instant::now();
    let error = client.until(Deadline::after(time)).list(&list()).await.unwrap_err();
    assert!(start.elapsed() < time + Duration::from_secs(10), "{:?}: {error:?}", start.elapsed());
    error
}

#[tokio::test]
async fn whatever_a_service_drags_out_is_over_at_the_deadline() {
    let soon = Duration::from_millis(400);
    let pages = AtomicUsize::new(0);
    let endless = Server::start(move |_, _| {
        let link = format!("/subscriptions?page={}", pages.fetch_add(1, Ordering::Relaxed));
        Reply::json(200, &json!({"value": [{"id": "x"}], "nextLink": link}))
    });
    let drawn_out = [
        endless.await,
        Server::start(|_, _| Reply::Trickle).await,
        Server::start(|_, _| Reply::Silence).await,
    ];
    for server in drawn_out {
        let client = server.client().await;
        // Signing in is not what takes long here.
        client.sign_in().await.unwrap();
        let error = listed_within(&client, soon).await;
        assert!(matches!(error, AzureError::NotInTime { .. }), "{error:?}");
        assert!(error.problem("List them").remedy.contains("--timeout"));
    }
}

#[tokio::test]
async fn a_sign_in_service_that_does_not_answer_is_named_at_the_deadline() {
    let server = Server::start_bare(|_, _| Reply::Silence).await;
    let error = listed_within(&server.client().await, Duration::from_millis(400)).await;
    let words = error.problem("List them").to_string();
    assert!(
        matches!(error, AzureError::SignIn { .. })
            && words.contains("127.0.0.1:")
            && words.contains("--timeout"),
        "{words}"
    );
}

#[tokio::test]
async fn who_is_told_to_come_back_after_the_deadline_does_not_wait_for_it() {
    let server = Server::start(|_, _| Reply::json(429, &json!({})).header("retry-after", "40")).await;
    let (client, start) = (server.client().await, Instant::now());
    for _ in 0..2 {
        let error = listed_within(&client, Duration::from_secs(20)).await;
        assert!(matches!(error, AzureError::Refused(_) | AzureError::LeftAlone { .. }), "{error:?}");
    }
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_read_tells_of_the_pauses_that_azure_asks_for() {
    let server = Server::start(|_, before| match before {
        0 => Reply::json(429, &json!({})).header("retry-after", "1"),
        _ => Reply::json(200, &json!({"value": []})),
    });
    let (heard, told) = std::sync::mpsc::channel();
    let listener = Listener::new(move |wait| heard.send(wait.to_string()).unwrap());
    server.await.client().await.telling(listener).list(&list()).await.unwrap();
    let first = told.recv().unwrap();
    assert!(first.starts_with("waiting ") && first.contains(" s: Azure throttles 127.0.0.1"), "{first}");
}
