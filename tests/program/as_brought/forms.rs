//! Certificates in the forms that tools, stores and editors leave them in.

use std::fs;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use certdeck::{config, pki};

use crate::as_brought::bench::{Bench, Material, Secret, all, glued, inner, one_line, rules};

/// As in a block of YAML.
fn indented(text: &str) -> String {
    text.split_inclusive('\n').flat_map(|line| ["  ", line]).collect()
}

#[test]
fn certificates_are_read_in_every_form_that_says_what_is_meant() {
    let (bench, made) = (Bench::new(), Material::shared());
    let chain = made.chain();
    let bom = |text: &str| [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    let utf16 = [b"\xFF\xFE".to_vec(), chain.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat();
    let der = |pem: &str| STANDARD.decode(inner(pem)).unwrap();
    let mut forms: Vec<(&str, Vec<u8>)> = vec![
        ("glued", glued(&[&made.leaf, &made.intermediate, &made.root]).into()),
        (
            "one line each",
            [&made.leaf, &made.intermediate, &made.root].map(|pem| one_line(pem)).join("\n").into(),
        ),
        ("all on one line", one_line(&chain).into()),
        ("literal line ends", chain.replace('\n', "\\n").into()),
        ("CR only", chain.replace("\r\n", "\n").replace('\n', "\r").into()),
        ("JSON", serde_json::json!({ "tls": { "crt": chain } }).to_string().into()),
        ("JSON twice", serde_json::json!(serde_json::json!({ "crt": chain }).to_string()).to_string().into()),
        ("YAML", format!("tls.crt: |\n{}", indented(&chain)).into()),
        ("typographic dashes", chain.replace("-----", "—–").into()),
        ("byte order mark", bom(&chain)),
        ("a byte order mark in each", [bom(&made.leaf), bom(&made.intermediate), bom(&made.root)].concat()),
        ("UTF-16", utf16),
        ("DER after DER", [der(&made.leaf), der(&made.intermediate), der(&made.root)].concat()),
        ("PEM after DER", [der(&made.leaf), format!("{}{}", made.intermediate, made.root).into()].concat()),
        ("label of old", chain.replace("CERTIFICATE-", "X509 CERTIFICATE-").into()),
    ];
    bench.write("chain.pem", &chain);
    if bench.openssl(&["crl2pkcs7", "-nocrl", "-certfile", "chain.pem", "-out", "bundle.p7b"]) == Some(true) {
        let bundle = fs::read_to_string(bench.path("bundle.p7b")).unwrap();
        forms
            .push(("PKCS#7 under the label of a certificate", bundle.replace("PKCS7", "CERTIFICATE").into()));
        bench.openssl(&[
            "x509",
            "-in",
            "leaf.pem",
            "-trustout",
            "-addtrust",
            "serverAuth",
            "-out",
            "trusted.pem",
        ]);
        let trusted = fs::read_to_string(bench.path("trusted.pem")).unwrap();
        assert!(trusted.contains("TRUSTED CERTIFICATE"));
        forms.push(("TRUSTED CERTIFICATE", format!("{trusted}{}{}", made.intermediate, made.root).into()));
    }
    for (form, octets) in forms {
        let read = pki::read(&octets, None).unwrap_or_else(|why| panic!("{form}: {why}"));
        let prints: Vec<String> = read.certificates.iter().map(|one| one.thumbprint.to_string()).collect();
        assert_eq!((prints, read.unread.len()), (made.thumbprints(), 0), "{form}");
        // The same reader is asked by every place that takes certificates.
        let file = bench.write("brought.pem", &octets);
        assert_eq!(config::authorities(&file).unwrap().len(), 3, "{form}");
        assert!(!pki::Roots::read(&octets).unwrap().is_empty(), "{form}");
        let built = bench.build_of(&["brought.pem"], &["--password-file", "password"]);
        assert_eq!(built.status.code(), Some(0), "{form}: {}", all(&built));
        let seen = bench.openssl(&[
            "pkcs12",
            "-in",
            "out.pfx",
            "-passin",
            "file:password",
            "-nokeys",
            "-legacy",
            "-out",
            "seen.pem",
        ]);
        if seen == Some(true) {
            let seen = fs::read_to_string(bench.path("seen.pem")).unwrap();
            assert_eq!(seen.matches("BEGIN CERTIFICATE").count(), 3, "{form}");
        }
    }
    // The key in the same forms.
    for text in [
        one_line(&made.key),
        made.key.replace('\n', "\\n"),
        made.key.replace("-----", "—–"),
        made.key.replace('\n', "\r"),
    ] {
        assert!(pki::read_key(text.as_bytes(), None).is_ok(), "{}", &text[..30]);
    }
}

#[test]
fn what_is_not_certain_is_refused_with_the_command_that_mends_it() {
    let bench = Bench::new();
    assert_eq!(bench.build(&["--password-file", "password"]).status.code(), Some(0));
    let pfx = STANDARD.encode(fs::read(bench.path("out.pfx")).unwrap());
    for (form, text, command) in [
        ("plain", pfx.clone(), "< FILE | base64 -d > NEW"),
        (
            "lines",
            pfx.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line) + "\r\n").collect(),
            "< FILE | base64 -d > NEW",
        ),
        ("twice", STANDARD.encode(&pfx), "< FILE | base64 -d | base64 -d > NEW"),
        ("quotes", format!("\"{pfx}\""), "grep -oE '[A-Za-z0-9+/=]{40,}' FILE | base64 -d > NEW"),
        (
            "JSON",
            format!("{{\"value\": \"{pfx}\", \"contentType\": \"application/x-pkcs12\"}}"),
            "| base64 -d > NEW",
        ),
    ] {
        bench.write("text.pfx", &text);
        let (json, exit) = bench.json(&["cert", "inspect", "text.pfx"]);
        let error = json["error"].as_str().unwrap();
        assert!(exit == 2 && error.contains("PKCS#12") && error.contains(command), "{form}: {error}");
        Secret::of(&pfx).must_not_be_in(form, &json.to_string());
        // The command does what is said.
        let start = error.rfind('(').unwrap();
        let command =
            error[start + 1..].trim_end_matches(')').replace("FILE", "text.pfx").replace("NEW", "mended.pfx");
        let mended = Command::new("sh").args(["-c", &command]).current_dir(bench.0.path()).status();
        assert!(mended.unwrap().success(), "{form}: {command}");
        assert_eq!(
            fs::read(bench.path("mended.pfx")).unwrap(),
            fs::read(bench.path("out.pfx")).unwrap(),
            "{form}"
        );
    }
}

#[test]
fn a_file_of_which_a_part_cannot_be_read_is_shown_with_its_gap_and_used_by_nothing() {
    let (bench, made) = (Bench::new(), Material::shared());
    let broken = made.leaf.replacen("\nMI", "\nM?", 1);
    for (form, text, line) in [
        ("damaged block", format!("{broken}{}{}", made.intermediate, made.root), 1),
        (
            "no END",
            format!("{}{}", made.leaf.trim_end().trim_end_matches("-----END CERTIFICATE-----"), made.root),
            1,
        ),
        (
            "no BEGIN",
            format!("{}\n{}", made.leaf.lines().skip(1).collect::<Vec<_>>().join("\n"), made.root),
            0,
        ),
        (
            "cut DER",
            format!(
                "{}{}",
                made.leaf
                    .lines()
                    .filter(|line| !line.starts_with('-'))
                    .take(9)
                    .collect::<Vec<_>>()
                    .join("\n")
                    + "\n-----END CERTIFICATE-----\n",
                made.root
            )
            .replacen("MI", "-----BEGIN CERTIFICATE-----\nMI", 1),
            1,
        ),
        ("binary after text", format!("{}\u{1}\u{2}\u{0}", made.root), 0),
    ] {
        bench.write("part.pem", &text);
        let (json, exit) = bench.json(&["cert", "inspect", "part.pem"]);
        assert_eq!(
            (exit, &json["readable"], json["unread"].as_array().unwrap().is_empty()),
            (1, &false.into(), false),
            "{form}: {json}"
        );
        let gap = &json["unread"][0];
        assert!(
            gap["line"].as_u64().is_some_and(|at| line == 0 || at == line)
                && gap["error"].as_str().unwrap().starts_with("line "),
            "{form}: {gap}"
        );
        assert!(
            json["leaf"]["subject"].as_str().unwrap().contains("Brought"),
            "{form}: the rest is shown: {json}"
        );
        let (json, exit) = bench.json(&["cert", "check", "part.pem"]);
        assert!(
            exit == 2 && json["verdict"] == "reject" && rules(&json).contains(&"UNREADABLE"),
            "{form}: {json}"
        );
        let gap = gap["error"].as_str().unwrap();
        let key = bench.write("with-key.pem", format!("{text}\n{}", made.key));
        let key = key.to_str().unwrap();
        for arguments in [
            &[
                "cert",
                "build",
                "--key",
                "key.pem",
                "--cert",
                "part.pem",
                "--out",
                "p.pfx",
                "--password-file",
                "password",
            ][..],
            &["cert", "rewrap", key, "p.pfx", "--new-password-file", "password"],
            &["cert", "check", "leaf.pem", "--roots", "part.pem"],
        ] {
            let output = bench.run(arguments);
            let (said, code) = (all(&output), output.status.code());
            assert!(
                code != Some(0)
                    && (said.contains(gap) || said.contains("line "))
                    && !bench.path("p.pfx").exists(),
                "{form} {arguments:?}: {said}"
            );
        }
        let why = config::authorities(&bench.path("part.pem")).unwrap_err().to_string();
        assert!(why.contains("part.pem") && why.contains("line "), "{form}: {why}");
        let output = bench
            .command(&["list", "apps"])
            .env("AZURE_CLIENT_CERTIFICATE_PATH", key)
            .env("AZURE_TENANT_ID", "t")
            .env("AZURE_CLIENT_ID", "c")
            .output()
            .unwrap();
        let said = all(&output);
        assert!(output.status.code() == Some(2) && said.contains("line "), "{form}: {said}");
    }
}
