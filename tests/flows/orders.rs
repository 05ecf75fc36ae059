//! The end of an order: its locks, and its deletion.

use certdeck::azure::Request;
use certdeck::flow::engine::Ending;
use certdeck::flow::{FlowName, Key, StepId, StepStatus, observe, steps};
use certdeck::model::ResourceId;
use serde_json::json;

use crate::cloud::Cloud;
use crate::common::Practice;
use crate::pty::Pty;

const ORDER: (Key, &str) = (Key::Order, "contoso-www");

async fn bought(practice: &Practice) -> String {
    let given = [ORDER, (Key::Domain, "contoso.com"), (Key::Product, "standard")];
    practice.complete(FlowName::Purchase, &given).await;
    let id = certdeck::flow::order_id(&practice.inputs(FlowName::Unlock, &[ORDER])).unwrap();
    id.to_string()
}

#[tokio::test]
async fn an_order_is_unlocked_and_deleted_only_in_this_sequence_and_once() {
    let practice = Practice::start().await;
    let id = bought(&practice).await;
    match practice.run(FlowName::DeleteOrder, &[ORDER]).await {
        Ok(Ending::Blocked(problem)) => assert_eq!(problem.code.as_deref(), Some("ScopeLocked")),
        other => panic!("a locked order: {other:?}"),
    }
    let before = practice.changes().await;
    let inputs = practice.inputs(FlowName::Unlock, &[ORDER]);
    let seen = observe(&practice.client, FlowName::Unlock, &inputs).await.unwrap();
    let planned = steps(FlowName::Unlock, &seen, &inputs, &practice.rules, jiff::Timestamp::now());
    assert!(planned.iter().any(|step| step.id == StepId::UNLOCK
        && step.status == StepStatus::Ready
        && step.requests.len() == 1));
    assert_eq!(practice.changes().await, before, "looking changes nothing");

    practice.complete(FlowName::Unlock, &[ORDER]).await;
    practice.complete(FlowName::DeleteOrder, &[ORDER]).await;
    assert_eq!(practice.changes().await, before + 2, "one lock and one order");
    assert_eq!(practice.arm(&id).await["error"]["code"], "ResourceNotFound");
    practice.complete(FlowName::DeleteOrder, &[ORDER]).await;
    assert_eq!(practice.changes().await, before + 2, "what is gone is not deleted again");
}

#[tokio::test]
async fn a_lock_on_the_group_is_found_and_left_until_it_is_asked_for() {
    let practice = Practice::start().await;
    let id = bought(&practice).await;
    let group = id.split("/providers/").next().unwrap();
    let lock = format!("{group}/providers/Microsoft.Authorization/locks/keep");
    let put = Request::put(
        "Lock",
        &ResourceId::parse(&lock).unwrap(),
        "2020-05-01",
        json!({"properties": {"level": "CanNotDelete"}}),
    );
    practice.client.change(&put, &mut |_| ()).await.unwrap();
    match practice.run(FlowName::Unlock, &[ORDER]).await {
        Ok(Ending::NeedsInput { key, why }) => {
            assert!(key == Key::Locks && why.contains("resource group"), "{why}");
        }
        other => panic!("{other:?}"),
    }
    practice.complete(FlowName::Unlock, &[ORDER, (Key::Locks, "all")]).await;
    practice.complete(FlowName::DeleteOrder, &[ORDER]).await;
}

#[test]
fn on_the_screen_the_exact_name_is_typed_before_an_order_goes() {
    let cloud = Cloud::start();
    let mut screen = Pty::start(&[env!("CARGO_BIN_EXE_certdeck")], &cloud.environment());
    screen.wait_for("shop-2026");
    screen.keys("3/apifabrikam<Enter>");
    screen.wait_for("Orders 1/");
    screen.keys("d");
    screen.wait_for("Enter Remove the locks on the order...");
    screen.keys("<Enter>");
    screen.wait_for("locks/apifabrikam");
    screen.wait_for("Enter Cancel");
    screen.keys("<Tab><Enter>");
    screen.wait_for("Enter goes on with Delete ord");
    screen.keys("<Enter>");
    screen.wait_for("What stops working at once: api.fabrikam.com");
    screen.wait_for("Type apifabrikam to confirm:");
    screen.keys("ApiFabrikam<Enter>");
    screen.wait_for("type apifabrikam and press Enter");
    screen.keys("<C-u>apifabrikam<Enter>");
    screen.wait_for("The order is deleted and its certificate revoked");
    let left = crate::state::estate(&cloud).into_rows().orders;
    assert!(left.iter().all(|order| order.id.name() != "apifabrikam"), "{left:?}");
}
