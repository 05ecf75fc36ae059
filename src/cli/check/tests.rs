//! The words and codes of checks, and that the screen, reports, metrics and checks agree, over estates as they
//! may be.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::cli::report::prometheus;
use crate::health::findings::generated::{generated, on};
use crate::health::findings::planted::{FAULTS, planted};
use crate::health::findings::sound::Sound;
use crate::health::findings::{FindingOn, Findings, of_certificate};
use crate::model::EstateRows;
use crate::model::PrivateCertificate;
use crate::rules::Rules;
use crate::tables::{PaneName, Tone};

fn args() -> CheckArgs {
    let (warn, crit) = (span("30d").unwrap(), span("1w").unwrap());
    CheckArgs { warn, crit, include: None, timeout: Duration::ZERO }
}

/// Uploaded certificates that end in so many days, and what a check says of them.
fn checked(days: &[i64], change: impl Fn(&mut EstateRows)) -> (Level, String) {
    let ends = |(number, days): (usize, &i64)| {
        let mut one: PrivateCertificate = generated(0).certificates[number].clone();
        (one.expires, one.vault) = (Some(on(*days)), None);
        one
    };
    let certificates = days.iter().enumerate().map(ends).collect();
    let mut estate = EstateRows { certificates, ..EstateRows::default() };
    change(&mut estate);
    judge(&Basis::new(&estate.indexed(), &rules().unwrap(), on(0)), &args())
}

fn with_unknown_binding(estate: &mut EstateRows) {
    let mut binding = generated(0).bindings[0].clone();
    binding.ssl = crate::model::SslState::Sni;
    binding.thumbprint = crate::model::Thumbprint::parse(&"E".repeat(40)).ok();
    estate.bindings.push(binding);
}

#[test]
fn a_monitoring_system_hears_the_worst_of_it() {
    let level = |days: &[i64]| checked(days, |_| ()).0;
    assert_eq!(
        [level(&[]), level(&[31]), level(&[20, 31]), level(&[7, 31]), level(&[-1])].map(Level::word),
        ["OK", "OK", "WARNING", "CRITICAL", "CRITICAL"]
    );
}

#[test]
fn a_binding_whose_certificate_is_not_known_is_never_ok_and_hides_nothing_worse() {
    let judged = |rest: &[i64]| checked(rest, with_unknown_binding);
    assert_eq!(
        [judged(&[]), judged(&[31]), judged(&[20]), judged(&[7])].map(|(level, _)| level.word()),
        ["UNKNOWN", "UNKNOWN", "WARNING", "CRITICAL"]
    );
    assert!(judged(&[31]).1.contains("no certificate that was read has the thumbprint"));
}

#[test]
fn what_is_revoked_is_critical_whatever_its_end_says() {
    let revoke = |estate: &mut EstateRows| {
        let thumbprint = estate.certificates[0].thumbprint.clone().unwrap();
        let order = estate.certificates[0].id.clone();
        estate.revocations.push(crate::model::Revocation { at: on(0), order, thumbprint });
    };
    assert_eq!(checked(&[300], revoke).0.word(), "CRITICAL");
}

#[test]
fn limits_of_a_check_are_its_own() {
    let mut estate = EstateRows::default();
    estate.certificates.push(generated(0).certificates[0].clone());
    let (estate, rules) = (estate.indexed(), rules().unwrap());
    let of = |limits| of_certificate(&Basis::new(&estate, &rules, on(-90)), limits, &estate.certificates[0]);
    let wide = Limits { soon: span("52w").unwrap(), urgent: span("1d").unwrap() };
    assert!(of(wide).unwrap().urgency > of(Limits::USUAL).unwrap().urgency);
}

fn agree(estate: &Estate, rules: &Rules, seed: u64) {
    let basis = Basis::new(estate, rules, on(0));
    let findings = Findings::of(&basis, Limits::USUAL);
    let count = |urgency| findings.all.iter().filter(|one| one.judgement.urgency == urgency).count();
    // The panes: a row stands as its finding does.
    let table = PaneName::Private.table();
    for (place, certificate) in estate.certificates.iter().enumerate() {
        let judged = of_certificate(&basis, Limits::USUAL, certificate).unwrap();
        let cells = table.headings().into_iter().map(|one| (one.key, table.cell(&basis, place, one.key)));
        let cells: std::collections::HashMap<_, _> = cells.collect();
        assert_eq!(cells["who_acts"].text, judged.who.words(), "{seed}: {}", certificate.id);
        let worst = if cells["who_acts"].marked { cells["who_acts"].tone } else { cells["expires"].tone };
        let is_found = judged.urgency > Urgency::Note;
        assert_eq!(is_found, matches!(worst, Tone::Soon | Tone::Urgent), "{seed}: {}", certificate.id);
        let facts = table.facts(&basis, place);
        let fact = facts.iter().find(|fact| fact.label == "Who acts").unwrap();
        assert!(fact.value.starts_with(judged.who.words()), "{}", fact.value);
    }
    // The report and the check: the same findings by the same limits.
    let all = by_day(&basis, Limits::USUAL);
    let reported = all.iter().filter(|one| one.is_reported()).count();
    let hygiene = all.iter().filter(|one| one.is_hygiene()).count();
    let unread_parts = all.iter().filter(|one| one.on == FindingOn::Part).count();
    assert_eq!(reported + hygiene + unread_parts, findings.all.len(), "{seed}");
    let hidden = hidden(estate);
    let listed = count(Urgency::Urgent) + count(Urgency::Soon) + count(Urgency::Unknown);
    assert_eq!(reported + hidden, listed, "{seed}");
    let (level, line) = judge(&basis, &args());
    let (critical, warned) = (count(Urgency::Urgent), count(Urgency::Urgent) + count(Urgency::Soon));
    assert!(line.ends_with(&format!("|critical={critical} warning={warned}")), "{seed}: {line}");
    let worst = findings.all.iter().map(|one| one.judgement.urgency).max().unwrap_or_default();
    assert_eq!(level, worst.into(), "{seed}: {line}");
    assert_eq!(line.contains(&format!("; {hygiene} of hygiene, not counted")), hygiene > 0, "{seed}: {line}");
    let (with_hygiene, line) = judge(&basis, &CheckArgs { include: Some(Include::Hygiene), ..args() });
    let least = if hygiene > 0 { Urgency::Soon } else { Urgency::Fine };
    assert_eq!(with_hygiene, worst.max(least).into(), "{seed}: {line}");
    let yours = |one: &&Finding| one.judgement.urgency >= Urgency::Soon && one.judgement.who == WhoActs::You;
    let yours = findings.all.iter().filter(yours).count();
    assert!(line.contains(&format!(" {yours} of them need you")), "{seed}: {line}");
    // The metrics.
    let mut text = Vec::new();
    prometheus(&all, &basis, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    for urgency in [Urgency::Urgent, Urgency::Soon, Urgency::Unknown, Urgency::Note] {
        let metric = format!("certdeck_findings{{urgency=\"{}\"}} {}\n", urgency.as_str(), count(urgency));
        assert!(text.contains(&metric), "{seed}: {metric}");
    }
    for one in all.iter().filter(|one| one.judgement.expires.is_some()) {
        let labels = format!("name=\"{}\",who_acts=\"{}\"", one.name(&basis), one.judgement.who.words());
        assert!(text.contains(&labels), "{labels}");
    }
}

#[test]
fn panes_counts_reports_checks_and_metrics_agree_over_every_estate() {
    let rules = rules().unwrap();
    for seed in 0..200 {
        agree(&generated(seed), &rules, seed);
    }
    for seed in 0..500 {
        agree(&planted(seed, true).0, &rules, seed);
        agree(&planted(seed, false).0, &rules, seed);
    }
}

/// Every fault alone: what is only worth mending changes no exit code unless it is asked for.
#[test]
fn hygiene_warns_only_where_it_is_included_and_hides_nothing_that_is_worse() {
    let rules = rules().unwrap();
    for (_, urgency, words, plant) in FAULTS {
        let mut sound = Sound::of(2);
        plant(&mut sound, true);
        let estate = sound.rows.indexed();
        let basis = Basis::new(&estate, &rules, on(0));
        let usual = Level::from(*urgency);
        assert_eq!(judge(&basis, &args()).0, usual, "{words}");
        let (level, line) = judge(&basis, &CheckArgs { include: Some(Include::Hygiene), ..args() });
        let is_hygiene = *urgency == Urgency::Note;
        assert_eq!(level, if is_hygiene { Level::Warning } else { usual }, "{words}: {line}");
        assert!(!is_hygiene || line.contains(words), "{words}: {line}");
    }
}

/// What is broken now is so whatever the limits of the check are.
#[test]
fn what_has_no_day_ignores_the_limits() {
    let rules = rules().unwrap();
    let (_, _, _, plant) = FAULTS.iter().find(|(_, _, words, _)| words.contains("this hostname")).unwrap();
    let mut sound = Sound::default();
    plant(&mut sound, true);
    let estate = sound.rows.indexed();
    let none = CheckArgs { warn: span("0s").unwrap(), crit: span("0s").unwrap(), ..args() };
    let (level, line) = judge(&Basis::new(&estate, &rules, on(0)), &none);
    assert_eq!(level, Level::Critical);
    assert!(line.contains("; the binding of www1.contoso.com: its certificate does not name"), "{line}");
    assert!(line.contains(", 0 expire within ") && line.ends_with("|critical=1 warning=1"), "{line}");
}
