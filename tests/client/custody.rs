//! The chain of custody (B3-1), read by the real client from the practice cloud.

use crate::common::Practice;
use certdeck::azure::inventory;
use certdeck::flow::{FlowName, Key};
use certdeck::health::custody;
use certdeck::model::custody::{About, Custody, Place, Standing};
use certdeck::model::{Binding, Hostname, Source};
use jiff::Timestamp;

const ORDER: (Key, &str) = (Key::Order, "contoso-www");

async fn explain(practice: &Practice, about: &About) -> Custody {
    custody::explain(&practice.client, about, Timestamp::now()).await.unwrap()
}

async fn live(practice: &Practice) -> About {
    let app = practice.emulator.connection().app.clone();
    let flows: Vec<(FlowName, Vec<(Key, &str)>)> = vec![
        (FlowName::Purchase, vec![ORDER, (Key::Domain, "contoso.com"), (Key::Product, "standard")]),
        (FlowName::Store, vec![ORDER, (Key::Vault, "kv-journey"), (Key::VaultLocation, "westeurope")]),
        (FlowName::Verify, vec![ORDER, (Key::Method, "app-service"), (Key::App, &app)]),
        (FlowName::ImportOrder, vec![ORDER, (Key::App, &app)]),
        (
            FlowName::Bind,
            vec![ORDER, (Key::App, &app), (Key::Hostname, "contoso.com"), (Key::SslType, "sni")],
        ),
    ];
    for (flow, given) in &flows {
        practice.complete(*flow, given).await;
    }
    let inputs = practice.inputs(FlowName::Verify, &[ORDER]);
    About::Order(certdeck::flow::order_id(&inputs).unwrap())
}

#[tokio::test]
async fn order_hostname_and_certificate_tell_the_same_chain_and_a_sync_mends_it() {
    let practice = Practice::start().await;
    let order = live(&practice).await;
    let told = explain(&practice, &order).await;
    let chain = &told.chains[0];
    assert_eq!(chain.title(), "contoso.com: OK", "{told:#?}");
    let places: Vec<Place> = chain.links.iter().map(|link| link.place).collect();
    assert_eq!(places, [Place::Order, Place::Vault, Place::AppService, Place::Binding, Place::Served]);
    let same = |one: &certdeck::model::custody::Link| {
        one.thumbprint == chain.links[0].thumbprint && one.expires == chain.links[0].expires
    };
    assert!(chain.links.iter().all(same), "every link has the certificate of the order: {chain:#?}");

    let estate = inventory::load(&practice.client, &[]).await.unwrap();
    let host = Hostname::parse("contoso.com").unwrap();
    let binding = estate.bindings.iter().find(|binding| binding.host == host).unwrap();
    let certificate = estate.certificate_of(binding).unwrap();
    let by_host = explain(&practice, &About::Binding { app: binding.app.clone(), host }).await;
    let by_certificate = explain(&practice, &About::Certificate(certificate.id.clone())).await;
    assert_eq!((&by_host.chains, &by_certificate.chains), (&told.chains, &told.chains));

    let now = chain.links[0].thumbprint.clone().unwrap();
    practice.complete(FlowName::Rekey, &[ORDER, (Key::Current, now.as_str())]).await;
    let behind = explain(&practice, &order).await;
    let broken = behind.chains[0].first_broken().expect("App Service has the old certificate");
    assert_eq!(broken.place, Place::AppService);
    assert!(
        matches!(&broken.standing, Standing::Broken { why, remedy } if why.contains("behind") && remedy.contains("Sync"))
    );
    practice.complete(FlowName::Sync, &[ORDER, (Key::Scope, "order")]).await;
    assert_eq!(explain(&practice, &order).await.chains[0].verdict(), "OK");
}

#[tokio::test]
async fn every_certificate_hostname_and_order_of_the_estate_can_be_explained_by_reads_alone() {
    let practice = Practice::start().await;
    let before = practice.changes().await;
    let estate = inventory::load(&practice.client, &[]).await.unwrap();
    for binding in &estate.bindings {
        let told =
            explain(&practice, &About::Binding { app: binding.app.clone(), host: binding.host.clone() })
                .await;
        let is_bound = |binding: &Binding| estate.certificate_of(binding).is_some();
        assert_eq!(told.chains.len(), 1);
        assert_eq!(
            told.chains[0].links.iter().any(|link| link.place == Place::AppService),
            is_bound(binding),
            "{told:#?}"
        );
    }
    for certificate in &estate.certificates {
        let told = explain(&practice, &About::Certificate(certificate.id.clone())).await;
        let of_order = matches!(estate.source(certificate), Source::Order(_));
        assert!(
            told.chains
                .iter()
                .all(|chain| chain.links.iter().any(|link| link.place == Place::Order) == of_order),
            "{told:#?}"
        );
    }
    for order in &estate.orders {
        assert!(!explain(&practice, &About::Order(order.id.clone())).await.chains.is_empty());
    }
    assert_eq!(practice.changes().await, before, "an explanation only reads");
}

#[tokio::test]
async fn what_is_gone_has_no_chain() {
    let practice = Practice::start().await;
    let order = live(&practice).await;
    let About::Order(id) = order else { unreachable!() };
    let gone = About::Order(id.sibling("Microsoft.CertificateRegistration/certificateOrders", "never-was"));
    assert_eq!(explain(&practice, &gone).await.chains, []);
}
