//! Uploads on a terminal and from the command line, through the real binary: by keys alone, and with the
//! password in a file.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cloud::Cloud;
use crate::pty::Pty;
use certdeck::pki::{self, Bundle, Wrapping};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

const PASSWORD: &str = "hunter2 and more";

/// A PFX for contoso.com with its root, in a directory of its own.
fn pfx() -> (tempfile::TempDir, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf =
        CertificateParams::new(vec!["contoso.com".to_owned()]).unwrap().signed_by(&key, &root).unwrap();
    let pem = format!("{}{}{}", leaf.pem(), root.pem(), key.serialize_pem());
    let contents = pki::read(pem.as_bytes(), None).unwrap();
    let octets =
        Bundle::rewrap(&contents).unwrap().write(&PASSWORD.into(), Wrapping::TripleDes, None).unwrap();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("contoso.pfx"), &*octets).unwrap();
    let path = dir.path().to_str().unwrap().to_owned();
    (dir, path)
}

#[test]
fn a_pfx_is_picked_uploaded_and_bound_from_the_keyboard() {
    let cloud = Cloud::start();
    let (_dir, folder) = pfx();
    let mut screen = Pty::start(&[env!("CARGO_BIN_EXE_certdeck")], &cloud.environment());
    // Before all is read, the slot may be the only app of this name.
    screen.wait_until("everything is read", |screen| {
        screen.contains("shop.contoso.com") && screen.contains("just now")
    });
    screen.keys(":upload<Enter>");
    screen.wait_for("The certificate goes into this app");
    screen.keys(&cloud.connection().app);
    screen.wait_for("▸ contoso-shop");
    screen.keys("<Enter>");
    screen.wait_for("a path");
    screen.keys(&format!("{folder}/"));
    screen.wait_for("contoso.pfx");
    screen.keys("<Enter>");
    screen.wait_for("a password is needed");
    screen.keys(&format!("{PASSWORD}<Tab>"));
    screen.wait_for("a certificate for contoso.com");
    assert!(!screen.screen().contains("hunter2"));
    screen.keys("<PgDn>");
    screen.wait_for("Enter Upload the certificate");
    screen.keys("<Enter>");
    screen.wait_for("Enter Send");
    screen.keys("<Enter>");
    screen.wait_for("The certificate is uploaded");
    screen.keys("<Enter>");
    screen.wait_for("Enter Send");
    screen.keys("<Enter>");
    screen.wait_for("The hostname is secured");
    screen.wait_for("it serves this certificate");
    screen.keys("<Enter>");
    screen.wait_without("Enter goes to Bindings");
    screen.keys("q");
    assert_eq!(screen.wait_exit(), 0);
    screen.assert_given_back();
}

#[test]
fn a_password_from_a_file_uploads_and_one_in_the_arguments_is_refused() {
    let cloud = Cloud::start();
    let (dir, folder) = pfx();
    std::fs::write(dir.path().join("password"), format!("{PASSWORD}\n")).unwrap();
    let connection = cloud.connection();
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
        command.args(["run", "upload", "-o", "json"]).envs(cloud.environment()).env("HOME", dir.path());
        command.env_remove("XDG_STATE_HOME").env_remove("XDG_CONFIG_HOME").env("CERTDECK_LOG", "trace");
        command.args(["--set", &format!("subscription={}", connection.subscription_ids[0])]);
        command.args(["--set", &format!("app={}/{}", connection.resource_group, connection.app)]);
        command.args(["--set", &format!("file={folder}/contoso.pfx")]);
        let output = command.args(more).output().unwrap();
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(!text.contains("hunter2 and"), "{text}");
        (output.status.code().unwrap(), text)
    };
    let file = format!("{folder}/password");
    let (code, text) = run(&[]);
    assert!(code == 2 && text.contains("--password-stdin"), "{text}");
    let (code, text) = run(&["--set", "password=hunter2"]);
    assert!(code == 2 && text.contains("--password-stdin"), "{text}");
    let (code, text) = run(&["--password-file", &file, "--plan"]);
    assert!(code == 0 && text.contains("\"pfxBlob\": \"•••\""), "{text}");
    let (code, text) = run(&["--password-file", &file, "--yes"]);
    assert!(code == 0 && text.contains("\"outcome\": \"done\""), "{text}");
    assert!(text.contains("Azure warns: Some of the uploaded certificates"), "{text}");
    let (code, _) = run(&["--password-file", &file]);
    assert_eq!(code, 0, "what is there needs no agreement");

    let mut written = Vec::new();
    files_below(dir.path(), &mut written);
    assert!(
        written.iter().any(|path| path.ends_with("journal.jsonl"))
            && written.iter().any(|path| path.ends_with("certdeck.log")),
        "{written:?}"
    );
    for path in written.iter().filter(|path| !path.ends_with("password")) {
        let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        assert!(!text.contains(PASSWORD), "the password is in {}", path.display());
    }
}

fn files_below(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() { files_below(&entry.path(), found) } else { found.push(entry.path()) }
    }
}
