//! Answers that no service should give: recorded ones, and some of our own, with parts exchanged, cut off and
//! made hostile. Some thousands a run; `CERTDECK_FUZZ_SECONDS=600 cargo test --test client answers` goes on
//! for ten minutes and counts.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde_json::{Map, Value, json};

/// What a mutation puts in the place of anything.
fn odd(rng: &mut Rng) -> Value {
    let text = |text: &str| Value::from(text);
    match rng.u8(0..18) {
        0 => Value::Null,
        1 => Value::from(rng.bool()),
        2 => Value::from(rng.i64(..)),
        3 => Value::from(rng.u64(..)),
        4 => json!(f64::MAX),
        5 => json!([]),
        6 => json!({}),
        7 => text(""),
        8 => text("\u{1b}[2J\u{202e}\u{0}\r\n"),
        9 => text("0001-01-01T00:00:00"),
        10 => text("9999-12-31T23:59:59.9999999+14:00"),
        11 => text("SomethingNew"),
        12 => text("/subscriptions//resourceGroups/ü/providers/Microsoft.Web/sites/../x"),
        13 => text("https://[::1]:99999/%00"),
        14 => text(&"é🔑".repeat(rng.usize(..3000))),
        15 => text(&String::from_utf8_lossy(&(0..rng.usize(..60)).map(|_| rng.u8(..)).collect::<Vec<_>>())),
        16 => (0..rng.usize(1..40)).fold(Value::Null, |inner, _| json!([inner])),
        _ => text("true"),
    }
}

/// A random part of a value, by going down at random.
fn part<'v>(value: &'v mut Value, rng: &mut Rng) -> &'v mut Value {
    let has_parts = match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(elements) => !elements.is_empty(),
        _ => false,
    };
    if !has_parts || rng.u8(..8) == 0 {
        return value;
    }
    match value {
        Value::Object(members) => {
            let nth = rng.usize(..members.len());
            part(members.values_mut().nth(nth).expect("a member"), rng)
        }
        Value::Array(elements) => {
            let nth = rng.usize(..elements.len());
            part(&mut elements[nth], rng)
        }
        other => other,
    }
}

fn mutate(value: &mut Value, seeds: &[Value], rng: &mut Rng) {
    let mut donor = seeds[rng.usize(..seeds.len())].clone();
    let donated = part(&mut donor, rng).take();
    let place = part(value, rng);
    match (rng.u8(..6), &mut *place) {
        (0, Value::String(text)) => {
            let cut =
                text.char_indices().nth(rng.usize(..=text.chars().count())).map_or(text.len(), |(at, _)| at);
            text.insert_str(cut, ["\u{1b}", "/", "\u{200f}", "\0", " ", "%2f", "\n"][rng.usize(..7)]);
        }
        (1, Value::String(text)) => *text = text.chars().take(rng.usize(..40)).collect(),
        (2, Value::Object(members)) => {
            let gone = members.keys().nth(rng.usize(..=members.len())).cloned();
            gone.map(|name| members.remove(&name));
        }
        (3, _) => *place = donated,
        (4, Value::Array(elements)) => elements.push(donated),
        _ => *place = odd(rng),
    }
}

/// The bodies of recorded answers where there are any, and at least one of each kind of resource.
fn seeds() -> Vec<Value> {
    let id = |kind: &str| format!("/subscriptions/s/resourceGroups/g/providers/{kind}/x");
    let resource = |kind: &str, properties: Value| json!({"id": id(kind), "name": "x", "type": kind, "location": "West Europe", "properties": properties});
    let mut seeds = vec![
        resource(
            "Microsoft.Web/certificates",
            json!({"thumbprint": "A".repeat(40), "hostNames": ["a.b"], "expirationDate": "2027-01-01T00:00:00"}),
        ),
        resource(
            "Microsoft.Web/sites",
            json!({"hostNames": ["a.b"], "hostNameSslStates": [{"name": "a.b", "sslState": "SniEnabled", "thumbprint": "B".repeat(40)}], "serverFarmId": id("Microsoft.Web/serverfarms")}),
        ),
        resource(
            "Microsoft.CertificateRegistration/certificateOrders",
            json!({"status": "Issued", "certificates": {"x": {"keyVaultId": id("Microsoft.KeyVault/vaults")}}, "signedCertificate": {"rawData": "MII="}, "distinguishedName": "CN=a.b"}),
        ),
        resource(
            "Microsoft.KeyVault/vaults",
            json!({"vaultUri": "https://x.vault.azure.net/", "sku": {"name": "standard"}, "tenantId": "t", "accessPolicies": [{"objectId": "o", "permissions": {"secrets": ["get"]}}]}),
        ),
        resource("Microsoft.Authorization/locks", json!({"level": "CanNotDelete", "notes": "n"})),
        json!({"subscriptionId": "s", "id": "/subscriptions/s", "displayName": "Contoso", "state": "Enabled"}),
        json!({"Code": "Conflict", "Message": "m", "Details": [{"ErrorEntity": {"ExtendedCode": "04035"}}]}),
        json!({"error": {"code": "Forbidden", "message": "no", "innererror": {"code": "AccessDenied"}}}),
        json!({"actions": ["*/read"], "notActions": ["Microsoft.Web/*"], "dataActions": []}),
        json!({"id": "https://x.vault.azure.net/certificates/c/1", "x5t": "AAAA", "attributes": {"enabled": true, "exp": 1}, "key_props": {"kty": "RSA"}}),
        json!({"name": "C", "authentication": {"loginEndpoint": "https://l/", "audiences": ["a"]}, "suffixes": {"keyVaultDns": ".v"}}),
    ];
    let shared = std::env::var_os("CERTDECK_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let folders = std::fs::read_dir(shared.join("azure/recordings")).into_iter().flatten().flatten();
    for file in folders.flat_map(|folder| std::fs::read_dir(folder.path()).into_iter().flatten().flatten()) {
        let exchange = std::fs::read(file.path())
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Map<String, Value>>(&bytes).ok());
        if let Some(body) =
            exchange.and_then(|mut exchange| exchange.remove("response_body")).filter(|body| !body.is_null())
        {
            let elements = body.get("value").and_then(Value::as_array).into_iter().flatten().take(3);
            seeds.extend(elements.cloned());
            seeds.push(body);
        }
    }
    // What is large tells no more than what is small, and costs more.
    seeds.retain(|seed| seed.to_string().len() < 20_000);
    seeds
}

#[test]
fn whatever_an_answer_says_it_is_read_or_left_out_and_nothing_hidden_comes_of_it() {
    let seconds = std::env::var("CERTDECK_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let (seeds, start) = (seeds(), Instant::now());
    let mut rng = Rng::with_seed(seconds.unwrap_or(6));
    let mut count = 0_u64;
    while seconds.map_or(count < 2000, |seconds| start.elapsed() < Duration::from_secs(seconds)) {
        let mut answer = seeds[rng.usize(..seeds.len())].clone();
        for _ in 0..rng.u8(1..8) {
            mutate(&mut answer, &seeds, &mut rng);
        }
        crate::decoders::decode(&answer);
        count += 1;
    }
    let words = format!(
        "{count} answers from {} seeds in {:.0} s, none of them a problem\n",
        seeds.len(),
        start.elapsed().as_secs_f64()
    );
    std::io::stderr().write_all(words.as_bytes()).unwrap();
}
