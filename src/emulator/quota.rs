//! The rate-limit headers of ARM, counting down for each subscription (API.md §1.2). They warn; they refuse nobody.

use std::collections::HashMap;

use jiff::Timestamp;

use super::call::Method;

/// How many requests of a kind a subscription has an hour.
const READS: u32 = 11_999;
const WRITES: u32 = 1_199;
const DELETES: u32 = 14_999;
const HOUR: i64 = 3600;

#[derive(Debug, Default)]
pub struct Quota {
    /// What is left, and the hour it belongs to.
    left: HashMap<(String, &'static str), (u32, i64)>,
}

impl Quota {
    /// Counts a request and returns the header that says what is left.
    pub fn count(&mut self, subscription: Option<&str>, method: Method) -> (&'static str, String) {
        let (limit, of_subscription, of_tenant) = match method {
            Method::Get | Method::Head => {
                (READS, "x-ms-ratelimit-remaining-subscription-reads", "x-ms-ratelimit-remaining-tenant-reads")
            }
            Method::Delete => (DELETES, "x-ms-ratelimit-remaining-subscription-deletes", "x-ms-ratelimit-remaining-tenant-deletes"),
            Method::Put | Method::Patch | Method::Post => {
                (WRITES, "x-ms-ratelimit-remaining-subscription-writes", "x-ms-ratelimit-remaining-tenant-writes")
            }
        };
        let header = if subscription.is_some() { of_subscription } else { of_tenant };
        let hour = Timestamp::now().as_second() / HOUR;
        let key = (subscription.unwrap_or_default().to_lowercase(), header);
        let (left, of) = self.left.entry(key).or_insert((limit, hour));
        if *of == hour {
            *left = left.saturating_sub(1);
        } else {
            (*left, *of) = (limit - 1, hour);
        }
        (header, left.to_string())
    }
}
