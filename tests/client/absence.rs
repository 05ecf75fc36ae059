//! What is there, what is not, and what nobody can tell: only a 404 says that something is absent. A good
//! answer without a resource in it is an error with words, and what does not decode in a list is named, never
//! just missing.

use crate::support::{Reply, Server};
use certdeck::azure::{
    AzureError, Client, certificates, groups, inventory, locks, orders, plans, site_config, sites, vaults,
};
use certdeck::flow::engine::{Conductor, Engine};
use certdeck::flow::{FlowName, Inputs, Key, Step};
use certdeck::journal::Journal;
use certdeck::model::ResourceId;
use certdeck::rules::{Profile, Rules};
use serde_json::{Value, json};
use std::time::Duration;

const GROUP: &str = "/subscriptions/s/resourceGroups/web";

fn id(path: &str) -> ResourceId {
    ResourceId::parse(&format!("{GROUP}/providers/{path}")).unwrap()
}

/// Every read of one thing, by name: whether it found it.
async fn reads(client: &Client) -> Vec<(&'static str, Result<bool, AzureError>)> {
    let site = id("Microsoft.Web/sites/shop");
    let order = id("Microsoft.CertificateRegistration/certificateOrders/contoso");
    vec![
        ("order", orders::get(client, &order).await.map(|read| read.is_some())),
        (
            "certificate",
            certificates::get(client, &id("Microsoft.Web/certificates/shop"))
                .await
                .map(|read| read.is_some()),
        ),
        ("vault", vaults::get(client, &id("Microsoft.KeyVault/vaults/kv")).await.map(|read| read.is_some())),
        ("plan", plans::get(client, &id("Microsoft.Web/serverfarms/plan")).await.map(|read| read.is_some())),
        ("app", sites::get(client, &site).await.map(|read| read.is_some())),
        ("app as it is", sites::as_it_is(client, &site).await.map(|read| read.is_some())),
        (
            "binding",
            sites::binding(client, &site.child("hostNameBindings", "shop.contoso.com"))
                .await
                .map(|read| read.is_some()),
        ),
        ("token", sites::claim_token(client, &site, "contoso").await.map(|read| read.is_some())),
        ("configuration", site_config::as_it_is(client, &site).await.map(|read| read.is_some())),
        ("group", groups::get(client, &ResourceId::parse(GROUP).unwrap()).await.map(|read| read.is_some())),
    ]
}

#[tokio::test]
async fn only_a_404_means_that_there_is_none() {
    for body in
        ["{}", "null", "[]", "", "\"gone\"", "{\"value\": []}", "{\"name\": \"shop\", \"properties\": {}}"]
    {
        let server = Server::start(move |_, _| {
            Reply::Say(200, vec![("x-ms-request-id", "req-7".to_owned())], body.to_owned())
        })
        .await;
        for (what, read) in reads(&server.client().await).await {
            let Err(AzureError::Malformed { why, .. }) = &read else {
                panic!("{what} is {read:?} by {body:?}")
            };
            assert!(why.contains("the answer ") && why.contains("request id req-7"), "{what}: {why}");
        }
    }
    let not_found = json!({"error": {"code": "ResourceNotFound", "message": "Not here."}});
    let server = Server::start(move |_, _| Reply::json(404, &not_found)).await;
    for (what, read) in reads(&server.client().await).await {
        assert_eq!(read, Ok(false), "{what}");
    }
}

#[tokio::test]
async fn a_resource_without_its_properties_is_not_taken_for_one() {
    for more in [
        json!({}),
        json!({"name": "x"}),
        json!({"name": "x", "properties": null}),
        json!({"name": "x", "properties": []}),
    ] {
        let mut body =
            json!({"id": id("Microsoft.CertificateRegistration/certificateOrders/contoso").as_str()});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let server = Server::start(move |_, _| Reply::json(200, &body)).await;
        let order = id("Microsoft.CertificateRegistration/certificateOrders/contoso");
        let read = orders::get(&server.client().await, &order).await;
        assert!(matches!(read, Err(AzureError::Malformed { .. })), "{more}: {read:?}");
    }
}

struct Agreeing;

impl Conductor for Agreeing {
    fn stands(&mut self, _: &[Step]) {}
    fn says(&mut self, _: &str) {}
    fn consents(&mut self, _: &Step) -> bool {
        true
    }
    async fn waits(&mut self, _: &str, _: Duration) -> bool {
        false
    }
}

#[tokio::test]
async fn a_deletion_is_not_done_because_the_order_cannot_be_read() {
    for body in ["{}", "null", "[]"] {
        let server = Server::start(move |seen, _| {
            if seen.line.contains("/certificateOrders/contoso?") {
                Reply::Say(200, Vec::new(), body.to_owned())
            } else {
                Reply::json(200, &json!({"value": []}))
            }
        })
        .await;
        let given = [(Key::Subscription, "s"), (Key::ResourceGroup, "web"), (Key::Order, "contoso")];
        let inputs =
            given.into_iter().fold(Inputs::default(), |inputs, (key, value)| inputs.with(key, value));
        let (client, journal, rules) =
            (server.client().await, Journal::none(), Rules::load(Profile::Current).unwrap());
        let engine = Engine { client: &client, journal: &journal, rules: &rules };
        for flow in [FlowName::DeleteOrder, FlowName::Purchase, FlowName::Unlock] {
            let ended = engine.run(flow, &inputs, &mut Agreeing).await;
            let problem = ended.expect_err("it cannot be told where the order stands");
            assert!(problem.why.contains("the answer "), "{}: {problem}", flow.as_str());
        }
        assert!(server.seen("DELETE").is_empty() && server.seen("PUT").is_empty());
    }
}

#[tokio::test]
async fn an_element_that_does_not_decode_is_named_and_never_just_missing() {
    let good = id("Microsoft.Web/certificates/good");
    let lock = json!({"value": [{"name": "odd", "properties": {"level": "CanNotDelete"}}]});
    let certificate = |name: &str| {
        json!({"id": id(&format!("Microsoft.Web/certificates/{name}")).as_str(), "name": name,
        "location": "West Europe", "properties": {"webSpace": "w", "hostNames": [], "expirationDate": "2027-01-01T00:00:00Z"}})
    };
    let bare =
        json!({"id": id("Microsoft.Web/certificates/bare").as_str(), "name": "bare", "properties": null});
    let all = json!({"value": [certificate("good"), bare, 7, {"name": "nameless"}]});
    let server = Server::start(move |seen, _| {
        let subscription =
            json!({"id": "/subscriptions/s", "subscriptionId": "s", "displayName": "S", "state": "Enabled"});
        match seen.line.as_str() {
            line if line.starts_with("GET /subscriptions?") => {
                Reply::json(200, &json!({"value": [subscription]}))
            }
            line if line.contains("/locks?") => Reply::json(200, &lock),
            line if line.contains("/certificates?") => Reply::json(200, &all),
            line if line.starts_with("POST") => {
                Reply::json(403, &json!({"error": {"code": "AuthorizationFailed", "message": "No."}}))
            }
            _ => Reply::json(200, &json!({"value": []})),
        }
    })
    .await;
    let client = server.client().await;
    let error = locks::list(&client, &good).await.unwrap_err();
    assert!(error.to_string().contains("1 element is not what the API describes: odd"), "{error}");

    let estate = inventory::load(&client, &[]).await.unwrap();
    assert_eq!(
        estate.certificates.iter().map(|one| one.id.clone()).collect::<Vec<_>>(),
        [good],
        "the others are kept"
    );
    let gaps: Vec<Value> = estate.gaps.iter().map(|gap| json!([gap.what, gap.problem.why])).collect();
    let said = json!(gaps).to_string();
    assert!(
        said.contains("3 elements are not")
            && said.contains("certificates/bare")
            && said.contains("nameless"),
        "{said}"
    );
    assert!(estate.gaps.iter().any(certdeck::model::Gap::hides_something));
}
