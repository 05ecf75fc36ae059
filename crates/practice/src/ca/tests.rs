//! What the practice CA issues, and that other programs can read it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::Command;

use super::{facts::*, pfx::*, *};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// One CA for all tests: its keys cost most of a second in debug builds.
fn ca() -> &'static Ca {
    static CA: std::sync::OnceLock<Ca> = std::sync::OnceLock::new();
    CA.get_or_init(|| Ca::generate([at("2026-11-23T00:00:00Z"); 2]).unwrap())
}

fn shop() -> LeafProfile {
    LeafProfile {
        common_name: "contoso.com".into(),
        names: vec!["contoso.com".into(), "www.contoso.com".into()],
        key: KeySource::NewRsa(2048),
        not_before: at("2026-11-23T08:00:00Z"),
        not_after: at("2027-06-09T08:00:00Z"),
        issuer: CommercialCa::GoDaddy,
        particulars: None,
    }
}

#[test]
fn a_leaf_says_what_azure_would_report() {
    let issued = ca().issue(&shop()).unwrap();
    let facts = CertificateFacts::read(&issued.leaf).unwrap();
    assert_eq!(facts.names, ["contoso.com", "www.contoso.com"]);
    assert_eq!(facts.subject, "CN=contoso.com, OU=Domain Control Validated");
    assert_eq!(
        facts.issuer,
        "CN=Go Daddy Secure Certificate Authority - G2, OU=not a real CA, O=certdeck practice cloud, L=Scottsdale, S=Arizona, C=US"
    );
    assert_eq!(facts.signature_algorithm, "sha256RSA");
    assert_eq!(facts.serial_hex.len(), 16);
    assert_eq!(u64::from_str_radix(&facts.serial_hex, 16).unwrap().to_string(), facts.serial_decimal);
    assert_eq!(facts.not_after, at("2027-06-09T08:00:00Z"));
    assert!(issued.csr.starts_with("-----BEGIN NEW CERTIFICATE REQUEST-----\r\n"));
    assert!(CertificateFacts::read(&issued.chain[1]).unwrap().self_signed);
}

#[test]
fn a_kept_ca_signs_as_the_same_one() {
    let again = Ca::from_pem(&ca().to_pem()).unwrap();
    assert_eq!(again.root_der(), ca().root_der());
    let mut profile = shop();
    profile.key = KeySource::NewEc(KeyCurve::P256);
    let issued = again.issue(&profile).unwrap();
    assert_eq!(issued.chain[1], ca().root_der());
}

#[test]
fn a_request_keeps_its_own_key() {
    let mut profile = shop();
    let first = ca().issue(&profile).unwrap();
    profile.key = KeySource::Csr(first.csr);
    let second = ca().issue(&profile).unwrap();
    assert!(second.key.is_none());
    let key = |der: &[u8]| x509_parser::parse_x509_certificate(der).unwrap().1.public_key().raw.to_vec();
    assert_eq!(key(&first.leaf), key(&second.leaf));
}

#[test]
fn a_wildcard_stands_for_one_label() {
    assert!(name_covers("*.contoso.com", "shop.Contoso.com"));
    assert!(!name_covers("*.contoso.com", "contoso.com"));
    assert!(!name_covers("*.contoso.com", "a.b.contoso.com"));
}

#[test]
fn what_the_vault_holds_opens_without_a_password() {
    let issued = ca().issue(&shop()).unwrap();
    let bytes = write_for_vault(&issued, "3f1c…").unwrap();
    let opened = read(&bytes, "").unwrap();
    assert_eq!(opened.leaf, issued.leaf);
    assert_eq!(opened.key, issued.key.unwrap());
    assert_eq!(opened.chain, [issued.chain[1].clone(), issued.chain[0].clone()]);
    assert_eq!(read(&bytes, "guess").unwrap_err(), PfxError::WrongPassword);
}

#[test]
fn openssl_opens_what_the_vault_holds() {
    let issued = ca().issue(&shop()).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    for (bytes, password) in [
        (write_for_vault(&issued, "name").unwrap(), "pass:"),
        (write_with_password(&issued, "name", "pä ss").unwrap(), "pass:pä ss"),
    ] {
        std::fs::write(file.path(), bytes).unwrap();
        let Ok(output) = Command::new("openssl")
            .args(["pkcs12", "-nodes", "-passin", password, "-in"])
            .arg(file.path())
            .output()
        else {
            eprintln!("skipped: there is no openssl here to read it back");
            return;
        };
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(text.matches("BEGIN CERTIFICATE").count(), 3);
        assert_eq!(text.matches("BEGIN PRIVATE KEY").count(), 1);
    }
}

#[test]
fn an_upload_opens_with_its_password_only() {
    let issued = ca().issue(&shop()).unwrap();
    let bytes = write_with_password(&issued, "shop", "correct horse").unwrap();
    assert_eq!(read(&bytes, "correct horse").unwrap().friendly_name.as_deref(), Some("shop"));
    assert_eq!(read(&bytes, "").unwrap_err(), PfxError::WrongPassword);
    assert_eq!(read(b"no such thing", "").unwrap_err(), PfxError::NotPfx);
    assert_eq!(read(&bytes[..bytes.len() / 2], "").unwrap_err(), PfxError::NotPfx);
}

#[test]
fn dates_are_spelled_as_dotnet_spells_them() {
    assert_eq!(without_zone(at("2016-12-02T09:17:44.8807765Z")), "2016-12-02T09:17:44.8807765");
    assert_eq!(without_zone(at("2017-12-02T09:16:00Z")), "2017-12-02T09:16:00");
    assert_eq!(with_offset(at("2017-12-02T09:16:00Z")), "2017-12-02T09:16:00+00:00");
}

#[test]
fn files_of_openssl_open_whatever_it_encrypts_with() {
    let issued = ca().issue(&shop()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let key = pem("PRIVATE KEY", issued.key.as_ref().unwrap(), "\n");
    std::fs::write(path("key.pem"), key).unwrap();
    std::fs::write(path("cert.pem"), pem("CERTIFICATE", &issued.leaf, "\n")).unwrap();
    let modern: &[&str] = &[];
    let aes128: &[&str] = &["-keypbe", "AES-128-CBC", "-certpbe", "AES-192-CBC", "-macalg", "SHA1"];
    let legacy: &[&str] = &["-legacy"];
    for options in [modern, aes128, legacy] {
        let made = Command::new("openssl")
            .args(["pkcs12", "-export", "-passout", "pass:pä ss", "-inkey"])
            .arg(path("key.pem"))
            .arg("-in")
            .arg(path("cert.pem"))
            .arg("-out")
            .arg(path("out.pfx"))
            .args(options)
            .output();
        if !made.is_ok_and(|made| made.status.success()) {
            eprintln!("skipped: no openssl here that knows {options:?}");
            continue;
        }
        let bytes = std::fs::read(path("out.pfx")).unwrap();
        assert_eq!(read(&bytes, "pä ss").unwrap().leaf, issued.leaf, "{options:?}");
        assert_eq!(read(&bytes, "pass").unwrap_err(), PfxError::WrongPassword);
    }
}

#[test]
fn a_key_lies_on_the_curve_that_was_asked_for() {
    for curve in ["P-256", "P-384", "P-521"] {
        let mut profile = shop();
        profile.key = KeySource::NewEc(KeyCurve::named(curve).unwrap());
        let facts = CertificateFacts::read(&self_signed(&profile).unwrap().leaf).unwrap();
        assert_eq!(KeyCurve::of(facts.key_bits).map(KeyCurve::name), Some(curve));
    }
    assert_eq!(KeyCurve::named("P-256K"), None);
}
