//! The openssl commands that do by hand what the workbench does (A141, C6). Shown, never run.

use std::path::Path;

use crate::model::{Hostname, printable};
use crate::pki::Wrapping;

pub fn inspect(path: &Path) -> Vec<String> {
    let file = quoted(path);
    vec![if is_pkcs12(path) {
        format!("openssl pkcs12 -in {file} -info -noout -legacy")
    } else {
        format!(
            "openssl x509 -in {file} -noout -subject -issuer -dates -serial -fingerprint -sha1 -ext subjectAltName,extendedKeyUsage"
        )
    }]
}

pub fn check(path: &Path, roots: Option<&Path>, host: Option<&Hostname>) -> Vec<String> {
    let file = quoted(path);
    let trust = roots.map_or_else(String::new, |roots| format!(" -no-CApath -CAfile {}", quoted(roots)));
    let name = host.map_or_else(String::new, |host| format!(" -verify_hostname {host}"));
    let mut commands = inspect(path);
    if is_pkcs12(path) {
        commands.push(format!("openssl pkcs12 -in {file} -legacy -nokeys -out chain.pem"));
        commands
            .push(format!("openssl verify{trust} -untrusted chain.pem -purpose sslserver{name} chain.pem"));
    } else {
        commands.push(format!("openssl verify{trust} -untrusted {file} -purpose sslserver{name} {file}"));
    }
    commands
}

/// `certificates` in the order of the chain.
pub fn build(
    key: &Path,
    certificates: &[&Path],
    out: &Path,
    wrapping: Wrapping,
    name: Option<&str>,
) -> Vec<String> {
    let files: Vec<String> = certificates.iter().map(|path| quoted(path)).collect();
    vec![
        format!("cat {} > mergedcertificate.crt", files.join(" ")),
        format!(
            "openssl pkcs12 -export -out {} -inkey {} -in mergedcertificate.crt{}{}",
            quoted(out),
            quoted(key),
            name.map_or_else(String::new, |name| format!(" -name {}", quote(name))),
            overrides(wrapping)
        ),
    ]
}

pub fn rewrap(from: &Path, to: &Path, wrapping: Wrapping) -> Vec<String> {
    vec![
        "umask 077".to_owned(),
        format!("openssl pkcs12 -in {} -legacy -nodes -out unwrapped.pem", quoted(from)),
        format!("openssl pkcs12 -export -in unwrapped.pem -out {}{}", quoted(to), overrides(wrapping)),
        "shred -u unwrapped.pem".to_owned(),
    ]
}

/// What makes OpenSSL 3 write as OpenSSL 1 did. In public texts the last option is often misspelt.
fn overrides(wrapping: Wrapping) -> &'static str {
    match wrapping {
        Wrapping::TripleDes => " -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg SHA1",
        Wrapping::Aes256 => " -keypbe AES-256-CBC -certpbe AES-256-CBC -macalg SHA256",
    }
}

fn is_pkcs12(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| ["pfx", "p12"].iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

fn quoted(path: &Path) -> String {
    quote(&printable(&path.display().to_string()))
}

/// For a POSIX shell.
fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_names_the_files_and_the_override_c6() {
        let commands = build(
            Path::new("my key.pem"),
            &[Path::new("leaf.crt"), Path::new("root.crt")],
            Path::new("out.pfx"),
            Wrapping::TripleDes,
            None,
        );
        assert_eq!(commands[0], "cat leaf.crt root.crt > mergedcertificate.crt");
        assert_eq!(
            commands[1],
            "openssl pkcs12 -export -out out.pfx -inkey 'my key.pem' -in mergedcertificate.crt \
             -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg SHA1"
        );
        assert_eq!(quote("it's"), r"'it'\''s'");
    }
}
