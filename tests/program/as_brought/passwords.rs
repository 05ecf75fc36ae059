//! Passwords from wherever they come, and files whose password is spelled otherwise.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use crate::as_brought::bench::{Bench, Material, PASSWORD, all, rules};

#[test]
fn passwords_are_the_same_from_everywhere_and_a_byte_order_mark_is_no_part_of_them() {
    let bench = Bench::new();
    let marked = format!("\u{FEFF}{PASSWORD}\r\n");
    bench.write("marked", &marked);
    assert_eq!(bench.build(&["--password-file", "marked"]).status.code(), Some(0));
    // Whoever types the password opens it.
    let opened = bench.openssl(&[
        "pkcs12",
        "-in",
        "out.pfx",
        "-passin",
        &format!("pass:{PASSWORD}"),
        "-nokeys",
        "-legacy",
        "-out",
        "x",
    ]);
    assert_ne!(opened, Some(false));
    let inspect = |more: &[&str], input: &str| {
        let mut command = bench.command(&[&["cert", "inspect", "out.pfx"], more].concat());
        let mut child = command
            .env("SECRET", format!("{PASSWORD}\n"))
            .env("MARKED", &marked)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait().unwrap().code()
    };
    for (more, input) in [
        (&["--password-file", "password"][..], ""),
        (&["--password-file", "marked"], ""),
        (&["--password-env", "SECRET"], ""),
        (&["--password-env", "MARKED"], ""),
        (&["--password-stdin"], marked.as_str()),
    ] {
        assert_eq!(inspect(more, input), Some(0), "{more:?}");
    }
}

#[test]
fn a_new_password_that_no_person_can_see_is_refused_with_the_position() {
    let bench = Bench::new();
    for (password, place) in [
        ("ab\u{200B}cd", "(U+200B) at position 3"),
        ("tab\there", "(U+0009) at position 4"),
        ("a\u{A0}b", "(U+00A0) at position 2"),
    ] {
        bench.write("hidden", password);
        let output = bench.build(&["--password-file", "hidden"]);
        let said = all(&output);
        assert!(
            output.status.code() != Some(0) && said.contains(place) && !bench.path("out.pfx").exists(),
            "{said}"
        );
        assert!(!said.contains(password), "{said}");
    }
}

#[test]
fn a_pfx_whose_password_is_spelled_otherwise_opens_and_is_said_to_need_a_new_one() {
    let bench = Bench::new();
    bench.write("utf8", "Schlüssel\n");
    bench.write("latin1", b"Schl\xFCssel\n");
    let arguments = [
        "pkcs12",
        "-export",
        "-inkey",
        "key.pem",
        "-in",
        "leaf.pem",
        "-out",
        "odd.pfx",
        "-passout",
        "file:latin1",
    ];
    let schemes: [&[&str]; 2] = [&[], &["-keypbe", "AES-256-CBC", "-certpbe", "PBE-SHA1-3DES"]];
    for scheme in schemes {
        if bench.openssl(&[&arguments[..], scheme].concat()) != Some(true) {
            return;
        }
        let (json, _) = bench.json(&["cert", "check", "odd.pfx", "--password-file", "utf8"]);
        assert_eq!((&json["readable"], &json["certificates"]), (&true.into(), &1.into()), "{json}");
        assert!(json["password_spelling"].as_str().unwrap().contains("Windows-1252"), "{json}");
        assert!(rules(&json).contains(&"PASSWORD_SPELLING") && json["uses"]["upload"] == false, "{json}");
        let _ = fs::remove_file(bench.path("good.pfx"));
        let rewrapped = bench.run(&[
            "cert",
            "rewrap",
            "odd.pfx",
            "good.pfx",
            "--password-file",
            "utf8",
            "--new-password-file",
            "password",
        ]);
        assert_eq!(rewrapped.status.code(), Some(0), "{}", all(&rewrapped));
        assert_eq!(
            bench.openssl(&["pkcs12", "-in", "good.pfx", "-passin", "file:password", "-noout", "-legacy"]),
            Some(true)
        );
    }
}

#[test]
fn an_encrypted_key_without_its_password_is_named_with_what_gives_it() {
    let bench = Bench::new();
    if bench.openssl(&[
        "pkcs8",
        "-topk8",
        "-in",
        "key.pem",
        "-out",
        "closed.pem",
        "-passout",
        "file:password",
    ]) != Some(true)
    {
        return;
    }
    let closed = fs::read_to_string(bench.path("closed.pem")).unwrap();
    let both = bench.write("both.pem", format!("{}{closed}", Material::shared().leaf));
    let output = bench.run(&[
        "cert",
        "build",
        "--key",
        "closed.pem",
        "--cert",
        "leaf.pem",
        "--out",
        "o.pfx",
        "--password-file",
        "password",
    ]);
    let said = all(&output);
    assert!(
        output.status.code() == Some(2) && said.contains("encrypted") && said.contains("--key-password-file"),
        "{said}"
    );
    let said = all(&bench.run(&["cert", "inspect", "both.pem"]));
    assert!(said.contains("encrypted") && said.contains("--password-file"), "{said}");
    let client = |password: Option<&str>| {
        let mut command = bench.command(&["list", "apps"]);
        command
            .env("AZURE_CLIENT_CERTIFICATE_PATH", &both)
            .env("AZURE_TENANT_ID", "t")
            .env("AZURE_CLIENT_ID", "c");
        command.env("CERTDECK_ARM_ENDPOINT", "https://127.0.0.1:1");
        if let Some(password) = password {
            command.env("AZURE_CLIENT_CERTIFICATE_PASSWORD", password);
        }
        all(&command.output().unwrap())
    };
    let said = client(None);
    assert!(
        said.contains("the private key is encrypted") && said.contains("AZURE_CLIENT_CERTIFICATE_PASSWORD"),
        "{said}"
    );
    // With the password, and the line end that a secret store adds, the file is taken and the cloud is tried.
    let said = client(Some(&format!("{PASSWORD}\n")));
    assert!(!said.contains("client certificate") && said.contains("127.0.0.1"), "{said}");
    // Certificates of a file are taken without its key.
    let built =
        bench.build_of(&["both.pem", "intermediate.pem", "root.pem"], &["--password-file", "password"]);
    assert_eq!(built.status.code(), Some(0), "{}", all(&built));
}
