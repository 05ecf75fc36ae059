//! One certificate file looked at, and what programs are told of it (`-o json`).

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use thiserror::Error;

use super::words;
use crate::file;
use crate::model::{quoted, shown};
use crate::pki::{
    self, Certificate, Contents, Kind, Pkcs12, Question, ReadError, Refused, Report, UnreadParts,
};
use crate::rules::Use;

/// Why a file gives nothing to judge.
#[derive(Debug, Error)]
pub enum Failure {
    #[error(transparent)]
    Unread(#[from] file::Unread),
    #[error(transparent)]
    Refused(#[from] Box<Refused>),
    #[error("the file is called as PKCS#12 files are, but it is {}", words::kind(.0.kind))]
    Misnamed(Box<Contents>),
    /// A file of which a part cannot be read; the rest is known all the same.
    #[error("{why}")]
    Partly { contents: Box<Contents>, why: UnreadParts },
}

impl Failure {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unread(unread) => unread.code(),
            Self::Refused(refused) => refused.error.code(),
            Self::Misnamed(_) => "not-pkcs12",
            Self::Partly { why, .. } => why.first.code(),
        }
    }
}

impl Failure {
    /// A part is encrypted, and no password was given.
    pub fn needs_password(&self) -> bool {
        match self {
            Self::Refused(refused) => refused.error.needs_password(),
            Self::Partly { why, .. } => why.first.needs_password(),
            Self::Unread(_) | Self::Misnamed(_) => false,
        }
    }
}

/// A file with what could be read of it.
#[derive(Debug)]
pub struct Examined {
    pub path: PathBuf,
    pub contents: Result<Contents, Failure>,
    /// What the file was opened with.
    pub password: Option<SecretString>,
}

impl Examined {
    /// Reads `path`; asks for its password if one is needed and none was given.
    pub fn read<E>(
        path: &Path,
        mut password: Option<SecretString>,
        ask: impl FnOnce() -> Result<Option<SecretString>, E>,
    ) -> Result<Self, E> {
        let bytes = match file::read(path) {
            Ok(bytes) => bytes,
            Err(unread) => return Ok(Self { path: path.to_owned(), contents: Err(unread.into()), password }),
        };
        let mut contents = pki::read(&bytes, password.as_ref());
        let closed = match &contents {
            Ok(contents) => contents.unread.iter().any(ReadError::needs_password),
            Err(refused) => refused.error.needs_password(),
        };
        if closed
            && password.is_none()
            && let Some(asked) = ask()?
        {
            contents = pki::read(&bytes, Some(&asked));
            password = Some(asked);
        }
        let contents = match contents {
            Ok(contents) if contents.kind != Kind::Pkcs12 && is_called_pkcs12(path) => {
                Err(Failure::Misnamed(Box::new(contents)))
            }
            Ok(contents) => match contents.gap() {
                Some(why) => Err(Failure::Partly { contents: Box::new(contents), why }),
                None => Ok(contents),
            },
            Err(refused) => Err(refused.into()),
        };
        Ok(Self { path: path.to_owned(), contents, password })
    }

    pub fn has_empty_password(&self) -> bool {
        self.password.as_ref().is_none_or(|password| password.expose_secret().is_empty())
    }

    pub fn file(&self) -> String {
        shown(&self.path)
    }

    /// What was read, whether or not it is what the name promises.
    pub fn known(&self) -> Option<&Contents> {
        match &self.contents {
            Ok(contents) => Some(contents),
            Err(Failure::Misnamed(contents) | Failure::Partly { contents, .. }) => Some(contents),
            Err(_) => None,
        }
    }

    fn kind(&self) -> Kind {
        match &self.contents {
            Ok(contents) => contents.kind,
            Err(Failure::Misnamed(contents) | Failure::Partly { contents, .. }) => contents.kind,
            Err(Failure::Refused(refused)) => refused.kind,
            Err(Failure::Unread(_)) => Kind::Unknown,
        }
    }

    fn container(&self) -> Option<&Pkcs12> {
        match &self.contents {
            Ok(contents) => contents.container.as_ref(),
            Err(Failure::Partly { contents, .. }) => contents.container.as_ref(),
            Err(Failure::Refused(refused)) => refused.container.as_ref(),
            Err(_) => None,
        }
    }

    /// The leaf and its chain, unjudged.
    pub fn inspect(&self) -> Report {
        let mut report = Report::default();
        if let Some(contents) = self.known() {
            report.leaf = pki::leaf(contents);
            report.chain = report.leaf.map(|leaf| pki::chain(&contents.certificates, leaf.place));
        }
        report
    }

    /// What becomes of the file if it is uploaded as a private certificate.
    pub fn judge(&self, question: &Question<'_>) -> Report {
        match &self.contents {
            Ok(contents) => pki::check(contents, question),
            Err(Failure::Partly { contents, .. }) => pki::check(contents, question),
            Err(Failure::Refused(refused)) => pki::check_refused(refused, question),
            Err(failure @ (Failure::Unread(_) | Failure::Misnamed(_))) => {
                pki::check_no_pfx(&failure.to_string(), question)
            }
        }
    }

    /// The facts, and with `judged` the findings and the verdict.
    pub fn json(&self, report: &Report, judged: bool) -> Value {
        let failure = self.contents.as_ref().err();
        let known = self.known();
        let leaf = known.and_then(|contents| contents.certificates.get(report.leaf?.place));
        let mut object = json!({
            "file": self.file(),
            "kind": self.kind().as_str(),
            "readable": failure.is_none(),
            "error": failure.map(ToString::to_string),
            "error_code": failure.map(Failure::code),
            "mac": self.container().and_then(mac),
            "password_spelling": self.container().and_then(Pkcs12::odd_spelling),
            "encryption": self.container().map(encryption),
            "unread": known.map_or_else(Vec::new, |contents| contents.unread.iter().map(unread).collect()),
            "keys": known.map_or_else(Vec::new, keys),
            "certificates": known.map(|contents| contents.certificates.len()),
            "leaf": leaf.map(leaf_facts),
            "chain": report.chain.as_ref().map(|chain| {
                let subject = |&place: &usize| known.map(|contents| contents.certificates[place].subject.clone());
                json!({
                    "complete": chain.complete,
                    "ordered": chain.order == pki::ChainOrder::LeafToRoot,
                    "order": chain.order.as_str(),
                    "subjects": chain.path.iter().map(subject).collect::<Vec<_>>(),
                    "missing": chain.missing,
                    "strays": chain.strays.iter().map(subject).collect::<Vec<_>>(),
                    "duplicates": chain.duplicates.len(),
                })
            }),
        });
        if judged && let Some(fields) = object.as_object_mut() {
            fields.insert("trusted".into(), json!(report.trusted));
            fields.insert("findings".into(), json!(report.findings));
            fields.insert(
                "uses".into(),
                json!({
                    "upload": report.allows(Use::Upload),
                    "bind": report.allows(Use::Bind),
                    "import": report.allows(Use::Import),
                }),
            );
            fields.insert("verdict".into(), json!(report.verdict().as_str()));
        }
        object
    }
}

fn is_called_pkcs12(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| ["pfx", "p12"].iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

fn mac(container: &Pkcs12) -> Option<Value> {
    let mac = container.mac.as_ref()?;
    Some(json!({ "kind": mac.kind.as_str(), "digest": mac.digest, "iterations": mac.iterations }))
}

fn encryption(container: &Pkcs12) -> Value {
    json!({ "key": names(&container.key_encryption), "certificates": names(&container.section_encryption) })
}

/// Each name once, separated by semicolons; nothing where there is no such part.
pub(super) fn names(encryption: &[pki::Encryption]) -> Option<String> {
    let mut names: Vec<&str> = encryption.iter().map(|one| one.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    (!names.is_empty()).then(|| names.join(";"))
}

/// One part that could not be read: where it is, what it is called, why.
fn unread(part: &ReadError) -> Value {
    let place = part.place();
    json!({
        "line": place.map(|place| place.line),
        "block": place.filter(|place| !place.label.is_empty()).map(|place| quoted(&place.label)),
        "error": part.to_string(),
        "error_code": part.code(),
    })
}

fn keys(contents: &Contents) -> Vec<Value> {
    contents.keys.iter().map(|key| json!({ "type": key.kind.type_name(), "bits": key.kind.bits() })).collect()
}

fn leaf_facts(leaf: &Certificate) -> Value {
    json!({
        "subject": leaf.subject,
        "issuer": leaf.issuer,
        "sans": leaf.sans.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "thumbprint": leaf.thumbprint.as_str(),
        "serial": leaf.serial,
        "serial_octets": leaf.serial_octets,
        "not_before": leaf.not_before.to_string(),
        "not_after": leaf.not_after_text(),
        "eku": leaf.eku,
        "key": { "type": leaf.public_key.kind.type_name(), "bits": leaf.public_key.kind.bits() },
        "signature": leaf.signature_algorithm.name,
        "ca": leaf.is_ca,
        "friendly_name": leaf.friendly_name,
    })
}
