//! The container and the keys in it: password, integrity, encryption.

use super::Judge;
use crate::algorithm::{Cipher, Encryption};
use crate::contents::{Contents, Kind, Pkcs12};
use certdeck_model::rules::Requirement;

pub(super) fn judge(contents: &Contents, judge: &mut Judge<'_>) {
    match &contents.container {
        Some(container) => judge_container(container, judge),
        None => {
            judge.find(Requirement::NotPfx, format!("this is {}, not PKCS#12", kind_words(contents.kind)));
        }
    }
    judge_trailing(contents.trailing_bytes, judge);
    if !contents.unread.is_empty() {
        let reasons: Vec<String> = contents.unread.iter().map(ToString::to_string).collect();
        judge.find(Requirement::Unreadable, reasons.join("; "));
    }
    let keys =
        contents.container.as_ref().map_or(contents.keys.len(), |container| container.key_encryption.len());
    match keys {
        0 => judge.find(Requirement::NoKey, "there is no private key in the file"),
        1 => {}
        many => judge.find(Requirement::MultipleKeys, format!("there are {many} private keys in the file")),
    }
    if contents.certificates.is_empty() {
        judge.find(Requirement::NoCert, "no certificate in the file could be read");
    }
}

pub(super) fn judge_trailing(octets: usize, judge: &mut Judge<'_>) {
    if octets > 0 {
        let s = if octets == 1 { "" } else { "s" };
        judge.find(Requirement::TrailingData, format!("{octets} octet{s} follow the end of the structure"));
    }
}

fn judge_container(container: &Pkcs12, judge: &mut Judge<'_>) {
    if container.mac.is_none() {
        judge.find(
            Requirement::NoMac,
            "the file has no integrity code, so nothing proves the password or the contents",
        );
    }
    if container.version != 3 {
        judge.find(
            Requirement::BadVersion,
            format!("the file says that it is version {} of PKCS#12", container.version),
        );
    }
    if judge.question.empty_password {
        judge.find(Requirement::NoPassword, "the file opens with an empty password");
    }
    if let Some(spelling) = container.odd_spelling() {
        judge.find(
            Requirement::PasswordSpelling,
            format!("the password is spelled {spelling}: other programs call it wrong"),
        );
    }
    let keys = &container.key_encryption;
    if keys.iter().any(|encryption| encryption.cipher == Cipher::None) {
        judge.find(Requirement::KeyNotEncrypted, "a private key lies in the file unencrypted");
    }
    let closed: Vec<&Encryption> =
        keys.iter().filter(|encryption| encryption.cipher != Cipher::None).collect();
    judge_encryption(Requirement::KeyNotTripleDes, "the private key is", &closed, judge);
    let sections: Vec<&Encryption> = container.encrypted_sections().collect();
    judge_encryption(Requirement::CertsNotTripleDes, "the certificates are", &sections, judge);
}

/// Only the encryption named by the rules is accepted; if all of it is at least tolerated, the finding is a
/// note.
fn judge_encryption(requirement: Requirement, what: &str, used: &[&Encryption], judge: &mut Judge<'_>) {
    let Some(demand) = judge.demand(requirement) else { return };
    let among = |names: &[String], encryption: &Encryption| {
        names.iter().any(|name| name == family(encryption.cipher))
    };
    if used.iter().all(|encryption| among(&demand.names, encryption)) {
        return;
    }
    let mut names: Vec<&str> = used.iter().map(|encryption| encryption.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let seen = format!("{what} encrypted with {}", names.join(", "));
    if used.iter().all(|encryption| among(&demand.tolerated, encryption)) {
        judge.note(requirement, seen);
    } else {
        judge.find(requirement, seen);
    }
}

/// The rules' name of a cipher, regardless of its key length.
fn family(cipher: Cipher) -> &'static str {
    match cipher {
        Cipher::None => "none",
        Cipher::TripleDes | Cipher::TwoKeyTripleDes => "triple-des",
        Cipher::Rc2(_) => "rc2",
        Cipher::Rc4 => "rc4",
        Cipher::Des => "des",
        Cipher::Aes(_) => "aes",
        Cipher::Other => "other",
    }
}

fn kind_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Pkcs12 => "PKCS#12",
        Kind::X509 => "a single certificate",
        Kind::Pem => "a PEM file",
        Kind::Pkcs7 => "a PKCS#7 bundle, which holds certificates but never a key",
        Kind::Unknown => "no certificate file that is known",
    }
}
