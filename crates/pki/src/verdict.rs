//! The findings of a check, and which uses of the certificate they prevent.

use jiff::civil::Date;
use serde::Serialize;

use super::chain::{CertificateChain, Leaf};
use certdeck_model::rules::{Demand, Requirement, Severity, Use};

/// One requirement that is not met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileFinding {
    /// The requirement that is not met.
    pub rule: Requirement,
    /// How serious it is: that of the requirement, or a note if the difference is known to work.
    pub severity: Severity,
    /// One plain line: what was found, and what is required.
    pub message: String,
    /// What the file has, in half a sentence.
    pub seen: String,
    /// What the platform requires, in half a sentence.
    pub required: String,
    /// What to do about it.
    pub remedy: String,
    /// The uses that it prevents.
    pub blocks: Vec<Use>,
    /// The first day on which the requirement holds.
    pub since: Date,
    /// The article or the change of it that states the requirement.
    pub source: String,
    /// Ids that `docs/platform.toml` explains.
    pub checklist: Vec<String>,
}

impl FileFinding {
    pub(super) fn new(demand: &Demand, severity: Severity, seen: String) -> Self {
        Self {
            rule: demand.id,
            severity,
            message: format!("{seen}; required: {}", demand.required),
            seen,
            required: demand.required.clone(),
            remedy: demand.remedy.clone(),
            blocks: if severity == demand.severity { demand.blocks.clone() } else { Vec::new() },
            since: demand.since,
            source: demand.source.clone(),
            checklist: demand.checklist.clone(),
        }
    }

    /// Below an error only an import is refused: elliptic curve keys work everywhere else (C4).
    fn prevents(&self, wanted: Use) -> bool {
        self.blocks.contains(&wanted) && (self.severity == Severity::Error || wanted == Use::Import)
    }
}

/// What happens to a private certificate that is uploaded unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It meets every requirement; notes are possible.
    Accept,
    /// It can be uploaded and bound, but may fail later.
    AcceptWithWarnings,
    /// It can be uploaded and loaded by an app's code, but cannot secure a hostname.
    UploadOnly,
    /// App Service refuses the upload.
    Reject,
}

impl Verdict {
    /// The name in JSON output, such as `accept-with-warnings`.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The result of a check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The certificate that the file is for; `None` if the file has no certificate or cannot be read.
    pub leaf: Option<Leaf>,
    /// The chain of that certificate; `None` if it was not searched.
    pub chain: Option<CertificateChain>,
    /// `None` if there were no roots to compare with.
    pub trusted: Option<bool>,
    /// The most severe first.
    pub findings: Vec<FileFinding>,
}

impl Report {
    /// The outcome of all findings: the worst use that is prevented decides.
    pub fn verdict(&self) -> Verdict {
        if !self.allows(Use::Upload) {
            Verdict::Reject
        } else if !self.allows(Use::Bind) {
            Verdict::UploadOnly
        } else if self.findings.iter().any(|finding| finding.severity == Severity::Warning) {
            Verdict::AcceptWithWarnings
        } else {
            Verdict::Accept
        }
    }

    /// Whether the certificate allows this use. A binding needs a certificate that is already in App Service.
    pub fn allows(&self, wanted: Use) -> bool {
        let prevented = |wanted| self.findings.iter().any(|finding| finding.prevents(wanted));
        !prevented(wanted) && (wanted != Use::Bind || !prevented(Use::Upload))
    }

    /// Whether any finding is an error.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }
}
