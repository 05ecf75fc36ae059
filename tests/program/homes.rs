//! Homes where nothing can be written: what only reads works all the same, a change says what it lacks, and
//! no error shows a number of the system. `/dev/null` as a home refuses everybody, also a test that runs as
//! root.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::cloud::Cloud;
use crate::pty::Pty;

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn certdeck(cloud: &Cloud, environment: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
    command.env_clear().envs(cloud.environment()).envs(environment.iter().copied()).current_dir(cloud.home());
    let output = command.args(arguments).output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|octets| String::from_utf8(octets).unwrap());
    let all = format!("{out}{err}");
    assert!(!all.contains("os error") && !all.contains("panicked"), "{arguments:?}: {all}");
    Ran { code: output.status.code(), out, err }
}

/// A change that is still to be made.
fn change(cloud: &Cloud) -> Vec<String> {
    let subscription = format!("subscription={}", cloud.connection().subscription_ids[0]);
    let set = ["app=contoso-blog", "https-only=yes", "min-tls=1.3"];
    let set = set.map(str::to_owned).into_iter().chain([subscription]);
    ["run", "settings"]
        .map(str::to_owned)
        .into_iter()
        .chain(set.flat_map(|one| ["--set".to_owned(), one]))
        .collect()
}

/// How many requests to change something the cloud has got.
fn writes(cloud: &Cloud) -> usize {
    let log = cloud.control("requests");
    log["value"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["method"] == "PUT" || one["method"] == "PATCH")
        .count()
}

fn with<'a>(arguments: &'a [String], more: &[&'a str]) -> Vec<&'a str> {
    arguments.iter().map(String::as_str).chain(more.iter().copied()).collect()
}

#[test]
fn what_only_reads_needs_nothing_that_can_be_written() {
    let cloud = Cloud::start();
    let read_only = cloud.home().join("read-only");
    std::fs::create_dir(&read_only).unwrap();
    std::fs::set_permissions(&read_only, PermissionsExt::from_mode(0o500)).unwrap();
    let change = change(&cloud);
    for home in ["/dev/null", "/proc/self/nowhere", read_only.to_str().unwrap()] {
        let home = [("HOME", home)];
        for kind in ["private", "public", "orders", "bindings", "apps", "vaults"] {
            let ran = certdeck(&cloud, &home, &["list", kind]);
            assert!(ran.code == Some(0) && ran.out.lines().count() > 1, "{home:?} {kind}: {}", ran.err);
        }
        assert_eq!(certdeck(&cloud, &home, &["report"]).code, Some(0));
        assert_eq!(certdeck(&cloud, &home, &["check"]).code, Some(2), "as in any home");
        assert_eq!(certdeck(&cloud, &home, &["flows"]).code, Some(0));
        let doctor = certdeck(&cloud, &home, &["doctor"]);
        assert!(doctor.code == Some(0), "{home:?}: {}{}", doctor.out, doctor.err);
        let plan = certdeck(&cloud, &home, &with(&change, &["--plan"]));
        assert!(plan.code == Some(0) && plan.out.contains(" https://"), "{home:?}: {}{}", plan.out, plan.err);
        let script = certdeck(&cloud, &home, &with(&change, &["--script", "az"]));
        assert!(
            script.code == Some(0) && script.out.contains("az "),
            "{home:?}: {}{}",
            script.out,
            script.err
        );
    }
}

#[test]
fn a_change_that_cannot_be_written_down_is_not_sent_and_the_directory_is_named() {
    let cloud = Cloud::start();
    let change = change(&cloud);
    let before = writes(&cloud);
    let ran = certdeck(&cloud, &[("HOME", "/dev/null")], &with(&change, &["--yes"]));
    assert_eq!(ran.code, Some(5), "{}", ran.err);
    for part in ["journal.jsonl cannot be written", "Nothing was sent", "XDG_STATE_HOME"] {
        assert!(ran.err.contains(part), "{}", ran.err);
    }
    assert_eq!(writes(&cloud), before);
    // With a place for it the same command works, and a second time there is nothing left to write down.
    let state = cloud.home().join("state");
    let there = [("HOME", "/dev/null"), ("XDG_STATE_HOME", state.to_str().unwrap())];
    let ran = certdeck(&cloud, &there, &with(&change, &["--yes"]));
    assert!(ran.code == Some(0) && state.join("certdeck/journal.jsonl").exists(), "{}", ran.err);
    assert_eq!(
        certdeck(&cloud, &[("HOME", "/dev/null")], &with(&change, &["--yes"])).code,
        Some(0),
        "nothing to do"
    );
}

#[test]
fn on_a_full_disk_no_change_is_sent() {
    let cloud = Cloud::start();
    let state = cloud.home().join("state/certdeck");
    std::fs::create_dir_all(&state).unwrap();
    std::os::unix::fs::symlink("/dev/full", state.join("journal.jsonl")).unwrap();
    let full = cloud.home().join("state");
    let environment = [("HOME", "/dev/null"), ("XDG_STATE_HOME", full.to_str().unwrap())];
    let before = writes(&cloud);
    let ran = certdeck(&cloud, &environment, &with(&change(&cloud), &["--yes"]));
    assert!(
        ran.code == Some(5) && ran.err.contains("No space left") && ran.err.contains("Nothing was sent"),
        "{}",
        ran.err
    );
    assert_eq!(writes(&cloud), before);
    assert_eq!(certdeck(&cloud, &environment, &["list", "private"]).code, Some(0));
}

/// A limit on the size of files stands for a disk on which the file has no room.
#[test]
fn a_file_that_has_no_room_is_not_left_behind_in_part() {
    let dir = crate::files::make();
    let limited = format!(
        "trap '' XFSZ; ulimit -f 1; exec '{}' cert rewrap contoso.pfx out.pfx --password-file password --new-password-file password",
        env!("CARGO_BIN_EXE_certdeck")
    );
    let ran = Command::new("bash")
        .args(["-c", &limited])
        .current_dir(dir.path())
        .env_clear()
        .env("HOME", "/dev/null")
        .output();
    let ran = ran.unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(
        ran.status.code() == Some(5) && said.contains("out.pfx") && !said.contains("os error"),
        "{:?} {said}",
        ran.status
    );
    let left: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 5, "{left:?}");
}

#[test]
fn a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for() {
    let cloud = Cloud::start();
    let pipe = cloud.home().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let file = pipe.to_str().unwrap();
    for arguments in [
        &["--config", file, "config", "check"][..],
        &["--config", file, "list", "apps"],
        &["cert", "inspect", file],
    ] {
        let ran = certdeck(&cloud, &[], arguments);
        assert!(
            ran.code != Some(0) && format!("{}{}", ran.out, ran.err).contains("a pipe"),
            "{arguments:?}: {}{}",
            ran.out,
            ran.err
        );
    }
}

/// Passed over, it would be another cloud that is changed, or the way around the proxy.
#[test]
fn a_variable_that_is_not_text_is_named() {
    use std::os::unix::ffi::OsStrExt;
    let cloud = Cloud::start();
    for name in ["HTTPS_PROXY", "AZURE_CLIENT_SECRET", "CERTDECK_CONTEXT", "CERTDECK_CA_FILE"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
        command.env_clear().envs(cloud.environment()).env("HOME", cloud.home());
        let value = std::ffi::OsStr::from_bytes(b"http://user:p\xfcss@proxy:8080");
        if name == "HTTPS_PROXY" {
            // What is on this machine is reached without a proxy.
            command.env("CERTDECK_ARM_ENDPOINT", "https://management.azure.com");
        }
        let ran = command.env(name, value).args(["list", "apps"]).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(
            ran.status.code() == Some(2) && said.contains(name) && !said.contains("ss@"),
            "{name}: {said}"
        );
    }
}

#[test]
fn what_was_to_be_kept_and_is_not_is_said() {
    let cloud = Cloud::start();
    let ran = certdeck(&cloud, &[("HOME", "/dev/null")], &["config", "init"]);
    assert!(ran.code == Some(5) && ran.err.contains("/dev/null"), "{}", ran.err);
    let practice = certdeck(&cloud, &[("HOME", "/dev/null")], &["emulator"]);
    assert!(practice.code == Some(5) && practice.err.contains("XDG_DATA_HOME"), "{}", practice.err);
    let relative = certdeck(&cloud, &[("HOME", "/dev/null"), ("XDG_STATE_HOME", "state")], &["doctor"]);
    assert!(relative.out.contains("XDG_STATE_HOME is a relative path and is ignored"), "{}", relative.out);
    assert!(!Path::new(&cloud.home()).join("state").exists());
}

/// Whoever signs in there has to know that the next command asks again.
#[test]
fn a_sign_in_that_cannot_be_kept_is_said_to_be_lost() {
    let cloud = Cloud::start();
    let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
    let of_a_person = ["AZURE_CLIENT_SECRET", "AZURE_CLIENT_ID", "AZURE_TENANT_ID"];
    let environment = cloud.environment().into_iter().filter(|(name, _)| !of_a_person.contains(name));
    command
        .env_clear()
        .envs(environment)
        .envs([("HOME", "/dev/null"), ("PATH", "/usr/bin:/bin")])
        .arg("login");
    let mut login = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(login.stderr.take().unwrap()).lines().map_while(Result::ok);
    lines.find(|line| line.contains("/devicelogin")).expect("it says where to type the code");
    let code = lines.next().unwrap().split_whitespace().next().unwrap().to_owned();
    cloud.tell("entra/device-code", &serde_json::json!({"approve": true, "userCode": code}));
    let said: Vec<String> = lines.collect();
    let said = said.join("\n");
    let code = login.wait().unwrap().code();
    assert!(code == Some(5) && said.contains("/dev/null") && !said.contains("os error"), "{code:?} {said}");
}

#[test]
fn on_a_dumb_terminal_a_list_shows_its_rows_and_no_sequences() {
    let cloud = Cloud::start();
    let environment = [cloud.environment(), vec![("TERM", "dumb".to_owned())]].concat();
    let mut list = Pty::start(&[env!("CARGO_BIN_EXE_certdeck"), "list", "private"], &environment);
    assert_eq!(list.wait_exit(), 0);
    let wire = list.wire();
    assert!(wire.contains("shop-2026") && !wire.contains('\u{1b}'), "{wire:?}");
}
