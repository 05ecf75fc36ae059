//! What other tools write: openssl, keytool, Windows; each judged as the tool itself judges it.

use std::fs;
use std::process::Command;

use certdeck::config::Config;
use certdeck::pki;

use crate::as_brought::bench::{Bench, Material, PASSWORD, all, rules};

/// Whether keytool does this; nothing where it is not installed.
fn keytool(bench: &Bench, arguments: &[&str]) -> Option<bool> {
    let ran = Command::new("keytool").args(arguments).current_dir(bench.0.path()).output();
    let Ok(output) = ran else {
        eprintln!("skipped: keytool is not installed");
        return None;
    };
    Some(output.status.success())
}

#[test]
fn a_keystore_of_java_is_read_with_all_that_lies_in_it_and_its_old_form_is_told_to_export() {
    let bench = Bench::new();
    let store = ["-keystore", "k.p12", "-storetype", "PKCS12", "-storepass", PASSWORD];
    let pair = |alias: &'static str| {
        let what = [
            "-genkeypair",
            "-alias",
            alias,
            "-keyalg",
            "RSA",
            "-keysize",
            "2048",
            "-dname",
            "CN=shop.contoso.com",
        ];
        [&what[..], &["-ext", "san=dns:shop.contoso.com"], &store].concat()
    };
    if keytool(&bench, &pair("shop")) != Some(true) {
        return;
    }
    assert_eq!(
        keytool(
            &bench,
            &[&["-importcert", "-noprompt", "-alias", "ca", "-file", "root.pem"], &store[..]].concat()
        ),
        Some(true)
    );
    let secret = ["-genseckey", "-alias", "aes", "-keyalg", "AES", "-keysize", "256"];
    assert_eq!(keytool(&bench, &[&secret[..], &store].concat()), Some(true));
    let (json, _) = bench.json(&["cert", "check", "k.p12", "--password-file", "password"]);
    assert_eq!(
        (&json["leaf"]["subject"], &json["certificates"]),
        (&"CN=shop.contoso.com".into(), &2.into()),
        "{json}"
    );
    assert!(rules(&json).contains(&"EXTRA_CERT"), "{json}");
    assert!(all(&bench.run(&["cert", "inspect", "k.p12", "--password-file", "password"])).contains("secret"));
    // Two keys: which one is meant is not chosen silently.
    assert_eq!(keytool(&bench, &pair("other")), Some(true));
    let (json, _) = bench.json(&["cert", "check", "k.p12", "--password-file", "password"]);
    assert!(rules(&json).contains(&"MULTIPLE_KEYS"), "{json}");
    let rewrapped = bench.run(&["cert", "rewrap", "k.p12", "one.pfx", "--password-file", "password"]);
    assert!(
        rewrapped.status.code() != Some(0)
            && all(&rewrapped).contains("different private keys")
            && !bench.path("one.pfx").exists()
    );
    // A store of what is trusted has no key.
    let trust = [
        "-importcert",
        "-noprompt",
        "-alias",
        "ca",
        "-file",
        "root.pem",
        "-keystore",
        "t.p12",
        "-storetype",
        "PKCS12",
    ];
    assert_eq!(keytool(&bench, &[&trust[..], &["-storepass", PASSWORD]].concat()), Some(true));
    let (json, _) = bench.json(&["cert", "check", "t.p12", "--password-file", "password"]);
    assert!(rules(&json).contains(&"NO_KEY"), "{json}");
    let old = [
        "-importcert",
        "-noprompt",
        "-alias",
        "ca",
        "-file",
        "root.pem",
        "-keystore",
        "t.jks",
        "-storetype",
        "JKS",
    ];
    assert_eq!(keytool(&bench, &[&old[..], &["-storepass", PASSWORD]].concat()), Some(true));
    let said = all(&bench.run(&["cert", "inspect", "t.jks"]));
    assert!(said.contains("-deststoretype pkcs12"), "{said}");
}

#[test]
fn a_pfx_that_went_through_a_text_filter_is_damaged_and_not_closed() {
    let bench = Bench::new();
    assert_eq!(bench.build(&["--password-file", "password"]).status.code(), Some(0));
    let pfx = fs::read(bench.path("out.pfx")).unwrap();
    let crlf: Vec<u8> = pfx
        .iter()
        .flat_map(|octet| if *octet == b'\n' { vec![b'\r', b'\n'] } else { vec![*octet] })
        .collect();
    let utf8 = String::from_utf8_lossy(&pfx).into_owned().into_bytes();
    for (form, octets) in [("CRLF", crlf), ("UTF-8", utf8), ("cut off", pfx[..pfx.len() / 2].to_vec())] {
        if octets == pfx {
            continue;
        }
        bench.write("filtered.pfx", &octets);
        let (json, exit) = bench.json(&["cert", "check", "filtered.pfx", "--password-file", "password"]);
        let error = json["error"].as_str().unwrap();
        assert!(
            exit == 2 && json["error_code"] == "malformed" && !error.contains("wrong password"),
            "{form}: {json}"
        );
        assert_ne!(
            bench.openssl(&[
                "pkcs12",
                "-in",
                "filtered.pfx",
                "-passin",
                "file:password",
                "-noout",
                "-legacy"
            ]),
            Some(true),
            "{form}"
        );
    }
}

#[test]
fn keys_and_chains_are_built_from_whatever_form_openssl_leaves_them_in() {
    let (bench, made) = (Bench::new(), Material::shared());
    assert_eq!(bench.build(&["--password-file", "password"]).status.code(), Some(0));
    let bags =
        ["pkcs12", "-in", "out.pfx", "-passin", "file:password", "-nodes", "-legacy", "-out", "bags.pem"];
    if bench.openssl(&bags) != Some(true) {
        return;
    }
    assert!(fs::read_to_string(bench.path("bags.pem")).unwrap().contains("Bag Attributes"));
    assert_eq!(bench.openssl(&["rsa", "-in", "key.pem", "-traditional", "-out", "pkcs1.pem"]), Some(true));
    assert_eq!(bench.openssl(&["rsa", "-in", "key.pem", "-outform", "DER", "-out", "key.der"]), Some(true));
    let old =
        ["rsa", "-in", "key.pem", "-aes256", "-traditional", "-passout", "file:password", "-out", "old.pem"];
    assert_eq!(bench.openssl(&old), Some(true));
    bench.write("crlf.pem", format!("\r\n\r\n{}", made.key.replace('\n', "\r\n")));
    bench.write("before.pem", format!("{}{}", made.key, made.leaf));
    bench.openssl(&["x509", "-in", "leaf.pem", "-text", "-out", "text.pem"]);
    for key in ["bags.pem", "pkcs1.pem", "key.der", "old.pem", "crlf.pem", "before.pem"] {
        for leaf in ["leaf.pem", "text.pem", "before.pem"] {
            let arguments = [
                "cert",
                "build",
                "--key",
                key,
                "--cert",
                leaf,
                "intermediate.pem",
                "root.pem",
                "--out",
                "b.pfx",
            ];
            let output = bench.run(
                &[&arguments[..], &["--password-file", "password", "--key-password-file", "password"]]
                    .concat(),
            );
            assert_eq!(output.status.code(), Some(0), "{key} {leaf}: {}", all(&output));
            assert_eq!(
                bench.openssl(&["pkcs12", "-in", "b.pfx", "-passin", "file:password", "-noout", "-legacy"]),
                Some(true)
            );
            fs::remove_file(bench.path("b.pfx")).unwrap();
        }
    }
    // Requests and lists are called what they are.
    bench.openssl(&[
        "req",
        "-new",
        "-key",
        "key.pem",
        "-subj",
        "/CN=shop.contoso.com",
        "-newhdr",
        "-out",
        "new.csr",
    ]);
    bench.openssl(&["req", "-in", "new.csr", "-outform", "DER", "-out", "csr.der"]);
    for (file, name) in [
        ("new.csr", "NEW CERTIFICATE REQUEST"),
        ("csr.der", "a certificate request"),
        ("pkcs1.pem", "a private key only"),
    ] {
        let (json, exit) = bench.json(&["cert", "inspect", file]);
        assert!(exit == 2 && json["error"].as_str().unwrap().contains(name), "{file}: {json}");
    }
}

#[test]
fn a_hostname_fits_as_openssl_says_or_as_browsers_want_it_stricter() {
    let bench = Bench::new();
    let made = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "k",
        "-out",
        "names.pem",
        "-subj",
        "/CN=cn.contoso.com",
        "-addext",
    ];
    if bench.openssl(
        &[
            &made[..],
            &["subjectAltName=DNS:www.contoso.com,DNS:*.shop.contoso.com,DNS:xn--bcher-kva.contoso.com"],
        ]
        .concat(),
    ) != Some(true)
    {
        return;
    }
    for host in [
        "www.contoso.com",
        "WWW.Contoso.COM",
        "contoso.com",
        "a.shop.contoso.com",
        "a.b.shop.contoso.com",
        "shop.contoso.com",
        "xn--bcher-kva.contoso.com",
        "cn.contoso.com",
        "www.contoso.com.evil.example",
    ] {
        let (json, _) = bench.json(&["cert", "check", "names.pem", "--hostname", host]);
        let ours = !rules(&json).contains(&"HOSTNAME_MISMATCH");
        let asked = ["x509", "-in", "names.pem", "-noout", "-checkhost", host];
        let theirs = Command::new("openssl").args(asked).current_dir(bench.0.path()).output().unwrap();
        let theirs = String::from_utf8_lossy(&theirs.stdout).contains("does match");
        assert_eq!(ours, theirs, "{host}");
    }
}

#[test]
fn a_client_certificate_signs_in_in_every_form_that_holds_it_with_its_key() {
    let (bench, made) = (Bench::new(), Material::shared());
    let read = |file: &str, password: Option<&str>| {
        let path = bench.path(file).display().to_string();
        let variable = |name: &str| match name {
            "AZURE_CLIENT_CERTIFICATE_PATH" => Some(path.clone()),
            "AZURE_CLIENT_CERTIFICATE_PASSWORD" => password.map(str::to_owned),
            "AZURE_TENANT_ID" | "AZURE_CLIENT_ID" => Some("t".to_owned()),
            "CERTDECK_CREDENTIAL" => Some("client-certificate".to_owned()),
            _ => None,
        };
        Config::default().target(bench.0.path(), None, variable).map(drop).map_err(|why| why.to_string())
    };
    assert_eq!(bench.build(&["--password-file", "password"]).status.code(), Some(0));
    assert_eq!(read("out.pfx", Some(PASSWORD)), Ok(()));
    assert_eq!(read("out.pfx", Some(&format!("\u{FEFF}{PASSWORD}\r\n"))), Ok(()));
    for (form, text) in [
        ("key first", format!("{}{}", made.key, made.leaf)),
        ("key last", format!("{}{}", made.leaf, made.key)),
        ("chain before it", format!("{}{}{}{}", made.root, made.intermediate, made.leaf, made.key)),
        ("CR LF", format!("{}{}", made.leaf, made.key).replace('\n', "\r\n")),
        ("glued", format!("{}{}", made.leaf.trim_end(), made.key)),
        ("literal line ends", format!("{}{}", made.leaf, made.key).replace('\n', "\\n")),
        ("byte order mark", format!("\u{FEFF}{}{}", made.leaf, made.key)),
    ] {
        bench.write("client.pem", text);
        assert_eq!(read("client.pem", None), Ok(()), "{form}");
    }
    for (file, password, why) in [
        ("out.pfx", None, "AZURE_CLIENT_CERTIFICATE_PASSWORD"),
        ("out.pfx", Some("wrong"), "AZURE_CLIENT_CERTIFICATE_PASSWORD"),
        ("leaf.pem", None, "no private key"),
        ("key.pem", None, "a private key only"),
    ] {
        let said = read(file, password).unwrap_err();
        assert!(said.contains(why), "{file}: {said}");
    }
    assert!(pki::read_key(made.key.as_bytes(), None).is_ok());
}
