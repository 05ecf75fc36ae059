//! Checks a certificate file against App Service's requirements on private certificates (A17–A24). Pure:
//! facts in, findings out.

mod container;
mod leaf;

use jiff::Timestamp;

use super::chain::{CertificateChain, chain, leaf};
use super::contents::{Certificate, Contents, Kind};
use super::refused::{ReadError, Refused};
use super::strict::has_proper_dates;
use super::trust::Roots;
use super::verdict::{FileFinding, Report};
use certdeck_model::Hostname;
use certdeck_model::rules::{Demand, Requirement, Rules, Severity};

/// What to check a file against.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The requirements and their limits.
    pub rules: &'a Rules,
    /// The day of the requirements, and the time at which the certificate has to be valid.
    pub now: Timestamp,
    /// Without roots, trust is not checked.
    pub roots: Option<&'a Roots>,
    /// The name that the certificate is to secure.
    pub host: Option<&'a Hostname>,
    /// The file was opened without a password, or with an empty one.
    pub empty_password: bool,
}

/// Checks a readable file.
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
        judge.find(
            Requirement::LeafUnparsable,
            "the dates of the certificate are not written as RFC 5280 demands",
        );
    }
    judge.report(report)
}

/// Checks only the chain of the certificate at `leaf`, regardless of where the certificates come from.
pub fn check_chain(
    certificates: &[Certificate],
    place: usize,
    question: &Question<'_>,
) -> (CertificateChain, Vec<FileFinding>) {
    let mut judge = Judge { question, findings: Vec::new() };
    let chain = chain(certificates, place);
    leaf::judge_chain(certificates, &chain, &mut judge);
    (chain, judge.findings)
}

/// Checks a refused file: there is one reason for the refusal, and perhaps a finding about the container.
pub fn check_refused(refused: &Refused, question: &Question<'_>) -> Report {
    let mut judge = Judge { question, findings: Vec::new() };
    let requirement = match refused.error.cause() {
        _ if refused.kind != Kind::Pkcs12 => Requirement::NotPfx,
        ReadError::WrongPassword { .. } | ReadError::PasswordNeeded { .. } | ReadError::BadMac { .. } => {
            Requirement::WrongPasswordOrCorrupt
        }
        ReadError::TooManyIterations { .. } => Requirement::WrongPasswordOrCorrupt,
        ReadError::NoCertificate { .. } => Requirement::NoCert,
        ReadError::UnsupportedAlgorithm { .. } | ReadError::Damaged { .. } => Requirement::Unreadable,
        ReadError::Malformed { .. }
        | ReadError::TooLarge { .. }
        | ReadError::TooMany { .. }
        | ReadError::InBlock { .. } => Requirement::NotPfx,
    };
    judge.find(requirement, refused.error.to_string());
    if requirement != Requirement::NotPfx {
        container::judge_trailing(refused.trailing_bytes, &mut judge);
    }
    judge.report(Report::default())
}

/// The report on something that is no PKCS#12 file, or no file at all; `seen` says what it is.
pub fn check_no_pfx(seen: &str, question: &Question<'_>) -> Report {
    let mut judge = Judge { question, findings: Vec::new() };
    judge.find(Requirement::NotPfx, seen);
    judge.report(Report::default())
}

/// Collects findings.
struct Judge<'a> {
    question: &'a Question<'a>,
    findings: Vec<FileFinding>,
}

impl<'a> Judge<'a> {
    /// The demand of the rules, if there is one on that day.
    fn demand(&self, requirement: Requirement) -> Option<&'a Demand> {
        self.question.rules.demand(requirement, self.question.now)
    }

    fn find(&mut self, requirement: Requirement, seen: impl Into<String>) {
        if let Some(demand) = self.demand(requirement) {
            self.findings.push(FileFinding::new(demand, demand.severity, seen.into()));
        }
    }

    /// Records something that differs from the demand but is known to work.
    fn note(&mut self, requirement: Requirement, seen: impl Into<String>) {
        if let Some(demand) = self.demand(requirement) {
            self.findings.push(FileFinding::new(demand, Severity::Note, seen.into()));
        }
    }

    fn report(mut self, report: Report) -> Report {
        self.findings.sort_by_key(|finding| finding.severity);
        Report { findings: self.findings, ..report }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rcgen::{CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};

    use super::*;
    use crate::Verdict;
    use certdeck_model::rules::{Profile, Use};

    /// A certificate of an elliptic curve key with its root, valid from 2026-01-01 to 2026-12-31, and its
    /// key.
    fn contents() -> Contents {
        let mut root = CertificateParams::default();
        root.distinguished_name.push(DnType::CommonName, "Root");
        root.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let root = CertifiedIssuer::self_signed(root, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut leaf = CertificateParams::new(vec!["*.contoso.com".to_owned()]).unwrap();
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.serial_number = Some(vec![1; 11].into());
        leaf.not_before = rcgen::date_time_ymd(2026, 1, 1);
        leaf.not_after = rcgen::date_time_ymd(2026, 12, 31);
        let leaf = leaf.signed_by(&key, &root).unwrap();
        crate::read((leaf.pem() + &root.pem() + &key.serialize_pem()).as_bytes(), None).unwrap()
    }

    fn judged(contents: &Contents, profile: Profile, now: &str, host: Option<&str>) -> (Report, Vec<String>) {
        let rules = Rules::load(profile).unwrap();
        let roots = contents.certificates[1..].iter().cloned().collect();
        let host = host.map(|host| Hostname::parse(host).unwrap());
        let now = now.parse().unwrap();
        let question =
            Question { rules: &rules, now, roots: Some(&roots), host: host.as_ref(), empty_password: false };
        let mut report = check(contents, &question);
        // The certificates of these tests are PEM.
        report.findings.retain(|finding| finding.rule != Requirement::NotPfx);
        let found = report.findings.iter().map(|finding| finding.rule.to_string()).collect();
        (report, found)
    }

    #[test]
    fn a_finding_weighs_what_the_profile_says_c3_c4() {
        let contents = contents();
        let (report, found) = judged(&contents, Profile::Seed, "2026-06-01T00:00:00Z", None);
        assert_eq!(
            (report.verdict(), found),
            (Verdict::AcceptWithWarnings, vec!["SERIAL_OVER_10_OCTETS".into(), "ECC".into()])
        );
        assert!(report.allows(Use::Import));
        let (report, _) = judged(&contents, Profile::Current, "2026-06-01T00:00:00Z", None);
        assert_eq!((report.verdict(), report.trusted), (Verdict::Accept, Some(true)));
        assert!(report.allows(Use::Bind) && !report.allows(Use::Import));
    }

    #[test]
    fn the_days_before_and_after_the_dates_count() {
        let contents = contents();
        for (now, expected) in [
            ("2025-12-31T23:59:59Z", Some("NOT_YET_VALID")),
            ("2026-12-01T00:00:00Z", None),
            ("2026-12-01T00:00:01Z", Some("EXPIRES_SOON")),
            ("2026-12-31T00:00:00Z", Some("EXPIRES_SOON")),
            ("2026-12-31T00:00:01Z", Some("EXPIRED")),
        ] {
            let (_, found) = judged(&contents, Profile::Seed, now, None);
            let dated: Vec<_> =
                found.iter().filter(|rule| rule.contains("EXPIRE") || rule.contains("YET")).collect();
            assert_eq!(dated.first().map(|rule| rule.as_str()), expected, "{now}");
        }
    }

    #[test]
    fn a_host_that_the_certificate_does_not_name_blocks_the_binding_only() {
        let contents = contents();
        for (host, fits) in [
            ("shop.contoso.com", true),
            ("contoso.com", false),
            ("a.shop.contoso.com", false),
            ("*.contoso.com", true),
        ] {
            let (report, found) = judged(&contents, Profile::Seed, "2026-06-01T00:00:00Z", Some(host));
            assert_eq!(found.contains(&"HOSTNAME_MISMATCH".to_owned()), !fits, "{host}");
            assert_eq!((report.allows(Use::Bind), report.allows(Use::Upload)), (fits, true), "{host}");
        }
    }
}
