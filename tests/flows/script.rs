//! `certdeck run FLOW --script`: what the script of another tool leaves behind is what the flow itself leaves behind.
//! curl runs wherever it is installed; the az CLI where `CERTDECK_AZ` names one.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use super::cloud::Cloud;
use super::state;

/// From nothing to a secured hostname. What a script cannot know before is asked for again, at most so often a flow.
const JOURNEY: [(&str, &[&str]); 5] = [
    ("purchase", &["domain=contoso.com", "product=standard", "auto-renew=yes"]),
    ("store", &["vault-choice=new", "vault=kv-contosowww", "vault-location=westeurope", "vault-rbac=access-policy"]),
    ("verify", &["method=app-service", "app=contoso-shop"]),
    ("import-order", &["app=contoso-shop"]),
    ("bind", &["app=contoso-shop", "hostname=contoso.com", "ssl-type=sni"]),
];
const ROUNDS: usize = 5;

fn certdeck(cloud: &Cloud, flow: &str, settings: &[&str], more: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let subscription = format!("subscription={}", cloud.connection().subscription_ids[0]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
    command.env_clear().env("HOME", home.path()).envs(cloud.environment()).args(["run", flow]).args(more);
    for setting in [&subscription, "order=contosowww", "resource-group=rg-shop"].iter().chain(settings) {
        command.args(["--set", setting]);
    }
    command.output().unwrap()
}

fn words(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Requests that were neither reads nor questions.
fn changes(cloud: &Cloud) -> usize {
    const QUESTIONS: [&str; 4] = ["checknameavailability", "oauth2", "retrieve", "appsettings/list"];
    let log = cloud.control("requests");
    let is_change = |entry: &&serde_json::Value| {
        let path = entry["path"].as_str().unwrap().to_ascii_lowercase();
        entry["method"] != "GET" && !QUESTIONS.iter().any(|word| path.contains(word))
    };
    log["value"].as_array().unwrap().iter().filter(is_change).count()
}

/// Runs a script with the shell that its first line names; standard input stays free, as it is in a terminal.
fn run(script: &str, environment: &[(&str, String)]) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("script.sh");
    std::fs::File::create(&file).unwrap().write_all(script.as_bytes()).unwrap();
    let mut command = Command::new("sh");
    command.arg(&file).stdin(Stdio::null()).envs(environment.iter().map(|(name, value)| (*name, value)));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{script}\n{}", words(&output));
}

/// Does the whole journey by scripts and compares with one that the flows did.
fn same_end(kind: &str, environment: impl Fn(&Cloud) -> Vec<(&'static str, String)>) {
    let estate = Cloud::start().shut_down_for_copies();
    let (ours, theirs) = (Cloud::copy_of(estate.path(), None), Cloud::copy_of(estate.path(), None));
    let environment = environment(&theirs);
    for (flow, settings) in JOURNEY {
        let output = certdeck(&ours, flow, settings, &["--yes"]);
        assert!(output.status.success(), "{flow}: {}", words(&output));
        let mut done = false;
        for _ in 0..ROUNDS {
            let before = changes(&theirs);
            let output = certdeck(&theirs, flow, settings, &["--script", kind]);
            assert_eq!(changes(&theirs), before, "writing a script changes nothing");
            done = String::from_utf8_lossy(&output.stderr).contains("nothing to do");
            if done {
                break;
            }
            run(&String::from_utf8(output.stdout).unwrap(), &environment);
        }
        assert!(done, "{flow} by {kind} did not come to its end");
    }
    assert_eq!(state::different(&state::of(&theirs), &state::of(&ours)), Vec::<&String>::new(), "{kind}");
    assert_eq!(theirs.purchases(), 1);
    theirs.served_thumbprint("contoso.com");
}

fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// A token as a person with curl gets it.
fn token(cloud: &Cloud) -> String {
    let connection = cloud.connection();
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--noproxy", "*", "--cacert"]).arg(&connection.ca_pem);
    for field in [
        "grant_type=client_credentials",
        &format!("client_id={}", connection.client_id),
        &format!("client_secret={}", connection.client_secret),
        "scope=https://management.azure.com/.default",
    ] {
        curl.args(["--data-urlencode", field]);
    }
    let authority = connection.authority.trim_end_matches('/');
    let answer = curl.arg(format!("{authority}/{}/oauth2/v2.0/token", connection.tenant_id)).output().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer.stdout).unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

#[test]
fn curl_leaves_behind_what_the_flows_leave_behind() {
    if !is_installed("curl") {
        return;
    }
    same_end("curl", |cloud| {
        let ca = cloud.connection().ca_pem.display().to_string();
        vec![("TOKEN", token(cloud)), ("CERTDECK_CA_FILE", ca), ("no_proxy", "*".to_owned())]
    });
}

/// Signed in to the practice cloud, with settings of its own.
fn az(cloud: &Cloud) -> Option<Vec<(&'static str, String)>> {
    let az = std::path::PathBuf::from(std::env::var_os("CERTDECK_AZ")?);
    let connection = cloud.connection();
    let path = format!("{}:{}", az.parent()?.display(), std::env::var("PATH").unwrap());
    let environment = vec![
        ("PATH", path),
        ("AZURE_CONFIG_DIR", connection.ca_pem.with_file_name("az").display().to_string()),
        ("AZURE_CORE_COLLECT_TELEMETRY", "0".to_owned()),
        ("AZURE_CORE_ONLY_SHOW_ERRORS", "1".to_owned()),
        ("AZURE_CORE_INSTANCE_DISCOVERY", "0".to_owned()),
        ("AZURE_CORE_LOGIN_EXPERIENCE_V2", "0".to_owned()),
        ("REQUESTS_CA_BUNDLE", connection.ca_pem.display().to_string()),
        ("NO_PROXY", "*".to_owned()),
    ];
    let sign_in = format!(
        "set -e\naz cloud register -n practice --endpoint-resource-manager {} >&2\naz cloud set -n practice\n\
         az login --service-principal -u {} -p {} --tenant {} >&2\naz account set --subscription {}\n",
        connection.arm, connection.client_id, connection.client_secret, connection.tenant_id, connection.subscription_ids[0]
    );
    run(&sign_in, &environment);
    Some(environment)
}

#[test]
fn az_leaves_behind_what_the_flows_leave_behind() {
    if std::env::var_os("CERTDECK_AZ").is_none() {
        return;
    }
    same_end("az", |cloud| az(cloud).unwrap());
}

#[test]
fn az_rest_leaves_behind_what_the_flows_leave_behind() {
    if std::env::var_os("CERTDECK_AZ").is_none() {
        return;
    }
    same_end("rest", |cloud| az(cloud).unwrap());
}
