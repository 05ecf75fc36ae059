//! A practice cloud without a network, for the tests of its providers: a store in a temporary directory, a
//! clock that the test moves, requests and jobs that run one at a time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::{Arc, OnceLock};

use jiff::{SignedDuration, Timestamp};
use rcgen::KeyPair;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{
    arm::{self, groups, propagation::Propagation, subscriptions},
    ca::{self, Ca},
    call::{Call, Caller, HttpMethod},
    context::{CloudContext, View},
    entra::{SignInSwitches, TokenIssuer},
    id::ArmId,
    jobs,
    pace::Pace,
    principals::{CERTDECK, ServicePrincipal},
    provider::key_vault,
    reply::{Reply, ReplyBody, ReplyResult},
    revocation,
    setting::Setting,
    store::Store,
};

pub(crate) const SUBSCRIPTION: &str = "/subscriptions/11111111-1111-1111-1111-111111111111";
pub(crate) const GROUP: &str = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/shop";

/// A small cloud with one subscription and one resource group.
#[derive(Debug)]
pub(crate) struct Fixture {
    _dir: tempfile::TempDir,
    store: Store,
    pub setting: Setting,
    pub now: Timestamp,
    /// The caller of the requests.
    caller: ServicePrincipal,
}

impl Fixture {
    pub(crate) fn new(now: &str) -> Self {
        let now: Timestamp = now.parse().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let fixture = Self { _dir: dir, store, setting: setting(), now, caller: CERTDECK };
        fixture.with(|ctx| {
            let name = SUBSCRIPTION.rsplit('/').next().unwrap();
            subscriptions::create(ctx, name, "Contoso Test").unwrap();
            groups::create(ctx, &ArmId::parse(GROUP), "West Europe", &json!({})).unwrap();
        });
        fixture
    }

    /// The same cloud with another caller.
    pub(crate) fn asked_by(self, caller: ServicePrincipal) -> Self {
        Self { caller, ..self }
    }

    /// Runs `work` in a transaction and commits it.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&CloudContext<'_>) -> T) -> T {
        let tx = self.store.begin().unwrap();
        let ctx =
            CloudContext { tx: &tx, now: self.now, setting: &self.setting, view: View::Now, stale: None };
        let done = work(&ctx);
        tx.commit().unwrap();
        done
    }

    /// Sends one ARM request; as in the real cloud, a fault leaves no trace.
    pub(crate) fn arm(&self, method: HttpMethod, path: &str, body: &Value) -> Reply {
        self.answer(&call(method, path, body), arm::dispatch)
    }

    /// The revocation list with this name; DER.
    pub(crate) fn list_of_revoked(&self, name: &str) -> Vec<u8> {
        let mut call = call(HttpMethod::Get, &format!("/crl/{name}"), &Value::Null);
        call.params = vec![("name", name.to_owned())];
        match self.answer(&call, revocation::ROUTES[0].run).body {
            ReplyBody::Bytes(_, list) => list,
            other => panic!("{other:?}"),
        }
    }

    /// One request to a vault's data plane.
    pub(crate) fn vault(&self, name: &str, method: HttpMethod, path: &str, body: &Value) -> Reply {
        let joint = if path.contains('?') { '&' } else { '?' };
        let call = call(method, &format!("{path}{joint}api-version=7.4"), body);
        self.answer(&call, |ctx, call| key_vault::data_plane(ctx, name, call))
    }

    fn answer(&self, call: &Call, run: impl FnOnce(&CloudContext<'_>, &Call) -> ReplyResult) -> Reply {
        let tx = self.store.begin().unwrap();
        let ctx =
            CloudContext { tx: &tx, now: self.now, setting: &self.setting, view: View::Now, stale: None };
        let caller = Caller {
            object_id: self.caller.object_id.to_owned(),
            app_id: self.caller.app_id.to_owned(),
            tenant_id: "tenant".to_owned(),
            ..Caller::default()
        };
        match run(&ctx, &Call { caller, ..call.clone() }) {
            Ok(reply) => {
                tx.commit().unwrap();
                reply
            }
            Err(fault) => fault.into(),
        }
    }

    /// The body of a GET that must succeed.
    pub(crate) fn get(&self, path: &str) -> Value {
        let reply = self.arm(HttpMethod::Get, path, &Value::Null);
        assert_eq!(reply.status, 200, "GET {path}: {:?}", reply.body);
        json_of(reply)
    }

    /// Runs every job that is due by now.
    pub(crate) fn settle(&mut self) {
        let until = self.now;
        loop {
            let tx = self.store.begin().unwrap();
            let Some((key, due, job)) = jobs::next(&tx).unwrap() else {
                break;
            };
            if due > until {
                break;
            }
            jobs::take(&tx, &key).unwrap();
            let ctx =
                CloudContext { tx: &tx, now: due, setting: &self.setting, view: View::Now, stale: None };
            job.run(&ctx).unwrap();
            tx.commit().unwrap();
        }
    }

    /// Moves the clock and runs what became due on the way.
    pub(crate) fn advance(&mut self, by: SignedDuration) {
        self.now += by;
        self.settle();
    }
}

/// The body of a reply, which must be JSON.
pub(crate) fn json_of(reply: Reply) -> Value {
    match reply.body {
        ReplyBody::Json(value) => value,
        other => panic!("no JSON: {other:?}"),
    }
}

fn call(method: HttpMethod, path: &str, body: &Value) -> Call {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let segments = path.split('/').filter(|s| !s.is_empty());
    let mut query: Vec<(String, String)> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    query.push(("api-version".to_owned(), "2024-11-01".to_owned()));
    Call {
        method,
        segments: segments.map(str::to_owned).collect(),
        query,
        body: body.clone(),
        caller: Caller::default(),
        if_match: None,
        origin: "https://127.0.0.1:8443".to_owned(),
        params: Vec::new(),
    }
}

fn setting() -> Setting {
    // Making the keys takes most of a second, so all tests share them.
    static MATERIAL: OnceLock<(Zeroizing<String>, Arc<KeyPair>)> = OnceLock::new();
    let (ca, key) = MATERIAL.get_or_init(|| {
        let ca = Ca::generate(["2026-11-23T00:00:00Z".parse().unwrap(); 2]).unwrap();
        (ca.to_pem(), Arc::new(ca::key_pair(&ca::new_rsa_key(2048).unwrap()).unwrap()))
    });
    Setting {
        address: "127.0.0.1:8443".parse().unwrap(),
        dns: "127.0.0.1:5300".parse().unwrap(),
        front_door: "127.0.0.1:8444".parse().unwrap(),
        edge: "127.0.0.1:8445".parse().unwrap(),
        tenant_id: "22222222-2222-2222-2222-222222222222".to_owned(),
        authority: TokenIssuer {
            tenant_id: "22222222-2222-2222-2222-222222222222".to_owned(),
            origin: "https://127.0.0.1:8443".to_owned(),
            client_secret: "secret".into(),
            signing_key: "key".into(),
            switches: SignInSwitches::default(),
        },
        pace: Pace::Instant,
        propagation: Propagation::default(),
        page_size: 100,
        ca: Ca::from_pem(ca).unwrap(),
        keys: vec![Arc::clone(key)],
    }
}
