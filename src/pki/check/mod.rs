//! Judges a certificate file by what App Service asks of a private certificate (A17–A24). Pure: facts in, findings out.

mod container;
mod leaf;

use jiff::Timestamp;

use super::chain::{chain, leaf};
use super::contents::{Contents, Kind};
use super::refused::{ReadError, Refused};
use super::strict::has_proper_dates;
use super::trust::Roots;
use super::verdict::{Finding, Report};
use crate::model::Hostname;
use crate::rules::{Demand, Requirement, Rules, Severity};

/// What a file is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub rules: &'a Rules,
    pub now: Timestamp,
    /// Trust is not judged without any.
    pub roots: Option<&'a Roots>,
    /// The name that the certificate is to secure.
    pub host: Option<&'a Hostname>,
    /// The file was opened without a password, or with an empty one.
    pub empty_password: bool,
}

/// Judges a file that could be read.
pub fn check(contents: &Contents, question: &Question<'_>) -> Report {
    let mut judge = Judge { question, findings: Vec::new() };
    container::judge(contents, &mut judge);
    let Some(found) = leaf(contents) else { return judge.report(Report::default()) };
    let mut report = Report { leaf: Some(found), ..Report::default() };
    if has_proper_dates(&contents.certificates[found.place].der) {
        let chain = chain(&contents.certificates, found.place);
        report.trusted = leaf::judge(contents, found, &chain, &mut judge);
        report.chain = Some(chain);
    } else {
        judge.find(Requirement::LeafUnparsable, "the dates of the certificate are not written as RFC 5280 demands");
    }
    judge.report(report)
}

/// Judges a file that was refused: there is one reason, and perhaps something to say about the container.
pub fn check_refused(refused: &Refused, question: &Question<'_>) -> Report {
    let mut judge = Judge { question, findings: Vec::new() };
    let requirement = match refused.error {
        _ if refused.kind != Kind::Pkcs12 => Requirement::NotPfx,
        ReadError::WrongPassword { .. } | ReadError::PasswordNeeded { .. } | ReadError::BadMac { .. } => {
            Requirement::WrongPasswordOrCorrupt
        }
        ReadError::TooManyIterations { .. } => Requirement::WrongPasswordOrCorrupt,
        ReadError::NoCertificate { .. } => Requirement::NoCert,
        ReadError::UnsupportedAlgorithm { .. } | ReadError::Damaged { .. } => Requirement::Unreadable,
        ReadError::Malformed { .. } | ReadError::TooLarge { .. } | ReadError::TooMany { .. } => Requirement::NotPfx,
    };
    judge.find(requirement, refused.error.to_string());
    if requirement != Requirement::NotPfx {
        container::judge_trailing(refused.trailing_bytes, &mut judge);
    }
    judge.report(Report::default())
}

/// Judges what is no PKCS#12 file, or no file at all; `seen` says what it is.
pub fn check_no_pfx(seen: &str, question: &Question<'_>) -> Report {
    let mut judge = Judge { question, findings: Vec::new() };
    judge.find(Requirement::NotPfx, seen);
    judge.report(Report::default())
}

/// Collects findings.
struct Judge<'a> {
    question: &'a Question<'a>,
    findings: Vec<Finding>,
}

impl<'a> Judge<'a> {
    /// What the rules ask for, if they ask for anything on that day.
    fn demand(&self, requirement: Requirement) -> Option<&'a Demand> {
        self.question.rules.demand(requirement, self.question.now)
    }

    fn find(&mut self, requirement: Requirement, seen: impl Into<String>) {
        if let Some(demand) = self.demand(requirement) {
            self.findings.push(Finding::new(demand, demand.severity, seen.into()));
        }
    }

    /// Not what is asked for, but known to work.
    fn note(&mut self, requirement: Requirement, seen: impl Into<String>) {
        if let Some(demand) = self.demand(requirement) {
            self.findings.push(Finding::new(demand, Severity::Note, seen.into()));
        }
    }

    fn report(mut self, report: Report) -> Report {
        self.findings.sort_by_key(|finding| finding.severity);
        Report { findings: self.findings, ..report }
    }
}
