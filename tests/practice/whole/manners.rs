//! Azure's manners: tokens, versions, casing, pages, locks, long-running operations, odd requests.

use super::*;

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
    let odd = path
        .replace("resourceGroups", "resourcegroups")
        .replace("/sites/contoso-shop", "//SITES/Contoso-Shop/");
    assert_eq!(cloud.get(&odd).await["id"], plain["id"]);
    assert_eq!(cloud.send(Method::HEAD, &odd, None).await.status(), StatusCode::NO_CONTENT);
    let missing = cloud.send(Method::HEAD, &format!("{path}-not"), None).await;
    assert_eq!((missing.status(), missing.version()), (StatusCode::NOT_FOUND, Version::HTTP_2));
    // A body would break the stream.
    assert_eq!(missing.bytes().await.unwrap().len(), 0);
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
        let (status, body) =
            answer(cloud.http.get(&url).bearer_auth(&cloud.token).send().await.unwrap()).await;
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
async fn a_purchase_is_followed_by_its_location() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let group = cloud.web().replace("/providers/Microsoft.Web", "");
    let order = format!("{group}/providers/Microsoft.CertificateRegistration/certificateOrders/followed");
    let body = json!({"location": "global", "properties": {"distinguishedName": "CN=contoso.com", "productType": "StandardDomainValidatedSsl"}});
    let response = cloud.send(Method::PUT, &order, Some(body)).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    assert!(response.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap() > 0);
    assert!(!response.headers().contains_key("azure-asyncoperation"));
    let link = response.headers()["location"].to_str().unwrap();
    let (status, body) = answer(cloud.http.get(link).bearer_auth(&cloud.token).send().await.unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["properties"]["provisioningState"], "Succeeded");
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn a_read_only_lock_holds_in_any_casing() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let site = format!("{}/sites/contoso-blog", cloud.web());
    let lock = format!("{site}/providers/Microsoft.Authorization/locks/look-only");
    assert_eq!(cloud.put(&lock, json!({"properties": {"level": "ReadOnly"}})).await.0, StatusCode::CREATED);
    for path in [site.clone(), site.replace("contoso-blog", "Contoso-Blog").replace("rg-shop", "RG-shop")] {
        let change = Some(json!({"properties": {"httpsOnly": true}}));
        assert_eq!(cloud.send(Method::PATCH, &path, change).await.status(), StatusCode::CONFLICT, "{path}");
    }
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn odd_requests_are_answered_and_the_cloud_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let subscription = format!("/subscriptions/{}", cloud.emulator.connection().subscription_ids[0]);
    for path in ["/resourceGroups/providers", "/providers", "/resourceGroups/g/providers/N/t/providers"] {
        let status = cloud.send(Method::GET, &format!("{subscription}{path}"), None).await.status();
        assert!(!status.is_server_error(), "{path}: {status}");
    }
    let connection = cloud.emulator.connection();
    let vault = token(&cloud.http, connection, "https://vault.azure.net/.default").await;
    let port = connection.arm.rsplit(':').next().unwrap();
    let url = format!("https://{VAULT_HOST}:{port}/secrets?api-version=7.5&$skiptoken={}", u64::MAX);
    assert_eq!(cloud.http.get(url).bearer_auth(vault).send().await.unwrap().status(), StatusCode::OK);
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
