//! The client's dated rules and the practice cloud's calendar were written apart, so that a mistake in one
//! shows against the other. Compared day by day; where they differ on purpose, the reason stands here.

use std::fs;
use std::path::Path;

use certdeck::practice::calendar;
use certdeck::rules::{Name, Names, Period, Profile, Rules};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::texts::sources;

/// A fact that both know: what it is called, and what each says at a time.
type Fact = (&'static str, fn(&Rules, Timestamp) -> String, fn(Timestamp) -> String);

const FACTS: &[Fact] = &[
    (
        "life of an order's certificate",
        |r, t| days(r, Period::OrderCertificateLifetime, t),
        |t| calendar::ORDER_LEAF_DAYS.at(t).to_string(),
    ),
    (
        "how long a proof serves",
        |r, t| days(r, Period::OrderVerificationReuse, t),
        |t| calendar::PROOF_DAYS.at(t).to_string(),
    ),
    (
        "renewal by hand",
        |r, t| days(r, Period::OrderManualRenewal, t),
        |t| calendar::MANUAL_RENEWAL_DAYS.at(t).to_string(),
    ),
    (
        "early renewal",
        |r, t| r.name(Name::OrderEarlyRenewal, t).to_owned(),
        |t| if calendar::EARLY_RENEWAL_IS_FREE.at(t) { "free" } else { "charged" }.to_owned(),
    ),
    (
        "second factor for changes",
        |r, t| (!r.names(Names::MfaForChanges, t).is_empty()).to_string(),
        |t| calendar::MFA_FOR_CHANGES.at(t).to_string(),
    ),
    ("paid term", |r, t| days(r, Period::OrderTerm, t), |_| calendar::TERM_DAYS.to_string()),
    (
        "automatic renewal",
        |r, t| days(r, Period::OrderAutoRenewal, t),
        |_| calendar::AUTO_RENEWAL_DAYS.to_string(),
    ),
    ("denial", |r, t| days(r, Period::OrderVerificationDeadline, t), |_| calendar::DENIAL_DAYS.to_string()),
    (
        "life of a managed certificate",
        |r, t| days(r, Period::ManagedLifetime, t),
        |t| calendar::MANAGED_LEAF_DAYS.at(t).to_string(),
    ),
    (
        "renewal of a managed certificate",
        |r, t| days(r, Period::ManagedRenewal, t),
        |t| calendar::MANAGED_RENEWAL_DAYS.at(t).to_string(),
    ),
    ("oldest TLS version", |r, t| oldest_tls(r, t), |t| calendar::OLDEST_TLS.at(t).to_owned()),
    (
        "oldest version for key vaults",
        |r, t| r.name(Name::VaultOldestVersion, t).to_owned(),
        |t| calendar::OLDEST_KEY_VAULT_VERSION.at(t).to_owned(),
    ),
    (
        "versions for the contents of vaults",
        |r, t| r.names(Names::VaultDataVersions, t).join(" "),
        |t| calendar::VAULT_DATA_VERSIONS.at(t).join(" "),
    ),
    (
        "proof by mail",
        |r, t| (!r.lists(Names::OrderMethodsEnded, t, "mail")).to_string(),
        |t| calendar::MAIL_PROVES.at(t).to_string(),
    ),
];

/// What differs: the fact, its first day and the day after its last, what each says, and why.
type Difference = (&'static str, Date, Option<Date>, &'static str, &'static str, &'static str);

const DIFFERENCES: &[Difference] = &[
    (
        "life of a managed certificate",
        date(2027, 3, 15),
        Some(date(2029, 3, 15)),
        "100",
        "99",
        "not announced: the client names the ballot's limit, the practice authority stays a day below it, as real ones do",
    ),
    (
        "life of a managed certificate",
        date(2029, 3, 15),
        None,
        "47",
        "46",
        "not announced: the client names the ballot's limit, the practice authority stays a day below it, as real ones do",
    ),
];

fn days(rules: &Rules, period: Period, now: Timestamp) -> String {
    rules.span(period, now).days().to_string()
}

/// The oldest version that an app may still allow to any effect.
fn oldest_tls(rules: &Rules, now: Timestamp) -> String {
    let refused = |version: &&String| !rules.lists(Names::TlsVersionsRefused, now, version);
    rules.names(Names::TlsVersions, now).iter().find(refused).unwrap().clone()
}

#[test]
fn rules_and_practice_cloud_agree_on_every_day_but_for_known_reasons() {
    let rules = Rules::load(Profile::Current).unwrap();
    let (first, last) = (date(2022, 7, 28), date(2032, 1, 1));
    let mut found: Vec<(&str, Date, Option<Date>, String, String)> = Vec::new();
    for (fact, client, cloud) in FACTS {
        let mut day = first;
        while day < last {
            let now = day.to_zoned(TimeZone::UTC).unwrap().timestamp();
            let (ours, theirs) = (client(&rules, now), cloud(now));
            let tomorrow = day.checked_add(1.day()).unwrap();
            let goes_on = |one: &&mut (&str, Date, Option<Date>, String, String)| {
                (one.0, one.2, &one.3, &one.4) == (*fact, Some(day), &ours, &theirs)
            };
            if ours != theirs {
                match found.last_mut().filter(goes_on) {
                    Some(run) => run.2 = Some(tomorrow),
                    None => found.push((fact, day, Some(tomorrow), ours, theirs)),
                }
            }
            day = tomorrow;
        }
    }
    let known: Vec<_> = DIFFERENCES
        .iter()
        .map(|(fact, from, until, ours, theirs, _)| {
            (*fact, *from, Some(until.unwrap_or(last)), (*ours).to_owned(), (*theirs).to_owned())
        })
        .collect();
    assert_eq!(found, known);
    assert!(DIFFERENCES.iter().all(|(.., why)| !why.is_empty()));
}

/// A limit that nothing asks for is a line that nobody keeps true.
#[test]
fn the_code_asks_for_every_limit() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let limits = fs::read_to_string(root.join("crates/model/src/rules/limit.rs")).unwrap();
    let product = ["src", "crates"].iter().flat_map(|dir| sources(&root.join(dir))).collect::<Vec<_>>();
    let code: String =
        product.iter().filter(|path| !path.ends_with("rules/limit.rs")).map(|path| read_code(path)).collect();
    let mut kind = "";
    let mut count = 0;
    for line in limits.lines().map(str::trim) {
        if let Some((name, _)) = line.split_once(" -> ").filter(|(_, rest)| rest.contains(", in ")) {
            kind = name;
        } else if let Some((limit, _)) = line.split_once(" = \"") {
            count += 1;
            assert!(code.contains(&format!("{kind}::{limit}")), "nothing asks for {kind}::{limit}");
        }
    }
    assert!(count > 30, "{count} limits were found in rules/limit.rs");
}

/// The code of a file without its tests.
fn read_code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.split("#[cfg(test)]\nmod ").next().unwrap().to_owned()
}
