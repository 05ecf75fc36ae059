//! Exports of an order's certificate: the file, what opens it, and what is remembered of it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use certdeck::pki;
use secrecy::SecretString;
use serde_json::Value;

use crate::cloud::Cloud;
use crate::pty::Pty;
use crate::state;

const ORDER: [&str; 2] = ["order=apifabrikam", "resource-group=rg-shop"];

fn run(cloud: &Cloud, home: &Path, settings: &[&str], more: &[&str]) -> (bool, String, String) {
    let subscription = format!("subscription={}", cloud.connection().subscription_ids[0]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
    command
        .env_clear()
        .env("HOME", home)
        .env("PASSWORD", "hunter2 for files")
        .envs(cloud.environment())
        .current_dir(home);
    command.args(["run", "export"]).args(more);
    for setting in [subscription.as_str()].iter().chain(&ORDER).chain(settings) {
        command.args(["--set", setting]);
    }
    let output = command.output().unwrap();
    let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

/// The thumbprint of the certificate in a file that has a key.
fn held(path: &Path, password: &str) -> String {
    let octets = std::fs::read(path).unwrap();
    let password = SecretString::from(password);
    let contents = pki::read(&octets, Some(&password).filter(|_| octets.len() > 1)).unwrap();
    let leaf = pki::leaf(&contents).unwrap();
    assert_eq!(leaf.has_key, Some(true));
    contents.certificates[leaf.place].thumbprint.to_string()
}

fn thumbprint(cloud: &Cloud) -> String {
    let orders = state::estate(cloud).into_rows().orders;
    orders
        .iter()
        .find(|order| order.id.name() == "apifabrikam")
        .unwrap()
        .thumbprint
        .clone()
        .unwrap()
        .to_string()
}

/// Every read of a secret's value that the cloud was asked for.
fn secrets_read(cloud: &Cloud) -> usize {
    let log = cloud.control("requests");
    let is_read = |entry: &&Value| entry["path"].as_str().unwrap().starts_with("/secrets/apifabrikam");
    log["value"].as_array().unwrap().iter().filter(is_read).count()
}

#[test]
fn an_export_is_for_its_owner_written_once_and_remembered_without_a_secret_a196() {
    let cloud = Cloud::start();
    let home = tempfile::tempdir().unwrap();
    let password = ["--new-password-env", "PASSWORD"];
    let (planned, plan, _) = run(&cloud, home.path(), &["out=x.pfx"], &["--plan", password[0], password[1]]);
    assert!(planned && plan.contains("WRITE x.pfx") && !plan.contains("hunter2"), "{plan}");
    assert!(
        secrets_read(&cloud) == 0 && !home.path().join("x.pfx").exists(),
        "a plan reads no key and writes nothing"
    );

    for cipher in ["triple-des", "aes-256"] {
        let out = format!("out={cipher}.pfx");
        let settings = [out.as_str(), &format!("cipher={cipher}")];
        let (done, _, words) = run(&cloud, home.path(), &settings, &["--yes", password[0], password[1]]);
        assert!(done, "{words}");
        let path = home.path().join(format!("{cipher}.pfx"));
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(held(&path, "hunter2 for files"), thumbprint(&cloud));
        let reads = secrets_read(&cloud);
        assert!(run(&cloud, home.path(), &settings, &["--yes", password[0], password[1]]).0, "again");
        assert_eq!(secrets_read(&cloud), reads, "what is written already is not read from the vault again");
    }
    let records = home.path().join(".local/state/certdeck/exports.jsonl");
    let remembered = std::fs::read_to_string(&records).unwrap();
    assert_eq!(remembered.lines().count(), 2);
    assert!(remembered.contains(&thumbprint(&cloud)) && !remembered.contains("hunter2"), "{remembered}");
    assert_eq!(records.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    std::fs::write(home.path().join("other.pfx"), "something else").unwrap();
    let (done, _, words) = run(&cloud, home.path(), &["out=other.pfx"], &["--yes", password[0], password[1]]);
    assert!(!done && words.contains("another file of this name"), "{words}");
    assert_eq!(std::fs::read(home.path().join("other.pfx")).unwrap(), b"something else");
}

#[test]
fn whoever_is_killed_around_the_writing_has_the_file_once_and_knows_of_it_once() {
    let cloud = Cloud::start();
    let home = tempfile::tempdir().unwrap();
    let export = || run(&cloud, home.path(), &["out=x.pfx", "raw=yes"], &["--yes"]);
    assert!(export().0);
    let (file, state) = (home.path().join("x.pfx"), home.path().join(".local/state/certdeck"));
    let written = std::fs::read(&file).unwrap();

    // Killed after the file was there and before the line that says so.
    let journal = std::fs::read_to_string(state.join("journal.jsonl")).unwrap();
    let before: Vec<&str> = journal.lines().filter(|line| line.contains("\"before\"")).collect();
    std::fs::write(state.join("journal.jsonl"), before.join("\n")).unwrap();
    let reads = secrets_read(&cloud);
    assert!(export().0);
    assert_eq!(
        (secrets_read(&cloud), std::fs::read(&file).unwrap()),
        (reads, written),
        "it is there, so nothing is written"
    );

    // Killed after it was remembered and before it was there.
    std::fs::remove_file(&file).unwrap();
    assert!(export().0);
    assert_eq!(held(&file, ""), thumbprint(&cloud));
    let journal = certdeck::journal::Journal::open(&state.join("journal.jsonl")).unwrap();
    assert_eq!(journal.exports().len(), 1);
}

/// A renewal says which copies it leaves behind, and so does the Sync after a rekey (B3-18).
#[test]
fn what_was_exported_is_named_before_what_makes_it_stale() {
    let cloud = Cloud::start();
    let home = tempfile::tempdir().unwrap();
    assert!(run(&cloud, home.path(), &["out=x.pfx", "raw=yes"], &["--yes"]).0);
    let file = home.path().join("x.pfx").display().to_string();
    let current = format!("current={}", thumbprint(&cloud));
    let said = |flow: &str, settings: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
        command
            .env_clear()
            .env("HOME", home.path())
            .envs(cloud.environment())
            .args(["run", flow, "--plan", "-o", "json"]);
        let subscription = format!("subscription={}", cloud.connection().subscription_ids[0]);
        for setting in [subscription.as_str()].iter().chain(&ORDER).chain(settings) {
            command.args(["--set", setting]);
        }
        let plan: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        let steps = plan["steps"].as_array().unwrap().iter();
        steps.filter_map(|step| step["facts"]["Exports"].as_str().map(str::to_owned)).collect::<String>()
    };
    let renew = [current.as_str(), "method=app-service", "app=rg-shop/contoso-api"];
    for (flow, settings) in
        [("renew", &renew[..]), ("rekey", &renew[..1]), ("auto-renew", &["auto-renew=yes"])]
    {
        assert!(said(flow, settings).contains(&file), "{flow}: {}", said(flow, settings));
    }
    assert!(!said("sync", &[]).contains(&file), "nothing is new yet");
    let rekeyed = crate::runs::Run::new("rekey", &[&ORDER[..], &renew].concat()).certdeck(&cloud, &["--yes"]);
    assert!(rekeyed.status.success(), "{}", String::from_utf8_lossy(&rekeyed.stderr));
    assert!(said("sync", &[]).contains(&file), "{}", said("sync", &[]));
}

#[test]
fn on_the_screen_the_password_is_typed_twice_and_the_export_is_listed() {
    let cloud = Cloud::start();
    let mut screen = Pty::start(&[env!("CARGO_BIN_EXE_certdeck")], &cloud.environment());
    screen.wait_for("shop-2026");
    screen.keys("3/apifabrikam<Enter>");
    screen.wait_for("Orders 1/");
    screen.keys("x");
    screen.wait_for("the file needs a password");
    screen.keys("hunter2<Tab>hunter2<Tab>");
    screen.wait_for("Enter Write the file...");
    assert!(!screen.screen().contains("hunter2"));
    screen.keys("<Enter>");
    screen.wait_for("WRITE appservicecertificate.pfx");
    screen.keys("y");
    screen.wait_for("The certificate is in the file");
    assert_eq!(held(&screen.home().join("appservicecertificate.pfx"), "hunter2"), thumbprint(&cloud));
    screen.keys("<Enter>");
    screen.wait_for("Orders");
    screen.keys("<Enter>");
    screen.wait_for("appservicecertificate.pfx on");
}
