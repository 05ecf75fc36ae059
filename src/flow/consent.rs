//! The three kinds of change, and what each asks of the person who agrees to it: the one place that decides,
//! for the screen and for the command line. Flows say what a step stops; how that is asked depends on the
//! context alone.

use jiff::Timestamp;

use super::usage::some_of;
use crate::model::{Hostname, PrivateCertificate};

/// The kind of change that a step makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consent {
    /// It adds: Enter is enough.
    Plain,
    /// It interrupts or weakens what works: what stops, as sentences, and the names of what is touched (at
    /// least one).
    Interrupts { notice: String, names: Vec<String> },
    /// It costs money, or cannot be undone: what comes of it in words, and the word to type.
    Typed { notice: String, word: String },
}

/// What a person is asked before a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentQuestion {
    /// What the change stops or costs; empty where it adds.
    pub notice: String,
    /// What has to be typed.
    pub word: Option<String>,
    /// Whether Enter alone agrees.
    pub begins_on_yes: bool,
}

impl Consent {
    /// Interrupts what these names stand for; nothing is interrupted where there are none.
    pub fn interrupting(notice: impl Into<String>, names: impl IntoIterator<Item = String>) -> Self {
        let names: Vec<String> = names.into_iter().collect();
        if names.is_empty() { Self::Plain } else { Self::Interrupts { notice: notice.into(), names } }
    }

    /// How it is asked. In production the name of what is interrupted is typed; of several, how many they
    /// are.
    pub fn question(&self, in_production: bool) -> ConsentQuestion {
        match self {
            Self::Plain => ConsentQuestion { notice: String::new(), word: None, begins_on_yes: true },
            Self::Typed { notice, word } => {
                ConsentQuestion { notice: notice.clone(), word: Some(word.clone()), begins_on_yes: false }
            }
            Self::Interrupts { notice, names } => {
                let (notice, word) = match names.as_slice() {
                    [only] => (notice.clone(), only.clone()),
                    several => (
                        format!("{notice} Concerned are {}: {}.", several.len(), some_of(several)),
                        several.len().to_string(),
                    ),
                };
                ConsentQuestion { notice, word: in_production.then_some(word), begins_on_yes: false }
            }
        }
    }

    /// How several changes are asked for at once: by the strictest of them. Where one is final, how many rows
    /// they are is typed; where one interrupts, in production, how many names that touches.
    pub fn question_of_several<'c>(
        all: impl IntoIterator<Item = &'c Self>,
        in_production: bool,
    ) -> ConsentQuestion {
        let all: Vec<&Self> = all.into_iter().collect();
        if let [only] = all.as_slice() {
            return only.question(in_production);
        }
        let (mut notices, mut touched): (Vec<String>, Vec<&String>) = Default::default();
        let mut is_final = false;
        for consent in &all {
            let notice = match consent {
                Self::Plain => continue,
                Self::Interrupts { notice, names } => {
                    touched.extend(names);
                    notice
                }
                Self::Typed { notice, .. } => {
                    is_final = true;
                    notice
                }
            };
            if !notices.contains(notice) {
                notices.push(notice.clone());
            }
        }
        touched.sort_unstable();
        touched.dedup();
        let notice = match notices.len().checked_sub(NOTICES_SHOWN) {
            None | Some(0) => notices.join(" "),
            Some(more) => format!("{} The same for {more} more.", notices[..NOTICES_SHOWN].join(" ")),
        };
        let word = match (is_final, touched.as_slice()) {
            (true, _) => Some(all.len().to_string()),
            (false, []) => None,
            (false, [only]) => in_production.then(|| (*only).clone()),
            (false, several) => in_production.then(|| several.len().to_string()),
        };
        ConsentQuestion { begins_on_yes: !is_final && touched.is_empty(), notice, word }
    }
}

/// Of several changes, so many notices are read out.
const NOTICES_SHOWN: usize = 3;

/// Whether a binding to this certificate serves browsers: an expired one serves none. A certificate that is
/// not known counts as good.
pub(super) fn works(certificate: Option<&PrivateCertificate>, now: Timestamp) -> bool {
    certificate.and_then(|one| one.expires).is_none_or(|expires| expires > now)
}

/// Why browsers would warn of a hostname that is bound to this certificate, as far as Azure tells about it.
pub(super) fn doubt(certificate: &PrivateCertificate, host: &Hostname, now: Timestamp) -> Option<String> {
    let name = certificate.id.name();
    if !certificate.hosts.iter().any(|covered| covered.covers(host)) {
        return Some(format!("{name} does not secure {host}"));
    }
    if !works(Some(certificate), now) {
        return Some(format!("{name} has expired"));
    }
    if let Some(starts) = certificate.issued.filter(|starts| *starts > now) {
        return Some(format!("{name} is not valid before {}", crate::model::day(starts)));
    }
    let is_self_issued =
        !certificate.issuer.is_empty() && certificate.issuer.eq_ignore_ascii_case(&certificate.subject);
    is_self_issued.then(|| format!("{name} is issued by itself, which no browser trusts"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::imported;
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (1..=count).map(|nth| format!("a{nth}.contoso.com")).collect()
    }

    #[test]
    fn what_adds_is_agreed_to_with_enter_and_what_interrupts_begins_on_cancel() {
        assert!(Consent::Plain.question(true).begins_on_yes);
        let stops = Consent::interrupting("Browsers warn.", names(1));
        let question = stops.question(false);
        assert_eq!((question.begins_on_yes, question.word.as_deref()), (false, None));
        assert_eq!(question.notice, "Browsers warn.");
        assert_eq!(Consent::interrupting("nothing", names(0)), Consent::Plain);
    }

    #[test]
    fn in_production_the_name_of_what_is_interrupted_is_typed_and_of_many_their_number() {
        let word = |count| Consent::interrupting("Browsers warn.", names(count)).question(true).word;
        assert_eq!(word(1).as_deref(), Some("a1.contoso.com"));
        assert_eq!(word(12).as_deref(), Some("12"));
        let many = Consent::interrupting("Browsers warn.", names(12)).question(true);
        assert!(
            many.notice.contains("12: a1.contoso.com") && many.notice.contains("and 7 more"),
            "{}",
            many.notice
        );
    }

    #[test]
    fn several_changes_are_agreed_to_by_the_strictest_of_them() {
        let stops = |nth| Consent::interrupting(format!("Browsers warn of {nth}."), names(nth));
        let gone = Consent::Typed { notice: "For good.".to_owned(), word: "shop".to_owned() };
        let ask = |all: &[&Consent], in_production| {
            Consent::question_of_several(all.iter().copied(), in_production)
        };
        assert!(ask(&[&Consent::Plain, &Consent::Plain], true).begins_on_yes);
        let question = ask(&[&Consent::Plain, &stops(1), &stops(3)], true);
        assert_eq!(
            (question.begins_on_yes, question.word.as_deref()),
            (false, Some("3")),
            "names, each once"
        );
        assert_eq!(question.notice, "Browsers warn of 1. Browsers warn of 3.");
        let question = ask(&[&stops(1), &stops(2)], false);
        assert_eq!((question.begins_on_yes, question.word), (false, None));
        assert_eq!(ask(&[&gone, &gone, &stops(1)], false).word.as_deref(), Some("3"), "rows");
        assert_eq!(ask(&[&gone], false).word.as_deref(), Some("shop"), "one alone is asked for by its name");
        let many: Vec<Consent> = (1..=5).map(stops).collect();
        let notice = Consent::question_of_several(&many, false).notice;
        assert!(notice.ends_with("of 3. The same for 2 more."), "{notice}");
    }

    #[test]
    fn what_cannot_be_undone_is_typed_in_every_context() {
        let gone = Consent::Typed { notice: "For good.".to_owned(), word: "shop".to_owned() };
        for in_production in [false, true] {
            let question = gone.question(in_production);
            assert_eq!((question.begins_on_yes, question.word.as_deref()), (false, Some("shop")));
        }
    }

    #[test]
    fn a_certificate_that_browsers_would_refuse_is_doubted_with_the_reason() {
        let now: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        let host = Hostname::parse("contoso.com").unwrap();
        let good = PrivateCertificate { expires: "2027-01-01T00:00:00Z".parse().ok(), ..imported() };
        assert_eq!(doubt(&good, &host, now), None);
        let doubted = |change: &dyn Fn(&mut PrivateCertificate)| {
            let mut one = good.clone();
            change(&mut one);
            doubt(&one, &host, now).unwrap()
        };
        assert!(doubted(&|one| one.expires = Some(now)).contains("has expired"));
        assert!(
            doubted(&|one| one.issued = "2026-12-01T00:00:00Z".parse().ok())
                .contains("not valid before 2026-12-01")
        );
        assert!(
            doubted(&|one| (one.issuer, one.subject) = ("Own".into(), "own".into()))
                .contains("issued by itself")
        );
        assert!(
            doubt(&good, &Hostname::parse("fabrikam.com").unwrap(), now).unwrap().contains("does not secure")
        );
    }
}
