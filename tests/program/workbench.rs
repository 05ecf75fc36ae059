//! The workbench as people use it: the program itself, files on disk, passwords from where they may come
//! from. What it writes is read back by openssl and by Python's `cryptography`, where those are installed.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SerialNumber,
};
use serde_json::Value;
use tempfile::TempDir;

const PASSWORD: &str = "Correct-Horse-9";

/// One authority with an intermediate and a certificate for `shop.contoso.com`; made once, written for each
/// test.
struct Pki {
    root: String,
    intermediate: String,
    leaf: String,
    key: String,
    stranger: String,
}

impl Pki {
    fn shared() -> &'static Self {
        static SHARED: OnceLock<Pki> = OnceLock::new();
        SHARED.get_or_init(Self::make)
    }

    fn make() -> Self {
        let root = CertifiedIssuer::self_signed(authority("Workbench Root"), rsa()).unwrap();
        let intermediate =
            CertifiedIssuer::signed_by(authority("Workbench Intermediate"), rsa(), &root).unwrap();
        let key = rsa();
        let mut params =
            CertificateParams::new(vec!["shop.contoso.com".to_owned(), "*.shop.contoso.com".to_owned()])
                .unwrap();
        params.distinguished_name.push(DnType::CommonName, "shop.contoso.com");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.serial_number = Some(SerialNumber::from(4711_u64));
        params.not_after = rcgen::date_time_ymd(2090, 1, 1);
        let leaf = params.signed_by(&key, &intermediate).unwrap();
        let stranger = CertifiedIssuer::self_signed(authority("Somebody Else"), rsa()).unwrap();
        Self {
            root: root.pem(),
            intermediate: intermediate.pem(),
            leaf: leaf.pem(),
            key: key.serialize_pem(),
            stranger: stranger.pem(),
        }
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.not_after = rcgen::date_time_ymd(2090, 1, 1);
    params
}

fn rsa() -> KeyPair {
    KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap()
}

/// A directory with the files of [`Pki`].
struct Bench(TempDir);

impl Bench {
    fn new() -> Self {
        let pki = Pki::shared();
        let bench = Self(tempfile::tempdir().unwrap());
        for (name, text) in [
            ("root.pem", &pki.root),
            ("intermediate.pem", &pki.intermediate),
            ("leaf.pem", &pki.leaf),
            ("key.pem", &pki.key),
            ("stranger.pem", &pki.stranger),
        ] {
            std::fs::write(bench.path(name), text).unwrap();
        }
        bench.password(PASSWORD);
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn password(&self, text: &str) {
        std::fs::write(self.path("password"), format!("{text}\n")).unwrap();
    }

    /// Runs `certdeck cert …` in the directory, without a terminal.
    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
        command.arg("cert").args(arguments).current_dir(self.0.path()).stdin(Stdio::null()).output().unwrap()
    }

    fn build(&self, out: &str, more: &[&str]) -> Output {
        let mut arguments =
            vec!["build", "--key", "key.pem", "--out", out, "--password-file", "password", "--cert"];
        arguments.extend(["root.pem", "leaf.pem", "intermediate.pem"]);
        arguments.extend(more);
        self.run(&arguments)
    }

    fn check(&self, file: &str, more: &[&str]) -> (Value, i32) {
        let mut arguments = vec!["check", file, "-o", "json", "--roots", "root.pem"];
        arguments.extend(more);
        let output = self.run(&arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        let json = serde_json::from_str(&text)
            .unwrap_or_else(|_| panic!("{text} {}", String::from_utf8_lossy(&output.stderr)));
        (json, output.status.code().unwrap())
    }
}

fn rules(json: &Value) -> Vec<&str> {
    json["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap()).collect()
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn what_is_built_is_accepted_whatever_the_order_of_the_files() {
    let bench = Bench::new();
    let built = bench.build("out.pfx", &[]);
    assert_eq!(built.status.code(), Some(0), "{}", words(&built));
    assert_eq!(bench.path("out.pfx").metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let (json, exit) = bench.check(
        "out.pfx",
        &["--password-file", "password", "--profile", "seed", "--hostname", "shop.contoso.com"],
    );
    assert_eq!((exit, &json["verdict"], &json["findings"]), (0, &"accept".into(), &serde_json::json!([])));
    assert_eq!(json["chain"]["ordered"], true);
    assert_eq!(json["chain"]["complete"], true);
    assert_eq!(json["certificates"], 3);
    assert_eq!(json["leaf"]["subject"], "CN=shop.contoso.com");
    assert_eq!(json["leaf"]["sans"], serde_json::json!(["shop.contoso.com", "*.shop.contoso.com"]));
    assert_eq!(json["keys"], serde_json::json!([{"type": "RSA", "bits": 2048}]));
}

#[test]
fn strays_gaps_and_a_foreign_key_are_refused_by_name() {
    let bench = Bench::new();
    let stray = bench.build("out.pfx", &["stranger.pem"]);
    assert_eq!(stray.status.code(), Some(1));
    assert!(words(&stray).contains("CN=Somebody Else"), "{}", words(&stray));
    let common = ["build", "--key", "key.pem", "--out", "out.pfx", "--password-file", "password", "--cert"];
    let gap = bench.run(&[&common[..], &["leaf.pem", "root.pem"]].concat());
    assert_eq!(gap.status.code(), Some(1));
    assert!(words(&gap).contains("CN=Workbench Intermediate"), "{}", words(&gap));
    let foreign = bench.run(&[&common[..], &["root.pem", "intermediate.pem"]].concat());
    assert_eq!(foreign.status.code(), Some(1));
    assert!(words(&foreign).contains("belongs to none"), "{}", words(&foreign));
    assert!(!bench.path("out.pfx").exists());
}

#[test]
fn a_root_that_alone_is_missing_comes_from_this_machine_when_asked_a21() {
    let bench = Bench::new();
    let build = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
        command
            .args(["cert", "build", "--key", "key.pem", "--out", "out.pfx", "--password-file", "password"])
            .args(more);
        command.args(["--cert", "intermediate.pem", "leaf.pem"]).current_dir(bench.0.path());
        command.env("SSL_CERT_FILE", bench.path("root.pem")).stdin(Stdio::null()).output().unwrap()
    };
    let refused = build(&[]);
    assert!(
        words(&refused).contains("CN=Workbench Root") && words(&refused).contains("--add-root"),
        "{}",
        words(&refused)
    );
    assert_eq!(build(&["--add-root"]).status.code(), Some(0));
    let (json, _) = bench.check("out.pfx", &["--password-file", "password"]);
    assert_eq!((&json["verdict"], &json["certificates"]), (&"accept".into(), &3.into()), "{json}");
}

#[test]
fn a_password_typed_on_the_terminal_is_not_shown() {
    let bench = Bench::new();
    bench.build("out.pfx", &[]);
    let pair = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_certdeck"));
    command.args(["cert", "inspect", "out.pfx"]);
    command.cwd(bench.0.path());
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut terminal = pair.master.try_clone_reader().unwrap();
    let mut shown = String::new();
    let mut some = [0; 4096];
    while !shown.contains("Password of out.pfx: ") {
        let count = terminal.read(&mut some).unwrap();
        shown.push_str(&String::from_utf8_lossy(&some[..count]));
    }
    // A typing error on the way, taken back.
    pair.master.take_writer().unwrap().write_all(b"Correct-Horse-8\x7f9\r").unwrap();
    while let Ok(count @ 1..) = terminal.read(&mut some) {
        shown.push_str(&String::from_utf8_lossy(&some[..count]));
    }
    assert!(child.wait().unwrap().success(), "{shown}");
    assert!(shown.contains("CN=shop.contoso.com") && !shown.contains("Horse"), "{shown}");
}

#[test]
fn a_file_that_exists_is_never_overwritten() {
    let bench = Bench::new();
    std::fs::write(bench.path("out.pfx"), "precious").unwrap();
    assert_eq!(bench.build("out.pfx", &[]).status.code(), Some(2));
    assert_eq!(std::fs::read(bench.path("out.pfx")).unwrap(), b"precious");
}

#[test]
fn a_file_without_a_password_gets_one_and_aes_is_an_error_of_the_seed_only_a203_c1() {
    let bench = Bench::new();
    bench.build("out.pfx", &[]);
    let aes = ["rewrap", "out.pfx", "aes.pfx", "--encryption", "aes-256", "--password-file", "password"];
    assert_eq!(bench.run(&aes).status.code(), Some(0));
    let (json, exit) = bench.check("aes.pfx", &["--password-file", "password", "--profile", "seed"]);
    assert_eq!((exit, rules(&json)), (1, vec!["KEY_NOT_3DES", "CERTS_NOT_3DES"]));
    let (json, exit) = bench.check("aes.pfx", &["--password-file", "password"]);
    assert_eq!((exit, &json["verdict"]), (0, &"accept".into()), "{json}");

    let Some(python) = python() else { return };
    // As Key Vault hands it out: no password, the root first.
    let script = "import sys; from cryptography.hazmat.primitives.serialization import pkcs12 as p, NoEncryption; \
                  k = p.load_pkcs12(open('out.pfx', 'rb').read(), b'Correct-Horse-9'); \
                  open('bare.pfx', 'wb').write(p.serialize_key_and_certificates(None, k.key, k.cert.certificate, [c.certificate for c in k.additional_certs], NoEncryption()))";
    let made = Command::new(python).args(["-c", script]).current_dir(bench.0.path()).status().unwrap();
    assert!(made.success());
    let (json, _) = bench.check("bare.pfx", &["--profile", "seed"]);
    assert!(rules(&json).contains(&"NO_PASSWORD"), "{json}");
    let wrapped = bench.run(&["rewrap", "bare.pfx", "wrapped.pfx", "--new-password-file", "password"]);
    assert_eq!(wrapped.status.code(), Some(0), "{}", words(&wrapped));
    let (json, exit) = bench.check("wrapped.pfx", &["--password-file", "password", "--profile", "seed"]);
    assert_eq!((exit, &json["verdict"]), (0, &"accept".into()), "{json}");
}

#[test]
fn a_password_that_is_made_is_in_a_file_of_its_own_and_nowhere_else_a142() {
    let bench = Bench::new();
    bench.build("out.pfx", &[]);
    let run = |file: &str| {
        bench.run(&[
            "rewrap",
            "out.pfx",
            file,
            "--password-file",
            "password",
            "--generate-password",
            "new",
            "--encryption",
            "aes-256",
        ])
    };
    let made = run("new.pfx");
    assert_eq!(made.status.code(), Some(0), "{}", words(&made));
    let password = std::fs::read_to_string(bench.path("new")).unwrap();
    assert!(password.len() == 30 && password.ends_with('\n'));
    assert_eq!(bench.path("new").metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let said = format!("{}{}", words(&made), String::from_utf8_lossy(&made.stdout));
    assert!(!said.contains(password.trim()), "{said}");
    let (json, _) = bench.check("new.pfx", &["--password-file", "new"]);
    assert_eq!(json["verdict"], "accept", "{json}");
    let again = run("other.pfx");
    assert!(again.status.code() == Some(2) && words(&again).contains("new exists"), "{}", words(&again));
    assert!(
        !bench.path("other.pfx").exists() && std::fs::read_to_string(bench.path("new")).unwrap() == password
    );
}

#[test]
fn others_read_what_is_written_in_both_encryptions_and_with_any_password() {
    let bench = Bench::new();
    let long = "abcdefgh".repeat(8);
    let mut number = 0;
    for encryption in ["triple-des", "aes-256"] {
        for password in [PASSWORD, "pässwörd", "密码パスワード", "k🔑y🐎", &long] {
            number += 1;
            let out = format!("out{number}.pfx");
            bench.password(password);
            let built = bench.build(&out, &["--encryption", encryption, "--friendly-name", "Grüße"]);
            assert_eq!(built.status.code(), Some(0), "{}", words(&built));
            let (json, _) = bench.check(&out, &["--password-file", "password"]);
            assert_eq!(json["verdict"], "accept", "{encryption} {password}: {json}");
            assert_eq!(json["leaf"]["friendly_name"], "Grüße");
            read_by_openssl(&bench, &out);
            read_by_python(&bench, &out);
        }
    }
}

fn read_by_openssl(bench: &Bench, out: &str) {
    let arguments = ["pkcs12", "-in", out, "-passin", "file:password", "-nodes"];
    let Ok(read) = Command::new("openssl").args(arguments).current_dir(bench.0.path()).output() else {
        return eprintln!("skipped: openssl is not installed");
    };
    let text = String::from_utf8_lossy(&read.stdout);
    assert!(read.status.success(), "{out}: {}", String::from_utf8_lossy(&read.stderr));
    assert_eq!(
        (text.matches("BEGIN CERTIFICATE").count(), text.matches("BEGIN PRIVATE KEY").count()),
        (3, 1),
        "{out}"
    );
}

fn read_by_python(bench: &Bench, out: &str) {
    let Some(python) = python() else { return };
    let script = "import sys; from cryptography.hazmat.primitives.serialization import pkcs12; \
                  k = pkcs12.load_pkcs12(open(sys.argv[1], 'rb').read(), open('password', 'rb').read()[:-1]); \
                  assert k.key and k.cert.friendly_name.decode() == 'Grüße' and len(k.additional_certs) == 2";
    let read = Command::new(python).args(["-c", script, out]).current_dir(bench.0.path()).output().unwrap();
    assert!(read.status.success(), "{out}: {}", String::from_utf8_lossy(&read.stderr));
}

/// Python, where it has `cryptography`.
fn python() -> Option<&'static str> {
    let found = Command::new("python3").args(["-c", "import cryptography"]).stderr(Stdio::null()).status();
    if found.is_ok_and(|status| status.success()) {
        return Some("python3");
    }
    eprintln!("skipped: Python's cryptography is not installed");
    None
}

#[test]
fn a_wrong_password_is_said_only_when_it_is_proven_and_appears_nowhere() {
    let bench = Bench::new();
    bench.build("out.pfx", &[]);
    bench.password("Wrong-Horse-9");
    let (json, exit) = bench.check("out.pfx", &["--password-file", "password"]);
    assert_eq!((exit, &json["error_code"], &json["readable"]), (2, &"wrong-password".into(), &false.into()));
    assert_eq!(rules(&json), ["WRONG_PASSWORD_OR_CORRUPT"]);
    assert!(!json.to_string().contains("Wrong-Horse"));
    let (json, exit) = bench.check("out.pfx", &[]);
    assert_eq!((exit, &json["error_code"]), (2, &"password-needed".into()));
    std::fs::write(bench.path("text.pfx"), "not a certificate at all").unwrap();
    let (json, exit) = bench.check("text.pfx", &["--password-file", "password"]);
    assert_eq!((exit, &json["kind"], rules(&json)), (2, &"unknown".into(), vec!["NOT_PFX"]));
}

#[test]
fn a_part_that_stays_closed_is_an_error_even_where_no_mac_tells_the_password_wrong() {
    let bench = Bench::new();
    let arguments =
        ["pkcs12", "-export", "-nomac", "-inkey", "key.pem", "-in", "leaf.pem", "-passout", "file:password"];
    let made = Command::new("openssl")
        .args(arguments)
        .args(["-out", "nomac.pfx"])
        .current_dir(bench.0.path())
        .status();
    if !made.is_ok_and(|status| status.success()) {
        return eprintln!("skipped: openssl is not installed");
    }
    let (json, exit) = bench.check("nomac.pfx", &["--password-file", "password"]);
    assert_eq!((exit, &json["readable"], &json["error_code"]), (1, &true.into(), &Value::Null), "{json}");
    assert!(rules(&json).contains(&"NO_MAC"));
    let (json, exit) = bench.check("nomac.pfx", &[]);
    assert_eq!(
        (exit, &json["readable"], &json["error_code"]),
        (2, &false.into(), &"password-needed".into()),
        "{json}"
    );
    bench.password("Wrong-Horse-9");
    let (json, exit) = bench.check("nomac.pfx", &["--password-file", "password"]);
    assert_eq!(
        (exit, &json["readable"], &json["error_code"]),
        (2, &false.into(), &"wrong-password".into()),
        "{json}"
    );
    assert!(rules(&json).contains(&"UNREADABLE"));
    let text = bench.run(&["inspect", "leaf.pem", "root.pem"]);
    assert!(
        String::from_utf8_lossy(&text.stdout).contains("\n\nroot.pem\n"),
        "several files are apart from each other"
    );
}

#[test]
fn passwords_come_from_standard_input_and_the_environment_too() {
    let bench = Bench::new();
    bench.build("out.pfx", &[]);
    let inspect = |more: &[&str], line: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
        command.args(["cert", "inspect", "out.pfx", "-o", "json"]).args(more).current_dir(bench.0.path());
        let mut child =
            command.env("PFX_SECRET", PASSWORD).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(line.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), json)
    };
    for (more, line) in
        [(["--password-stdin"].as_slice(), "Correct-Horse-9\n"), (&["--password-env", "PFX_SECRET"], "")]
    {
        let (exit, json) = inspect(more, line);
        assert_eq!((exit, &json["certificates"], json.get("verdict")), (Some(0), &3.into(), None), "{json}");
    }
}

#[test]
fn pem_der_and_bundles_are_judged_and_named_for_what_they_are() {
    let bench = Bench::new();
    let (json, exit) = bench.check("leaf.pem", &["--hostname", "pay.shop.contoso.com"]);
    assert_eq!((exit, &json["kind"], &json["readable"]), (1, &"pem".into(), &true.into()));
    assert!(!rules(&json).contains(&"HOSTNAME_MISMATCH"), "{json}");
    assert!(rules(&json).contains(&"CHAIN_MISSING_INTERMEDIATE"));
    let (json, _) = bench.check("leaf.pem", &["--hostname", "a.b.shop.contoso.com"]);
    assert!(rules(&json).contains(&"HOSTNAME_MISMATCH"));
    std::fs::copy(bench.path("leaf.pem"), bench.path("leaf.pfx")).unwrap();
    let (json, exit) = bench.check("leaf.pfx", &[]);
    assert_eq!((exit, &json["error_code"], rules(&json)), (2, &"not-pkcs12".into(), vec!["NOT_PFX"]));
}

#[test]
fn what_is_no_ordinary_file_is_a_clear_error_at_once() {
    let bench = Bench::new();
    std::fs::File::create(bench.path("large.pfx")).unwrap().set_len(100 * 1024 * 1024).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, bench.path("fifo.pfx"), rustix::fs::Mode::RWXU).unwrap();
    std::fs::create_dir(bench.path("dir.pfx")).unwrap();
    for (file, code) in [
        ("large.pfx", "too-large"),
        ("fifo.pfx", "not-a-file"),
        ("dir.pfx", "not-a-file"),
        ("none.pfx", "not-found"),
    ] {
        let (json, exit) = bench.check(file, &[]);
        assert_eq!((exit, &json["error_code"], &json["readable"]), (2, &code.into(), &false.into()));
        assert!(!json["error"].as_str().unwrap().is_empty());
    }
}

#[test]
fn the_openssl_commands_do_what_the_workbench_does_a141_c6() {
    let bench = Bench::new();
    let printed = bench.build("out.pfx", &["--openssl"]);
    let text = String::from_utf8(printed.stdout).unwrap();
    assert!(text.contains("cat leaf.pem intermediate.pem root.pem > mergedcertificate.crt"), "{text}");
    assert!(text.contains("-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg SHA1"), "{text}");
    assert!(!Path::new(&bench.path("out.pfx")).exists());
}
