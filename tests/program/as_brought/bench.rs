//! What the tests begin with: certificates and a key, a directory with them, and what must not be seen of a
//! key.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use certdeck::pki;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    SerialNumber,
};
use serde_json::Value;
use tempfile::TempDir;

pub(super) const PASSWORD: &str = "Correct-Horse-9";

/// An authority with an intermediate and a certificate for `shop.contoso.com`, in PEM; made once.
pub(super) struct Material {
    pub root: String,
    pub intermediate: String,
    pub leaf: String,
    pub key: String,
}

impl Material {
    pub(super) fn shared() -> &'static Self {
        static SHARED: OnceLock<Material> = OnceLock::new();
        SHARED.get_or_init(|| {
            let rsa = || KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
            let authority = |name: &str| {
                let mut params = CertificateParams::default();
                params.distinguished_name.push(DnType::CommonName, name);
                params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
                params.not_after = rcgen::date_time_ymd(2090, 1, 1);
                params
            };
            let root = CertifiedIssuer::self_signed(authority("Brought Root"), rsa()).unwrap();
            let intermediate =
                CertifiedIssuer::signed_by(authority("Brought Intermediate"), rsa(), &root).unwrap();
            let mut params = CertificateParams::new(vec!["shop.contoso.com".to_owned()]).unwrap();
            params.distinguished_name.push(DnType::CommonName, "shop.contoso.com");
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            params.serial_number = Some(SerialNumber::from(4711_u64));
            params.not_after = rcgen::date_time_ymd(2090, 1, 1);
            let key = rsa();
            let leaf = params.signed_by(&key, &intermediate).unwrap();
            Self {
                root: root.pem(),
                intermediate: intermediate.pem(),
                leaf: leaf.pem(),
                key: key.serialize_pem(),
            }
        })
    }

    pub(super) fn chain(&self) -> String {
        format!("{}{}{}", self.leaf, self.intermediate, self.root)
    }

    pub(super) fn thumbprints(&self) -> Vec<String> {
        let read = pki::read(self.chain().as_bytes(), None).unwrap();
        read.certificates.iter().map(|one| one.thumbprint.to_string()).collect()
    }
}

/// The Base64 text of a block, on one line.
pub(super) fn inner(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}

/// Puts the text of a block on one line together with its BEGIN and END.
pub(super) fn one_line(pem: &str) -> String {
    pem.trim_end().replace('\n', " ").replace('\r', "")
}

/// Joins as `cat` does where the first file has no line end.
pub(super) fn glued(files: &[&str]) -> String {
    files.iter().map(|file| file.trim_end()).collect()
}

/// A directory with the usual files.
pub(super) struct Bench(pub TempDir);

impl Bench {
    pub(super) fn new() -> Self {
        let made = Material::shared();
        let bench = Self(tempfile::tempdir().unwrap());
        for (name, text) in [
            ("root.pem", &made.root),
            ("intermediate.pem", &made.intermediate),
            ("leaf.pem", &made.leaf),
            ("key.pem", &made.key),
        ] {
            bench.write(name, text);
        }
        bench.write("password", format!("{PASSWORD}\n"));
        bench
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    /// The program, in the directory, with a home of its own and nothing else in its environment.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
        command
            .args(arguments)
            .current_dir(self.0.path())
            .env_clear()
            .env("HOME", self.0.path())
            .stdin(Stdio::null());
        command
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(super) fn json(&self, arguments: &[&str]) -> (Value, i32) {
        let output = self.run(&[arguments, &["-o", "json"]].concat());
        let text = all(&output);
        (
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{text}")),
            output.status.code().unwrap(),
        )
    }

    /// Makes `out.pfx` of the usual files.
    pub(super) fn build(&self, password: &[&str]) -> Output {
        self.build_of(&["leaf.pem", "intermediate.pem", "root.pem"], password)
    }

    /// Makes `out.pfx` of the key and these certificates.
    pub(super) fn build_of(&self, certificates: &[&str], password: &[&str]) -> Output {
        let _ = fs::remove_file(self.path("out.pfx"));
        self.run(
            &[&["cert", "build", "--key", "key.pem", "--out", "out.pfx", "--cert"], certificates, password]
                .concat(),
        )
    }

    /// Whether openssl does this; nothing where it is not installed.
    pub(super) fn openssl(&self, arguments: &[&str]) -> Option<bool> {
        let ran =
            Command::new("openssl").args(arguments).current_dir(self.0.path()).stdin(Stdio::null()).output();
        let Ok(output) = ran else {
            eprintln!("skipped: openssl is not installed");
            return None;
        };
        Some(output.status.success())
    }
}

pub(super) fn all(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

pub(super) fn rules(json: &Value) -> Vec<&str> {
    json["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap()).collect()
}

/// What must not be seen of a key: 17 characters in a row of its Base64, of its octets in hexadecimal digits,
/// of the octets.
pub(super) struct Secret {
    parts: HashSet<Vec<u8>>,
}

impl Secret {
    pub(super) fn of(base64: &str) -> Self {
        let der = STANDARD.decode(base64).unwrap_or_default();
        let digit = |number: u8| char::from(b"0123456789abcdef"[usize::from(number)]);
        let hex: String = der.iter().flat_map(|octet| [digit(octet >> 4), digit(octet & 15)]).collect();
        let texts =
            [base64.as_bytes().to_vec(), hex.clone().into_bytes(), hex.to_uppercase().into_bytes(), der];
        Self { parts: texts.iter().flat_map(|text| text.windows(17).map(<[u8]>::to_vec)).collect() }
    }

    pub(super) fn must_not_be_in(&self, what: &str, text: &str) {
        // Lines that were joined show a key as well.
        for text in [text.to_owned(), text.replace(['\n', '\r', ' '], "")] {
            if let Some(part) = text.as_bytes().windows(17).find(|part| self.parts.contains(*part)) {
                panic!("{what} shows {:?}:\n{text}", String::from_utf8_lossy(part));
            }
        }
    }
}
