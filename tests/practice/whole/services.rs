//! What its services do: certificates, bindings, orders, vaults, names and the front door.

use super::*;

#[tokio::test]
async fn a_bound_certificate_cannot_be_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let path = format!("{}/certificates/shop-2026", cloud.web());
    let (status, body) = cloud.delete(&path).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(body["Details"][2]["ErrorEntity"]["ExtendedCode"], "04035");
    assert_eq!(cloud.get(&path).await["name"], "shop-2026");
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn the_front_door_presents_what_is_bound() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let wildcard = cloud.get(&format!("{}/certificates/wildcard-contoso", cloud.web())).await;
    let wanted = wildcard["properties"]["thumbprint"].as_str().unwrap();
    let binding = format!("{}/sites/contoso-shop/hostNameBindings/www.contoso.com", cloud.web());
    let body = json!({"properties": {"sslState": "SniEnabled", "thumbprint": wanted}});
    let (status, body) = cloud.put(&binding, body).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(thumbprint(&cloud.presented("www.contoso.com").await), wanted);
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn a_certificate_that_does_not_cover_the_hostname_or_is_elsewhere_is_not_bound() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let shop = cloud.get(&format!("{}/certificates/shop-2026", cloud.web())).await;
    let shop = shop["properties"]["thumbprint"].as_str().unwrap();
    let bind = async |host: &str, thumbprint: &str| {
        let path = format!("{}/sites/contoso-shop/hostNameBindings/{host}", cloud.web());
        let body = json!({"properties": {"sslState": "SniEnabled", "thumbprint": thumbprint}});
        let (status, body) = cloud.put(&path, body).await;
        (status.as_u16(), body["Details"][2]["ErrorEntity"]["ExtendedCode"].clone())
    };
    assert_eq!(bind("pay.contoso.com", shop).await, (409, json!("04030")));
    assert_eq!(bind("pay.contoso.com", &"0".repeat(40)).await, (404, json!("04031")));
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn a_managed_certificate_is_accepted_first_and_there_when_the_operation_ends() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let path = format!("{}/certificates/www.contoso.com", cloud.web());
    let plan = format!("{}/serverfarms/plan-shop", cloud.web());
    let body = json!({"location": "West Europe", "properties": {"canonicalName": "www.contoso.com", "password": "", "serverFarmId": plan}});
    let response = cloud.send(Method::PUT, &path, Some(body)).await;
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let (status, body) =
        answer(cloud.http.get(location).bearer_auth(&cloud.token).send().await.unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["properties"]["canonicalName"], "www.contoso.com");
    assert_eq!(body["properties"]["thumbprint"].as_str().unwrap().len(), 40);
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn a_certificate_is_bought_stored_verified_imported_and_served() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let group = cloud.web().replace("/providers/Microsoft.Web", "");
    let order = format!("{group}/providers/Microsoft.CertificateRegistration/certificateOrders/contosocom");
    let vault = format!("{group}/providers/Microsoft.KeyVault/vaults/kv-contoso-shop");

    let bought = json!({"location": "global", "properties": {
        "distinguishedName": "CN=contoso.com", "productType": "StandardDomainValidatedSsl",
        "validityInYears": 1, "keySize": 2048, "autoRenew": true,
    }});
    let (status, body) = cloud.put(&order, bought).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    let fresh = cloud.get(&order).await;
    assert_eq!(fresh["properties"]["status"], "Pendingissuance");

    let stored = json!({"location": "global", "properties": {"keyVaultId": vault, "keyVaultSecretName": "contosocom"}});
    let (status, body) = cloud.put(&format!("{order}/certificates/contosocom"), stored).await;
    assert!(status.is_success(), "{body}");

    // Domain verification keeps `www` (A106).
    let domain = group.replace("rg-shop", "rg-platform")
        + "/providers/Microsoft.DomainRegistration/domains/contoso.com/domainOwnershipIdentifiers/contosocom";
    let token = &fresh["properties"]["domainVerificationToken"];
    let (status, body) = cloud.put(&domain, json!({"properties": {"ownershipId": token}})).await;
    assert!(status.is_success(), "{body}");
    let verify = format!("{order}/verifyDomainOwnership");
    assert_eq!(cloud.send(Method::POST, &verify, None).await.status(), StatusCode::NO_CONTENT);
    let issued = cloud.get(&order).await;
    assert_eq!(issued["properties"]["status"], "Issued");

    let certificate = format!("{}/certificates/contosocom", cloud.web());
    let import = json!({"location": "West Europe", "properties": {
        "keyVaultId": vault, "keyVaultSecretName": "contosocom", "serverFarmId": format!("{}/serverfarms/plan-shop", cloud.web()),
    }});
    let (status, body) = cloud.put(&certificate, import).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let mine = body["properties"]["thumbprint"].as_str().unwrap();
    assert_eq!(mine, issued["properties"]["signedCertificate"]["thumbprint"]);

    for host in ["contoso.com", "www.contoso.com"] {
        let binding = format!("{}/sites/contoso-shop/hostNameBindings/{host}", cloud.web());
        let body = json!({"properties": {"sslState": "SniEnabled", "thumbprint": mine}});
        let (status, body) = cloud.put(&binding, body).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert_eq!(thumbprint(&cloud.presented(host).await), mine);
    }
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn the_default_estate_has_an_order_in_every_state_an_admin_meets() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let subscription = &cloud.emulator.connection().subscription_ids[0];
    let path = format!(
        "/subscriptions/{subscription}/providers/Microsoft.CertificateRegistration/certificateOrders"
    );
    let orders = cloud.get(&path).await;
    let mut seen: Vec<String> = orders["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|order| {
            let name = order["name"].as_str().unwrap();
            let properties = &order["properties"];
            let stored = &properties["certificates"][name]["provisioningState"];
            format!("{name}: {} {}", properties["status"].as_str().unwrap(), stored.as_str().unwrap_or("-"))
        })
        .collect();
    seen.sort();
    assert_eq!(
        seen,
        [
            "apifabrikam: Issued Succeeded",
            "events2026: Pendingissuance -",
            "fabrikam: Issued Succeeded",
            "jobsite: Issued Succeeded",
            "marketing: Denied CertificateOrderFailed",
            "oldshop: Expired Succeeded",
            "partnerportal: Pendingissuance Initialized",
            "suppliers: Issued AzureServiceUnauthorizedToAccessKeyVault",
            "wildfabrikam: Issued Succeeded",
        ]
    );
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn a_vault_answers_at_its_own_address_and_asks_for_its_own_token() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let connection = cloud.emulator.connection();
    let vault = cloud
        .get(&format!(
            "{}/providers/Microsoft.KeyVault/vaults/kv-contoso-shop",
            cloud.web().replace("/providers/Microsoft.Web", "")
        ))
        .await;
    let uri = vault["properties"]["vaultUri"].as_str().unwrap();
    assert!(uri.starts_with(&format!("https://{VAULT_HOST}:")), "{uri}");
    let url = format!("{uri}secrets?api-version=7.4");
    let challenged = cloud.http.get(&url).send().await.unwrap();
    assert_eq!(challenged.status(), StatusCode::UNAUTHORIZED);
    let challenge = challenged.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert!(challenge.contains(&connection.tenant_id), "{challenge}");

    let wrong = cloud.http.get(&url).bearer_auth(&cloud.token).send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    let right = token(&cloud.http, connection, "https://vault.azure.net/.default").await;
    let listed = cloud.http.get(&url).bearer_auth(right).send().await.unwrap();
    assert_eq!(listed.status(), StatusCode::OK);
    cloud.emulator.shutdown().await;
}

#[tokio::test]
async fn the_zone_answers_over_udp_and_follows_the_control() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::start(dir.path()).await;
    let record = json!({"add": {"name": "txt.contoso.com", "type": "TXT", "value": "proof"}});
    let (status, body) = answer(cloud.send(Method::POST, "/_emulator/dns", Some(record)).await).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut question = hickory_proto::op::Message::query();
    let name = hickory_proto::rr::Name::from_ascii("txt.contoso.com.").unwrap();
    question.add_query(hickory_proto::op::Query::query(name, hickory_proto::rr::RecordType::TXT));
    let address = cloud.emulator.connection().dns.clone();
    socket.send_to(&question.to_vec().unwrap(), address).await.unwrap();
    let mut buffer = [0; 512];
    let length = socket.recv(&mut buffer).await.unwrap();
    let answered = &buffer[..length];
    assert!(answered.windows(5).any(|octets| octets == b"proof"), "{answered:?}");
    cloud.emulator.shutdown().await;
}
