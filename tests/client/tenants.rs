//! Several tenants side by side: who signs in to one is kept for that one, and no token or sign-in of one
//! goes to another.

use std::path::Path;

use crate::support::{Reply, Seen, Server};
use certdeck::azure::{Chain, Client, Connection, Desk, OwnSignIn, Saved, SignIn, subscriptions};
use serde_json::json;

const TENANTS: [&str; 2] = ["one.example", "two.example"];

/// A sign-in service with two tenants, and a cloud in which each has a subscription of its name. Whoever
/// signed in to one is known in the other if they are a guest there.
fn answer(seen: &Seen, _: usize, is_guest: bool) -> Reply {
    if seen.line.starts_with("GET /subscriptions?") {
        let name = seen.header("authorization").unwrap().trim_start_matches("Bearer token of ").to_owned();
        return Reply::json(
            200,
            &json!({"value": [{"id": "/subscriptions/s", "subscriptionId": "s", "displayName": name}]}),
        );
    }
    let tenant =
        TENANTS.into_iter().find(|tenant| seen.line.starts_with(&format!("POST /{tenant}/oauth2/"))).unwrap();
    let code = json!({"device_code": tenant, "user_code": tenant, "verification_uri": "https://x.example", "interval": 1});
    let token = json!({"token_type": "Bearer", "expires_in": 3600, "access_token": format!("token of {tenant}"),
        "refresh_token": format!("refresh {tenant}")});
    let refused = json!({"error": "invalid_grant", "error_description": "AADSTS50020: the user is not known in the tenant"});
    let is_own = seen.body.contains(&format!("refresh+{tenant}"));
    if seen.line.contains("/devicecode") {
        Reply::json(200, &code)
    } else if seen.body.contains("grant_type=refresh_token") && !is_own && !is_guest {
        Reply::json(400, &refused)
    } else {
        Reply::json(200, &token)
    }
}

/// Whose subscriptions a new start sees in the context of this tenant, and the code that a person was shown
/// for it.
async fn sign_in(server: &Server, dir: &Path, tenant: &str) -> (String, Option<String>) {
    let (desk, mut asked) = Desk::open();
    let saved = Some(Saved::at(dir.join("sign-ins.json")));
    let of = || Some(tenant.to_owned());
    let chain = Chain::just(OwnSignIn::SavedSignIn { tenant: of(), client_id: None });
    let chain = chain.then(OwnSignIn::DeviceCode { tenant: of(), client_id: None });
    let connection = Connection { chain, saved, desk: Some(desk), ..server.connection() };
    let client = Client::connect(connection).await.unwrap();
    let name = subscriptions::list(&client).await.unwrap()[0].name.clone();
    let code = asked.try_recv().ok().map(|said| match said {
        SignIn::Asked(code) => code.code,
        other => panic!("{other:?}"),
    });
    (name, code)
}

#[tokio::test]
async fn each_context_signs_in_to_its_own_tenant_and_keeps_its_own_sign_in() {
    let server = Server::start_bare(|seen, before| answer(seen, before, false)).await;
    let dir = tempfile::tempdir().unwrap();
    for tenant in TENANTS {
        assert_eq!(sign_in(&server, dir.path(), tenant).await, (tenant.to_owned(), Some(tenant.to_owned())));
    }
    // The next start, in the other order: nobody is asked again, and each tenant gets what it gave.
    for tenant in TENANTS.into_iter().rev() {
        let before = server.seen("/oauth2/").len();
        assert_eq!(sign_in(&server, dir.path(), tenant).await, (tenant.to_owned(), None));
        let sent = server.seen("/oauth2/").split_off(before);
        assert!(
            sent.len() == 1 && sent[0].body.contains(&format!("refresh_token=refresh+{tenant}")),
            "{sent:?}"
        );
    }
}

#[tokio::test]
async fn a_guest_of_another_tenant_is_not_asked_there_again() {
    let server = Server::start_bare(|seen, before| answer(seen, before, true)).await;
    let dir = tempfile::tempdir().unwrap();
    for (tenant, is_asked) in [(TENANTS[0], true), (TENANTS[1], false), (TENANTS[1], false)] {
        let (name, code) = sign_in(&server, dir.path(), tenant).await;
        assert_eq!((name.as_str(), code.is_some()), (tenant, is_asked));
    }
}
