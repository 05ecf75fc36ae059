//! Who renews what apps import from key vaults: the vault's own word, read after the lists, against what the
//! vault then does on the practice cloud's clock. What cannot be read is unknown by name, and costs the lists
//! nothing.

use std::time::{Duration, Instant};

use crate::common::Practice;
use certdeck::azure::inventory;
use certdeck::model::upkeep::Told;
use certdeck::model::{Estate, Upkeep, WhoActs, day};
use certdeck::rules::Turn;
use jiff::Timestamp;
use serde_json::{Value, json};

const API: &str = "kv-contoso-shop-api";

async fn now(practice: &Practice) -> Timestamp {
    practice.control_get("clock").await["now"].as_str().unwrap().parse().unwrap()
}

/// The lists, and then the vaults.
async fn read(practice: &Practice, known: &[Upkeep]) -> Estate {
    let mut estate = inventory::load(&practice.client, &[]).await.unwrap();
    inventory::upkeep::add(&practice.client, &mut estate, known, now(practice).await, |_, _| ()).await;
    estate
}

async fn turn(practice: &Practice, estate: &Estate) -> Turn {
    let certificate = estate.certificates.iter().find(|one| one.id.name() == API).unwrap();
    practice.rules.turn(estate, certificate, now(practice).await)
}

/// Something that somebody does in the vault kv-contoso-shop, without any code of certdeck's client.
async fn in_vault(practice: &Practice, method: &str, path: &str, body: &Value) -> Value {
    let connection = practice.emulator.connection();
    let port = connection.arm.rsplit(':').next().unwrap();
    let ca = reqwest::Certificate::from_pem(&std::fs::read(&connection.ca_pem).unwrap()).unwrap();
    let host = "kv-contoso-shop.vault.localhost";
    let address = format!("127.0.0.1:{port}").parse().unwrap();
    let client = reqwest::Client::builder()
        .add_root_certificate(ca)
        .no_proxy()
        .resolve(host, address)
        .build()
        .unwrap();
    let form = [
        ("grant_type", "client_credentials".to_owned()),
        ("client_id", connection.client_id.clone()),
        ("client_secret", connection.client_secret.clone()),
        ("scope", format!("https://vault.localhost:{port}/.default")),
    ];
    let url = format!("{}/{}/oauth2/v2.0/token", connection.authority, connection.tenant_id);
    let token: Value = client.post(url).form(&form).send().await.unwrap().json().await.unwrap();
    let url = format!("https://{host}:{port}{path}?api-version=7.4");
    let request =
        client.request(method.parse().unwrap(), url).bearer_auth(token["access_token"].as_str().unwrap());
    let answer = request.json(body).send().await.unwrap();
    assert!(answer.status().is_success(), "{method} {path}: {}", answer.status());
    answer.json().await.unwrap()
}

/// Has the vault act when ten days are left.
async fn set_policy(practice: &Practice, issuer: &str, action: &str) {
    let actions = json!([{"trigger": {"days_before_expiry": 10}, "action": {"action_type": action}}]);
    let policy =
        json!({"issuer": {"name": issuer}, "lifetime_actions": actions, "key_props": {"reuse_key": true}});
    in_vault(practice, "PATCH", "/certificates/api/policy", &policy).await;
}

/// The requests since then that went to vaults.
async fn asked_of_vaults(practice: &Practice, since: u64) -> Vec<String> {
    let log = practice.control_get(&format!("requests?since={since}")).await;
    let all = log["value"].as_array().unwrap().iter();
    let paths = all.map(|one| one["path"].as_str().unwrap().split('?').next().unwrap_or_default().to_owned());
    paths.filter(|path| path.starts_with("/certificates") || path.starts_with("/secrets")).collect()
}

async fn last_request(practice: &Practice) -> u64 {
    practice.control_get("requests").await["last"].as_u64().unwrap()
}

#[tokio::test]
async fn what_was_imported_into_a_vault_is_yours_to_renew_and_never_azure_s() {
    let practice = Practice::start().await;
    let since = last_request(&practice).await;
    let mut estate = inventory::load(&practice.client, &[]).await.unwrap();
    assert_eq!(asked_of_vaults(&practice, since).await, [""; 0], "the lists ask no vault");
    assert_eq!(turn(&practice, &estate).await.who, WhoActs::Unknown);
    inventory::upkeep::add(&practice.client, &mut estate, &[], now(&practice).await, |_, _| ()).await;
    let turn = turn(&practice, &estate).await;
    let end = estate.certificates.iter().find(|one| one.id.name() == API).unwrap().expires;
    assert_eq!((turn.who, turn.when), (WhoActs::You, end));
    assert!(
        turn.words(day).starts_with("you: bring a new version into the vault by "),
        "{}",
        turn.words(day)
    );
    assert!(
        asked_of_vaults(&practice, since).await.iter().all(|path| !path.starts_with("/secrets")),
        "no key is fetched"
    );
}

#[tokio::test]
async fn a_vault_that_will_sign_over_the_ca_says_so_until_it_does_it_and_app_service_serves_it() {
    let practice = Practice::start().await;
    set_policy(&practice, "Self", "AutoRenew").await;
    let before = read(&practice, &[]).await;
    let alarm = turn(&practice, &before).await;
    assert_eq!((alarm.who, alarm.is_alarm()), (WhoActs::You, true));
    let day_of = alarm.breaks_on().unwrap();
    assert!(
        alarm.words(day).contains(&day(day_of)) && alarm.words(day).contains("self-signed"),
        "{}",
        alarm.words(day)
    );
    // An hour after the trigger the vault has its version, and App Service not yet.
    practice
        .control_post("clock", json!({"now": (day_of + jiff::SignedDuration::from_hours(1)).to_string()}))
        .await;
    let written = read(&practice, &before.upkeep).await;
    let said = turn(&practice, &written).await.words(day);
    let is_taken = written.certificates.iter().find(|one| one.id.name() == API).unwrap().thumbprint
        != before.certificates.iter().find(|one| one.id.name() == API).unwrap().thumbprint;
    assert!(is_taken || said.contains("has written a self-signed version"), "{said}");
    practice.control_post("clock", json!({"advance": "2d"})).await;
    let served = read(&practice, &[]).await;
    let certificate = served.certificates.iter().find(|one| one.id.name() == API).unwrap();
    assert!(
        certificate.issuer.contains("api.contoso.com"),
        "what the alarm was about: {}",
        certificate.issuer
    );
}

#[tokio::test]
async fn a_partner_ca_renews_on_the_day_that_was_said_or_its_words_are_shown() {
    let practice = Practice::start().await;
    in_vault(
        &practice,
        "PUT",
        "/certificates/issuers/ours",
        &json!({"provider": "DigiCert", "credentials": {"account_id": "1"}}),
    )
    .await;
    set_policy(&practice, "ours", "AutoRenew").await;
    let before = read(&practice, &[]).await;
    let said = turn(&practice, &before).await;
    assert_eq!(said.who, WhoActs::Azure);
    assert!(
        said.words(day).contains("the vault renews it on ") && said.words(day).contains("DigiCert"),
        "{}",
        said.words(day)
    );
    let refusal = json!({"vault": "kv-contoso-shop", "issuer": "ours", "refuses": "The account is locked."});
    practice.control_post("vault-issuer", refusal).await;
    practice
        .control_post(
            "clock",
            json!({"now": (said.when.unwrap() + jiff::SignedDuration::from_hours(1)).to_string()}),
        )
        .await;
    let refused = read(&practice, &[]).await;
    let said = turn(&practice, &refused).await;
    assert_eq!(said.who, WhoActs::You);
    assert!(said.words(day).contains("The account is locked."), "{}", said.words(day));
    practice.control_post("vault-issuer", json!({"vault": "kv-contoso-shop", "issuer": "ours"})).await;
    practice.control_post("clock", json!({"advance": "3d"})).await;
    let renewed = read(&practice, &[]).await;
    let thumbprint = |estate: &Estate| {
        estate.certificates.iter().find(|one| one.id.name() == API).unwrap().thumbprint.clone()
    };
    assert_ne!(thumbprint(&renewed), thumbprint(&before));
    assert_eq!(turn(&practice, &renewed).await.who, WhoActs::Azure);
}

#[tokio::test]
async fn a_vault_that_refuses_or_hangs_is_unknown_by_name_and_delays_nothing_else() {
    let practice = Practice::start().await;
    let forbidden =
        json!({"kind": "status", "status": 403, "code": "Forbidden", "message": "Caller is not authorized."});
    practice.control_post("faults", json!({"host": "kv-contoso-shop.vault.*", "fault": forbidden})).await;
    let refused = read(&practice, &[]).await;
    let said = turn(&practice, &refused).await.words(day);
    assert!(
        said.starts_with(
            "unknown: the vault's policy could not be read: you lack the permission certificates/get"
        ),
        "{said}"
    );
    practice.clear_faults().await;
    let hangs = json!({"host": "kv-contoso-shop.vault.*", "fault": {"kind": "delay", "ms": 60_000}});
    practice.control_post("faults", hangs).await;
    let began = Instant::now();
    let mut estate = inventory::load(&practice.client, &[]).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(9), "the lists waited for the vault");
    let mut told = Vec::new();
    let wanted = inventory::upkeep::wanted(&practice.client, &estate);
    assert!(wanted.len() >= 2);
    inventory::upkeep::read(&practice.client, wanted, &[], now(&practice).await, |answer| told.push(answer))
        .await;
    assert!(began.elapsed() < Duration::from_secs(40), "a bound: {:?}", began.elapsed());
    assert!(matches!(told[0].told, Told::Certificate(_)), "the other vault answered first: {told:?}");
    estate.renew_upkeep(told);
    let said = turn(&practice, &estate).await;
    assert!(
        said.who == WhoActs::Unknown && said.words(day).contains("could not be read"),
        "{}",
        said.words(day)
    );
}

#[tokio::test]
async fn a_vault_whose_firewall_keeps_this_machine_out_is_unknown_by_that_name() {
    let practice = Practice::start().await;
    let subscription = &practice.emulator.connection().subscription_ids[0];
    let vaults =
        practice.arm(&format!("/subscriptions/{subscription}/providers/Microsoft.KeyVault/vaults")).await;
    let shop =
        vaults["value"].as_array().unwrap().iter().find(|one| one["name"] == "kv-contoso-shop").unwrap();
    let closed = json!({"properties": {"networkAcls": {"bypass": "AzureServices", "defaultAction": "Deny"}}});
    practice.arm_send("PATCH", shop["id"].as_str().unwrap(), &closed).await;
    let read = read(&practice, &[]).await;
    let said = turn(&practice, &read).await.words(day);
    assert!(said.contains("the vault's firewall does not let this machine in"), "{said}");
}

#[tokio::test]
async fn what_is_known_is_read_again_when_the_version_changes_or_after_a_day() {
    let practice = Practice::start().await;
    let first = read(&practice, &[]).await;
    let since = last_request(&practice).await;
    let second = read(&practice, &first.upkeep).await;
    assert_eq!(second.upkeep.len(), first.upkeep.len());
    assert!(
        asked_of_vaults(&practice, since).await.iter().all(|path| path == "/certificates"),
        "only whether it is the same"
    );
    // A policy alone is seen a day later, a new version at once.
    set_policy(&practice, "Self", "EmailContacts").await;
    let same = read(&practice, &first.upkeep).await;
    assert_eq!(turn(&practice, &same).await, turn(&practice, &first).await);
    in_vault(&practice, "POST", "/certificates/api/create", &json!({})).await;
    let newer = read(&practice, &first.upkeep).await;
    assert_ne!(turn(&practice, &newer).await, turn(&practice, &first).await);
    practice.control_post("clock", json!({"advance": "25h"})).await;
    let since = last_request(&practice).await;
    read(&practice, &newer.upkeep).await;
    assert!(asked_of_vaults(&practice, since).await.iter().any(|path| path == "/certificates/api"));
}

#[tokio::test]
async fn the_vaults_of_a_large_estate_are_asked_once_a_certificate_and_later_once_a_page() {
    let practice = Practice::with(|options| {
        options.fleet = Some("apps=200,certificates=3000,subscriptions=5,seed=7".parse().unwrap());
    })
    .await;
    let began = Instant::now();
    let mut estate = inventory::load(&practice.client, &[]).await.unwrap();
    let lists = began.elapsed();
    let wanted = inventory::upkeep::wanted(&practice.client, &estate).len();
    let since = last_request(&practice).await;
    let now = now(&practice).await;
    inventory::upkeep::add(&practice.client, &mut estate, &[], now, |_, _| ()).await;
    let both = began.elapsed();
    println!(
        "{} certificates listed in {lists:?}; {wanted} in vaults, with them {both:?}",
        estate.certificates.len()
    );
    assert!(wanted > 300 && estate.upkeep.len() == wanted);
    assert!(estate.upkeep.iter().all(|one| matches!(one.told, Told::Certificate(_))));
    assert!(asked_of_vaults(&practice, since).await.len() <= wanted + 5);
    let (since, known) = (last_request(&practice).await, estate.upkeep.clone());
    inventory::upkeep::add(&practice.client, &mut estate, &known, now, |_, _| ()).await;
    assert!(asked_of_vaults(&practice, since).await.len() < wanted / 10);
}
