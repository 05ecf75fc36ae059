//! What the workbench does: of each task its form, and the job that a filled form is. The form itself is `bench`.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use secrecy::ExposeSecret;

use crate::flow::{Field, FieldKind, InputKey, Inputs};
use crate::model::{Hostname, quoted};
use crate::pki::Wrapping;
use crate::rules::Profile;
use crate::workbench::{Job, OutputFile, Password};

/// The four things that the workbench does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    Inspect,
    Check,
    Build,
    Rewrap,
}

/// What a form of the workbench asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BenchKey {
    File,
    Password,
    Host,
    Roots,
    Rules,
    AsOf,
    Key,
    KeyPassword,
    /// One of the files of the chain.
    Certificate(usize),
    Root,
    Encryption,
    Name,
    New,
    Again,
    Out,
}

impl InputKey for BenchKey {
    fn is_secret(self) -> bool {
        matches!(self, Self::Password | Self::KeyPassword | Self::New | Self::Again)
    }

    fn is_new_password(self) -> bool {
        self == Self::New
    }
}

type Answers = Inputs<BenchKey>;
/// The field that stands in the way, and why.
pub(super) type Refused = (BenchKey, String);

pub(super) struct TaskDefinition {
    pub title: &'static str,
    /// What Enter does, in a word.
    pub verb: &'static str,
    fields: &'static [Field<BenchKey>],
    /// The field that a closed file asks for.
    pub password: BenchKey,
    /// Of a task that writes a file: beside which file, and what its name ends in.
    pub writes: Option<(BenchKey, &'static str)>,
    /// The job; whether it replaces a file that is there is said apart.
    pub job: fn(&Answers, bool) -> Result<Job, Refused>,
}

const INSPECT: TaskDefinition = TaskDefinition {
    title: "Inspect a certificate file",
    verb: "inspect",
    fields: &[FILE, PASSWORD],
    password: BenchKey::Password,
    writes: None,
    job: |answers, _| {
        Ok(Job::Inspect { file: file(answers)?, password: password(answers, BenchKey::Password) })
    },
};

const CHECK: TaskDefinition = TaskDefinition {
    title: "Check a certificate file",
    verb: "check",
    fields: &[FILE, PASSWORD, HOST, ROOTS, RULES, AS_OF],
    password: BenchKey::Password,
    writes: None,
    job: |answers, _| {
        let host = answers.get(BenchKey::Host).map(Hostname::parse).transpose();
        let as_of = answers.get(BenchKey::AsOf).map(moment).transpose();
        Ok(Job::Check {
            host: host.map_err(|why| (BenchKey::Host, why.to_string()))?,
            file: file(answers)?,
            password: password(answers, BenchKey::Password),
            roots: answers.get(BenchKey::Roots).map(str::to_owned),
            profile: (answers.get(BenchKey::Rules) == Some(SEED)).then_some(Profile::Seed),
            as_of: as_of.map_err(|why| (BenchKey::AsOf, why))?,
        })
    },
};

const BUILD: TaskDefinition = TaskDefinition {
    title: "Build a PFX",
    verb: "build",
    fields: &[KEY, KEY_PASSWORD, CERTIFICATES, ROOT, ENCRYPTION, NAME, NEW, AGAIN, OUT],
    password: BenchKey::KeyPassword,
    writes: Some((BenchKey::Key, ".pfx")),
    job: |answers, replaces| {
        let why = "name the file of the private key first: Enter shows the files";
        let key = required(answers, BenchKey::Key, why)?;
        let certificates: Vec<_> = chain(answers).map(|(_, path)| path.to_owned()).collect();
        if certificates.is_empty() {
            let why = "name the files of the chain first: Enter shows the files";
            return Err((BenchKey::Certificate(0), why.to_owned()));
        }
        if !answers.has(BenchKey::New) {
            let why = "App Service takes no file without a password: type a new one";
            return Err((BenchKey::New, why.to_owned()));
        }
        Ok(Job::Build {
            key,
            key_password: password(answers, BenchKey::KeyPassword),
            certificates,
            add_root: answers.is_yes(BenchKey::Root),
            target: target(answers, replaces)?,
        })
    },
};

const REWRAP: TaskDefinition = TaskDefinition {
    title: "Rewrap a PFX",
    verb: "write",
    fields: &[FILE, PASSWORD, ENCRYPTION, NAME, NEW_OR_OLD, AGAIN, OUT],
    password: BenchKey::Password,
    writes: Some((BenchKey::File, "-rewrapped.pfx")),
    job: |answers, replaces| {
        Ok(Job::Rewrap {
            file: file(answers)?,
            password: password(answers, BenchKey::Password),
            target: target(answers, replaces)?,
        })
    },
};

const FILE: Field<BenchKey> = Field::new(
    BenchKey::File,
    "File",
    "PFX, PEM, DER or PKCS#7.",
    FieldKind::File(&["pfx", "p12", "pem", "crt", "cer", "der", "p7b", "p7c"]),
);
const PASSWORD: Field<BenchKey> =
    Field::new(BenchKey::Password, "Password", "Only if the file has one.", FieldKind::Secret);
const HOST: Field<BenchKey> = Field::new(
    BenchKey::Host,
    "Hostname",
    "Optional: the name that the certificate is to secure.",
    FieldKind::Text,
);
const ROOTS: Field<BenchKey> = Field::new(
    BenchKey::Roots,
    "Trusted roots",
    "Optional: a file with your own authorities, instead of those that this machine trusts.",
    FieldKind::File(CERTIFICATE_FILES),
)
.optional();
const RULES: Field<BenchKey> = Field::new(
    BenchKey::Rules,
    "Rules",
    "Which rules the file is judged by.",
    FieldKind::Choice(&[
        ("today", "today's", "What App Service asks for today."),
        (SEED, "of 2022-07-28", "What the article of that day says."),
    ]),
);
const AS_OF: Field<BenchKey> = Field::new(
    BenchKey::AsOf,
    "As of",
    "Optional: another day than today, such as 2027-03-01.",
    FieldKind::Text,
);
const KEY: Field<BenchKey> = Field::new(
    BenchKey::Key,
    "Private key",
    "PEM or DER, encrypted or not.",
    FieldKind::File(&["key", "pem", "der", "pk8", "p8"]),
);
const KEY_PASSWORD: Field<BenchKey> =
    Field::new(BenchKey::KeyPassword, "Key's password", "Only if the key is encrypted.", FieldKind::Secret);
const CERTIFICATES: Field<BenchKey> = Field::new(
    BenchKey::Certificate(0),
    "Certificates",
    "The whole chain up to the root, in any order; one file a line.",
    FieldKind::File(CERTIFICATE_FILES),
);
const ROOT: Field<BenchKey> = Field::new(
    BenchKey::Root,
    "Missing root",
    "What happens if only the root is missing.",
    FieldKind::Choice(&[
        ("no", "is refused", "The root has to be among the files, like the rest of the chain."),
        (
            "yes",
            "comes from this machine",
            "If only the root is missing, it comes from the authorities that this machine trusts.",
        ),
    ]),
);
const ENCRYPTION: Field<BenchKey> = Field::new(
    BenchKey::Encryption,
    "Encryption",
    "How the file is encrypted.",
    FieldKind::Choice(&[
        ("triple-des", "triple DES", "App Service has always taken it; AES-256 since 2025."),
        (AES, "AES-256", "App Service takes it since 2025; triple DES it has always taken."),
    ]),
);
const NAME: Field<BenchKey> = Field::new(
    BenchKey::Name,
    "Friendly name",
    "Optional: the name that Azure and Windows show.",
    FieldKind::Text,
);
const NEW: Field<BenchKey> = Field::new(
    BenchKey::New,
    "New password",
    "Of the file that is written. App Service takes none without.",
    FieldKind::Secret,
);
const NEW_OR_OLD: Field<BenchKey> = Field::new(
    BenchKey::New,
    "New password",
    "Empty keeps the old one; a file that has none needs one.",
    FieldKind::Secret,
);
const AGAIN: Field<BenchKey> =
    Field::new(BenchKey::Again, "Confirm password", "The new password a second time.", FieldKind::Secret);
const OUT: Field<BenchKey> =
    Field::new(BenchKey::Out, "Write to", "Only you will be able to read it.", FieldKind::Text);

const CERTIFICATE_FILES: &[&str] = &["crt", "cer", "pem", "der", "p7b", "p7c"];
const SEED: &str = "seed";
const AES: &str = "aes-256";

impl Task {
    pub(super) fn definition(self) -> &'static TaskDefinition {
        match self {
            Self::Inspect => &INSPECT,
            Self::Check => &CHECK,
            Self::Build => &BUILD,
            Self::Rewrap => &REWRAP,
        }
    }

    /// The fields; there is always one empty line for one more certificate, the last of them.
    pub(super) fn fields(self, answers: &Answers) -> Vec<Field<BenchKey>> {
        let lines = chain(answers).map(|(nth, _)| nth + 2).max().unwrap_or(1);
        let line = |field: &Field<BenchKey>, nth| Field { key: BenchKey::Certificate(nth), ..field.clone() };
        let fields = self.definition().fields.iter();
        fields
            .flat_map(|field| match field.key {
                BenchKey::Certificate(_) => (0..lines).map(|nth| line(field, nth)).collect(),
                _ => vec![field.clone()],
            })
            .collect()
    }
}

/// The files of the chain that are named, each with its line.
fn chain(answers: &Answers) -> impl Iterator<Item = (usize, &str)> {
    answers.iter().filter_map(|(key, _)| match key {
        BenchKey::Certificate(nth) => Some((nth, answers.get(key)?)),
        _ => None,
    })
}

fn required(answers: &Answers, key: BenchKey, why: &str) -> Result<String, Refused> {
    answers.get(key).map(str::to_owned).ok_or_else(|| (key, why.to_owned()))
}

fn file(answers: &Answers) -> Result<String, Refused> {
    required(answers, BenchKey::File, "name the file first: Enter shows the files")
}

fn password(answers: &Answers, key: BenchKey) -> Option<Password> {
    answers.secret(key).cloned().map(Password)
}

fn target(answers: &Answers, replaces: bool) -> Result<OutputFile, Refused> {
    let new = |key| answers.secret(key).map(ExposeSecret::expose_secret);
    if new(BenchKey::New) != new(BenchKey::Again) {
        return Err((BenchKey::Again, "the two new passwords differ".to_owned()));
    }
    let is_aes = answers.get(BenchKey::Encryption) == Some(AES);
    Ok(OutputFile {
        path: required(answers, BenchKey::Out, "name the file that is to be written")?,
        password: password(answers, BenchKey::New),
        wrapping: if is_aes { Wrapping::Aes256 } else { Wrapping::TripleDes },
        friendly_name: answers.get(BenchKey::Name).map(str::to_owned),
        replaces,
    })
}

/// The beginning of a day, or a moment of it.
fn moment(text: &str) -> Result<Timestamp, String> {
    let day =
        || text.parse::<Date>().and_then(|day| day.to_zoned(TimeZone::UTC)).map(|zoned| zoned.timestamp());
    text.parse().or_else(|_| day()).map_err(|_| {
        format!("'{}' is no day such as 2027-03-01, and no time such as 2027-03-01T12:00:00Z", quoted(text))
    })
}
