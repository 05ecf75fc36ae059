//! What this build speaks and what it was built with that grows old: api-versions, and the list of public
//! suffixes.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{CheckResult, State};
use crate::azure::version;
use crate::cli::Exit;
use crate::model::suffixes_of;
use crate::rules::{Name, Names, Period, Profile, Rule, Rules};

/// What is managed by dated api-versions of which old ones end: whose answers they are, the version that this
/// build speaks, and what cannot be done without it.
const ENDING: [(&str, &str, Name, &str); 2] = [
    ("Key Vault's management", version::VAULTS, Name::VaultOldestVersion, "vaults"),
    ("App Service", version::WEB, Name::WebOldestVersion, "apps and certificates"),
];

/// Which api-versions this build speaks, and which of them stop being answered on which day.
pub(super) fn check(now: Timestamp) -> CheckResult {
    let spoken = version::ALL.chunks(3).map(|some| {
        let some: Vec<String> =
            some.iter().map(|(service, version)| format!("{service} {version}")).collect();
        some.join(", ")
    });
    let mut lines: Vec<String> = spoken.collect();
    let Ok(rules) = Rules::load(Profile::Current) else {
        return CheckResult::new("versions", State::Note, lines.join("\n"));
    };
    let (mut state, mut lost) = (State::Good, Vec::new());
    for (service, spoken, oldest, what) in ENDING {
        let is_old = |rule: &Rule<String>| *spoken < *rule.value;
        let (today, coming) = (rules.rule(oldest, now), rules.next(oldest, now));
        let told = is_old(today).then_some(today).into_iter().chain(coming);
        lines.extend(told.map(|rule| {
            format!("from {} {service} answers {} and newer only ({})", rule.since, rule.value, rule.source)
        }));
        match (is_old(today), coming.is_some_and(is_old)) {
            (true, _) => state = State::Bad(Exit::Machine),
            (false, true) if state == State::Good => state = State::Warning,
            (false, true | false) => continue,
        }
        lost.push(what);
    }
    if !rules.lists(Names::VaultDataVersions, now, version::VAULT_DATA) {
        lines.push(format!("the contents of vaults are no longer read by {}", version::VAULT_DATA));
        (state, lost) = (State::Bad(Exit::Machine), [lost, vec!["what vaults hold"]].concat());
    }
    let (age, most) = (days_since_list(now), rules.span(Period::PublicSuffixListAge, now).days());
    lines.push(format!("public suffix list of {}", suffixes_of()));
    let is_stale = age > most;
    if is_stale {
        lines.push(format!(
            "that list is {age} days old: which part of a new domain is registered may be misjudged"
        ));
        state = if state == State::Good { State::Warning } else { state };
    }
    let check = CheckResult::new("versions", state, lines.join("\n"));
    match (lost.is_empty(), is_stale) {
        (true, false) => check,
        (true, true) => check.remedy("Install a newer certdeck."),
        (false, _) => check.remedy(format!(
            "Install a newer certdeck: with this one {} cannot be read or changed from then on.",
            lost.join(" and ")
        )),
    }
}

fn days_since_list(now: Timestamp) -> i64 {
    let today = now.to_zoned(TimeZone::UTC).date();
    i64::from((today - suffixes_of()).get_days())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn on(day: &str) -> CheckResult {
        check(format!("{day}T00:00:00Z").parse().unwrap())
    }

    #[test]
    fn the_api_versions_are_named_with_the_day_on_which_older_ones_retire_c41() {
        let before = on("2026-11-29");
        assert_eq!(before.state, State::Good, "this build speaks a version that stays");
        assert!(
            before.words.contains(&format!("Microsoft.KeyVault {}", version::VAULTS)),
            "{}",
            before.words
        );
        let retires = "from 2027-02-27 Key Vault's management answers 2026-02-01 and newer only";
        assert!(before.words.contains(retires), "{}", before.words);
        let after = on("2027-03-01");
        assert_eq!(after.state, State::Good);
        assert!(!after.words.contains("2027-02-27"), "what is past and met is not news: {}", after.words);
    }

    #[test]
    fn a_list_of_public_suffixes_that_is_a_year_old_is_warned_of_c58() {
        assert!(on("2026-11-29").words.ends_with("public suffix list of 2026-10-22"));
        let late = on("2027-12-01");
        assert_eq!(late.state, State::Warning);
        assert!(late.words.contains("that list is 405 days old"), "{}", late.words);
        assert!(!late.remedy.is_empty());
    }

    /// A date is smaller than `7.4` as text; both kinds are compared as what they are.
    #[test]
    fn the_version_of_a_vaults_contents_is_one_that_is_answered_c43() {
        let rules = Rules::load(Profile::Current).unwrap();
        let now = "2026-11-29T00:00:00Z".parse().unwrap();
        assert!(rules.lists(Names::VaultDataVersions, now, version::VAULT_DATA));
        assert!(
            rules.lists(Names::VaultDataVersions, now, "2026-04-01")
                && !rules.lists(Names::VaultDataVersions, now, "7.9")
        );
    }
}
