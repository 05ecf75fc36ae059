//! SIGKILL after every single request of every flow in turn, then the same command again: the end is that of
//! an undisturbed run, and money is spent once. The practice cloud holds the answer of the n-th request; the
//! program dies waiting for it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/cloud.rs"]
mod cloud;
#[path = "support/files.rs"]
mod files;
#[path = "support/state.rs"]
mod state;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use certdeck::pki;
use certdeck::practice::Gate;
use cloud::Cloud;
use serde_json::Value;
use tokio::process::{Child, Command};

/// The way from nothing to a secured hostname, one command after the other.
const JOURNEY: [(&str, &[&str]); 5] = [
    ("purchase", &["domain=contoso.com", "product=standard", "auto-renew=yes"]),
    (
        "store",
        &[
            "vault-choice=new",
            "vault=kv-contosowww",
            "vault-resource-group=rg-shop",
            "vault-location=westeurope",
            "vault-tier=standard",
            "vault-rbac=access-policy",
            "vault-network=public",
            "vault-retention=90",
            "vault-purge-protection=no",
        ],
    ),
    ("verify", &["method=app-service", "app=contoso-shop"]),
    ("import-order", &["app=contoso-shop"]),
    ("bind", &["app=contoso-shop", "hostname=contoso.com", "ssl-type=sni"]),
];

/// One `certdeck run`: the flow, and what follows it on the command line.
struct Run {
    flow: &'static str,
    arguments: Vec<String>,
}

impl Run {
    fn new(flow: &'static str, settings: &[&str]) -> Self {
        let arguments =
            settings.iter().flat_map(|setting| ["--set".to_owned(), (*setting).to_owned()]).collect();
        Self { flow, arguments }
    }

    fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        self
    }
}

#[test]
fn killed_after_any_request_and_run_again_it_ends_as_if_undisturbed() {
    let mut cloud = Cloud::start();
    let mut killed = 0;
    for (flow, settings) in JOURNEY {
        let run = Run::new(flow, &[settings, &["order=contosowww", "resource-group=rg-shop"]].concat());
        cloud = disturb_everywhere(cloud, &run, &mut killed, |_| ());
    }
    assert!(killed > 30, "only {killed} requests were made");
    assert_eq!(cloud.purchases(), 1);
    cloud.served_thumbprint("contoso.com");
}

#[test]
fn uploads_killed_after_any_request_and_run_again_are_sent_once() {
    let files = files::make();
    let file = |name: &str| files.path().join(name).display().to_string();
    let app = "app=rg-shop/contoso-shop";
    let upload = |name: &str| Run::new("upload", &[app, &format!("file={}", file(name))]);
    let runs = [
        (upload("contoso.pfx").with(&["--password-file", &file("password")]), "/certificates/"),
        (upload("open.pem").with(&["--new-password-env", "NEW_PASSWORD"]), "/certificates/"),
        (
            Run::new("public", &[app, "name=partner", &format!("file={}", file("partner.cer"))]),
            "/publiccertificates/",
        ),
    ];
    let mut cloud = Cloud::start();
    let mut killed = 0;
    for (run, place) in runs {
        let sent_once = |cloud: &Cloud| assert_eq!(sent(cloud, "PUT", place), 1, "uploads by {}", run.flow);
        cloud = disturb_everywhere(cloud, &run, &mut killed, sent_once);
    }
    assert!(killed > 12, "only {killed} requests were made");
}

#[test]
fn a_managed_certificate_killed_after_any_request_and_run_again_is_there_once() {
    let mut killed = 0;
    let run = Run::new("managed", &["app=rg-shop/contoso-shop", "hostname=pay.contoso.com"]);
    disturb_everywhere(Cloud::start(), &run, &mut killed, |_| ());
    assert!(killed > 6, "only {killed} requests were made");
}

#[test]
fn bindings_settings_and_deletions_killed_after_any_request_and_run_again_end_the_same() {
    let files = files::make();
    let file = |name: &str| files.path().join(name).display().to_string();
    let group = "resource-group=rg-shop";
    let runs = [
        Run::new("hostname", &["app=rg-shop/contoso-shop", "hostname=new.contoso.com"]),
        Run::new(
            "replace",
            &[
                group,
                "certificate=shop-2026",
                &format!("file={}", file("shop.pfx")),
                "friendly-name=shop-2027",
            ],
        )
        .with(&["--password-file", &file("password")]),
        Run::new("rebind-all", &[group, "certificate=wildcard-contoso", "which=all"]),
        Run::new("unbind", &[group, "app=contoso-blog", "hostname=blog.contoso.com"]),
        Run::new("delete-private", &[group, "certificate=blog-2025"]),
        Run::new("delete-public", &[group, "app=contoso-api", "name=legacy-partner"]),
        Run::new(
            "settings",
            &[group, "app=contoso-blog", "https-only=yes", "min-tls=1.3", "load-certificates=*"],
        ),
    ];
    let mut cloud = Cloud::start();
    let mut killed = 0;
    for run in runs {
        cloud = disturb_everywhere(cloud, &run, &mut killed, |_| ());
    }
    assert!(killed > 60, "only {killed} requests were made");
    assert_eq!(cloud.purchases(), 0);
}

#[test]
fn an_import_killed_after_any_request_and_run_again_grants_and_imports_once() {
    let mut killed = 0;
    let certificate = ["app=rg-shop/contoso-shop", "vault=kv-contoso-vault", "vault-certificate=pay-2026"];
    let granted_once = |cloud: &Cloud| assert_eq!(sent(cloud, "PUT", "/accesspolicies/add"), 1);
    disturb_everywhere(Cloud::start(), &Run::new("import-vault", &certificate), &mut killed, granted_once);
    assert!(killed > 10, "only {killed} requests were made");
}

#[test]
fn a_renewal_killed_after_any_request_and_run_again_is_paid_once_and_reaches_its_apps() {
    let mut cloud = Cloud::start();
    let mut killed = 0;
    let [order, current] = order(&cloud, "apifabrikam");
    let renew = Run::new(
        "renew",
        &[&order, &current, "method=app-service", "app=contoso-api", "resource-group=rg-shop"],
    );
    cloud = disturb_everywhere(cloud, &renew, &mut killed, |cloud| {
        assert_eq!((cloud.purchases(), sent(cloud, "POST", "/renew?")), (1, 1));
    });
    cloud = disturb_everywhere(cloud, &Run::new("sync", &[&order]), &mut killed, |_| ());
    cloud =
        disturb_everywhere(cloud, &Run::new("auto-renew", &[&order, "auto-renew=yes"]), &mut killed, |_| ());
    assert!(killed > 30, "only {killed} requests were made");
    assert_eq!(cloud.purchases(), 1);
}

#[test]
fn a_rekey_killed_after_any_request_and_run_again_happens_once_and_reaches_its_apps() {
    let mut cloud = Cloud::start();
    let mut killed = 0;
    let [order, current] = order(&cloud, "wildfabrikam");
    cloud = disturb_everywhere(cloud, &Run::new("rekey", &[&order, &current]), &mut killed, |cloud| {
        assert_eq!((cloud.purchases(), sent(cloud, "POST", "/reissue?")), (0, 1));
    });
    disturb_everywhere(cloud, &Run::new("sync", &["scope=all"]), &mut killed, |_| ());
    assert!(killed > 20, "only {killed} requests were made");
}

#[test]
fn an_order_exported_unlocked_and_deleted_with_kills_after_any_request_goes_through_each_once() {
    let mut cloud = Cloud::start();
    let mut killed = 0;
    let [order, _] = order(&cloud, "apifabrikam");
    let export = Run::new("export", &[&order, "out=x.pfx"]).with(&["--new-password-env", "NEW_PASSWORD"]);
    cloud = disturb_everywhere(cloud, &export, &mut killed, |cloud| {
        let file = cloud.home().join("x.pfx");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let contents = pki::read(&std::fs::read(file).unwrap(), Some(&files::PASSWORD.into())).unwrap();
        assert!(pki::leaf(&contents).unwrap().has_key.unwrap());
        let remembered =
            std::fs::read_to_string(cloud.home().join(".local/state/certdeck/exports.jsonl")).unwrap();
        assert_eq!(remembered.lines().count(), 1, "{remembered}");
    });
    cloud = disturb_everywhere(cloud, &Run::new("unlock", &[&order]), &mut killed, |cloud| {
        assert_eq!(sent(cloud, "DELETE", "/locks/"), 1);
    });
    disturb_everywhere(cloud, &Run::new("delete", &[&order]), &mut killed, |cloud| {
        assert_eq!(sent(cloud, "DELETE", "/certificateorders/apifabrikam?"), 1);
    });
    assert!(killed > 15, "only {killed} requests were made");
}

/// Kills the run after each of its requests in turn, each time in a cloud of its own, and runs it again.
/// Returns the cloud in which nothing disturbed it; `holds` looks at all of them.
fn disturb_everywhere(mut cloud: Cloud, run: &Run, killed: &mut u32, holds: impl Fn(&Cloud)) -> Cloud {
    let before = copy(&cloud.shut_down());
    let undisturbed = Cloud::copy_of(before.path(), None);
    run_to_the_end(&undisturbed, run);
    holds(&undisturbed);
    let expected = state::of(&undisturbed);
    for request in 1.. {
        let gate = Gate::hold_after(request);
        let disturbed = Cloud::copy_of(before.path(), Some(gate.clone()));
        if !kill_at(&disturbed, &gate, run) {
            break;
        }
        *killed += 1;
        run_to_the_end(&disturbed, run);
        let found = state::of(&disturbed);
        let different = state::different(&found, &expected);
        assert!(different.is_empty(), "{} killed after request {request}: {different:#?}", run.flow);
        holds(&disturbed);
    }
    undisturbed
}

/// How many requests to this place the cloud has carried out.
fn sent(cloud: &Cloud, method: &str, place: &str) -> usize {
    let log = cloud.control("requests");
    let is_meant = |entry: &&Value| {
        entry["method"] == method
            && entry["path"].as_str().unwrap().to_ascii_lowercase().contains(place)
            && entry["status"].as_u64().unwrap() < 300
    };
    log["value"].as_array().unwrap().iter().filter(is_meant).count()
}

/// The names of an order and of the certificate that it has now, as inputs.
fn order(cloud: &Cloud, name: &str) -> [String; 2] {
    let orders = state::estate(cloud).into_rows().orders;
    let order = orders.iter().find(|order| order.id.name() == name).unwrap();
    [format!("order={}", order.id), format!("current={}", order.thumbprint.as_ref().unwrap())]
}

/// Runs until the gate holds a request, and kills then. False when the flow ended without reaching it.
fn kill_at(cloud: &Cloud, gate: &Gate, run: &Run) -> bool {
    cloud.runtime().block_on(async {
        let mut child = start(cloud, run);
        tokio::select! {
            () = gate.reached() => {
                child.kill().await.unwrap();
                true
            }
            status = child.wait() => {
                assert!(status.unwrap().success());
                false
            }
        }
    })
}

fn run_to_the_end(cloud: &Cloud, run: &Run) {
    let output = cloud.runtime().block_on(start(cloud, run).wait_with_output()).unwrap();
    assert!(output.status.success(), "{}: {}", run.flow, String::from_utf8_lossy(&output.stderr));
}

fn start(cloud: &Cloud, run: &Run) -> Child {
    let subscription = format!("subscription={}", cloud.connection().subscription_ids[0]);
    let mut command = certdeck(cloud);
    command
        .args(["run", run.flow, "--yes", "--set", &subscription])
        .args(&run.arguments)
        .env("NEW_PASSWORD", files::PASSWORD);
    let _runtime = cloud.runtime().enter();
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn certdeck(cloud: &Cloud) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
    command.env_clear().env("HOME", cloud.home()).current_dir(cloud.home()).envs(cloud.environment());
    command
}

fn copy(dir: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    cloud::copy_files(dir, copy.path());
    copy
}
