//! A piece of work as the screen asks for it, and what came of it. It reads and writes files and may take
//! seconds: so it is performed beside the loop.

use std::path::PathBuf;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::{
    Examined, FactLine, Failure, Trouble, facts, gather, must_not_exist, openssl, read_key, replace, roots,
    shown, verdict, write_new,
};
use crate::file;
use crate::model::Hostname;
use crate::pki::{Bundle, FileFinding, Question, Wrapping};
use crate::rules::{Profile, Rules};

/// A password; compares, so that effects do, and prints nothing of itself.
#[derive(Debug, Clone)]
pub struct Password(pub SecretString);

impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl Eq for Password {}

/// Paths are as typed: `~` is the home directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    Inspect {
        file: String,
        password: Option<Password>,
    },
    Check {
        file: String,
        password: Option<Password>,
        host: Option<Hostname>,
        /// Trusted instead of the authorities of this machine.
        roots: Option<String>,
        /// Whose rules apply: the program's own, or those of another day.
        profile: Option<Profile>,
        /// Judged as of this time instead of now.
        as_of: Option<Timestamp>,
    },
    Build {
        key: String,
        key_password: Option<Password>,
        certificates: Vec<String>,
        add_root: bool,
        target: OutputFile,
    },
    /// Without a new password in `target` the old one is kept.
    Rewrap {
        file: String,
        password: Option<Password>,
        target: OutputFile,
    },
}

/// The file that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    pub path: String,
    pub password: Option<Password>,
    pub wrapping: Wrapping,
    pub friendly_name: Option<String>,
    /// A person agreed that what is there is overwritten.
    pub replaces: bool,
}

/// What there is to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobResult {
    pub title: String,
    pub facts: Vec<FactLine>,
    /// Empty where nothing was judged.
    pub verdict: Vec<FactLine>,
    pub findings: Vec<FileFinding>,
    /// The commands that do the same by hand (A141).
    pub openssl: Vec<String>,
}

impl Job {
    /// Does it. `now` is the time that certificates are judged as of.
    pub fn perform(&self, rules: &Rules, now: Timestamp) -> Result<JobResult, Trouble> {
        match self {
            Self::Inspect { file, password } => inspect(file, password.as_ref()),
            Self::Check { file, password, host, roots, profile, as_of } => {
                let other =
                    profile.map(Rules::load).transpose().map_err(|why| Trouble::Refused(why.to_string()))?;
                let (roots, rules) = (roots.as_deref().map(file::path), other.as_ref().unwrap_or(rules));
                check(
                    file,
                    password.as_ref(),
                    &CheckTerms { host: host.as_ref(), roots, rules, now: as_of.unwrap_or(now) },
                )
            }
            Self::Build { key, key_password, certificates, add_root, target } => {
                build(key, key_password.as_ref(), certificates, *add_root, target)
            }
            Self::Rewrap { file, password, target } => rewrap(file, password.as_ref(), target),
        }
    }
}

fn inspect(file: &str, password: Option<&Password>) -> Result<JobResult, Trouble> {
    let examined = open(file, password)?;
    if let Err(failure @ Failure::Refused(_)) = &examined.contents {
        return Err(Trouble::Unusable { file: examined.file(), why: failure.to_string() });
    }
    Ok(JobResult {
        title: examined.file(),
        facts: facts(&examined, &examined.inspect()),
        verdict: Vec::new(),
        findings: Vec::new(),
        openssl: openssl::inspect(&examined.path),
    })
}

/// What a check goes by.
struct CheckTerms<'a> {
    host: Option<&'a Hostname>,
    roots: Option<PathBuf>,
    rules: &'a Rules,
    now: Timestamp,
}

fn check(file: &str, password: Option<&Password>, asked: &CheckTerms<'_>) -> Result<JobResult, Trouble> {
    let CheckTerms { host, rules, now, .. } = *asked;
    let examined = open(file, password)?;
    let roots = roots(asked.roots.as_deref())?;
    let known = (!roots.is_empty()).then_some(&roots);
    let question = Question { rules, now, roots: known, host, empty_password: examined.has_empty_password() };
    let report = examined.judge(&question);
    Ok(JobResult {
        title: examined.file(),
        facts: facts(&examined, &report),
        verdict: verdict(&report, host),
        openssl: openssl::check(&examined.path, asked.roots.as_deref(), host),
        findings: report.findings,
    })
}

fn build(
    key: &str,
    key_password: Option<&Password>,
    certificates: &[String],
    add_root: bool,
    target: &OutputFile,
) -> Result<JobResult, Trouble> {
    let out = target.free()?;
    let paths: Vec<PathBuf> = certificates.iter().map(|path| file::path(path)).collect();
    let gathered = gather(&paths)?;
    let key_path = file::path(key);
    let key = read_key(&key_path, key_password.map(|Password(secret)| secret), || Ok::<_, Trouble>(None))?;
    let bundle = gathered.build(key, add_root, "it can be taken from there: set Missing root")?;
    target.write(&bundle, None)?;
    let commands = openssl::build(
        &key_path,
        &gathered.files(&bundle),
        &out,
        target.wrapping,
        target.friendly_name.as_deref(),
    );
    Ok(written(&bundle, target, commands))
}

fn rewrap(file: &str, password: Option<&Password>, target: &OutputFile) -> Result<JobResult, Trouble> {
    let out = target.free()?;
    let examined = open(file, password)?;
    let refuse = |why: String| Trouble::Unusable { file: examined.file(), why };
    let contents = examined.contents.as_ref().map_err(|why| refuse(why.to_string()))?;
    let bundle =
        Bundle::rewrap(contents).map_err(|why| Trouble::Refused(format!("{}: {why}", examined.file())))?;
    target.write(&bundle, password)?;
    Ok(written(&bundle, target, openssl::rewrap(&examined.path, &out, target.wrapping)))
}

/// The file, if there is one to speak of: what stands in the way before that is trouble, not a finding.
fn open(file: &str, password: Option<&Password>) -> Result<Examined, Trouble> {
    let password = password.map(|Password(secret)| secret.clone());
    let examined = Examined::read(&file::path(file), password, || Ok::<_, Trouble>(None))?;
    let error = match &examined.contents {
        Ok(_) | Err(Failure::Misnamed(_)) => return Ok(examined),
        Err(Failure::Unread(why)) => {
            return Err(Trouble::Unusable { file: examined.file(), why: why.to_string() });
        }
        Err(Failure::Refused(refused)) => &refused.error,
        Err(Failure::Partly { why, .. }) => &why.first,
    };
    if error.is_about_password() {
        return Err(Trouble::Closed { file: examined.file(), why: error.to_string() });
    }
    Ok(examined)
}

impl OutputFile {
    /// The path, if it may be written to: asked before any work is done.
    fn free(&self) -> Result<PathBuf, Trouble> {
        let path = file::path(&self.path);
        if !self.replaces {
            must_not_exist(&path)?;
        }
        Ok(path)
    }

    fn write(&self, bundle: &Bundle, old: Option<&Password>) -> Result<(), Trouble> {
        let empty = SecretString::default();
        let password = self.password.as_ref().or(old).map_or(&empty, |Password(secret)| secret);
        let bytes = bundle.write(password, self.wrapping, self.friendly_name.as_deref());
        let bytes = bytes.map_err(|why| Trouble::Refused(why.to_string()))?;
        let path = file::path(&self.path);
        if self.replaces { replace(&path, &bytes) } else { write_new(&path, &bytes) }
    }
}

/// What a file that was written holds.
pub fn held(bundle: &Bundle) -> String {
    match bundle.chain.len() {
        1 => "private key and its certificate".to_owned(),
        many => format!("private key and {many} certificates, in order"),
    }
}

fn written(bundle: &Bundle, target: &OutputFile, openssl: Vec<String>) -> JobResult {
    let fact = |label, text: &str| FactLine { label, text: text.to_owned() };
    let path = shown(&file::path(&target.path));
    let mut facts = vec![fact("written", &path), fact("holds", &held(bundle))];
    for (nth, one) in bundle.chain.iter().enumerate() {
        facts.push(fact(if nth == 0 { "chain" } else { "" }, &one.subject));
    }
    if let Some(missing) = &bundle.missing {
        facts.push(fact(
            "missing",
            &format!("the chain is not complete without the certificate of {missing}"),
        ));
    }
    if bundle.strays > 0 {
        facts.push(fact("not in chain", &format!("kept all the same: {} certificates", bundle.strays)));
    }
    JobResult { title: path, facts, verdict: Vec::new(), findings: Vec::new(), openssl }
}
