//! How much looking a file is worth: a bound on what a hostile one can make the workbench compute.

use super::contents::Certificate;

/// Signatures over certificates of ordinary size; some hundred milliseconds at most.
const WHOLE: usize = 1_000;
/// Octets that cost as much as one signature.
const OCTETS: usize = 8 * 1024;
/// Comparisons of names that cost as much as one signature.
const COMPARISONS: usize = 1024;

#[derive(Debug)]
pub(super) struct Effort(usize);

impl Effort {
    pub(super) fn new() -> Self {
        Self(WHOLE)
    }

    /// Whether there is effort left to look at these certificates; it is spent then.
    pub(super) fn look_at<'a>(&mut self, certificates: impl IntoIterator<Item = &'a Certificate>) -> bool {
        let octets: usize = certificates.into_iter().map(|one| one.der.len()).sum();
        self.spend(1 + octets / OCTETS)
    }

    /// Whether there is effort left for so many comparisons; it is spent then.
    pub(super) fn compare(&mut self, comparisons: usize) -> bool {
        self.spend(comparisons / COMPARISONS)
    }

    fn spend(&mut self, cost: usize) -> bool {
        let left = self.0.checked_sub(cost);
        self.0 = left.unwrap_or(0);
        left.is_some()
    }
}
