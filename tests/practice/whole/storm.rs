//! Ten thousand requests over 32 connections, good, bad and hostile, the same ones for the same seed: nothing
//! breaks, nothing that was acknowledged is lost, and what must never be never is.

mod invariants;

use std::collections::{HashMap, HashSet};

use fastrand::Rng;

use super::*;
use invariants::{check, everything};

const SEED: u64 = 20_261_123;
const CONNECTIONS: usize = 32;
const REQUESTS: usize = 10_000;

/// The orders that may be rekeyed and deleted: group and name.
const ORDERS: [(&str, &str); 3] =
    [("rg-shop", "apifabrikam"), ("rg-intranet", "fabrikam"), ("rg-intranet", "wildfabrikam")];

/// What a connection was promised about the resource groups that are its own, and what it saw of the orders.
#[derive(Debug, Default)]
struct Promised {
    /// The tag of each group that is there.
    there: HashMap<String, u64>,
    gone: Vec<String>,
    locked: Vec<String>,
    /// The serial numbers that orders showed, by their paths.
    serials: HashSet<(String, String)>,
    /// The orders whose lock it took away.
    unlocked: HashSet<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_random_requests_break_nothing_and_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Arc::new(Cloud::start(dir.path()).await);
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let cloud = Arc::clone(&cloud);
            // A client of its own is a connection of its own.
            let http = client(cloud.emulator.connection());
            tokio::spawn(async move { Storm::new(number, cloud, http).blow().await })
        })
        .collect();
    let mut promised = Vec::new();
    for task in tasks {
        promised.push(task.await.unwrap());
    }
    check(&cloud, &promised).await;
    let before = everything(&cloud).await;
    let cloud = Arc::into_inner(cloud).unwrap();
    cloud.emulator.shutdown().await;

    let again = Cloud::start(dir.path()).await;
    check(&again, &promised).await;
    assert_eq!(everything(&again).await, before);
    again.emulator.shutdown().await;
}

/// One connection with its own random numbers.
struct Storm {
    number: usize,
    random: Rng,
    cloud: Arc<Cloud>,
    http: Client,
    /// A signing request; with it nobody waits for an RSA key.
    request: String,
    promised: Promised,
}

/// The path of an order of the first subscription.
fn order(cloud: &Cloud, group: &str, name: &str) -> String {
    let subscription = &cloud.emulator.connection().subscription_ids[0];
    format!(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.CertificateRegistration/certificateOrders/{name}"
    )
}

impl Storm {
    fn new(number: usize, cloud: Arc<Cloud>, http: Client) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let request = rcgen::CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap();
        let random = Rng::with_seed(SEED + number as u64);
        Self { number, random, cloud, http, request, promised: Promised::default() }
    }

    async fn blow(mut self) -> Promised {
        for _ in 0..REQUESTS / CONNECTIONS {
            match self.random.u8(..20) {
                0..=3 => self.change_a_group().await,
                4 | 5 => self.delete_a_group().await,
                6..=9 => self.bind_something().await,
                10 => self.ask_the_graph().await,
                11..=13 => self.read_something().await,
                14 | 15 => self.take_back_an_order().await,
                _ => self.talk_nonsense().await,
            }
        }
        self.promised
    }

    async fn send(&self, method: &str, path: &str, body: Option<Vec<u8>>) -> (StatusCode, Value) {
        let url = format!("{}{path}", self.cloud.emulator.connection().arm);
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method.clone(), &url).bearer_auth(&self.cloud.token);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let (status, body) =
            answer(request.send().await.unwrap_or_else(|error| panic!("{method} {url}: {error}"))).await;
        assert!(!status.is_server_error(), "{method} {path}: {status} {body}");
        (status, body)
    }

    async fn json(&self, method: &str, path: &str, body: Value) -> StatusCode {
        self.send(method, &format!("{path}?{VERSION}"), Some(body.to_string().into_bytes())).await.0
    }

    fn pick<'w>(&mut self, words: &[&'w str]) -> &'w str {
        words[self.random.usize(..words.len())]
    }

    fn subscription(&mut self) -> String {
        let ids = &self.cloud.emulator.connection().subscription_ids;
        ids[self.random.usize(..ids.len())].clone()
    }

    fn group(&mut self) -> (String, String) {
        let name = format!("rg-storm-{}-{}", self.number, self.random.u8(..12));
        (
            format!(
                "/subscriptions/{}/resourceGroups/{name}",
                self.cloud.emulator.connection().subscription_ids[0]
            ),
            name,
        )
    }

    async fn change_a_group(&mut self) {
        let (path, name) = self.group();
        let tag = self.random.u64(..);
        let status = self
            .json("PUT", &path, json!({"location": "westeurope", "tags": {"storm": tag.to_string()}}))
            .await;
        assert!(status.is_success(), "{path}: {status}");
        self.promised.gone.retain(|gone| *gone != name);
        self.promised.there.insert(name.clone(), tag);
        if self.random.u8(..4) == 0 && !self.promised.locked.contains(&name) {
            let lock = format!("{path}/providers/Microsoft.Authorization/locks/storm");
            let status = self.json("PUT", &lock, json!({"properties": {"level": "CanNotDelete"}})).await;
            assert!(status.is_success(), "{lock}: {status}");
            self.promised.locked.push(name);
        }
    }

    async fn delete_a_group(&mut self) {
        let (path, name) = self.group();
        let status = self.json("DELETE", &path, Value::Null).await;
        if self.promised.locked.contains(&name) {
            assert_eq!(status, StatusCode::CONFLICT, "{name} is locked");
        } else if status.is_success() && self.promised.there.remove(&name).is_some() {
            self.promised.gone.push(name);
        }
    }

    /// Binds, unbinds and deletes what all connections fight for.
    async fn bind_something(&mut self) {
        let subscription = self.cloud.emulator.connection().subscription_ids[0].clone();
        let group = self.pick(&["rg-shop", "rg-intranet"]);
        let web = format!("/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Web");
        let certificate = self.pick(&[
            "shop-2026",
            "wildcard-contoso",
            "partners-2026",
            "blog-2025",
            "intranet-2025",
            "nothing",
        ]);
        let path = format!("{web}/certificates/{certificate}");
        if self.random.u8(..4) == 0 {
            self.json("DELETE", &path, Value::Null).await;
            return;
        }
        let (_, found) = self.send("GET", &format!("{path}?{VERSION}"), None).await;
        let (site, host) = [
            ("contoso-shop", "shop.contoso.com"),
            ("contoso-shop", "www.contoso.com"),
            ("contoso-blog", "blog.contoso.com"),
            ("contoso-intranet", "intranet.contoso.com"),
            ("contoso-shop/slots/staging", "staging.contoso.com"),
        ][self.random.usize(..5)];
        let state = self.pick(&["SniEnabled", "SniEnabled", "IpBasedEnabled", "Disabled", "Nonsense"]);
        let body =
            json!({"properties": {"sslState": state, "thumbprint": found["properties"]["thumbprint"]}});
        self.json("PUT", &format!("{web}/sites/{site}/hostNameBindings/{host}"), body).await;
    }

    /// Looks at an order, has it made anew for another key, or deletes it.
    async fn take_back_an_order(&mut self) {
        let (group, name) = ORDERS[self.random.usize(..ORDERS.len())];
        let path = order(&self.cloud, group, name);
        match self.random.u8(..100) {
            0 | 1 => {
                // Every order comes with a lock of its own name.
                self.promised.unlocked.insert(path.clone());
                self.json(
                    "DELETE",
                    &format!("{path}/providers/Microsoft.Authorization/locks/{name}"),
                    Value::Null,
                )
                .await;
            }
            2 | 3 => drop(self.json("DELETE", &path, Value::Null).await),
            4..=30 => {
                let body = json!({"properties": {"csr": self.request, "delayExistingRevokeInHours": 0}});
                self.json("POST", &format!("{path}/reissue"), body).await;
            }
            _ => {
                let (_, found) = self.send("GET", &format!("{path}?{VERSION}"), None).await;
                if let Some(serial) = found["properties"]["serialNumber"].as_str() {
                    self.promised.serials.insert((path, serial.to_owned()));
                }
            }
        }
    }

    async fn ask_the_graph(&mut self) {
        let piece = |storm: &mut Self| {
            storm.pick(&[
                "where type =~ 'microsoft.web/certificates'",
                "project id, name, properties",
                "order by id asc",
                "take 3",
                "count",
                "summarize count() by type",
                "where properties.thumbprint has 'A'",
                "mv-expand properties.hostNames",
                "extend x = name[",
                "where 1 == 1 and (",
                "project-away tags",
                "top 5 by name",
                "join kind=inner (resourcecontainers) on subscriptionId",
                "where now() - ago(1d) > 3h",
                "extend d = 1 / 0",
                "project x = -9223372036854775807 - 5",
                "order by todatetime('x')",
                "where name == '\u{202e}'",
                "parse x",
                "distinct location",
                "extend name = strcat(name, 1)",
            ])
        };
        let query: Vec<&str> = (0..self.random.usize(1..5)).map(|_| piece(self)).collect();
        let body = json!({
            "query": format!("resources | {}", query.join(" | ")),
            "options": {"$top": self.random.i32(-1..1002), "$skipToken": self.pick(&["", "", "e30=", "!", "eyJhZnRlciI6MX0="])},
        });
        self.json("POST", "/providers/Microsoft.ResourceGraph/resources", body).await;
    }

    async fn read_something(&mut self) {
        let path = self.path();
        self.send("GET", &format!("{path}?{VERSION}"), None).await;
    }

    /// A path that there may be.
    fn path(&mut self) -> String {
        let subscription = self.subscription();
        let group = self.pick(&["rg-shop", "rg-platform", "rg-intranet", "rg-test", "rg-nowhere"]);
        let tail = self.pick(&[
            "Microsoft.Web/sites/contoso-shop",
            "Microsoft.Web/sites/contoso-shop/slots/staging/hostNameBindings",
            "Microsoft.Web/sites/contoso-shop/config/web",
            "Microsoft.Web/sites/contoso-shop/analyzeCustomHostname",
            "Microsoft.Web/sites/contoso-api/publicCertificates/bank-gateway",
            "Microsoft.Web/sites/contoso-shop/domainOwnershipIdentifiers/x",
            "Microsoft.Web/certificates/wildcard-contoso",
            "Microsoft.Web/certificates/storm",
            "Microsoft.Web/serverfarms/plan-shop",
            "Microsoft.CertificateRegistration/certificateOrders/jobsite",
            "Microsoft.CertificateRegistration/certificateOrders/storm-order",
            "Microsoft.CertificateRegistration/certificateOrders/jobsite/certificates/jobsite",
            "Microsoft.CertificateRegistration/certificateOrders/jobsite/reissue",
            "Microsoft.CertificateRegistration/certificateOrders/jobsite/renew",
            "Microsoft.CertificateRegistration/certificateOrders/jobsite/verifyDomainOwnership",
            "Microsoft.KeyVault/vaults/kv-contoso-shop",
            "Microsoft.KeyVault/vaults/kv-storm",
            "Microsoft.DomainRegistration/domains/contoso.com",
            "Microsoft.Authorization/roleAssignments/storm",
            "Microsoft.Nothing/things/x",
        ]);
        format!("/subscriptions/{subscription}/resourceGroups/{group}/providers/{tail}")
    }

    /// Any method, a bent path, a body that nobody would send.
    async fn talk_nonsense(&mut self) {
        let mut path = self.path();
        match self.random.u8(..8) {
            0 => path = path.replace('/', "//"),
            1 => path += "/%2e%2e/%00",
            2 => path.extend(["/", "x".repeat(3000).as_str()]),
            3 => path += "/%f0%9f%94%92%ff%7c|",
            4 => path = path.to_uppercase(),
            5 => path = path.rsplit_once('/').unwrap().0.to_owned(),
            _ => {}
        }
        let query = self.pick(&[
            VERSION,
            VERSION,
            VERSION,
            "",
            "api-version=never",
            "api-version=2023-12-01&$top=-1&$skiptoken=%00&$filter='",
        ]);
        let body = match self.random.u8(..6) {
            0 => b"{\"properties\": ".to_vec(),
            1 => vec![0xff; 64],
            2 => format!("{}1{}", "[".repeat(120), "]".repeat(120)).into_bytes(),
            _ => self.value(0).to_string().into_bytes(),
        };
        // A DELETE of what others are about is theirs.
        let method = self.pick(&["GET", "PUT", "PATCH", "POST", "HEAD", "OPTIONS", "TRACE"]);
        self.send(method, &format!("{path}?{query}"), (method != "TRACE").then_some(body)).await;
    }

    /// JSON of the words that bodies have, in any place.
    fn value(&mut self, depth: usize) -> Value {
        match self.random.u8(..if depth > 3 { 5 } else { 8 }) {
            0 => Value::Null,
            1 => json!(self.random.i64(..)),
            2 => json!(self.random.bool()),
            3 => json!(self.pick(&[
                "",
                "West Europe",
                "SniEnabled",
                "CN=storm.contoso.com",
                "\u{0}\u{202e}\u{1b}[2J",
                "/subscriptions//"
            ])),
            4 => json!("y".repeat(self.random.usize(..2000))),
            5 => (0..self.random.usize(..4)).map(|_| self.value(depth + 1)).collect(),
            _ => {
                let names = [
                    "properties",
                    "location",
                    "tags",
                    "sslState",
                    "thumbprint",
                    "pfxBlob",
                    "password",
                    "keyVaultId",
                    "canonicalName",
                    "keyVaultSecretName",
                    "serverFarmId",
                    "distinguishedName",
                    "productType",
                    "validityInYears",
                    "keySize",
                    "csr",
                    "certificates",
                    "sku",
                    "name",
                    "tenantId",
                    "accessPolicies",
                    "level",
                    "httpsOnly",
                    "minTlsVersion",
                    "id",
                    "blob",
                ];
                let members = (0..self.random.usize(1..6))
                    .map(|_| (self.pick(&names).to_owned(), self.value(depth + 1)));
                Value::Object(members.collect())
            }
        }
    }
}
