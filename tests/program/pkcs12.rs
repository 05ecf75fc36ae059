//! What certdeck writes as PKCS#12 is what others read, and what it reads never brings it down.

use std::io::Write;
use std::process::{Command, Stdio};

use certdeck::pki::{
    self, Certificate, Cipher, KeyKind, Kind, PasswordForm, PrivateKey, ReadError, Wrapping, write_pkcs12,
};
use proptest::prelude::*;
use secrecy::SecretString;

const WRAPPINGS: [Wrapping; 2] = [Wrapping::TripleDes, Wrapping::Aes256];

fn passwords() -> [String; 4] {
    [
        "Correct-Horse-9".into(),
        "pässwörd 密码 🔑".into(),
        "0123456789abcdef".repeat(4),
        " a'b\"c$`\\ {}|;&<> ".into(),
    ]
}

/// A leaf with its key and the root that issued it.
struct Made {
    key: PrivateKey,
    chain: Vec<Certificate>,
}

fn made() -> Made {
    let root_key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, "Test Root");
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = rcgen::CertifiedIssuer::self_signed(parameters, root_key).unwrap();
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let mut parameters = rcgen::CertificateParams::new(vec!["www.contoso.com".into()]).unwrap();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, "www.contoso.com");
    parameters.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let leaf = parameters.signed_by(&key, &root).unwrap();
    let bundle = format!("{}{}", leaf.pem(), root.pem());
    let chain = pki::read(bundle.as_bytes(), None).unwrap().certificates;
    Made { key: pki::read_key(key.serialize_pem().as_bytes(), None).unwrap(), chain }
}

fn write(made: &Made, password: &str, wrapping: Wrapping) -> Vec<u8> {
    write_pkcs12(&made.key, &made.chain, &password.to_owned().into(), wrapping, Some("contoso ✓"))
        .unwrap()
        .to_vec()
}

fn secret(text: &str) -> SecretString {
    text.to_owned().into()
}

/// Whether a program can be run at all; the word says that its part of a test was skipped.
fn available(program: &str, arguments: &[&str]) -> bool {
    let found = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("SKIPPED: {program} {} does not run here", arguments.join(" "));
    }
    found
}

/// Runs a program with a text on its standard input and gives back what it printed, if it succeeded.
fn run(program: &str, arguments: &[&str], input: &str) -> Result<String, String> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

#[test]
fn what_is_written_is_read_again_with_its_chain_names_and_ciphers() {
    let made = made();
    for (wrapping, triple_des, mac) in
        [(Wrapping::TripleDes, true, "sha1"), (Wrapping::Aes256, false, "sha256")]
    {
        for password in passwords() {
            let contents = pki::read(&write(&made, &password, wrapping), Some(&secret(&password))).unwrap();
            assert_eq!((contents.kind, contents.trailing_bytes), (Kind::Pkcs12, 0));
            assert!(contents.unread.is_empty());
            let container = contents.container.unwrap();
            let ciphers: Vec<_> =
                container.key_encryption.iter().chain(container.encrypted_sections()).collect();
            assert!(
                ciphers.len() == 2 && ciphers.iter().all(|used| used.cipher.is_triple_des() == triple_des)
            );
            let mac_found = container.mac.unwrap();
            assert_eq!((mac_found.digest.as_str(), mac_found.verified), (mac, Some(PasswordForm::Utf16)));
            let thumbprints =
                |chain: &[Certificate]| chain.iter().map(|one| one.thumbprint.clone()).collect::<Vec<_>>();
            assert_eq!(thumbprints(&contents.certificates), thumbprints(&made.chain));
            assert_eq!(contents.certificates[0].friendly_name.as_deref(), Some("contoso ✓"));
            let [key] = &contents.keys[..] else { panic!("one key") };
            assert_eq!((&key.kind, key.fits(&contents.certificates[0])), (&KeyKind::Rsa(2048), Some(true)));
            assert_eq!((key.pkcs8(), key.encrypted), (made.key.pkcs8(), true));
        }
    }
}

#[test]
fn openssl_reads_what_is_written_without_its_legacy_provider() {
    if !available("openssl", &["version"]) {
        return;
    }
    let (made, folder) = (made(), tempfile::tempdir().unwrap());
    for wrapping in WRAPPINGS {
        for password in passwords() {
            let file = folder.path().join("made.pfx");
            std::fs::write(&file, write(&made, &password, wrapping)).unwrap();
            let arguments = ["pkcs12", "-nodes", "-passin", "stdin", "-in", file.to_str().unwrap()];
            let printed = run("openssl", &arguments, &format!("{password}\n")).unwrap();
            assert_eq!(printed.matches("BEGIN CERTIFICATE").count(), 2);
            assert_eq!(printed.matches("PRIVATE KEY-----").count(), 2);
            assert!(run("openssl", &arguments, "another\n").is_err());
        }
    }
}

#[test]
fn python_cryptography_reads_what_is_written() {
    if !available("python3", &["-c", "import cryptography"]) {
        return;
    }
    let script = "import sys\nfrom cryptography.hazmat.primitives.serialization import pkcs12\n\
        k = pkcs12.load_pkcs12(open(sys.argv[1], 'rb').read(), sys.stdin.buffer.read())\n\
        print(k.key.key_size, k.cert.friendly_name.decode(), k.cert.certificate.subject.rfc4514_string(), len(k.additional_certs))";
    let (made, folder) = (made(), tempfile::tempdir().unwrap());
    for wrapping in WRAPPINGS {
        for password in passwords() {
            let file = folder.path().join("made.pfx");
            std::fs::write(&file, write(&made, &password, wrapping)).unwrap();
            let printed =
                run("python3", &["-X", "utf8", "-c", script, file.to_str().unwrap()], &password).unwrap();
            assert_eq!(printed.trim(), "2048 contoso ✓ CN=www.contoso.com 1");
        }
    }
}

#[test]
fn openssl_keys_of_every_wrapping_are_read() {
    if !available("openssl", &["version"]) {
        return;
    }
    let pass = ["-passout", "pass:Correct-Horse-9"];
    let plain = run("openssl", &["ecparam", "-name", "prime256v1", "-genkey", "-noout"], "").unwrap();
    let wanted = pki::read_key(plain.as_bytes(), None).unwrap();
    assert_eq!(wanted.kind.to_string(), "EC P-256");
    let wrapped: &[(&str, &[&str])] = &[
        ("pkcs8 open", &["pkcs8", "-topk8", "-nocrypt"]),
        ("pkcs8 aes", &["pkcs8", "-topk8", "-v2", "aes256", pass[0], pass[1]]),
        (
            "pkcs8 hmac-sha512",
            &["pkcs8", "-topk8", "-v2", "aes128", "-v2prf", "hmacWithSHA512", pass[0], pass[1]],
        ),
        ("pkcs8 3des", &["pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES", pass[0], pass[1]]),
        ("sec1 aes", &["ec", "-aes192", pass[0], pass[1]]),
        ("sec1 3des", &["ec", "-des3", pass[0], pass[1]]),
        ("no public half", &["ec", "-no_public"]),
    ];
    for (name, arguments) in wrapped {
        let text = run("openssl", arguments, &plain).unwrap();
        let key = pki::read_key(text.as_bytes(), Some(&secret("Correct-Horse-9")))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((&key.kind, &key.public), (&wanted.kind, &wanted.public), "{name}");
        assert_eq!(key.encrypted, arguments.len() > 3, "{name}");
        if key.encrypted {
            let refused = |password| pki::read_key(text.as_bytes(), password).unwrap_err().code();
            assert_eq!(
                (refused(None), refused(Some(&secret("wrong")))),
                ("password-needed", "wrong-password"),
                "{name}"
            );
        }
    }
}

#[test]
fn a_wrong_password_is_proven_and_what_lies_open_is_known_all_the_same() {
    let made = made();
    let file = write(&made, "right", Wrapping::TripleDes);
    let refused = pki::read(&file, Some(&secret("wrong"))).unwrap_err();
    assert_eq!(refused.error, ReadError::WrongPassword { by_mac: true });
    let container = refused.container.unwrap();
    assert_eq!(container.mac.unwrap().iterations, 2048);
    assert_eq!(container.key_encryption[0].cipher, Cipher::TripleDes);
    assert_eq!(pki::read(&file, None).unwrap_err().error.code(), "password-needed");
}

#[test]
fn a_key_of_another_certificate_is_not_wrapped() {
    let (made, other) = (made(), made());
    let refused = write_pkcs12(&other.key, &made.chain, &secret("x"), Wrapping::Aes256, None).unwrap_err();
    assert!(refused.to_string().contains("CN=www.contoso.com"));
}

#[test]
fn what_is_no_certificate_is_called_what_it_is() {
    let made = made();
    let cases: [(&[u8], &str, &str); 7] = [
        (b"", "malformed", "empty"),
        (b"hello", "malformed", "neither DER, PEM nor PKCS#12"),
        (made.key.pkcs8(), "no-certificate", "private key"),
        (
            b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
            "no-certificate",
            "CERTIFICATE REQUEST",
        ),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n", "malformed", "its END line is missing"),
        (&[0xFE, 0xED, 0xFE, 0xED, 0], "malformed", "Java keystore"),
        (&[0xFF, 0xFE, b'-', 0, b'-', 0], "malformed", "UTF-16"),
    ];
    for (octets, code, word) in cases {
        let refused = pki::read(octets, None).unwrap_err();
        assert!(
            refused.error.code() == code && refused.to_string().contains(word),
            "{}: {refused}",
            refused.error.code()
        );
    }
    let large = pki::read(&vec![0x30; pki::limits::FILE + 1], None).unwrap_err();
    assert_eq!((large.error.code(), large.to_string().contains("4 MiB")), ("too-large", true));
}

#[test]
fn no_print_of_a_key_shows_its_octets() {
    let made = made();
    let shown = format!("{:?}", made.key);
    assert!(shown.contains("Rsa(2048)") && !shown.contains("48, 130"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_octets_bring_the_reader_down(octets in proptest::collection::vec(any::<u8>(), 0..600), start in 0usize..4) {
        let starts: [&[u8]; 4] = [&[], &[0x30, 0x80], &[0x30, 0x82, 0x01, 0x00, 0x02, 0x01, 0x03], b"-----BEGIN CERTIFICATE-----\n"];
        let file = [starts[start], &octets].concat();
        let _ = pki::read(&file, Some(&secret("x")));
        let _ = pki::read_key(&file, None);
    }

    #[test]
    fn no_change_to_a_file_brings_the_reader_down(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut in any::<prop::sample::Index>(), kind in 0usize..3) {
        thread_local!(static FILES: [Vec<u8>; 3] = {
            let made = made();
            [write(&made, "x", Wrapping::TripleDes), write(&made, "x", Wrapping::Aes256), made.chain[0].der.clone()]
        });
        let mut file = FILES.with(|files| files[kind].clone());
        for (at, octet) in changes {
            let at = at.index(file.len());
            file[at] = octet;
        }
        let _ = pki::read(&file, Some(&secret("x")));
        file.truncate(cut.index(file.len()));
        let _ = pki::read(&file, Some(&secret("x")));
    }

    #[test]
    fn any_password_that_wraps_a_file_opens_it(password in ".{0,70}", friendly_name in ".{0,40}") {
        thread_local!(static MADE: Made = made());
        let file = MADE.with(|made| write_pkcs12(&made.key, &made.chain, &secret(&password), Wrapping::Aes256, Some(&friendly_name)).unwrap());
        let contents = pki::read(&file, Some(&secret(&password))).unwrap();
        prop_assert_eq!(contents.keys.len(), 1);
        prop_assert!(contents.certificates[0].friendly_name.is_some());
    }
}
