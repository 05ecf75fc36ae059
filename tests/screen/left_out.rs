//! A subscription that keeps failing, on the whole screen of the real program: the others are there, what is
//! missing is named with the reason, and a refresh asks for it again.

use crate::cloud::Cloud;
use crate::pty::Pty;
use serde_json::json;

#[test]
fn what_keeps_failing_is_named_on_the_screen_and_a_refresh_asks_for_it_again() {
    let cloud = Cloud::start();
    let failing = &cloud.connection().subscription_ids[1];
    let down = |path: &str, status: u16| json!({"path": path, "fault": {"kind": "status", "status": status}});
    cloud.tell("faults", &down("*/Microsoft.ResourceGraph/resources", 403));
    cloud.tell("faults", &down(&format!("/subscriptions/{failing}/*"), 503));

    let mut screen = Pty::start(&[env!("CARGO_BIN_EXE_certdeck")], &cloud.environment());
    let named = "Contoso Test could not be read: p";
    screen.wait_until("the others, and what is missing", |screen| {
        screen.contains("shop-2026") && screen.contains(named)
    });
    screen.keys("p");
    screen.wait_until("the reason", |screen| screen.contains("not read: keeps failing (HTTP 503), left out"));
    screen.keys("<Enter>");
    screen.wait_until("what to do", |screen| {
        screen.contains("Read Contoso Test") && screen.contains("Refresh (C-r)")
    });

    cloud.clear("faults");
    screen.keys("<Enter><C-r>");
    screen.wait_until("a whole reading", |screen| {
        screen.contains("just now") && !screen.contains("could not be read")
    });
    screen.keys("q");
    assert_eq!(screen.wait_exit(), 0);
}
