//! Everything that certdeck says to Azure: the program itself runs against a practice cloud that a test
//! listens to, and the scripts that it writes run with an `az` that only notes what it is told.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use certdeck::azure::{self, Chain, Client, Desk, OwnSignIn, SignIn};
use certdeck::practice::{Exchange, Recorder};
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::runs::{self, Run};
use crate::{files, state};

/// A request, and the answer if it was really sent.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    /// What of: `certdeck run store`.
    pub by: String,
    pub method: String,
    pub host: String,
    /// Percent-decoded.
    pub path: String,
    pub query: Vec<(String, String)>,
    pub version: String,
    pub body: Option<Value>,
    pub status: Option<u16>,
    pub answer: Option<Value>,
    /// An address that an earlier answer gave.
    pub is_followed: bool,
}

impl Said {
    pub(crate) fn new(by: &str, method: &str, host: &str, path: &str, query: &str) -> Self {
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let version = query.iter().find(|(name, _)| name == "api-version").map(|(_, value)| value.clone());
        Self {
            by: by.to_owned(),
            method: method.to_uppercase(),
            host: host.to_owned(),
            path: percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned(),
            query,
            version: version.unwrap_or_else(|| "v1.0".to_owned()),
            body: None,
            status: None,
            answer: None,
            is_followed: false,
        }
    }

    pub(crate) fn is_for_vault(&self) -> bool {
        self.host.contains(".vault.")
    }

    /// The resource type that the path names: `microsoft.web/sites/slots`; of what belongs to no provider the
    /// last word that is a type.
    pub(crate) fn kind(&self) -> String {
        let path = self.path.to_lowercase();
        let Some((_, after)) = path.rsplit_once("/providers/") else {
            return path
                .split('/')
                .filter(|part| !part.is_empty())
                .step_by(2)
                .last()
                .unwrap_or_default()
                .to_owned();
        };
        let parts: Vec<&str> = after.split('/').filter(|part| !part.is_empty()).collect();
        let types = parts.iter().skip(1).step_by(2).copied();
        parts.first().copied().into_iter().chain(types).collect::<Vec<_>>().join("/")
    }
}

/// Listens to a practice cloud and remembers where it stopped.
struct Ear {
    recorder: Recorder,
    heard: usize,
    links: BTreeSet<String>,
}

impl Ear {
    /// What was said since the last time.
    fn hear(&mut self, by: &str) -> Vec<Said> {
        let all = self.recorder.exchanges();
        let new = all[self.heard..]
            .iter()
            .filter(|one| !one.path.starts_with("/_emulator"))
            .map(|one| self.said(by, one))
            .collect();
        self.heard = all.len();
        new
    }

    fn said(&mut self, by: &str, exchange: &Exchange) -> Said {
        let Exchange { method, host, path, query, body, status, headers, answer } = exchange;
        let mut said = Said::new(by, method, host, path, query);
        let answer: Option<Value> = serde_json::from_slice(answer).ok();
        said.body = serde_json::from_slice(body).ok();
        said.is_followed = self.links.contains(&format!("{path}?{query}"));
        let of_headers = headers
            .iter()
            .filter(|(name, _)| ["location", "azure-asyncoperation"].contains(name))
            .map(|(_, link)| link);
        let of_body = answer.as_ref().and_then(|one| one["nextLink"].as_str().map(str::to_owned));
        for link in of_headers.cloned().chain(of_body) {
            let rest = link.split_once("://").map_or(link.as_str(), |(_, rest)| rest);
            self.links.insert(rest.find('/').map_or(String::new(), |at| rest[at..].to_owned()));
        }
        Said { status: Some(*status), answer, ..said }
    }
}

/// Everything, in one estate from beginning to end.
pub(crate) fn record() -> Vec<Said> {
    let recorder = Recorder::default();
    let (cloud, files) = (Cloud::heard_by(recorder.clone()), files::make());
    let mut ear = Ear { recorder, heard: 0, links: BTreeSet::new() };
    let mut all = Vec::new();
    furnish(&cloud);
    ear.hear("what the estate lacks");
    for list in ["private", "public", "orders", "bindings", "apps", "vaults"] {
        all.extend(program(&cloud, &mut ear, &["list", list], &[0]));
    }
    for run in runs::all(&cloud, files.path()).iter().chain(&more(files.path())) {
        all.extend(flow(&cloud, &mut ear, run));
    }
    all.extend(script(&cloud, &mut ear, &waiting()));
    all.extend(program(&cloud, &mut ear, &["report"], &[0]));
    all.extend(program(&cloud, &mut ear, &["check"], &[0, 1, 2, 3]));
    all.extend(program(&cloud, &mut ear, &["doctor"], &[0]));
    cloud.tell(
        "faults",
        &json!({"path": "*Microsoft.ResourceGraph*", "fault": {"kind": "status", "status": 403, "code": "AuthorizationFailed"}}),
    );
    all.extend(program(&cloud, &mut ear, &["list", "private"], &[0]));
    cloud.clear("faults");
    person(&cloud);
    all.extend(ear.hear("a person's sign-in"));
    looks(&cloud);
    all.extend(ear.hear("looks of the screen"));
    all
}

/// What the estate lacks: an app with certificates of its own, and a vault that renews one.
fn furnish(cloud: &Cloud) {
    let group = format!("/subscriptions/{}/resourceGroups/rg-shop", cloud.connection().subscription_ids[0]);
    let plan = format!("{group}/providers/Microsoft.Web/serverfarms/plan-flex");
    let made = json!({"location": "westeurope", "sku": {"name": "FC1"}, "properties": {"reserved": true}});
    cloud.arm("PUT", &plan, &made);
    let site = json!({"location": "westeurope", "kind": "functionapp", "properties": {"serverFarmId": plan}});
    cloud.arm("PUT", &format!("{group}/providers/Microsoft.Web/sites/contoso-flex"), &site);
    let actions = json!([{"trigger": {"days_before_expiry": 10}, "action": {"action_type": "AutoRenew"}}]);
    let policy = json!({"issuer": {"name": "Self"}, "lifetime_actions": actions});
    cloud.vault("kv-contoso-shop", "PATCH", "/certificates/api/policy", &policy);
}

/// Ways of flows that the runs of all flows do not take: roles instead of policies, what is there already,
/// other proofs.
fn more(files: &Path) -> Vec<Run> {
    let (group, shop) = ("resource-group=rg-shop", "app=rg-shop/contoso-shop");
    let buy = |name: &str| {
        Run::new("purchase", &[name, group, "domain=contoso.com", "product=standard", "auto-renew=no"])
    };
    let roles = [
        "vault-choice=new",
        "vault=kv-with-roles",
        "vault-location=westeurope",
        "vault-rbac=rbac",
        "vault-network=trusted",
    ];
    vec![
        Run::new(
            "purchase",
            &[
                "order=contosogroup",
                "resource-group=rg-made-anew",
                "location=westeurope",
                "domain=*.contoso.com",
                "product=wildcard",
            ],
        ),
        buy("order=contosoroles"),
        Run::new("store", &[&["order=contosoroles", group][..], &roles].concat()),
        buy("order=contosothere"),
        Run::new(
            "store",
            &["order=contosothere", group, "vault-choice=existing", "vault=rg-platform/kv-contoso-vault"],
        ),
        Run::new("verify", &["order=contosothere", group, "method=domain"]),
        Run::new("import-vault", &[shop, "vault=kv-contoso-rbac", "vault-certificate=login"]),
        Run::new("upload", &["app=rg-shop/contoso-flex", "friendly-name=flex"])
            .uploading(&files.join("contoso.pfx")),
    ]
}

/// What waits for a person, so that only its script is looked at.
fn waiting() -> Run {
    Run::new("verify", &["order=contosoroles", "resource-group=rg-shop", "method=mail"])
}

fn flow(cloud: &Cloud, ear: &mut Ear, run: &Run) -> Vec<Said> {
    let by = format!("certdeck run {}", run.flow);
    let mut all = script(cloud, ear, run);
    let done = run.certdeck(cloud, &["--yes"]);
    assert!(done.status.success(), "{by}: {}", words(&done));
    all.extend(ear.hear(&by));
    all
}

fn script(cloud: &Cloud, ear: &mut Ear, run: &Run) -> Vec<Said> {
    let by = format!("certdeck run {} --script rest", run.flow);
    let script = run.certdeck(cloud, &["--script", "rest"]);
    assert!(script.status.success(), "{by}: {}", words(&script));
    let mut all = ear.hear(&by);
    all.extend(scripted(&String::from_utf8_lossy(&script.stdout), &by, run));
    all
}

fn program(cloud: &Cloud, ear: &mut Ear, arguments: &[&str], expected: &[i32]) -> Vec<Said> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
    command
        .env_clear()
        .env("HOME", cloud.home())
        .envs(cloud.environment())
        .env("PATH", "/nowhere")
        .args(arguments);
    let done = command.output().unwrap();
    assert!(
        done.status.code().is_some_and(|code| expected.contains(&code)),
        "{arguments:?}: {}",
        words(&done)
    );
    ear.hear(&format!("certdeck {}", arguments.join(" ")))
}

fn words(output: &Output) -> String {
    format!(
        "{:?} {}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// An az that answers as if all went well, and writes down what it was told.
const NOTING: &str = r#"#!/bin/sh
at=$(mktemp "$NOTES/XXXXXX")
for argument; do printf '%s\n' "$argument"; done > "$at.arguments"
case "$*" in *@-*) cat > "$at.body" ;; esac
case "$*" in *appsettings/list*) echo '{"properties": {}}' ;; *provisioningState*) echo Succeeded ;; esac
"#;

/// The requests of a script, as az would send them.
fn scripted(script: &str, by: &str, run: &Run) -> Vec<Said> {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let (az, notes, file) = (dir.path().join("az"), dir.path().join("notes"), dir.path().join("script.sh"));
    std::fs::create_dir(&notes).unwrap();
    std::fs::write(&az, NOTING).unwrap();
    std::fs::set_permissions(&az, std::fs::Permissions::from_mode(0o700)).unwrap();
    std::fs::write(&file, script).unwrap();
    let path = format!("{}:{}", dir.path().display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.arg(&file).current_dir(dir.path()).stdin(Stdio::null()).env("PATH", path).env("NOTES", &notes);
    shell
        .env("CERTDECK_PATIENCE", "1")
        .env("CERTDECK_PASSWORD", files::PASSWORD)
        .envs(run.pfx.iter().map(|pfx| ("CERTDECK_PFX", pfx)));
    let _ = shell.output().unwrap();
    let mut all = Vec::new();
    for note in std::fs::read_dir(&notes)
        .unwrap()
        .flatten()
        .filter(|one| one.path().extension().is_some_and(|end| end == "arguments"))
    {
        let text = std::fs::read_to_string(note.path()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let option = |name: &str| {
            lines.iter().position(|line| *line == name).and_then(|at| lines.get(at + 1)).copied()
        };
        let (Some("rest"), Some(method), Some(url)) =
            (lines.first().copied(), option("--method"), option("--url"))
        else {
            continue;
        };
        let (host, rest) = match url.split_once("://") {
            Some((_, after)) => after.split_at(after.find('/').unwrap_or(after.len())),
            None => ("", url),
        };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut said = Said::new(by, method, host, path, query);
        said.body = std::fs::read(note.path().with_extension("body"))
            .ok()
            .map(|body| serde_json::from_slice(&body).unwrap());
        all.push(said);
    }
    all
}

/// Somebody signs in by a device code, once more by what is kept of it.
fn person(cloud: &Cloud) {
    let connection = cloud.connection();
    cloud.runtime().block_on(async {
        let (desk, mut asked) = Desk::open();
        let identity = OwnSignIn::DeviceCode { tenant: Some(connection.tenant_id.clone()), client_id: None };
        let client = Client::connect(azure::Connection {
            arm_endpoint: connection.arm.parse().ok(),
            authorities: certdeck::config::authorities(&connection.ca_pem).unwrap(),
            chain: Chain::just(identity),
            desk: Some(desk),
            ..azure::Connection::default()
        })
        .await
        .unwrap();
        let reading = azure::subscriptions::list(&client);
        let approving = async {
            let Some(SignIn::Asked(code)) = asked.recv().await else { panic!("nobody is asked") };
            let ca = reqwest::Certificate::from_pem(&std::fs::read(&connection.ca_pem).unwrap()).unwrap();
            let http = reqwest::Client::builder().add_root_certificate(ca).no_proxy().build().unwrap();
            let url = format!("{}/_emulator/entra/device-code", connection.arm);
            http.post(url).json(&json!({"approve": true, "userCode": code.code})).send().await.unwrap();
        };
        let (read, ()) = tokio::join!(reading, approving);
        read.unwrap();
        azure::tenants::list(&client).await.unwrap();
    });
}

/// What only the screen looks at, asked by the same functions.
fn looks(cloud: &Cloud) {
    let estate = state::estate(cloud);
    cloud.runtime().block_on(async {
        let client = state::client(cloud).await;
        for id in [&estate.vaults[0].id, &estate.orders[0].id, &estate.certificates[0].id, &estate.apps[0].id]
        {
            azure::raw::read(&client, id).await.unwrap();
        }
        for vault in &estate.vaults {
            for (name, _) in azure::upkeep::versions(&client, &vault.uri).await.unwrap_or_default() {
                azure::upkeep::read(&client, &vault.uri, &name).await.unwrap();
                azure::vault_certificates::versions(&client, vault, &name).await.unwrap();
            }
        }
    });
}
