//! SIGKILL after every single request of every flow in turn, then the same command again: the end is that of an undisturbed run,
//! and money is spent once. The practice cloud holds the answer of the n-th request; the program dies waiting for it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/cloud.rs"]
mod cloud;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use certdeck::azure::{self, Client, inventory};
use certdeck::emulator::Gate;
use certdeck::model::Order;
use cloud::Cloud;
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

#[test]
fn killed_after_any_request_and_run_again_it_ends_as_if_undisturbed() {
    let mut cloud = Cloud::start();
    let mut killed = 0;
    for step in JOURNEY {
        let before = copy(&cloud.shut_down());
        let undisturbed = Cloud::copy_of(before.path(), None);
        run_to_the_end(&undisturbed, step);
        let expected = state(&undisturbed);
        for request in 1.. {
            let gate = Gate::hold_after(request);
            let disturbed = Cloud::copy_of(before.path(), Some(gate.clone()));
            if !kill_at(&disturbed, &gate, step) {
                break;
            }
            killed += 1;
            run_to_the_end(&disturbed, step);
            assert_eq!(
                different(&state(&disturbed), &expected),
                Vec::<&String>::new(),
                "{} killed after request {request}",
                step.0
            );
        }
        cloud = undisturbed;
    }
    assert!(killed > 30, "only {killed} requests were made");
    assert_eq!(cloud.purchases(), 1);
    cloud.served_thumbprint("contoso.com");
}

fn different<'a>(found: &'a [String], expected: &'a [String]) -> Vec<&'a String> {
    let only = |one: &'a [String], other: &'a [String]| one.iter().filter(move |line| !other.contains(line));
    only(found, expected).chain(only(expected, found)).collect()
}

/// Runs until the gate holds a request, and kills then. False when the flow ended without reaching it.
fn kill_at(cloud: &Cloud, gate: &Gate, step: (&str, &[&str])) -> bool {
    cloud.runtime().block_on(async {
        let mut child = start(cloud, step);
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

fn run_to_the_end(cloud: &Cloud, step: (&str, &[&str])) {
    let output = cloud.runtime().block_on(start(cloud, step).wait_with_output()).unwrap();
    assert!(output.status.success(), "{}: {}", step.0, String::from_utf8_lossy(&output.stderr));
}

fn start(cloud: &Cloud, (flow, settings): (&str, &[&str])) -> Child {
    let subscription = format!("subscription={}", cloud.connection().subscription_ids[0]);
    let mut command = certdeck(cloud);
    command.args(["run", flow, "--yes", "--set", "order=contosowww", "--set", "resource-group=rg-shop", "--set", &subscription]);
    for setting in settings {
        command.args(["--set", setting]);
    }
    let _runtime = cloud.runtime().enter();
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Everything that the flows change, a line each; keys are random, so thumbprints differ and certificates go by their ids.
fn state(cloud: &Cloud) -> Vec<String> {
    let connection = cloud.connection();
    let connection = azure::Connection {
        arm_endpoint: connection.arm.parse().ok(),
        ca_file: Some(connection.ca_pem.clone()),
        chain: azure::Chain::application(&*connection.tenant_id, &*connection.client_id, &*connection.client_secret),
        ..azure::Connection::default()
    };
    let estate = cloud.runtime().block_on(async {
        let client = Client::connect(connection).await.unwrap();
        inventory::load(&client, |_, _| {}).await.unwrap()
    });
    let purchases = format!("{} bought", cloud.purchases());
    let orders = estate.orders.iter().map(|order| {
        let Order { id, status, product, auto_renew, stored, names, token, .. } = order;
        format!("{id} {status} {product:?} {auto_renew} {stored:?} {names:?} {}", token.is_some())
    });
    let certificates = estate.certificates.iter().map(|one| format!("{} {:?} {:?} {}", one.id, one.hosts, one.vault, one.webspace));
    let bindings = estate.bindings.iter().map(|binding| {
        let certificate = estate.certificate_of(binding).map(|certificate| certificate.id.as_str());
        format!("{} {:?} {certificate:?}", binding.id(), binding.ssl)
    });
    let vaults = estate
        .vaults
        .iter()
        .map(|vault| format!("{} {} {} {:?} {}", vault.id, vault.sku, vault.rbac, vault.policies, vault.public_network));
    std::iter::once(purchases).chain(orders).chain(certificates).chain(bindings).chain(vaults).collect()
}

fn certdeck(cloud: &Cloud) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
    command.env_clear().env("HOME", home(cloud)).envs(cloud.environment());
    command
}

/// Beside the cloud's own files, so that both go together.
fn home(cloud: &Cloud) -> PathBuf {
    let home = cloud.connection().ca_pem.with_file_name("home");
    std::fs::create_dir_all(&home).unwrap();
    home
}

fn copy(dir: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    cloud::copy_files(dir, copy.path());
    copy
}
