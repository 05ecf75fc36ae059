//! The rate limits of the services: ARM's token buckets for each subscription and kind of request, the
//! windows of Resource Graph and Key Vault, and for tests one bucket for everything. The headers report what
//! is left before a client reaches the limit; beyond it every request gets 429 with `Retry-After`.

use std::{
    collections::HashMap,
    fmt,
    str::FromStr,
    time::{Duration, Instant},
};

use super::{
    call::HttpMethod,
    reply::Fault,
    service::{CloudService, IncomingRequest},
};

/// Which rate limits apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// Counted, never refused.
    Unlimited,
    /// As in Azure since 2024.
    Azure,
    /// This many requests a second, regardless of what they ask for.
    PerSecond(u32),
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text, text.parse()) {
            ("none", _) => Ok(Self::Unlimited),
            ("azure", _) => Ok(Self::Azure),
            (_, Ok(number)) if number > 0 => Ok(Self::PerSecond(number)),
            _ => Err(format!("{text} is no rate; use azure, none, or how many requests a second")),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlimited => f.write_str("none"),
            Self::Azure => f.write_str("azure"),
            Self::PerSecond(number) => number.fmt(f),
        }
    }
}

/// The kinds of requests that ARM counts separately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum RateClass {
    Reads,
    Writes,
    Deletes,
}

impl RateClass {
    fn of(method: HttpMethod) -> Self {
        match method {
            HttpMethod::Get | HttpMethod::Head => Self::Reads,
            HttpMethod::Delete => Self::Deletes,
            HttpMethod::Put | HttpMethod::Patch | HttpMethod::Post => Self::Writes,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Reads => "read",
            Self::Writes => "write",
            Self::Deletes => "delete",
        }
    }

    fn header(self, of_subscription: bool) -> &'static str {
        match (self, of_subscription) {
            (Self::Reads, true) => "x-ms-ratelimit-remaining-subscription-reads",
            (Self::Writes, true) => "x-ms-ratelimit-remaining-subscription-writes",
            (Self::Deletes, true) => "x-ms-ratelimit-remaining-subscription-deletes",
            (Self::Reads, false) => "x-ms-ratelimit-remaining-tenant-reads",
            (Self::Writes, false) => "x-ms-ratelimit-remaining-tenant-writes",
            (Self::Deletes, false) => "x-ms-ratelimit-remaining-tenant-deletes",
        }
    }

    /// The size of the bucket, and its refill per second: the documented ones, or the hourly ones of before
    /// 2024.
    fn bucket(self, rate: Rate) -> (f64, f64) {
        match (rate, self) {
            (Rate::Unlimited, Self::Reads) => (12_000.0, 12_000.0 / 3600.0),
            (Rate::Unlimited, Self::Writes) => (1200.0, 1200.0 / 3600.0),
            (Rate::Unlimited, Self::Deletes) => (15_000.0, 15_000.0 / 3600.0),
            (_, Self::Reads) => (250.0, 25.0),
            (_, Self::Writes | Self::Deletes) => (200.0, 10.0),
        }
    }
}

/// Resource Graph: 15 queries in 5 seconds.
const QUERIES: (f64, Duration) = (15.0, Duration::from_secs(5));
/// One vault: 4,000 transactions in 10 seconds, of which 300 may create something.
const TRANSACTIONS: (f64, Duration) = (4000.0, Duration::from_secs(10));
const CREATIONS: (f64, Duration) = (300.0, Duration::from_secs(10));
/// Stands for "no limit" where a header must contain a number.
const PLENTY: f64 = 100_000.0;

/// What is left of every limit; not stored: a restart begins with full limits.
#[derive(Debug)]
pub(crate) struct Throttle {
    rate: Rate,
    /// The limit on all requests together.
    every: Option<TokenBucket>,
    arm: HashMap<(String, RateClass), TokenBucket>,
    queries: Window,
    vaults: HashMap<(String, bool), Window>,
}

/// The decision on a request: headers for its response, and the response itself when it is refused.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    pub headers: Vec<(&'static str, String)>,
    pub refused: Option<Fault>,
}

impl Throttle {
    pub(crate) fn new(rate: Rate) -> Self {
        let every = match rate {
            Rate::PerSecond(number) => Some(TokenBucket::new(f64::from(number), f64::from(number))),
            Rate::Unlimited | Rate::Azure => None,
        };
        let (queries, length) = QUERIES;
        let queries = Window::new(if rate == Rate::Azure { queries } else { PLENTY }, length);
        Self { rate, every, arm: HashMap::new(), queries, vaults: HashMap::new() }
    }

    /// Counts a request, or refuses it. Requests without a sign-in are not counted.
    pub(crate) fn admit(
        &mut self,
        service: &CloudService,
        incoming: &IncomingRequest,
        now: Instant,
    ) -> Admission {
        let Some(method) = HttpMethod::parse(&incoming.method).filter(|_| incoming.authorization.is_some())
        else {
            return Admission::default();
        };
        match service {
            CloudService::Arm if is_query(&incoming.path) => self.query(now),
            CloudService::Arm => self.arm(subscription(&incoming.path), RateClass::of(method), now),
            CloudService::Vault(name) => self.vault(name, method, now),
            _ => Admission::default(),
        }
    }

    fn arm(&mut self, subscription: Option<&str>, kind: RateClass, now: Instant) -> Admission {
        let (size, refill) = kind.bucket(self.rate);
        let own = self
            .arm
            .entry((subscription.unwrap_or_default().to_lowercase(), kind))
            .or_insert_with(|| TokenBucket::new(size, refill));
        let bucket = self.every.as_mut().unwrap_or(own);
        let wait = bucket.take(now).err().filter(|_| self.rate != Rate::Unlimited);
        let headers = vec![(kind.header(subscription.is_some()), bucket.left())];
        let refused = wait.map(|wait| {
            let (code, who) = match subscription {
                Some(id) => ("SubscriptionRequestsThrottled", format!("subscription '{id}'")),
                None => ("TenantRequestsThrottled", "the tenant".to_owned()),
            };
            let seconds = seconds(wait);
            let message = format!(
                "Number of '{}' requests for {who} exceeded. Please try again after '{seconds}' seconds after additional tokens \
                 are available. Refer to https://aka.ms/arm-throttling for additional information.",
                kind.word()
            );
            Fault::arm(429, code, message).header("retry-after", seconds.to_string())
        });
        Admission { headers, refused }
    }

    fn query(&mut self, now: Instant) -> Admission {
        let (wait, left, resets) = match &mut self.every {
            Some(every) => (every.take(now).err(), every.left(), Duration::from_secs(1)),
            None => (self.queries.take(now).err(), self.queries.left(), self.queries.resets_after(now)),
        };
        let headers = vec![
            ("x-ms-user-quota-remaining", left),
            ("x-ms-user-quota-resets-after", format!("00:00:{:02}", seconds(resets).min(59))),
        ];
        let refused = wait.map(|wait| {
            let message = "Client application has been throttled and should not attempt to repeat the request until an amount of \
                           time has elapsed. Please see https://aka.ms/resourcegraph-throttling for help.";
            let mut fault = Fault::arm(429, "RateLimiting", message).header("retry-after", seconds(wait).to_string());
            fault.body["error"]["details"] = serde_json::json!([{"code": "RateLimiting", "message": message}]);
            fault
        });
        Admission { headers, refused }
    }

    fn vault(&mut self, name: &str, method: HttpMethod, now: Instant) -> Admission {
        let wait = match (&mut self.every, self.rate) {
            (Some(every), _) => every.take(now).err(),
            (None, Rate::Azure) => {
                let creates = matches!(method, HttpMethod::Put | HttpMethod::Post);
                let (limit, length) = if creates { CREATIONS } else { TRANSACTIONS };
                let window = self
                    .vaults
                    .entry((name.to_owned(), creates))
                    .or_insert_with(|| Window::new(limit, length));
                window.take(now).err()
            }
            (None, _) => None,
        };
        let refused = wait.map(|wait| {
            let message = "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached";
            let fault = Fault::vault(429, "Throttled", message, Some("VaultRequestTypeLimitReached"));
            fault.header("retry-after", seconds(wait).to_string())
        });
        Admission { headers: Vec::new(), refused }
    }
}

fn is_query(path: &str) -> bool {
    path.to_lowercase().contains("/providers/microsoft.resourcegraph/")
}

fn subscription(path: &str) -> Option<&str> {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    parts.next().filter(|word| word.eq_ignore_ascii_case("subscriptions")).and_then(|_| parts.next())
}

/// Whole seconds, rounded up; never zero, which some clients take for "at once".
fn seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

/// A token bucket with a steady refill.
#[derive(Debug, Clone, Copy)]
struct TokenBucket {
    size: f64,
    refill: f64,
    tokens: f64,
    at: Option<Instant>,
}

impl TokenBucket {
    fn new(size: f64, refill: f64) -> Self {
        Self { size, refill, tokens: size, at: None }
    }

    /// Takes a token, or returns how long until there is one. A refused request takes none.
    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        if let Some(before) = self.at.replace(now) {
            let back = now.saturating_duration_since(before).as_secs_f64() * self.refill;
            self.tokens = (self.tokens + back).min(self.size);
        }
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - self.tokens) / self.refill))
    }

    fn left(&self) -> String {
        self.tokens.floor().to_string()
    }
}

/// A fixed window: this many requests in a length of time, all of which are available again at its end.
#[derive(Debug, Clone, Copy)]
struct Window {
    limit: f64,
    length: Duration,
    used: f64,
    began: Option<Instant>,
}

impl Window {
    fn new(limit: f64, length: Duration) -> Self {
        Self { limit, length, used: 0.0, began: None }
    }

    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let over = self.began.is_none_or(|began| now.saturating_duration_since(began) >= self.length);
        if over {
            (self.began, self.used) = (Some(now), 0.0);
        }
        if self.used < self.limit {
            self.used += 1.0;
            return Ok(());
        }
        Err(self.resets_after(now))
    }

    fn resets_after(&self, now: Instant) -> Duration {
        self.began
            .map_or(self.length, |began| self.length.saturating_sub(now.saturating_duration_since(began)))
    }

    fn left(&self) -> String {
        (self.limit - self.used).max(0.0).to_string()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ask(throttle: &mut Throttle, method: &str, path: &str, now: Instant) -> Admission {
        let incoming = IncomingRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            authorization: Some("Bearer x".to_owned()),
            ..IncomingRequest::default()
        };
        throttle.admit(&CloudService::of(&incoming), &incoming, now)
    }

    #[test]
    fn each_subscription_has_its_own_bucket_for_each_kind_and_it_fills_again() {
        let (mut throttle, start) = (Throttle::new(Rate::Azure), Instant::now());
        for left in (0..200).rev() {
            let admission = ask(&mut throttle, "PUT", "/subscriptions/a/resourceGroups/g", start);
            assert_eq!(
                admission.headers,
                [("x-ms-ratelimit-remaining-subscription-writes", left.to_string())]
            );
            assert_eq!(admission.refused, None);
        }
        let refused =
            ask(&mut throttle, "PATCH", "/SUBSCRIPTIONS/A/resourceGroups/g", start).refused.unwrap();
        assert_eq!(refused.body["error"]["code"], "SubscriptionRequestsThrottled");
        assert_eq!(refused.headers, [("retry-after", "1".to_owned())]);
        assert_eq!(ask(&mut throttle, "GET", "/subscriptions/a", start).refused, None);
        assert_eq!(ask(&mut throttle, "PUT", "/subscriptions/b/resourceGroups/g", start).refused, None);
        let later = start + Duration::from_secs(1);
        let served = (0..20)
            .filter(|_| ask(&mut throttle, "PUT", "/subscriptions/a/x", later).refused.is_none())
            .count();
        assert_eq!(served, 10);
    }

    #[test]
    fn queries_have_a_window_and_say_when_it_ends() {
        let (mut throttle, start) = (Throttle::new(Rate::Azure), Instant::now());
        let query = "/providers/Microsoft.ResourceGraph/resources";
        for _ in 0..15 {
            assert_eq!(ask(&mut throttle, "POST", query, start).refused, None);
        }
        let later = start + Duration::from_secs(2);
        let refused = ask(&mut throttle, "POST", query, later);
        assert_eq!(refused.headers[0], ("x-ms-user-quota-remaining", "0".to_owned()));
        assert_eq!(refused.headers[1], ("x-ms-user-quota-resets-after", "00:00:03".to_owned()));
        assert_eq!(ask(&mut throttle, "POST", query, start + Duration::from_secs(5)).refused, None);
    }

    #[test]
    fn a_rate_counts_everything_together_and_without_one_nobody_is_refused() {
        let (mut throttle, start) = (Throttle::new(Rate::PerSecond(5)), Instant::now());
        let paths = [
            "/subscriptions/a",
            "/subscriptions/b",
            "/tenants",
            "/providers/Microsoft.ResourceGraph/resources",
        ];
        let served = paths
            .iter()
            .cycle()
            .take(20)
            .filter(|path| ask(&mut throttle, "GET", path, start).refused.is_none());
        assert_eq!(served.count(), 5);
        let mut free = Throttle::new(Rate::Unlimited);
        assert!((0..2000).all(|_| ask(&mut free, "PUT", "/subscriptions/a", start).refused.is_none()));
    }

    #[test]
    fn a_rate_is_read_as_it_is_written() {
        for text in ["none", "azure", "5"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        assert!("0".parse::<Rate>().is_err());
    }
}
