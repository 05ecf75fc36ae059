//! What Azure and the certificate authorities promise on a given day, from sources of its own. The practice
//! cloud never reads the client's rules, so that a mistake on one side shows against the other
//! (`tests/program/dated.rs` compares them).
//!
//! When the clock is moved, the facts of the new day apply.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A fact that changes on known days.
#[derive(Debug, Clone, Copy)]
pub struct DatedFact<T: 'static> {
    first: T,
    /// The first day of each later value, in order.
    then: &'static [(Date, T)],
}

impl<T: Copy> DatedFact<T> {
    /// The value on the UTC day of `now`.
    pub fn at(&self, now: Timestamp) -> T {
        let today = now.to_zoned(TimeZone::UTC).date();
        self.then.iter().rev().find(|(since, _)| *since <= today).map_or(self.first, |(_, value)| *value)
    }
}

/// Longest life of a leaf issued for an order: the article of 2022; the notice on the industry's changes of
/// February 2026; from there on two days below the limits of ballot SC-081v3 (100 and 47), as the notice has
/// it for 200.
pub const ORDER_LEAF_DAYS: DatedFact<i64> = DatedFact {
    first: 365,
    then: &[(date(2026, 3, 15), 198), (date(2027, 3, 15), 98), (date(2029, 3, 15), 46)],
};

/// How long one proof of domain ownership may be used again: the same notice and ballot.
pub const PROOF_DAYS: DatedFact<i64> = DatedFact {
    first: 395,
    then: &[(PROOFS_COUNT_FROM, 198), (date(2027, 3, 15), 98), (date(2029, 3, 15), 10)],
};

/// The day on which the platform discarded all earlier proofs of ownership: the same notice.
const PROOFS_COUNT_FROM: Date = date(2026, 3, 15);

/// How early an order may be renewed by hand, in days before its term ends: the article of 2022, and that of
/// September 2026.
pub const MANUAL_RENEWAL_DAYS: DatedFact<i64> = DatedFact { first: 60, then: &[(date(2026, 9, 15), 90)] };

/// Whether a renewal before the automatic one's date keeps the term and costs nothing: the same articles.
pub const EARLY_RENEWAL_IS_FREE: DatedFact<bool> =
    DatedFact { first: false, then: &[(date(2026, 9, 15), true)] };

/// Whether leaves also carry the client authentication usage: the notice of February 2026.
pub const CLIENT_AUTH: DatedFact<bool> = DatedFact { first: true, then: &[(date(2026, 3, 15), false)] };

/// Life of a free managed certificate: six months (article of 2022); later what ballot SC-081v3 leaves, less
/// a day.
pub const MANAGED_LEAF_DAYS: DatedFact<i64> =
    DatedFact { first: 180, then: &[(date(2027, 3, 15), 99), (date(2029, 3, 15), 46)] };

/// How long before its end a managed certificate is renewed, by the day of its issue: the article of 2022;
/// for shorter lives nothing is announced, so a quarter of the life, as before.
pub const MANAGED_RENEWAL_DAYS: DatedFact<i64> =
    DatedFact { first: 45, then: &[(date(2027, 3, 15), 24), (date(2029, 3, 15), 11)] };

/// The oldest TLS version that the front ends still accept, regardless of the app's setting: "Set minimum TLS
/// version" (2026).
pub const OLDEST_TLS: DatedFact<&str> = DatedFact { first: "1.0", then: &[(date(2027, 5, 31), "1.2")] };

/// Whether a mail to the domain's administrator proves anything: ballot SC-090 ends it.
pub const MAIL_PROVES: DatedFact<bool> = DatedFact { first: true, then: &[(date(2028, 3, 15), false)] };

/// The oldest api-version, previews included, by which Key Vault's management answers:
/// learn.microsoft.com/azure/key-vault/general/access-control-default, Azure/azure-cli#34020.
pub const OLDEST_KEY_VAULT_VERSION: DatedFact<&str> =
    DatedFact { first: "2015-06-01", then: &[(date(2027, 2, 27), "2026-02-01")] };

/// The api-versions by which the contents of vaults are served: what the packages azure-keyvault-certificates
/// have offered since 4.2 (7.1) with the days of the dated ones; no version has been taken away.
pub const VAULT_DATA_VERSIONS: DatedFact<&[&str]> = DatedFact {
    first: &["2016-10-01", "7.0", "7.1", "7.2", "7.3", "7.4"],
    then: &[
        (date(2025, 7, 1), &["2016-10-01", "7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01"]),
        (
            date(2026, 4, 1),
            &["2016-10-01", "7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01"],
        ),
    ],
};

/// Whether people need a second factor for changes in Azure Resource Manager:
/// concept-mandatory-multifactor-authentication, phase 2 (learn); Azure/azure-dev#5425.
pub const MFA_FOR_CHANGES: DatedFact<bool> = DatedFact { first: false, then: &[(date(2025, 10, 1), true)] };

/// The same in a tenant that postponed it as long as possible.
pub const MFA_PUT_OFF: DatedFact<bool> = DatedFact { first: false, then: &[(date(2026, 7, 1), true)] };

/// An order is bought for one year at a time (article of 2022).
pub const TERM_DAYS: i64 = 365;
/// Automatic renewal starts this long before the end (article of 2022).
pub const AUTO_RENEWAL_DAYS: i64 = 32;
/// An order that no one verified is denied after this many days (support article).
pub const DENIAL_DAYS: i64 = 15;

/// Whether a proof of ownership given at `proven` may be used at `now`.
pub fn proof_counts(proven: Timestamp, now: Timestamp) -> bool {
    let is_before = |at: Timestamp| at.to_zoned(TimeZone::UTC).date() < PROOFS_COUNT_FROM;
    let forgotten = is_before(proven) && !is_before(now);
    !forgotten && now <= proven + days(PROOF_DAYS.at(now))
}

/// Whole days as a span of time; every day of the practice cloud has 24 hours.
pub const fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count * 24)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_day_has_the_facts_of_its_period() {
        let on = |day: &str| day.parse::<Timestamp>().unwrap();
        assert_eq!(ORDER_LEAF_DAYS.at(on("2022-07-28T00:00:00Z")), 365);
        assert_eq!(PROOF_DAYS.at(on("2026-03-14T23:59:59Z")), 395);
        assert_eq!(ORDER_LEAF_DAYS.at(on("2026-03-15T00:00:00Z")), 198);
        assert_eq!(ORDER_LEAF_DAYS.at(on("2030-01-01T00:00:00Z")), 46);
        assert_eq!(MANUAL_RENEWAL_DAYS.at(on("2026-09-14T00:00:00Z")), 60);
        assert_eq!(ORDER_LEAF_DAYS.at(on("1999-01-01T00:00:00Z")), 365);
    }

    #[test]
    fn a_proof_ages_and_the_old_ones_were_forgotten_in_march_2026() {
        let counts = |proven: &str, now: &str| {
            let at = |day: &str| format!("{day}T00:00:00Z").parse().unwrap();
            proof_counts(at(proven), at(now))
        };
        assert!(counts("2022-01-01", "2023-01-01"));
        assert!(!counts("2022-01-01", "2023-03-01"));
        assert!(!counts("2026-03-01", "2026-03-20"));
        assert!(counts("2026-03-20", "2026-10-01"));
        assert!(!counts("2026-03-20", "2026-10-10"));
    }
}
