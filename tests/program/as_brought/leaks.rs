//! A private key in the place of anything: no output shows a piece of it.

use std::fs;

use crate::as_brought::bench::{Bench, Material, Secret, all, inner, one_line};

#[test]
fn a_key_on_one_line_is_printed_by_no_place_that_is_given_it() {
    let bench = Bench::new();
    let key = &Material::shared().key;
    let secret = Secret::of(&inner(key));
    let one = one_line(key);
    let forms = [
        ("whole", one.clone()),
        ("without end", one.split(" -----END").next().unwrap().to_owned()),
        ("damaged", one.replacen("MI", "M!", 1)),
        ("label", format!("-----BEGIN {}-----", inner(key))),
        ("label without end", format!("-----BEGIN {}", inner(key))),
        (
            "header",
            format!(
                "-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: {}\n\nAAAA\n-----END RSA PRIVATE KEY-----",
                inner(key)
            ),
        ),
        ("bare", inner(key)),
        ("quoted", format!("\"{}\"", inner(key))),
    ];
    for (form, text) in forms {
        bench.write("secret.pem", &text);
        let value = format!("file={text}");
        let places: &[&[&str]] = &[
            &["cert", "inspect", "secret.pem"],
            &["cert", "inspect", "secret.pem", "-o", "json"],
            &["cert", "check", "secret.pem", "-o", "json"],
            &["cert", "check", "leaf.pem", "--roots", "secret.pem"],
            &["cert", "rewrap", "secret.pem", "out.pfx", "--password-file", "password"],
            &[
                "cert",
                "build",
                "--key",
                "secret.pem",
                "--cert",
                "leaf.pem",
                "--out",
                "out.pfx",
                "--password-file",
                "password",
            ],
            &[
                "cert",
                "build",
                "--key",
                "key.pem",
                "--cert",
                "secret.pem",
                "--out",
                "out.pfx",
                "--password-file",
                "password",
            ],
            &["--config", "secret.pem", "config", "check"],
            &["--config", "secret.pem", "list", "apps"],
            // A key in the place of a path, a name, a time.
            &["cert", "inspect", &text],
            &["cert", "check", "leaf.pem", "--hostname", &text],
            &["cert", "check", "leaf.pem", "--as-of", &text],
            &["cert", "check", "leaf.pem", "--password-file", &text],
            &["cert", "check", "leaf.pem", "--password-env", &text],
            &["--context", &text, "list", "apps"],
            &["list", &text],
            &["run", &text],
            &["run", "upload", "--set", &text],
            &["run", "upload", "--timeout", &text],
            &["man", &text],
            &[&text],
            &["run", "upload", "--set", &value, "--plan"],
        ];
        for arguments in places {
            let mut command = bench.command(arguments);
            command.env("CERTDECK_ARM_ENDPOINT", "https://127.0.0.1:1");
            secret.must_not_be_in(
                &format!(
                    "{form}: {}",
                    arguments[..arguments.len().min(3)].join(" ").chars().take(60).collect::<String>()
                ),
                &all(&command.output().unwrap()),
            );
        }
        let file = bench.path("secret.pem").display().to_string();
        for (variable, value) in [
            ("CERTDECK_CA_FILE", &file),
            ("CERTDECK_CA_FILE", &text),
            ("AZURE_CLIENT_CERTIFICATE_PATH", &file),
            ("AZURE_CLIENT_CERTIFICATE_PATH", &text),
            ("CERTDECK_CREDENTIAL", &text),
            ("CERTDECK_CONTEXT", &text),
            ("CERTDECK_ARM_ENDPOINT", &text),
            ("CERTDECK_AUTHORITY", &text),
            ("AZURE_TENANT_ID", &text),
        ] {
            // The settings are read by every command in the same way; only the doctor goes on after a
            // refusal.
            for arguments in [&["context", "show"][..], &["doctor", "--timeout", "5s"]] {
                if arguments[0] == "doctor" && !variable.contains("FILE") && !variable.contains("PATH") {
                    continue;
                }
                let mut command = bench.command(arguments);
                command
                    .env("CERTDECK_ARM_ENDPOINT", "https://127.0.0.1:1")
                    .env("CERTDECK_CREDENTIAL", "client-certificate");
                command.env(variable, value);
                secret.must_not_be_in(
                    &format!("{form}: {variable} {}", arguments[0]),
                    &all(&command.output().unwrap()),
                );
            }
        }
        let keys = bench.path(".config/certdeck");
        fs::create_dir_all(&keys).unwrap();
        fs::write(keys.join("config.toml"), &text).unwrap();
        secret.must_not_be_in("settings", &all(&bench.run(&["config", "check"])));
        fs::remove_file(keys.join("config.toml")).unwrap();
    }
}
