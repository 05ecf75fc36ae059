//! The practice cloud answers as the real one did: every member of a recorded answer, with its type, is in
//! ours to the same kind of request. The recordings lie outside of the repository; without them the test says
//! that it was skipped.

mod table;

use std::{
    collections::BTreeMap,
    io::Write as _,
    path::{Path, PathBuf},
};

use certdeck::practice::{Connection, Emulator, Options, Pace};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use table::{ACCEPTED, Ask, NOT_LIKE, ROWS};

const VAULT: &str = "kv-fidelity.vault.localhost";

fn shared(folder: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folder = std::env::var_os("CERTDECK_SHARED").map_or_else(beside, PathBuf::from).join(folder);
    folder.is_dir().then_some(folder)
}

/// Past the harness, which would keep the words of a test that passes to itself.
fn say(words: &str) {
    std::io::stderr().write_all(format!("{words}\n").as_bytes()).unwrap();
}

/// A recorded exchange: folder, file name, and what is in it.
struct Recording {
    folder: String,
    name: String,
    content: Value,
}

fn recordings() -> Vec<Recording> {
    let Some(root) = shared("azure/recordings") else {
        say("skipped: no recordings (set CERTDECK_SHARED to the folder that holds azure/recordings)");
        return Vec::new();
    };
    let mut all = Vec::new();
    for folder in std::fs::read_dir(root).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
            let content = serde_json::from_slice(&std::fs::read(file.path()).unwrap()).unwrap();
            let text = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
            all.push(Recording { folder: text(&folder), name: text(&file), content });
        }
    }
    all.sort_by(|a, b| (&a.folder, &a.name).cmp(&(&b.folder, &b.name)));
    all
}

impl Recording {
    fn status(&self) -> u64 {
        self.content["status"].as_u64().unwrap()
    }

    /// Some recordings hold the JSON as text.
    fn body(&self) -> Value {
        match &self.content["response_body"] {
            Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
            body => body.clone(),
        }
    }

    fn is_of(&self, folder: &str, name: &str, part: &str) -> bool {
        self.folder == folder
            && self.name.starts_with(name)
            && self.content["uri"].as_str().unwrap().contains(part)
    }
}

/// The types seen at every path: `properties.hostNames[]` → string. What lists hold is one path; tags are
/// anybody's.
fn shape(value: &Value, path: &str, into: &mut BTreeMap<String, Vec<&'static str>>) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let seen = into.entry(path.to_owned()).or_default();
    if !seen.contains(&kind) {
        seen.push(kind);
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| shape(item, &format!("{path}[]"), into)),
        Value::Object(members) if !path.ends_with("tags") => {
            for (name, member) in members {
                shape(member, &if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, into);
            }
        }
        _ => {}
    }
}

/// Paths of a list's elements are those of one resource.
fn shape_of(body: &Value) -> BTreeMap<String, Vec<&'static str>> {
    let mut all = BTreeMap::new();
    shape(body, "", &mut all);
    all
}

fn accepted(folder: &str, path: &str) -> bool {
    let path = path.strip_prefix("value[].").unwrap_or(path);
    ACCEPTED.iter().any(|(own, pattern, _)| {
        *own == folder
            && pattern.strip_suffix('*').map_or(*pattern == path, |beginning| path.starts_with(beginning))
    })
}

/// A practice cloud and a client for all its doors.
struct Cloud {
    emulator: Emulator,
    http: Client,
    arm: String,
    vault: String,
    number: u32,
}

impl Cloud {
    async fn start(dir: &Path) -> Self {
        let emulator = Emulator::start(Options { pace: Pace::Instant, ..Options::new(dir) }).await.unwrap();
        let connection = emulator.connection().clone();
        let pem = std::fs::read(&connection.ca_pem).unwrap();
        let http = Client::builder()
            .add_root_certificate(reqwest::Certificate::from_pem(&pem).unwrap())
            .no_proxy()
            .resolve(VAULT, connection.arm.trim_start_matches("https://").parse().unwrap())
            .build()
            .unwrap();
        let arm = token(&http, &connection, "https://management.azure.com/.default").await;
        let vault = token(&http, &connection, "https://vault.azure.net/.default").await;
        let cloud = Self { emulator, http, arm, vault, number: 0 };
        let all = json!({"secrets": ["all"], "certificates": ["all"]});
        let me = "0b1ec71d-5c0f-4fee-b222-0123456789ab";
        let body = json!({"location": "westeurope", "properties": {
            "tenantId": connection.tenant_id, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": false,
            "accessPolicies": [{"tenantId": connection.tenant_id, "objectId": me, "permissions": all}],
        }});
        let path = "{rg}/providers/Microsoft.KeyVault/vaults/kv-fidelity";
        assert_eq!(cloud.ask("PUT", path, &body.to_string(), &Value::Null, None).await.0, 200);
        cloud
    }

    /// Sends the requests in turn and returns the answer to the last.
    async fn ask_all(&mut self, asks: &[Ask]) -> (u16, Value) {
        self.number += 1;
        let mut last = (0, Value::Null);
        let (mut location, mut backup) = (None, Value::Null);
        for (method, path, body) in asks {
            let (status, answer, next) = self.ask(method, path, body, &backup, location.as_deref()).await;
            if path.ends_with("/backup") {
                backup = answer.clone();
            }
            (last, location) = ((status, answer), next);
        }
        last
    }

    /// One request: status, body, `Location`. `{backup}` in the body stands for the answer to the last
    /// backup.
    async fn ask(
        &self,
        method: &str,
        path: &str,
        body: &str,
        backup: &Value,
        location: Option<&str>,
    ) -> (u16, Value, Option<String>) {
        let connection = self.emulator.connection();
        let port = connection.arm.rsplit(':').next().unwrap();
        let subscription = format!("/subscriptions/{}", connection.subscription_ids[0]);
        let own = format!("https://{VAULT}:{port}");
        let text = path
            .replace("{n}", &self.number.to_string())
            .replace("{web}", "{rg}/providers/Microsoft.Web")
            .replace("{rg}", "{sub}/resourceGroups/rg-shop")
            .replace("{sub}", &subscription)
            .replace("{kv}", &own)
            .replace("{nobody}", &own)
            .replace("{location}", location.unwrap_or_default());
        let mut url = if text.starts_with("https://") { text } else { format!("{}{text}", connection.arm) };
        if !url.contains("api-version=") {
            url += if url.contains('?') { "&" } else { "?" };
            url += if url.starts_with(&own) { "api-version=7.4" } else { "api-version=2026-02-01" };
        }
        let mut request = self.http.request(Method::from_bytes(method.as_bytes()).unwrap(), &url);
        if !path.starts_with("{nobody}") {
            request = request.bearer_auth(if url.starts_with(&own) { &self.vault } else { &self.arm });
        }
        if !body.is_empty() {
            let body = body.replace("{backup}", &backup.to_string());
            request = request.header("content-type", "application/json").body(body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let next = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or_default(), next)
    }
}

async fn token(http: &Client, connection: &Connection, scope: &str) -> String {
    let url = format!("{}/{}/oauth2/v2.0/token", connection.authority, connection.tenant_id);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", connection.client_id.as_str()),
        ("client_secret", connection.client_secret.as_str()),
        ("scope", scope),
    ];
    let answer: Value = http.post(url).form(&form).send().await.unwrap().json().await.unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_member_of_a_recorded_answer_is_in_ours() {
    let all = recordings();
    if all.is_empty() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut cloud = Cloud::start(dir.path()).await;
    let (mut compared, mut differences, mut used) = (0, Vec::new(), BTreeMap::new());
    for recording in &all {
        let body = recording.body();
        let unlike = NOT_LIKE.iter().any(|(folder, name, part, _)| recording.is_of(folder, name, part));
        // What has no body says nothing of members; what was recorded of another's cloud needs a row here.
        if unlike || !(body.is_object() || body.is_array()) {
            continue;
        }
        let file = format!("{}/{}", recording.folder, recording.name);
        let Some(row) = ROWS.iter().find(|row| recording.is_of(row.0, row.1, row.2)) else {
            differences.push(format!("{file}: no request of ours is like it"));
            continue;
        };
        let (status, ours) = cloud.ask_all(row.3).await;
        if (status >= 400) != (recording.status() >= 400) {
            differences.push(format!("{file}: {status} instead of {}: {ours}", recording.status()));
            continue;
        }
        let (theirs, ours) = (shape_of(&body), shape_of(&ours));
        for (path, types) in theirs {
            compared += 1;
            let held = ours.get(&path).is_some_and(|own| {
                // Null stands for any type: the member is there and says nothing.
                own.contains(&"null")
                    || types.contains(&"null")
                    || types.iter().any(|kind| own.contains(kind))
            });
            if held {
                continue;
            }
            if accepted(&recording.folder, &path) {
                *used.entry(recording.folder.clone()).or_insert(0) += 1;
            } else {
                differences.push(format!("{file}: {path} {types:?}, ours: {:?}", ours.get(&path)));
            }
        }
    }
    cloud.emulator.shutdown().await;
    let tolerated: u32 = used.values().sum();
    say(&format!(
        "{compared} members compared in {} recordings, {tolerated} differences accepted: {used:?}",
        all.len()
    ));
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
    assert!(compared > 9000, "only {compared} members were compared");
}

#[test]
fn every_accepted_difference_has_a_reason_and_every_row_something_to_be_like() {
    let all = recordings();
    assert!(
        ACCEPTED.iter().all(|(_, _, reason)| reason.len() > 20)
            && NOT_LIKE.iter().all(|(.., reason)| reason.len() > 20)
    );
    if !all.is_empty() {
        let idle =
            ROWS.iter().filter(|row| !all.iter().any(|recording| recording.is_of(row.0, row.1, row.2)));
        let idle: Vec<String> = idle.map(|row| format!("{} {} {}", row.0, row.1, row.2)).collect();
        assert!(idle.is_empty(), "rows for nothing that was recorded: {idle:?}");
    }
}
