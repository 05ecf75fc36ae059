//! Renewing and rekeying orders of the default estate, and what the apps serve afterwards.

use certdeck::azure::{inventory, orders};
use certdeck::flow::engine::Ending;
use certdeck::flow::{FlowName, Key, StepId, StepStatus, order_id};
use certdeck::health::tls;
use certdeck::model::{Hostname, Order, OrderStatus, Thumbprint};

use crate::cloud::Cloud;
use crate::common::Practice;
use crate::pty::Pty;

/// Ends in 25 days and does not renew by itself; its last proof is from before March 2026, so it has to be
/// given again.
const API: (Key, &str) = (Key::Order, "apifabrikam");

/// The whole id of an order, whichever group it is in.
async fn order(practice: &Practice, name: &str) -> Order {
    let estate = inventory::load(&practice.client, &[]).await.unwrap();
    estate.orders.iter().find(|order| order.id.name() == name).unwrap().clone()
}

pub(crate) async fn current(practice: &Practice, name: &str) -> (String, String) {
    let order = order(practice, name).await;
    (order.id.as_str().to_owned(), order.thumbprint.unwrap().as_str().to_owned())
}

async fn served(practice: &Practice, host: &str) -> Thumbprint {
    tls::served_thumbprint(practice.client.cloud(), &Hostname::parse(host).unwrap())
        .await
        .here()
        .unwrap()
        .clone()
}

#[tokio::test]
async fn an_order_is_renewed_once_verified_again_and_brought_to_its_apps_a167_a182() {
    let practice = Practice::start().await;
    let before = order(&practice, "apifabrikam").await;
    let old = before.thumbprint.clone().unwrap();
    let by_app = [API, (Key::Current, old.as_str()), (Key::Method, "app-service"), (Key::App, "contoso-api")];

    let changes = practice.changes().await;
    let inputs = practice.inputs(FlowName::Renew, &by_app);
    let seen = certdeck::flow::observe(&practice.client, FlowName::Renew, &inputs).await.unwrap();
    let plan =
        certdeck::flow::steps(FlowName::Renew, &seen, &inputs, &practice.rules, jiff::Timestamp::now());
    assert_eq!(practice.changes().await, changes, "looking changes nothing");
    let step = plan.iter().find(|step| step.id == StepId::RENEW).unwrap();
    let fact = |label: &str| {
        step.facts.iter().find(|(known, _)| known == label).map(|(_, words)| words.as_str()).unwrap()
    };
    assert!(
        fact("Charged").starts_with("yes") && fact("Domain proof").contains("verified again"),
        "{:?}",
        step.facts
    );
    assert!(fact("Apps").contains("apifabrikam-Linux") && fact("Key").starts_with("changes"));

    practice.complete(FlowName::Renew, &by_app).await;
    let after = order(&practice, "apifabrikam").await;
    assert_eq!((after.status.clone(), practice.purchases().await), (OrderStatus::Issued, 1));
    assert_ne!(after.thumbprint, before.thumbprint);
    let year = jiff::SignedDuration::from_hours(365 * 24);
    assert_eq!(
        after.term_ends.unwrap(),
        before.term_ends.unwrap() + year,
        "a year from the old end, not from today (A169)"
    );
    assert!(fact("Paid until").starts_with(&after.term_ends.unwrap().strftime("%Y-%m-%d").to_string()));
    assert!(
        fact("Expires").starts_with(&after.expires.unwrap().strftime("%Y-%m-%d").to_string()),
        "{}",
        fact("Expires")
    );

    let changes = practice.changes().await;
    practice.complete(FlowName::Renew, &by_app).await;
    assert_eq!(
        (practice.changes().await, practice.purchases().await),
        (changes, 1),
        "the same again renews nothing"
    );

    assert_eq!(served(&practice, "api.fabrikam.com").await, old);
    practice.complete(FlowName::Sync, &[API]).await;
    assert_eq!(Some(served(&practice, "api.fabrikam.com").await), after.thumbprint);
    let changes = practice.changes().await;
    practice.complete(FlowName::Sync, &[API]).await;
    assert_eq!(practice.changes().await, changes, "what is in step is not sent again");
}

#[tokio::test]
async fn a_renewal_without_the_certificate_it_replaces_is_refused_with_its_thumbprint() {
    let practice = Practice::start().await;
    let (_, now) = current(&practice, "apifabrikam").await;
    let changes = practice.changes().await;
    for (given, word) in [(vec![API], now.as_str()), (vec![API, (Key::Current, "12")], "40 hexadecimal")] {
        match practice.run(FlowName::Renew, &given).await {
            Ok(Ending::NeedsInput { key: Key::Current, why }) => assert!(why.contains(word), "{why}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(practice.changes().await, changes);
}

#[tokio::test]
async fn outside_the_window_the_day_it_opens_is_said_a179() {
    let practice = Practice::start().await;
    let (id, now) = current(&practice, "wildfabrikam").await;
    match practice.run(FlowName::Renew, &[(Key::Order, &id), (Key::Current, &now)]).await {
        Ok(Ending::Blocked(problem)) => {
            let opens = order(&practice, "wildfabrikam").await.term_ends.unwrap()
                - jiff::SignedDuration::from_hours(90 * 24);
            assert!(problem.why.contains(&opens.strftime("%Y-%m-%d").to_string()), "{problem}");
            assert_eq!(problem.code.as_deref(), Some("ExpirationNotInRenewalTimeRange"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_rekey_keeps_the_end_and_never_happens_twice_a187_a193() {
    let practice = Practice::start().await;
    let before = order(&practice, "wildfabrikam").await;
    let (id, now) = current(&practice, "wildfabrikam").await;
    let given = [(Key::Order, id.as_str()), (Key::Current, now.as_str())];
    practice.complete(FlowName::Rekey, &given).await;
    let after = order(&practice, "wildfabrikam").await;
    assert_eq!((after.expires, after.term_ends), (before.expires, before.term_ends));
    assert_ne!(after.thumbprint, before.thumbprint);
    let changes = practice.changes().await;
    practice.complete(FlowName::Rekey, &given).await;
    assert_eq!(practice.changes().await, changes);
    practice.complete(FlowName::Sync, &[given[0]]).await;
    assert_eq!(Some(served(&practice, "team.fabrikam.com").await), after.thumbprint);
    assert_eq!(practice.purchases().await, 0, "a rekey costs nothing");
}

#[tokio::test]
async fn auto_renewal_is_switched_and_switched_back_a175() {
    let practice = Practice::start().await;
    for (wanted, is_on) in [("yes", true), ("no", false)] {
        let steps = practice.complete(FlowName::AutoRenew, &[API, (Key::AutoRenew, wanted)]).await;
        assert!(matches!(&steps[0].status, StepStatus::Done(_)));
        let id = order_id(&practice.inputs(FlowName::AutoRenew, &[API])).unwrap();
        assert_eq!(orders::get(&practice.client, &id).await.unwrap().unwrap().auto_renew, is_on);
    }
}

#[test]
fn an_order_is_renewed_by_keys_alone() {
    let cloud = Cloud::start();
    let old = cloud.served_thumbprint("api.fabrikam.com");
    let mut screen = Pty::start(&[env!("CARGO_BIN_EXE_certdeck")], &cloud.environment());
    screen.wait_for("shop.contoso.com");
    screen.keys("3/apifabrikam<Enter>");
    screen.wait_for("Orders 1/");
    screen.keys("r");
    screen.wait_for("yes: 1 year");
    screen.keys("<Enter>");
    screen.wait_for("Type renew to confirm");
    screen.keys("renew<Enter>");
    send(&mut screen, "Let the app prove the domain");
    send(&mut screen, "Request verification");
    screen.wait_for("The certificate is renewed. Enter goes on with Sync");
    assert_eq!(cloud.served_thumbprint("api.fabrikam.com"), old, "nothing goes down before the Sync");
    screen.keys("<Enter>");
    // The page asks by itself.
    screen.wait_for("Enter Send");
    screen.keys("<Enter>");
    screen.wait_for("App Service has what the vault holds");
    assert_ne!(cloud.served_thumbprint("api.fabrikam.com"), old);
    assert_eq!(cloud.purchases(), 1);
    screen.keys("<Enter>q");
    assert_eq!(screen.wait_exit(), 0);
}

#[test]
fn an_order_is_rekeyed_by_keys_alone_and_costs_nothing() {
    let cloud = Cloud::start();
    let old = cloud.served_thumbprint("team.fabrikam.com");
    let mut screen = Pty::start(&[env!("CARGO_BIN_EXE_certdeck")], &cloud.environment());
    screen.wait_for("shop.contoso.com");
    screen.keys("3/wildfabrikam<Enter>");
    screen.wait_for("Orders 1/");
    screen.keys(":rekey<Enter>");
    screen.wait_for("a rekey does not extend it");
    screen.keys("<Enter>");
    screen.wait_for("Type rekey to confirm");
    screen.keys("rekey<Enter>");
    screen.wait_for("The certificate is rekeyed. Enter goes on with Sync");
    assert_eq!(cloud.served_thumbprint("team.fabrikam.com"), old, "nothing goes down before the Sync");
    screen.keys("<Enter>");
    // The page asks by itself.
    screen.wait_for("Enter Send");
    screen.keys("<Enter>");
    screen.wait_for("App Service has what the vault holds");
    assert_ne!(cloud.served_thumbprint("team.fabrikam.com"), old);
    assert_eq!(cloud.purchases(), 0);
}

#[test]
fn on_screen_auto_renewal_is_switched_by_its_key() {
    let cloud = Cloud::start();
    let mut screen = Pty::start(&[env!("CARGO_BIN_EXE_certdeck")], &cloud.environment());
    screen.wait_for("shop.contoso.com");
    screen.keys("3/apifabrikam<Enter>");
    screen.wait_for("Orders 1/");
    screen.keys("A");
    screen.wait_for("on instead of off");
    send(&mut screen, "Switch auto renewal on");
    screen.wait_for("The setting is saved");
    let orders = crate::state::estate(&cloud).into_rows().orders;
    assert!(orders.iter().find(|order| order.id.name() == "apifabrikam").unwrap().auto_renew);
}

#[tokio::test]
async fn whoever_renews_a_certificate_without_an_order_is_shown_the_way_that_fits_a157_a183() {
    let practice = Practice::start().await;
    let estate = inventory::load(&practice.client, &[]).await.unwrap();
    let changes = practice.changes().await;
    for (name, words) in [
        ("kv-contoso-shop-api", "certdeck run sync --set certificate=kv-contoso-shop-api"),
        ("careers.contoso.com", "Azure renews this managed certificate by itself"),
        ("shop-2026", "certdeck run replace"),
    ] {
        let id = &estate.certificates.iter().find(|one| one.id.name() == name).unwrap().id;
        match practice.run(FlowName::Renew, &[(Key::Certificate, id.as_str())]).await {
            Ok(Ending::Blocked(problem)) => assert!(problem.to_string().contains(words), "{problem}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    let import = estate.certificates.iter().find(|one| one.id.name() == "apifabrikam-Linux").unwrap();
    match practice.run(FlowName::Renew, &[(Key::Certificate, import.id.as_str())]).await {
        Ok(Ending::NeedsInput { key: Key::Order, why }) => {
            assert!(why.contains("/certificateOrders/apifabrikam"), "{why}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(practice.changes().await, changes);
}

/// Sends the step that is ready, through its confirmation.
pub(crate) fn send(screen: &mut Pty, title: &str) {
    screen.wait_for(&format!("▸ {title}"));
    screen.wait_for("ready");
    screen.keys("<Enter>");
    screen.wait_for("Enter Send");
    screen.keys("<Enter>");
    screen.wait_without("Enter Send");
}
