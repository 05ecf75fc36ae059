//! What came of a piece of work: verdict, findings, facts, and on request the openssl commands that do the
//! same.

use super::{Act, Answer, PAGE, is_plain, motion};
use crate::app::detail::step;
use crate::app::key::{Key, KeyCode};
use crate::pki::FileFinding;
use crate::rules::Severity;
use crate::tables::Tone;
use crate::workbench::{FactLine, JobResult};

/// One entry of the sheet, that the cursor can be on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetLine {
    pub section: &'static str,
    pub label: &'static str,
    /// Several lines where a finding says several things.
    pub text: String,
    pub tone: Tone,
}

#[derive(Debug, Clone)]
pub struct Sheet {
    pub outcome: JobResult,
    pub shows_openssl: bool,
    pub cursor: usize,
}

impl Sheet {
    pub fn new(outcome: JobResult) -> Self {
        Self { outcome, shows_openssl: false, cursor: 0 }
    }

    /// The verdict first, then what led to it.
    pub fn lines(&self) -> Vec<SheetLine> {
        if self.shows_openssl {
            let line = |text: &String| SheetLine {
                section: "The same with openssl",
                label: "",
                text: text.clone(),
                tone: Tone::Plain,
            };
            return self.outcome.openssl.iter().map(line).collect();
        }
        let plain = |section, fact: &FactLine| SheetLine {
            section,
            label: fact.label,
            text: fact.text.clone(),
            tone: Tone::Plain,
        };
        let mut lines: Vec<SheetLine> =
            self.outcome.verdict.iter().map(|fact| plain("Verdict", fact)).collect();
        if let Some(verdict) = lines.first_mut() {
            verdict.tone = verdict_tone(&self.outcome.findings);
        }
        lines.extend(self.outcome.findings.iter().map(finding));
        lines.extend(self.outcome.facts.iter().map(|fact| plain("Facts", fact)));
        lines
    }

    pub fn press(&mut self, key: Key) -> Answer {
        match key.code {
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q') => return Answer::Close,
            _ if is_plain(key, 'o') => (self.shows_openssl, self.cursor) = (!self.shows_openssl, 0),
            _ if is_plain(key, 'c') => return self.copy_line(),
            _ if is_plain(key, 'C') => return Answer::Do(Act::Copy(self.everything())),
            _ => {
                if let Some(motion) = motion(key, true) {
                    self.cursor = step(self.cursor, motion, self.lines().len(), PAGE);
                }
            }
        }
        Answer::Stay
    }

    fn copy_line(&self) -> Answer {
        match self.lines().into_iter().nth(self.cursor) {
            Some(line) => Answer::Do(Act::Copy(line.text)),
            None => Answer::Stay,
        }
    }

    /// As text for a ticket or a colleague.
    fn everything(&self) -> String {
        let line = |line: SheetLine| {
            if line.label.is_empty() { line.text } else { format!("{}: {}", line.label, line.text) }
        };
        self.lines().into_iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

fn finding(finding: &FileFinding) -> SheetLine {
    let (label, tone) = match finding.severity {
        Severity::Error => ("error", Tone::Urgent),
        Severity::Warning => ("warning", Tone::Soon),
        Severity::Note => ("note", Tone::Dim),
    };
    let FileFinding { rule, seen, required, since, source, remedy, .. } = finding;
    let text = format!("{rule}: {seen}\nTo do: {remedy}\nRequired: {required} (since {since}; {source})");
    SheetLine { section: "Findings", label, text, tone }
}

fn verdict_tone(findings: &[FileFinding]) -> Tone {
    let has = |severity| findings.iter().any(|finding| finding.severity == severity);
    match (has(Severity::Error), has(Severity::Warning)) {
        (true, _) => Tone::Urgent,
        (false, true) => Tone::Soon,
        (false, false) => Tone::Good,
    }
}
