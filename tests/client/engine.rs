//! The engine where the service keeps it waiting or does not answer: what takes time is waited for and not
//! called a failure, what got no answer is not called accepted.

use std::time::Duration;

use crate::support::{Reply, Seen, Server};
use certdeck::flow::engine::{Conductor, Ending, Engine};
use certdeck::flow::{FlowName, Inputs, Key, Step, StepId};
use certdeck::journal::Journal;
use certdeck::rules::{Profile, Rules};
use jiff::Timestamp;
use serde_json::json;

const ORDER: &str = "/subscriptions/s/resourceGroups/web/providers/Microsoft.CertificateRegistration/certificateOrders/contoso";

/// A service whose order is never issued; it does this when it is asked for a verification. Four minutes pass
/// from look to look: longer than a verification is left alone.
async fn never_issued(on_verify: fn() -> Reply) -> Server {
    Server::start(move |seen: &Seen, looks| {
        if seen.line.starts_with("POST") {
            return on_verify();
        }
        let minutes = 4 * i64::try_from(looks).unwrap();
        let date = Timestamp::from_second(1_790_000_000 + 60 * minutes).unwrap().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let order = json!({"id": ORDER, "name": "contoso", "properties": {"status": "PendingIssuance", "productType":
            "StandardDomainValidatedSsl", "distinguishedName": "CN=contoso.com", "domainVerificationToken": "k3v8m1q7x2"}});
        Reply::json(200, &if seen.line.contains(ORDER) { order } else { json!({"value": []}) }).header("date", date)
    })
    .await
}

fn by_page() -> Inputs {
    let given = [
        (Key::Subscription, "s"),
        (Key::ResourceGroup, "web"),
        (Key::Order, "contoso"),
        (Key::Method, "manual-html"),
    ];
    given.into_iter().fold(Inputs::default(), |inputs, (key, value)| inputs.with(key, value))
}

/// Agrees to everything and waits a few times.
struct Patient(u32);

impl Conductor for Patient {
    fn stands(&mut self, _: &[Step]) {}
    fn says(&mut self, _: &str) {}
    fn consents(&mut self, _: &Step) -> bool {
        true
    }
    async fn waits(&mut self, _: &str, _: Duration) -> bool {
        self.0 -= 1;
        self.0 > 0
    }
}

#[tokio::test]
async fn an_issuance_that_takes_long_is_waited_for_after_asking_three_times() {
    let server = never_issued(|| Reply::empty(204)).await;
    let (client, journal, rules) =
        (server.client().await, Journal::none(), Rules::load(Profile::Current).unwrap());
    let engine = Engine { client: &client, journal: &journal, rules: &rules };
    let ending = engine.run(FlowName::Verify, &by_page(), &mut Patient(3)).await.unwrap();
    assert!(matches!(ending, Ending::StillWaiting { .. }), "{ending:?}");
    assert_eq!(server.seen("verifyDomainOwnership").len(), 3);
}

#[tokio::test]
async fn a_change_without_an_answer_of_which_nothing_shows_is_reported_as_lost() {
    let server = never_issued(|| Reply::HangUp).await;
    let (client, journal, rules) =
        (server.client().await, Journal::none(), Rules::load(Profile::Current).unwrap());
    let engine = Engine { client: &client, journal: &journal, rules: &rules };
    let seen = engine.observe(FlowName::Verify, &by_page()).await.unwrap();
    let steps = certdeck::flow::steps(FlowName::Verify, &seen, &by_page(), &rules, client.now());
    let agreed = steps.iter().find(|step| step.id == StepId::ASK_VERIFICATION).unwrap();
    let performed = engine.perform(FlowName::Verify, &by_page(), agreed, &mut |_| ()).await;
    assert!(performed.unwrap_err().why.contains("answer"));
    assert_eq!(server.seen("verifyDomainOwnership").len(), 1);
}
