//! What the practice CA promises on a given day, as one dated table.
//!
//! The platform's real numbers changed with the industry's calendar; a moved clock must meet the rules of the day it shows.

use jiff::{SignedDuration, Timestamp};

/// The rules in force from one day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// First day, as an RFC 3339 instant.
    since: &'static str,
    /// Longest life of a leaf issued for an order, in days.
    pub order_leaf_days: i64,
    /// How long one proof of domain ownership may be used again, in days.
    pub verification_reuse_days: i64,
    /// How early an order may be renewed by hand, in days before its term ends.
    pub manual_renewal_days: i64,
    /// Whether a renewal before the automatic one's date keeps the term and costs nothing.
    pub early_renewal_is_free: bool,
    /// Whether leaves also carry the client authentication usage.
    pub client_auth: bool,
}

/// Newest last. Sources: A167, A170, A179 (the article of 2022), C10 and C11 (March 2026), C12 (September 2026), C14 (the
/// later steps, under the public limits of 100 and 47 days), C27 (client authentication).
const CALENDAR: [Policy; 5] = [
    Policy {
        since: "2016-01-01T00:00:00Z",
        order_leaf_days: 365,
        verification_reuse_days: 395,
        manual_renewal_days: 60,
        early_renewal_is_free: false,
        client_auth: true,
    },
    Policy {
        since: "2026-03-15T00:00:00Z",
        order_leaf_days: 198,
        verification_reuse_days: 198,
        manual_renewal_days: 60,
        early_renewal_is_free: false,
        client_auth: false,
    },
    Policy {
        since: "2026-09-15T00:00:00Z",
        order_leaf_days: 198,
        verification_reuse_days: 198,
        manual_renewal_days: 90,
        early_renewal_is_free: true,
        client_auth: false,
    },
    Policy {
        since: "2027-03-15T00:00:00Z",
        order_leaf_days: 98,
        verification_reuse_days: 98,
        manual_renewal_days: 90,
        early_renewal_is_free: true,
        client_auth: false,
    },
    Policy {
        since: "2029-03-15T00:00:00Z",
        order_leaf_days: 46,
        verification_reuse_days: 10,
        manual_renewal_days: 90,
        early_renewal_is_free: true,
        client_auth: false,
    },
];

/// An order is bought for one year at a time (A168).
pub const TERM_DAYS: i64 = 365;
/// Automatic renewal starts this long before the end (A177).
pub const AUTO_RENEWAL_DAYS: i64 = 32;
/// An order that nobody verified is denied after this long (C35).
pub const DENIAL_DAYS: i64 = 15;
/// A free managed certificate lives six months (A29) …
pub const MANAGED_LEAF_DAYS: i64 = 180;
/// … and is renewed this long before it ends (A30).
pub const MANAGED_RENEWAL_DAYS: i64 = 45;

/// The day the platform forgot all earlier proofs of ownership (C11).
const PROOFS_COUNT_FROM: &str = CALENDAR[1].since;

/// Whether a proof of ownership given at `proven` may be used at `now`.
pub fn proof_counts(proven: Timestamp, now: Timestamp) -> bool {
    let forgotten = PROOFS_COUNT_FROM.parse::<Timestamp>().is_ok_and(|first| proven < first && now >= first);
    !forgotten && now <= proven + days(policy(now).verification_reuse_days)
}

/// The rules of the day `now`.
pub fn policy(now: Timestamp) -> Policy {
    CALENDAR
        .iter()
        .rev()
        .find(|policy| policy.since.parse::<Timestamp>().is_ok_and(|since| since <= now))
        .copied()
        .unwrap_or(CALENDAR[0])
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
    fn each_day_has_the_rules_of_its_period() {
        let on = |day: &str| policy(day.parse().unwrap());
        assert_eq!(on("2022-07-28T00:00:00Z").order_leaf_days, 365);
        assert_eq!(on("2026-03-14T23:59:59Z").verification_reuse_days, 395);
        assert_eq!(on("2026-03-15T00:00:00Z").order_leaf_days, 198);
        assert_eq!(on("2030-01-01T00:00:00Z").order_leaf_days, 46);
        assert_eq!(on("2026-09-14T00:00:00Z").manual_renewal_days, 60);
        assert_eq!(on("1999-01-01T00:00:00Z").order_leaf_days, 365);
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
