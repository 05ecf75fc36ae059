//! A bound on the computation that one file may cause, so that a hostile one cannot keep the program busy.

use super::contents::Certificate;

/// The budget in signatures over certificates of ordinary size; some hundred milliseconds at most.
const WHOLE: usize = 1_000;
/// The number of bytes that cost as much as one signature.
const OCTETS: usize = 8 * 1024;
/// The number of name comparisons that cost as much as one signature.
const COMPARISONS: usize = 1024;

#[derive(Debug)]
pub(super) struct Effort(usize);

impl Effort {
    pub(super) fn new() -> Self {
        Self(WHOLE)
    }

    /// Spends the effort of reading these certificates; false if too little is left.
    pub(super) fn look_at<'a>(&mut self, certificates: impl IntoIterator<Item = &'a Certificate>) -> bool {
        let octets: usize = certificates.into_iter().map(|one| one.der.len()).sum();
        self.spend(1 + octets / OCTETS)
    }

    /// Spends the effort of this many comparisons; false if too little is left.
    pub(super) fn compare(&mut self, comparisons: usize) -> bool {
        self.spend(comparisons / COMPARISONS)
    }

    fn spend(&mut self, cost: usize) -> bool {
        let left = self.0.checked_sub(cost);
        self.0 = left.unwrap_or(0);
        left.is_some()
    }
}
